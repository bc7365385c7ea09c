//! The workflows of this repository, as they are, run by the real act without containers.
//!
//! Actions of others are replaced by those in `tests/e2e/docker/actions`, which do the same work with the tools at hand.
//! `act --local-repository` puts them in the place of the very revision that the workflow names.

mod build_push;
mod by_registries;
mod by_task;
mod hostile;
mod runner;
mod test_services;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

use serde_json::{Value, json};

use crate::docker::shop::{SERVICES, Shop, downloads, kept, variable};
use crate::support::{Output, Run};

/// The services that tests change or name.
const GO: &str = "services/go/api-golang";
const NODE: &str = "services/node/api-node";
const MIGRATOR: &str = "services/other/migrator";
const PYTHON: &str = "services/python/load-generator";

/// What GitHub gives each job, and act only who asks for it.
const TOKEN: &str = "ghs_0123456789";

/// A team's repository with the workflows, and what comes of running them.
pub(crate) struct Pipeline {
    shop: Shop,
    /// What the actions did that others would notice, a line each.
    log: PathBuf,
    /// What the steps added to the summaries of their jobs.
    summary: PathBuf,
    /// What harmful text tries to make.
    pwned: PathBuf,
}

/// Whether jobs see that they run under act.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    /// As act says it.
    Seen,
    /// Shells forget it, so that imgver plans as it does on GitHub. The conditions of steps still see it.
    Hidden,
}

impl Pipeline {
    /// With images of files alone: what runs is the same.
    fn new(space: &str) -> Self {
        Self::of(Shop::whole_of_files(space))
    }

    /// With the images that the services really have.
    fn real(space: &str) -> Self {
        Self::of(Shop::whole(space))
    }

    fn of(shop: Shop) -> Self {
        let [log, summary, pwned] = ["log", "summary", "pwned"].map(|name| shop.repo.sandbox().join(name));
        let pipeline = Pipeline { shop, log, summary, pwned };
        // The machine is a new one, the caches are what others have left.
        let _ = fs::remove_dir_all(tool_cache());
        static BUILT: Once = Once::new();
        BUILT.call_once(|| pipeline.cache_the_release_build());
        pipeline
    }

    /// Saves the release build that `scripts/e2e` has made as the action would, at the end of a job that compiled it. Only
    /// with its help no job compiles.
    fn cache_the_release_build(&self) {
        let script = ".github/actions/setup-dependencies/imgver.sh";
        let temporary = self.shop.repo.sandbox();
        let key = self.shop.program("bash").args([script, "key"]).env("RUNNER_TEMP", temporary);
        let key = rust().into_iter().fold(key, |key, (name, value)| key.env(name, value));
        let outputs = self.surroundings(key.env("RUNNER_TOOL_CACHE", tool_cache())).run().text();
        let output = |name: &str| {
            let line = outputs.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.to_owned()
        };
        let archive = output("archive=");
        fs::create_dir_all(output("directory=")).unwrap();
        let release = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/release/imgver");
        let compress = self.shop.program("bash").args(["-c", "gzip -c \"$0\" >\"$1\""]);
        compress.args([&release]).args([&archive]).run().text();

        let post =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/docker/actions/actions/cache/post.js");
        let node = Path::new(&variable("IMGVER_E2E_NODE")).join("node");
        let save = self.shop.program(node.to_str().unwrap()).args([&post]);
        let save = save.env("INPUT_PATH", &archive).env("INPUT_KEY", output("key="));
        let save = save.env("IMGVER_E2E_CACHE", act_folder("actions-cache"));
        // Where act has the workspaces of its jobs.
        save.env("GITHUB_WORKSPACE", act_folder("act").join("job/hostexecutor")).run().text();
        fs::remove_dir_all(tool_cache()).unwrap();
    }

    /// Commits a change of one file of each of `services`.
    fn change(&self, services: &[&str]) {
        for service in services {
            self.shop.repo.write(&format!("{service}/NOTES"), "changed\n");
        }
        self.shop.repo.commit("change");
    }

    /// The payload of a push of `before..HEAD` to main.
    fn push(&self, before: &str) -> Value {
        json!({"ref": "refs/heads/main", "before": before, "after": self.shop.repo.head(), "deleted": false})
    }

