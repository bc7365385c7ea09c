//! Workflow files, as far as they matter to what imgver does in them.
//!
//! Source: "Workflow syntax for GitHub Actions" in GitHub's documentation. What GitHub would refuse is read as far as it
//! makes sense; only text that is no YAML, or no map, is refused here.

use super::calls::{Call, calls};
use super::{WorkflowFilter, WorkflowFilterError};
use crate::yaml::YamlError;
use crate::yaml::tree::{self, Node, Place};

/// A workflow.
#[derive(Debug, Clone)]
pub struct Workflow {
    file: String,
    name: Option<String>,
    /// What a push must be like to start it; none if pushes do not.
    pub push: Option<Push>,
    /// The choices of the input `service` of `workflow_dispatch`; none unless it is of the type `choice`.
    pub service_choices: Option<Texts>,
    /// Variables that it sets for all jobs, or for one.
    pub env: Vec<(String, String)>,
    /// Keys that stand twice in one map.
    pub duplicates: Vec<Duplicate>,
    /// Its jobs, in the order of the file.
    pub jobs: Vec<Job>,
}

/// The filters of `on.push`.
#[derive(Debug, Clone)]
pub struct Push {
    /// Where the event is named.
    pub place: Place,
    /// `branches`.
    pub branches: Option<Texts>,
    /// `branches-ignore`.
    pub branches_ignore: Option<Texts>,
    /// `tags`.
    pub tags: Option<Texts>,
    /// `tags-ignore`.
    pub tags_ignore: Option<Texts>,
    /// `paths`.
    pub paths: Option<Texts>,
    /// `paths-ignore`.
    pub paths_ignore: Option<Texts>,
}

/// A list of texts, and where it and they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// Where the key of the list stands.
    pub place: Place,
    /// The texts.
    pub texts: Vec<Text>,
}

/// A text of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text without quotes.
    pub text: String,
    /// Where it begins, quotes included.
    pub place: Place,
    /// Whether it has quotes.
    pub is_quoted: bool,
}

/// A key that stands twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duplicate {
    /// The later place.
    pub place: Place,
    /// The key.
    pub key: String,
    /// Where it stands first.
    pub first: Place,
}

/// A job.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id.
    pub name: String,
    /// The workflow that it runs instead of steps.
    pub uses: Option<String>,
    /// What it does, one after another.
    pub steps: Vec<Step>,
}

/// A step of a job or of a composite action.
#[derive(Debug, Clone)]
pub struct Step {
    /// Where it begins.
    pub place: Place,
    /// The action it runs.
    pub uses: Option<String>,
    /// What it hands to that action.
    pub with: Vec<(String, String)>,
    /// What its script calls of imgver.
    pub calls: Vec<Call>,
}

/// Where GitHub looks for workflows, from the root of the repository.
pub const WORKFLOWS: &str = ".github/workflows";

/// Whether GitHub takes the file called `name` there for a workflow ("Workflow syntax for GitHub Actions").
pub fn is_workflow(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}

impl Workflow {
    /// Reads the text of the workflow called `file`.
    ///
    /// # Errors
    /// Text that is no YAML, or no map.
    pub fn parse(file: impl Into<String>, text: &str) -> Result<Self, YamlError> {
        let root = map(text, "a workflow is a map")?;
        let on = root.get("on");
        let jobs = root.get("jobs").map(Node::entries).unwrap_or_default();
        let job = |(name, job): &(Node, Node)| Job {
            name: name.text().unwrap_or_default().to_owned(),
            uses: scalar(job.get("uses")),
            steps: job.get("steps").map(steps).unwrap_or_default(),
        };
        Ok(Workflow {
            file: file.into(),
            name: root
                .get("name")
                .and_then(Node::text)
                .filter(|name| !name.is_empty())
                .map(ToOwned::to_owned),
            push: on.and_then(|on| event(on, "push")).map(push),
            service_choices: on.and_then(|on| event(on, "workflow_dispatch")).and_then(service_choices),
            env: std::iter::once(&root).chain(jobs.iter().map(|(_, job)| job)).flat_map(env).collect(),
            duplicates: duplicates(&root),
            jobs: jobs.iter().map(job).collect(),
        })
    }

    /// Where it stands, from the root of the repository.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// What GitHub calls it: its name, or its file where it has none.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.file)
    }

    /// Whether the push of the tag `tag` (without `refs/tags/`) starts it.
    ///
    /// A filter that GitHub gives no meaning starts nothing.
    pub fn starts_for_tag(&self, tag: &str) -> bool {
        self.push.as_ref().is_some_and(|push| push.starts_for_tag(tag).unwrap_or(false))
    }

    /// All steps of all jobs.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.jobs.iter().flat_map(|job| &job.steps)
    }
}

