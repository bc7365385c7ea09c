//! Reads workflow files and the files of composite actions.
//!
//! What GitHub would refuse is read as far as it makes sense: only text that is not YAML, or not a map, is an error.

use std::collections::HashMap;

use super::calls::calls;
use super::workflow::{Duplicate, Job, Patterns, Push, Step, Text, Texts, Workflow};
use crate::yaml::YamlError;
use crate::yaml::tree::{self, Node, Place};

impl Workflow {
    /// Parses `text`, the workflow in `file`.
    ///
    /// # Errors
    /// Text that is not YAML, or not a map.
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
            name: scalar(root.get("name")).filter(|name| !name.is_empty()),
            push: on.and_then(|on| event(on, "push")).map(push),
            service_choices: on.and_then(|on| event(on, "workflow_dispatch")).and_then(service_choices),
            env: std::iter::once(&root).chain(jobs.iter().map(|(_, job)| job)).flat_map(env).collect(),
            duplicates: duplicates(&root),
            jobs: jobs.iter().map(job).collect(),
        })
    }
}

/// The steps of the composite action whose file has this text.
///
/// # Errors
/// Text that is not YAML, or not a map.
pub fn action_steps(text: &str) -> Result<Vec<Step>, YamlError> {
    let root = map(text, "an action is a map")?;
    Ok(root.get("runs").and_then(|runs| runs.get("steps")).map(steps).unwrap_or_default())
}

fn map(text: &str, what: &str) -> Result<Node, YamlError> {
    let refused = |at: Place| YamlError::new(what, at);
    let start = Place { line: 1, column: 1 };
    match tree::parse(text)? {
        None => Err(refused(start)),
        Some(root) if matches!(root.kind, tree::NodeKind::Map(_)) => Ok(root),
        Some(root) => Err(refused(root.place)),
    }
}

/// Where `on` names the event `name`, and the settings of the event.
fn event<'n>(on: &'n Node, name: &str) -> Option<(Place, Option<&'n Node>)> {
    let alone = std::iter::once(on).chain(on.items()).find(|node| node.text() == Some(name));
    let alone = alone.map(|node| (node.place, None));
    alone.or_else(|| on.entry(name).map(|(key, value)| (key.place, Some(value))))
}

fn push((place, filters): (Place, Option<&Node>)) -> Push {
    let patterns = |key| {
        let entry = filters?.entry(key).filter(|(_, value)| !value.is_null());
        entry.map(texts).map(Patterns::new)
    };
    Push {
        place,
        branches: patterns("branches"),
        branches_ignore: patterns("branches-ignore"),
        tags: patterns("tags"),
        tags_ignore: patterns("tags-ignore"),
        paths: patterns("paths"),
        paths_ignore: patterns("paths-ignore"),
    }
}

/// A list of texts; a single one need not be in a list.
fn texts((key, value): (&Node, &Node)) -> Texts {
    let nodes = std::iter::once(value).chain(value.items());
    let text = |node: &Node| match &node.kind {
        tree::NodeKind::Scalar { text, is_plain } => {
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

/// Every key that its map already has; each place once, however many aliases repeat it.
fn duplicates(root: &Node) -> Vec<Duplicate> {
    let mut duplicates = Vec::new();
    root.visit(&mut |node| {
        let mut seen = HashMap::new();
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
        let tags = &workflow.push.as_ref().unwrap().tags.as_ref().unwrap().written;
        assert_eq!((tags.place, &*tags.texts), (place(9, 5), &[text("x", place(9, 11))][..]));
        let steps: Vec<&Step> = workflow.steps().collect();
        assert!(steps[0].runs_action("actions/checkout") && steps[0].place == place(13, 9));
        assert_eq!(steps[0].with("fetch-depth"), Some("0"));
        assert_eq!(steps[1].local_action(), Some(".github/actions/setup"));
        assert_eq!(steps[2].calls[0].command, "plan");
    }

    #[test]
    fn a_duplicate_key_is_reported_once() {
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
