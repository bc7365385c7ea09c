//! What is written, and what is left alone.

use std::fs;

use super::{pairs, repo, row, services};
use crate::support::Repo;

const FILES: [(&str, &str); 2] = [
    ("api/Dockerfile", "FROM scratch\n"),
    ("compose.yml", "services:\n  api: {image: acme/api, build: api}\n"),
];

fn text(repo: &Repo) -> String {
    fs::read_to_string(repo.path().join("imgver.yaml")).expect("imgver.yaml is there")
}

#[test]
fn a_new_file_is_written_and_reported() {
    let repo = repo(&FILES);
    let output = repo.imgver(["init"]).run();
    assert_eq!(output.code, 0, "{output}");
    assert_eq!(
        output.stdout,
        "\
FOUND                               WHERE          BECOMES                                  HOW SURE
the main branch is main             -              the branch of the workflow (--workflow)  unsure
builds api/Dockerfile, context api  compose.yml:2  api, image acme/api                      sure
"
    );
    assert_eq!(
        output.stderr,
        "wrote imgver.yaml: 1 service\nnext: read the comments in imgver.yaml, then run imgver list and imgver check\n"
    );
    assert_eq!(services(&repo), pairs(&[("api", "acme/api")]));
}

#[test]
fn a_second_run_has_nothing_to_do() {
    let repo = repo(&FILES);
    repo.imgver(["init"]).run();
    for committed in [false, true] {
        let before = text(&repo);
        let again = repo.imgver(["init"]).run();
        assert_eq!(again.code, 0, "{again}");
        assert_eq!(again.stderr, "imgver.yaml is up to date: nothing to do\n");
        assert_eq!(text(&repo), before);
        if !committed {
            repo.commit("Configure");
        }
    }
}

#[test]
fn a_dry_run_writes_nothing() {
    let repo = repo(&FILES);
    let output = repo.imgver(["init", "--dry-run"]).run();
    assert_eq!(output.code, 0, "{output}");
    assert!(!repo.path().join("imgver.yaml").exists());
    let (_, shown) = output.stdout.split_once("\nimgver.yaml would be:\n").unwrap();
    assert_eq!(output.stderr, "would write imgver.yaml: 1 service\n");
    repo.imgver(["init"]).run();
    assert_eq!(text(&repo), shown);
}

#[test]
fn a_file_that_says_something_else_stays() {
    for theirs in ["services:\n  api: {image: acme/other}\n", "services: [\n"] {
        let repo = repo(&FILES);
        repo.write("imgver.yaml", theirs);
        for args in [&["init"][..], &["init", "--dry-run"]] {
            let output = repo.imgver(args).run();
            assert_eq!(output.code, 4, "{output}");
            assert!(output.stdout.contains("--- a/imgver.yaml\n+++ b/imgver.yaml\n@@ "), "{output}");
            assert!(output.stdout.contains("\n+    image: acme/api\n"), "{output}");
            assert!(output.stderr.contains("nothing was written\nhint: "), "{output}");
            assert_eq!(text(&repo), theirs);
        }
        let shown = repo.imgver(["init", "--force", "--dry-run"]).run();
        assert_eq!((shown.code, &*shown.stderr), (0, "would replace imgver.yaml: 1 service\n"), "{shown}");
        assert_eq!(text(&repo), theirs);
        let output = repo.imgver(["init", "--force"]).run();
        assert_eq!(output.code, 0, "{output}");
        assert!(output.stderr.starts_with("replaced imgver.yaml: 1 service\n"), "{output}");
        assert_eq!(services(&repo), pairs(&[("api", "acme/api")]));
    }
}

#[test]
fn the_root_is_meant_wherever_it_runs() {
    let repo = repo(&FILES);
    let output = repo.imgver(["init"]).cwd("api").run();
    assert_eq!(output.code, 0, "{output}");
    assert!(repo.path().join("imgver.yaml").exists() && !repo.path().join("api/imgver.yaml").exists());
}

#[test]
fn where_taskfiles_say_everything_there_is_nothing_to_write() {
    let repo = repo(&[
        ("api/Dockerfile", "FROM scratch\n"),
        ("api/Taskfile.yaml", "version: '3'\nvars: {IMAGE_REPO: acme/api}\n"),
        ("compose.yml", "services:\n  api: {build: api}\n"),
    ]);
    let output = repo.imgver(["init"]).run();
    assert_eq!(
        (output.code, &*output.stderr),
        (0, "nothing to write: the Taskfiles and the defaults say everything\n")
    );
    assert!(!repo.path().join("imgver.yaml").exists());
    assert!(row(&output, "IMAGE_REPO is acme/api").contains("api/Taskfile.yaml:2"));
}

