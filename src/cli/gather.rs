//! The facts behind every version: release tags, base release, distance, uncommitted changes.

use std::collections::HashMap;

use super::Place;
use super::args::HistoryArgs;
use super::subject::Subject;
use crate::domain::{TagPattern, Version};
use crate::error::{Error, Kind, Result};
use crate::history::git::{self, CommitId, Repository, Tags};
use crate::history::{Release, Standing};

/// What is known of one subject at one commit.
pub(super) struct Facts {
    /// The commit in full.
    pub(super) commit: CommitId,
    /// The base release; none where no release is reachable.
    pub(super) base: Option<Base>,
    /// Commits since the base release, or all there are.
    pub(super) distance: u64,
    /// Whether tracked files have uncommitted changes.
    pub(super) dirty: bool,
}

/// A base release.
pub(super) struct Base {
    pub(super) version: Version,
    pub(super) tag: String,
}

impl Base {
    fn of(release: Release<'_>) -> Self {
        Base { version: release.version, tag: release.tag.to_owned() }
    }
}

/// What is asked of a history.
pub(super) struct Question<'a> {
    /// The commit; none means `HEAD`.
    pub(super) rev: Option<&'a str>,
    /// Only first parents count.
    pub(super) first_parent: bool,
    /// Whether uncommitted changes are of interest. They belong to `HEAD` only.
    pub(super) dirty: bool,
    /// No tags but those of this release count.
    pub(super) only: Option<Version>,
}

impl<'a> Question<'a> {
    /// What `args` ask; an `exact` answer needs to know of changes whatever they say.
    pub(super) fn of(args: &'a HistoryArgs, exact: bool) -> Self {
        let first_parent = args.version.first_parent;
        Question { rev: args.rev.as_deref(), first_parent, dirty: exact || !args.no_dirty, only: None }
    }

    pub(super) fn commit(&self, repository: &Repository) -> Result<CommitId> {
        self.rev.map_or_else(|| repository.head(), |rev| repository.resolve(rev))
    }
}

/// The facts of all `subjects`, in one pass over refs, history and work tree.
pub(super) fn facts(place: &Place, subjects: &[Subject], question: &Question<'_>) -> Result<Vec<Facts>> {
    let repository = &place.repository;
    let commit = question.commit(repository)?;
    let tags = release_tags(repository, subjects)?;
    let counts = |release: &Release<'_>| question.only.is_none_or(|only| only == release.version);
    let counted = |tag, fit: &Fit<'_>| release(tag, fit).filter(counts);
    let standings = repository.standings(commit, subjects.len(), &tags, counted, question.first_parent)?;
    let directories: Vec<&str> = subjects.iter().map(Subject::directory).collect();
    let wants_changes = question.dirty && question.rev.is_none();
    let changed =
        if wants_changes { repository.changed_files(&directories).map_err(avoidable)? } else { Vec::new() };
    let facts = subjects.iter().zip(standings).map(|(subject, standing)| {
        let (base, distance) = match standing {
            Standing::On { release, distance } => (Some(Base::of(release)), distance),
            Standing::Unreleased { commits } => (None, commits),
            Standing::Shallow => return Err(too_shallow(subject)),
        };
        let dirty = changed.iter().any(|file| git::is_below(file, subject.directory()));
        Ok(Facts { commit, base, distance, dirty })
    });
    facts.collect()
}

/// Whether a tag of `subject` releases `version` at exactly `commit`.
pub(super) fn is_released_at(
    commit: CommitId,
    place: &Place,
    subject: &Subject,
    version: Version,
) -> Result<bool> {
    let tags = release_tags(&place.repository, std::slice::from_ref(subject))?;
    let mut here = tags.of(commit).filter_map(|(tag, fit)| release(tag, fit));
    Ok(here.any(|release| release.version == version))
}

