//! Workflow files, as far as they concern imgver.
//!
//! Source: "Workflow syntax for GitHub Actions" in GitHub's documentation.

use super::calls::Call;
use super::script::Command;
use super::{WorkflowFilter, WorkflowFilterError};
use crate::yaml::tree::Place;

/// The directories of workflows, from the root of the repository: GitHub looks in the last, Gitea and Forgejo in the first one
/// that there is. The same repository may be on several of them, so that all count.
pub const WORKFLOWS: [&str; 3] = [".forgejo/workflows", ".gitea/workflows", ".github/workflows"];

/// A workflow.
#[derive(Debug, Clone)]
pub struct Workflow {
    pub(super) file: String,
    pub(super) name: Option<String>,
    /// The events that start it, in the order of the file.
    pub events: Vec<StartingEvent>,
    /// Which pushes start it; none if pushes do not.
    pub push: Option<Push>,
    /// Whether `workflow_dispatch`, if it starts it, has an input `service`.
    pub asks_for_service: bool,
    /// The options of the input `service` of `workflow_dispatch`; none if it is not of type `choice`.
    pub service_choices: Option<Texts>,
    /// The variables that it sets, for all jobs, for single ones and for steps.
    pub env: Vec<(String, Text)>,
    /// Keys that a map has more than once.
    pub duplicates: Vec<Duplicate>,
    /// Merge keys (`<<`) with a map or a list.
    pub merge_keys: Vec<Place>,
    /// Which of its runs wait for each other.
    pub concurrency: Option<Concurrency>,
    /// In the order of the file.
    pub jobs: Vec<Job>,
}

/// An event that starts a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartingEvent {
    /// Its name, e.g. `push`.
    pub name: String,
    /// Where it is named.
    pub place: Place,
    /// Its activity types; none if it does not list any.
    pub types: Option<Vec<String>>,
}

/// `concurrency`, of a workflow or of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concurrency {
    /// Where it is written.
    pub place: Place,
    /// The group, which may contain expressions.
    pub group: String,
    /// Whether a new run cancels the one that is running.
    pub cancels: bool,
    /// Whether all runs wait (`queue: max`), and not only the newest.
    pub queues: bool,
}

/// The filters of `on.push`.
#[derive(Debug, Clone)]
pub struct Push {
    /// Where the event is named.
    pub place: Place,
    /// `branches`.
    pub branches: Option<Patterns>,
    /// `branches-ignore`.
    pub branches_ignore: Option<Patterns>,
    /// `tags`.
    pub tags: Option<Patterns>,
    /// `tags-ignore`.
    pub tags_ignore: Option<Patterns>,
    /// `paths`.
    pub paths: Option<Patterns>,
    /// `paths-ignore`.
    pub paths_ignore: Option<Patterns>,
}

/// The patterns of a filter: as they are written, and what they mean.
#[derive(Debug, Clone)]
pub struct Patterns {
    /// As they are written.
    pub written: Texts,
    filter: Result<WorkflowFilter, WorkflowFilterError>,
}

/// A list of texts with their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// Of the key of the list.
    pub place: Place,
    /// In the order of the file.
    pub texts: Vec<Text>,
}

/// A text of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Without quotes.
    pub text: String,
    /// Where it starts, quotes included.
    pub place: Place,
    /// Whether it is in quotes.
    pub is_quoted: bool,
}

/// A key that a map already has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duplicate {
    /// Where it is repeated.
    pub place: Place,
    /// The key.
    pub key: String,
    /// Where it is for the first time.
    pub first: Place,
}

/// A job: a list of steps, or a call of another workflow.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id, the key below `jobs`.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// The workflow that it calls; none if it never runs.
    pub uses: Option<String>,
    /// Its `if`.
    pub condition: Option<String>,
    /// The jobs that must have ended before.
    pub needs: Vec<String>,
    /// Whether it certainly runs on a fresh machine of GitHub's, and in no container.
    pub is_on_fresh_machine: bool,
    /// Which of its runs wait for each other.
    pub concurrency: Option<Concurrency>,
    /// Those that may run, in the order in which they run.
    pub steps: Vec<Step>,
}

/// An action of a repository.
#[derive(Debug, Clone)]
pub struct Action {
    /// Whether its steps are all that it does; others are programs.
    pub is_composite: bool,
    /// Its steps, in the order in which they run.
    pub steps: Vec<Step>,
}

/// A step of a job or of a composite action.
#[derive(Debug, Clone)]
pub struct Step {
    /// Where it starts.
    pub place: Place,
    /// The action that it runs.
    pub uses: Option<String>,
    /// The inputs of that action.
    pub with: Vec<(String, String)>,
    /// Its `if`.
    pub condition: Option<String>,
    /// What it runs itself.
    pub script: Option<Script>,
    /// The calls of imgver in its script.
    pub calls: Vec<Call>,
}

/// What a step runs.
#[derive(Debug, Clone)]
pub struct Script {
    /// As written.
    pub text: String,
    /// The directory in which it starts, as written; none if an expression names it.
    pub directory: Option<String>,
    /// Whether it is known that nothing but a shell reads it, and that its PATH is the job's.
    pub is_plain: bool,
    /// Its commands.
    pub commands: Vec<Command>,
}

/// Whether a file of this name in one of [`WORKFLOWS`] is a workflow.
pub fn is_workflow(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}

/// Whether the file at `path`, from the root of the repository, is a workflow.
pub fn is_workflow_file(path: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(directory, name)| WORKFLOWS.contains(&directory) && is_workflow(name))
}

