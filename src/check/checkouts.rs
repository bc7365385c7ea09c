//! Checkouts without the history that a later call of imgver needs.

use std::collections::{BTreeMap, HashSet};

use super::plans::{always_holds, always_runs};
use super::{At, Finding, Flows, Rule};
use crate::ci::github::{Call, Command, Job, Step, Workflow, commands};
use crate::config::{Config, Scope};
use crate::workspace::includes::seen_from;

/// git's own name for all of the history.
const DEPTH_MAX: u64 = 2_147_483_647;

pub(super) fn check(flows: &Flows, config: &Config, findings: &mut Vec<Finding>) {
    let by_service = config.scope.as_ref().is_some_and(|scope| scope.value == Scope::Service);
    for workflow in flows.workflows() {
        for job in &workflow.jobs {
            let (trees, seen) = (BTreeMap::new(), HashSet::new());
            let mut walk = Walk { flows, by_service, workflow, job, trees, seen, findings };
            walk.steps(&job.steps, true);
        }
    }
}

/// The steps of a job, one after another.
struct Walk<'f, 'w> {
    flows: &'f Flows,
    /// Whether versions count by service, unless a call says otherwise.
    by_service: bool,
    workflow: &'f Workflow,
    job: &'f Job,
    /// The work trees that the job has checked out, by directory; with their steps if they lack history.
    trees: BTreeMap<String, Option<&'f Step>>,
    /// The directories of actions that were looked at.
    seen: HashSet<&'f str>,
    findings: &'w mut Vec<Finding>,
}

impl<'f> Walk<'f, '_> {
    fn steps(&mut self, steps: &'f [Step], is_certain: bool) {
        for step in steps {
            let is_certain = is_certain && step.condition.as_deref().is_none_or(always_holds);
            if step.runs_action("actions/checkout") {
                self.checkout(step);
            }
            self.script(step, is_certain);
            if let Some(directory) = step.local_action()
                && let Some(action) = self.flows.action(directory)
                && self.seen.insert(directory)
            {
                self.steps(&action.steps, is_certain);
            }
        }
    }

    fn checkout(&mut self, step: &'f Step) {
        let path = step.with("path").unwrap_or_default();
        let is_own =
            step.with("repository").is_none_or(|repository| repository.contains("github.repository"));
        match seen_from("", path).filter(|path| !path.contains("${{")) {
            // The findings are about the job's own files.
            Some(path) => {
                let is_own_job = self.job.steps.iter().any(|own| std::ptr::eq(own, step));
                let shallow = Some(step).filter(|step| is_own && is_own_job && is_shallow(step));
                self.trees.insert(path, shallow);
            }
            None => self.complete(),
        }
    }

    /// From here on, every work tree may have all of its history.
    fn complete(&mut self) {
        self.trees.values_mut().for_each(|shallow| *shallow = None);
    }

    fn script(&mut self, step: &'f Step, is_certain: bool) {
        let Some(script) = &step.script else { return };
        // What tasks run comes behind the script's own commands, wherever it is called.
        if script.commands.iter().any(completes) && !commands(&script.text).iter().any(completes) {
            self.complete();
        }
        let mut own = 0;
        for command in &script.commands {
            if completes(command) {
                self.complete();
            } else if let Some(call) = Call::of(command) {
                own += 1;
                let directory = script.directory.as_deref().zip(call.directory.as_deref());
                let directory = directory.and_then(|(start, path)| seen_from(&seen_from("", start)?, path));
                self.call(&call, directory.as_deref(), is_certain);
            }
        }
        step.calls.iter().skip(own).for_each(|call| self.call(call, None, is_certain));
    }

    /// A call in `directory`, as seen from where the job starts; none if that is not known.
    fn call(&mut self, call: &Call, directory: Option<&str>, is_certain: bool) {
        let is_in = |tree: &str, directory: &str| {
            let rest = directory.strip_prefix(tree);
            tree.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let tree = match (directory, self.trees.len()) {
            (None, 1) => self.trees.iter_mut().next(),
            (None, _) => None,
            // The longest path comes last.
            (Some(directory), _) => self.trees.iter_mut().rfind(|(tree, _)| is_in(tree, directory)),
        };
        let Some((_, shallow)) = tree else { return };
        let Some(checkout) = *shallow else { return };
        if !call.needs_history(self.by_service)
            || call.command == "plan"
                && !plan_needs_history(call, (self.workflow, self.job), self.flows, checkout, is_certain)
        {
            return;
        }
        // One finding for each checkout.
        *shallow = None;
        let depth = match checkout.with("fetch-depth") {
            Some(depth) => format!("fetch-depth {depth}"),
            None => "no fetch-depth, which means a depth of 1".to_owned(),
        };
        let message = format!(
            "this checkout has {depth}, but the job '{}' then calls imgver {}",
            self.job.name, call.command
        );
        self.findings.push(
            Finding::error(Rule::ShallowCheckout, At::file(self.workflow.file(), checkout.place), message)
                .why("versions and changes are determined from history and tags, which the job then lacks")
                .fix("give it `with: { fetch-depth: 0 }`"),
        );
    }
}

