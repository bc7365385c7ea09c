//! `imgver plan` as a step of a workflow, run by the real act that `IMGVER_E2E_ACT` names: the variables and payloads that
//! act makes, and the outputs as they reach other jobs. `scripts/e2e` installs act and runs this.

use std::env;
use std::fs;
use std::path::Path;

use crate::support::{Output, Repo};
use serde_json::{Value, json};

const API: &str = "services/go/api";
const WEB: &str = "services/node/web";

/// A team's workflow: one job plans, one runs per service, one notes down what it was told.
const WORKFLOW: &str = r#"
on: [push, pull_request, workflow_dispatch, merge_group, release, repository_dispatch, schedule]
jobs:
  filter:
    runs-on: ubuntu-latest
    outputs:
      services: ${{ steps.plan.outputs.services }}
      environment: ${{ steps.plan.outputs.environment }}
      push: ${{ steps.plan.outputs.push }}
      version: ${{ steps.plan.outputs.version }}
      matrix: ${{ steps.plan.outputs.matrix }}
      forged: ${{ steps.plan.outputs.forged }}
    steps:
      - run: git clone --quiet "$SOURCE" . && git checkout --quiet "$GITHUB_SHA"
      - id: plan
        run: imgver plan --explain && cp "$GITHUB_STEP_SUMMARY" "$RESULTS/summary"
  build:
    needs: filter
    if: needs.filter.outputs.services != '[]' && needs.filter.outputs.services != ''
    runs-on: ubuntu-latest
    strategy:
      matrix:
        service: ${{ fromJSON(needs.filter.outputs.services) }}
    steps:
      - run: mkdir -p "$RESULTS/built/$SERVICE"
        env:
          SERVICE: ${{ matrix.service }}
  report:
    needs: filter
    runs-on: ubuntu-latest
    steps:
      - run: printf '%s' "$OUTPUTS" >"$RESULTS/outputs"
        env:
          OUTPUTS: ${{ toJSON(needs.filter.outputs) }}
"#;

/// A repository with that workflow; `before` and `after` are the commits around a change of the API.
struct Checkout {
    repo: Repo,
    before: String,
    after: String,
}

/// What came of a run.
struct Ran {
    output: Output,
    outputs: Option<Value>,
    built: Vec<&'static str>,
    summary: String,
}

impl Checkout {
    fn new() -> Self {
        let repo = Repo::new();
        repo.service(API);
        repo.service(WEB);
        repo.write(".github/workflows/ci.yaml", WORKFLOW);
        let before = repo.commit("services");
        repo.write(&format!("{API}/main.go"), "package main\n");
        let after = repo.commit("change the API");
        Self { repo, before, after }
    }

    /// Runs the workflow for an event under act, without containers.
    fn run(&self, event: &str, payload: &Value) -> Ran {
        let act = env::var("IMGVER_E2E_ACT").expect("IMGVER_E2E_ACT names act; scripts/e2e installs it");
        let results = self.repo.sandbox().join("results");
        let _ = fs::remove_dir_all(&results);
        fs::create_dir(&results).expect("make a directory for the results");
        let payload_file = self.repo.sandbox().join("event.json");
        fs::write(&payload_file, payload.to_string()).expect("write the event");
        let bin = Path::new(env!("CARGO_BIN_EXE_imgver")).parent().expect("a program is in a directory");
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([bin.to_path_buf()].into_iter().chain(env::split_paths(&path)));
        let output = self
            .repo
            .program(&act)
            .args([event, "--eventpath"])
            .args([&payload_file])
            .args(["--platform", "ubuntu-latest=-self-hosted"])
            .args(["--env".to_owned(), format!("SOURCE={}", self.repo.url())])
            .args(["--env".to_owned(), format!("RESULTS={}", results.display())])
            .env("PATH", path.expect("no colon in a directory's name"))
            .run();
        let outputs = fs::read_to_string(results.join("outputs")).ok();
        let built = [API, WEB].into_iter().filter(|service| results.join("built").join(service).exists());
        Ran {
            outputs: outputs.map(|text| serde_json::from_str(&text).expect("outputs are JSON")),
            built: built.collect(),
            summary: fs::read_to_string(results.join("summary")).unwrap_or_default(),
            output,
        }
    }
}

impl Ran {
    #[track_caller]
    fn assert(&self, services: &[&str], environment: &str, version: &str) {
        assert_eq!(self.output.code, 0, "{}", self.output);
        let outputs = self.outputs.as_ref().unwrap_or_else(|| panic!("no outputs: {}", self.output));
        assert_eq!(outputs["services"], json!(services).to_string(), "{}", self.output);
        assert_eq!(outputs["environment"], environment);
        // act is not the place that images are pushed from.
        assert_eq!(outputs["push"], "false");
        assert_eq!(outputs["version"].as_str().unwrap_or_default(), version);
        assert_eq!(outputs["forged"].as_str().unwrap_or_default(), "");
        let matrix: Value =
            serde_json::from_str(outputs["matrix"].as_str().expect("a matrix")).expect("JSON");
        let include = matrix["include"].as_array().expect("a list of jobs");
        let contexts: Vec<&str> = include.iter().filter_map(|job| job["context"].as_str()).collect();
        assert_eq!(contexts, services);
        assert_eq!(self.built, services);
        assert_eq!(services.iter().filter(|service| self.summary.contains(*service)).count(), services.len());
    }

