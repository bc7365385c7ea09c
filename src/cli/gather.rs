//! The facts behind every version: release tags, base release, distance, uncommitted changes.

use std::collections::HashMap;

use super::Place;
use super::subject::Subject;
use crate::domain::{TagPattern, Version};
use crate::error::{Error, Kind, Result};
use crate::history::git::{CommitId, Repository, Target};
use crate::history::{Release, Standing};

/// What is known of one subject at one commit.
pub(super) struct Facts {
    /// The commit in full.
    pub(super) commit: CommitId,
    /// The base release with its tag; none where no release is reachable.
    pub(super) base: Option<(Version, String)>,
    /// Commits since the base release, or all there are.
    pub(super) distance: u64,
    /// Whether tracked files have uncommitted changes.
    pub(super) dirty: bool,
}

/// How to look.
pub(super) struct Look<'a> {
    /// The commit; none means `HEAD`.
    pub(super) rev: Option<&'a str>,
    /// Only first parents count.
    pub(super) first_parent: bool,
    /// Whether uncommitted changes are of interest. They belong to `HEAD` only.
    pub(super) dirty: bool,
}

impl Look<'_> {
    fn commit(&self, repository: &Repository) -> Result<CommitId> {
        self.rev
            .map_or_else(|| repository.head(), |rev| repository.resolve(rev))
    }
}

/// The facts of all `subjects`, in one pass over refs, history and work tree.
pub(super) fn facts(place: &Place, subjects: &[Subject], look: &Look<'_>) -> Result<Vec<Facts>> {
    let repository = &place.repository;
    let commit = look.commit(repository)?;
    let (releases, targets) = releases(repository, subjects)?;
    let standings = repository.standings(commit, subjects.len(), &releases, &targets, look.first_parent)?;
    let changed = if look.dirty && look.rev.is_none() {
        changed(repository, subjects)?
    } else {
        Vec::new()
    };
    let facts = subjects.iter().zip(standings).map(|(subject, standing)| {
        let (base, distance) = match standing {
            Standing::On { release, distance } => (
                releases
                    .get(release)
                    .map(|release| (release.version.clone(), release.tag.clone())),
                distance,
            ),
            Standing::Unreleased { commits } => (None, commits),
            Standing::Shallow => return Err(too_shallow(subject)),
        };
        let dirty = changed.iter().any(|file| is_in(file, subject.directory()));
        Ok(Facts {
            commit,
            base,
            distance,
            dirty,
        })
    });
    facts.collect()
}

/// The versions that tags of `subject` release at exactly the commit looked at.
pub(super) fn released_here(place: &Place, subject: &Subject, look: &Look<'_>) -> Result<Vec<Version>> {
    let commit = look.commit(&place.repository)?;
    let (releases, targets) = releases(&place.repository, std::slice::from_ref(subject))?;
    let here = releases
        .into_iter()
        .zip(targets)
        .filter(|(_, target)| commit.is(*target));
    Ok(here.map(|(release, _)| release.version).collect())
}

/// All release tags of `subjects` and what they are tags of, those of one object side by side.
fn releases(repository: &Repository, subjects: &[Subject]) -> Result<(Vec<Release>, Vec<Target>)> {
    let mut by_prefix: HashMap<&str, Vec<(usize, &TagPattern)>> = HashMap::new();
    for (service, subject) in subjects.iter().enumerate() {
        for pattern in &subject.patterns {
            by_prefix
                .entry(pattern.prefix())
                .or_default()
                .push((service, pattern));
        }
    }
    let common = by_prefix
        .keys()
        .copied()
        .reduce(common_prefix)
        .unwrap_or_default();
    let tags = repository.tags(common, |tag| {
        // A version begins with a digit, so a prefix can only end before one.
        let digits = tag
            .bytes()
            .enumerate()
            .filter(|(_, byte)| byte.is_ascii_digit())
            .map(|(at, _)| at);
        let patterns = digits.filter_map(|at| by_prefix.get(tag.get(..at)?)).flatten();
        let releases: Vec<Release> = patterns
            .filter_map(|(service, pattern)| {
                let version = pattern.version_of(tag)?;
                Some(Release {
                    service: *service,
                    version,
                    tag: tag.to_owned(),
                })
            })
            .collect();
        (!releases.is_empty()).then_some(releases)
    })?;
    let mut releases: Vec<(Release, Target)> = tags
        .into_iter()
        .flat_map(|(releases, target)| releases.into_iter().map(move |release| (release, target)))
        .collect();
    releases.sort_by_key(|(_, target)| *target);
    Ok(releases.into_iter().unzip())
}

fn common_prefix<'a>(a: &'a str, b: &str) -> &'a str {
    let common = a
        .char_indices()
        .zip(b.chars())
        .find(|((_, a), b)| a != b)
        .map_or(a.len().min(b.len()), |((at, _), _)| at);
    a.get(..common).unwrap_or_default()
}

/// The changed files that matter to any of `subjects`.
fn changed(repository: &Repository, subjects: &[Subject]) -> Result<Vec<Vec<u8>>> {
    match subjects {
        [] => Ok(Vec::new()),
        [only] => repository.changed_files(only.directory()),
        _ => repository.changed_files(""),
    }
}

fn is_in(file: &[u8], directory: &str) -> bool {
    directory.is_empty()
        || file
            .strip_prefix(directory.as_bytes())
            .is_some_and(|rest| rest.starts_with(b"/"))
}

fn too_shallow(subject: &Subject) -> Error {
    Error::new(
        Kind::Repository,
        format!(
            "this clone is too shallow to version {}: history is cut off before its base release is certain",
            subject.name()
        ),
    )
    .hint("git fetch --unshallow --tags")
    .hint("in GitHub Actions, give actions/checkout `fetch-depth: 0`")
}
