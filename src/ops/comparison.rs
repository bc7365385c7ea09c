//! What changed: between which commits, and since when.

use super::Checkout;
use crate::ci::{Base, Hash};
use crate::domain::Changes;
use crate::error::{Error, Kind, Result};
use crate::history::git::{self, CommitId, MergeBases, Repository};

/// What came of a comparison.
pub(super) enum Comparison {
    /// It could be made.
    Made(Compared),
    /// There is nothing to compare with, for this reason. Anything may have changed.
    Impossible(String),
}

/// A comparison of two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The older side; several where branches were merged into each other.
    pub bases: Vec<CommitId>,
    /// Why that one.
    pub why: String,
    /// The newer side.
    pub head: CommitId,
    /// What differs from any base.
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

/// What `imgver changed --base BASE --head HEAD` compares.
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
                .hint("leave --merge-base out to compare the two as they are"))
        }
        MergeBases::Shallow => {
            let what = "this clone is too shallow: the merge base of";
            Err(Error::new(Kind::Repository, format!("{what} {names} may be in the history that it lacks"))
                .hint(git::UNSHALLOW)
                .hint(git::FETCH_DEPTH))
        }
    }
}

/// What changed on a branch that was at `base` and is at `tip` now; at `HEAD` where nothing says so.
pub(super) fn since(repository: &Repository, base: Option<&Base>, tip: Option<&Hash>) -> Result<Comparison> {
    let head = head(repository, tip)?;
    let Some(base) = base else {
        return Ok(Comparison::Impossible("the event names no earlier commit of the branch".to_owned()));
    };
    let why = match base {
        Base::Event(_) => "the event's `before`".to_owned(),
        Base::Given(base) => format!("--base {base}"),
    };
    match find(repository, base)? {
        Some(old) => Ok(Comparison::Made(Compared::new(repository, vec![old], head, why)?)),
        None => Ok(absent(repository, base, "the commit before this push")),
    }
}

/// What a proposed change brings: what differs between the best of `tips` and where it left the branch that is at `base`.
pub(super) fn since_merge_base(repository: &Repository, base: &Base, tips: &[Hash]) -> Result<Comparison> {
    let head = proposed(repository, tips)?;
    let name = match base {
        Base::Event(_) => "the base branch".to_owned(),
        Base::Given(base) => format!("--base {base}"),
    };
    match find(repository, base)? {
        Some(old) => since_parting(repository, old, head, &name),
        None => Ok(absent(repository, base, "the commit of the base branch")),
    }
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

/// What differs between `head` and where it parted from `base`, which is called `name`.
fn since_parting(repository: &Repository, base: CommitId, head: CommitId, name: &str) -> Result<Comparison> {
    Ok(match repository.merge_bases(base, head)? {
        MergeBases::Known(bases) => {
            let why = format!("the merge base with {name}");
            Comparison::Made(Compared::new(repository, bases, head, why)?)
        }
        MergeBases::Unrelated => {
            Comparison::Impossible(format!("{head} and {name} at {base} have no common ancestor"))
        }
        MergeBases::Shallow => Comparison::Impossible(
            "this clone is too shallow to find the merge base: fetch the whole history, in GitHub Actions with `fetch-depth: 0`"
                .to_owned(),
        ),
    })
}

/// What to say where the clone lacks `base`, which is `what` to the event.
fn absent(repository: &Repository, base: &Base, what: &str) -> Comparison {
    let commit = match base {
        Base::Event(hash) => format!("{what}, {hash},"),
        Base::Given(base) => format!("the commit {base} (--base)"),
    };
    let why = if repository.is_shallow() {
        "this clone, which is shallow: fetch the whole history, in GitHub Actions with `fetch-depth: 0`"
    } else {
        "this clone: a force push may have replaced it"
    };
    Comparison::Impossible(format!("{commit} is not in {why}"))
}

/// The first of `tips` that the clone has; `HEAD` where there is none to choose from.
fn proposed(repository: &Repository, tips: &[Hash]) -> Result<CommitId> {
    for tip in tips {
        if let Some(commit) = repository.find_commit(tip.as_str())? {
            return Ok(commit);
        }
    }
    head(repository, tips.first())
}

/// The commit `tip`; `HEAD` where none is given.
fn head(repository: &Repository, tip: Option<&Hash>) -> Result<CommitId> {
    let Some(tip) = tip else { return repository.head() };
    repository.find_commit(tip.as_str())?.ok_or_else(|| {
        Error::new(Kind::Repository, format!("the commit of the event, {tip}, is not in this clone"))
            .hint(format!("git fetch origin {tip} brings it"))
            .hint(git::FETCH_DEPTH)
    })
}
