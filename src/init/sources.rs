//! What `init` is told about a repository.

use std::collections::{BTreeMap, BTreeSet};

use super::{bake, compose, dockerfiles};
use crate::ci::github::{is_action_file, is_workflow_file};
use crate::workspace::includes::seen_from;
use crate::workspace::taskfile::{self, below};

/// When a commit with a tag was made: a later one has a higher one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age {
    /// Seconds since 1970.
    pub seconds: i64,
    /// How many of the commits with tags that were made in the same second are ancestors of it.
    pub behind: usize,
}

/// What is known of a repository besides its files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepositoryFacts {
    /// Owner and name on its host, such as `acme/shop`; none where no remote says it.
    pub slug: Option<String>,
    /// The name of its directory.
    pub directory: String,
    /// All of its tags, and when their commits were made.
    pub tags: BTreeMap<String, Age>,
    /// The branch that everything is merged into, and whether that is more than the current one.
    pub main_branch: Option<(String, bool)>,
}

/// The files of a repository, and what else is known of it.
#[derive(Debug, Default)]
pub struct Sources {
    /// The files that git tracks, from the root of the repository.
    pub tracked: BTreeSet<String>,
    /// The texts of those that [`is_wanted`], and of those that they refer to, or why they cannot be read.
    pub texts: BTreeMap<String, Result<String, String>>,
    /// What else is known.
    pub repository: RepositoryFacts,
}

/// Whether the text of `file` counts.
pub fn is_wanted(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    dockerfiles::is_named_so(file)
        || compose::is_named_so(file)
        || bake::is_named_so(file)
        || taskfile::is_named_so(file)
        || name == ".env"
        || is_action_file(file)
        || is_workflow_file(file)
        || is_filter_file(file)
}

/// Whether `file` may be what a workflow filters changes by.
fn is_filter_file(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    file.starts_with(".github/")
        && name.contains("filter")
        && (name.ends_with(".yml") || name.ends_with(".yaml"))
}

impl Sources {
    /// The files that count as well because of what the texts say, and that are not read yet: those that compose files extend.
    pub fn unread(&self) -> BTreeSet<String> {
        compose::unread(self)
    }

    /// The readable files that `select` picks, with their texts.
    pub(super) fn files(&self, select: fn(&str) -> bool) -> impl Iterator<Item = (&str, &str)> {
        let texts = self.texts.iter().filter(move |(file, _)| select(file));
        texts.filter_map(|(file, text)| Some((file.as_str(), text.as_deref().ok()?)))
    }

    /// The text of `file`, if it is wanted and readable.
    pub(super) fn text(&self, file: &str) -> Option<&str> {
        self.texts.get(file).and_then(|text| text.as_deref().ok())
    }

    /// Whether git tracks `file`.
    pub(super) fn has(&self, file: &str) -> bool {
        self.tracked.contains(file)
    }

    /// Whether git tracks anything in `directory`; the root is the empty string.
    pub(super) fn has_directory(&self, directory: &str) -> bool {
        directory.is_empty() || self.files_in(directory).next().is_some()
    }

    /// The tracked files below `directory`.
    pub(super) fn files_in<'s>(&'s self, directory: &str) -> impl Iterator<Item = &'s str> + use<'s> {
        let prefix = below(directory, "");
        let from = self.tracked.range(prefix.clone()..).map(String::as_str);
        from.take_while(move |file| file.starts_with(&prefix))
    }

    /// The Dockerfile that a build of `context` with `dockerfile` uses. `dockerfile` is as written, and relative to the first of
    /// `bases` from which it is there: BuildKit's front ends do not agree, and people run them from anywhere.
    pub(super) fn dockerfile(&self, dockerfile: &str, bases: &[&str]) -> Option<String> {
        let candidates = bases.iter().filter_map(|base| seen_from(base, dockerfile));
        candidates.into_iter().find(|candidate| self.has(candidate))
    }
}
