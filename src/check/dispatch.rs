//! What can be chosen when a workflow is started by hand.

use std::collections::HashMap;

use super::{At, Finding, Setup};
use crate::ci::github::{Texts, Workflow};
use crate::domain::{nearest, short_name};
use crate::yaml::tree::Place;

const RULE: &str = "dispatch-options";

/// Compares the options of the input `service` with the services, `names`, sorted.
pub(super) fn check(setup: &Setup<'_>, names: &[&str], findings: &mut Vec<Finding>) {
    for workflow in setup.flows.calling(&["plan"]) {
        if let Some(choices) = &workflow.service_choices {
            options(workflow, choices, names, findings);
        }
    }
}

fn options(workflow: &Workflow, choices: &Texts, names: &[&str], findings: &mut Vec<Finding>) {
    let mut first: HashMap<&str, Place> = HashMap::new();
    for option in &choices.texts {
        let (text, at) = (&*option.text, At::file(workflow.file(), option.place));
        if let Some(before) = first.insert(text, option.place) {
            findings.push(
                Finding::error(
                    RULE,
                    at,
                    format!("the option '{text}' stands twice, first in line {}", before.line),
                )
                .why("one of the two was meant to be another service")
                .fix("take one out, or put the other service's path there"),
            );
        } else if names.binary_search(&text).is_err() {
            let named = names.iter().copied().filter(|name| short_name(name) == text).collect::<Vec<_>>();
            let near = if named.is_empty() { nearest(text, names.iter().copied()) } else { named };
            let fix = match near.as_slice() {
                [] => "take it out, or put a service's path there (imgver list shows them)".to_owned(),
                near => format!("write {}", near.join(" or ")),
            };
            findings.push(
                Finding::error(RULE, at, format!("the option '{text}' is no service's path"))
                    .why("imgver plan refuses it, so a run that is started with it fails")
                    .fix(fix),
            );
        }
    }
    let missing: Vec<&str> = names.iter().copied().filter(|name| !first.contains_key(name)).collect();
    if !missing.is_empty() {
        let at = At::file(workflow.file(), choices.place);
        findings.push(
            Finding::warning(RULE, at, format!("no option for {}", missing.join(", ")))
                .why("these services cannot be built by hand")
                .fix("add their paths to the options"),
        );
    }
}