    /// Runs `workflow` for an event.
    fn run(&self, workflow: &str, event: &str, payload: &Value, act: Act) -> Ran {
        let file = self.shop.repo.sandbox().join("event.json");
        fs::write(&file, payload.to_string()).unwrap();
        let workflow = format!(".github/workflows/{workflow}");
        let run = self.shop.program(&variable("IMGVER_E2E_ACT"));
        let run = run.args([event, "--workflows", &workflow, "--eventpath"]).args([&file]);
        let run = run.args(["--platform", "ubuntu-latest=-self-hosted", "--no-skip-checkout"]);
        let run = run.args(["--secret".to_owned(), format!("GITHUB_TOKEN={TOKEN}")]);
        let run = self.surroundings(run.args(self.options(act)));
        let ran = self.ran(run);
        let reference = payload["ref"].as_str().unwrap_or_default();
        ran.report(&format!("{workflow} {event} {reference} {}", payload["inputs"]));
        ran
    }

    /// What came of `run`, which runs act with [`Pipeline::options`].
    fn ran(&self, run: Run) -> Ran {
        fs::write(&self.log, "").unwrap();
        fs::write(&self.summary, "").unwrap();
        let output = run.run();
        let [log, summary] = [&self.log, &self.summary].map(|file| fs::read_to_string(file).unwrap());
        let ran = Ran::new(output, &log, &summary);
        assert!(!self.pwned.exists(), "{}", ran.output);
        // The first job finds it in the cache, and the others on the machine.
        assert_eq!(ran.compiled, 0, "imgver was compiled again: {}", ran.output);
        ran
    }

    /// The options of act that put the tests' tools in the place of GitHub's.
    fn options(&self, act: Act) -> Vec<String> {
        let sandbox = self.shop.repo.sandbox().display();
        let mut options: Vec<String> =
            ["--json", "--secret", "DOCKERHUB_TOKEN=s3cret"].map(Into::into).into();
        options.extend(["--var", "DOCKERHUB_USERNAME=team"].map(Into::into));
        // With it, act serves a cache too.
        options.extend(["--artifact-server-path".into(), format!("{sandbox}/artifacts")]);
        options.extend(["--cache-server-path".into(), act_folder("actcache").display().to_string()]);
        options.extend(["--action-cache-path".into(), act_folder("act").display().to_string()]);
        for action in self.actions() {
            let (name, _) = action.split_once('@').unwrap();
            let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/docker/actions").join(name);
            assert!(ours.join("action.yml").exists(), "{action} has nothing in its place");
            options.extend(["--local-repository".into(), format!("{action}={}", ours.display())]);
        }
        let mut variables: Vec<(&str, String)> = [
            "DOCKER_HOST",
            "DOCKER_CONFIG",
            "BUILDX_CONFIG",
            "IMGVER_E2E_REGISTRY",
            "IMGVER_E2E_BUILDKITD_CONFIG",
            "IMGVER_E2E_GO",
            "IMGVER_E2E_NODE",
            "IMGVER_E2E_TASKS",
        ]
        .map(|name| (name, variable(name)))
        .into();
        variables.push(("IMGVER_E2E_ORIGIN", self.shop.repo.url()));
        variables.push(("IMGVER_E2E_LOG", self.log.display().to_string()));
        variables.push(("IMGVER_E2E_SUMMARY", self.summary.display().to_string()));
        variables.push(("IMGVER_E2E_CACHE", act_folder("actions-cache").display().to_string()));
        variables.push(("IMGVER_E2E_ARTIFACTS", self.artifacts().display().to_string()));
        variables.push(("PWNED", self.pwned.display().to_string()));
        variables.extend(rust());
        variables.extend(downloads());
        // What bash runs before a script of a step, but not before the scripts that this one starts.
        let mut before = "unset BASH_ENV\n".to_owned();
        if act == Act::Hidden {
            before += "unset ACT\n";
        }
        before += "trap 'cat \"$GITHUB_STEP_SUMMARY\" >>\"$IMGVER_E2E_SUMMARY\"' EXIT\n";
        let file = self.shop.repo.sandbox().join("before-each-step");
        fs::write(&file, before).unwrap();
        variables.push(("BASH_ENV", file.display().to_string()));
        options.extend(
            variables.into_iter().flat_map(|(name, value)| ["--env".to_owned(), format!("{name}={value}")]),
        );
        options
    }

