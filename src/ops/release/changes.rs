//! The commits that releases bring.

use std::collections::{BTreeSet, HashMap};

use super::super::Checkout;
use super::super::facts::{self, HistoryRequest, Rev};
use super::affected::Affected;
use super::candidate::Candidate;
use super::standing::Standing;
use super::wanted::Asked;
use super::{Request, Tip};
use crate::config::Scope;
use crate::error::Result;
use crate::history::git::{CommitDetails, CommitId};
use crate::release::{CHANGES_MAX, ChangelogEntry};

/// By candidate, the commits that the release brings, the newest first: those since the release before it that affect what is
/// released. There may be more than a message lists. A first release brings everything, so it has no list.
pub(super) fn changes(
    candidates: &[Candidate<'_>],
    asked: &Asked,
    tip: &Tip,
    standings: &[Standing],
    request: &Request,
    affected: &mut Affected<'_>,
    checkout: &Checkout,
) -> Result<Vec<Vec<ChangelogEntry>>> {
    match tip.scope {
        _ if candidates.iter().all(|candidate| candidate.base.is_none()) => {
            Ok(vec![Vec::new(); candidates.len()])
        }
        Scope::Repository => of_repository(candidates, tip, affected, checkout),
        Scope::Service => by_service(candidates, asked, tip, standings, request, checkout),
    }
}

/// Those of the line of first parents that touch any of the services that are released, and that the base release does not have.
/// Merges are among them: on that line, they are the changes.
fn by_service(
    candidates: &[Candidate<'_>],
    asked: &Asked,
    tip: &Tip,
    standings: &[Standing],
    request: &Request,
    checkout: &Checkout,
) -> Result<Vec<Vec<ChangelogEntry>>> {
    let history = HistoryRequest {
        rev: Rev::Commit(tip.commit),
        first_parent: false,
        scope: request.scope,
        last_change: false,
        dirty: false,
    };
    let made = made_here(candidates, standings);
    let by_subject = facts::changes(&made, checkout, &asked.subjects, &history)?;
    let others = match asked.others.is_empty() {
        true => Vec::new(),
        false => facts::changes(&made, checkout, &asked.others, &history)?,
    };
    let touching = |candidate: &Candidate<'_>| -> BTreeSet<CommitId> {
        match (&candidate.base, asked.is_shared) {
            (None, _) => BTreeSet::new(),
            (Some(_), true) => by_subject.iter().chain(&others).flatten().copied().collect(),
            (Some(_), false) => by_subject.get(candidate.at).cloned().unwrap_or_default(),
        }
    };
    let mut left: Vec<BTreeSet<CommitId>> = candidates.iter().map(touching).collect();
    let mut changes = vec![Vec::new(); candidates.len()];
    let mut at = Some(tip.commit);
    while let Some(commit) = at.filter(|_| left.iter().any(|left| !left.is_empty())) {
        let mut found = None;
        for (left, changes) in left.iter_mut().zip(&mut changes) {
            if !left.remove(&commit) {
                continue;
            }
            let details = match found.take() {
                Some(details) => details,
                None => checkout.repository.details(commit)?,
            };
            changes.push(entry(commit, &details));
            found = Some(details);
            if changes.len() > CHANGES_MAX {
                left.clear();
            }
        }
        at = checkout.repository.parents(commit)?.first().copied();
    }
    Ok(changes)
}

/// The tags of the commit that are among what is being released, and so are no release before it.
fn made_here(candidates: &[Candidate<'_>], standings: &[Standing]) -> BTreeSet<String> {
    let mut made = BTreeSet::new();
    for candidate in candidates.iter().filter(|candidate| candidate.is_set) {
        let own = standings.get(candidate.at).into_iter().flat_map(|standing| &standing.own);
        let base = candidate.base.as_ref();
        let later = own.filter(|own| base.is_none_or(|base| own.version > base.version));
        made.extend(later.map(|own| own.tag.clone()));
    }
    made
}

fn entry(commit: CommitId, CommitDetails { subject, author, .. }: &CommitDetails) -> ChangelogEntry {
    ChangelogEntry { commit: commit.abbreviated(7), subject: subject.clone(), author: author.clone() }
}

/// All commits since the base release whose changes affect what is released. Merges are left out: their branches have the
/// changes.
fn of_repository(
    candidates: &[Candidate<'_>],
    tip: &Tip,
    affected: &mut Affected<'_>,
    checkout: &Checkout,
) -> Result<Vec<Vec<ChangelogEntry>>> {
    let repository = &checkout.repository;
    let base =
        |candidate: &Candidate<'_>| candidate.base.as_ref().map(|base| base.commit(repository)).transpose();
    let bases = candidates.iter().map(base).collect::<Result<Vec<_>>>()?;
    let distinct: Vec<CommitId> =
        bases.iter().flatten().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let listed = repository.commits_since_each(&distinct, tip.commit)?;
    let listed: HashMap<CommitId, Vec<CommitId>> = distinct.into_iter().zip(listed).collect();
    let mut details: HashMap<CommitId, CommitDetails> = HashMap::new();
    let mut changes = Vec::with_capacity(candidates.len());
    for (candidate, base) in candidates.iter().zip(bases) {
        let mut of_candidate = Vec::new();
        for commit in base.and_then(|base| listed.get(&base)).into_iter().flatten() {
            if of_candidate.len() > CHANGES_MAX {
                break;
            }
            if !details.contains_key(commit) {
                details.insert(*commit, repository.details(*commit)?);
            }
            let Some(details) = details.get(commit).filter(|details| details.parents <= 1) else { continue };
            let is_affected = candidate.services.is_empty() || {
                let by = affected.by(*commit)?;
                candidate.services.iter().any(|service| by.contains(service))
            };
            if is_affected {
                of_candidate.push(entry(*commit, details));
            }
        }
        changes.push(of_candidate);
    }
    Ok(changes)
}
