//! build-push.yaml with versions by service: it builds what registries lack, and a release is the image of its commit.

use std::fs;

use serde_json::{Value, json};

use super::{Act, Pipeline, Ran};
use crate::docker::shop::text;

const API: &str = "services/api";
const WEB: &str = "services/web";

const WORKFLOW: &str = ".github/workflows/build-push.yaml";

impl Pipeline {
    /// Two small services in place of ours, one with an image in two repositories. The workflow does not see that it runs under
    /// act.
    fn by_service(space: &str) -> Self {
        let pipeline = Pipeline::new(space);
        let (repo, registry) = (&pipeline.shop.repo, &pipeline.shop.registry);
        repo.git(["rm", "-r", "--quiet", "Taskfile.yaml", "services", ".github/utils/file-filters.yaml"]);
        let configuration = format!(
            "'scope' : \"service\" # by what is missing\nfloating: [latest, minor, major]\nservices:\n  {API}: {{image: ['{registry}/api', '{registry}/mirror/api']}}\n  {WEB}: {{image: '{registry}/web'}}\n"
        );
        repo.write("imgver.yaml", configuration);
        repo.write(&format!("{API}/Dockerfile"), format!("FROM {registry}/base:1\nCOPY data /\n"));
        repo.write(&format!("{WEB}/Dockerfile"), "FROM scratch\nCOPY data /\n");
        for service in [API, WEB] {
            repo.write(&format!("{service}/data"), "1\n");
        }
        let workflow = fs::read_to_string(repo.path().join(WORKFLOW)).unwrap();
        repo.write(WORKFLOW, workflow.replace("env.ACT", "env.NOT_SET"));
        repo.commit("two services");
        pipeline
    }

    /// Puts the image that the API is built from into the registry.
    fn publish_base(&self) {
        let folder = self.shop.repo.sandbox().join("base");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n").unwrap();
        let reference = format!("{}/base:1", self.shop.registry);
        self.shop.docker(&["buildx", "build", "--push", "--tag", &reference, folder.to_str().unwrap()]);
    }

    /// What a push of the last commit to main comes to.
    fn pushed(&self) -> Ran {
        let before = self.shop.repo.git(["rev-parse", "HEAD~1"]);
        self.run("build-push.yaml", "push", &self.push(&before), Act::Hidden)
    }

    /// What a push of a release tag comes to, which is set on the last commit.
    fn released(&self, tag: &str) -> Ran {
        self.shop.repo.annotate(tag);
        let payload = json!({"ref": format!("refs/tags/{tag}"), "ref_type": "tag", "deleted": false});
        self.run("build-push.yaml", "push", &payload, Act::Hidden)
    }

    /// The digest of an image in the registry.
    fn digest(&self, image: &str, tag: &str) -> String {
        let inspect = ["buildx", "imagetools", "inspect", "--format", "{{json .Manifest}}"];
        let run = self.shop.program("docker").args(inspect).args([self.shop.reference(image, tag)]).run();
        text(&run.json()["digest"]).to_owned()
    }