/// Whether the file at `path` has the name of an action's metadata file.
pub fn is_action_file(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("action.yaml" | "action.yml"))
}

impl Workflow {
    /// Its path from the root of the repository.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The name that GitHub shows: its own, or that of its file if it has none.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.file)
    }

    /// Whether pushing the tag `tag` (without `refs/tags/`) starts it.
    ///
    /// A filter with a pattern that has no meaning starts nothing.
    pub fn starts_for_tag(&self, tag: &str) -> bool {
        self.push.as_ref().is_some_and(|push| push.starts_for_tag(tag).unwrap_or(false))
    }

    /// All steps of all jobs.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.jobs.iter().flat_map(|job| &job.steps)
    }
}

impl Push {
    /// Whether the push of the tag `tag` passes the filters: `tags` or `tags-ignore` if there is one of them, else if there
    /// is none for branches either. `paths` do not apply to tags.
    ///
    /// # Errors
    /// A pattern of the filter that has no meaning.
    pub fn starts_for_tag(&self, tag: &str) -> Result<bool, &WorkflowFilterError> {
        let filters_branches = self.branches.is_some() || self.branches_ignore.is_some();
        Ok(passes(tag, self.tags.as_ref(), self.tags_ignore.as_ref())?.unwrap_or(!filters_branches))
    }

    /// Whether pushes of branches can pass the filters at all.
    pub fn starts_for_branches(&self) -> bool {
        let filters_branches = self.branches.is_some() || self.branches_ignore.is_some();
        filters_branches || (self.tags.is_none() && self.tags_ignore.is_none())
    }

    /// Whether the push of a branch passes the filters of paths if only `path` changed.
    ///
    /// # Errors
    /// A pattern of the filter that has no meaning.
    pub fn lets_path_through(&self, path: &str) -> Result<bool, &WorkflowFilterError> {
        Ok(passes(path, self.paths.as_ref(), self.paths_ignore.as_ref())?.unwrap_or(true))
    }
}

/// Whether `name` passes a pair of filters; none if there is neither.
fn passes<'p>(
    name: &str,
    only: Option<&'p Patterns>,
    ignored: Option<&'p Patterns>,
) -> Result<Option<bool>, &'p WorkflowFilterError> {
    Ok(match (only, ignored) {
        (None, None) => None,
        (Some(only), None) => Some(only.filter()?.matches(name)),
        (None, Some(ignored)) => Some(!ignored.filter()?.matches(name)),
        // GitHub refuses both in one event.
        (Some(_), Some(_)) => Some(false),
    })
}

impl Patterns {
    pub(super) fn new(written: Texts) -> Self {
        let filter = WorkflowFilter::parse(written.texts.iter().map(|text| &text.text));
        Patterns { written, filter }
    }

    /// What they let through.
    ///
    /// # Errors
    /// The first one that has no meaning.
    pub fn filter(&self) -> Result<&WorkflowFilter, &WorkflowFilterError> {
        self.filter.as_ref()
    }

    /// Every pattern that has no meaning, and why.
    pub fn invalid(&self) -> impl Iterator<Item = (&Text, WorkflowFilterError)> {
        let texts = if self.filter.is_ok() { &[] } else { &*self.written.texts };
        texts.iter().filter_map(|text| Some((text, WorkflowFilter::parse([&text.text]).err()?)))
    }
}

impl Step {
    /// Whether it runs the action `name`, whatever its version.
    pub fn runs_action(&self, name: &str) -> bool {
        let uses = self.uses.as_deref().and_then(|uses| uses.split_once('@'));
        uses.is_some_and(|(action, _)| action.eq_ignore_ascii_case(name))
    }

    /// The directory of the action that it runs, from the root of the repository; none if it is not in the repository.
    pub fn local_action(&self) -> Option<&str> {
        let path = self.uses.as_deref()?.strip_prefix("./")?;
        Some(path.trim_end_matches('/'))
    }

    /// The input `name` of its action.
    pub fn with(&self, name: &str) -> Option<&str> {
        self.with.iter().rfind(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(on: &str, tag: &str) -> bool {
        let text = format!("on: {on}\njobs: {{}}\n");
        Workflow::parse("x.yaml", &text).unwrap_or_else(|error| panic!("{error}: {text}")).starts_for_tag(tag)
    }

    #[test]
    fn tags_start_what_githubs_rules_say() {
        for on in [
            "push",
            "[pull_request, push]",
            "{push: }",
            "{push: {}}",
            "{push: {paths: ['docs/**']}}",
            "{push: {tags: 'a@*'}}",
            "{push: {tags: ['a@*', '!b']}}",
            "{push: {branches: [main], tags: ['a@*'], paths: [x]}}",
            "{push: {tags-ignore: ['b@*']}}",
            "{push: {branches: [main], tags-ignore: []}}",
        ] {
            assert!(starts(on, "a@1.0.0"), "{on}");
        }
        for on in [
            "pull_request",
            "[pull_request]",
            "{workflow_dispatch: }",
            "{push: {branches: [main]}}",
            "{push: {branches: ['**']}}",
            "{push: {branches-ignore: [x]}}",
            "{push: {tags: ['b@*']}}",
            "{push: {tags: []}}",
            "{push: {tags: ['a@*', '!a@1**']}}",
            "{push: {tags-ignore: ['a@*']}}",
            "{push: {tags: ['a@*'], tags-ignore: ['b']}}",
            "{push: {tags: ['a@*', '+']}}",
        ] {
            assert!(!starts(on, "a@1.0.0"), "{on}");
        }
    }
}
