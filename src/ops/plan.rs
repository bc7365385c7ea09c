//! `imgver plan`: from a CI event to services, environment and permission to push.

mod missing;

use std::path::PathBuf;

use super::comparison::{self, Comparison};
use super::float::moved_by_float;
use super::image::images_of;
use super::presence::Presence;
use super::requested_tags::{RequestedFormat, formats_of, requested};
use super::selection::FilterSet;
use super::subject::{self, All, NO_SERVICE, Subject, refuse_malformed};
use super::{Checkout, Compared, Effect, FilterRequest, Outcome, Scope as VersionScope, Selection, facts};
use crate::ci::{self, Decision, Event, Hash, Names, Plan, PlannedService, Scope, github};
use crate::domain::{Digest, short_name};
use crate::error::Result;
use crate::filters::Detail;
use crate::registry::Registries;
use crate::workspace::{MalformedTaskfile, Service};

/// The event, and the options of its plan.
#[derive(Debug, Clone)]
pub struct Request {
    /// The event to plan for.
    pub event: Event,
    /// Whether this is a local run, which never pushes.
    pub local: bool,
    /// The format of release tags; none means the default.
    pub tag_format: Option<RequestedFormat>,
    /// What distances count; none means as the configuration says.
    pub version_scope: Option<VersionScope>,
    /// The filters to apply.
    pub filters: FilterRequest,
    /// Whether to collect all files that affect a service, or only the first.
    pub detail: Detail,
    /// Whether what registries lack is planned, instead of what the event changed.
    pub missing: bool,
    /// The commit of the event; none means the one that is checked out.
    pub commit: Option<Hash>,
    /// The file name of the workflow of this run, if it is known.
    pub workflow: Option<String>,
    /// Where the step's outputs go.
    pub outputs: Option<PathBuf>,
    /// Where the step's summary goes.
    pub summary: Option<PathBuf>,
}

/// The plan, and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// A description of the event.
    pub event: String,
    /// The services, the environment, and whether to push.
    pub plan: Plan,
    /// How the services were chosen.
    pub choice: Choice,
    /// The step's outputs, as they are appended to the file.
    pub outputs: String,
}

/// How services were chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// There is nothing to do.
    Nothing,
    /// The event names these, by path.
    Named(Vec<String>),
    /// All of them, because the event is about all, or because nothing could be compared.
    All,
    /// By what changed between commits.
    Changed(Box<(Compared, Selection)>),
    /// By which images are missing: those of all services that the event may concern.
    Missing(Vec<Presence<Digest>>),
}

/// Makes the plan for an event. `registries` are asked only for what is missing, and only where images may be pushed.
///
/// # Errors
/// An event that asks for what does not exist; those of commits, filters and Taskfiles; a registry that does not answer.
pub fn plan(request: Request, checkout: &Checkout, registries: &Registries) -> Result<Outcome<Answer>> {
    let event = request.event.to_string();
    let All { subjects, malformed, unnameable } = subject::all(request.tag_format.as_ref(), checkout)?;
    let (needed, others): (Vec<_>, Vec<_>) =
        malformed.into_iter().partition(|(patterns, found)| request.event.names(&found.path, patterns));
    refuse_malformed(needed.into_iter().map(|(_, found)| found))?;
    let others = others.into_iter().map(|(_, found)| found).collect();

    let pairs: Vec<_> = subjects.iter().map(|subject| (subject.key(), &*subject.patterns)).collect();
    let formats = formats_of(requested(request.tag_format.as_ref(), checkout)?.as_deref());
    let prereleases = checkout.config()?.prereleases();
    let names = Names { services: &pairs, formats: &formats, prereleases: &prereleases };
    let decision = ci::decide(request.event.clone(), names, request.local)?;
    let mut warnings = Vec::new();
    let is_about_all = !matches!(decision.scope, Scope::Nothing(_) | Scope::Services(_));
    let choice = if request.missing && decision.push {
        leave_aside(others, is_about_all, &mut warnings)?;
        missing::missing(&decision, &subjects, &request, checkout, registries, &mut warnings)?
    } else {
        choose(&decision.scope, &subjects, others, &request, checkout, &mut warnings)?
    };
    if is_about_all {
        warnings.extend(unnameable.iter().map(subject::left_aside));
    }
    if subjects.is_empty() {
        warnings.push(NO_SERVICE.to_owned());
    }
    warnings.extend(decision.warnings.iter().cloned());
    if let Some(version) = decision.version.as_ref().filter(|_| !decision.environment.is_of_tags()) {
        warnings.extend(moved_by_float(version.as_str(), checkout)?);
    }
    let plan = fill(decision, &subjects, &choice, &mut warnings)?;

    let outputs = github::outputs(&plan)?;
    let outputs = github::output_lines(outputs.iter().map(|(name, value)| (*name, value.as_str())));
    let summary = request.summary.map(|path| (path, github::summary(&plan, &warnings)));
    let files = summary.into_iter().chain(request.outputs.map(|path| (path, outputs.clone())));
    let effects = files.map(|(path, text)| Effect::Append { path, text }).collect();
    Ok(Outcome { answer: Answer { event, plan, choice, outputs }, warnings, effects })
}

