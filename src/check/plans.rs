//! The calls of `imgver plan` that a workflow makes for every event that starts it.

use std::collections::HashSet;

use super::Flows;
use crate::ci::github::{Call, Concurrency, Job, Step, Workflow};

/// More workflows that call one another than GitHub allows.
const DEPTH_MAX: usize = 10;

/// Parts of a condition that may differ from one event to another.
const MAY_DIFFER: [&str; 14] = [
    "event",
    "github.ref",
    "github_ref",
    "head_ref",
    "base_ref",
    "github.sha",
    "inputs",
    "needs",
    "steps",
    "env.",
    "vars.",
    "matrix",
    "failure",
    "false",
];

/// A call of `imgver plan`.
#[derive(Debug)]
pub(super) struct PlanCall<'f> {
    /// The call.
    pub(super) call: &'f Call,
    /// What its run waits for: the groups of workflows and jobs, each with the file where it is.
    pub(super) groups: Vec<(&'f str, &'f Concurrency)>,
}

/// The calls of `imgver plan` that `workflow` makes itself, through actions or other workflows. A call that some condition may
/// keep from running for some event is left out.
pub(super) fn unconditional_plans<'f>(flows: &'f Flows, workflow: &'f Workflow) -> Vec<PlanCall<'f>> {
    let mut plans = Plans { flows, outer: Vec::new(), found: Vec::new() };
    plans.collect(workflow);
    plans.found
}

/// Whether `workflow` makes a plan for whatever event starts it.
pub(super) fn takes_its_event(flows: &Flows, workflow: &Workflow) -> bool {
    let is_given = |plan: &PlanCall<'_>| plan.call.option("--event-name").is_some();
    unconditional_plans(flows, workflow).iter().any(|plan| !is_given(plan))
}

/// Collects calls.
struct Plans<'f> {
    flows: &'f Flows,
    /// The workflows whose calls lead to the current one, each with the groups of its calling job.
    outer: Vec<(&'f str, Vec<(&'f str, &'f Concurrency)>)>,
    found: Vec<PlanCall<'f>>,
}

impl<'f> Plans<'f> {
    fn collect(&mut self, workflow: &'f Workflow) {
        let is_circle = self.outer.iter().any(|(file, _)| *file == workflow.file());
        if is_circle || self.outer.len() > DEPTH_MAX {
            return;
        }
        for job in workflow.jobs.iter().filter(|job| always_runs(workflow, job)) {
            let own = workflow.concurrency.iter().chain(&job.concurrency);
            let own: Vec<_> = own.map(|group| (workflow.file(), group)).collect();
            let outer = self.outer.iter().flat_map(|(_, groups)| groups);
            let groups: Vec<_> = outer.chain(&own).copied().collect();
            let mut seen = HashSet::new();
            let calls = job.steps.iter().flat_map(|step| plans(self.flows, step, &mut seen));
            self.found.extend(calls.map(|call| PlanCall { call, groups: groups.clone() }));
            let called = job.uses.as_deref().and_then(|uses| uses.strip_prefix("./"));
            if let Some(called) = called.and_then(|file| self.flows.workflow(file)) {
                self.outer.push((workflow.file(), own));
                self.collect(called);
                self.outer.pop();
            }
        }
    }
}

/// Whether `job` runs for every event, as far as its condition and those of the jobs that it needs tell.
pub(super) fn always_runs(workflow: &Workflow, job: &Job) -> bool {
    let (mut seen, mut waiting) = (HashSet::new(), vec![job]);
    while let Some(job) = waiting.pop() {
        if !seen.insert(&*job.name) {
            continue;
        }
        if job.condition.as_deref().is_some_and(|condition| !always_holds(condition)) {
            return false;
        }
        let is_needed = |other: &&Job| job.needs.contains(&other.name);
        waiting.extend(workflow.jobs.iter().filter(is_needed));
    }
    true
}

/// Whether `condition` certainly holds for every event that others hold for.
pub(super) fn always_holds(condition: &str) -> bool {
    let condition = condition.to_ascii_lowercase();
    !MAY_DIFFER.iter().any(|part| condition.contains(part))
}

/// The calls that `step` makes for every event, by itself or through actions, of which `seen` holds those that were looked at.
fn plans<'f>(flows: &'f Flows, step: &'f Step, seen: &mut HashSet<&'f str>) -> Vec<&'f Call> {
    // A script can ask for the event as well.
    let asks = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["github_event", "github.event", "github_ref", "github.ref"].iter().any(|part| text.contains(part))
    };
    let is_conditional = step.condition.as_deref().is_some_and(|condition| !always_holds(condition))
        || step.script.as_ref().is_some_and(|script| asks(&script.text));
    if is_conditional {
        return Vec::new();
    }
    let mut calls: Vec<&Call> = step.calls.iter().filter(|call| call.command == "plan").collect();
    if let Some(directory) = step.local_action()
        && let Some(action) = flows.action(directory)
        && seen.insert(directory)
    {
        calls.extend(action.steps.iter().flat_map(|step| plans(flows, step, seen)).collect::<Vec<_>>());
    }
    calls
}
