//! Reads workflow files and the files of composite actions.
//!
//! What GitHub would refuse is read as far as it makes sense: only text that is not YAML, or not a map, is an error.

use std::collections::HashMap;

use super::calls::Call;
use super::script::Language;
use super::workflow::{
    Action, Concurrency, Duplicate, Job, Patterns, Push, Script, StartingEvent, Step, Text, Texts, Workflow,
};
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
        let settings = Settings::default().within(&root);
        Ok(Workflow {
            file: file.into(),
            name: scalar(root.get("name")).filter(|name| !name.is_empty()),
            events: on.map(events).unwrap_or_default(),
            push: on.and_then(|on| event(on, "push")).map(push),
            asks_for_service: on.and_then(|on| event(on, "workflow_dispatch")).and_then(service).is_some(),
            service_choices: on.and_then(|on| event(on, "workflow_dispatch")).and_then(service_choices),
            env: with_env(&root, jobs).flat_map(env).filter_map(placed).collect(),
            duplicates: duplicates(&root),
            merge_keys: merge_keys(&root),
            concurrency: concurrency(&root),
            jobs: jobs.iter().map(|(name, job)| self::job(name, job, &settings)).collect(),
        })
    }
}

impl Action {
    /// Parses `text`, the metadata file of an action.
    ///
    /// # Errors
    /// Text that is not YAML, or not a map.
    pub fn parse(text: &str) -> Result<Self, YamlError> {
        let root = map(text, "an action is a map")?;
        let runs = root.get("runs");
        let using = runs.and_then(|runs| runs.get("using")).and_then(Node::text);
        let list = runs.and_then(|runs| runs.get("steps"));
        Ok(Action {
            is_composite: using == Some("composite"),
            steps: list.map(|list| steps(list, &Settings::default())).unwrap_or_default(),
        })
    }
}

/// What holds for all steps of a job, from the job and its workflow.
#[derive(Debug, Clone, Default)]
struct Settings<'n> {
    directory: Option<&'n str>,
    shell: Option<&'n str>,
    /// Whether a shell of its own or a PATH of its own is set.
    is_special: bool,
}

impl<'n> Settings<'n> {
    /// As changed by `node`, a workflow or a job.
    fn within(&self, node: &'n Node) -> Self {
        let run = node.get("defaults").and_then(|defaults| defaults.get("run"));
        let directory = run.and_then(|run| run.get("working-directory")).and_then(Node::text);
        Settings {
            directory: directory.or(self.directory),
            shell: run.and_then(shell).or(self.shell),
            is_special: self.is_special || sets_path(node) || run.is_some_and(has_own_shell),
        }
    }
}

/// Whether `node`, a workflow, a job or a step, sets PATH.
fn sets_path(node: &Node) -> bool {
    env(node).any(|(name, _)| name.text().is_some_and(|name| name.eq_ignore_ascii_case("PATH")))
}

fn shell(node: &Node) -> Option<&str> {
    node.get("shell").and_then(Node::text)
}

fn has_own_shell(node: &Node) -> bool {
    let program = shell(node).map(|shell| shell.split_whitespace().next());
    program.is_some_and(|program| !matches!(program, Some("bash" | "sh")))
}

fn job(name: &Node, job: &Node, settings: &Settings<'_>) -> Job {
    let needs = job.get("needs").map(|needs| std::iter::once(needs).chain(needs.items()));
    let settings = settings.within(job);
    let runs = !is_switched_off(job);
    Job {
        name: name.text().unwrap_or_default().to_owned(),
        place: name.place,
        uses: scalar(job.get("uses")).filter(|_| runs),
        condition: scalar(job.get("if")),
        needs: needs.into_iter().flatten().filter_map(|job| scalar(Some(job))).collect(),
        is_on_fresh_machine: job.get("container").is_none() && job.get("runs-on").is_some_and(is_githubs),
        concurrency: concurrency(job),
        steps: job.get("steps").filter(|_| runs).map(|list| steps(list, &settings)).unwrap_or_default(),
    }
}

/// Whether `node`, a job or a step, has `if: false`.
fn is_switched_off(node: &Node) -> bool {
    let condition = node.get("if").and_then(Node::text).map(str::trim);
    let inner = |text: &str| {
        text.strip_prefix("${{").and_then(|text| text.strip_suffix("}}")).unwrap_or(text).trim().to_owned()
    };
    condition.is_some_and(|condition| inner(condition).eq_ignore_ascii_case("false"))
}

/// Whether `runs_on` is a label of GitHub's own runners.
fn is_githubs(runs_on: &Node) -> bool {
    let label = match runs_on.items() {
        [only] => only.text(),
        _ => runs_on.text(),
    };
    let systems = ["ubuntu-", "windows-", "macos-"];
    label.is_some_and(|label| {
        let version = systems.iter().find_map(|system| label.strip_prefix(system));
        version.is_some_and(|version| version == "latest" || is_version(version))
    })
}