/// Whether `command` may fetch what a shallow clone lacks.
fn completes(command: &Command) -> bool {
    let args = command.args();
    let is_all = |depth: &str| depth.parse::<u64>().is_ok_and(|depth| depth >= DEPTH_MAX);
    let fetches = args.iter().any(|arg| matches!(&**arg, "fetch" | "pull"));
    let deepens = args.iter().zip(args.iter().skip(1).map(Some).chain([None])).any(|(arg, next)| {
        let (name, value) = arg.split_once('=').unwrap_or((arg, next.map_or("", String::as_str)));
        match name {
            "--depth" => is_all(value) || value.contains('$'),
            "--unshallow" | "--deepen" | "--shallow-since" | "--shallow-exclude" => true,
            _ => false,
        }
    });
    command.program() == "git" && fetches && deepens
}

/// What decides about the history that a plan needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compares {
    /// No commits.
    Nothing,
    /// The merge of a pull request with its parents.
    Merge,
    Commits,
}

/// Whether the call of `imgver plan` needs more history than `checkout` gets.
fn plan_needs_history(
    call: &Call,
    (workflow, job): (&Workflow, &Job),
    flows: &Flows,
    checkout: &Step,
    is_certain: bool,
) -> bool {
    if call.option("--event-name").is_some() || call.option("--base").is_some() {
        return true;
    }
    let depth = checkout.with("fetch-depth").and_then(|depth| depth.trim().parse::<u32>().ok());
    let has_merge = depth.is_some_and(|depth| depth > 1);
    let compares = compared(workflow, flows);
    let needs = |compares: &Compares| match compares {
        Compares::Nothing => false,
        Compares::Merge => !has_merge,
        Compares::Commits => true,
    };
    if is_certain && always_runs(workflow, job) {
        compares.is_empty() || compares.iter().any(needs)
    } else {
        // Which of the events get there is not known.
        compares.iter().all(needs)
    }
}

/// What a plan in `workflow` compares, for each event that starts it or a workflow that calls it.
fn compared(workflow: &Workflow, flows: &Flows) -> Vec<Compares> {
    let (mut seen, mut waiting, mut found) = (HashSet::new(), vec![workflow], Vec::new());
    while let Some(workflow) = waiting.pop() {
        if !seen.insert(workflow.file()) {
            continue;
        }
        for event in &workflow.events {
            found.push(match &*event.name {
                "workflow_call" => {
                    let calls = |other: &&Workflow| {
                        let mut uses = other.jobs.iter().filter_map(|job| job.uses.as_deref());
                        uses.any(|uses| uses.strip_prefix("./") == Some(workflow.file()))
                    };
                    waiting.extend(flows.workflows().iter().filter(calls));
                    continue;
                }
                "workflow_dispatch" | "schedule" | "repository_dispatch" | "release" => Compares::Nothing,
                "push" if workflow.push.as_ref().is_some_and(|push| !push.starts_for_branches()) => {
                    Compares::Nothing
                }
                "pull_request" => Compares::Merge,
                _ => Compares::Commits,
            });
        }
    }
    found
}

fn is_shallow(step: &Step) -> bool {
    let depth = step.with("fetch-depth").map(str::trim).unwrap_or_default();
    depth != "0" && !depth.contains("${{")
}
