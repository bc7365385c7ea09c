//! Taskfiles, image repositories and the tag format.

use imgver::error::Kind;

use super::shop::{API, BUILD, WEB, With, brief, checked, clean, only, shop};
use crate::ops::refused;
use crate::support::{Repo, taskfile};

#[test]
fn a_malformed_taskfile_is_told_with_its_place_and_nothing_follows_from_it() {
    let repo = shop();
    repo.write(&format!("{WEB}/Taskfile.yaml"), "vars:\n  IMAGE_REPO: [a\n  b: c\n");
    let found = brief(&repo, &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(&format!("error taskfile {WEB}/Taskfile.yaml:")), "{found:?}");
    repo.write(&format!("{WEB}/Taskfile.yaml"), b"vars:\n  IMAGE_REPO: \xff\n");
    only(&repo, &[], &format!("error taskfile {WEB}/Taskfile.yaml:2:15"));
}

#[test]
fn an_image_repository_that_is_none_is_told() {
    let repo = shop();
    repo.write(&format!("{API}/Taskfile.yaml"), "version: '3'\nvars:\n  IMAGE_REPO: Team/API:1\n");
    let [message, ..] = only(&repo, &[], &format!("error image-repository {API}/Taskfile.yaml:3:3"));
    assert!(message.contains("Team/API:1"), "{message}");
    repo.write(&format!("{API}/Taskfile.yaml"), "vars:\n  IMAGE_REPO: '{{.REGISTRY}}/api'\n");
    only(&repo, &[], &format!("warning image-repository {API}/Taskfile.yaml:2:3"));
    repo.write(&format!("{API}/Taskfile.yaml"), "x: &x {IMAGE_REPO: a/b}\nvars: {<<: *x}\n");
    clean(&repo, &[]);
}

#[test]
fn two_services_with_one_repository_are_told() {
    for (one, other, same) in [
        ("team/x", "team/x", true),
        ("team/x", "docker.io/team/x", true),
        ("index.docker.io/team/x", "team/x", true),
        ("x", "docker.io/library/x", true),
        ("library/x", "x", true),
        ("Registry.example/x", "registry.example/x", true),
        ("registry.example:5000/x", "registry.example/x", false),
        ("team/x", "team/y", false),
        ("localhost/x", "x", false),
    ] {
        let repo = shop();
        repo.write(&format!("{API}/Taskfile.yaml"), taskfile(one));
        repo.write(&format!("{WEB}/Taskfile.yaml"), taskfile(other));
        let found = brief(&repo, &[]);
        let expected =
            if same { vec![format!("error duplicate-image {WEB}/Taskfile.yaml:4:3")] } else { vec![] };
        assert_eq!(found, expected, "{one} {other}");
    }
}

#[test]
fn a_tag_format_that_cannot_tell_services_apart_is_told() {
    let repo = shop();
    repo.service("services/old/api");
    let workflow = "on: push\njobs: {}\n";
    repo.write(BUILD, workflow);
    repo.git(["rm", "-q", "--cached", ".github/utils/file-filters.yaml"]);
    std::fs::remove_file(repo.path().join(".github/utils/file-filters.yaml")).unwrap();
    repo.commit("Add another api");
    clean(&repo, &[]);
    let by_name = [With::TagFormat("{name}-v{version}")];
    only(&repo, &by_name, "error tag-format services/old/api/Taskfile.yaml:1:1");
    clean(&repo, &[With::TagFormat("v{version}")]);
}

#[test]
fn the_tag_format_of_the_workflows_is_taken() {
    let repo = shop();
    super::shop::edit(&repo, BUILD, "run: imgver plan", "run: imgver plan --tag-format '{name}-v{version}'");
    only(&repo, &[], &format!("error tag-filter {BUILD}:13:5"));
    super::shop::edit(&repo, BUILD, "services/**@[0-9]+", "*-v[0-9]+");
    clean(&repo, &[]);
    super::shop::edit(&repo, BUILD, " --tag-format '{name}-v{version}'", "");
    only(&repo, &[], &format!("error tag-filter {BUILD}:13:5"));
    super::shop::edit(&repo, BUILD, "name: Build\n", "env: {IMGVER_TAG_FORMAT: '{name}-v{version}'}\n");
    clean(&repo, &[]);
    only(&repo, &[With::TagFormat("{service}@{version}")], &format!("error tag-filter {BUILD}:13:5"));
}

#[test]
fn one_workflow_may_set_the_tag_format_for_all() {
    let with_test = |own: &str| {
        let repo = shop();
        super::shop::edit(&repo, BUILD, "services/**@[0-9]+", "*-v[0-9]+");
        super::shop::edit(&repo, BUILD, "name: Build\n", "env: {IMGVER_TAG_FORMAT: '{name}-v{version}'}\n");
        let test = "on: {push: {tags: ['TAGS']}}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - {uses: actions/checkout@v4, with: {fetch-depth: 0}}\n      - uses: ./.github/actions/setup\n      - run: imgver plan\n";
        repo.write(
            ".github/workflows/test.yaml",
            format!("{}{own}", test.replace("TAGS", "*-v[0-9]+.[0-9]+.[0-9]+")),
        );
        repo.commit("Add a workflow");
        repo
    };
    // One that sets none does not speak against it.
    clean(&with_test(""), &[]);
    clean(&with_test("        env: {IMGVER_TAG_FORMAT: '{name}-v{version}'}\n"), &[]);
    // Two formats: each workflow has its own.
    let other = "        env: {IMGVER_TAG_FORMAT: 'r/{name}/{version}'}\n";
    only(&with_test(other), &[], "error tag-filter .github/workflows/test.yaml:1:13");
    let repo = with_test(other);
    super::shop::edit(&repo, ".github/workflows/test.yaml", "*-v[0-9]+.", "r/*/[0-9]+.");
    clean(&repo, &[]);
    // Only a run knows it.
    clean(&with_test("        env: {IMGVER_TAG_FORMAT: '${{ vars.FORMAT }}'}\n"), &[]);
}

#[test]
fn a_repository_without_services_is_told() {
    let repo = Repo::new();
    only(&repo, &[], "warning no-service");
    repo.commit("Nothing");
    only(&repo, &[], "warning no-service");
    let bare = repo.cloned("bare", &["--bare"]);
    assert!(refused(checked(&bare, &[]), Kind::Repository).contains("bare"));
}
