//! What the build of one service reads, without the images that it is built from.

use super::Snapshot;
use super::links::Detour;
use super::local::Local;
use super::place::is_called_placeholder;
use super::recipe::{Found, Recipe, contexts, options};
use crate::config::BuildContext;
use crate::dockerfile::{Expanded, ImageUse, Instruction, Source, Trigger, Wildcard};
use crate::domain::short_name;
use crate::error::Result;
use crate::history::git::{PathKind, is_below};
use crate::workspace::{BuildSettings, Service};

/// What cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) line: Option<usize>,
    pub(super) instruction: Option<Instruction>,
    pub(super) why: String,
}

/// What one instruction reads of a local context.
pub(super) struct Reading {
    pub(super) line: usize,
    pub(super) instruction: Instruction,
    /// The context, by its index.
    pub(super) context: usize,
    pub(super) paths: Wildcard,
    /// What else it reads there, as links and submodules say; paths from the context's root.
    targets: Vec<String>,
    /// Where links lead it.
    detours: Vec<Detour>,
}

/// What the build of one service reads, without the images that it is built from.
pub(super) struct Own {
    /// The directory of the service.
    directory: String,
    pub(super) dockerfile: String,
    pub(super) dockerfiles: Vec<String>,
    /// The links and submodules on the way to it.
    way: Vec<String>,
    pub(super) is_missing: bool,
    /// The main context is the first.
    pub(super) contexts: Vec<Local>,
    pub(super) readings: Vec<Reading>,
    pub(super) images: Vec<ImageUse>,
    /// If there are any, all contexts and the service's directory count.
    pub(super) gaps: Vec<Gap>,
}