/// Warns of `malformed` Taskfiles, unless the plan is about all services: one that they define would be silently missing.
fn leave_aside(
    malformed: Vec<MalformedTaskfile>,
    is_about_all: bool,
    warnings: &mut Vec<String>,
) -> Result<()> {
    if is_about_all {
        return refuse_malformed(malformed);
    }
    warnings.extend(malformed.iter().map(|found| found.error.to_string()));
    Ok(())
}

/// The services in `scope`.
fn choose(
    scope: &Scope,
    subjects: &[Subject],
    malformed: Vec<MalformedTaskfile>,
    request: &Request,
    checkout: &Checkout,
    warnings: &mut Vec<String>,
) -> Result<Choice> {
    let repository = &checkout.repository;
    let comparison = match scope {
        Scope::Nothing(why) => {
            warnings.push(why.clone());
            leave_aside(malformed, false, warnings)?;
            return Ok(Choice::Nothing);
        }
        Scope::Services(paths) => {
            leave_aside(malformed, false, warnings)?;
            return Ok(Choice::Named(paths.clone()));
        }
        Scope::All => {
            refuse_malformed(malformed)?;
            return Ok(Choice::All);
        }
        Scope::Since { base, tip } => comparison::since(repository, base.as_ref(), tip.as_ref()),
        Scope::SinceMergeBase { base, tips, merge } => {
            comparison::proposed(repository, base, tips, merge.as_ref())
        }
    };
    refuse_malformed(malformed)?;
    let filters = FilterSet::load(&request.filters, checkout)?;
    match comparison? {
        Comparison::Made(compared) => {
            let services = subjects.iter().filter_map(|subject| subject.service.as_ref());
            let (selection, more) = filters.select(services, &compared.changes, request.detail, checkout)?;
            warnings.extend(more);
            if matches!(scope, Scope::Since { .. })
                && facts::scope(request.version_scope, checkout)? == VersionScope::Service
            {
                warnings.extend(off_the_line(&compared, checkout)?);
            }
            Ok(Choice::Changed(Box::new((compared, selection))))
        }
        Comparison::Impossible(why) => {
            warnings.push(format!("all services are selected: {why}"));
            Ok(Choice::All)
        }
    }
}

/// The warning if a branch did not move along its first-parent line, where versions by service count: what changed between
/// the two commits is not what has a new version then.
fn off_the_line(compared: &Compared, checkout: &Checkout) -> Result<Option<String>> {
    let head = compared.head;
    for base in &compared.bases {
        // What a shallow clone cannot tell, the version itself refuses to count.
        if checkout.repository.is_on_line(head, *base)? == Some(false) {
            let [head, base] = [head, *base].map(|commit| commit.abbreviated(7));
            return Ok(Some(format!(
                "{base}, which this push is compared with, is not on the first-parent line of {head}: versions by service count along that line, so a service that did not change in between can have a new version that nothing builds (merge other branches into this one, not this one into them; a run for all services builds what is missing)"
            )));
        }
    }
    Ok(None)
}

impl Choice {
    fn selects(&self, path: &str) -> bool {
        match self {
            Choice::Nothing => false,
            Choice::Named(paths) => paths.iter().any(|named| named == path),
            Choice::All => true,
            Choice::Changed(made) => made.1.paths().any(|changed| changed == path),
            // What only its job knows is left to it.
            Choice::Missing(presences) => presences.iter().any(|presence| {
                presence.service == path && (presence.places.is_empty() || presence.is_lacking())
            }),
        }
    }
}

/// Adds the details of each service that a job needs.
fn fill(
    decision: Decision,
    subjects: &[Subject],
    choice: &Choice,
    warnings: &mut Vec<String>,
) -> Result<Plan> {
    let services = subjects.iter().filter_map(|subject| subject.service.as_ref());
    let chosen: Vec<&Service> = services.filter(|service| choice.selects(&service.path)).collect();
    let mut planned = Vec::with_capacity(chosen.len());
    for service in chosen {
        planned.push(planned_service(service, warnings)?);
    }
    let Decision { environment, push, version, .. } = decision;
    Ok(Plan { services: planned, environment, push, version })
}

fn planned_service(service: &Service, warnings: &mut Vec<String>) -> Result<PlannedService> {
    let is_computed = service.built_images().iter().any(|image| image.plain().is_none());
    let images = match images_of(service) {
        Ok(images) => images,
        Err(error) if is_computed => {
            warnings.push(error.to_string());
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    let build = &service.build;
    Ok(PlannedService {
        service: service.path.clone(),
        name: short_name(&service.path).to_owned(),
        context: build.context_of_action().to_owned(),
        dockerfile: build.dockerfile_of_action().map(ToOwned::to_owned),
        target: build.target.clone(),
        platforms: build.platforms.clone(),
        images,
    })
}