    /// The revisions of others' actions that the workflows and our own action use.
    fn actions(&self) -> BTreeSet<String> {
        let files =
            ["workflows/build-push.yaml", "workflows/test.yaml", "actions/setup-dependencies/action.yaml"];
        let mut actions = BTreeSet::new();
        for file in files {
            let text = fs::read_to_string(self.shop.repo.path().join(".github").join(file)).unwrap();
            let uses = text.lines().filter_map(|line| line.split_once("uses: ")).map(|(_, action)| action);
            let named = uses.filter_map(|action| action.split_whitespace().next());
            actions.extend(named.filter(|action| !action.starts_with("./")).map(ToOwned::to_owned));
        }
        actions
    }

    /// Where artifacts are kept, a folder for each.
    fn artifacts(&self) -> PathBuf {
        self.shop.repo.sandbox().join("kept-artifacts")
    }

    /// The same run with what jobs find on `PATH`.
    fn surroundings(&self, run: Run) -> Run {
        run.env("PATH", path_after(&[]))
    }

    /// The tags of all images in the registry, by service.
    fn published(&self) -> BTreeMap<&'static str, Vec<String>> {
        let tags = SERVICES.map(|(service, image)| (service, self.shop.tags(image)));
        tags.into_iter().filter(|(_, tags)| !tags.is_empty()).collect()
    }
}

/// What jobs find on `PATH` after `folders`: cargo, act and Node.js, and what this machine has.
fn path_after(folders: &[PathBuf]) -> OsString {
    let [cargo, act] = [env!("CARGO"), &variable("IMGVER_E2E_ACT")]
        .map(|program| Path::new(program).parent().unwrap().to_path_buf());
    let own = [cargo, act, variable("IMGVER_E2E_NODE").into()];
    let path = variable("PATH");
    env::join_paths(folders.iter().cloned().chain(own).chain(env::split_paths(&path))).unwrap()
}

/// A folder that act or an action keeps from run to run, empty at first.
fn act_folder(name: &str) -> PathBuf {
    static EMPTY: Once = Once::new();
    EMPTY.call_once(|| {
        for name in ["act", "actcache", "actions-cache"] {
            let _ = fs::remove_dir_all(kept(name));
            fs::create_dir(kept(name)).unwrap();
        }
    });
    kept(name)
}

/// Where act's jobs on this machine find what others have left.
fn tool_cache() -> PathBuf {
    act_folder("act").join("tool_cache")
}

/// What a step must know to find Rust, in another home folder, and what it has compiled.
fn rust() -> [(&'static str, String); 3] {
    let home = PathBuf::from(variable("HOME"));
    let known = |name: &'static str, below: &str| {
        let path = env::var_os(name).map_or_else(|| home.join(below), PathBuf::from);
        (name, path.display().to_string())
    };
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    [
        known("CARGO_HOME", ".cargo"),
        known("RUSTUP_HOME", ".rustup"),
        ("CARGO_TARGET_DIR", ours.display().to_string()),
    ]
}

/// What came of a run.
struct Ran {
    output: Output,
    /// How the jobs ended: `filter`, `build-push services/go/api-golang`.
    jobs: BTreeMap<String, String>,
    /// The outputs of their steps, by job and name.
    outputs: BTreeMap<(String, String), String>,
    /// How the steps with names of their own ended: `filter: Decide what to build`.
    steps: BTreeMap<String, String>,
    /// What the actions wrote down.
    log: Vec<String>,
    /// The rows that the jobs `build-push` added to their summaries, sorted.
    rows: Vec<String>,
    /// How often imgver was compiled.
    compiled: usize,
}

