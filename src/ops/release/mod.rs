//! `imgver release`: decides on releases, checks everything they rest on, then creates their tags and pushes them.
//!
//! The same request for the same commit means the same releases, however far an earlier run has come: tags of this commit that it
//! has set count as done, and what is left is done. So every decision is one about the commit and its tags, and none about what
//! happened before.

mod affected;
mod answers;
mod candidate;
mod changed;
mod changes;
mod name_clashes;
mod next_version;
mod notes_file;
mod prerelease_names;
mod prereleases;
mod remote;
mod rules;
mod standing;
mod theirs;
mod wanted;
mod workflows;

use std::path::PathBuf;

use serde::Serialize;

use self::affected::Affected;
use self::answers::Answers;
use self::candidate::Candidate;
use self::prereleases::PreReleaseTags;
use self::rules::{
    already_released, no_default_branch, refuse_unmerged, refuse_unready, refuse_unused_filters,
};
use self::standing::Survey;
use self::wanted::Asked;
use self::workflows::Workflows;
use super::identity;
use super::requested_tags::{RequestedFormat, requested};
use super::subject;
use super::{Checkout, FilterRequest, Outcome, Rev, SubjectChoice};
use crate::config::Scope;
use crate::domain::{Bump, Version};
use crate::error::{Error, Result};
use crate::history::git::{CommitDetails, CommitId};
use crate::programs::Programs;
use crate::release::TagCommand;

/// The releases to make.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is released.
    pub wanted: Wanted,
    /// The format of release tags; none means the default.
    pub tag_format: Option<RequestedFormat>,
    /// What distances count, and with it which commits a release brings; none means as the configuration says.
    pub scope: Option<Scope>,
    /// The new version of each.
    pub version: NewVersion,
    /// The identifier of a pre-release of that version, if not the version itself is released: `rc`.
    pub prerelease: Option<String>,
    /// The commit; for `HEAD`, uncommitted changes are refused.
    pub rev: Rev,
    /// Whether to push the tags.
    pub push: bool,
    /// Whether to allow a commit that is not on the default branch.
    pub any_branch: bool,
    /// The filters that decide which commits affect a service.
    pub filters: FilterRequest,
    /// The file that gets the notes of all releases as Markdown; one behind a symbolic link is to be given as itself.
    pub notes_file: Option<PathBuf>,
    /// Whether this is a dry run, which the answers report.
    pub dry_run: bool,
}

/// What is released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A service, or the repository as a whole.
    Subject(SubjectChoice),
    /// The services with these paths or unique short names.
    Services(Vec<String>),
    /// Every service that differs from its release.
    Changed,
}

/// How a new version is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewVersion {
    /// By incrementing this part of the base release.
    Bump(Bump),
    /// This one.
    Given(Version),
}

/// A release, if nothing forbids it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The service's path; null at repository level.
    pub service: Option<String>,
    /// The released version.
    pub version: String,
    /// The tag.
    pub tag: String,
    /// The commit's full hash.
    pub commit: String,
    /// The subject of the commit's message.
    #[serde(skip)]
    pub subject: String,
    /// The base release's tag; null if there is none.
    pub previous: Option<String>,
    /// The tag's message.
    pub message: String,
    /// Whether this clone had the tag before.
    pub was_set: bool,
    /// Whether the remote had the tag before.
    pub was_pushed: bool,
    /// The remote that the tag is pushed to; null if it is not.
    pub pushed_to: Option<String>,
    /// The command that pushes the tag, now or later.
    #[serde(skip)]
    pub push_command: TagCommand,
    /// The workflows that a push of the tag starts.
    pub workflows: Vec<StartedWorkflow>,
    /// Whether this was a dry run.
    pub dry_run: bool,
    /// The warnings about it that are also printed to standard error.
    pub warnings: Vec<String>,
}

/// A workflow that a push of the tag starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StartedWorkflow {
    /// Its name.
    pub name: String,
    /// Its file, from the root of the repository.
    pub file: String,
}

/// The commit that is released.
struct Tip {
    commit: CommitId,
    details: CommitDetails,
    scope: Scope,
}