    #[track_caller]
    fn assert_refused(&self) {
        assert_ne!(self.output.code, 0, "{}", self.output);
        assert_eq!(self.built, [""; 0]);
        assert!(self.outputs.is_none() && self.summary.is_empty(), "{}", self.output);
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_push_builds_what_changed() {
    let checkout = Checkout::new();
    let push = |before: &str| {
        checkout.run(
            "push",
            &json!({"ref": "refs/heads/main", "before": before, "after": checkout.after, "deleted": false}),
        )
    };
    push(&checkout.before).assert(&[API], "staging", "");
    push(&checkout.after).assert(&[], "staging", "");
    push(&"0".repeat(40)).assert(&[API, WEB], "staging", "");
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_tag_builds_its_service() {
    let checkout = Checkout::new();
    let push = |tag: &str, deleted: bool| {
        let payload = json!({"ref": format!("refs/tags/{tag}"), "ref_type": "tag", "deleted": deleted});
        checkout.run("push", &payload)
    };
    push(&format!("{API}@1.2.3"), false).assert(&[API], "production", "1.2.3");
    push(&format!("{API}@1.2.3"), true).assert(&[], "production", "");
    for tag in [
        format!("{API}@1.2"),
        "services/go/ap@1.2.3".to_owned(),
        format!("{API}@1.2.3\nforged=1"),
        format!("{API}@1.2.3$(touch pwned)"),
    ] {
        push(&tag, false).assert_refused();
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_dispatch_builds_what_it_names() {
    let checkout = Checkout::new();
    let dispatch = |inputs: Value| checkout.run("workflow_dispatch", &json!({ "inputs": inputs }));
    dispatch(json!({"service": WEB})).assert(&[WEB], "development", "");
    dispatch(json!({"service": WEB, "version": ""})).assert(&[WEB], "development", "");
    dispatch(json!({"service": WEB, "version": "try-1"})).assert(&[WEB], "development", "try-1");
    for inputs in [
        json!({"service": "web"}),
        json!({"service": format!("{WEB}\nforged=1")}),
        json!({"service": WEB, "version": "1\nforged=1"}),
        json!({"service": WEB, "version": "$(touch pwned)"}),
        json!({}),
    ] {
        dispatch(inputs).assert_refused();
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn what_nobody_pushed_has_its_plan_too() {
    let checkout = Checkout::new();
    let tag = format!("{API}@1.2.3");
    let release =
        |action: &str| checkout.run("release", &json!({"action": action, "release": {"tag_name": tag}}));
    release("published").assert(&[API], "production", "1.2.3");
    release("created").assert_refused();
    let on_tag = |inputs: Value| {
        checkout.run("workflow_dispatch", &json!({"ref": format!("refs/tags/{tag}"), "inputs": inputs}))
    };
    on_tag(json!({"service": API})).assert(&[API], "production", "1.2.3");
    on_tag(json!({"service": WEB})).assert_refused();
    checkout.run("workflow_dispatch", &json!({"inputs": {"service": "all"}})).assert(
        &[API, WEB],
        "development",
        "",
    );
    checkout.run("schedule", &json!({"schedule": "5 4 * * *"})).assert(&[API, WEB], "staging", "");
    checkout.run("repository_dispatch", &json!({"action": "x"})).assert(&[API, WEB], "development", "");
    // Without a ref, act takes a tag of the commit for one.
    checkout.repo.tag(&tag);
    // On a busy machine, act may end before it has printed what a step said.
    let is_said = (0..3).any(|_| {
        let found = checkout.run("workflow_dispatch", &json!({"inputs": {"service": WEB}}));
        found.assert_refused();
        format!("{}{}", found.output.stdout, found.output.stderr).contains("act takes a tag of the commit")
    });
    assert!(is_said);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn proposals_build_what_they_change() {
    let checkout = Checkout::new();
    let (base, head) = (&checkout.before, &checkout.after);
    let pull = json!({"pull_request": {"number": 7, "base": {"ref": "main", "sha": base}, "head": {"ref": "x", "sha": head}}});
    checkout.run("pull_request", &pull).assert(&[API], "development", "");
    // What is checked out is the merge of the change, whatever the base was when the event happened.
    let repo = &checkout.repo;
    repo.git(["checkout", "-q", "--detach", base]);
    repo.write(&format!("{WEB}/main.js"), "2\n");
    let main = repo.commit("meanwhile");
    repo.git(["checkout", "-q", "-b", "x", head]);
    repo.git(["merge", "-q", "--no-edit", &main]);
    let updated = repo.head();
    repo.git(["checkout", "-q", "--detach", &main]);
    repo.git(["merge", "-q", "--no-ff", "--no-edit", &updated]);
    let pull = json!({"pull_request": {"number": 7, "base": {"ref": "main", "sha": base}, "head": {"ref": "x", "sha": updated}}});
    checkout.run("pull_request", &pull).assert(&[API], "development", "");
    let group = json!({"merge_group": {"base_sha": base, "head_sha": head}});
    checkout.run("merge_group", &group).assert(&[API], "development", "");
}
