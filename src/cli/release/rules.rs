//! What must be so before a release is made.

use std::collections::BTreeSet;

use crate::cli::Place;
use crate::cli::gather::{self, Base};
use crate::cli::subject::Subject;
use crate::domain::Version;
use crate::error::{Error, Kind, Result};
use crate::history::git::{CommitId, DefaultBranch};

/// Refuses a tag that is there, and a version that is not above all that the commit has behind it.
pub(super) fn refuse_taken(
    tag: &str,
    version: Version,
    commit: CommitId,
    subject: &Subject,
    base: Option<&Base>,
    place: &Place,
) -> Result<()> {
    if place.repository.has_tag(tag)? {
        return Err(Error::new(Kind::VersionRule, format!("the tag {tag} exists already")).hint(format!(
            "git show {tag} shows what it releases; a release is never moved, make another one"
        )));
    }
    let Some(highest) = gather::highest(place, subject, commit)? else { return Ok(()) };
    if version > highest.version {
        return Ok(());
    }
    let short = commit.abbreviated(7);
    let Base { version: released, tag } = &highest;
    let error = Error::new(
        Kind::VersionRule,
        format!("{version} is not above {released}, which {short} has behind it as {tag}"),
    );
    Err(if base.is_some_and(|base| base.tag == *tag) {
        error.hint(format!("--bump patch releases what comes after {released}"))
    } else {
        error.hint(format!("--set X.Y.Z with a version above {released}"))
    })
}

/// Refuses a work tree that is not what would be released.
pub(super) fn refuse_changes(place: &Place) -> Result<()> {
    let changed = place.repository.changed_files(&[""])?;
    let Some(first) = changed.first() else { return Ok(()) };
    let more = if changed.len() > 1 { format!(" and {} more", changed.len() - 1) } else { String::new() };
    let first = String::from_utf8_lossy(first);
    Err(Error::new(Kind::VersionRule, format!("there are uncommitted changes: {first}{more}"))
        .hint("commit or stash them (git stash), or name the commit that you mean: --rev HEAD"))
}

/// Refuses a commit that is not on the default branch, and says what is worth knowing where it is not yet on the remote's.
pub(super) fn refuse_unmerged(commit: CommitId, push: bool, place: &Place) -> Result<Option<String>> {
    let repository = &place.repository;
    let short = commit.abbreviated(7);
    let Some(DefaultBranch { name, local, tracked }) = repository.default_branch()? else {
        return Err(Error::new(
            Kind::VersionRule,
            format!("it is not known which branch is the default one, and so whether {short} is on it"),
        )
        .hint("git remote set-head origin --auto asks the remote")
        .hint("--any-branch releases the commit wherever it is"));
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
            "{short} is on {name} here, but not yet on {there}: push the branch before the tag"
        )));
    }
    let error = Error::new(Kind::VersionRule, format!("{short} is not on {there}, the default branch"));
    let error = if is_local {
        error.hint(format!("push the branch {name} first (git push), or git fetch if somebody else has"))
    } else {
        error.hint(format!("merge it into {name} first, and git fetch if somebody else has"))
    };
    Err(error.hint("--any-branch releases the commit wherever it is"))
}

/// Refuses to release beside releases that this clone does not know of.
pub(super) fn refuse_unknown_releases(
    theirs: &BTreeSet<String>,
    remote: &str,
    tag: &str,
    subject: &Subject,
    place: &Place,
) -> Result<()> {
    if theirs.contains(tag) {
        return Err(Error::new(Kind::VersionRule, format!("{remote} has the tag {tag} already"))
            .hint("git fetch --tags brings it; then release another version"));
    }
    for other in theirs {
        let is_release = subject.patterns.iter().any(|pattern| pattern.version_of(other).is_some());
        if is_release && !place.repository.has_tag(other)? {
            return Err(Error::new(
                Kind::Repository,
                format!("{remote} has the release {other}, of which this clone does not know"),
            )
            .hint("git fetch --tags brings it"));
        }
    }
    Ok(())
}
