//! What the remote has, and what a release must not do because of it.

use std::collections::BTreeSet;

use super::super::Checkout;
use super::super::formats;
use super::candidate::Candidate;
use super::name_clashes;
use super::rules::{no_default_branch, not_the_first, refuse_unmerged, released, too_shallow};
use super::standing::Survey;
use super::theirs::Theirs;
use super::wanted::Asked;
use super::{NewVersion, Request};
use crate::display::{shell_word, url_without_credentials};
use crate::domain::PreReleases;
use crate::error::{Error, Kind, Result};
use crate::history::git::{CommitId, UNSHALLOW};
use crate::programs::Programs;
use crate::release::{Git, RemoteRefs, push};

/// The remote that is pushed to.
///
/// # Errors
/// There is none, or nothing says which of several.
pub(super) fn push_remote(checkout: &Checkout) -> Result<String> {
    checkout.repository.push_remote().ok_or_else(|| {
        Error::new(Kind::Repository, "there is no remote to push the release to").hint(
            "add one with git remote add origin URL, or choose one of several with git config remote.pushDefault NAME",
        )
    })
}

/// Asks the remote that is pushed to, and that of a shallow clone, once for all `candidates`, and refuses what is not allowed
/// with what it has. Notes which tags it has already, gives pre-releases numbers that it has not, and returns warnings about
/// releases that it lacks.
///
/// # Errors
/// It cannot be asked, or has what is in the way.
pub(super) fn ask(
    push_to: Option<&str>,
    candidates: &mut [Candidate<'_>],
    asked: &Asked,
    survey: &Survey,
    request: &Request,
    checkout: &Checkout,
    programs: &Programs,
) -> Result<Vec<String>> {
    let git = Git::find(programs)?;
    let of_shallow = remote_of_shallow(candidates, checkout)?;
    let Some(remote) = push_to.or(of_shallow.as_deref()) else { return Ok(Vec::new()) };
    let explain = |error: Error| if of_shallow.is_some() { error.hint(UNSHALLOW) } else { error };
    let theirs = Theirs::ask(remote, push_to.is_some(), &git, checkout, explain)?;
    let RemoteRefs { default_branch, tags, .. } = &theirs.all;
    for candidate in &mut *candidates {
        if let Some(identifier) = request.prerelease.as_ref().filter(|_| !candidate.is_set) {
            candidate.number_after(tags.iter().map(String::as_str), identifier)?;
        }
        if push_to.is_some() {
            compare(candidate, &theirs, remote, survey.commit, checkout)?;
        }
        if of_shallow.is_some() {
            refuse_hidden_releases(tags, remote, candidate, checkout)?;
        }
        if candidate.base.is_none() && !candidate.is_set && matches!(request.version, NewVersion::Bump(_)) {
            // The remote may have tags that this clone lacks.
            let proposal = formats::proposal_among(tags, [candidate.subject], checkout)?;
            proposal.map_or(Ok(()), |proposal| Err(not_the_first(candidate.subject, &proposal)))?;
        }
    }
    if push_to.is_some() && !request.any_branch {
        let asked = checkout.repository.default_branch(default_branch.as_deref())?;
        let branch = asked.ok_or_else(|| no_default_branch(survey.commit, checkout))?;
        refuse_unmerged(survey.commit, true, &branch, checkout)?;
    }
    Ok(match push_to {
        Some(push_to) if !asked.is_shared => {
            unpushed_of_unchanged(push_to, &theirs, candidates, asked, survey)
        }
        _ => Vec::new(),
    })
}

/// Compares `candidate` with what the remote that is pushed to has.
fn compare(
    candidate: &mut Candidate<'_>,
    theirs: &Theirs,
    remote: &str,
    commit: CommitId,
    checkout: &Checkout,
) -> Result<()> {
    let name = url_without_credentials(remote);
    if let Some(target) = theirs.other_target(&candidate.tag, commit) {
        return Err(already_there(candidate, target, commit, &name));
    }
    if theirs.all.tags.contains(&candidate.tag) && !candidate.is_set {
        return Err(fetched_first(&candidate.tag, &name));
    }
    candidate.is_pushed = theirs.have_everywhere(&candidate.tag);
    if !candidate.is_pushed {
        name_clashes::refuse_beside(&candidate.tag, &theirs.all.tags, &format!(" on {name}"))?;
    }
    if candidate.prerelease.is_some() {
        refuse_prerelease(candidate, &theirs.all, &name, commit)?;
    }
    refuse_unknown_releases(candidate, &theirs.all.tags, &name, checkout)?;
    if let Some(base) = candidate.base.as_ref().filter(|base| !theirs.have_everywhere(&base.tag)) {
        let what = format!("the release before {}", candidate.tag);
        candidate.warnings.push(unpushed(&base.tag, &what, remote));
    }
    Ok(())
}

/// The releases of services that are as they were released, and which the remote that is pushed to does not have, each with the
/// command that pushes it. An earlier run may have failed to, before there were more commits.
///
/// # Errors
/// The remote cannot be asked.
pub(super) fn unpushed_releases(
    push_to: &str,
    asked: &Asked,
    survey: &Survey,
    checkout: &Checkout,
    programs: &Programs,
) -> Result<Vec<String>> {
    let theirs = Theirs::ask(push_to, true, &Git::find(programs)?, checkout, |error| error)?;
    Ok(unpushed_of_unchanged(push_to, &theirs, &[], asked, survey))
}

/// As [`unpushed_releases`], of services that are not among `candidates`.
fn unpushed_of_unchanged(
    push_to: &str,
    theirs: &Theirs,
    candidates: &[Candidate<'_>],
    asked: &Asked,
    survey: &Survey,
) -> Vec<String> {
    let is_left_out = |(at, _): &(usize, _)| candidates.iter().all(|candidate| candidate.at != *at);
    let all = asked.subjects.iter().zip(&survey.standings).enumerate().filter(is_left_out);
    let bases = all.filter_map(|(_, (subject, standing))| Some((subject, standing.base.as_ref()?)));
    let mut said = BTreeSet::new();
    let missing = bases.filter(|(_, base)| !theirs.have_everywhere(&base.tag) && said.insert(&base.tag));
    missing
        .map(|(subject, base)| {
            let of_which = if asked.is_shared { String::new() } else { format!(" of {}", subject.name()) };
            unpushed(&base.tag, &format!("the last release{of_which}"), push_to)
        })
        .collect()
}

/// What is said of a `tag` that the remote does not have.
fn unpushed(tag: &str, what: &str, remote: &str) -> String {
    let (name, command) = (url_without_credentials(remote), push(remote, tag).to_shell());
    format!("{name} does not have {tag}, {what}: {command} pushes it")
}

/// The error of a tag that the remote has for `target`, and not for `commit`.
fn already_there(candidate: &Candidate<'_>, target: &str, commit: CommitId, remote: &str) -> Error {
    let tag = &candidate.tag;
    let (there, here) = (target.get(..7).unwrap_or(target), commit.abbreviated(7));
    let message =
        format!("the tag {tag} already exists on {remote}, for another commit: {there}, not {here}");
    let error = Error::new(Kind::VersionRule, message);
    if candidate.is_set {
        let word = shell_word(tag);
        return error.hint(format!(
            "git tag --delete {word} && git fetch --tags takes that one over; then release another version"
        ));
    }
    error.hint("git fetch --tags gets it; then release another version")
}

/// The error of a `tag` of this very commit that only the remote has.
fn fetched_first(tag: &str, remote: &str) -> Error {
    let message = format!("the tag {tag} already exists on {remote}, for this commit");
    Error::new(Kind::VersionRule, message)
        .hint("git fetch --tags gets it; then the same command goes on with what is left to release")
}

/// Refuses a pre-release of what the remote has released, and one more of the same commit.
fn refuse_prerelease(
    candidate: &Candidate<'_>,
    theirs: &RemoteRefs,
    remote: &str,
    commit: CommitId,
) -> Result<()> {
    let patterns = candidate.patterns();
    let mut spellings = patterns.iter().map(|pattern| pattern.tag_of(candidate.version));
    if let Some(tag) = spellings.find(|tag| theirs.tags.contains(tag)) {
        return Err(released(candidate.version, &tag));
    }
    let Some(prerelease) = candidate.prerelease.as_ref().filter(|_| !candidate.is_set) else { return Ok(()) };
    let commit = commit.to_string();
    let own = theirs.targets.iter().filter(|(_, target)| **target == commit).map(|(tag, _)| tag);
    let identifiers = PreReleases::new([&*prerelease.identifier]);
    let is_it = |tag: &&String| {
        let mut named = patterns.iter().filter_map(|pattern| pattern.prerelease_of(tag, &identifiers));
        named.any(|named| named.version == prerelease.version)
    };
    match own.into_iter().find(is_it) {
        Some(tag) => Err(fetched_first(tag, remote)),
        None => Ok(()),
    }
}

/// Refuses to release if the remote has releases that this clone lacks.
fn refuse_unknown_releases(
    candidate: &Candidate<'_>,
    theirs: &BTreeSet<String>,
    remote: &str,
    checkout: &Checkout,
) -> Result<()> {
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

/// The remote that knows which releases a shallow clone lacks; none where the clone has all of its history. It lacks the tags
/// of hidden commits, one of which may be higher, or the very same. Only the remote that all history comes from knows them.
fn remote_of_shallow(candidates: &[Candidate<'_>], checkout: &Checkout) -> Result<Option<String>> {
    let repository = &checkout.repository;
    if !repository.is_shallow() {
        return Ok(None);
    }
    let remote = repository.push_remote().filter(|remote| repository.is_only_remote(remote));
    remote.map(Some).ok_or_else(|| {
        let version = candidates.first().map(Candidate::version_text).unwrap_or_default();
        too_shallow(format!(
            "this clone is too shallow to release {version}: it may lack higher releases, or this one"
        ))
    })
}

/// Refuses a release from a shallow clone that lacks one of the releases `theirs` which is not lower.
fn refuse_hidden_releases(
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