#[test]
fn this_repository_needs_no_configuration() {
    let repo = Repo::new();
    repo.copy_from_here(&[".github", "services", "Taskfile.yaml"]);
    repo.commit("Copy");
    let output = repo.imgver(["init"]).run();
    assert_eq!(output.code, 0, "{output}");
    assert!(output.stderr.starts_with("nothing to write"), "{output}");
}

#[test]
fn without_a_dockerfile_there_is_nothing_to_set_up() {
    let empty = repo(&[("README.md", "")]);
    let output = empty.imgver(["init"]).run();
    assert_eq!((output.code, &*output.stdout), (5, ""), "{output}");
    assert!(output.stderr.contains("git tracks no Dockerfile"), "{output}");
    // Before the first commit, the index counts.
    let young = Repo::new();
    young.write("api/Dockerfile", "FROM scratch\n");
    assert_eq!(young.imgver(["init"]).run().code, 5);
    young.git(["add", "-A"]);
    assert_eq!(young.imgver(["init"]).run().code, 0);
    let bare = repo(&FILES).cloned("bare", &["--bare"]);
    let output = bare.imgver(["init"]).run();
    assert_eq!((output.code, &*output.stdout), (3, ""), "{output}");
}

#[test]
fn nothing_is_written_through_a_link() {
    let repo = repo(&FILES);
    for target in ["outside", "../outside"] {
        std::os::unix::fs::symlink(target, repo.path().join("imgver.yaml")).unwrap();
        for args in [&["init"][..], &["init", "--force"]] {
            let output = repo.imgver(args).run();
            assert_eq!((output.code, &*output.stdout), (5, ""), "{output}");
            assert!(output.stderr.contains("imgver.yaml is a symbolic link"), "{output}");
        }
        fs::remove_file(repo.path().join("imgver.yaml")).unwrap();
    }
    assert!(!repo.path().join("outside").exists() && !repo.sandbox().join("outside").exists());
}

/// Compose services with images, one of them with a Taskfile of its own.
fn shop() -> Repo {
    repo(&[
        ("apps/api/Dockerfile", "FROM scratch\n"),
        ("apps/web/Dockerfile", "FROM scratch\n"),
        ("apps/web/Dockerfile.admin", "FROM scratch\n"),
        ("apps/jobs/Dockerfile", "FROM scratch\n"),
        ("apps/jobs/Taskfile.yml", "version: '3'\nvars: {IMAGE_REPO: ghcr.io/acme/jobs}\n"),
        (
            "compose.yml",
            "\
services:
  api: {image: ghcr.io/acme/api, build: apps/api}
  web: {image: acme/web, build: apps/web}
  admin: {image: acme/admin, build: {context: apps/web, dockerfile: Dockerfile.admin}}
  jobs: {build: apps/jobs}
",
        ),
    ])
}

#[test]
fn tasks_are_written_for_services_that_have_none() {
    let repo = shop();
    let output = repo.imgver(["init", "--task"]).run();
    assert_eq!(output.code, 0, "{output}");
    let wrote: Vec<&str> = output.stderr.lines().filter_map(|line| line.strip_prefix("wrote ")).collect();
    assert_eq!(
        wrote,
        [
            "imgver.yaml: 4 services",
            ".github/utils/taskfile.yaml",
            "apps/api/Taskfile.yaml",
            "apps/web/Taskfile.yaml"
        ]
    );
    let before = services(&repo);
    repo.commit("Set up");
    assert_eq!(services(&repo), before);
    assert_eq!(
        before,
        pairs(&[
            ("apps/api", "ghcr.io/acme/api"),
            ("apps/jobs", "ghcr.io/acme/jobs"),
            ("apps/web", "acme/web"),
            ("apps/web-admin", "acme/admin"),
        ])
    );
    let check = repo.imgver(["check"]).run();
    assert_eq!(check.code, 0, "{check}");
    let again = repo.imgver(["init", "--task"]).run();
    assert_eq!(again.code, 0, "{again}");
    assert!(again.stderr.lines().all(|line| line.ends_with("is up to date: nothing to do")), "{again}");
}

