//! The facts behind every version: release tags, base release, distance, uncommitted changes.

use std::collections::BTreeSet;

use super::Checkout;
use super::by_service;
use super::release_tags::{Fit, release, release_tags};
use super::subject::Subject;
use super::watched;
use crate::config::Scope;
use crate::domain::Version;
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

    /// What distances of `subjects` count: what was asked for, else what the configuration says. Every commit changes the
    /// repository as a whole.
    ///
    /// # Errors
    /// Those of services were asked for, but there is no service.
    pub(super) fn scope_of(&self, subjects: &[Subject], checkout: &Checkout) -> Result<Scope> {
        if subjects.iter().all(|subject| subject.service.is_some()) {
            return scope(self.scope, checkout);
        }
        match self.scope {
            Some(Scope::Service) => Err(no_service_to_count_by()),
            _ => Ok(Scope::Repository),
        }
    }

    /// Whether a commit is named, instead of the work tree.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.rev != Rev::Head
    }
}

/// What distances count for services: what was `requested`, else what the configuration says.
pub(super) fn scope(requested: Option<Scope>, checkout: &Checkout) -> Result<Scope> {
    let configured = checkout.config()?.scope.as_ref().map(|scope| scope.value);
    Ok(requested.or(configured).unwrap_or(Scope::Repository))
}

fn no_service_to_count_by() -> Error {
    Error::new(Kind::Usage, "--scope service needs a service: every commit changes the repository as a whole")
        .hint("name a service; imgver list --scope service shows all of them")
        .hint("leave out --scope for the version of the repository as a whole")
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
    /// Commits since the base release, or all there are; by service, only those that touch it.
    pub(super) distance: u64,
    /// Whether the commit itself carries the base release. By service, one that touches nothing since is at distance 0, too.
    pub(super) is_release: bool,
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

    /// The last commit that changed `subject`, which they are about. It must have been asked for
    /// ([`HistoryRequest::last_change`]).
    pub(super) fn last_change_of(&self, subject: &Subject) -> Result<CommitId> {
        self.last_change.ok_or_else(|| too_shallow_for_last_change(std::slice::from_ref(subject)))
    }

    /// The distance in words.
    pub(super) fn distance_in_words(&self) -> String {
        distance_in_words(self.distance, self.scope)
    }
}

/// A distance in words.
pub(super) fn distance_in_words(distance: u64, scope: Scope) -> String {
    let what = match scope {
        Scope::Repository => "commit",
        Scope::Service => "change",
    };
    if distance == 1 { format!("1 {what}") } else { format!("{distance} {what}s") }
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

    /// The commit that its tag points at.
    pub(super) fn commit(&self, repository: &Repository) -> Result<CommitId> {
        repository.resolve(&format!("refs/tags/{}", self.tag))
    }
}

/// The facts of `subject`.
pub(super) fn of_one(checkout: &Checkout, subject: &Subject, request: &HistoryRequest) -> Result<Facts> {
    let repository = &checkout.repository;
    let subjects = std::slice::from_ref(subject);
    let scope = request.scope_of(subjects, checkout)?;
    let mut facts = match scope {
        Scope::Service => of_all(checkout, subjects, request)?,
        Scope::Repository => {
            let commit = request.rev.resolve(repository)?;
            let first_parent = request.follows_first_parent(checkout)?;
            let walk = |tags: &Tags<Fit<'_>>| {
                let standing = repository.standing(commit, tags, release, first_parent)?;
                Ok(vec![Found::of(subject, standing, commit)?])
            };
            let walked = ignoring_broken(repository, subjects, commit, walk)?;
            facts(commit, scope, walked, &dirty(checkout, subjects, scope, request)?)
        }
    };
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
    counting_releases(|release| counts(release.version), checkout, subjects, request)
}

/// As [`of_all`], as if the tags called `ignored` did not exist.
pub(super) fn without(
    ignored: &BTreeSet<String>,
    checkout: &Checkout,
    subjects: &[Subject],
    request: &HistoryRequest,
) -> Result<Vec<Facts>> {
    counting_releases(|release| !ignored.contains(release.tag), checkout, subjects, request)
}

fn counting_releases(
    counts: impl Fn(&Release<'_>) -> bool,
    checkout: &Checkout,
    subjects: &[Subject],
    request: &HistoryRequest,
) -> Result<Vec<Facts>> {
    let repository = &checkout.repository;
    let commit = request.rev.resolve(repository)?;
    let first_parent = request.follows_first_parent(checkout)?;
    let scope = request.scope_of(subjects, checkout)?;
    let walk = |tags: &Tags<Fit<'_>>| {
        let counted = |tag, fit: &Fit<'_>| release(tag, fit).filter(&counts);
        if scope == Scope::Service {
            let last_change = request.last_change;
            let standings = |last_change| {
                let question = by_service::Question { commit, first_parent, last_change, changes: false };
                by_service::standings(&question, subjects, tags, counted, checkout)
            };
            return standings(last_change).map_err(|error| {
                let is_open = last_change && repository.is_shallow() && standings(false).is_ok();
                if is_open { too_shallow_for_last_change(subjects) } else { error }
            });
        }
        let standings = repository.standings(commit, subjects.len(), tags, counted, first_parent)?;
        let found = subjects.iter().zip(standings);
        found.map(|(subject, standing)| Found::of(subject, standing, commit)).collect()
    };
    let walked = ignoring_broken(repository, subjects, commit, walk)?;
    Ok(facts(commit, scope, walked, &dirty(checkout, subjects, scope, request)?))
}

