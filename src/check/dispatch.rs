//! The services that can be chosen when a workflow is started by hand.

use std::collections::HashMap;

use super::plans::takes_its_event;
use super::{At, Finding, Rule, Setup};
use crate::ci::github::{ALL_SERVICES, Text, Texts, Workflow};
use crate::domain::{nearest, short_name};
use crate::yaml::tree::Place;

/// Compares the options of the input `service` with the paths of the services, `names`, which are sorted. One more may stand
/// for all of them.
pub(super) fn check(setup: &Setup<'_>, names: &[&str], findings: &mut Vec<Finding>) {
    for workflow in setup.flows.calling(&["plan"]) {
        if let Some(choices) = &workflow.service_choices {
            options(workflow, choices, names, findings);
        } else if takes_its_event(setup.flows, workflow) {
            findings.extend(without_service(workflow));
        }
    }
}

/// An event that never says which service, unless it is for releases only: those are started again on their tags.
fn without_service(workflow: &Workflow) -> Option<Finding> {
    let event = workflow.events.iter().find(|event| event.name == "workflow_dispatch")?;
    let is_for_releases = workflow.push.as_ref().is_some_and(|push| !push.starts_for_branches());
    if workflow.asks_for_service || is_for_releases {
        return None;
    }
    let at = At::file(workflow.file(), event.place);
    Some(
        Finding::error(Rule::DispatchOptions, at, "workflow_dispatch has no input service")
            .why("imgver plan refuses a run that was started by hand and does not say for which service")
            .fix("add below it: inputs: { service: { required: true, type: choice, options: [...] } }, with the paths of the services as options"),
    )
}

fn options(workflow: &Workflow, choices: &Texts, names: &[&str], findings: &mut Vec<Finding>) {
    let mut first: HashMap<&str, Place> = HashMap::new();
    for Text { text, place, .. } in &choices.texts {
        let at = At::file(workflow.file(), *place);
        if let Some(before) = first.insert(text, *place) {
            findings.push(
                Finding::error(
                    Rule::DispatchOptions,
                    at,
                    format!("the option '{text}' is duplicated (first on line {})", before.line),
                )
                .why("one of the two was probably meant to be another service")
                .fix("remove one, or replace it with the path of the other service"),
            );
        } else if text != ALL_SERVICES && names.binary_search(&&**text).is_err() {
            let named = names.iter().copied().filter(|name| short_name(name) == text).collect::<Vec<_>>();
            let near = if named.is_empty() { nearest(text, names.iter().copied()) } else { named };
            let fix = match near.as_slice() {
                [] => {
                    "remove it, or replace it with the path of a service (imgver list shows them)".to_owned()
                }
                near => format!("write {}", near.join(" or ")),
            };
            findings.push(
                Finding::error(
                    Rule::DispatchOptions,
                    at,
                    format!("the option '{text}' is not the path of a service"),
                )
                .why("imgver plan refuses it, so a run started with it fails")
                .fix(fix),
            );
        }
    }
    let missing: Vec<&str> = names.iter().copied().filter(|name| !first.contains_key(name)).collect();
    if !missing.is_empty() {
        let at = At::file(workflow.file(), choices.place);
        findings.push(
            Finding::warning(
                Rule::DispatchOptions,
                at,
                format!("there is no option for {}", missing.join(", ")),
            )
            .why("a run for it cannot be started by hand")
            .fix("add the missing paths to the options"),
        );
    }
}
