//! Requirements on a release before it is made.

use std::collections::BTreeSet;

use super::super::Checkout;
use super::super::FilterRequest;
use super::super::facts::BaseRelease;
use super::super::formats;
use super::super::release_tags::{self, ReleasesBehind};
use super::super::subject::Subject;
use super::{Candidate, Request};
use crate::config::Scope;
use crate::display::{shell_word, url_without_credentials};
use crate::domain::FormatProposal;
use crate::error::{Error, Kind, Result};
use crate::history::git::{self, CommitId, DefaultBranch};

/// The hint about the one check that can be left out.
const ANY_BRANCH: &str = "--any-branch skips this check";

/// The error if a version would be counted from nothing although the repository has releases in another format.
pub(super) fn not_the_first(subject: &Subject, proposal: &FormatProposal) -> Error {
    let tag = subject.tag_of("X.Y.Z");
    Error::new(
        Kind::VersionRule,
        format!(
            "{} has no release {tag} to count from, but {}",
            subject.name(),
            formats::description(proposal)
        ),
    )
    .hint(formats::hint(proposal))
    .hint(format!("--set X.Y.Z releases {tag}, whatever other tags there are"))
}

/// Refuses filters for this call alone, which would be silently ignored: by service, a release brings what its version counts,
/// and that each commit of the line says itself.
pub(super) fn refuse_unused_filters(candidate: &Candidate<'_>, request: &Request) -> Result<()> {
    let FilterRequest { file, quantifier } = &request.filters;
    let unused = match (file, quantifier) {
        _ if candidate.scope == Scope::Repository => return Ok(()),
        (Some(_), _) => "--filters",
        (None, Some(_)) => "--quantifier",
        (None, None) => return Ok(()),
    };
    let message = format!(
        "{unused} does not apply to versions by service: each commit has the filters that count for it"
    );
    Err(Error::new(Kind::Usage, message)
        .hint("leave it out; filters and quantifier in imgver.yaml are for all commands"))
}

/// Refuses a tag that exists, in any format, and a version that is not higher than every release in the commit's history: of
/// its subject, and of `others`, which the tag releases as well.
pub(super) fn refuse_taken(candidate: &Candidate<'_>, others: &[Subject], checkout: &Checkout) -> Result<()> {
    let Candidate { subject, version, tag, .. } = candidate;
    let of_others = others.iter().flat_map(|other| &other.patterns);
    let patterns = subject.patterns.iter().chain(of_others);
    let spellings = patterns.map(|pattern| pattern.tag_of(version));
    for tag in std::iter::once((*tag).to_owned()).chain(spellings) {
        if checkout.repository.has_tag(&tag)? {
            return Err(Error::new(Kind::VersionRule, format!("the tag {tag} already exists")).hint(
                format!(
                    "git show {} shows the release; releases are never moved: release another version",
                    shell_word(&tag)
                ),
            ));
        }
    }
    [*subject].into_iter().chain(others).try_for_each(|subject| refuse_lower(subject, candidate, checkout))
}

