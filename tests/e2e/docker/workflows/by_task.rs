//! build-push.yaml by the tasks for a laptop: under act, which shows, nothing is pushed and nobody logs in.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::runner::IMAGE;
use super::{Act, GO, MIGRATOR, Pipeline, Ran, TOKEN, path_after};
use crate::docker::shop::variable;
use crate::support::Run;

/// What runs the jobs on this machine.
const HERE: &str = "RUNNER=-self-hosted";

impl Pipeline {
    /// A task of `.github/workflows/build-push/taskfile.yaml` by one of the Tasks, not yet run.
    fn start_by(&self, program: &str, task: &str, variables: &[&str]) -> Run {
        let run = self.shop.program(program).args(["--exit-code", &format!("build-push:{task}")]);
        let run = run.args(variables).args(["--"]).args(self.options(Act::Seen));
        let here = variables.contains(&HERE);
        self.surroundings(if here { run } else { run.args(self.container_options()) })
    }

    /// By the Task that CI pins.
    fn start(&self, task: &str, variables: &[&str]) -> Run {
        let tasks = variable("IMGVER_E2E_TASKS");
        self.start_by(tasks.split(':').next().unwrap(), task, variables)
    }

    fn task(&self, task: &str, variables: &[&str]) -> Ran {
        self.task_with(task, variables, |run| run)
    }

    fn task_with(&self, task: &str, variables: &[&str], with: impl Fn(Run) -> Run) -> Ran {
        let ran = self.ran(with(self.start(task, variables)));
        ran.report(&format!("task build-push:{task} {}", variables.join(" ")));
        let containers = format!("in containers of {IMAGE}\n");
        let place = if variables.contains(&HERE) { "on this machine, as " } else { &containers };
        assert!(ran.output.stderr.contains(&format!("running the jobs {place}")), "{}", ran.output);
        assert_eq!(ran.log, [""; 0]);
        assert_eq!(self.published(), [].into());
        assert!(ran.rows.iter().all(|row| row.ends_with(" | none | built only |")), "{:?}", ran.rows);
        ran
    }

    /// The same run with a `gh` on `PATH` that prints `text` and ends with `status`.
    fn with_gh(&self, text: &str, status: i32, run: Run) -> Run {
        let folder = self.shop.repo.sandbox().join("gh");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("gh"), format!("#!/bin/sh\necho '{text}'\nexit {status}\n")).unwrap();
        fs::set_permissions(folder.join("gh"), fs::Permissions::from_mode(0o755)).unwrap();
        run.env("PATH", path_after(&[folder]))
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_tasks_run_the_workflow() {
    let pipeline = Pipeline::new("laptop");
    let event = pipeline.shop.repo.sandbox().join("mine.json");
    let payload = json!({"inputs": {"service": MIGRATOR, "version": "mine"}});
    fs::write(&event, payload.to_string()).unwrap();
    let ran = pipeline.task("trigger-workflow", &[&format!("EVENT={}", event.display()), HERE]);
    ran.assert_plan(&[MIGRATOR], "development", false, "mine");

    // From here on in containers. They share what this run has left on the machine.
    pipeline.publish_runner();
    let ran = pipeline.task("trigger-workflow", &[]);
    ran.assert_jobs("build-push", &[GO]);
    ran.assert_plan(&[GO], "development", false, "");

    let missing = pipeline.start("trigger-workflow-tag", &[]).run();
    assert_ne!(missing.code, 0, "{missing}");
    let message = format!("there is no refs/tags/{GO}@1.0.9 here: ");
    assert!(missing.stderr.contains(&message), "{missing}");
    pipeline.shop.repo.annotate(&format!("{GO}@1.0.9"));
    // The tag's commit is built, not the one that is checked out.
    pipeline.shop.repo.commit("later");
    // The token that is set is the one that counts, whatever gh says.
    let set = |run| pipeline.with_gh("not logged in", 1, run).env("GITHUB_TOKEN", TOKEN);
    let ran = pipeline.task_with("trigger-workflow-tag", &[], set);
    ran.assert_jobs("build-push", &[GO]);
    ran.assert_plan(&[GO], "production", false, "1.0.9");
    let reference = pipeline.shop.reference("demo-api-golang", "1.0.9");
    assert_eq!(ran.output_of(&format!("build-push {GO}"), "image_tag"), reference);
    assert_eq!(ran.rows, [format!("| {GO} | {reference} | none | built only |")]);

    pipeline.change(&[MIGRATOR]);
    let ran = pipeline.task("trigger-workflow-push", &[]);
    ran.assert_jobs("build-push", &[GO, MIGRATOR]);
    ran.assert_plan(&[GO, MIGRATOR], "staging", false, "");
    pipeline.shop.repo.commit("nothing");
    pipeline.task("trigger-workflow-push", &[HERE]).assert_jobs("build-push", &[]);
    let ran = pipeline
        .task_with("trigger-workflow-push", &["BASE=HEAD~2", HERE], |run| run.args(["--job", "filter"]));
    ran.assert_plan(&[GO, MIGRATOR], "staging", false, "");

    pipeline.shop.docker(&["image", "rm", IMAGE]);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn what_a_run_needs_is_said_before_it_starts() {
    let pipeline = Pipeline::new("needs");
    pipeline.shop.repo.annotate(&format!("{GO}@1.0.9"));
    let refused = |run: Run, error: &str, hint: &str| {
        let output = run.run();
        assert_ne!(output.code, 0, "{output}");
        let said = output.stderr.lines().find(|line| line.starts_with("error: "));
        assert_eq!(said, Some(error), "{output}");
        assert!(output.stderr.contains(hint), "{output}");
        assert_eq!(output.stdout, "", "act ran");
    };
    let no_token = "error: actions/checkout gets the commit from GitHub here, and needs a token for it";
    let no_docker = format!("error: the jobs run in containers of {IMAGE}, and docker does not answer");
    let nowhere = "unix:///nowhere/docker.sock";
    for task in variable("IMGVER_E2E_TASKS").split(':') {
        let start = |name: &str, variables: &[&str]| pipeline.start_by(task, name, variables);
        for (text, status) in [("not logged in", 1), ("", 0)] {
            let tag = pipeline.with_gh(text, status, start("trigger-workflow-tag", &[HERE]));
            refused(tag, no_token, "hint: set GITHUB_TOKEN, or log in with gh auth login");
        }
        let dispatch = start("trigger-workflow", &[]).env("DOCKER_HOST", nowhere);
        refused(dispatch, &no_docker, "or add RUNNER=-self-hosted");

        // The token of gh does, if none is set; the event's own commit needs none.
        for (name, has_gh) in [("trigger-workflow-tag", true), ("trigger-workflow", false)] {
            let run = start(name, &[HERE]).args(["--job", "filter"]);
            let ran = pipeline.ran(if has_gh { pipeline.with_gh(TOKEN, 0, run) } else { run });
            ran.assert_jobs("build-push", &[]);
            assert!(!ran.output.stdout.contains(TOKEN), "{}", ran.output);
        }
    }
}
