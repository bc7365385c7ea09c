//! A repository with three services, the events of `tests/events`, and what `imgver plan` answers to them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use imgver::ci::github::{EventContext, Payload};
use imgver::error::{Kind, Result};
use imgver::filters::{Detail, Quantifier};
use imgver::ops::plan::{self as op, Answer, Request};
use imgver::ops::{Checkout, Effect, FilterRequest, Outcome, RequestedFormat};
use imgver::programs::Programs;
use imgver::registry::Registries;
use serde_json::Value;

use super::github;
use crate::ops;
use crate::support::{Output, Repo, Run, image_of};

pub(crate) const GO: &str = "services/go/api-golang";
pub(crate) const NODE: &str = "services/node/api-node";
pub(crate) const MIGRATOR: &str = "services/other/migrator";
pub(crate) const ALL: [&str; 3] = [GO, NODE, MIGRATOR];

/// What the output and summary files hold before a step runs.
pub(crate) const EARLIER: &str = "earlier=output\n";

/// A hash that no commit of a test has.
pub(crate) const NOWHERE: &str = "abcdefabcdefabcdefabcdefabcdefabcdefabcd";
/// What GitHub sends where a ref did not exist before, or does not any more.
pub(crate) const ZEROS: &str = "0000000000000000000000000000000000000000";

/// The names and values of every event that has been recorded in `tests/events`.
///
/// Name of the file, event, ref, and whether the commit is the head of main, of topic or their merge.
const EVENTS: [(&str, &str, &str, Tip); 21] = [
    ("push-tag", "push", TAG, Tip::Main),
    // The run of a deletion is one of the default branch.
    ("push-tag-deleted", "push", "refs/heads/main", Tip::Main),
    ("push-branch", "push", "refs/heads/main", Tip::Main),
    ("push-branch-first", "push", "refs/heads/topic", Tip::Topic),
    ("push-branch-force", "push", "refs/heads/topic", Tip::Topic),
    ("push-branch-deleted", "push", "refs/heads/main", Tip::Main),
    ("dispatch", "workflow_dispatch", "refs/heads/main", Tip::Main),
    ("dispatch-version", "workflow_dispatch", "refs/heads/main", Tip::Main),
    ("pull-request", "pull_request", "refs/pull/17/merge", Tip::Merge),
    ("pull-request-fork", "pull_request", "refs/pull/17/merge", Tip::Merge),
    ("merge-group", "merge_group", "refs/heads/gh-readonly-queue/main/pr-17", Tip::Merge),
    ("act-push", "push", "refs/heads/main", Tip::Main),
    ("act-dispatch", "workflow_dispatch", "refs/heads/main", Tip::Main),
    ("act-tag", "push", TAG, Tip::Main),
    ("release", "release", TAG, Tip::Main),
    // act takes the name of the tag for the ref.
    ("act-release", "release", "services/go/api-golang@1.4.0", Tip::Main),
    ("dispatch-all", "workflow_dispatch", "refs/heads/main", Tip::Main),
    ("dispatch-tag", "workflow_dispatch", TAG, Tip::Main),
    ("dispatch-tag-bare", "workflow_dispatch", TAG, Tip::Main),
    ("schedule", "schedule", "refs/heads/main", Tip::Main),
    ("repository-dispatch", "repository_dispatch", "refs/heads/main", Tip::Main),
];

pub(crate) const TAG: &str = "refs/tags/services/go/api-golang@1.4.0";

#[derive(Clone, Copy)]
enum Tip {
    Main,
    Topic,
    Merge,
}

/// The names of all fixtures.
pub(crate) fn fixtures() -> impl Iterator<Item = &'static str> {
    EVENTS.iter().map(|(name, ..)| *name)
}

/// ```text
/// three before --- fork --- migrator --- main      the migrator's file changes, then one of no service
///                      \                \
///                       topic ---------- merge     api-node's file changes
/// ```
pub(crate) struct Shop {
    pub(crate) repo: Repo,
    pub(crate) fork: String,
    pub(crate) main: String,
    pub(crate) topic: String,
    pub(crate) merge: String,
    runs: AtomicUsize,
}

