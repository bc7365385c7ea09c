//! What the build of one service reads, without the images that it is built from.

use std::collections::BTreeSet;

use super::Snapshot;
use super::links::{DETOURS_MAX, Detour, follow};
use super::place::{ignore_files, in_lower_case, of_context, parse_ignore_file};
use crate::config::{BuildContext, OWN_ARGS};
use crate::dockerfile::{
    BuildOptions, DockerIgnore, Dockerfile, Expanded, ImageUse, Instruction, Source, Trigger, Wildcard,
};
use crate::error::Result;
use crate::history::git::{PathKind, is_below};
use crate::workspace::taskfile::directory_of;
use crate::workspace::{BuildSettings, Service};

/// The Dockerfile of a service.
pub(super) enum Found {
    /// It is not there.
    Missing,
    /// It is there, and cannot be understood.
    Unreadable(Gap),
    Read(Dockerfile),
}

/// What cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) line: Option<usize>,
    pub(super) instruction: Option<Instruction>,
    pub(super) why: String,
}

/// The Dockerfile of a service, and where it is.
pub(super) struct Recipe {
    /// Its path, as it is spelled there.
    pub(super) path: String,
    /// All files that decide what it says: links to it, and other names that BuildKit prefers.
    pub(super) files: Vec<String>,
    pub(super) found: Found,
}

impl Recipe {
    pub(super) fn of(service: &Service, snapshot: &dyn Snapshot) -> Result<Self> {
        let named = service.build.dockerfile.clone();
        let mut files = vec![named.clone()];
        let mut path = named.clone();
        if snapshot.kind_of(&named)?.is_none()
            && let Some(other) = in_lower_case(&named)
            && snapshot.kind_of(&other)?.is_some()
        {
            files.push(other.clone());
            path = other;
        }
        let way = follow(snapshot, "", &path, false)?;
        files.extend(way.links);
        let Some(end) = way.end else {
            let why = "it is a symbolic link that leads out of the repository".to_owned();
            let found = Found::Unreadable(Gap { line: None, instruction: None, why });
            return Ok(Recipe { path, files, found });
        };
        files.push(end.clone());
        // A new one need not be tracked yet.
        let is_file = match snapshot.kind_of(&end)? {
            Some(kind) => kind == PathKind::File,
            None => snapshot.below(&end)?.is_empty(),
        };
        let content = if is_file { snapshot.content(&end)? } else { None };
        let found = match content.as_deref().map(Dockerfile::parse) {
            None => Found::Missing,
            Some(Ok(dockerfile)) => Found::Read(dockerfile),
            Some(Err(error)) => {
                Found::Unreadable(Gap { line: Some(error.line), instruction: None, why: error.why })
            }
        };
        Ok(Recipe { path, files, found })
    }

    /// What it leaves to images that are built from its own.
    pub(super) fn triggers(&self, build: &BuildSettings) -> Vec<Trigger> {
        let Found::Read(dockerfile) = &self.found else { return Vec::new() };
        dockerfile.reads(&options(build, &contexts(build), &|_| Vec::new())).triggers
    }
}

