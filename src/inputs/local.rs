//! A directory that a build reads, without what is left out.

use super::Snapshot;
use super::links::{DETOURS_MAX, Detour, follow};
use super::own::Gap;
use super::place::{ignore_files, parse_ignore_file};
use crate::dockerfile::{DockerIgnore, Wildcard};
use crate::error::Result;
use crate::history::git::{PathKind, is_below};
use crate::workspace::taskfile::{below, directory_of};

/// A directory of the repository that a build reads.
pub(super) struct Local {
    /// Where it is, behind all links.
    pub(super) directory: String,
    /// The links and submodules on the way to it, and to what says what it leaves out.
    pub(super) way: Vec<String>,
    ignore: DockerIgnore,
    /// The file that says what it leaves out, if there is one.
    pub(super) ignore_file: Option<String>,
    /// That file, and those that would count if they were there.
    pub(super) ignore_files: Vec<String>,
}

impl Local {
    /// The context `directory` of a build by `dockerfile`; none for a named context, to which that does not matter.
    pub(super) fn of(
        directory: &str,
        dockerfile: Option<&str>,
        gaps: &mut Vec<Gap>,
        snapshot: &dyn Snapshot,
    ) -> Result<Self> {
        let way = follow(snapshot, "", directory, false)?;
        if way.end.is_none() {
            let why =
                format!("the context {directory} is behind a symbolic link that leads out of the repository");
            gaps.push(Gap { line: None, instruction: None, why });
        }
        let mut local = Local {
            directory: way.end.unwrap_or_else(|| directory.to_owned()),
            way: way.links,
            ignore: DockerIgnore::default(),
            ignore_file: None,
            ignore_files: Vec::new(),
        };
        for name in ignore_files(&local.directory, dockerfile) {
            let way = follow(snapshot, "", directory_of(&name), false)?;
            local.way.extend(way.links);
            let Some(looked_in) = way.end else { continue };
            let name = below(&looked_in, name.rsplit('/').next().unwrap_or_default());
            local.ignore_files.push(name.clone());
            let way = follow(snapshot, "", &name, false)?;
            local.ignore_files.extend(way.links.into_iter().filter(|link| *link != name));
            // The builder does not follow a link out of the directory in which it looks.
            let Some(end) = way.end.filter(|end| is_below(end.as_bytes(), &looked_in)) else { continue };
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
    pub(super) fn detours(
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
    pub(super) fn excludes_all(&self, path: &str) -> bool {
        self.ignore.excludes(path) && !self.ignore.has_exceptions()
    }
}

fn is_there(snapshot: &dyn Snapshot, path: &str) -> bool {
    let is_file = snapshot.kind_of(path).is_ok_and(|kind| kind.is_some());
    is_file || snapshot.below(path).is_ok_and(|below| !below.is_empty())
}
