//! `imgver plan`: from a CI event to services, environment and permission to push.

use serde::Serialize;

use super::answer::json;
use super::args::{Output, PlanArgs};
use super::comparison::{self, Comparison};
use super::image::taskfile_image;
use super::selection::{Changed, Filters, refuse_malformed};
use super::subject::{self, All, Malformed, Subject};
use super::{Place, Reply, explain, github};
use crate::ci::github::{
    EVENT_PATH, EventContext, Matrix, OUTPUT, Payload, STEP_SUMMARY, output_lines, outputs, summary,
};
use crate::ci::{self, Base, Decision, Plan, PlannedService, Scope};
use crate::domain::{ImageTag, short_name};
use crate::error::{Context as _, Kind, Result};
use crate::files;
use crate::filters::Detail;
use crate::history::git::CommitId;
use crate::workspace::Service;
use crate::workspace::taskfile::ImageRepo;
use crate::world::World;

/// GitHub sends no payload larger than 25 MB ("Webhook events and payloads").
const PAYLOAD_MAX: u64 = 32 << 20;

/// The whole answer, as `--output json` prints it.
#[derive(Serialize)]
struct Answer<'p> {
    services: Vec<&'p str>,
    environment: String,
    push: bool,
    version: &'p str,
    matrix: Matrix<'p>,
    /// The commit compared with; null where none or several were.
    base: Option<String>,
    /// The commit that was compared with it.
    head: Option<String>,
    /// The services that changed and through which files; null where nothing was compared.
    changed: Option<&'p [Changed]>,
    warnings: &'p [String],
}

/// The services that were chosen, and how.
#[derive(Default)]
struct Choice {
    paths: Vec<String>,
    bases: Vec<CommitId>,
    head: Option<CommitId>,
    /// Only where JSON is wanted.
    changed: Option<Vec<Changed>>,
    explanation: Vec<String>,
    warnings: Vec<String>,
}

pub(super) fn plan(args: &PlanArgs, place: &Place, world: &mut World<'_>) -> Result<Reply> {
    // Workflows spell "not given" as an empty string.
    let base = args.base.as_deref().filter(|base| !base.is_empty());
    let event = event_context(args, world)?.event(base.is_none())?;
    let description = event.to_string();
    let All { subjects, malformed } = subject::all(&args.tags, place, world)?;
    let is_named = |(pattern, found): &(_, Malformed)| event.names(&found.path, pattern);
    let (needed, others): (Vec<_>, Vec<_>) = malformed.into_iter().partition(is_named);
    refuse_malformed(needed.into_iter().map(|(_, found)| found))?;
    let others = others.into_iter().map(|(_, found)| found).collect();

    let local = args.act.unwrap_or_else(|| world.var("ACT").is_some_and(|act| act == "true"));
    let pairs = subjects.iter().filter_map(|subject| Some((subject.directory(), subject.patterns.first()?)));
    let decision = ci::decide(event, base.map(ToOwned::to_owned), &pairs.collect::<Vec<_>>(), local)?;
    let mut choice = choose(&decision.scope, &subjects, others, args, place, world)?;
    if subjects.is_empty() {
        choice.warnings.push(subject::NO_SERVICE.to_owned());
    }
    choice.warnings.extend(decision.warning());
    let plan = fill(decision, &subjects, &mut choice)?;

    let mut reply = reply(&plan, &choice, args.output.output, world)?;
    if args.reasons.explain {
        reply.explanation = [vec![description], choice.explanation].concat();
    }
    reply.warnings = choice.warnings;
    Ok(reply)
}

/// The plan on standard output and in the files that the environment names.
fn reply(plan: &Plan, choice: &Choice, output: Output, world: &World<'_>) -> Result<Reply> {
    let outputs = outputs(plan)?;
    let outputs = output_lines(outputs.iter().map(|(name, value)| (*name, value.as_str())));
    let stdout = match output {
        Output::Text => outputs.clone(),
        Output::Json => answer(plan, choice)?,
    };
    let file = github::file(STEP_SUMMARY, world);
    let summary = file.map(|file| (file, summary(plan, &choice.warnings)));
    let output = github::file(OUTPUT, world).map(|file| (file, outputs));
    let appendices = summary.into_iter().chain(output).collect();
    Ok(Reply { stdout: stdout.into_bytes(), appendices, ..Reply::default() })
}

/// What the variables and flags say of the event; a flag beats its variable.
fn event_context(args: &PlanArgs, world: &World<'_>) -> Result<EventContext> {
    let variable = |name: &str| world.var(name).map(|value| value.to_string_lossy().into_owned());
    let given = |flag: &Option<String>| flag.clone().filter(|given| !given.is_empty());
    let file = args.event_path.clone().or_else(|| world.var(EVENT_PATH).map(Into::into));
    let payload = file.map(|file| {
        let name = file.display().to_string();
        let bytes = files::read(&world.directory.join(&file), PAYLOAD_MAX)
            .context(Kind::Input, || format!("the event file {name} cannot be read"))?;
        Payload::parse(&name, &bytes)
    });
    let flags = EventContext {
        event_name: given(&args.event_name),
        reference: given(&args.reference),
        ref_type: given(&args.ref_type),
        ref_name: given(&args.ref_name),
        sha: given(&args.sha),
        payload: payload.transpose()?,
    };
    Ok(flags.or_variables(variable))
}

