//! Comparisons of commits: which ones to compare, and what changed between them.

use super::Checkout;
use crate::ci::{Base, Hash, Merge};
use crate::domain::Changes;
use crate::error::{Error, Kind, Result};
use crate::history::git::{self, CommitId, MergeBases, Repository};

/// The result of a comparison.
pub(super) enum Comparison {
    /// The two commits could be compared.
    Made(Compared),
    /// There is nothing to compare with, for this reason. Anything may have changed.
    Impossible(String),
}

/// A comparison of two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The older side; several where branches were merged into each other.
    pub bases: Vec<CommitId>,
    /// Why these were chosen.
    pub why: String,
    /// The newer side.
    pub head: CommitId,
    /// The differences from any base.
    pub changes: Changes,
}

impl Compared {
    fn new(
        repository: &Repository,
        bases: Vec<CommitId>,
        head: CommitId,
        why: impl Into<String>,
    ) -> Result<Self> {
        let mut changes = Changes::default();
        for base in &bases {
            changes.extend(repository.diff(*base, head)?);
        }
        Ok(Compared { bases, why: why.into(), head, changes })
    }
}

/// The comparison of `imgver changed --base BASE --head HEAD`.
pub(super) fn between(checkout: &Checkout, base: &str, head: &str, merge_base: bool) -> Result<Compared> {
    let repository = &checkout.repository;
    let (old, new) = (repository.resolve(base)?, repository.resolve(head)?);
    if !merge_base {
        return Compared::new(repository, vec![old], new, format!("--base {base}"));
    }
    let names = format!("{base} and {head}");
    match repository.merge_bases(old, new)? {
        MergeBases::Known(bases) => {
            Compared::new(repository, bases, new, format!("the merge base of {names}"))
        }
        MergeBases::Unrelated => {
            Err(Error::new(Kind::Repository, format!("{names} have no common ancestor"))
                .hint("leave out --merge-base to compare the two directly"))
        }
        MergeBases::Shallow => {
            let what = "this clone is too shallow: the merge base of";
            Err(Error::new(Kind::Repository, format!("{what} {names} may be in the history that is missing"))
                .hint(git::UNSHALLOW)
                .hint(git::FETCH_DEPTH))
        }
    }
}

/// The changes on a branch that moved from `base` to `tip`, or to `HEAD` if the tip is unknown.
pub(super) fn since(repository: &Repository, base: Option<&Base>, tip: Option<&Hash>) -> Result<Comparison> {
    let head = head(repository, tip)?;
    let Some(base) = base else {
        return Ok(Comparison::Impossible(
            "the event does not contain an earlier commit of the branch".to_owned(),
        ));
    };
    let why = match base {
        Base::Event(_) => "the event's `before`".to_owned(),
        Base::Given(base) => format!("--base {base}"),
    };
    match find(repository, base)? {
        Some(old) => Ok(Comparison::Made(Compared::new(repository, vec![old], head, why)?)),
        None => absent(repository, base, "the commit before this push"),
    }
}

/// The changes that are proposed for a branch: of `merge` against its first parent, if it merges them there. Where `base` was
/// when the event happened may be long ago: what the branch got since, and gave to the change by a merge, is no part of it.
///
/// Else between the merge base of `base` with the best of `tips`, and that tip.
pub(super) fn proposed(
    repository: &Repository,
    base: &Base,
    tips: &[Hash],
    merge: Option<&Merge>,
) -> Result<Comparison> {
    if let Some(merge) = merge
        && let Some(compared) = merged(repository, merge)?
    {
        return Ok(Comparison::Made(compared));
    }
    let head = first_of(repository, tips)?;
    let name = match base {
        Base::Event(_) => "the base branch".to_owned(),
        Base::Given(base) => format!("--base {base}"),
    };
    let reason = merge.map(|merge| {
        let commit = merge.commit.as_str();
        format!(" as the event has it: {commit} and its parents are not a merge of the two in this clone")
    });
    match find(repository, base)? {
        Some(old) => from_merge_base(repository, old, head, &name, &reason.unwrap_or_default()),
        None => absent(repository, base, "the commit of the base branch"),
    }
}