impl Push {
    /// Whether the push of the tag `tag` gets through: by `tags` and `tags-ignore` where there is one of them, else if
    /// nothing is said of branches either. `paths` do not concern tags.
    ///
    /// # Errors
    /// A pattern of the filter that has no meaning.
    pub fn starts_for_tag(&self, tag: &str) -> Result<bool, WorkflowFilterError> {
        Push::lets_through(tag, &self.tags, &self.tags_ignore, [&self.branches, &self.branches_ignore])
    }

    /// Whether pushes to branches get through at all.
    pub fn starts_for_branches(&self) -> bool {
        let names_branches = self.branches.is_some() || self.branches_ignore.is_some();
        names_branches || (self.tags.is_none() && self.tags_ignore.is_none())
    }

    /// Whether `path` is one for which a push to a branch gets through.
    ///
    /// # Errors
    /// A pattern of the filter that has no meaning.
    pub fn lets_path_through(&self, path: &str) -> Result<bool, WorkflowFilterError> {
        Push::lets_through(path, &self.paths, &self.paths_ignore, [&None, &None])
    }

    fn lets_through(
        name: &str,
        only: &Option<Texts>,
        ignored: &Option<Texts>,
        others: [&Option<Texts>; 2],
    ) -> Result<bool, WorkflowFilterError> {
        let matches = |texts: &Texts| Ok(texts.filter()?.matches(name));
        match (only, ignored) {
            (None, None) => Ok(others.iter().all(|other| other.is_none())),
            (Some(only), None) => matches(only),
            (None, Some(ignored)) => Ok(!matches(ignored)?),
            // GitHub refuses both in one event.
            (Some(_), Some(_)) => Ok(false),
        }
    }
}

impl Texts {
    /// The texts as patterns of a filter.
    ///
    /// # Errors
    /// One that has no meaning.
    pub fn filter(&self) -> Result<WorkflowFilter, WorkflowFilterError> {
        WorkflowFilter::parse(self.texts.iter().map(|text| &text.text))
    }
}

impl Step {
    /// Whether it runs the action `name`, in whatever version.
    pub fn runs_action(&self, name: &str) -> bool {
        let uses = self.uses.as_deref().and_then(|uses| uses.split_once('@'));
        uses.is_some_and(|(action, _)| action.eq_ignore_ascii_case(name))
    }

    /// The directory, from the root of the repository, of the action that it runs, if that is one of the repository's.
    pub fn local_action(&self) -> Option<&str> {
        let path = self.uses.as_deref()?.strip_prefix("./")?;
        Some(path.trim_end_matches('/'))
    }

    /// What it hands to its action under this name.
    pub fn with(&self, name: &str) -> Option<&str> {
        self.with.iter().rfind(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }
}

/// The steps of a composite action, whose file has this text.
///
/// # Errors
/// Text that is no YAML, or no map.
pub fn action_steps(text: &str) -> Result<Vec<Step>, YamlError> {
    let root = map(text, "an action is a map")?;
    Ok(root.get("runs").and_then(|runs| runs.get("steps")).map(steps).unwrap_or_default())
}

fn map(text: &str, what: &str) -> Result<Node, YamlError> {
    let refused = |at: Place| YamlError::new(what, at);
    let start = Place { line: 1, column: 1 };
    match tree::parse(text)? {
        None => Err(refused(start)),
        Some(root) if matches!(root.kind, tree::Kind::Map(_)) => Ok(root),
        Some(root) => Err(refused(root.place)),
    }
}

/// The place where `on` names the event `name`, and what it says of it; none if it does not name it.
fn event<'n>(on: &'n Node, name: &str) -> Option<(Place, Option<&'n Node>)> {
    let alone = std::iter::once(on).chain(on.items()).find(|node| node.text() == Some(name));
    let alone = alone.map(|node| (node.place, None));
    alone.or_else(|| on.entry(name).map(|(key, value)| (key.place, Some(value))))
}

fn push((place, filters): (Place, Option<&Node>)) -> Push {
    let texts = |key| filters?.entry(key).filter(|(_, value)| !value.is_null()).map(texts);
    Push {
        place,
        branches: texts("branches"),
        branches_ignore: texts("branches-ignore"),
        tags: texts("tags"),
        tags_ignore: texts("tags-ignore"),
        paths: texts("paths"),
        paths_ignore: texts("paths-ignore"),
    }
}

/// A list of texts; one alone need not be in a list.
fn texts((key, value): (&Node, &Node)) -> Texts {
    let nodes = std::iter::once(value).chain(value.items());
    let text = |node: &Node| match &node.kind {
        tree::Kind::Scalar { text, is_plain } => {
            Some(Text { text: text.clone(), place: node.place, is_quoted: !is_plain })
        }
        _ => None,
    };
    Texts { place: key.place, texts: nodes.filter_map(text).collect() }
}

fn service_choices((_, dispatch): (Place, Option<&Node>)) -> Option<Texts> {
    let service = dispatch?.get("inputs")?.get("service")?;
    let is_choice = service.get("type").and_then(Node::text) == Some("choice");
    service.entry("options").filter(|_| is_choice).map(texts)
}