/// Finds the services that `scope` means.
fn choose(
    scope: &Scope,
    subjects: &[Subject],
    malformed: Vec<Malformed>,
    args: &PlanArgs,
    place: &Place,
    world: &World<'_>,
) -> Result<Choice> {
    let warnings = || malformed.iter().map(|found| found.error.to_string());
    let comparison = match scope {
        Scope::Nothing(why) => {
            return Ok(Choice {
                warnings: [why.clone()].into_iter().chain(warnings()).collect(),
                ..Choice::default()
            });
        }
        Scope::Services(paths) => {
            let explanation = paths.iter().map(|path| format!("{path}: the event names it")).collect();
            let warnings = warnings().collect();
            return Ok(Choice { paths: paths.clone(), explanation, warnings, ..Choice::default() });
        }
        Scope::Since { base: Base::Given(given), tip } => comparison::since_given(place, given, tip.as_ref()),
        Scope::Since { base: Base::Event(before), tip } => {
            comparison::since(place, before.as_ref(), tip.as_ref())
        }
        Scope::SinceMergeBase { base: Base::Given(given), tips } => {
            comparison::since_given_merge_base(place, given, tips)
        }
        Scope::SinceMergeBase { base: Base::Event(base), tips } => {
            comparison::since_merge_base(place, base.as_ref(), tips)
        }
    };
    refuse_malformed(malformed)?;
    let services: Vec<&str> = subjects.iter().map(Subject::directory).collect();
    changed(comparison?, &services, args, &Filters::load(&args.filters, place, world)?)
}

/// Those of `services` that the changes concern; all of them where nothing could be compared.
fn changed(comparison: Comparison, services: &[&str], args: &PlanArgs, filters: &Filters) -> Result<Choice> {
    let compared = match comparison {
        Comparison::Made(compared) => compared,
        Comparison::Impossible(why) => {
            let paths = services.iter().map(|path| (*path).to_owned()).collect();
            let warnings = vec![format!("all services are chosen: {why}")];
            return Ok(Choice { paths, warnings, ..Choice::default() });
        }
    };
    let (is_json, explain) = (args.output.output == Output::Json, args.reasons.explain);
    let detail = if is_json || explain { Detail::All } else { Detail::First };
    let selection = filters.select(services, &compared.changes, detail)?;
    let explanation = if explain {
        [explain::comparison(&compared), explain::selection(&selection, compared.changes.len())].concat()
    } else {
        Vec::new()
    };
    Ok(Choice {
        paths: selection.paths().map(ToOwned::to_owned).collect(),
        changed: is_json.then(|| selection.changed()),
        warnings: selection.warnings,
        bases: compared.bases,
        head: Some(compared.head),
        explanation,
    })
}

/// Fills in what a job needs to know of each service.
fn fill(decision: Decision, subjects: &[Subject], choice: &mut Choice) -> Result<Plan> {
    let count = choice.paths.len();
    let services = subjects.iter().filter_map(|subject| subject.service.as_ref());
    let chosen = services.filter(|service| choice.paths.contains(&service.path));
    let mut planned = Vec::with_capacity(count);
    for service in chosen {
        planned.push(planned_service(service, &mut choice.warnings)?);
    }
    let Decision { environment, push, version, .. } = decision;
    Ok(Plan { services: planned, environment, push, version })
}

fn planned_service(service: &Service, warnings: &mut Vec<String>) -> Result<PlannedService> {
    let image = match (taskfile_image(service), &service.image) {
        (Ok(image), _) => Some(image),
        (Err(error), ImageRepo::Computed { .. }) => {
            warnings.push(error.to_string());
            None
        }
        (Err(error), ImageRepo::Plain { .. }) => return Err(error),
    };
    let path = service.path.clone();
    let name = short_name(&path).to_owned();
    Ok(PlannedService { service: path.clone(), name, context: path, image })
}

fn answer(plan: &Plan, choice: &Choice) -> Result<String> {
    let base = match choice.bases.as_slice() {
        [only] => Some(only.to_string()),
        _ => None,
    };
    json(&Answer {
        services: plan.paths(),
        environment: plan.environment.to_string(),
        push: plan.push,
        version: plan.version.as_ref().map_or("", ImageTag::as_str),
        matrix: Matrix::of(plan)?,
        base,
        head: choice.head.map(|head| head.to_string()),
        changed: choice.changed.as_deref(),
        warnings: &choice.warnings,
    })
}