/// Why a path counts.
pub(super) enum Reason<'o> {
    Dockerfile,
    IgnoreFile,
    /// It leads to a context, the Dockerfile or what says what is left out.
    OnTheWay,
    Reading(&'o Reading),
    /// Something is not resolved.
    Gap(&'o Gap),
}

impl Own {
    /// What `recipe` reads for `service`, where `triggers` says what images leave to be run.
    pub(super) fn of(
        service: &Service,
        recipe: &Recipe,
        triggers: &dyn Fn(&Expanded) -> Vec<Trigger>,
        snapshot: &dyn Snapshot,
    ) -> Result<Self> {
        let build = &service.build;
        let mut gaps = Vec::new();
        let mut own = Own {
            directory: service.directory.clone(),
            dockerfile: recipe.path.clone(),
            dockerfiles: recipe.files.clone(),
            way: recipe.way.clone(),
            is_missing: matches!(recipe.found, Found::Missing),
            contexts: vec![Local::of(&build.context, Some(&recipe.path), &mut gaps, snapshot)?],
            readings: Vec::new(),
            images: Vec::new(),
            gaps,
        };
        match &recipe.found {
            Found::Missing => {
                let why = format!("there is no {}", recipe.path);
                own.gaps.push(Gap { line: None, instruction: None, why });
            }
            Found::Unreadable(gap) => own.gaps.push(gap.clone()),
            Found::Read(dockerfile) => {
                let reads = dockerfile.reads(&options(build, &contexts(build), triggers));
                own.images = reads.images;
                own.add(reads.sources, build, snapshot)?;
                own.gaps.extend(reads.unresolved.into_iter().map(|unresolved| Gap {
                    line: Some(unresolved.line),
                    instruction: None,
                    why: unresolved.why,
                }));
            }
        }
        Ok(own)
    }

    fn add(&mut self, sources: Vec<Source>, build: &BuildSettings, snapshot: &dyn Snapshot) -> Result<()> {
        let mut named: Vec<(&str, usize)> = Vec::new();
        for source in sources {
            let context = match source.context.as_deref() {
                None => 0,
                Some(name) => match build.contexts.get(name).map(|context| &context.value) {
                    Some(BuildContext::Directory(directory)) => {
                        match named.iter().find(|(known, _)| *known == directory) {
                            Some((_, at)) => *at,
                            None => {
                                let local = Local::of(directory, None, &mut self.gaps, snapshot)?;
                                self.contexts.push(local);
                                named.push((directory, self.contexts.len() - 1));
                                self.contexts.len() - 1
                            }
                        }
                    }
                    Some(BuildContext::Image(image)) => {
                        let image = Expanded::known(image.clone());
                        self.images.push(ImageUse {
                            line: source.line,
                            instruction: source.instruction,
                            image,
                        });
                        continue;
                    }
                    Some(BuildContext::Remote(_)) | None => continue,
                },
            };
            self.read(source, context, snapshot)?;
        }
        self.images.sort_by_key(|used| used.line);
        Ok(())
    }

    /// Adds what `source` reads of the context at `context`.
    fn read(&mut self, source: Source, context: usize, snapshot: &dyn Snapshot) -> Result<()> {
        let Some(local) = self.contexts.get(context) else { return Ok(()) };
        let Source { line, instruction, paths, .. } = source;
        let (mut is_empty, mut links, mut targets) = (true, Vec::new(), Vec::new());
        let mut has_placeholder = false;
        for tracked in snapshot.below(&local.directory)? {
            let path = local.within(&tracked.path).unwrap_or_default();
            let is_matched = paths.has(path);
            match tracked.kind {
                // What is in it is not known.
                PathKind::Submodule => {
                    if (is_matched || paths.may_reach_into(path)) && !local.excludes_all(path) {
                        targets.push(path.to_owned());
                        is_empty &= !is_matched;
                    }
                }
                PathKind::Link => {
                    // One in a directory that is copied stays a link; of another, what it leads to counts.
                    if local.excludes(path) {
                        continue;
                    } else if paths.goes_through(path) {
                        links.push(path);
                    } else {
                        is_empty &= !is_matched;
                    }
                }
                PathKind::File => {
                    if is_empty && is_matched && !local.excludes(path) {
                        is_empty = is_placeholder(path, &paths);
                        has_placeholder |= is_empty;
                    }
                }
            }
        }
        let detours = local.detours(&paths, links, &mut targets, snapshot)?;
        let (detours, why) = match detours {
            Err(why) => (Vec::new(), Some(why)),
            Ok(detours) => (detours, None),
        };
        let reading = Reading { line, instruction, context, paths, targets, detours };
        if is_empty && why.is_none() {
            let below = snapshot.below(&local.directory)?.iter();
            let mut below = below.filter_map(|tracked| local.within(&tracked.path));
            let mut is_there = |path: &str| {
                let is_read = reading.has_behind_links(path) && !local.excludes(path);
                let is_placeholder = is_read && is_placeholder(path, &reading.paths);
                has_placeholder |= is_placeholder;
                is_read && !is_placeholder
            };
            is_empty = !below.any(&mut is_there);
        }
        let why = match why {
            None if is_empty => {
                let but = if has_placeholder { " but a placeholder" } else { "" };
                Some(format!("{} matches no tracked file{but}", reading.paths))
            }
            why => why,
        };
        let gap = why.map(|why| Gap { line: Some(line), instruction: Some(instruction), why });
        self.gaps.extend(gap);
        self.readings.push(reading);
        Ok(())
    }

    /// Whether the build reads `path`, or would if it were there.
    pub(super) fn has(&self, path: &str) -> bool {
        if let Some(directory) = path.strip_suffix('/') {
            return self.may_reach(directory);
        }
        if self.is_named(path) || (!self.gaps.is_empty() && is_below(path.as_bytes(), &self.directory)) {
            return true;
        }
        self.contexts.iter().enumerate().any(|(at, local)| {
            let is_read = |within: &str| {
                !self.gaps.is_empty()
                    || self.readings.iter().any(|reading| reading.context == at && reading.has(within))
            };
            local.within(path).is_some_and(|within| is_read(within) && !local.excludes(within))
        })
    }

    /// Whether `path` is the Dockerfile, says what is left out, or leads to any of it: these are read whatever is left out.
    pub(super) fn is_named(&self, path: &str) -> bool {
        self.named_files().any(|file| file == path) || self.way().any(|file| file == path)
    }

    /// The Dockerfile and what says what is left out, by all names that count.
    pub(super) fn named_files(&self) -> impl Iterator<Item = &str> {
        let ignore_files = self.contexts.iter().flat_map(|local| &local.ignore_files);
        self.dockerfiles.iter().chain(ignore_files).map(String::as_str)
    }

    /// The links and submodules on the way to what it reads.
    fn way(&self) -> impl Iterator<Item = &String> {
        self.way.iter().chain(self.contexts.iter().flat_map(|local| &local.way))
    }

    /// Whether the build may read anything below `directory`, of which only the name is known.
    fn may_reach(&self, directory: &str) -> bool {
        let is_related = |other: &str| {
            is_below(directory.as_bytes(), other)
                || is_below(other.as_bytes(), directory)
                || other == directory
        };
        is_related(&self.directory)
            || self.dockerfiles.iter().any(|file| is_related(file))
            || self.way().any(|file| is_related(file))
            || self.contexts.iter().any(|local| is_related(&local.directory))
    }

    /// All reasons for which `path` counts.
    pub(super) fn reasons(&self, path: &str) -> Vec<Reason<'_>> {
        let mut reasons = Vec::new();
        if self.dockerfiles.iter().any(|file| file == path) {
            reasons.push(Reason::Dockerfile);
        }
        if self.way().any(|file| file == path) {
            reasons.push(Reason::OnTheWay);
        }
        for (at, local) in self.contexts.iter().enumerate() {
            if local.ignore_files.iter().any(|file| file == path) {
                reasons.push(Reason::IgnoreFile);
            }
            let Some(within) = local.within(path).filter(|within| !local.excludes(within)) else { continue };
            let readings =
                self.readings.iter().filter(|reading| reading.context == at && reading.has(within));
            reasons.extend(readings.map(Reason::Reading));
        }
        if reasons.is_empty() && self.has(path) {
            reasons.extend(self.gaps.first().map(Reason::Gap));
        }
        reasons
    }
}

/// Whether the file at `path` says nothing of what `paths` will read, as they do not name it.
fn is_placeholder(path: &str, paths: &Wildcard) -> bool {
    is_called_placeholder(path) && !paths.is_written_with(short_name(path))
}

impl Reading {
    pub(super) fn has(&self, path: &str) -> bool {
        let is_target = |target: &String| path == target || is_below(path.as_bytes(), target);
        self.paths.has(path) || self.targets.iter().any(is_target) || self.has_behind_links(path)
    }

    fn has_behind_links(&self, path: &str) -> bool {
        self.detours.iter().filter_map(|detour| detour.name_of(path)).any(|name| self.paths.has(&name))
    }
}