/// The changes of `merge` against its first parent; none if it is not the merge of its head alone, or if this clone does not
/// have both.
fn merged(repository: &Repository, merge: &Merge) -> Result<Option<Compared>> {
    let Some(commit) = repository.find_commit(merge.commit.as_str())? else { return Ok(None) };
    let parents = repository.parents(commit)?;
    let [base, head] = parents.as_slice() else { return Ok(None) };
    if !head.to_string().eq_ignore_ascii_case(merge.head.as_str()) {
        return Ok(None);
    }
    // A shallow clone may end at the merge, which names its parents all the same.
    let Some(base) = repository.find_commit(&base.to_string())? else { return Ok(None) };
    let why = "the first parent of the merge into the base branch";
    Compared::new(repository, vec![base], commit, why).map(Some)
}

/// The commit that `base` names. None if that is the hash of something that the clone lacks, which a run may have noted down
/// earlier for `--base`, too.
fn find(repository: &Repository, base: &Base) -> Result<Option<CommitId>> {
    match base {
        Base::Event(hash) => repository.find_commit(hash.as_str()),
        Base::Given(base) if Hash::is_hash(base) && !repository.has_object(base)? => Ok(None),
        Base::Given(base) => repository.resolve(base).map(Some),
    }
}

/// The changes between `head` and its merge base with `base`, which messages call `name`; `reason` says why it is that one.
fn from_merge_base(
    repository: &Repository,
    base: CommitId,
    head: CommitId,
    name: &str,
    reason: &str,
) -> Result<Comparison> {
    Ok(match repository.merge_bases(base, head)? {
        MergeBases::Known(bases) => {
            let why = format!("the merge base with {name}{reason}");
            Comparison::Made(Compared::new(repository, bases, head, why)?)
        }
        MergeBases::Unrelated => {
            Comparison::Impossible(format!("{head} and {name} at {base} have no common ancestor"))
        }
        MergeBases::Shallow => Comparison::Impossible(
            "this clone is too shallow to find the merge base: fetch the full history (in GitHub Actions: `fetch-depth: 0`)"
                .to_owned(),
        ),
    })
}

/// The reason why nothing can be compared if the clone lacks `base`; `what` names it for an event.
fn absent(repository: &Repository, base: &Base, what: &str) -> Result<Comparison> {
    let commit = match base {
        Base::Event(hash) => format!("{what}, {hash},"),
        Base::Given(base) => format!("the commit {base} (--base)"),
    };
    if let Base::Event(hash) = base
        && let Some(kind) = repository.object_kind(hash.as_str())?
    {
        return Ok(Comparison::Impossible(format!("{commit} is a {kind}, not a commit")));
    }
    let why = if repository.is_shallow() {
        "this clone, which is shallow: fetch the full history (in GitHub Actions: `fetch-depth: 0`)"
    } else {
        "this clone: a force push may have replaced it"
    };
    Ok(Comparison::Impossible(format!("{commit} is not in {why}")))
}

/// The first of `tips` that the clone has; `HEAD` if there are no tips.
fn first_of(repository: &Repository, tips: &[Hash]) -> Result<CommitId> {
    for tip in tips {
        if let Some(commit) = repository.find_commit(tip.as_str())? {
            return Ok(commit);
        }
    }
    head(repository, tips.first())
}

/// The commit `tip`, or `HEAD`.
fn head(repository: &Repository, tip: Option<&Hash>) -> Result<CommitId> {
    let Some(tip) = tip else { return repository.head() };
    if let Some(commit) = repository.find_commit(tip.as_str())? {
        return Ok(commit);
    }
    let what = format!("the commit of the event, {tip},");
    Err(match repository.object_kind(tip.as_str())? {
        Some(kind) => Error::new(Kind::Repository, format!("{what} is a {kind}, not a commit"))
            .hint("git log --format=%H lists the hashes of commits"),
        None => Error::new(Kind::Repository, format!("{what} is not in this clone"))
            .hint(format!("git fetch origin {tip} gets it"))
            .hint(git::FETCH_DEPTH),
    })
}
