//! Where the commit stands to the releases of each subject.

use std::collections::BTreeSet;

use super::super::Checkout;
use super::super::facts::{self, BaseRelease, Facts, HistoryRequest};
use super::super::release_tags::{release, release_tags};
use super::super::subject::Subject;
use super::{NewVersion, Request};
use crate::config::Scope;
use crate::domain::Version;
use crate::error::{Error, Kind, Result};
use crate::history::git::CommitId;

/// The commit, and where it stands.
pub(super) struct Survey {
    pub(super) commit: CommitId,
    pub(super) scope: Scope,
    /// By subject.
    pub(super) standings: Vec<Standing>,
    /// Warnings about tags that git ignores, sorted.
    pub(super) warnings: Vec<String>,
}

/// Where the commit stands to the releases of one subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// The base release.
    pub(super) base: Option<BaseRelease>,
    /// The distance from it.
    pub(super) distance: u64,
    /// The releases that the commit itself carries, the lowest first; the base release is the last one.
    pub(super) own: Vec<BaseRelease>,
    /// The base release as it would be without these. Unknown where nobody has to know it.
    pub(super) before: Option<BaseRelease>,
}

/// Reads where the commit of `request` stands to the releases of `subjects`: in one pass over refs and history, and in another
/// one if the commit itself is released.
///
/// # Errors
/// Those of commits and history, with a clone that is too shallow.
pub(super) fn survey(subjects: &[Subject], request: &Request, checkout: &Checkout) -> Result<Survey> {
    let history = HistoryRequest {
        rev: request.rev.clone(),
        first_parent: false,
        scope: request.scope,
        last_change: false,
        dirty: false,
    };
    let found = facts::of_all(checkout, subjects, &history)?;
    let (commit, scope) = found
        .first()
        .map(|facts| (facts.commit, facts.scope))
        .ok_or_else(|| Error::new(Kind::Unexpected, "there is nothing to release"))?;
    let broken: BTreeSet<String> =
        found.iter().flat_map(|facts| &facts.broken).map(ToString::to_string).collect();
    let own = own_releases(commit, subjects, checkout)?;
    let standing = |(facts, own): (Facts, Vec<BaseRelease>)| Standing {
        base: facts.base,
        distance: facts.distance,
        own,
        before: None,
    };
    let mut standings: Vec<Standing> = found.into_iter().zip(own).map(standing).collect();
    if standings.iter().any(|standing| may_be_made(request.version, standing)) {
        let own = standings.iter().flat_map(|standing| &standing.own).map(|release| release.tag.clone());
        let before = facts::without(&own.collect(), checkout, subjects, &history)?;
        for (standing, facts) in standings.iter_mut().zip(before) {
            standing.before = facts.base;
        }
    }
    Ok(Survey { commit, scope, standings, warnings: broken.into_iter().collect() })
}

/// Whether the release that is asked for may be one that the commit carries.
fn may_be_made(version: NewVersion, standing: &Standing) -> bool {
    match version {
        NewVersion::Bump(_) => !standing.own.is_empty(),
        NewVersion::Given(version) => standing.own.iter().any(|own| own.version == version),
    }
}

/// By subject, the releases that `commit` itself carries.
fn own_releases(
    commit: CommitId,
    subjects: &[Subject],
    checkout: &Checkout,
) -> Result<Vec<Vec<BaseRelease>>> {
    let mut tags = release_tags(&checkout.repository, subjects)?;
    let names: BTreeSet<String> = tags.of(commit).map(|(tag, _)| tag.to_owned()).collect();
    let broken = checkout.repository.broken_tags(&tags, |tag, _| names.contains(tag))?;
    tags.ignore(broken);
    let mut own = vec![Vec::new(); subjects.len()];
    for release in tags.of(commit).filter_map(|(tag, fit)| release(tag, fit)) {
        if let Some(own) = own.get_mut(release.service) {
            own.push(BaseRelease::of(release));
        }
    }
    let by_version = |release: &BaseRelease| -> (Version, String) { (release.version, release.tag.clone()) };
    own.iter_mut().for_each(|own| own.sort_by_key(by_version));
    Ok(own)
}