    /// The extended version of a service in `commit`.
    fn version(&self, service: &str, commit: &str) -> String {
        self.shop.repo.imgver(["extended", service, "--rev", commit]).run().text()
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn what_failed_or_never_ran_is_built_by_the_next_run() {
    let pipeline = Pipeline::by_service("missing");
    // The image that it is built from is not there yet.
    let ran = pipeline.pushed();
    ran.assert_plan(&[API, WEB], "staging", true, "");
    assert_ne!(ran.output.code, 0, "{}", ran.output);
    let build = |service: &str| ran.step(&format!("build-push {service}: Build and push"));
    assert_eq!([build(API), build(WEB)], ["failure", "success"], "{}", ran.output);

    pipeline.publish_base();
    let first = pipeline.shop.repo.head();
    pipeline.shop.repo.commit("nothing");
    let ran = pipeline.pushed();
    ran.assert_jobs("build-push", &[API]);
    ran.assert_plan(&[API], "staging", true, "");
    assert_eq!(pipeline.shop.tags("api"), [pipeline.version(API, &first)]);
    assert_eq!(pipeline.shop.tags("mirror/api"), pipeline.shop.tags("api"));

    // The run of the change of the API never starts; that of the next one is about both.
    pipeline.shop.repo.write(&format!("{API}/data"), "2\n");
    pipeline.shop.repo.commit("change the API");
    let second = pipeline.shop.repo.head();
    pipeline.shop.repo.write(&format!("{WEB}/data"), "2\n");
    pipeline.shop.repo.commit("change the web");
    pipeline.pushed().assert_jobs("build-push", &[API, WEB]);
    let mut tags = [pipeline.version(API, &first), pipeline.version(API, &second)];
    tags.sort();
    assert_eq!(pipeline.shop.tags("api"), tags);

    // Nothing is missing any more.
    let ran = pipeline.pushed();
    ran.assert_jobs("build-push", &[]);
    ran.assert_plan(&[], "staging", true, "");
    assert_eq!(ran.log, ["login team"]);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_release_is_the_image_of_its_commit() {
    let pipeline = Pipeline::by_service("promoted");
    pipeline.publish_base();
    pipeline.pushed().assert_jobs("build-push", &[API, WEB]);
    let staging = pipeline.digest("api", &pipeline.shop.tags("api")[0]);

    let ran = pipeline.released(&format!("{API}@1.0.0"));
    ran.assert_jobs("build-push", &[API]);
    ran.assert_plan(&[API], "production", true, "1.0.0");
    assert_eq!(ran.log, ["login team"], "nothing is built");
    let steps: Vec<&str> = ran.steps.keys().filter_map(|step| step.strip_prefix("build-push ")).collect();
    assert!(steps.contains(&&*format!("{API}: Move the floating tags")), "{steps:?}");
    for skipped in ["Set up Buildx", "Build and push", "Read back"] {
        assert!(!steps.contains(&&*format!("{API}: {skipped}")), "{steps:?}");
    }
    for image in ["api", "mirror/api"] {
        for tag in ["1.0.0", "1.0", "1", "latest"] {
            assert_eq!(pipeline.digest(image, tag), staging, "{image}:{tag}");
        }
    }
    let rows: Vec<_> = ["api", "mirror/api"]
        .map(|image| {
            format!("| {API} | {} | {staging} | promoted |", pipeline.shop.reference(image, "1.0.0"))
        })
        .into();
    assert_eq!(ran.rows, rows);

    // Once more, nothing changes.
    let tag = format!("refs/tags/{API}@1.0.0");
    let payload = json!({"ref": tag, "ref_type": "tag", "deleted": false});
    let again = pipeline.run("build-push.yaml", "push", &payload, Act::Hidden);
    again.assert_jobs("build-push", &[API]);
    assert_eq!((again.log, again.rows), (ran.log, rows));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_release_without_an_image_is_built() {
    let pipeline = Pipeline::by_service("fallback");
    let ran = pipeline.released(&format!("{WEB}@0.2.0"));
    ran.assert_jobs("build-push", &[WEB]);
    let reference = pipeline.shop.reference("web", "0.2.0");
    assert_eq!(ran.log, ["login team".to_owned(), format!("push {reference}")]);
    let digest = pipeline.digest("web", "0.2.0");
    assert_eq!(ran.rows, [format!("| {WEB} | {reference} | {digest} | pushed |")]);
    // 0 is no floating tag.
    assert_eq!(pipeline.shop.tags("web"), ["0.2", "0.2.0", "latest"]);
    assert_eq!([pipeline.digest("web", "0.2"), pipeline.digest("web", "latest")], [&*digest; 2]);
}

/// Outputs of a matrix overwrite each other, and artifacts do not.
#[test]
#[ignore = "scripts/e2e runs it"]
fn a_later_job_finds_the_digests_of_all_images() {
    let pipeline = Pipeline::by_service("recorded");
    pipeline.publish_base();
    pipeline.pushed().assert_jobs("build-push", &[API, WEB]);
    let commit = pipeline.shop.repo.head();
    let records: Vec<Value> = [(API, "api"), (API, "mirror/api"), (WEB, "web")]
        .map(|(service, image)| {
            let version = pipeline.version(service, &commit);
            let (reference, digest) =
                (pipeline.shop.reference(image, &version), pipeline.digest(image, &version));
            json!({"service": service, "reference": reference, "digest": digest, "version": version, "commit": commit})
        })
        .into();
    // As docs/deploying.md joins them.
    let files = fs::read_dir(pipeline.artifacts()).unwrap().map(|folder| folder.unwrap().path());
    let files: Vec<_> =
        files.map(|folder| folder.join(folder.file_name().unwrap()).with_extension("json")).collect();
    let joined = pipeline.shop.program("jq").args(["-s", "add | sort_by(.service, .reference)"]).args(&files);
    let joined = joined.run().json();
    assert_eq!(joined, Value::from(records));
    assert!(joined.as_array().unwrap().iter().all(|record| text(&record["digest"]).starts_with("sha256:")));
}
