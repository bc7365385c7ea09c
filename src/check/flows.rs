//! The calls of imgver by workflows: in their own steps, in actions of the repository, in workflows that they call.

use std::collections::{BTreeMap, HashSet};

use super::{At, Finding, Rule, Source};
use crate::ci::github::{Call, Step, Workflow, action_steps};
use crate::workspace::taskfile::directory_of;

/// All workflows and composite actions of the repository.
#[derive(Debug, Default)]
pub struct Flows {
    workflows: Vec<Workflow>,
    /// The steps of the repository's composite actions, by directory.
    actions: BTreeMap<String, Vec<Step>>,
    findings: Vec<Finding>,
}

impl Flows {
    /// Parses the files of workflows and of composite actions, each once. A file that cannot be read is a finding.
    pub fn read(workflows: &[Source], actions: &[Source]) -> Self {
        let mut flows = Flows::default();
        for source in workflows {
            let Some(text) = source.read(Rule::WorkflowFile, &mut flows.findings) else { continue };
            match Workflow::parse(&*source.file, text) {
                Ok(workflow) => flows.workflows.push(workflow),
                Err(error) => flows.findings.push(
                    Finding::error(
                        Rule::WorkflowFile,
                        At::error(&source.file, &error),
                        format!("cannot read the workflow: {error}"),
                    )
                    .why("GitHub does not run a workflow that it cannot read, and reports that in the list of runs only")
                    .fix("correct the YAML there"),
                ),
            }
        }
        let mut used = Vec::new();
        let steps = flows.workflows.iter().flat_map(Workflow::steps);
        used.extend(steps.filter_map(Step::local_action).map(ToOwned::to_owned));
        for source in actions {
            let directory = directory_of(&source.file);
            let Some(text) = source.read(Rule::ActionFile, &mut flows.findings) else { continue };
            match action_steps(text) {
                Ok(steps) => drop(flows.actions.insert(directory.to_owned(), steps)),
                // Other things have files of this name, too.
                Err(error) if used.iter().any(|used| used == directory) => flows.findings.push(
                    Finding::error(
                        Rule::ActionFile,
                        At::error(&source.file, &error),
                        format!("cannot read the action: {error}"),
                    )
                    .why("every job that uses it fails")
                    .fix("correct the YAML there"),
                ),
                Err(_) => {}
            }
        }
        flows
    }

    /// The files that could not be read.
    pub(super) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Those that could be read.
    pub fn workflows(&self) -> &[Workflow] {
        &self.workflows
    }

    /// The workflows that call one of `commands`; any command if there are none.
    pub(super) fn calling(&self, commands: &[&str]) -> impl Iterator<Item = &Workflow> {
        self.workflows.iter().filter(move |workflow| self.calls(workflow, commands))
    }

    pub(super) fn calls(&self, workflow: &Workflow, commands: &[&str]) -> bool {
        let is_wanted = |call: &&Call| commands.is_empty() || commands.contains(&&*call.command);
        self.calls_of(workflow).iter().any(is_wanted)
    }

    /// How many workflows call imgver.
    pub fn count(&self) -> usize {
        self.calling(&[]).count()
    }

    /// The value that all calls of `imgver plan` and `changed` give the option `name`; none if they differ.
    pub fn option(&self, name: &str) -> Option<&str> {
        let calls = self.workflows.iter().flat_map(|workflow| self.calls_of(workflow));
        let mut calls = calls.filter(|call| matches!(&*call.command, "plan" | "changed"));
        let first = calls.next()?.option(name)?;
        calls.all(|call| call.option(name) == Some(first)).then_some(first)
    }

    /// The value that all workflows that call imgver give the variable `name`; none if they differ.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let mut values = self.calling(&[]).map(|workflow| workflow.env.iter().find(|(key, _)| key == name));
        let (_, first) = values.next()??;
        values.all(|value| value.is_some_and(|(_, value)| value == first)).then_some(first)
    }

    /// Whether any call in a workflow has the option `name`.
    pub(super) fn has_option(&self, name: &str) -> bool {
        let mut calls = self.workflows.iter().flat_map(|workflow| self.calls_of(workflow));
        calls.any(|call| call.option(name).is_some())
    }

    fn calls_of<'f>(&'f self, workflow: &'f Workflow) -> Vec<&'f Call> {
        let mut gathering = Gathering { flows: self, seen: HashSet::new(), calls: Vec::new() };
        gathering.workflow(workflow);
        gathering.calls
    }

    /// The calls of a step, by itself or through an action.
    pub(super) fn of_step<'f>(&'f self, step: &'f Step) -> Vec<&'f Call> {
        let mut gathering = Gathering { flows: self, seen: HashSet::new(), calls: Vec::new() };
        gathering.step(step);
        gathering.calls
    }
}

/// Collects calls.
struct Gathering<'f> {
    flows: &'f Flows,
    /// Files of workflows and directories of actions: each is visited once, even if they call each other in a circle.
    seen: HashSet<&'f str>,
    calls: Vec<&'f Call>,
}

impl<'f> Gathering<'f> {
    fn workflow(&mut self, workflow: &'f Workflow) {
        let mut waiting = vec![workflow];
        while let Some(workflow) = waiting.pop() {
            if !self.seen.insert(workflow.file()) {
                continue;
            }
            for job in &workflow.jobs {
                job.steps.iter().for_each(|step| self.step(step));
                let called = job.uses.as_deref().and_then(|uses| uses.strip_prefix("./"));
                let called =
                    called.and_then(|file| self.flows.workflows.iter().find(|other| other.file() == file));
                waiting.extend(called);
            }
        }
    }

    fn step(&mut self, step: &'f Step) {
        let mut waiting = vec![step];
        while let Some(step) = waiting.pop() {
            self.calls.extend(&step.calls);
            if let Some((directory, steps)) =
                step.local_action().and_then(|directory| self.flows.actions.get_key_value(directory))
                && self.seen.insert(directory)
            {
                waiting.extend(steps);
            }
        }
    }
}
