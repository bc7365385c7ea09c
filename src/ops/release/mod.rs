//! `imgver release`: decides on a release, checks everything it rests on, then creates its tag and pushes it.

mod changes;
mod rules;

use serde::Serialize;

use self::changes::changes;
use self::rules::{
    no_default_branch, not_the_first, refuse_changes, refuse_hidden_releases, refuse_taken,
    refuse_unknown_releases, refuse_unmerged, refuse_unused_filters, remote_of_shallow,
};
use super::answer::bumped;
use super::facts::{self, BaseRelease, HistoryRequest, Rev};
use super::formats;
use super::identity;
use super::requested_tags::{RequestedFormat, formats_of, requested};
use super::subject::{self, Subject, refuse_malformed};
use super::uncommitted::refuse_uncommitted;
use super::{Checkout, Effect, FilterRequest, Outcome, SubjectChoice, SubjectRequest};
use crate::ci::github::{WORKFLOWS, Workflow, is_workflow};
use crate::config::Scope;
use crate::display::url_without_credentials;
use crate::domain::{Bump, Version};
use crate::error::{Error, Kind, Result};
use crate::history::git::{CommitDetails, CommitId, UNSHALLOW};
use crate::images::Given;
use crate::programs::Programs;
use crate::release::{self, ChangelogEntry, Git, TagCommand, skips_workflows};

/// The release to make.
#[derive(Debug, Clone)]
pub struct Request {
    /// The service, or the repository as a whole.
    pub subject: SubjectChoice,
    /// The format of release tags; none means the default.
    pub tag_format: Option<RequestedFormat>,
    /// What distances count, and with it which commits the release brings; none means as the configuration says.
    pub scope: Option<Scope>,
    /// The new version.
    pub version: NewVersion,
    /// The commit; for `HEAD`, uncommitted changes are refused.
    pub rev: Rev,
    /// Whether to push the tag.
    pub push: bool,
    /// Whether to allow a commit that is not on the default branch.
    pub any_branch: bool,
    /// The filters that decide which commits affect the service.
    pub filters: FilterRequest,
    /// Whether this is a dry run, which the answer reports.
    pub dry_run: bool,
}

/// How the new version is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewVersion {
    /// By incrementing this part of the base release.
    Bump(Bump),
    /// This one.
    Given(Version),
}

/// The release, if nothing forbids it.
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
    /// The remote that the tag is pushed to; null if it is not.
    pub pushed_to: Option<String>,
    /// The command that pushes the tag, now or later.
    #[serde(skip)]
    pub push_command: TagCommand,
    /// The workflows that a push of the tag starts.
    pub workflows: Vec<StartedWorkflow>,
    /// Whether this was a dry run.
    pub dry_run: bool,
    /// The warnings that are also printed to standard error.
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

/// A subject at the commit that is to be released.
struct Candidate<'c> {
    subject: &'c Subject,
    /// The paths of the services that the tag releases, sorted; none at repository level.
    services: Vec<String>,
    commit: CommitId,
    details: &'c CommitDetails,
    base: Option<&'c BaseRelease>,
    /// Whether the commit carries the base release.
    is_released: bool,
    scope: Scope,
    version: Version,
    tag: &'c str,
}