fn steps(list: &Node) -> Vec<Step> {
    let step = |step: &Node| Step {
        place: step.place,
        uses: scalar(step.get("uses")),
        with: step.get("with").map(Node::entries).unwrap_or_default().iter().filter_map(pair).collect(),
        calls: step.get("run").and_then(Node::text).map(calls).unwrap_or_default(),
    };
    list.items().iter().map(step).collect()
}

fn scalar(node: Option<&Node>) -> Option<String> {
    node.and_then(Node::text).map(ToOwned::to_owned)
}

fn pair((key, value): &(Node, Node)) -> Option<(String, String)> {
    Some((key.text()?.to_owned(), value.text()?.to_owned()))
}

fn env(of: &Node) -> impl Iterator<Item = (String, String)> {
    of.get("env").map(Node::entries).unwrap_or_default().iter().filter_map(pair)
}

/// Every key that stands in one map again, each place once however often aliases repeat it.
fn duplicates(root: &Node) -> Vec<Duplicate> {
    let mut duplicates = Vec::new();
    root.visit(&mut |node| {
        let mut seen = std::collections::HashMap::new();
        for key in node.entries().iter().map(|(key, _)| key) {
            let Some(text) = key.text() else { continue };
            let first = *seen.entry(text).or_insert(key.place);
            if first != key.place {
                duplicates.push(Duplicate { place: key.place, key: text.to_owned(), first });
            }
        }
    });
    duplicates.sort();
    duplicates.dedup();
    duplicates
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn workflow(text: &str) -> Workflow {
        Workflow::parse(".github/workflows/x.yaml", text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    fn starts(on: &str, tag: &str) -> bool {
        workflow(&format!("on: {on}\njobs: {{}}\n")).starts_for_tag(tag)
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

    #[test]
    fn everything_has_its_place() {
        let workflow = workflow(
            "name: Build\non:\n  workflow_dispatch:\n    inputs:\n      service:\n        type: choice\n        options: [a, b]\n  push:\n    tags: x\njobs:\n  one:\n    steps:\n      - uses: actions/checkout@v4\n        with: {fetch-depth: 0}\n      - uses: ./.github/actions/setup/\n      - run: imgver plan\n",
        );
        assert_eq!((workflow.name(), workflow.file()), ("Build", ".github/workflows/x.yaml"));
        let place = |line, column| Place { line, column };
        let choices = workflow.service_choices.as_ref().unwrap();
        assert_eq!(choices.place, place(7, 9));
        let text = |text: &str, place| Text { text: text.to_owned(), place, is_quoted: false };
        assert_eq!(choices.texts, [text("a", place(7, 19)), text("b", place(7, 22))]);
        let tags = workflow.push.as_ref().unwrap().tags.as_ref().unwrap();
        assert_eq!((tags.place, &*tags.texts), (place(9, 5), &[text("x", place(9, 11))][..]));
        let steps: Vec<&Step> = workflow.steps().collect();
        assert!(steps[0].runs_action("actions/checkout") && steps[0].place == place(13, 9));
        assert_eq!(steps[0].with("fetch-depth"), Some("0"));
        assert_eq!(steps[1].local_action(), Some(".github/actions/setup"));
        assert_eq!(steps[2].calls[0].command, "plan");
    }

    #[test]
    fn a_key_that_stands_twice_is_told_once() {
        let workflow =
            workflow("on:\n  push: {tags: [a]}\n  push: {branches: [b]}\nx: &x {a: 1, a: 2}\ny: *x\n");
        let found: Vec<_> = workflow.duplicates.iter().map(|found| (&*found.key, found.place.line)).collect();
        assert_eq!(found, [("push", 3), ("a", 4)]);
        assert_eq!(workflow.duplicates[0].first, Place { line: 2, column: 3 });
        assert!(!workflow.starts_for_tag("a"), "the last counts");
        assert_eq!(workflow.name(), ".github/workflows/x.yaml");
    }

    #[test]
    fn a_composite_action_has_steps_of_its_own() {
        let steps = action_steps("runs:\n  using: composite\n  steps:\n    - run: imgver tag\n").unwrap();
        assert_eq!(steps[0].calls[0].command, "tag");
        assert!(action_steps("runs: {using: node20, main: x.js}").unwrap().is_empty());
        assert_eq!(action_steps("- a").unwrap_err().location, Some(Place { line: 1, column: 1 }));
        assert!(Workflow::parse("x", "").is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\PC|\n|  |: |- |[&*{}'\\[\\]]|on: |push: |tags: |jobs: |steps: |run: imgver plan){0,40}") {
            if let Ok(workflow) = Workflow::parse("x", &text) {
                workflow.starts_for_tag("a@1.0.0");
            }
        }
    }
}
