//! The facts behind every version: release tags, base release, distance, uncommitted changes.

use std::collections::HashMap;

use super::Checkout;
use super::by_service;
use super::subject::Subject;
use super::watched;
use crate::config::Scope;
use crate::domain::{TagPattern, Version};
use crate::error::{Error, Kind, Result};
use crate::history::git::{self, BrokenTag, CommitId, Repository, Tags};
use crate::history::{Release, Standing};

/// Which commit to version, and how.
#[derive(Debug, Clone)]
pub struct HistoryRequest {
    /// The commit.
    pub rev: Rev,
    /// Whether only first-parent history counts.
    pub first_parent: bool,
    /// What distances count; none means as the configuration says.
    pub scope: Option<Scope>,
    /// Whether the last commit that changed a service is wanted even where its version does not name it.
    pub last_change: bool,
    /// Whether to check for uncommitted changes. Only `HEAD` has any.
    pub dirty: bool,
}

impl HistoryRequest {
    /// Whether only first-parent history counts, because it was asked for or the configuration says so.
    pub(super) fn follows_first_parent(&self, checkout: &Checkout) -> Result<bool> {
        Ok(self.first_parent || checkout.config()?.first_parent == Some(true))
    }

    /// What distances count: what was asked for, else what the configuration says.
    pub(super) fn scope(&self, checkout: &Checkout) -> Result<Scope> {
        let configured = checkout.config()?.scope.as_ref().map(|scope| scope.value);
        Ok(self.scope.or(configured).unwrap_or(Scope::Repository))
    }

    /// Whether a commit is named, instead of the work tree.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.rev != Rev::Head
    }
}

/// A commit, however it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rev {
    /// Where `HEAD` is, with the work tree.
    Head,
    /// Any of git's spellings (gitrevisions(7)), without the work tree.
    Named(String),
    /// This commit.
    Commit(CommitId),
}

impl Rev {
    pub(super) fn resolve(&self, repository: &Repository) -> Result<CommitId> {
        match self {
            Rev::Head => repository.head(),
            Rev::Named(name) => repository.resolve(name),
            Rev::Commit(commit) => Ok(*commit),
        }
    }
}

/// The facts about one subject at one commit.
pub(super) struct Facts {
    /// The commit in full.
    pub(super) commit: CommitId,
    /// What the distance counts.
    pub(super) scope: Scope,
    /// The commit that an extended version names: by service, the last one that is counted, or that of the base release.
    pub(super) named: CommitId,
    /// The last commit that changed the subject, if it is known; any commit changes the repository.
    pub(super) last_change: Option<CommitId>,
    /// The base release; none where no release is reachable.
    pub(super) base: Option<BaseRelease>,
    /// Commits since the base release, or all there are.
    pub(super) distance: u64,
    /// Whether tracked files have uncommitted changes.
    pub(super) dirty: bool,
    /// Release tags that git ignores and that could have changed the answer, sorted.
    pub(super) broken: Vec<BrokenTag>,
}

impl Facts {
    /// The version of the base release; `0.0.0` if there is none.
    pub(super) fn base_version(&self) -> Version {
        self.base.as_ref().map_or(Version::ZERO, |base| base.version)
    }

    /// The tag of the base release.
    pub(super) fn base_tag(&self) -> Option<&str> {
        self.base.as_ref().map(|base| &*base.tag)
    }
}

/// The release that a version counts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BaseRelease {
    pub(super) version: Version,
    pub(super) tag: String,
}

impl BaseRelease {
    pub(super) fn of(release: Release<'_>) -> Self {
        BaseRelease { version: release.version, tag: release.tag.to_owned() }
    }
}

/// The facts of `subject`.
pub(super) fn of_one(checkout: &Checkout, subject: &Subject, request: &HistoryRequest) -> Result<Facts> {
    let repository = &checkout.repository;
    let subjects = std::slice::from_ref(subject);
    if by_service(subjects, request, checkout)? {
        let mut facts = of_all(checkout, subjects, request)?;
        return facts.pop().ok_or_else(|| Error::new(Kind::Unexpected, "the service has no version"));
    }
    let commit = request.rev.resolve(repository)?;
    let first_parent = request.follows_first_parent(checkout)?;
    let walk = |tags: &Tags<Fit<'_>>| {
        let standing = repository.standing(commit, tags, release, first_parent)?;
        Ok(vec![Found::of(subject, standing, commit)?])
    };
    let (found, broken) = ignoring_broken(repository, subjects, walk)?;
    let dirty = dirty(checkout, subjects, request)?;
    let mut facts = facts(commit, Scope::Repository, found, broken, &dirty);
    facts.pop().ok_or_else(|| Error::new(Kind::Unexpected, "the service has no version"))
}