/// Decides on the release.
///
/// # Errors
/// A release that is not allowed; a remote whose tags cannot be listed.
pub fn release(request: &Request, checkout: &Checkout, programs: &Programs) -> Result<Outcome<Answer>> {
    let subject = SubjectRequest {
        choice: request.subject.clone(),
        tag_format: request.tag_format.clone(),
        ..SubjectRequest::default()
    };
    let subject = subject::one(&subject, checkout)?;
    let history = HistoryRequest {
        rev: request.rev.clone(),
        first_parent: false,
        scope: request.scope,
        last_change: false,
        dirty: false,
    };
    let facts = facts::of_one(checkout, &subject, &history)?;
    let proposal = formats::proposal(&subject, &facts, checkout)?;
    let version = match (request.version, &proposal) {
        (NewVersion::Given(version), _) => version,
        (NewVersion::Bump(_), Some(proposal)) => return Err(not_the_first(&subject, proposal)),
        (NewVersion::Bump(bump), None) => bumped(facts.base_version(), bump)?,
    };
    let tag = tag(&subject, facts.base.as_ref(), version);
    let details = checkout.repository.details(facts.commit)?;
    let candidate = Candidate {
        subject: &subject,
        services: released(&subject, request, checkout)?,
        commit: facts.commit,
        details: &details,
        base: facts.base.as_ref(),
        is_released: facts.is_release,
        scope: facts.scope,
        version,
        tag: &tag,
    };
    refuse_unused_filters(&candidate, request)?;
    let others = others(&candidate, request, checkout)?;
    let mut warnings = check(&candidate, &others, request, checkout)?;
    warnings.extend(proposal.as_ref().map(formats::warning));
    let changes = changes(&candidate, &others, request, checkout)?;
    let workflows = workflows(&candidate, checkout, &mut warnings)?;
    warnings.extend(candidate.warnings(&changes));
    if subject.service.is_none() {
        warnings.extend(of_services(&tag, request, checkout)?);
        if request.subject != SubjectChoice::Whole {
            warnings.extend(identity::whole_warning(checkout));
        }
    }
    let remote = if request.push { Some(push_remote(checkout)?) } else { None };
    let git = Git::find(programs)?;
    ask(&git, remote.as_deref(), &candidate, request, checkout)?;

    let previous = candidate.base.map(|base| &*base.tag);
    let message = release::message(subject.title(), &candidate.together(), version, previous, &changes);
    let set = release::set(&tag, &facts.commit.to_string(), &message);
    let push_to = remote.clone().or_else(|| checkout.repository.push_remote());
    let push = release::push(push_to.as_deref().unwrap_or("origin"), &tag);
    let pushed = remote.is_some().then(|| Effect::PushTag(push.clone()));
    let answer = Answer {
        service: subject.path().map(ToOwned::to_owned),
        version: version.to_string(),
        commit: facts.commit.to_string(),
        subject: details.subject.clone(),
        previous: candidate.base.map(|base| base.tag.clone()),
        message,
        pushed_to: remote.as_deref().map(url_without_credentials),
        push_command: push,
        workflows,
        dry_run: request.dry_run,
        warnings: warnings.clone(),
        tag: tag.clone(),
    };
    Ok(Outcome { answer, warnings, effects: [Effect::SetTag(set)].into_iter().chain(pushed).collect() })
}

/// Refuses a release that is not allowed, as far as this is known without asking the remote, and returns the warnings.
fn check(
    candidate: &Candidate<'_>,
    others: &[Subject],
    request: &Request,
    checkout: &Checkout,
) -> Result<Vec<String>> {
    refuse_taken(candidate, others, checkout)?;
    if request.rev == Rev::Head {
        refuse_changes(checkout)?;
        let subjects = [candidate.subject].into_iter().chain(others);
        refuse_uncommitted(subjects, &Given::default(), checkout)?;
    }
    // What this clone recorded may be out of date, and the remote that is pushed to is about to be asked.
    if request.any_branch || request.push {
        return Ok(Vec::new());
    }
    let branch = checkout.repository.default_branch(None)?;
    let branch = branch.ok_or_else(|| no_default_branch(candidate.commit, checkout))?;
    let warning = refuse_unmerged(candidate.commit, false, &branch, checkout)?;
    Ok(warning.into_iter().collect())
}

/// The other services that the tag releases.
fn others(candidate: &Candidate<'_>, request: &Request, checkout: &Checkout) -> Result<Vec<Subject>> {
    let is_other =
        |path: &String| candidate.services.contains(path) && candidate.subject.path() != Some(path);
    if candidate.services.len() < 2 {
        return Ok(Vec::new());
    }
    let mut others = subject::services(checkout)?.services;
    others.retain(|service| is_other(&service.path));
    let requested = requested(request.tag_format.as_ref(), checkout)?;
    Ok(subject::with_formats(&others, &formats_of(requested.as_deref())))
}

/// Asks the remote that is pushed to, and that of a shallow clone, and refuses what is not allowed with what they know.
fn ask(
    git: &Git,
    push_to: Option<&str>,
    candidate: &Candidate<'_>,
    request: &Request,
    checkout: &Checkout,
) -> Result<()> {
    let of_shallow = remote_of_shallow(candidate, checkout)?;
    let Some(remote) = push_to.or(of_shallow.as_deref()) else { return Ok(()) };
    let theirs = git.refs_of(remote).map_err(|error| match &of_shallow {
        Some(_) => error.hint(UNSHALLOW),
        None => error,
    })?;
    if push_to.is_some() {
        refuse_unknown_releases(&theirs.tags, remote, candidate, checkout)?;
    }
    if of_shallow.is_some() {
        refuse_hidden_releases(&theirs.tags, remote, candidate, checkout)?;
    }
    if candidate.base.is_none() && matches!(request.version, NewVersion::Bump(_)) {
        // The remote may have tags that this clone lacks.
        let proposal = formats::proposal_among(&theirs.tags, [candidate.subject], checkout)?;
        proposal.map_or(Ok(()), |proposal| Err(not_the_first(candidate.subject, &proposal)))?;
    }
    if push_to.is_some() && !request.any_branch {
        let asked = checkout.repository.default_branch(theirs.default_branch.as_deref())?;
        let branch = asked.ok_or_else(|| no_default_branch(candidate.commit, checkout))?;
        refuse_unmerged(candidate.commit, true, &branch, checkout)?;
    }
    Ok(())
}

