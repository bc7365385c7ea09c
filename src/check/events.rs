//! The events that start a workflow with a plan.

use super::plans::takes_its_event;
use super::{At, Finding, Rule, Setup};
use crate::ci::github::{PLANNED_EVENTS, PLANNED_RELEASE, StartingEvent, Workflow};

/// The event of a workflow that others call: it has the event of its caller.
const CALLED: &str = "workflow_call";

pub(super) fn check(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    for workflow in setup.flows.workflows() {
        if takes_its_event(setup.flows, workflow) {
            for event in &workflow.events {
                findings.extend(refused(workflow, event));
            }
            findings.extend(started_twice(setup, workflow));
        }
    }
}

/// An event that `imgver plan` makes no plan for.
fn refused(workflow: &Workflow, event: &StartingEvent) -> Option<Finding> {
    let StartingEvent { name, place, types } = event;
    let at = At::file(workflow.file(), *place);
    if name == "release" {
        let others = match types {
            None => "every activity of a release starts".to_owned(),
            Some(types) => {
                let others: Vec<&str> =
                    types.iter().map(String::as_str).filter(|of| *of != PLANNED_RELEASE).collect();
                if others.is_empty() {
                    return None;
                }
                format!("the activity types {} of a release start", others.join(", "))
            }
        };
        let message = format!("{others} this workflow, and imgver plan refuses all but '{PLANNED_RELEASE}'");
        return Some(
            Finding::error(Rule::PlanEvent, at, message)
                .why("these runs fail, e.g. when a draft is saved or a release edited")
                .fix(format!("release: {{ types: [{PLANNED_RELEASE}] }}")),
        );
    }
    if name == CALLED || PLANNED_EVENTS.contains(&&**name) {
        return None;
    }
    let message = format!("the event '{name}' starts this workflow, and imgver plan refuses it");
    Some(
        Finding::error(Rule::PlanEvent, at, message).why("every run that it starts fails").fix(format!(
            "remove it; or leave the plan out, with `if: github.event_name != '{name}'` on its job. imgver plan knows {}",
            PLANNED_EVENTS.join(", ")
        )),
    )
}

/// A release whose tag, when it is pushed, starts this workflow or another one, too.
fn started_twice(setup: &Setup<'_>, workflow: &Workflow) -> Option<Finding> {
    let is_published = |event: &&StartingEvent| {
        let types = event.types.as_ref();
        event.name == "release" && types.is_none_or(|types| types.iter().any(|of| of == PLANNED_RELEASE))
    };
    let event = workflow.events.iter().find(is_published)?;
    let tags: Vec<String> = setup.services.iter().map(|service| service.pattern.tag_of("1.2.3")).collect();
    let starts = |other: &&Workflow| tags.iter().any(|tag| other.starts_for_tag(tag));
    let mut others = setup.flows.workflows().iter().filter(starts);
    let other = others.find(|other| takes_its_event(setup.flows, other))?;
    let tag = tags.iter().find(|tag| other.starts_for_tag(tag))?;
    let which = if other.file() == workflow.file() { "this workflow, too" } else { other.file() };
    let message =
        format!("publishing a release starts this workflow, and pushing its tag, e.g. {tag}, starts {which}");
    Some(
        Finding::warning(Rule::StartedTwice, At::file(workflow.file(), event.place), message)
            .why("each of the two runs plans the same release, so its image is built and pushed twice")
            .fix("remove one of the two events; a pushed tag alone is enough"),
    )
}
