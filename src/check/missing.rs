//! Plans of what a push changes, where a version can be new for another reason.

use super::{At, Finding, Rule, Setup};
use crate::ci::github::{Call, Step, Workflow};
use crate::config::{Config, FILE, Scope};

pub(super) fn check(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    for workflow in setup.flows.calling(&["plan"]) {
        findings.extend(by_changes(workflow, setup.config.config));
    }
}

/// The plan of `workflow`, if it builds what pushes to a branch change and nothing in it asks what is missing.
fn by_changes(workflow: &Workflow, config: &Config) -> Option<Finding> {
    workflow.push.as_ref().filter(|push| push.starts_for_branches())?;
    // Others may only test what changed.
    workflow.steps().find(|step| pushes_images(step))?;
    let plans = |step: &'_ Step| step.calls.iter().any(|call| call.command == "plan");
    let calls = || workflow.steps().flat_map(|step| &step.calls).filter(|call| call.command == "plan");
    let is_open = |call: &Call| call.args.iter().any(|arg| arg.contains('$')) || asks_what_is_missing(call);
    if calls().any(is_open) || !calls().all(|call| counts_by_service(config, call)) {
        return None;
    }
    let step = workflow.steps().find(|step| plans(step))?;
    let message = format!("imgver plan selects what a push changes, and {FILE} has scope: service");
    Some(
        Finding::warning(Rule::PlanByChanges, At::file(workflow.file(), step.place), message)
            .why("a version that is new for another reason, or whose build failed, is built by no later push")
            .fix("imgver plan --missing, after a login to the registries in the same job"),
    )
}

fn pushes_images(step: &Step) -> bool {
    let by_action =
        step.runs_action("docker/build-push-action") && step.with("push").is_some_and(|push| push != "false");
    by_action || step.calls.iter().any(|call| call.command == "build" && call.has("--push"))
}

/// Whether `call` asks registries what is missing, at least sometimes.
pub(super) fn asks_what_is_missing(call: &Call) -> bool {
    call.args.iter().any(|arg| arg.contains("--missing"))
}

/// Whether versions count by service for `call`.
pub(super) fn counts_by_service(config: &Config, call: &Call) -> bool {
    match call.option("--scope") {
        Some(scope) => scope == "service",
        None => config.scope.as_ref().is_some_and(|scope| scope.value == Scope::Service),
    }
}
