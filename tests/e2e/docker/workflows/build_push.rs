//! build-push.yaml, for every event that starts it.

use std::fs;

use serde_json::json;

use super::{Act, GO, MIGRATOR, NODE, Pipeline};
use crate::docker::shop::{PLATFORMS, text};

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_release_tag_is_built_for_production() {
    let pipeline = Pipeline::new("tagged");
    let payload = json!({"ref": format!("refs/tags/{GO}@1.2.3"), "ref_type": "tag", "deleted": false});
    let ran = pipeline.run("build-push.yaml", "push", &payload, Act::Hidden);
    ran.assert_jobs("build-push", &[GO]);
    ran.assert_plan(&[GO], "production", true, "1.2.3");
    let reference = pipeline.shop.reference("demo-api-golang", "1.2.3");
    assert_eq!(ran.output_of(&format!("build-push {GO}"), "image_tag"), reference);
    assert_eq!(pipeline.published(), [(GO, vec!["1.2.3".to_owned()])].into());
    let [row] = &ran.rows[..] else { panic!("one row for each job: {:?}", ran.rows) };
    let digest =
        row.strip_prefix(&format!("| {GO} | {reference} | ")).and_then(|row| row.strip_suffix(" | pushed |"));
    let repository = reference.rsplit_once(':').unwrap().0;
    let pushed =
        pipeline.shop.manifest(&format!("{repository}@{}", digest.unwrap_or_else(|| panic!("{row}"))));
    assert_eq!(pushed, pipeline.shop.manifest(&reference));
    let config = pipeline.shop.config(&reference, "linux/amd64");
    let labels = &config["config"]["Labels"];
    assert_eq!(text(&labels["org.opencontainers.image.version"]), "1.2.3");
    assert_eq!(text(&labels["org.opencontainers.image.title"]), "api-golang");
    assert_eq!(text(&labels["org.opencontainers.image.revision"]), pipeline.shop.repo.head());
    let env = config["config"]["Env"].as_array().unwrap();
    assert!(env.contains(&json!("VERSION=1.2.3")), "{config}");
    // Layers went to the cache that act serves, under the service's own name.
    assert!(ran.output.stdout.contains("exporting to GitHub Actions Cache"), "{}", ran.output);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_dispatch_builds_what_it_names() {
    let pipeline = Pipeline::new("dispatched");
    let dispatch = |version: &str| {
        let payload = json!({"ref": "refs/heads/main", "inputs": {"service": MIGRATOR, "version": version}});
        pipeline.run("build-push.yaml", "workflow_dispatch", &payload, Act::Hidden)
    };
    let extended = pipeline.shop.extended();
    for (version, tag, tags) in
        [("", &*extended, vec![&*extended]), ("try-1", "try-1", vec![&*extended, "try-1"])]
    {
        let ran = dispatch(version);
        ran.assert_jobs("build-push", &[MIGRATOR]);
        ran.assert_plan(&[MIGRATOR], "development", true, version);
        let reference = pipeline.shop.reference("demo-migrator", tag);
        assert_eq!(ran.output_of(&format!("build-push {MIGRATOR}"), "image_tag"), reference);
        assert_eq!(ran.log, [format!("push {reference}")]);
        assert_eq!(pipeline.published(), [(MIGRATOR, tags.into_iter().map(Into::into).collect())].into());
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_push_builds_what_it_changes() {
    let pipeline = Pipeline::new("pushed");
    let before = pipeline.shop.repo.head();
    // api-golang watches the migrator's directory.
    for (changed, built) in [(&[NODE][..], &[NODE][..]), (&[MIGRATOR], &[GO, MIGRATOR]), (&[], &[])] {
        let before = pipeline.shop.repo.head();
        pipeline.change(changed);
        let ran = pipeline.run("build-push.yaml", "push", &pipeline.push(&before), Act::Hidden);
        ran.assert_jobs("build-push", built);
        ran.assert_plan(built, "staging", true, "");
    }
    let commit = |commits: &str| {
        let commit = pipeline.shop.repo.git(["rev-parse", "--short=7", commits]);
        let distance = pipeline.shop.repo.git(["rev-list", "--count", &format!("{before}..{commit}")]);
        vec![format!("1.2.3-{distance:0>4}-{commit}")]
    };
    let published = [(NODE, commit("HEAD~2")), (GO, commit("HEAD~1")), (MIGRATOR, commit("HEAD~1"))];
    assert_eq!(pipeline.published(), published.into());
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn outside_of_act_it_logs_in() {
    let pipeline = Pipeline::new("outside");
    // act shows `env.ACT` to conditions whatever is done. On GitHub there is no such variable.
    let file = ".github/workflows/build-push.yaml";
    let workflow = fs::read_to_string(pipeline.shop.repo.path().join(file)).unwrap();
    assert_eq!(workflow.matches("env.ACT").count(), 1);
    // Nothing else needs emulation.
    let workflow = workflow.replace("env.ACT", "env.NOT_SET");
    let foreign = workflow.replace("PLATFORMS: linux/amd64\n", "PLATFORMS: linux/amd64,linux/arm64\n");
    assert_ne!(foreign, workflow);
    pipeline.shop.repo.write(file, foreign);
    let payload = json!({"ref": format!("refs/tags/{MIGRATOR}@1.2.3"), "ref_type": "tag", "deleted": false});
    let ran = pipeline.run("build-push.yaml", "push", &payload, Act::Hidden);
    ran.assert_jobs("build-push", &[MIGRATOR]);
    let reference = pipeline.shop.reference("demo-migrator", "1.2.3");
    assert_eq!(ran.log, ["login team".to_owned(), "emulation".to_owned(), format!("push {reference}")]);
    assert_eq!(pipeline.shop.platforms(&reference), PLATFORMS);
    assert!(!ran.output.stdout.contains("s3cret"), "{}", ran.output);
}