/// Whether `version` is that of a system that GitHub offers, e.g. `24.04` or `24.04-arm`: larger runners have names that
/// organizations choose, and images of their own.
fn is_version(version: &str) -> bool {
    let version = version.split_once('-').map_or(version, |(version, kind)| match kind {
        "arm" | "intel" | "large" | "xlarge" => version,
        _ => "",
    });
    !version.is_empty() && version.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
}

/// The events that `on` names: one, a list, or a map.
fn events(on: &Node) -> Vec<StartingEvent> {
    let event = |name: &Node, settings: Option<&Node>| {
        let types = settings.and_then(|settings| settings.get("types")).filter(|types| !types.is_null());
        let types = types.map(|types| std::iter::once(types).chain(types.items()).filter_map(Node::text));
        Some(StartingEvent {
            name: name.text()?.to_owned(),
            place: name.place,
            types: types.map(|types| types.map(ToOwned::to_owned).collect()),
        })
    };
    let listed = std::iter::once(on).chain(on.items()).filter_map(|name| event(name, None));
    // What a merge key brings is reported as such.
    let mapped = on.entries().iter().filter(|(name, _)| !name.is_merge_key());
    listed.chain(mapped.filter_map(|(name, settings)| event(name, Some(settings)))).collect()
}

/// The `concurrency` of a workflow or a job.
fn concurrency(of: &Node) -> Option<Concurrency> {
    let (key, node) = of.entry("concurrency")?;
    let text = |name| node.get(name).and_then(Node::text);
    Some(Concurrency {
        place: key.place,
        group: node.text().or_else(|| text("group"))?.to_owned(),
        cancels: text("cancel-in-progress") == Some("true"),
        queues: text("queue") == Some("max"),
    })
}

/// Every merge key with something to merge; each place once, however many aliases repeat it.
fn merge_keys(root: &Node) -> Vec<Place> {
    let mut places = Vec::new();
    root.visit(&mut |node| {
        let entries = node.entries().iter();
        let merges = entries.filter(|(key, value)| key.is_merge_key() && value.text().is_none());
        places.extend(merges.map(|(key, _)| key.place));
    });
    places.sort_unstable();
    places.dedup();
    places
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
    Texts { place: key.place, texts: nodes.filter_map(text).collect() }
}

fn text(node: &Node) -> Option<Text> {
    match &node.kind {
        tree::NodeKind::Scalar { text, is_plain } => {
            Some(Text { text: text.clone(), place: node.place, is_quoted: !is_plain })
        }
        _ => None,
    }
}

/// The input `service` of `workflow_dispatch`.
fn service((_, dispatch): (Place, Option<&Node>)) -> Option<&Node> {
    Some(dispatch?.get("inputs")?.entry("service")?.1)
}

fn service_choices(dispatch: (Place, Option<&Node>)) -> Option<Texts> {
    let service = service(dispatch)?;
    let is_choice = service.get("type").and_then(Node::text) == Some("choice");
    service.entry("options").filter(|_| is_choice).map(texts)
}

fn steps(list: &Node, settings: &Settings<'_>) -> Vec<Step> {
    list.items().iter().filter(|node| !is_switched_off(node)).map(|node| step(node, settings)).collect()
}

fn step(node: &Node, settings: &Settings<'_>) -> Step {
    let script = node.get("run").and_then(Node::text).map(|text| {
        let directory = node.get("working-directory").and_then(Node::text).or(settings.directory);
        let directory = directory.unwrap_or_default();
        let language = shell(node).or(settings.shell).map(Language::of).unwrap_or_default();
        let directory = directory
            .strip_prefix("${{ github.workspace }}")
            .map_or(directory, |rest| rest.trim_start_matches('/'));
        Script {
            text: text.to_owned(),
            directory: Some(directory.to_owned()).filter(|directory| !directory.contains("${{")),
            is_plain: !settings.is_special && !sets_path(node) && !has_own_shell(node),
            commands: language.commands(text),
        }
    });
    Step {
        place: node.place,
        uses: scalar(node.get("uses")),
        with: node.get("with").map(Node::entries).unwrap_or_default().iter().filter_map(pair).collect(),
        condition: scalar(node.get("if")),
        calls: script.iter().flat_map(|script| script.commands.iter().filter_map(Call::of)).collect(),
        script,
    }
}

fn scalar(node: Option<&Node>) -> Option<String> {
    node.and_then(Node::text).map(ToOwned::to_owned)
}

fn pair((key, value): &(Node, Node)) -> Option<(String, String)> {
    Some((key.text()?.to_owned(), value.text()?.to_owned()))
}