impl Ran {
    fn new(output: Output, log: &str, summary: &str) -> Self {
        let (mut jobs, mut outputs, mut steps) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let lines = output.stdout.lines().chain(output.stderr.lines());
        for event in lines.filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let text = |name: &str| event[name].as_str().map(ToOwned::to_owned);
            let Some(job) = text("jobID") else { continue };
            let service = event["matrix"]["service"].as_str().unwrap_or_default();
            let job = format!("{job} {service}").trim_end().to_owned();
            if let Some(result) = text("jobResult") {
                jobs.insert(job, result);
            } else if let (Some("set-output"), Some(name)) = (text("command").as_deref(), text("name")) {
                outputs.insert((job, name), text("arg").unwrap_or_default());
            } else if let (Some("Main"), Some(step), Some(result)) =
                (text("stage").as_deref(), text("step"), text("stepResult"))
            {
                steps.insert(format!("{job}: {step}"), result);
            }
        }
        // cargo sets its first word off with a colour.
        let installs = |line: &&str| line.contains("Installing") && line.contains(" imgver v");
        let compiled = output.stdout.lines().filter(installs).count();
        let tables =
            summary.split("| service | image | digest | outcome |\n| --- | --- | --- | --- |\n").skip(1);
        let mut rows: Vec<String> = tables
            .flat_map(|table| table.lines().take_while(|line| line.starts_with("| ")))
            .map(ToOwned::to_owned)
            .collect();
        rows.sort();
        Ran {
            output,
            jobs,
            outputs,
            steps,
            log: log.lines().map(ToOwned::to_owned).collect(),
            rows,
            compiled,
        }
    }

    /// Says what came of it, for whoever reads the log of a run.
    fn report(&self, what: &str) {
        eprintln!("\n{what}");
        for (job, result) in &self.jobs {
            eprintln!("  {job}: {result}");
        }
        let told = ["services", "environment", "push", "version", "image_tag"];
        for ((job, name), value) in self.outputs.iter().filter(|((_, name), _)| told.contains(&&**name)) {
            eprintln!("  {job}: {name}={value}");
        }
        for line in self.log.iter().chain(&self.rows) {
            eprintln!("  {line}");
        }
        eprintln!("  imgver compiled: {}", self.compiled);
    }

    /// The jobs that ran are `filter` and `job` for each of `services`, and none failed.
    #[track_caller]
    fn assert_jobs(&self, job: &str, services: &[&str]) {
        let wanted = services.iter().map(|service| format!("{job} {service}"));
        let wanted: BTreeSet<String> = wanted.chain(["filter".to_owned()]).collect();
        assert_eq!(self.jobs.keys().cloned().collect::<BTreeSet<_>>(), wanted, "{}", self.output);
        assert!(self.jobs.values().all(|result| result == "success"), "{}", self.output);
        assert_eq!(self.output.code, 0, "{}", self.output);
    }

    /// The job `filter` decided on `services`, as build-push.yaml's outputs say it.
    #[track_caller]
    fn assert_plan(&self, services: &[&str], environment: &str, push: bool, version: &str) {
        let plan = ["services", "environment", "push", "version"].map(|name| self.output_of("filter", name));
        let services = json!(services).to_string();
        assert_eq!(plan, [&*services, environment, &push.to_string(), version], "{}", self.output);
    }

    #[track_caller]
    fn output_of(&self, job: &str, name: &str) -> &str {
        let output = self.outputs.get(&(job.to_owned(), name.to_owned()));
        output.unwrap_or_else(|| panic!("{job} has no output {name}: {}", self.output))
    }

    /// How a step ended.
    #[track_caller]
    fn step(&self, name: &str) -> &str {
        self.steps.get(name).unwrap_or_else(|| panic!("no step {name}: {}", self.output))
    }

    /// imgver says why, and nothing that failed because of it says anything.
    #[track_caller]
    fn assert_failed_by_imgver(&self) {
        // act gives its steps a terminal, and prints what they say as JSON: the word may be coloured.
        let error = regex::Regex::new(r"error:(\\u001b\[[0-9;]*m)? ").unwrap();
        assert!(error.is_match(&self.output.stdout), "{}", self.output);
        assert!(self.output.stderr.trim_end().ends_with("Error: Job 'filter' failed"), "{}", self.output);
    }

    /// imgver decided nothing, and no job but the first ran.
    #[track_caller]
    fn assert_refused(&self) {
        assert_ne!(self.output.code, 0, "{}", self.output);
        assert_eq!(
            self.jobs,
            BTreeMap::from([("filter".to_owned(), "failure".to_owned())]),
            "{}",
            self.output
        );
        assert_eq!(self.step("filter: Decide what to build"), "failure", "{}", self.output);
        self.assert_failed_by_imgver();
        assert_eq!(self.outputs.keys().find(|(_, name)| name == "services"), None, "{}", self.output);
        assert_eq!(self.log, [""; 0]);
    }
}
