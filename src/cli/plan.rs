//! `imgver plan`.

use serde::Serialize;

use super::args::{OutputFormat, PlanArgs, non_empty};
use super::changed::changed_services;
use super::reply::{Reply, json};
use super::{explain, requests};
use crate::ci::github::{self, EVENT_PATH, EventContext, Payload, WORKFLOW_REF};
use crate::domain::Digest;
use crate::error::{Context as _, Kind, Result};
use crate::ops::plan::{self as op, Answer, Choice, Request};
use crate::ops::{Checkout, Presence};
use crate::world::World;

/// GitHub sends no payload larger than 25 MB ("Webhook events and payloads").
const PAYLOAD_MAX: u64 = 25 << 20;

/// The whole answer, as `--output json` prints it.
#[derive(Serialize)]
struct PlanJson<'p, C: Serialize> {
    services: Vec<&'p str>,
    environment: String,
    push: bool,
    version: &'p str,
    matrix: github::Matrix<'p>,
    /// The base of the comparison; null if there was none, or several.
    base: Option<String>,
    /// The commit that was compared with the base.
    head: Option<String>,
    /// The changed services with their files; null if nothing was compared.
    changed: Option<C>,
    /// The images that registries were asked about; null if none was asked.
    images: Option<Vec<ImageJson>>,
    warnings: &'p [String],
}

/// An image, and what its registry says of it.
#[derive(Serialize)]
struct ImageJson {
    service: String,
    reference: String,
    /// Null if it is missing.
    digest: Option<String>,
}

pub(super) fn plan(args: &PlanArgs, checkout: &Checkout, world: &mut World<'_>) -> Result<Reply> {
    let context = context(args, world)?;
    let workflow = text(world, WORKFLOW_REF);
    let request = Request {
        event: context.event(non_empty(&args.base).as_deref())?,
        local: args.act.unwrap_or_else(|| github::is_local(|name| text(world, name))),
        tag_format: args.tags.request(world)?,
        version_scope: args.scope.requested(),
        filters: (&args.filters).into(),
        detail: requests::detail(&args.reasons, Some(&args.output)),
        missing: args.missing,
        commit: context.commit()?,
        workflow: workflow.as_deref().and_then(github::workflow_file).map(ToOwned::to_owned),
        outputs: world.file(github::OUTPUT),
        summary: world.file(github::STEP_SUMMARY),
    };
    let programs = requests::programs(world);
    let registries = args.registry.registries(&programs);
    let outcome = op::plan(request, checkout, &registries)?;
    let stdout = match args.output.output {
        OutputFormat::Text => outcome.answer.outputs.clone(),
        OutputFormat::Json => in_json(&outcome.answer, &outcome.warnings)?,
    };
    let (mut reply, answer) = Reply::of(stdout, outcome);
    if args.reasons.explain {
        reply.explanation = explanation(&answer);
    }
    Ok(reply)
}

/// The event as flags, variables and payload describe it.
fn context(args: &PlanArgs, world: &mut World<'_>) -> Result<EventContext> {
    let file = args.event_path.clone().or_else(|| world.var(EVENT_PATH).map(Into::into));
    let payload = file.map(|file| {
        let (name, bytes) = requests::given(&file, PAYLOAD_MAX, world);
        let bytes = bytes.context(Kind::Input, || format!("cannot read the event file {name}"))?;
        Payload::parse(&name, &bytes)
    });
    let context = EventContext {
        event_name: non_empty(&args.event_name),
        reference: non_empty(&args.reference),
        ref_type: non_empty(&args.ref_type),
        ref_name: non_empty(&args.ref_name),
        sha: non_empty(&args.sha),
        payload: payload.transpose()?,
    };
    Ok(context.or_variables(|name| text(world, name)))
}

/// The value of the variable `name`; none if it is unset or empty.
fn text(world: &World<'_>, name: &str) -> Option<String> {
    world.var(name).map(|value| value.to_string_lossy().into_owned())
}

/// Why these services were selected, line by line.
fn explanation(answer: &Answer) -> Vec<String> {
    let mut lines = vec![answer.event.clone()];
    match &answer.choice {
        Choice::Nothing => {}
        Choice::All => lines.push("all services are selected".to_owned()),
        Choice::Named(paths) => lines.extend(paths.iter().map(|path| format!("{path}: the event names it"))),
        Choice::Changed(made) => {
            lines.extend(explain::comparison(&made.0));
            lines.extend(explain::selection(&made.1));
        }
        Choice::Missing(presences) => lines.extend(explain::presences(presences)),
    }
    lines
}

fn in_json(answer: &Answer, warnings: &[String]) -> Result<String> {
    let made = match &answer.choice {
        Choice::Changed(made) => Some(&**made),
        Choice::Nothing | Choice::Named(_) | Choice::All | Choice::Missing(_) => None,
    };
    let images = match &answer.choice {
        Choice::Missing(presences) => Some(presences.iter().flat_map(images_of).collect()),
        _ => None,
    };
    let base = made.and_then(|(compared, _)| match compared.bases.as_slice() {
        [only] => Some(only.to_string()),
        _ => None,
    });
    let plan = &answer.plan;
    json(&PlanJson {
        services: plan.paths(),
        environment: plan.environment.to_string(),
        push: plan.push,
        version: plan.version.as_ref().map_or("", |version| version.as_str()),
        matrix: github::Matrix::of(plan)?,
        base,
        head: made.map(|(compared, _)| compared.head.to_string()),
        changed: made.map(|(_, selection)| changed_services(selection)),
        images,
        warnings,
    })
}

fn images_of(presence: &Presence<Digest>) -> impl Iterator<Item = ImageJson> {
    presence.places.iter().map(|place| ImageJson {
        service: presence.service.clone(),
        reference: place.reference.to_string(),
        digest: place.there().map(ToString::to_string),
    })
}