/// The services that the tag releases: one, or all where the tag format names none; none at repository level.
fn released(subject: &Subject, request: &Request, checkout: &Checkout) -> Result<Vec<String>> {
    let Some(path) = subject.path() else { return Ok(Vec::new()) };
    let requested = requested(request.tag_format.as_ref(), checkout)?;
    let names_service = requested.is_none_or(|requested| requested.formats.first().names_service());
    let mut services = Vec::new();
    if !names_service {
        let found = subject::services(checkout)?;
        // One that cannot be read would be released without a word.
        refuse_malformed(found.malformed)?;
        services.extend(found.services.into_iter().map(|service| service.path));
    }
    // A new service counts even if git does not track it yet.
    if let Err(at) = services.binary_search_by(|service| (**service).cmp(path)) {
        services.insert(at, path.to_owned());
    }
    Ok(services)
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

/// The tag: in the first format that was asked for, else in that of the last release.
fn tag(subject: &Subject, base: Option<&BaseRelease>, version: Version) -> String {
    let fits = |tag: &str| subject.patterns.iter().find(|pattern| pattern.version_of(tag).is_some());
    let last = base.filter(|_| !subject.is_format_given()).and_then(|base| fits(&base.tag));
    let pattern = last.or(subject.patterns.first());
    let version = version.to_string();
    pattern.map_or_else(|| version.clone(), |pattern| pattern.tag_of(&version))
}

/// The workflows of the commit that a push of the tag starts: they are taken from the commit that is tagged.
fn workflows(
    candidate: &Candidate<'_>,
    checkout: &Checkout,
    warnings: &mut Vec<String>,
) -> Result<Vec<StartedWorkflow>> {
    let Candidate { commit, tag, details, .. } = candidate;
    let short = commit.abbreviated(7);
    let mut files = Vec::new();
    for directory in WORKFLOWS {
        files.extend(checkout.repository.files_in(*commit, directory, is_workflow)?);
    }
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let mut started = Vec::new();
    for file in files {
        match Workflow::parse(&*file.path, &String::from_utf8_lossy(&file.content)) {
            Ok(workflow) if workflow.starts_for_tag(tag) => {
                let (name, file) = (workflow.name().to_owned(), workflow.file().to_owned());
                started.push(StartedWorkflow { name, file });
            }
            Ok(_) => {}
            Err(error) => {
                let place = error.place(&file.path);
                warnings
                    .push(format!("{place}: {error}: cannot determine whether the tag starts this workflow"));
            }
        }
    }
    if started.is_empty() {
        warnings.push(format!("no workflow in {short} starts when {tag} is pushed"));
    } else if let Some(words) = skips_workflows(&details.message) {
        warnings
            .push(format!("the message of {short} contains {words}: GitHub starts no workflow for {tag}"));
        started.clear();
    }
    Ok(started)
}

impl Candidate<'_> {
    /// The services that are released together, if there are several.
    fn together(&self) -> Vec<&str> {
        if self.services.len() < 2 { Vec::new() } else { self.services.iter().map(String::as_str).collect() }
    }

    /// Warnings about a release that is more than was asked for, or probably a mistake.
    fn warnings(&self, changes: &[ChangelogEntry]) -> Vec<String> {
        let mut warnings = Vec::new();
        let name = self.subject.name();
        let services = self.services.len();
        if services > 1 {
            warnings.push(format!(
                "{} releases all {services} services, not {name} alone: the tag format does not contain the service",
                self.tag
            ));
        }
        let Some(base) = self.base else { return warnings };
        if self.is_released {
            warnings.push(format!("{} is already released as {}", self.commit.abbreviated(7), base.tag));
        } else if changes.is_empty() {
            let affected = if services > 1 { "any service" } else { name };
            warnings.push(format!("no commit since {} affects {affected}", base.tag));
        }
        warnings
    }
}

fn push_remote(checkout: &Checkout) -> Result<String> {
    checkout.repository.push_remote().ok_or_else(|| {
        Error::new(Kind::Repository, "there is no remote to push the release to").hint(
            "add one with git remote add origin URL, or choose one of several with git config remote.pushDefault NAME",
        )
    })
}
