//! Workflows: what their steps build, whatever matrices, inputs and variables it takes to see that.

mod builds;
mod expression;
mod filters;
mod matrix;
mod script;
mod steps;

use std::collections::BTreeMap;

use super::fact::{BuildFact, Spot};
use super::value::Value;
use super::{Discovery, Sources};
use crate::ci::github::{is_action_file, is_workflow_file};
use crate::workspace::includes::seen_from;
use crate::yaml::tree::{self, Node};
use expression::Scope;

pub(super) use filters::filter_uses;

/// More than workflows and actions call each other in turn (GitHub allows ten levels).
const CALLS_MAX: usize = 10;

/// More builds than a repository of people's has: reusable workflows with matrices multiply.
const BUILDS_MAX: usize = 5_000;

/// What all workflows build.
pub(super) fn read(sources: &Sources, discoveries: &mut Vec<Discovery>) -> Vec<BuildFact> {
    let mut trees = BTreeMap::new();
    for (file, text) in sources.files(is_read) {
        match tree::parse(text) {
            Ok(root) => drop(root.map(|root| trees.insert(file.to_owned(), root))),
            Err(error) if is_workflow_file(file) => {
                let spot = error.location.map_or_else(|| Spot::file(file), |place| Spot::at(file, place));
                discoveries.push(Discovery::unreadable(spot, error));
            }
            // Any tool's file may be called action.yml.
            Err(_) => {}
        }
    }
    let mut reader = Reader { sources, trees: &trees, facts: Vec::new(), discoveries: Vec::new() };
    let called = reader.called();
    for (file, root) in trees.iter().filter(|(file, _)| is_workflow_file(file)) {
        // One that others call is read with what they give it.
        let is_called_only =
            called.contains(&file.as_str()) && events(root).iter().all(|event| *event == "workflow_call");
        if !is_called_only && !calls_imgver(sources.text(file).unwrap_or_default()) {
            reader.workflow(file, root, &BTreeMap::new(), 0);
        }
    }
    let Reader { facts, discoveries: mut found, .. } = reader;
    found.sort();
    found.dedup();
    discoveries.extend(found);
    facts
}

/// Whether `file` is a workflow or an action.
fn is_read(file: &str) -> bool {
    is_workflow_file(file) || is_action_file(file)
}

/// Whether a workflow takes its builds from imgver itself: then it says nothing that imgver does not know.
fn calls_imgver(text: &str) -> bool {
    ["imgver plan", "imgver build", "imgver tag"].iter().any(|call| text.contains(call))
}

fn events(root: &Node) -> Vec<&str> {
    let Some(on) = root.get("on") else { return Vec::new() };
    let keys = on.entries().iter().map(|(key, _)| key);
    std::iter::once(on).chain(on.items()).chain(keys).filter_map(Node::text).collect()
}

struct Reader<'s> {
    sources: &'s Sources,
    trees: &'s BTreeMap<String, Node>,
    facts: Vec<BuildFact>,
    discoveries: Vec<Discovery>,
}

impl<'s> Reader<'s> {
    /// The workflows that jobs call.
    fn called(&self) -> Vec<&'s str> {
        let jobs = self.trees.values().filter_map(|root| root.get("jobs")).flat_map(Node::entries);
        let uses = jobs.filter_map(|(_, job)| job.get("uses")?.text());
        uses.filter_map(|uses| self.trees.get_key_value(&local(uses)?).map(|(file, _)| file.as_str()))
            .collect()
    }

    /// Reads a workflow that is called with `given`.
    fn workflow(&mut self, file: &'s str, root: &'s Node, given: &BTreeMap<String, Value>, depth: usize) {
        let mut scope = Scope::new(&self.sources.repository);
        for event in ["workflow_dispatch", "workflow_call"] {
            let inputs = root.get("on").and_then(|on| on.get(event)).and_then(|event| event.get("inputs"));
            scope.add_inputs(inputs, given);
        }
        scope.add_env(root.get("env"));
        let mut jobs: Vec<&(Node, Node)> =
            root.get("jobs").map(Node::entries).unwrap_or_default().iter().collect();
        // Those that others get outputs from run before them.
        jobs.sort_by_key(|(_, job)| job.get("outputs").is_none());
        for (name, job) in jobs {
            let matrix = job.get("strategy").and_then(|strategy| strategy.get("matrix"));
            for combination in matrix::combinations(matrix) {
                if self.facts.len() < BUILDS_MAX {
                    let mut inner = scope.clone();
                    inner.matrix = combination;
                    inner.add_env(job.get("env"));
                    let outputs = self.job(file, job, inner, depth);
                    scope.jobs.insert(name.text().unwrap_or_default().to_owned(), outputs);
                }
            }
        }
    }

    /// Reads a job, and gives its outputs.
    fn job(&mut self, file: &'s str, job: &'s Node, mut scope: Scope<'s>, depth: usize) -> script::Values {
        if let Some(uses) = job.get("uses").and_then(Node::text) {
            let called = local(uses).and_then(|called| self.trees.get_key_value(&called));
            match called.filter(|_| depth < CALLS_MAX) {
                Some((called, root)) => {
                    let given = scope.evaluated(job.get("with"));
                    self.workflow(called, root, &given, depth + 1);
                }
                None => self.foreign(file, job, &scope),
            }
            return script::Values::new();
        }
        let defaults = job.get("defaults").and_then(|defaults| defaults.get("run"));
        let directory = defaults.and_then(|run| run.get("working-directory"));
        scope.directory =
            directory.and_then(|directory| scope.value(directory).known().map(ToOwned::to_owned));
        self.steps(file, job.get("steps"), &mut scope, depth);
        scope.evaluated(job.get("outputs"))
    }

    fn steps(&mut self, file: &'s str, steps: Option<&'s Node>, scope: &mut Scope<'s>, depth: usize) {
        for step in steps.map(Node::items).unwrap_or_default() {
            let mut inner = scope.clone();
            inner.add_env(step.get("env"));
            let uses = step.get("uses").and_then(Node::text).unwrap_or_default();
            if let Some(action) = local(uses) {
                self.action(&action, step, &inner, depth);
            } else {
                self.step(file, step, uses, &inner, scope);
            }
        }
    }

    /// Reads the composite action in the directory `action`.
    fn action(&mut self, action: &str, step: &'s Node, scope: &Scope<'s>, depth: usize) {
        let names = ["action.yml", "action.yaml"];
        let mut files = names.iter().filter_map(|name| self.trees.get_key_value(&format!("{action}/{name}")));
        let Some((file, root)) = files.next().filter(|_| depth < CALLS_MAX) else { return };
        let mut inner = Scope::new(&self.sources.repository);
        inner.env.clone_from(&scope.env);
        inner.add_inputs(root.get("inputs"), &scope.evaluated(step.get("with")));
        let steps = root.get("runs").and_then(|runs| runs.get("steps"));
        self.steps(file, steps, &mut inner, depth + 1);
    }
}

/// The path, from the root, of what `uses` names in this repository.
fn local(uses: &str) -> Option<String> {
    seen_from("", uses.strip_prefix("./")?)
}
