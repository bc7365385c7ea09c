//! Requirements on a release before it is made.

use std::collections::BTreeSet;

use super::super::Checkout;
use super::super::facts::{self, BaseRelease};
use super::Candidate;
use crate::error::{Error, Kind, Result};
use crate::history::git::{CommitId, DefaultBranch};

/// Refuses a tag that exists, and a version that is not higher than every release in the commit's history.
pub(super) fn refuse_taken(candidate: &Candidate<'_>, checkout: &Checkout) -> Result<()> {
    let Candidate { subject, commit, base, version, tag, .. } = candidate;
    if checkout.repository.has_tag(tag)? {
        return Err(Error::new(Kind::VersionRule, format!("the tag {tag} already exists")).hint(format!(
            "git show {tag} shows the release; releases are never moved: release another version"
        )));
    }
    let Some(highest) = facts::highest(checkout, subject, *commit)? else { return Ok(()) };
    if *version > highest.version {
        return Ok(());
    }
    let short = commit.abbreviated(7);
    let BaseRelease { version: released, tag } = &highest;
    let error = Error::new(
        Kind::VersionRule,
        format!("{version} is not higher than {released}, already in the history of {short} as {tag}"),
    );
    Err(if base.is_some_and(|base| base.tag == *tag) {
        error.hint(format!("--bump patch releases the version after {released}"))
    } else {
        error.hint(format!("use --set X.Y.Z with a version higher than {released}"))
    })
}

/// Refuses uncommitted changes, which the release would not contain.
pub(super) fn refuse_changes(checkout: &Checkout) -> Result<()> {
    let changed = checkout.repository.changed_files(&[""])?;
    let Some(first) = changed.first() else { return Ok(()) };
    let more = if changed.len() > 1 { format!(" and {} more", changed.len() - 1) } else { String::new() };
    let first = String::from_utf8_lossy(first);
    Err(Error::new(Kind::VersionRule, format!("there are uncommitted changes: {first}{more}"))
        .hint("commit or stash them (git stash), or release the commit without them: --rev HEAD"))
}

/// Refuses a commit that is not on the default branch, and warns if it is only on the local one.
pub(super) fn refuse_unmerged(commit: CommitId, push: bool, checkout: &Checkout) -> Result<Option<String>> {
    let repository = &checkout.repository;
    let short = commit.abbreviated(7);
    let Some(DefaultBranch { name, local, tracked }) = repository.default_branch()? else {
        return Err(Error::new(
            Kind::VersionRule,
            format!("cannot determine the default branch, so cannot check whether {short} is on it"),
        )
        .hint("git remote set-head origin --auto gets it from the remote")
        .hint("--any-branch skips this check"));
    };
    let is_on = |tip: Option<CommitId>| tip.map_or(Ok(false), |tip| repository.contains(tip, commit));
    let is_tracked = is_on(tracked.as_ref().map(|(_, tip)| *tip))?;
    if is_tracked || (tracked.is_none() && is_on(local)?) {
        return Ok(None);
    }
    let there = tracked.map_or_else(|| name.clone(), |(shorthand, _)| shorthand);
    let is_local = is_on(local)?;
    if is_local && !push {
        return Ok(Some(format!(
            "{short} is on the local branch {name}, but not yet on {there}: push the branch before the tag"
        )));
    }
    let error = Error::new(Kind::VersionRule, format!("{short} is not on {there}, the default branch"));
    let error = if is_local {
        error.hint(format!(
            "push the branch {name} first (git push), or git fetch if someone else already has"
        ))
    } else {
        error.hint(format!("merge it into {name} first, or git fetch if someone else already has"))
    };
    Err(error.hint("--any-branch skips this check"))
}

/// Refuses to release if the remote has releases that this clone lacks.
pub(super) fn refuse_unknown_releases(
    theirs: &BTreeSet<String>,
    remote: &str,
    candidate: &Candidate<'_>,
    checkout: &Checkout,
) -> Result<()> {
    let tag = candidate.tag;
    if theirs.contains(tag) {
        return Err(Error::new(Kind::VersionRule, format!("the tag {tag} already exists on {remote}"))
            .hint("git fetch --tags gets it; then release another version"));
    }
    for other in theirs {
        let mut patterns = candidate.subject.patterns.iter();
        let is_release = patterns.any(|pattern| pattern.version_of(other).is_some());
        if is_release && !checkout.repository.has_tag(other)? {
            return Err(Error::new(
                Kind::Repository,
                format!("{remote} has the release {other}, which this clone lacks"),
            )
            .hint("git fetch --tags gets it"));
        }
    }
    Ok(())
}
