//! build-push.yaml, for every event that starts it.

use std::fs;

use serde_json::json;

use super::{Act, GO, MIGRATOR, NODE, Pipeline};
use crate::docker::shop::{PLATFORMS, text};

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_release_tag_is_built_for_production() {
    let pipeline = Pipeline::real("tagged");
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

/// A context, a Dockerfile, a stage, platforms and two images that are its own.
#[test]
#[ignore = "scripts/e2e runs it"]
fn a_service_is_built_as_the_configuration_says() {
    const TOOL: &str = "services/other/tool";
    let pipeline = Pipeline::new("configured");
    let registry = &pipeline.shop.registry;
    let before = pipeline.shop.repo.head();
    let configuration = format!(
        "services:\n  {TOOL}:\n    image: ['{registry}/tool', '{registry}/mirror/tool']\n    context: .\n    dockerfile: {TOOL}/build/Dockerfile.tool\n    target: runtime\n    platforms: [linux/amd64, linux/arm64]\n"
    );
    pipeline.shop.repo.write("imgver.yaml", configuration);
    // The file is there only from the root, and the last stage cannot be built.
    let dockerfile =
        format!("FROM scratch AS runtime\nCOPY {TOOL}/data /data\nFROM scratch\nCOPY nowhere /\n");
    pipeline.shop.repo.write(&format!("{TOOL}/build/Dockerfile.tool"), dockerfile);
    pipeline.shop.repo.write(&format!("{TOOL}/data"), "data\n");
    pipeline.shop.repo.commit("a tool");

    let ran = pipeline.run("build-push.yaml", "push", &pipeline.push(&before), Act::Hidden);
    ran.assert_jobs("build-push", &[TOOL]);
    let version = format!("0.0.0-0002-{}", &pipeline.shop.repo.head()[..7]);
    let references = ["tool", "mirror/tool"].map(|image| pipeline.shop.reference(image, &version));
    let pushed = references.each_ref().map(|reference| format!("push {reference}"));
    assert_eq!(ran.log, [&["emulation".to_owned()], &pushed[..]].concat());
    let [one, other] = references.each_ref().map(|reference| pipeline.shop.manifest(reference));
    assert_eq!(one, other);
    assert_eq!(pipeline.shop.platforms(&references[0]), PLATFORMS);
    // A row for each image, with the one digest.
    let rows: Vec<Vec<&str>> = ran.rows.iter().map(|row| row.split(" | ").collect()).collect();
    let [mirror, tool] = &rows[..] else { panic!("{:?}", ran.rows) };
    assert_eq!([mirror[1], tool[1]], [&*references[1], &*references[0]]);
    assert!(mirror[2] == tool[2] && tool[2].starts_with("sha256:"), "{:?}", ran.rows);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn outside_of_act_it_logs_in() {
    let pipeline = Pipeline::new("outside");
    // act shows `env.ACT` to conditions whatever is done. On GitHub there is no such variable.
    let file = ".github/workflows/build-push.yaml";
    let workflow = fs::read_to_string(pipeline.shop.repo.path().join(file)).unwrap();
    assert_eq!(workflow.matches("env.ACT").count(), 3);
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