/// The facts of all `subjects`, in one pass over refs, history and work tree.
pub(super) fn of_all(
    checkout: &Checkout,
    subjects: &[Subject],
    request: &HistoryRequest,
) -> Result<Vec<Facts>> {
    counting(|_| true, checkout, subjects, request)
}

/// As [`of_all`], but ignoring all release tags except those whose version `counts` accepts.
pub(super) fn counting(
    counts: impl Fn(Version) -> bool,
    checkout: &Checkout,
    subjects: &[Subject],
    request: &HistoryRequest,
) -> Result<Vec<Facts>> {
    let repository = &checkout.repository;
    let commit = request.rev.resolve(repository)?;
    let first_parent = request.follows_first_parent(checkout)?;
    let scope = match by_service(subjects, request, checkout)? {
        true => Scope::Service,
        false => Scope::Repository,
    };
    let walk = |tags: &Tags<Fit<'_>>| {
        let counted = |tag, fit: &Fit<'_>| release(tag, fit).filter(|release| counts(release.version));
        if scope == Scope::Service {
            let question = by_service::Question { commit, first_parent, last_change: request.last_change };
            return by_service::standings(&question, subjects, tags, counted, checkout);
        }
        let standings = repository.standings(commit, subjects.len(), tags, counted, first_parent)?;
        let found = subjects.iter().zip(standings);
        found.map(|(subject, standing)| Found::of(subject, standing, commit)).collect()
    };
    let (found, broken) = ignoring_broken(repository, subjects, walk)?;
    let dirty = dirty(checkout, subjects, request)?;
    Ok(facts(commit, scope, found, broken, &dirty))
}

/// Whether distances count by service. The repository as a whole is changed by every commit.
fn by_service(subjects: &[Subject], request: &HistoryRequest, checkout: &Checkout) -> Result<bool> {
    let are_services = subjects.iter().all(|subject| subject.service.is_some());
    Ok(are_services && request.scope(checkout)? == Scope::Service)
}

/// What a walk found for one subject.
pub(super) struct Found {
    pub(super) base: Option<BaseRelease>,
    pub(super) distance: u64,
    /// As [`Facts::named`].
    pub(super) named: CommitId,
    /// As [`Facts::last_change`].
    pub(super) last_change: Option<CommitId>,
}

impl Found {
    fn of(subject: &Subject, standing: Standing<'_>, commit: CommitId) -> Result<Self> {
        let (base, distance) = match standing {
            Standing::On { release, distance } => (Some(BaseRelease::of(release)), distance),
            Standing::Unreleased { commits } => (None, commits),
            Standing::Shallow => return Err(too_shallow(subject)),
        };
        Ok(Found { base, distance, named: commit, last_change: Some(commit) })
    }
}