/// A directory of the repository that a build reads.
pub(super) struct Local {
    pub(super) directory: String,
    ignore: DockerIgnore,
    /// The file that says what it leaves out, if there is one.
    pub(super) ignore_file: Option<String>,
    /// That file, and those that would count if they were there.
    ignore_files: Vec<String>,
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
        let main_ignore = ignore_files(&build.context, Some(&recipe.path));
        let mut own = Own {
            directory: service.directory.clone(),
            dockerfile: recipe.path.clone(),
            dockerfiles: recipe.files.clone(),
            is_missing: matches!(recipe.found, Found::Missing),
            contexts: vec![Local::of(&build.context, main_ignore, &mut gaps, snapshot)?],
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
                                let files = vec![of_context(directory)];
                                let local = Local::of(directory, files, &mut self.gaps, snapshot)?;
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
        for tracked in snapshot.below(&local.directory)? {
            let path = local.within(&tracked.path).unwrap_or_default();
            let is_matched = paths.has(path);
            match tracked.kind {
                // What is in it is not known.
                PathKind::Submodule => {
                    if (is_matched || paths.goes_through(path)) && !local.excludes_all(path) {
                        targets.push(path.to_owned());
                        is_empty &= !is_matched;
                    }
                }
                PathKind::Link => {
                    let is_there = !local.excludes(path);
                    is_empty &= !(is_matched && is_there);
                    // One in a directory that is copied stays a link.
                    if is_there && paths.goes_through(path) {
                        links.push(path);
                    }
                }
                PathKind::File => {
                    if is_empty && is_matched {
                        is_empty = local.excludes(path);
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
            is_empty = !below.any(|path| reading.has_behind_links(path) && !local.excludes(path));
        }
        let why = match why {
            None if is_empty => Some(format!("{} matches no tracked file", reading.paths)),
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

    /// Whether `path` is the Dockerfile, or says what is left out: these are read whatever is left out.
    pub(super) fn is_named(&self, path: &str) -> bool {
        let mut ignore_files = self.contexts.iter().flat_map(|local| &local.ignore_files);
        self.dockerfiles.iter().any(|file| file == path) || ignore_files.any(|file| file == path)
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
            || self.contexts.iter().any(|local| is_related(&local.directory))
    }

    /// All reasons for which `path` counts.
    pub(super) fn reasons(&self, path: &str) -> Vec<Reason<'_>> {
        let mut reasons = Vec::new();
        if self.dockerfiles.iter().any(|file| file == path) {
            reasons.push(Reason::Dockerfile);
        }
        for (at, local) in self.contexts.iter().enumerate() {
            if local.ignore_files.iter().any(|file| file == path) {
                reasons.push(Reason::IgnoreFile);
            }
            let Some(within) = local.within(path) else { continue };
            let readings =
                self.readings.iter().filter(|reading| reading.context == at && reading.has(within));
            let readings: Vec<&Reading> = readings.collect();
            // What is left out takes longer to find out.
            if !readings.is_empty() && !local.excludes(within) {
                reasons.extend(readings.into_iter().map(Reason::Reading));
            }
        }
        if reasons.is_empty() && self.has(path) {
            reasons.extend(self.gaps.first().map(Reason::Gap));
        }
        reasons
    }
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

impl Local {
    /// The context `directory`, where the first of `ignore_files` that is there says what it leaves out.
    fn of(
        directory: &str,
        ignore_files: Vec<String>,
        gaps: &mut Vec<Gap>,
        snapshot: &dyn Snapshot,
    ) -> Result<Self> {
        let mut local = Local {
            directory: directory.to_owned(),
            ignore: DockerIgnore::default(),
            ignore_file: None,
            ignore_files: Vec::new(),
        };
        let of_context = of_context(directory);
        for name in ignore_files {
            local.ignore_files.push(name.clone());
            let way = follow(snapshot, "", &name, false)?;
            local.ignore_files.extend(way.links.into_iter().filter(|link| *link != name));
            // The builder does not follow a link out of the directory in which it looks.
            let looked_in = if name == of_context { directory } else { directory_of(&name) };
            let Some(end) = way.end.filter(|end| is_below(end.as_bytes(), looked_in)) else { continue };
            if snapshot.kind_of(&end)? != Some(PathKind::File) {
                continue;
            }
            let Some(content) = snapshot.content(&end)? else { continue };
            if end != name {
                local.ignore_files.push(end);
            }
            match parse_ignore_file(&name, &content) {
                Ok(ignore) => local.ignore = ignore,
                Err(error) => gaps.push(Gap { line: None, instruction: None, why: error.to_string() }),
            }
            local.ignore_file = Some(name);
            break;
        }
        Ok(local)
    }

    /// Where `links` lead a source that goes through them, and the links there that it goes through. All that is followed is
    /// added to `targets`. An error says why they cannot be followed.
    fn detours(
        &self,
        paths: &Wildcard,
        links: Vec<&str>,
        targets: &mut Vec<String>,
        snapshot: &dyn Snapshot,
    ) -> Result<std::result::Result<Vec<Detour>, String>> {
        let (mut detours, below) = (Vec::new(), snapshot.below(&self.directory)?);
        let mut waiting: Vec<_> = links.iter().map(|link| ((*link).to_owned(), *link)).collect();
        while let Some((name, path)) = waiting.pop() {
            let way = follow(snapshot, &self.directory, path, true)?;
            targets.extend(way.links.iter().filter_map(|link| self.within(link)).map(ToOwned::to_owned));
            let end = way.end.as_ref().filter(|end| is_there(snapshot, end));
            let Some(end) = end.and_then(|end| self.within(end)) else {
                return Ok(Err(format!("the symbolic link {path} leads to no tracked file")));
            };
            let detour = Detour { end: end.to_owned(), name };
            let further = below.iter().filter(|tracked| tracked.kind == PathKind::Link);
            let further = further.filter_map(|tracked| self.within(&tracked.path));
            waiting.extend(
                further
                    .filter_map(|link| Some((detour.name_of(link)?, link)))
                    .filter(|(name, link)| paths.goes_through(name) && !self.excludes(link)),
            );
            detours.push(detour);
            // They may lead in circles, in which every round has a longer name.
            if detours.len() + waiting.len() > DETOURS_MAX {
                return Ok(Err(format!("more than {DETOURS_MAX} ways lead through symbolic links")));
            }
        }
        Ok(Ok(detours))
    }

    /// `path` from the root of the context; none if it is outside.
    pub(super) fn within<'p>(&self, path: &'p str) -> Option<&'p str> {
        if self.directory.is_empty() {
            return Some(path);
        }
        path.strip_prefix(&*self.directory)?.strip_prefix('/')
    }

    /// Whether `path`, from the root of the context, is left out.
    pub(super) fn excludes(&self, path: &str) -> bool {
        self.ignore.excludes(path)
    }

    /// Whether all that could be in the submodule `path` is left out.
    fn excludes_all(&self, path: &str) -> bool {
        self.ignore.excludes(path) && !self.ignore.has_exceptions()
    }
}

fn is_there(snapshot: &dyn Snapshot, path: &str) -> bool {
    let is_file = snapshot.kind_of(path).is_ok_and(|kind| kind.is_some());
    is_file || snapshot.below(path).is_ok_and(|below| !below.is_empty())
}

fn contexts(build: &BuildSettings) -> BTreeSet<&str> {
    build.contexts.keys().map(String::as_str).collect()
}

fn options<'a>(
    build: &'a BuildSettings,
    contexts: &'a BTreeSet<&'a str>,
    triggers: &'a dyn Fn(&Expanded) -> Vec<Trigger>,
) -> BuildOptions<'a> {
    BuildOptions {
        target: build.target.as_deref(),
        args: &build.args,
        open_args: &OWN_ARGS,
        platforms: &build.platforms,
        contexts,
        triggers,
    }
}
