//! Symbolic links among tracked paths.

use super::Snapshot;
use crate::error::Result;
use crate::history::git::PathKind;

/// As many links as Linux follows.
const LINKS_MAX: usize = 40;

/// How many ways of one source through links are followed.
pub(super) const DETOURS_MAX: usize = 100;

/// What a source reaches through a symbolic link: paths from the root of the context.
pub(super) struct Detour {
    /// Where the link leads.
    pub(super) end: String,
    /// What that is called by whoever comes through the link.
    pub(super) name: String,
}

impl Detour {
    /// What `path` is called by whoever comes through the link; none if it is not behind it.
    pub(super) fn name_of(&self, path: &str) -> Option<String> {
        let rest = path.strip_prefix(&*self.end)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{}{rest}", self.name))
    }
}

/// Where a path leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// The path behind all links, from the root of the repository; none if it leads out of it or in circles.
    pub(super) end: Option<String>,
    /// The links on the way, and the submodule that it leads into; from the root of the repository.
    pub(super) links: Vec<String>,
}

/// Follows `path`, as seen from the directory `root`. As in a container, `root` cannot be left if `is_closed`.
pub(super) fn follow(snapshot: &dyn Snapshot, root: &str, path: &str, is_closed: bool) -> Result<Way> {
    let base: Vec<String> = root.split('/').filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect();
    let floor = if is_closed { base.len() } else { 0 };
    let mut way = Way { end: None, links: Vec::new() };
    let mut done = base.clone();
    let mut waiting: Vec<String> = path.split('/').rev().map(ToOwned::to_owned).collect();
    while let Some(part) = waiting.pop() {
        match &*part {
            "" | "." => continue,
            ".." if done.len() > floor => {
                done.pop();
                continue;
            }
            ".." if is_closed => continue,
            ".." => return Ok(way),
            _ => done.push(part),
        }
        let here = done.join("/");
        match snapshot.kind_of(&here)? {
            Some(PathKind::Link) => {}
            // What is in it is not known: what is left of the path is taken as it is spelled.
            Some(PathKind::Submodule) => {
                way.links.push(here);
                continue;
            }
            Some(PathKind::File) | None => continue,
        }
        let target = snapshot.content(&here)?.unwrap_or_default();
        way.links.push(here);
        let target = String::from_utf8_lossy(&target).into_owned();
        let is_rooted = target.starts_with('/');
        if way.links.len() > LINKS_MAX || (is_rooted && !is_closed) {
            return Ok(way);
        }
        if is_rooted {
            done.clone_from(&base);
        } else {
            done.pop();
        }
        waiting.extend(target.split('/').rev().map(ToOwned::to_owned));
    }
    way.end = Some(done.join("/"));
    Ok(way)
}