/// All parts of a workflow that can set variables.
fn with_env<'n>(root: &'n Node, jobs: &'n [(Node, Node)]) -> impl Iterator<Item = &'n Node> {
    let steps = |job: &'n Node| job.get("steps").map(Node::items).unwrap_or_default();
    let of_job = move |(_, job): &'n (Node, Node)| std::iter::once(job).chain(steps(job));
    std::iter::once(root).chain(jobs.iter().flat_map(of_job))
}

fn env(of: &Node) -> impl Iterator<Item = &(Node, Node)> {
    of.get("env").map(Node::entries).unwrap_or_default().iter()
}

fn placed((key, value): &(Node, Node)) -> Option<(String, Text)> {
    Some((key.text()?.to_owned(), text(value)?))
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
        let action = Action::parse("runs:\n  using: composite\n  steps:\n    - run: imgver tag\n").unwrap();
        assert!(action.is_composite && action.steps[0].calls[0].command == "tag");
        let action = Action::parse("runs: {using: node20, main: x.js}").unwrap();
        assert!(!action.is_composite && action.steps.is_empty());
        assert_eq!(Action::parse("- a").unwrap_err().location, Some(Place { line: 1, column: 1 }));
        assert!(Workflow::parse("x", "").is_err());
    }

    #[test]
    fn what_decides_about_a_run_is_read() {
        let workflow = workflow(
            "on:\n  push:\n  release: {types: published}\n  schedule: [{cron: x}]\nconcurrency: a\njobs:\n  one:\n    runs-on: [ubuntu-24.04-arm]\n    needs: two\n    if: x\n    concurrency: {group: b, cancel-in-progress: true, queue: max}\n    steps: [{run: imgver plan, if: y}]\n",
        );
        let event = |name: &str, line, types: Option<&str>| StartingEvent {
            name: name.to_owned(),
            place: Place { line, column: 3 },
            types: types.map(|types| vec![types.to_owned()]),
        };
        let expected =
            [event("push", 2, None), event("release", 3, Some("published")), event("schedule", 4, None)];
        assert_eq!(workflow.events, expected);
        let group = |place, group: &str, is_set| {
            Some(Concurrency { place, group: group.to_owned(), cancels: is_set, queues: is_set })
        };
        assert_eq!(workflow.concurrency, group(Place { line: 5, column: 1 }, "a", false));
        let job = &workflow.jobs[0];
        assert_eq!(job.concurrency, group(Place { line: 11, column: 5 }, "b", true));
        assert!(job.is_on_fresh_machine && job.needs == ["two"] && job.place.line == 7);
        let conditions = [&job.condition, &job.steps[0].condition].map(Option::as_deref);
        assert_eq!(conditions, [Some("x"), Some("y")]);
    }

    #[test]
    fn only_machines_that_are_known_are_fresh() {
        let is_fresh = |job: &str| workflow(&format!("jobs: {{a: {{{job}}}}}")).jobs[0].is_on_fresh_machine;
        for job in ["runs-on: ubuntu-latest", "runs-on: macos-14", "runs-on: [windows-2025]"] {
            assert!(is_fresh(job), "{job}");
        }
        for job in [
            "steps: []",
            "runs-on: self-hosted",
            "runs-on: [self-hosted, ubuntu-latest]",
            "runs-on: ubuntu-latest-8-cores",
            "runs-on: '${{ matrix.os }}'",
            "runs-on: {group: x}",
            "runs-on: ubuntu-latest, container: x",
        ] {
            assert!(!is_fresh(job), "{job}");
        }
    }

    #[test]
    fn a_script_knows_where_it_starts_and_who_reads_it() {
        let script = |rest: &str, step: &str| {
            let text = format!(
                "defaults: {{run: {{working-directory: a}}}}\njobs: {{a: {{{rest} steps: [{{run: x, {step}}}]}}}}"
            );
            let script = workflow(&text).jobs.remove(0).steps.remove(0).script.unwrap();
            (script.directory, script.is_plain)
        };
        let at = |directory: &str, is_plain| (Some(directory.to_owned()), is_plain);
        assert_eq!(script("", ""), at("a", true));
        assert_eq!(script("defaults: {run: {working-directory: b, shell: bash -e}},", ""), at("b", true));
        assert_eq!(
            script("", "working-directory: '${{ github.workspace }}/c', shell: nix develop -c bash"),
            at("c", false)
        );
        assert_eq!(script("env: {PATH: x},", "working-directory: '${{ matrix.service }}'"), (None, false));
    }

    #[test]
    fn merge_keys_are_found_once() {
        let workflow = workflow(
            "x: &x {a: 1}\ny: &y {<<: *x}\nz: *y\non: {<<: [*x]}\nenv: {'<<': *x, b: <<}\nw: {<<: text}\n",
        );
        let lines: Vec<usize> = workflow.merge_keys.iter().map(|place| place.line).collect();
        assert_eq!(lines, [2, 4]);
        assert!(workflow.events.is_empty());
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