/// The tags that release `version` of `subject`, each with its commit, if it is one of a commit.
pub(super) fn tags_of(
    place: &Place,
    subject: &Subject,
    version: Version,
) -> Result<Vec<(String, Option<CommitId>)>> {
    let tags = release_tags(&place.repository, std::slice::from_ref(subject))?;
    let releases =
        tags.iter().filter_map(|(tag, fit, target)| release(tag, fit).map(|release| (release, target)));
    let mut found = Vec::new();
    for (release, target) in releases.filter(|(release, _)| release.version == version) {
        found.push((release.tag.to_owned(), place.repository.commit_of(target)?));
    }
    found.sort_unstable();
    Ok(found)
}

/// The highest release of `subject` among `commit` and its ancestors.
pub(super) fn highest(place: &Place, subject: &Subject, commit: CommitId) -> Result<Option<Base>> {
    let tags = release_tags(&place.repository, std::slice::from_ref(subject))?;
    let highest = place.repository.highest_releases(commit, 1, &tags, release)?;
    Ok(highest.into_iter().next().flatten().map(Base::of))
}

/// Which subject a tag releases, by position, and the pattern that its name fits.
pub(super) type Fit<'s> = (usize, &'s TagPattern);

/// The tags that release any of `subjects`.
pub(super) fn release_tags<'s>(repository: &Repository, subjects: &'s [Subject]) -> Result<Tags<Fit<'s>>> {
    let mut by_prefix: HashMap<&str, Vec<(usize, &TagPattern)>> = HashMap::new();
    for (service, subject) in subjects.iter().enumerate() {
        for pattern in &subject.patterns {
            by_prefix.entry(pattern.prefix()).or_default().push((service, pattern));
        }
    }
    let of_version = |end: char| end.is_ascii_digit() || end == '.';
    let is_trailing =
        |pattern: &TagPattern| pattern.suffix().is_empty() && !pattern.prefix().ends_with(of_version);
    let all_trailing = subjects.iter().flat_map(|subject| &subject.patterns).all(is_trailing);
    let longest = by_prefix.keys().map(|prefix| prefix.len()).max().unwrap_or(0);
    let common = by_prefix.keys().copied().reduce(common_prefix).unwrap_or_default();
    repository.tags(common, |tag, fits| {
        // Where the version is all that trails in any pattern, a prefix can only end before that. Elsewhere it can end
        // before any digit.
        let trailing = tag.trim_end_matches(of_version).len();
        let ends = if all_trailing { trailing..trailing + 1 } else { 0..tag.len().min(longest + 1) };
        let before_digit = |end: &usize| tag.as_bytes().get(*end).is_some_and(u8::is_ascii_digit);
        let prefixes = ends.filter(before_digit).filter_map(|end| tag.get(..end));
        let patterns = prefixes.filter_map(|prefix| by_prefix.get(prefix)).flatten();
        fits.extend(patterns.filter(|(_, pattern)| pattern.version_of(tag).is_some()));
    })
}

/// What `tag` releases.
pub(super) fn release<'t>(tag: &'t str, (service, pattern): &Fit<'_>) -> Option<Release<'t>> {
    Some(Release { service: *service, version: pattern.version_of(tag)?, tag })
}

fn common_prefix<'a>(a: &'a str, b: &str) -> &'a str {
    let common = a
        .char_indices()
        .zip(b.chars())
        .find(|((_, a), b)| a != b)
        .map_or(a.len().min(b.len()), |((at, _), _)| at);
    a.get(..common).unwrap_or_default()
}

fn avoidable(error: Error) -> Error {
    error.hint("--no-dirty leaves uncommitted changes out (of version, extended, tag and list)")
}

fn too_shallow(subject: &Subject) -> Error {
    Error::new(
        Kind::Repository,
        format!(
            "this clone is too shallow to version {}: history is cut off before its base release is certain",
            subject.name()
        ),
    )
    .hint(git::UNSHALLOW)
    .hint(git::FETCH_DEPTH)
}
