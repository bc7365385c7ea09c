//! The calls of imgver by workflows: in their own steps, in actions of the repository, in workflows that they call.

use std::collections::{BTreeMap, HashSet};

use super::task_runs::{TaskRuns, calls_by_name};
use super::taskfiles::CheckedTaskfile;
use super::{At, Finding, Rule, Source};
use crate::ci::github::{Action, Call, Command, Script, Step, Workflow};
use crate::workspace::includes::seen_from;
use crate::workspace::task_command::TaskCommand;
use crate::workspace::taskfile::directory_of;

/// All workflows and composite actions of the repository.
#[derive(Debug, Default)]
pub struct Flows {
    workflows: Vec<Workflow>,
    /// The repository's actions, by directory.
    actions: BTreeMap<String, Action>,
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
            match Action::parse(text) {
                Ok(action) => drop(flows.actions.insert(directory.to_owned(), action)),
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

    /// The Taskfiles that runs of Task name, by their paths from the root of the repository.
    pub fn taskfiles(&self) -> Vec<String> {
        let workflows = self.workflows.iter().flat_map(Workflow::steps);
        let steps = workflows.chain(self.action_steps());
        let scripts = steps.filter_map(|step| step.script.as_ref());
        scripts.flat_map(runs).filter_map(|(run, from)| seen_from(&from?, &run.taskfile?)).collect()
    }

    /// Adds what the tasks that scripts run lead to: calls of imgver, and other commands in place of those of Task. `files` are
    /// all that git tracks, sorted.
    #[must_use]
    pub fn with_tasks(mut self, taskfiles: &[CheckedTaskfile], files: &[String]) -> Self {
        let mut tasks = TaskRuns::new(taskfiles, files);
        let workflows = self.workflows.iter_mut().flat_map(|workflow| &mut workflow.jobs);
        let steps = workflows.flat_map(|job| &mut job.steps);
        for step in steps.chain(self.actions.values_mut().flat_map(|action| &mut action.steps)) {
            let Some(script) = &mut step.script else { continue };
            for (run, directory) in runs(script) {
                let reached = tasks.reach(&run, directory.as_deref());
                if reached.is_incomplete && reached.calls.is_empty() {
                    step.calls.extend(calls_by_name(&run));
                }
                if !reached.is_incomplete {
                    script.commands.retain(|command| task_run(command).as_ref() != Some(&run));
                }
                step.calls.extend(reached.calls);
                script.commands.extend(reached.commands);
            }
        }
        self
    }

    /// The action in `directory`.
    pub(super) fn action(&self, directory: &str) -> Option<&Action> {
        self.actions.get(directory)
    }

    /// The steps of all actions.
    pub(super) fn action_steps(&self) -> impl Iterator<Item = &Step> {
        self.actions.values().flat_map(|action| &action.steps)
    }

    /// The steps of all actions, each with the directory of its action.
    pub(super) fn steps_of_actions(&self) -> impl Iterator<Item = (&str, &Step)> {
        let actions = self.actions.iter();
        actions.flat_map(|(directory, action)| action.steps.iter().map(move |step| (&**directory, step)))
    }

    /// The directories of all actions, sorted.
    pub(super) fn action_directories(&self) -> impl Iterator<Item = &str> {
        self.actions.keys().map(String::as_str)
    }

    /// The workflow in `file`.
    pub(super) fn workflow(&self, file: &str) -> Option<&Workflow> {
        self.workflows.iter().find(|workflow| workflow.file() == file)
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

    /// Whether any call in a workflow has the option `name`.
    pub(super) fn has_option(&self, name: &str) -> bool {
        let mut calls = self.workflows.iter().flat_map(|workflow| self.calls_of(workflow));
        calls.any(|call| call.option(name).is_some())
    }

    /// The calls of a workflow: its own, and those of the actions and workflows that it uses.
    pub(super) fn calls_of<'f>(&'f self, workflow: &'f Workflow) -> Vec<&'f Call> {
        let mut gathering = Gathering { flows: self, seen: HashSet::new(), calls: Vec::new() };
        gathering.workflow(workflow);
        gathering.calls
    }
}

fn task_run(command: &Command) -> Option<TaskCommand> {
    TaskCommand::parse(command.program(), command.args())
}

/// The runs of Task in `script`, each with the directory where it starts, if that is known.
fn runs(script: &Script) -> Vec<(TaskCommand, Option<String>)> {
    let start = script.directory.as_deref();
    let run = |command: &Command| {
        let directory = start.zip(command.directory.as_deref());
        let directory = directory.and_then(|(start, path)| seen_from(&seen_from("", start)?, path));
        Some((task_run(command)?, directory))
    };
    script.commands.iter().filter_map(run).collect()
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
                waiting.extend(called.and_then(|file| self.flows.workflow(file)));
            }
        }
    }

    fn step(&mut self, step: &'f Step) {
        let mut waiting = vec![step];
        while let Some(step) = waiting.pop() {
            self.calls.extend(&step.calls);
            if let Some((directory, action)) =
                step.local_action().and_then(|directory| self.flows.actions.get_key_value(directory))
                && self.seen.insert(directory)
            {
                waiting.extend(&action.steps);
            }
        }
    }
}
