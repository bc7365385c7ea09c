//! What may be pushed past the registry's knowledge, and versions that say nothing of their content.
//!
//! There is no docker: a build that would begin fails with exit code 6, and what must not be replaced with 4.

use std::fs;

use serde_json::Value;

use super::images::REVISION;
use super::server::Registry;
use super::{services, version};
use crate::support::{Output, Repo};

const THEIRS: &str = "1234567890123456789012345678901234567890";

fn imgver(repo: &Repo, args: &[&str]) -> Output {
    repo.imgver(["build"]).args(args).env("PATH", "/nonexistent").run()
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn arguments_for_docker_push_over_no_release() {
    let registry = Registry::start();
    let repo = services(registry.address(), &["api", "web"]);
    let one = |extra: &[&str]| imgver(&repo, &[&["api", "--set-version", "1.0.0", "--"], extra].concat());
    let all = |extra: &[&str]| imgver(&repo, &[&["--all", "--set-version", "1.0.0", "--"], extra].concat());
    let registry_output = ["--output", "type=registry"];
    let set = ["--set", "*.output=type=registry"];
    one(&registry_output).fails(6);
    all(&set).fails(6);

    registry.push_image("team/api", "1.0.0", &[(REVISION, THEIRS)]);
    let pushing: [&[&str]; 5] = [
        &registry_output,
        &["-o", "type=image,push=true"],
        &["-otype=registry"],
        &["-o", "type=oci,dest=x", "-o=type=registry"],
        &["-o", "\"type=image\",\"push=true\""],
    ];
    for extra in pushing {
        let error = one(extra).fails(4).to_owned();
        assert!(error.contains(THEIRS) && error.contains(&repo.head()), "{error}");
    }
    for extra in [&set[..], &["--set=*.output+=type=image,push=1"], &["--set", "api.push=true"]] {
        all(extra).fails(4);
    }
    for extra in [&["--push"][..], &["--push=true"], &["--push=false"]] {
        one(extra).fails(2);
        all(extra).fails(2);
    }
    let load = ["api", "--load", "--set-version", "1.0.0", "--", "-o", "type=registry"];
    imgver(&repo, &load).fails(4);
    // Nothing leaves this machine.
    for extra in
        [&["-o", "out"][..], &["-o", "type=oci,dest=x"], &["-o", "type=cacheonly"], &["-o", "type=image"]]
    {
        one(extra).fails(6);
    }
    // Nobody knows what it pushes.
    repo.write("more.hcl", "");
    repo.commit("a bake file");
    assert!(all(&["--file", "more.hcl"]).fails(2).contains("a bake file after --"));
    imgver(&repo, &["--all", "--", "--file", "more.hcl"]).fails(6);

    let digest = registry.push_image("team/api", "1.0.0", &[(REVISION, &repo.head())]);
    let kept = one(&registry_output);
    assert_eq!(kept.line(), format!("{}/team/api:1.0.0@{digest}", registry.address()));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_further_tag_is_pushed_over_no_release() {
    let registry = Registry::start();
    let repo = services(registry.address(), &["api"]);
    let name = |tag: &str| format!("{}/other/x:{tag}", registry.address());
    let push = |args: &[&str], tag: &str| {
        imgver(&repo, &[&["api", "--push"], args, &["--", "--tag", &name(tag)]].concat())
    };
    push(&[], "1.0.0").fails(6);
    for labels in [&[(REVISION, THEIRS)][..], &[]] {
        registry.push_image("other/x", "1.0.0", labels);
        for args in [&[][..], &["--if-exists=overwrite"], &["--if-exists=fail"], &["--missing"]] {
            let error = push(args, "1.0.0").fails(4).to_owned();
            assert!(error.contains(&name("1.0.0")) && error.contains(&repo.head()), "{error}");
        }
    }
    registry.push_image("other/x", "1.0.0", &[(REVISION, &repo.head())]);
    assert!(push(&[], "1.0.0").fails(4).contains("of the same commit"));
    push(&["--if-exists", "overwrite"], "1.0.0").fails(6);
    // Any other tag is written over, and one that is only loaded is pushed nowhere.
    registry.push_image("other/x", "try", &[(REVISION, THEIRS)]);
    push(&[], "try").fails(6);
    imgver(&repo, &["api", "--", "--tag", &name("1.0.0")]).fails(6);
    // The same arguments with another output.
    let output = ["api", "--", "-o", "type=registry", "-t", &name("1.0.0")];
    imgver(&repo, &output).fails(4);
    let digest = format!("{}@sha256:00", name("1.0.0"));
    imgver(&repo, &["api", "--push", "--", "-t", &digest]).fails(2);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn what_is_missing_is_of_this_commit() {
    let registry = Registry::start();
    let repo = services(registry.address(), &["api"]);
    let build = |version: &str| imgver(&repo, &["--missing", "--push", "--set-version", version]);
    let event = repo.sandbox().join("event.json");
    let plan = |version: &str| {
        let inputs = serde_json::json!({"inputs": {"service": "services/api", "version": version}});
        fs::write(&event, inputs.to_string()).unwrap();
        let args = ["plan", "--missing", "--event-name", "workflow_dispatch", "--ref", "refs/heads/main"];
        repo.imgver(args).args(["--explain"]).env("GITHUB_EVENT_PATH", &event).run()
    };
    let is_planned = |output: Output| output.text().contains("services=[\"services/api\"]");

    // Ours is there.
    for version in ["try-1", "1.0.0"] {
        registry.push_image("team/api", version, &[(REVISION, &repo.head())]);
        assert!(build(version).text().contains("sha256:"));
        assert!(!is_planned(plan(version)));
    }
    for labels in [&[(REVISION, THEIRS)][..], &[]] {
        registry.push_image("team/api", "try-1", labels);
        build("try-1").fails(6);
        let planned = plan("try-1");
        assert!(planned.stderr.contains("missing: what is there"), "{planned}");
        assert!(is_planned(planned));
        registry.push_image("team/api", "1.0.0", labels);
        for output in [build("1.0.0"), plan("1.0.0")] {
            assert!(output.fails(4).contains(&repo.head()), "{output}");
        }
    }
    // Uncommitted changes have no name of their own.
    registry.push_image("team/api", "x-dirty", &[(REVISION, &repo.head())]);
    build("x-dirty").fails(6);
    assert!(is_planned(plan("x-dirty")));
    let taskfile = fs::read_to_string(repo.path().join("services/api/Taskfile.yaml")).unwrap();
    repo.write("services/api/Taskfile.yaml", taskfile + "# new\n");
    registry.push_image("team/api", &version(&repo), &[(REVISION, &repo.head())]);
    assert!(version(&repo).ends_with("-dirty"));
    imgver(&repo, &["--missing", "--push"]).fails(6);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_images_file_names_the_commit_of_the_label() {
    let registry = Registry::start();
    let repo = services(registry.address(), &["api"]);
    let version = version(&repo);
    for (labels, commit) in [(&[(REVISION, THEIRS)][..], THEIRS), (&[], "")] {
        registry.push_image("team/api", &version, labels);
        imgver(&repo, &["--missing", "--push", "--images-file", "images.json"]).text();
        let file = repo.path().join("images.json");
        let written: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(written[0]["commit"], commit);
        fs::remove_file(file).unwrap();
    }
}