/// Refuses a version that is not higher than every release of `subject` in the commit's history.
fn refuse_lower(subject: &Subject, candidate: &Candidate<'_>, checkout: &Checkout) -> Result<()> {
    let Candidate { commit, base, version, .. } = candidate;
    let ReleasesBehind { highest, possible } = release_tags::behind(checkout, subject, *commit)?;
    let highest = highest.filter(|highest| *version <= highest.version);
    let Some(highest) = highest else {
        let possible = possible.filter(|possible| *version <= possible.version);
        return possible.map_or(Ok(()), |possible| Err(may_be_behind(candidate, &possible)));
    };
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

/// The error if `possible`, which is not lower, may be in the hidden history of a shallow clone.
fn may_be_behind(candidate: &Candidate<'_>, possible: &BaseRelease) -> Error {
    let Candidate { commit, version, .. } = candidate;
    let (commit, BaseRelease { version: other, tag }) = (commit.abbreviated(7), possible);
    too_shallow(format!(
        "this clone is too shallow to release {version}: {other} ({tag}) may be in the history of {commit} that is missing"
    ))
}

/// The remote that knows which releases a shallow clone lacks; none where the clone has all of its history. It lacks the tags
/// of hidden commits, one of which may be higher, or the very same. Only the remote that all history comes from knows them.
pub(super) fn remote_of_shallow(candidate: &Candidate<'_>, checkout: &Checkout) -> Result<Option<String>> {
    let repository = &checkout.repository;
    if !repository.is_shallow() {
        return Ok(None);
    }
    let remote = repository.push_remote().filter(|remote| repository.is_only_remote(remote));
    remote.map(Some).ok_or_else(|| {
        too_shallow(format!(
            "this clone is too shallow to release {}: it may lack higher releases, or this one",
            candidate.version
        ))
    })
}

/// Refuses a release from a shallow clone that lacks one of the releases `theirs` which is not lower.
pub(super) fn refuse_hidden_releases(
    theirs: &BTreeSet<String>,
    remote: &str,
    candidate: &Candidate<'_>,
    checkout: &Checkout,
) -> Result<()> {
    let Candidate { subject, version, .. } = candidate;
    let is_near = |tag: &str| {
        let mut released = subject.patterns.iter().filter_map(|pattern| pattern.version_of(tag));
        released.any(|released| released >= *version)
    };
    for tag in theirs.iter().filter(|tag| is_near(tag)) {
        if !checkout.repository.has_tag(tag)? {
            return Err(too_shallow(format!(
                "this clone is too shallow to release {version}: it lacks {tag}, a release that {remote} has"
            )));
        }
    }
    Ok(())
}

fn too_shallow(message: String) -> Error {
    Error::new(Kind::Repository, message).hint(git::UNSHALLOW).hint(git::FETCH_DEPTH)
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
pub(super) fn refuse_unmerged(
    commit: CommitId,
    push: bool,
    branch: &DefaultBranch,
    checkout: &Checkout,
) -> Result<Option<String>> {
    let repository = &checkout.repository;
    let short = commit.abbreviated(7);
    let &DefaultBranch { ref name, ref local, ref tracked, by_name } = branch;
    if local.is_none() && tracked.is_none() {
        return Err(absent_branch(&short, name, push, checkout));
    }
    let is_on = |tip: Option<CommitId>| tip.map_or(Ok(false), |tip| repository.contains(tip, commit));
    let is_tracked = is_on(tracked.as_ref().map(|(_, tip)| *tip))?;
    if is_tracked || (tracked.is_none() && is_on(*local)?) {
        return Ok(None);
    }
    let there = tracked.as_ref().map_or(name, |(shorthand, _)| shorthand);
    let is_local = is_on(*local)?;
    if is_local && !push {
        return Ok(Some(format!(
            "{short} is on the local branch {name}, but not yet on {there}: push the branch before the tag"
        )));
    }
    let why = if by_name { "taken for the default branch by its name" } else { "the default branch" };
    let error = Error::new(Kind::VersionRule, format!("{short} is not on {there}, {why}"));
    let error = if is_local {
        error.hint(format!(
            "push the branch {name} first (git push), or git fetch if someone else already has"
        ))
    } else {
        error.hint(format!("merge it into {name} first, or git fetch if someone else already has"))
    };
    Err(error.hint(ANY_BRANCH))
}

/// The error if it is not known which branch is the default one. It is never guessed: an old `main` may be left beside
/// `develop`.
pub(super) fn no_default_branch(commit: CommitId, checkout: &Checkout) -> Error {
    let short = commit.abbreviated(7);
    let error = Error::new(
        Kind::VersionRule,
        format!("cannot determine the default branch, so cannot check whether {short} is on it"),
    );
    let error = match named_remote(checkout) {
        Some(remote) => error.hint(format!(
            "git fetch {remote} && git remote set-head {remote} --auto gets it from the remote"
        )),
        None => error,
    };
    error.hint(ANY_BRANCH)
}

/// The error if this clone does not have the default branch.
///
/// `is_asked`: the remote said which one that is; what a clone recorded may be out of date.
fn absent_branch(short: &str, name: &str, is_asked: bool, checkout: &Checkout) -> Error {
    let error = Error::new(
        Kind::Repository,
        format!("this clone lacks {name}, the default branch, so cannot check whether {short} is on it"),
    );
    let error = match named_remote(checkout) {
        Some(remote) => {
            let fetch =
                format!("git remote set-branches --add {remote} {} && git fetch {remote}", shell_word(name));
            let renamed = format!("git remote set-head {remote} --auto instead, if the branch was renamed");
            let error = error.hint(fetch);
            if is_asked { error } else { error.hint(renamed) }
        }
        None => error,
    };
    error.hint(ANY_BRANCH)
}

/// The remote that is pushed to, for a command line, if it has a name.
fn named_remote(checkout: &Checkout) -> Option<String> {
    let remote = checkout.repository.push_remote().filter(|remote| checkout.repository.is_remote(remote))?;
    Some(shell_word(&remote))
}

/// Refuses to release if the remote has releases that this clone lacks.
pub(super) fn refuse_unknown_releases(
    theirs: &BTreeSet<String>,
    remote: &str,
    candidate: &Candidate<'_>,
    checkout: &Checkout,
) -> Result<()> {
    let (tag, remote) = (candidate.tag, url_without_credentials(remote));
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