impl Shop {
    pub(crate) fn new() -> Self {
        Self::of(Repo::new())
    }

    /// In an empty repository.
    pub(crate) fn of(repo: Repo) -> Self {
        repo.write("README.md", "the shop\n");
        for message in ["first", "second", "third"] {
            repo.commit(message);
        }
        for service in ALL {
            repo.service(service);
            repo.write(&format!("{service}/main.txt"), "1\n");
        }
        repo.write(".github/utils/file-filters.yaml", FILTERS);
        let fork = repo.commit("the services");
        repo.git(["checkout", "-q", "-b", "topic"]);
        repo.write(&format!("{NODE}/main.txt"), "2\n");
        let topic = repo.commit("api-node");
        repo.git(["checkout", "-q", "main"]);
        repo.write(&format!("{MIGRATOR}/main.txt"), "2\n");
        repo.commit("the migrator");
        repo.write("README.md", "the shop, described\n");
        let main = repo.commit("no service");
        repo.git(["checkout", "-q", "-b", "merged"]);
        repo.git(["merge", "-q", "--no-ff", "-m", "merge", "topic"]);
        let merge = repo.head();
        repo.git(["checkout", "-q", "main"]);
        Self { repo, fork, main, topic, merge, runs: AtomicUsize::new(0) }
    }

    /// The event of a fixture, with this repository's commits, as a runner presents it.
    pub(crate) fn event(&self, fixture: &str) -> Event<'_> {
        let event = EVENTS.iter().find(|(name, ..)| *name == fixture);
        let (_, name, reference, tip) = event.unwrap_or_else(|| panic!("no event {fixture}"));
        let sha = match tip {
            Tip::Main => &self.main,
            Tip::Topic => &self.topic,
            Tip::Merge => &self.merge,
        };
        let is_push = *name == "push";
        let before = if fixture == "push-branch-force" {
            NOWHERE
        } else if is_push {
            &self.fork
        } else {
            &self.main
        };
        let after = if *name == "pull_request" { &self.topic } else { sha };
        let event = self.recorded(fixture, [before, after, &self.merge]);
        let (kind, short) = match reference.strip_prefix("refs/tags/") {
            Some(tag) => ("tag", tag),
            None => ("branch", reference.trim_start_matches("refs/heads/").trim_start_matches("refs/pull/")),
        };
        event
            .set("GITHUB_EVENT_NAME", name)
            .set("GITHUB_REF", reference)
            .set("GITHUB_REF_TYPE", kind)
            .set("GITHUB_REF_NAME", short)
            .set("GITHUB_SHA", sha)
    }

    /// The payload of a file below `tests/events`, with these commits in place of those of ones, twos and threes.
    pub(crate) fn recorded(&self, fixture: &str, commits: [&str; 3]) -> Event<'_> {
        let path = format!("{}/tests/events/{fixture}.json", env!("CARGO_MANIFEST_DIR"));
        let mut text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("read {path}: {error}"));
        for (digit, commit) in ["1", "2", "3"].into_iter().zip(commits) {
            text = text.replace(&digit.repeat(40), commit);
        }
        Event {
            shop: self,
            repo: None,
            variables: BTreeMap::new(),
            payload: Some(text.into_bytes()),
            args: Vec::new(),
            directory: None,
            asked: Asked::default(),
        }
    }
}