/// Decides on the releases: at least one, sorted by service.
///
/// # Errors
/// A release that is not allowed, whichever it is of several; a remote whose tags cannot be listed; nothing that is left to do.
pub fn release(request: &Request, checkout: &Checkout, programs: &Programs) -> Result<Outcome<Vec<Answer>>> {
    if let Some(identifier) = &request.prerelease {
        prereleases::refuse_unknown(identifier, checkout)?;
    }
    let asked = wanted::find(request, checkout)?;
    let survey = standing::survey(&asked.subjects, request, checkout)?;
    refuse_unused_filters(survey.scope, request)?;
    let identifier = request.prerelease.as_deref();
    let read = |identifier| PreReleaseTags::read(identifier, survey.commit, &asked.subjects, checkout);
    let prereleases = identifier.map(read).transpose()?;
    let details = checkout.repository.details(survey.commit)?;
    let tip = Tip { commit: survey.commit, details, scope: survey.scope };
    let mut affected = Affected::new(&asked.subjects, request, checkout);
    let mut warnings: Vec<String> = asked.warnings.iter().chain(&survey.warnings).cloned().collect();

    let positions = match request.wanted {
        Wanted::Changed => {
            let tags = prereleases.as_ref();
            let changed = changed::find(&asked, &survey, tags, request, &mut affected, checkout)?;
            if let Some(nothing) = changed.nothing {
                return Err(with_unpushed(nothing, &asked, &survey, request, checkout, programs)?);
            }
            warnings.append(&mut affected.warnings);
            warnings.extend(changed.warning);
            changed.positions
        }
        Wanted::Subject(_) | Wanted::Services(_) => (0..asked.subjects.len()).collect(),
    };
    let mut candidates = candidates(&positions, &asked, &survey, prereleases.as_ref(), request, checkout)?;
    refuse_unready(&candidates, &asked, tip.commit, prereleases.as_ref(), request, checkout)?;
    notes_file::refuse_read(&candidates, &asked, request, checkout)?;
    warnings.extend(unmerged(tip.commit, request, checkout)?);
    let push_to = if request.push { Some(remote::push_remote(checkout)?) } else { None };
    let push_to = push_to.as_deref();
    warnings.extend(remote::ask(push_to, &mut candidates, &asked, &survey, request, checkout, programs)?);
    // Not before the remote has had its say about the numbers of pre-releases.
    name_clashes::refuse_here(&candidates, checkout)?;
    if candidates.iter().all(|candidate| candidate.is_done(request.push)) {
        return Err(already_released(&candidates, tip.commit, push_to, request));
    }

    let changes =
        changes::changes(&candidates, &asked, &tip, &survey.standings, request, &mut affected, checkout)?;
    let workflows = Workflows::read(&tip, checkout, &mut warnings)?;
    warnings.extend(about_whole(&candidates, request, checkout)?);
    let mut answers = Answers::new(request, &tip, push_to, warnings, checkout);
    for (mut candidate, changes) in candidates.into_iter().zip(changes) {
        let started = workflows.started_by(&mut candidate, &tip);
        candidate.warn(positions.len(), &tip.commit.abbreviated(7), &changes);
        answers.add(candidate, changes, started);
    }
    Ok(answers.outcome())
}

/// The error that `nothing` has changed, with what an earlier run may have left behind.
fn with_unpushed(
    nothing: Error,
    asked: &Asked,
    survey: &Survey,
    request: &Request,
    checkout: &Checkout,
    programs: &Programs,
) -> Result<Error> {
    if !request.push {
        return Ok(nothing);
    }
    let push_to = remote::push_remote(checkout)?;
    let unpushed = remote::unpushed_releases(&push_to, asked, survey, checkout, programs)?;
    Ok(unpushed.into_iter().fold(nothing, Error::hint))
}

/// One for each of the subjects at `positions`, or a single one where one tag releases all services: that of the subject with the
/// highest release, after which the version must come.
fn candidates<'c>(
    positions: &[usize],
    asked: &'c Asked,
    survey: &Survey,
    prereleases: Option<&PreReleaseTags>,
    request: &Request,
    checkout: &Checkout,
) -> Result<Vec<Candidate<'c>>> {
    let highest = || {
        let base = |at: &&usize| survey.standings.get(**at).and_then(|it| it.base.as_ref());
        let version = |at: &&usize| base(at).map(|base| base.version);
        // The first of several.
        positions.iter().rev().max_by_key(version).copied()
    };
    let positions = if asked.is_shared { highest().into_iter().collect() } else { positions.to_vec() };
    let of = |at| Candidate::of(at, asked, survey, prereleases, request, checkout).transpose();
    positions.into_iter().filter_map(of).collect()
}

/// Refuses a commit that is not on the default branch as this clone knows it, and warns if it is only on the local one.
fn unmerged(commit: CommitId, request: &Request, checkout: &Checkout) -> Result<Option<String>> {
    // What this clone recorded may be out of date, and the remote that is pushed to is about to be asked.
    if request.any_branch || request.push {
        return Ok(None);
    }
    let branch = checkout.repository.default_branch(None)?;
    let branch = branch.ok_or_else(|| no_default_branch(commit, checkout))?;
    refuse_unmerged(commit, false, &branch, checkout)
}

/// Warnings about a release of the repository as a whole, if it is one.
fn about_whole(candidates: &[Candidate<'_>], request: &Request, checkout: &Checkout) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    for candidate in candidates.iter().filter(|candidate| candidate.subject.service.is_none()) {
        warnings.extend(of_services(&candidate.tag, request, checkout)?);
        if request.wanted != Wanted::Subject(SubjectChoice::Whole) {
            warnings.extend(identity::whole_warning(checkout));
        }
    }
    Ok(warnings)
}

/// The warning about a `tag` of the repository as a whole that releases its services, too.
fn of_services(tag: &str, request: &Request, checkout: &Checkout) -> Result<Option<String>> {
    let requested = requested(request.tag_format.as_ref(), checkout)?;
    let mut formats = requested.iter().flat_map(|requested| requested.formats.of_repository());
    if checkout.is_bare() || !formats.any(|format| format.pattern("").version_of(tag).is_some()) {
        return Ok(None);
    }
    let services = subject::services(checkout)?.services.len();
    Ok((services > 0).then(|| {
        format!("{tag} releases all {services} services, too: the tag format does not contain the service")
    }))
}