/// A list of texts in YAML.
fn texts(value: &serde_yaml::Value) -> Vec<String> {
    value.as_sequence().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_workflow_is_about_these_services() {
    let repo = shop();
    let output = repo.imgver(["init", "--workflow"]).run();
    assert_eq!(output.code, 0, "{output}");
    let workflow = fs::read_to_string(repo.path().join(".github/workflows/build-push.yaml")).unwrap();
    let on = &serde_yaml::from_str::<serde_yaml::Value>(&workflow).unwrap()["on"];
    assert_eq!(texts(&on["push"]["branches"]), ["main"]);
    let offered = texts(&on["workflow_dispatch"]["inputs"]["service"]["options"]);
    assert_eq!(offered, ["apps/api", "apps/jobs", "apps/web", "apps/web-admin"]);
    assert!(workflow.contains("registry: ghcr.io") && workflow.contains("DOCKERHUB_TOKEN"), "{workflow}");
    repo.commit("Set up");
    let check = repo.imgver(["check", "--output", "json"]).run().stdout;
    let findings: serde_json::Value = serde_json::from_str(&check).unwrap();
    let messages = findings.as_array().unwrap().iter().map(|finding| finding["message"].as_str().unwrap());
    // A build of a developer's does not know the commit of its release.
    let others: Vec<&str> = messages.filter(|message| !message.contains("is a placeholder")).collect();
    assert_eq!(others, [""; 0]);
    let again = repo.imgver(["init", "--workflow"]).run();
    assert_eq!(again.code, 0, "{again}");
}

#[test]
fn the_workflow_starts_for_the_tags_that_there_are() {
    let repo = shop();
    repo.tag("api-v1.0.0");
    repo.git(["checkout", "-q", "-b", "trunk"]);
    repo.git(["branch", "-D", "main"]);
    assert_eq!(repo.imgver(["init", "--workflow"]).run().code, 0);
    let workflow = fs::read_to_string(repo.path().join(".github/workflows/build-push.yaml")).unwrap();
    let on = &serde_yaml::from_str::<serde_yaml::Value>(&workflow).unwrap()["on"];
    assert_eq!(texts(&on["push"]["branches"]), ["trunk"]);
    let tags = texts(&on["push"]["tags"]);
    assert!(tags.iter().all(|tag| tag.starts_with("*-v")), "{tags:?}");
}

#[test]
fn one_file_that_differs_stops_all() {
    let repo = shop();
    repo.write(".github/utils/taskfile.yaml", "version: '3'\n");
    let output = repo.imgver(["init", "--task"]).run();
    assert_eq!(output.code, 4, "{output}");
    assert!(output.stderr.contains(".github/utils/taskfile.yaml already exists"), "{output}");
    assert!(!repo.path().join("imgver.yaml").exists());
}

#[test]
fn nothing_stays_of_what_cannot_be_finished() {
    let repo = shop();
    // A file where a directory has to be.
    repo.write(".github/utils", "");
    let output = repo.imgver(["init", "--task"]).run();
    assert_ne!(output.code, 0, "{output}");
    assert_eq!(output.stdout, "");
    assert!(!repo.path().join("imgver.yaml").exists(), "{output}");
}

/// What a person makes of the configuration: other names, other images, other tags.
const EDITED: &str = "\
# Ours.
tag-format: '{name}-v{version}'
services:
  apps/api:
    image: registry.example/acme/api
    watch: [libs/ui/**]
  apps/jobs: {}
  site: {directory: apps/web, context: apps, watch-inputs: true, image: ghcr.io/acme/site}
";

#[test]
fn an_edited_configuration_is_kept_and_the_other_files_follow_from_it() {
    let repo = shop();
    assert_eq!(repo.imgver(["init"]).run().code, 0);
    repo.write("imgver.yaml", EDITED);
    for force in [&[][..], &["--force"]] {
        let args = ["init", "--task", "--workflow"].iter().chain(force);
        let output = repo.imgver(args).run();
        assert_eq!((output.code, &*output.stdout), (0, ""), "{output}");
        let kept = "imgver.yaml is kept as it is: the other files follow from it\n";
        assert!(output.stderr.starts_with(kept), "{output}");
        assert_eq!(text(&repo), EDITED);
        assert!(repo.path().join("apps/api/Taskfile.yaml").exists());
        assert!(!repo.path().join("apps/web/Taskfile.yaml").exists());
    }
    let workflow = fs::read_to_string(repo.path().join(".github/workflows/build-push.yaml")).unwrap();
    let on = &serde_yaml::from_str::<serde_yaml::Value>(&workflow).unwrap()["on"];
    let offered = texts(&on["workflow_dispatch"]["inputs"]["service"]["options"]);
    assert_eq!(offered, ["apps/api", "apps/jobs", "site"]);
    assert_eq!(texts(&on["push"]["tags"]), ["*-v[0-9]+.[0-9]+.[0-9]+"]);
    let paths = texts(&on["push"]["paths"]);
    // With `scope: service`, settings alone make new versions.
    assert!(
        ["apps/**", "libs/ui/**", "imgver.yaml"].iter().all(|path| paths.contains(&(*path).to_owned())),
        "{paths:?}"
    );
    assert!(workflow.contains("registry: registry.example") && !workflow.contains("DOCKERHUB"), "{workflow}");
    let listed: Vec<String> = services(&repo).into_iter().map(|(service, _)| service).collect();
    assert_eq!(listed, offered);
    repo.commit("Set up");
    assert_eq!(repo.imgver(["check"]).run().code, 0);
    // Alone, it is compared as before.
    assert_eq!(repo.imgver(["init"]).run().code, 4);
    assert_eq!(text(&repo), EDITED);
}

#[test]
fn other_files_are_replaced_beside_a_kept_configuration_only_by_force() {
    let repo = shop();
    repo.write("imgver.yaml", EDITED);
    repo.write(".github/workflows/build-push.yaml", "on: push\n");
    let output = repo.imgver(["init", "--workflow"]).run();
    assert_eq!(output.code, 4, "{output}");
    assert!(output.stderr.contains("replace the file: imgver init --workflow --force\n"), "{output}");
    assert!(!output.stdout.contains("b/imgver.yaml"), "{output}");
    let output = repo.imgver(["init", "--workflow", "--force"]).run();
    assert!(output.stderr.contains("replaced .github/workflows/build-push.yaml: it needs "), "{output}");
    assert_eq!((output.code, text(&repo)), (0, EDITED.to_owned()), "{output}");
}

#[test]
fn a_configuration_that_cannot_be_read_is_not_kept() {
    let repo = shop();
    repo.write("imgver.yaml", "services: [\n");
    assert_eq!(repo.imgver(["init", "--workflow"]).run().code, 4);
    assert_eq!(repo.imgver(["init", "--workflow", "--force"]).run().code, 0);
    assert_ne!(text(&repo), "services: [\n");
}

#[test]
fn what_only_a_person_can_do_is_said_beside_the_workflow() {
    let build = |service: &str| {
        format!(
            "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: docker/build-push-action@v6\n        with: {{context: {service}, push: true, tags: 'acme/{service}:1'}}\n"
        )
    };
    let repo = repo(&[
        ("api/Dockerfile", "FROM scratch\n"),
        ("web/Dockerfile", "FROM scratch\n"),
        ("jobs/Dockerfile", "FROM scratch\n"),
        ("compose.yml", "services:\n  jobs: {build: jobs}\n"),
        (".github/workflows/api.yml", &build("api")),
        (".github/workflows/web.yml", &build("web")),
    ]);
    let output = repo.imgver(["init", "--workflow"]).run();
    assert_eq!(output.code, 0, "{output}");
    let said: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(
        said,
        [
            "wrote imgver.yaml: 3 services, 1 without an image",
            "wrote .github/workflows/build-push.yaml: it needs the secret DOCKERHUB_TOKEN and the variable DOCKERHUB_USERNAME, in the settings of the repository",
            "next: read the comments in imgver.yaml, git add what was written, then run imgver list and imgver check",
            "then: once imgver.yaml names the images, let the workflow log in to their registries: imgver init --workflow --force",
            "then: take out what builds the same images in .github/workflows/api.yml, .github/workflows/web.yml, or both push them",
        ]
    );
    // What was written is among the files that a check reads.
    repo.git(["add", "-A"]);
    let check = repo.imgver(["check"]).run();
    assert!(check.stdout.contains("is a placeholder"), "{check}");
    assert!(
        check
            .stdout
            .contains("jobs has no image, and .github/workflows/build-push.yaml builds what a plan selects"),
        "{check}"
    );
}
