//! build-push.yaml by the tasks for a laptop: under act, which shows, nothing is pushed and nobody logs in.

use serde_json::json;

use super::{Act, GO, MIGRATOR, Pipeline, Ran};
use crate::docker::shop::variable;
use crate::support::Run;

impl Pipeline {
    /// A task of `.github/workflows/build-push/taskfile.yaml` by the Task that CI pins, not yet run.
    fn start(&self, task: &str, variables: &[&str]) -> Run {
        let tasks = variable("IMGVER_E2E_TASKS");
        let program = tasks.split(':').next().unwrap();
        let run = self.shop.program(program).args(["--exit-code", &format!("build-push:{task}")]);
        self.surroundings(run.args(variables).args(["--"]).args(self.options(Act::Seen)))
    }

    fn task(&self, task: &str, variables: &[&str]) -> Ran {
        let ran = self.ran(self.start(task, variables));
        ran.report(&format!("task build-push:{task} {}", variables.join(" ")));
        assert!(ran.output.stderr.contains("running the jobs on -self-hosted\n"), "{}", ran.output);
        assert_eq!(ran.log, [""; 0]);
        assert_eq!(self.published(), [].into());
        ran
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_tasks_run_the_workflow() {
    let pipeline = Pipeline::new("laptop");
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
    let ran = pipeline.task("trigger-workflow-tag", &[]);
    ran.assert_jobs("build-push", &[GO]);
    ran.assert_plan(&[GO], "production", false, "1.0.9");
    let reference = pipeline.shop.reference("demo-api-golang", "1.0.9");
    assert_eq!(ran.output_of(&format!("build-push {GO}"), "image_tag"), reference);

    pipeline.change(&[MIGRATOR]);
    let ran = pipeline.task("trigger-workflow-push", &[]);
    ran.assert_jobs("build-push", &[GO, MIGRATOR]);
    ran.assert_plan(&[GO, MIGRATOR], "staging", false, "");
    pipeline.shop.repo.commit("nothing");
    pipeline.task("trigger-workflow-push", &[]).assert_jobs("build-push", &[]);
    let ran = pipeline.task("trigger-workflow-push", &["BASE=HEAD~2"]);
    ran.assert_jobs("build-push", &[GO, MIGRATOR]);

    let event = pipeline.shop.repo.sandbox().join("mine.json");
    let payload = json!({"inputs": {"service": MIGRATOR, "version": "mine"}});
    std::fs::write(&event, payload.to_string()).unwrap();
    let ran = pipeline.task("trigger-workflow", &[&format!("EVENT={}", event.display())]);
    ran.assert_plan(&[MIGRATOR], "development", false, "mine");
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_runner_is_an_image_where_docker_has_it() {
    let pipeline = Pipeline::new("runner");
    let tasks = variable("IMGVER_E2E_TASKS");
    for program in tasks.split(':') {
        let runner = |variables: &[&str]| {
            let run = pipeline.shop.program(program).args(["build-push:trigger-workflow"]).args(variables);
            let output = pipeline.surroundings(run.args(["--", "--list"])).run();
            assert_eq!(output.code, 0, "{output}");
            output
                .stderr
                .lines()
                .find_map(|line| line.strip_prefix("running the jobs on ").map(ToOwned::to_owned))
        };
        let reference = pipeline.shop.reference("demo-migrator", "runner");
        assert_eq!(runner(&[]).as_deref(), Some("-self-hosted"));
        assert_eq!(runner(&["RUNNER=an/image:1"]).as_deref(), Some("an/image:1"));
        let image = format!("RUNNER_IMAGE={reference}");
        assert_eq!(runner(&[&image]).as_deref(), Some("-self-hosted"));
        assert_eq!(pipeline.shop.build(&[MIGRATOR, "--set-version", "runner"]).run().code, 0);
        assert_eq!(runner(&[&image]).as_deref(), Some(&*reference));
        assert_eq!(runner(&[&image, "RUNNER=-self-hosted"]).as_deref(), Some("-self-hosted"));
        pipeline.shop.docker(&["image", "rm", &reference]);
    }
}
