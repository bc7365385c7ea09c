//! What is wrong with workflows, whatever the services are.

use super::{At, Finding, Flows, Rule};
use crate::ci::github::{Call, Job, Step, Workflow};

pub(super) fn check(flows: &Flows, findings: &mut Vec<Finding>) {
    for workflow in flows.workflows() {
        for duplicate in &workflow.duplicates {
            let message =
                format!("the key '{}' is duplicated (first on line {})", duplicate.key, duplicate.first.line);
            findings.push(
                Finding::error(Rule::DuplicateKey, At::file(workflow.file(), duplicate.place), message)
                    .why("GitHub rejects the file, and most other tools ignore the first of the two")
                    .fix("merge the two, e.g. branches and tags below one `push`"),
            );
        }
        for place in &workflow.merge_keys {
            let at = At::file(workflow.file(), *place);
            findings.push(
                Finding::error(Rule::MergeKey, at, "GitHub does not know merge keys (<<)")
                    .why("it rejects the file, so nothing starts this workflow; anchors and aliases alone are fine")
                    .fix("write out what is merged; or refer to a whole value by an alias"),
            );
        }
        for job in &workflow.jobs {
            shallow_checkout(workflow, job, flows, findings);
        }
    }
}

/// A checkout without history before a call of imgver that needs it.
fn shallow_checkout(workflow: &Workflow, job: &Job, flows: &Flows, findings: &mut Vec<Finding>) {
    let mut shallow: Option<&Step> = None;
    for step in &job.steps {
        if is_own_checkout(step) {
            shallow = Some(step).filter(|step| is_shallow(step));
        }
        let Some(checkout) = shallow else { continue };
        let calls = flows.of_step(step);
        let Some(call) = calls.into_iter().find(|call: &&Call| call.needs_history()) else { continue };
        let depth = match checkout.with("fetch-depth") {
            Some(depth) => format!("fetch-depth {depth}"),
            None => "no fetch-depth, which means a depth of 1".to_owned(),
        };
        let message = format!(
            "this checkout has {depth}, but the job '{}' then calls imgver {}",
            job.name, call.command
        );
        findings.push(
            Finding::error(Rule::ShallowCheckout, At::file(workflow.file(), checkout.place), message)
                .why("versions and changes are determined from history and tags, which the job then lacks")
                .fix("give it `with: { fetch-depth: 0 }`"),
        );
        // One finding for each checkout.
        shallow = None;
    }
}

/// Whether a step checks out the workflow's own repository into the directory where the job works.
fn is_own_checkout(step: &Step) -> bool {
    let is_own = step.with("repository").is_none_or(|repository| repository.contains("github.repository"));
    step.runs_action("actions/checkout")
        && is_own
        && step.with("path").is_none_or(|path| matches!(path, "" | "."))
}

fn is_shallow(step: &Step) -> bool {
    let depth = step.with("fetch-depth").map(str::trim).unwrap_or_default();
    depth != "0" && !depth.contains("${{")
}