/// The migrator's list is shared by an anchor; api-node has no filter of its own.
const FILTERS: &str = "\
migrator: &migrator
  - services/other/migrator/**
services/go/api-golang:
  - services/go/api-golang/**
  - *migrator
";

/// An event that `imgver plan` is asked about.
#[derive(Clone)]
pub(crate) struct Event<'s> {
    shop: &'s Shop,
    /// Asked in this repository, if not in the shop.
    repo: Option<&'s Repo>,
    variables: BTreeMap<String, String>,
    payload: Option<Vec<u8>>,
    args: Vec<String>,
    directory: Option<PathBuf>,
    asked: Asked,
}

/// What is asked besides, as the operation is told.
#[derive(Clone, Default)]
struct Asked {
    base: Option<String>,
    local: bool,
    tag_format: Option<RequestedFormat>,
    filters: FilterRequest,
}

impl<'s> Event<'s> {
    /// Compared with this commit.
    pub(crate) fn base(mut self, base: &str) -> Self {
        self.asked.base = Some(base.to_owned());
        self
    }

    /// On somebody's own machine.
    pub(crate) fn local(mut self) -> Self {
        self.asked.local = true;
        self
    }

    /// With release tags of this format.
    pub(crate) fn tag_format(mut self, format: &str) -> Self {
        self.asked.tag_format = Some(ops::tag_format(format));
        self
    }

    /// With this filter file.
    pub(crate) fn filters(mut self, file: &str) -> Self {
        self.asked.filters.file = Some(file.into());
        self
    }

    /// With the rules of a filter combined like this.
    pub(crate) fn quantifier(mut self, quantifier: Quantifier) -> Self {
        self.asked.filters.quantifier = Some(quantifier);
        self
    }

    /// Asks the operation, with output and summary files that hold [`EARLIER`].
    pub(crate) fn ask(&self) -> Result<Outcome<Answer>> {
        assert!(self.args.is_empty(), "arguments are for the program: {:?}", self.args);
        let parsed = self.payload.as_ref().map(|payload| Payload::parse("event.json", payload));
        let given = EventContext { payload: parsed.transpose()?, ..EventContext::default() };
        let set = |name: &str| self.variables.get(name).filter(|value| !value.is_empty()).cloned();
        let repo = self.repo.unwrap_or(&self.shop.repo);
        let directory = repo.path().join(self.directory.as_deref().unwrap_or("".as_ref()));
        let request = Request {
            event: given.or_variables(set).event(self.asked.base.as_deref())?,
            local: self.asked.local,
            tag_format: self.asked.tag_format.clone(),
            version_scope: None,
            filters: self.asked.filters.clone(),
            detail: Detail::First,
            missing: false,
            commit: None,
            workflow: None,
            outputs: Some("output".into()),
            summary: Some("summary".into()),
        };
        let registries = Registries::new(Vec::new(), &Programs::new(&directory, &BTreeMap::new()));
        op::plan(request, &Checkout::open_isolated(&directory)?, &registries)
    }

    /// What the operation plans.
    #[track_caller]
    pub(crate) fn decided(&self) -> Plan {
        let outcome = self.ask().unwrap_or_else(|error| panic!("{}", ops::shown(&error)));
        let Outcome { answer, warnings, effects } = outcome;
        // The summary first: what jobs read is there only if all is.
        let [Effect::Append { path: first, text: summary }, Effect::Append { path: second, text: outputs }] =
            &*effects
        else {
            panic!("{effects:?}")
        };
        assert_eq!((&**first, &**second), ("summary".as_ref(), "output".as_ref()));
        assert_eq!(*outputs, answer.outputs, "what is appended and what is printed differ");
        let plan = read(&answer.outputs, outputs, summary, warnings);
        assert_eq!(plan.services, answer.plan.paths());
        assert_eq!(plan.environment, answer.plan.environment.to_string());
        assert_eq!(plan.push, answer.plan.push);
        assert_eq!(plan.version, answer.plan.version.map_or(String::new(), |version| version.to_string()));
        plan
    }

    /// Why the operation refuses.
    #[track_caller]
    pub(crate) fn refusal(&self, kind: Kind) -> String {
        ops::refused(self.ask(), kind)
    }

    /// With a variable.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Without a variable.
    pub(crate) fn unset(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    /// What a variable is set to.
    pub(crate) fn variable(&self, name: &str) -> String {
        self.variables[name].clone()
    }

    /// With further arguments.
    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    /// Asked in another repository.
    pub(crate) fn in_repository(mut self, repo: &'s Repo) -> Self {
        self.repo = Some(repo);
        self
    }

    /// Asked in this directory, absolute or below the repository's.
    pub(crate) fn in_directory(mut self, directory: impl AsRef<Path>) -> Self {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// The payload as JSON.
    pub(crate) fn payload(&self) -> Value {
        serde_json::from_slice(self.payload.as_deref().expect("a payload")).expect("JSON")
    }

    /// With a payload that `change` has changed.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut payload = self.payload();
        change(&mut payload);
        self.payload = Some(payload.to_string().into_bytes());
        self
    }

    /// With this at `pointer` (`/inputs/service`) in the payload.
    pub(crate) fn with_field(self, pointer: &str, value: impl Into<Value>) -> Self {
        let (object, key) = pointer.rsplit_once('/').expect("a pointer");
        self.with(|payload| {
            let object = payload.pointer_mut(object).unwrap_or_else(|| panic!("nothing at {object}"));
            object[key] = value.into();
        })
    }

    /// Without what is at `pointer` in the payload, where there must be something.
    pub(crate) fn without_field(self, pointer: &str) -> Self {
        let (object, key) = pointer.rsplit_once('/').expect("a pointer");
        self.with(|payload| {
            let object = payload.pointer_mut(object).and_then(Value::as_object_mut);
            object.and_then(|object| object.remove(key)).unwrap_or_else(|| panic!("nothing at {pointer}"));
        })
    }

    /// With these bytes for a payload.
    pub(crate) fn raw(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.payload = Some(bytes.into());
        self
    }

    /// Without a payload, and without the variable that would name it.
    pub(crate) fn without_payload(mut self) -> Self {
        self.payload = None;
        self
    }

    /// Asks, with output and summary files that hold [`EARLIER`].
    pub(crate) fn run(&self) -> Planned {
        let number = self.shop.runs.fetch_add(1, Ordering::Relaxed);
        let step = self.shop.repo.beside(format!("step-{number}"));
        step.write("output", EARLIER);
        step.write("summary", EARLIER);
        let (output_file, summary_file) = (step.path().join("output"), step.path().join("summary"));
        let output = self.ready(&step, &output_file, &summary_file).run();
        let read = |file: &Path| fs::read_to_string(file).expect("a step's file is text");
        Planned { output, outputs: read(&output_file), summary: read(&summary_file) }
    }

    /// The command, ready to run, with these files; its event file is written below `step`.
    pub(crate) fn ready(&self, step: &Repo, outputs: &Path, summary: &Path) -> Run {
        let repo = self.repo.unwrap_or(&self.shop.repo);
        let mut run = repo.imgver(["plan"]).args(&self.args);
        if let Some(payload) = &self.payload {
            step.write("event.json", payload);
            run = run.env("GITHUB_EVENT_PATH", step.path().join("event.json"));
        }
        for (name, value) in &self.variables {
            run = run.env(name, value);
        }
        if let Some(directory) = &self.directory {
            run = run.cwd(directory);
        }
        run.env("GITHUB_OUTPUT", outputs).env("GITHUB_STEP_SUMMARY", summary)
    }

    /// A step's own directory, nothing in it yet.
    pub(crate) fn step(&self) -> Repo {
        let number = self.shop.runs.fetch_add(1, Ordering::Relaxed);
        let step = self.shop.repo.beside(format!("step-{number}"));
        fs::create_dir(step.path()).expect("create the step's directory");
        step
    }

    /// What is planned; the command must succeed.
    #[track_caller]
    pub(crate) fn plan(&self) -> Plan {
        self.run().plan()
    }

    /// The errors; the command must end with `code` and have written nothing else.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32) -> String {
        self.run().refused(code)
    }
}

/// What came of a run: what it printed, and what the files hold afterwards.
pub(crate) struct Planned {
    pub(crate) output: Output,
    pub(crate) outputs: String,
    pub(crate) summary: String,
}

/// The five outputs, read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) services: Vec<String>,
    pub(crate) environment: String,
    pub(crate) push: bool,
    pub(crate) version: String,
    /// The lines of standard output.
    pub(crate) stdout: String,
    /// The warnings on standard error.
    pub(crate) warnings: Vec<String>,
}

const NAMES: [&str; 5] = ["services", "environment", "push", "version", "matrix"];

impl Planned {
    /// What was planned; the command must have succeeded.
    #[track_caller]
    pub(crate) fn plan(&self) -> Plan {
        let Self { output, outputs, summary } = self;
        let warnings = output.stderr.lines().filter(|line| line.starts_with("warning: "));
        let written = outputs.strip_prefix(EARLIER).expect("outputs are appended");
        let summary = summary.strip_prefix(EARLIER).expect("the summary is appended");
        let printed = output.text() + "\n";
        assert_eq!(printed, output.stdout);
        read(&printed, written, summary, warnings.map(str::to_owned).collect())
    }

    /// The errors; the command must end with `code` and have written nothing else.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32) -> String {
        let errors = self.output.fails(code).to_owned();
        assert_eq!(self.outputs, EARLIER, "outputs were written: {errors}");
        assert_eq!(self.summary, EARLIER, "a summary was written: {errors}");
        errors
    }
}

/// Holds the three places against each other: standard output, `GITHUB_OUTPUT` and `GITHUB_STEP_SUMMARY`.
#[track_caller]
fn read(printed: &str, written: &str, summary: &str, warnings: Vec<String>) -> Plan {
    assert!(printed.ends_with('\n'), "{printed}");
    let pairs: Vec<(&str, &str)> =
        printed.split_terminator('\n').map(|line| line.split_once('=').expect("name=value")).collect();
    let names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, NAMES, "{printed}");
    let value = |at: usize| pairs[at].1;

    let written = github::outputs(written);
    let written: Vec<(&str, &str)> = written.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(written, pairs, "GITHUB_OUTPUT and stdout differ");

    let services: Vec<String> = serde_json::from_str(value(0)).expect("a JSON array of texts");
    assert_eq!(value(0), serde_json::to_string(&services).unwrap(), "not compact");
    assert!(services.is_sorted(), "{services:?}");
    assert!(["true", "false"].contains(&value(2)), "{printed}");
    let matrix: Value = serde_json::from_str(value(4)).expect("JSON");
    let included = matrix["include"].as_array().expect("a list");
    let in_matrix: Vec<&str> = included.iter().map(|entry| entry["service"].as_str().unwrap()).collect();
    assert_eq!(in_matrix, services, "{matrix}");

    for service in &services {
        let rows = github::table(summary);
        let named = rows.iter().filter(|row| row.contains(service)).count();
        assert_eq!(named, 1, "{service} is in one row of {summary}");
    }
    Plan {
        environment: value(1).to_owned(),
        push: value(2) == "true",
        version: value(3).to_owned(),
        warnings,
        services,
        stdout: printed.to_owned(),
    }
}

/// The matrix's entry for a service of the shop with this image.
pub(crate) fn entry(service: &str, image: &str) -> String {
    let name = service.rsplit('/').next().unwrap();
    format!(
        r#"{{"service":"{service}","name":"{name}","context":"{service}","dockerfile":"","target":"","platforms":"","image":"{image}","images":"{image}"}}"#
    )
}

/// The five lines for these services of the shop, spelled out.
pub(crate) fn lines(services: &[&str], environment: &str, push: bool, version: &str) -> String {
    let names: Vec<String> = services.iter().map(|service| format!("\"{service}\"")).collect();
    let entries: Vec<String> = services.iter().map(|service| entry(service, &image_of(service))).collect();
    format!(
        "services=[{}]\nenvironment={environment}\npush={push}\nversion={version}\nmatrix={{\"include\":[{}]}}\n",
        names.join(","),
        entries.join(",")
    )
}
