//! The commits that a release brings.

use std::collections::BTreeSet;

use super::super::Checkout;
use super::super::facts::{self, BaseRelease, HistoryRequest, Rev};
use super::super::selection::FilterSet;
use super::super::subject::{self, Subject};
use super::{Candidate, Request};
use crate::config::Scope;
use crate::error::Result;
use crate::filters::Detail;
use crate::history::git::{CommitDetails, CommitId};
use crate::release::{CHANGES_MAX, ChangelogEntry};

/// The commits that the release brings, the newest first: those since the base release that affect what is released. There may
/// be more than a message lists. A first release brings everything, so it has no list.
pub(super) fn changes(
    candidate: &Candidate<'_>,
    others: &[Subject],
    request: &Request,
    checkout: &Checkout,
) -> Result<Vec<ChangelogEntry>> {
    match (candidate.base, candidate.scope) {
        (None, _) => Ok(Vec::new()),
        (Some(base), Scope::Repository) => of_repository(base, candidate, request, checkout),
        (Some(_), Scope::Service) => by_service(candidate, others, request, checkout),
    }
}

/// Those of the line of first parents that touch any of the services that are released, and that the base release does not have.
/// Merges are among them: on that line, they are the changes.
fn by_service(
    candidate: &Candidate<'_>,
    others: &[Subject],
    request: &Request,
    checkout: &Checkout,
) -> Result<Vec<ChangelogEntry>> {
    let history = HistoryRequest {
        rev: Rev::Commit(candidate.commit),
        first_parent: false,
        scope: request.scope,
        last_change: false,
        dirty: false,
    };
    let mut left = BTreeSet::new();
    for subjects in [std::slice::from_ref(candidate.subject), others] {
        left.extend(facts::changes(checkout, subjects, &history)?.into_iter().flatten());
    }
    let mut changes = Vec::new();
    let mut at = Some(candidate.commit);
    while let Some(commit) = at.filter(|_| !left.is_empty() && changes.len() <= CHANGES_MAX) {
        if left.remove(&commit) {
            changes.push(entry(commit, checkout.repository.details(commit)?));
        }
        at = checkout.repository.parents(commit)?.first().copied();
    }
    Ok(changes)
}

fn entry(commit: CommitId, CommitDetails { subject, author, .. }: CommitDetails) -> ChangelogEntry {
    ChangelogEntry { commit: commit.abbreviated(7), subject, author }
}

/// All commits since `base` whose changes affect what is released. Merges are left out: their branches have the changes.
fn of_repository(
    base: &BaseRelease,
    candidate: &Candidate<'_>,
    request: &Request,
    checkout: &Checkout,
) -> Result<Vec<ChangelogEntry>> {
    let repository = &checkout.repository;
    let since = base.commit(repository)?;
    let services = subject::services(checkout)?.with(candidate.subject.service.iter());
    let filters = FilterSet::load(&request.filters, checkout)?;
    let mut changes = Vec::new();
    for commit in repository.commits_since(since, candidate.commit)? {
        if changes.len() > CHANGES_MAX {
            break;
        }
        let details = repository.details(commit)?;
        if details.parents > 1 {
            continue;
        }
        let affects = || -> Result<bool> {
            let changed = repository.changes_of(commit)?;
            let (selection, _) = filters.select(&services, &changed, Detail::First, checkout)?;
            Ok(selection.paths().any(|path| candidate.services.iter().any(|service| service == path)))
        };
        if candidate.services.is_empty() || affects()? {
            changes.push(entry(commit, details));
        }
    }
    Ok(changes)
}