/// What `walk` finds for each of `subjects` with their release tags, without those that git ignores as broken; and these, by
/// subject, as far as they could have changed the answer.
fn ignoring_broken(
    repository: &Repository,
    subjects: &[Subject],
    walk: impl Fn(&Tags<Fit<'_>>) -> Result<Vec<Found>>,
) -> Result<(Vec<Found>, Vec<Vec<BrokenTag>>)> {
    let mut tags = release_tags(repository, subjects)?;
    loop {
        let found = walk(&tags)?;
        // A lower release does not matter.
        let broken = repository.broken_tags(&tags, |tag, fit| {
            let base = found.get(fit.0).and_then(|found| found.base.as_ref());
            release(tag, fit).is_some_and(|release| base.is_none_or(|base| release.version >= base.version))
        })?;
        if broken.is_empty() {
            let mut by_subject = vec![Vec::new(); subjects.len()];
            for (tag, (service, _)) in tags.broken() {
                if let Some(of_subject) = by_subject.get_mut(*service) {
                    of_subject.push(tag.clone());
                }
            }
            by_subject.iter_mut().for_each(|tags| tags.sort_unstable());
            return Ok((found, by_subject));
        }
        tags.ignore(broken);
    }
}

fn facts(
    commit: CommitId,
    scope: Scope,
    found: Vec<Found>,
    broken: Vec<Vec<BrokenTag>>,
    dirty: &[bool],
) -> Vec<Facts> {
    let of_subject =
        |((Found { base, distance, named, last_change }, broken), dirty): ((Found, _), &bool)| Facts {
            commit,
            scope,
            named,
            last_change,
            base,
            distance,
            dirty: *dirty,
            broken,
        };
    found.into_iter().zip(broken).zip(dirty).map(of_subject).collect()
}

/// Which of `subjects` have uncommitted changes, if requested.
fn dirty(checkout: &Checkout, subjects: &[Subject], request: &HistoryRequest) -> Result<Vec<bool>> {
    if !request.dirty || request.is_elsewhere() {
        return Ok(vec![false; subjects.len()]);
    }
    watched::dirty(subjects, checkout).map_err(|error| {
        error.hint("--no-dirty skips the check for uncommitted changes (version, extended, tag and list)")
    })
}

/// Whether a tag of `subject` releases `version` at exactly `commit`.
pub(super) fn is_released_at(
    commit: CommitId,
    checkout: &Checkout,
    subject: &Subject,
    version: &str,
) -> Result<bool> {
    let Some(version) = Version::parse(version) else { return Ok(false) };
    let tags = release_tags(&checkout.repository, std::slice::from_ref(subject))?;
    let mut here = tags.of(commit).filter_map(|(tag, fit)| release(tag, fit));
    Ok(here.any(|release| release.version == version))
}

/// The tags that release `version` of `subject`, each with its commit if it points to one.
pub(super) fn tags_of(
    checkout: &Checkout,
    subject: &Subject,
    version: Version,
) -> Result<Vec<(String, Option<CommitId>)>> {
    let tags = release_tags(&checkout.repository, std::slice::from_ref(subject))?;
    let releases =
        tags.iter().filter_map(|(tag, fit, target)| release(tag, fit).map(|release| (release, target)));
    let mut found = Vec::new();
    for (release, target) in releases.filter(|(release, _)| release.version == version) {
        found.push((release.tag.to_owned(), checkout.repository.commit_of(target)?));
    }
    found.sort_unstable();
    Ok(found)
}

/// The releases behind a commit, as far as this clone can tell.
pub(super) struct ReleasesBehind {
    /// The highest one that the commit visibly has in its history.
    pub(super) highest: Option<BaseRelease>,
    /// The highest one that may be in hidden history of a shallow clone.
    pub(super) possible: Option<BaseRelease>,
}

/// The releases of `subject` among `commit` and its ancestors.
pub(super) fn behind(checkout: &Checkout, subject: &Subject, commit: CommitId) -> Result<ReleasesBehind> {
    let tags = release_tags(&checkout.repository, std::slice::from_ref(subject))?;
    let found = checkout.repository.highest_release(commit, &tags, release)?;
    Ok(ReleasesBehind {
        highest: found.seen.map(BaseRelease::of),
        possible: found.hidden.and_then(|hidden| hidden.possible).map(BaseRelease::of),
    })
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
        // If every pattern ends with the version, a prefix can only end right before it; otherwise, before any digit.
        let trailing = tag.trim_end_matches(of_version).len();
        let ends = if all_trailing { trailing..trailing + 1 } else { 0..tag.len().min(longest + 1) };
        let before_digit = |end: &usize| tag.as_bytes().get(*end).is_some_and(u8::is_ascii_digit);
        let prefixes = ends.filter(before_digit).filter_map(|end| tag.get(..end));
        let patterns = prefixes.filter_map(|prefix| by_prefix.get(prefix)).flatten();
        fits.extend(patterns.filter(|(_, pattern)| pattern.version_of(tag).is_some()));
    })
}

/// The release that `tag` makes.
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

pub(super) fn too_shallow(subject: &Subject) -> Error {
    Error::new(
        Kind::Repository,
        format!(
            "this clone is too shallow to version {}: its history ends before the base release is certain",
            subject.name()
        ),
    )
    .hint(git::UNSHALLOW)
    .hint(git::FETCH_DEPTH)
}
