//! Requirements on a release before it is made, as far as this clone knows.

use super::super::facts::BaseRelease;
use super::super::formats;
use super::super::release_tags::{self, ReleasesBehind};
use super::super::subject::Subject;
use super::super::uncommitted::refuse_uncommitted;
use super::super::{Checkout, FilterRequest, Rev};
use super::candidate::Candidate;
use super::prereleases::PreReleaseTags;
use super::wanted::Asked;
use super::{Request, Wanted};
use crate::config::Scope;
use crate::display::{shell_word, url_without_credentials};
use crate::domain::{FormatProposal, PreRelease, Version};
use crate::error::{Error, Kind, Result};
use crate::history::git::{self, CommitId, DefaultBranch};
use crate::images::Given;

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
pub(super) fn refuse_unused_filters(scope: Scope, request: &Request) -> Result<()> {
    let FilterRequest { file, quantifier } = &request.filters;
    let unused = match (file, quantifier) {
        _ if scope == Scope::Repository => return Ok(()),
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

/// The error if no pre-release comes after `highest`.
pub(super) fn numbers_end(highest: &PreRelease) -> Error {
    let message = format!("there is no pre-release after {highest}: its number can be at most {}", u64::MAX);
    Error::new(Kind::VersionRule, message)
        .hint("another identifier (--pre), or another version (--set X.Y.Z)")
}

/// Refuses what a release of `candidates` would leave out of, or contradict in, the work tree and the tags of this clone.
pub(super) fn refuse_unready(
    candidates: &[Candidate<'_>],
    asked: &Asked,
    commit: CommitId,
    prereleases: Option<&PreReleaseTags>,
    request: &Request,
    checkout: &Checkout,
) -> Result<()> {
    for candidate in candidates {
        refuse_taken(candidate, commit, checkout)?;
        prereleases.map_or(Ok(()), |tags| tags.refuse_lower(candidate, checkout))?;
    }
    if request.rev != Rev::Head {
        // One tag of all releases those that the commit has.
        let mut single = candidates.iter().filter(|candidate| candidate.others.is_empty());
        return single.try_for_each(|candidate| refuse_absent(candidate.subject, commit, checkout));
    }
    refuse_changes(checkout)?;
    refuse_uncommitted(released_subjects(candidates, asked), &Given::default(), checkout)
}

/// Refuses to release a `subject` of the checkout as a `commit` that does not have it.
fn refuse_absent(subject: &Subject, commit: CommitId, checkout: &Checkout) -> Result<()> {
    let directory = subject.directory();
    if checkout.repository.has_directory(commit, directory)? {
        return Ok(());
    }
    let (name, short) = (subject.name(), commit.abbreviated(7));
    let message = format!("{short} has no directory {directory}, so it cannot be released as {name}");
    Err(Error::new(Kind::VersionRule, message).hint(format!(
        "if the service was elsewhere: in a checkout of {short}, its own configuration counts (git switch --detach {short})"
    )))
}

/// The subjects that `candidates` release, named or not.
pub(super) fn released_subjects<'s>(
    candidates: &[Candidate<'_>],
    asked: &'s Asked,
) -> impl Iterator<Item = &'s Subject> {
    let is_released = |subject: &&Subject| {
        let releases = |candidate: &Candidate<'_>| {
            candidate.subject.key() == subject.key()
                || candidate.others.iter().any(|other| other.key() == subject.key())
        };
        candidates.iter().any(releases)
    };
    asked.subjects.iter().chain(&asked.others).filter(is_released)
}

/// Refuses a tag that exists, in any format, and a version that is not higher than every release in the commit's history: of
/// its subject, and of the others that the tag releases as well. A pre-release comes before its version, which must not be
/// released.
fn refuse_taken(candidate: &Candidate<'_>, commit: CommitId, checkout: &Checkout) -> Result<()> {
    let Candidate { subject, version, tag, prerelease, is_set, .. } = candidate;
    if *is_set && prerelease.is_none() {
        return Ok(());
    }
    let own = (!is_set).then(|| tag.clone());
    let spellings = candidate.patterns().into_iter().map(|pattern| pattern.tag_of(version));
    for tag in own.into_iter().chain(spellings) {
        if checkout.repository.has_tag(&tag)? {
            return Err(taken(&tag, candidate));
        }
    }
    if *is_set {
        return Ok(());
    }
    let mut subjects = [*subject].into_iter().chain(candidate.others.iter().copied());
    subjects.try_for_each(|subject| refuse_lower(subject, candidate, commit, checkout))
}

fn taken(tag: &str, candidate: &Candidate<'_>) -> Error {
    if candidate.prerelease.is_some() {
        return released(candidate.version, tag);
    }
    Error::new(Kind::VersionRule, format!("the tag {tag} already exists")).hint(format!(
        "git show {} shows the release; releases are never moved: release another version",
        shell_word(tag)
    ))
}

/// The error of a pre-release of a `version` that is released as `tag`.
pub(super) fn released(version: Version, tag: &str) -> Error {
    let message = format!("{version} is already released as {tag}, so no pre-release can come before it");
    Error::new(Kind::VersionRule, message)
        .hint("--bump from a later commit, or --set X.Y.Z, gives a version that is still to come")
}

/// Refuses a version that is not higher than every release of `subject` in the history of `commit`.
fn refuse_lower(
    subject: &Subject,
    candidate: &Candidate<'_>,
    commit: CommitId,
    checkout: &Checkout,
) -> Result<()> {
    let Candidate { base, version, .. } = candidate;
    // Nearly always, no release anywhere is as high, and nobody need know what is behind the commit.
    if !release_tags::has_from(*version, checkout, subject)? {
        return Ok(());
    }
    let ReleasesBehind { highest, possible } = release_tags::behind(checkout, subject, commit)?;
    let highest = highest.filter(|highest| *version <= highest.version);
    let Some(highest) = highest else {
        let possible = possible.filter(|possible| *version <= possible.version);
        return possible.map_or(Ok(()), |possible| Err(may_be_behind(candidate, commit, &possible)));
    };
    let short = commit.abbreviated(7);
    let BaseRelease { version: released, tag } = &highest;
    let error = Error::new(
        Kind::VersionRule,
        format!("{version} is not higher than {released}, already in the history of {short} as {tag}"),
    );
    Err(if base.as_ref().is_some_and(|base| base.tag == *tag) {
        error.hint(format!("--bump patch releases the version after {released}"))
    } else {
        error.hint(format!("use --set X.Y.Z with a version higher than {released}"))
    })
}

/// The error if `possible`, which is not lower, may be in the hidden history of a shallow clone.
fn may_be_behind(candidate: &Candidate<'_>, commit: CommitId, possible: &BaseRelease) -> Error {
    let Candidate { version, .. } = candidate;
    let (commit, BaseRelease { version: other, tag }) = (commit.abbreviated(7), possible);
    too_shallow(format!(
        "this clone is too shallow to release {version}: {other} ({tag}) may be in the history of {commit} that is missing"
    ))
}

pub(super) fn too_shallow(message: String) -> Error {
    Error::new(Kind::Repository, message).hint(git::UNSHALLOW).hint(git::FETCH_DEPTH)
}

/// Refuses uncommitted changes, which the release would not contain.
fn refuse_changes(checkout: &Checkout) -> Result<()> {
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

/// The error if all of `candidates` are made, and pushed to the remote `push_to` if there is one.
pub(super) fn already_released(
    candidates: &[Candidate<'_>],
    commit: CommitId,
    push_to: Option<&str>,
    request: &Request,
) -> Error {
    let short = commit.abbreviated(7);
    let tags: Vec<&str> = candidates.iter().map(|candidate| &*candidate.tag).collect();
    let what = format!("{short} is already released as {}", tags.join(", "));
    let error = match push_to.map(url_without_credentials) {
        Some(remote) => Error::new(Kind::VersionRule, format!("{what}, and {remote} has the same")),
        None => Error::new(Kind::VersionRule, what).hint("--push pushes what the remote does not have yet"),
    };
    if request.wanted == Wanted::Changed || request.prerelease.is_some() {
        return error;
    }
    error.hint("--set X.Y.Z releases a commit once more, as another version")
}