/// By subject, the commits of the first-parent line of the commit of `request` that touch `subjects`, all of which are services, and
/// that their base releases do not have, where the tags called `ignored` are none. Beyond those that their versions count, there may
/// be some before a merge that brings the base release.
pub(super) fn changes(
    ignored: &BTreeSet<String>,
    checkout: &Checkout,
    subjects: &[Subject],
    request: &HistoryRequest,
) -> Result<Vec<BTreeSet<CommitId>>> {
    let commit = request.rev.resolve(&checkout.repository)?;
    let first_parent = request.follows_first_parent(checkout)?;
    let question = by_service::Question { commit, first_parent, last_change: false, changes: true };
    let walk = |tags: &Tags<Fit<'_>>| {
        let counted = |tag, fit: &Fit<'_>| release(tag, fit).filter(|release| !ignored.contains(release.tag));
        by_service::standings(&question, subjects, tags, counted, checkout)
    };
    let walked = ignoring_broken(&checkout.repository, subjects, commit, walk)?;
    Ok(walked.found.into_iter().map(|found| found.changes).collect())
}

/// What a walk found for one subject.
pub(super) struct Found {
    pub(super) base: Option<BaseRelease>,
    pub(super) distance: u64,
    /// As [`Facts::named`].
    pub(super) named: CommitId,
    /// As [`Facts::last_change`].
    pub(super) last_change: Option<CommitId>,
    /// By service, the changes that the base release does not have, if they were asked for.
    pub(super) changes: BTreeSet<CommitId>,
}

impl Found {
    pub(super) fn of(subject: &Subject, standing: Standing<'_>, commit: CommitId) -> Result<Self> {
        let (base, distance) = match standing {
            Standing::On { release, distance } => (Some(BaseRelease::of(release)), distance),
            Standing::Unreleased { commits } => (None, commits),
            Standing::Shallow => return Err(too_shallow(subject)),
        };
        Ok(Found { base, distance, named: commit, last_change: Some(commit), changes: BTreeSet::new() })
    }
}

/// What a walk found for some subjects.
struct Walked {
    /// By subject.
    found: Vec<Found>,
    /// By subject, whether the commit itself carries its base release.
    released: Vec<bool>,
    /// By subject, the tags that git ignores as broken, as far as they could have changed the answer.
    broken: Vec<Vec<BrokenTag>>,
}

/// What `walk` finds for each of `subjects` at `commit` with their release tags, without those that git ignores as broken.
fn ignoring_broken(
    repository: &Repository,
    subjects: &[Subject],
    commit: CommitId,
    walk: impl Fn(&Tags<Fit<'_>>) -> Result<Vec<Found>>,
) -> Result<Walked> {
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
            let is_here = |(subject, found): (usize, &Found)| {
                let mut here = tags.of(commit).filter_map(|(tag, fit)| release(tag, fit));
                found.base.as_ref().is_some_and(|base| {
                    here.any(|release| release.service == subject && release.version == base.version)
                })
            };
            let released = found.iter().enumerate().map(is_here).collect();
            return Ok(Walked { found, released, broken: by_subject });
        }
        tags.ignore(broken);
    }
}

fn facts(commit: CommitId, scope: Scope, walked: Walked, dirty: &[bool]) -> Vec<Facts> {
    let Walked { found, released, broken } = walked;
    let of_subject = |(((found, is_release), broken), dirty): (((Found, bool), _), &bool)| Facts {
        commit,
        scope,
        named: found.named,
        last_change: found.last_change,
        base: found.base,
        distance: found.distance,
        is_release,
        dirty: *dirty,
        broken,
    };
    found.into_iter().zip(released).zip(broken).zip(dirty).map(of_subject).collect()
}

/// Which of `subjects` have uncommitted changes, if requested.
fn dirty(
    checkout: &Checkout,
    subjects: &[Subject],
    scope: Scope,
    request: &HistoryRequest,
) -> Result<Vec<bool>> {
    if !request.dirty || request.is_elsewhere() {
        return Ok(vec![false; subjects.len()]);
    }
    watched::dirty(subjects, scope, checkout).map_err(|error| {
        error.hint("--no-dirty skips the check for uncommitted changes (version, extended, tag and list)")
    })
}

/// The error if the versions of `subjects` are certain, but not what changed them last: that may be long before a release.
fn too_shallow_for_last_change(subjects: &[Subject]) -> Error {
    let of = match subjects {
        [only] => only.name(),
        _ => "each service",
    };
    let message = format!(
        "this clone is too shallow to find the last commit that changed {of}, which labels and JSON name"
    );
    Error::new(Kind::Repository, message).hint(git::UNSHALLOW).hint(git::FETCH_DEPTH)
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
