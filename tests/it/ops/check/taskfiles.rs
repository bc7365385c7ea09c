//! Layouts of Taskfiles.

use super::shop::{API, BUILD, WEB, brief, clean, edit, only, shop};
use crate::support::{Repo, taskfile};

const UTILS: &str = ".github/utils/taskfile.yaml";

/// The shop, with this repository's shared tasks, and this Taskfile at the root.
fn shop_with_root(root: &str) -> Repo {
    let repo = shop();
    repo.copy_from_here(&[UTILS]);
    repo.write("Taskfile.yml", root);
    repo.commit("Taskfiles");
    repo
}

/// The Taskfile of api, which includes the shared tasks so.
fn api(utils: &str) -> String {
    format!("version: '3'\nvars:\n  IMAGE_REPO: team/api\nincludes:\n  utils: {utils}\n")
}

#[test]
fn a_service_is_included_with_its_directory() {
    for include in [
        "{taskfile: services/go/api, dir: services/go/api}",
        "{taskfile: ./services/go/api/, dir: ./services/go/api/}",
        "{taskfile: services/go/api/Taskfile.yaml, dir: services/../services/go/api}",
        "{taskfile: services/go/api, dir: services/go/api, flatten: true}",
        "{taskfile: services/go/api, dir: '{{.ROOT_DIR}}/services/go/api'}",
        "{taskfile: services/go/api, dir: $PWD/x}",
        "{taskfile: '{{.API}}'}",
        "'{{.API}}'",
        "../elsewhere",
        "/services/go/api",
        "https://example.com/Taskfile.yml",
        "services/go",
    ] {
        clean(&shop_with_root(&format!("version: '3'\nincludes:\n  api: {include}\n")), &[]);
    }
    for (include, severity, place) in [
        ("services/go/api", "error", ""),
        ("./services/go/api/Taskfile.yaml", "error", ""),
        ("{taskfile: services/go/api}", "warning", "the root"),
        ("{taskfile: services/go/api, flatten: true}", "warning", "the root"),
        ("{taskfile: services/go/api, dir: .}", "warning", "the root"),
        ("{taskfile: services/go/api, dir: services/node/web}", "warning", WEB),
        ("{taskfile: services/go/api, dir: services/go/api/src}", "warning", "services/go/api/src"),
    ] {
        let repo = shop_with_root(&format!("version: '3'\nincludes:\n  api: {include}\n"));
        let [message, _, fix] = only(&repo, &[], &format!("{severity} include-dir Taskfile.yml:3:3"));
        assert!(message.contains(API) && message.contains(place), "{include}: {message}");
        assert_eq!(fix, "api: { taskfile: services/go/api, dir: services/go/api }");
        // What it says to do is right.
        edit(&repo, "Taskfile.yml", &format!("api: {include}"), &fix);
        clean(&repo, &[]);
    }
}

#[test]
fn groups_of_services_are_followed() {
    let repo = shop_with_root("version: '3'\nincludes:\n  all: ci/all.yml\n");
    repo.write("ci/all.yml", "version: '3'\nincludes:\n  web: ../services/node/web\n");
    clean(&repo, &[]);
    repo.commit("Add a group");
    let [_, _, fix] = only(&repo, &[], "error include-dir ci/all.yml:3:3");
    assert_eq!(fix, "web: { taskfile: ../services/node/web, dir: ../services/node/web }");
    edit(&repo, "ci/all.yml", "web: ../services/node/web", &fix);
    clean(&repo, &[]);
}

#[test]
fn a_taskfile_that_only_a_workflow_names_is_followed() {
    let repo = shop_with_root("version: '3'\n");
    repo.write("ci/all.yml", "version: '3'\nincludes:\n  web: ../services/node/web\n");
    edit(
        &repo,
        BUILD,
        "      - run: make lint\n",
        "      - run: task -t all.yml lint\n        working-directory: ci\n",
    );
    repo.commit("Lint all");
    only(&repo, &[], "error include-dir ci/all.yml:3:3");
}

#[test]
fn includes_by_aliases_and_merge_keys_are_read() {
    for root in [
        "x: &x services/go/api\nincludes:\n  api: *x\n",
        "x: &x {api: services/go/api}\nincludes:\n  <<: *x\n",
        "includes:\n  'api': \"services/go/api\"\n",
    ] {
        let found = brief(&shop_with_root(&format!("version: '3'\n{root}")), &[]);
        assert!(
            matches!(&*found, [only] if only.starts_with("error include-dir Taskfile.yml:")),
            "{root}: {found:?}"
        );
    }
}

#[test]
fn the_shared_tasks_run_in_the_service() {
    let repo = shop_with_root("version: '3'\n");
    let path = format!("../../../{UTILS}");
    let file = format!("{API}/Taskfile.yaml");
    for utils in [
        path.clone(),
        format!("{{taskfile: {path}}}"),
        format!("{{taskfile: {path}, dir: .}}"),
        format!("{{taskfile: {path}, dir: ./src}}"),
        format!("{{taskfile: {path}, dir: ../api/}}"),
        format!("{{taskfile: {path}, dir: '{{{{.TASKFILE_DIR}}}}'}}"),
    ] {
        repo.write(&file, api(&utils));
        clean(&repo, &[]);
    }
    for dir in ["../../..", "../../../tools", "..", "../api-2", "../../../.."] {
        repo.write(&file, api(&format!("{{taskfile: {path}, dir: {dir}}}")));
        let [message, _, _] = only(&repo, &[], &format!("warning include-dir {file}:5:3"));
        assert!(message.contains(API), "{message}");
    }
}

#[test]
fn the_image_is_set_in_vars() {
    let file = "tools/job/Taskfile.yml";
    let repo = shop_with_root("version: '3'\nenv:\n  IMAGE_REPO: team/all\n");
    clean(&repo, &[]);
    repo.write(file, "version: '3'\nenv:\n  IMAGE_REPO: team/job\n");
    clean(&repo, &[]);
    repo.commit("Add a job");
    only(&repo, &[], &format!("error image-variable {file}:3:3"));
    repo.write(file, "version: '3'\ndotenv: ['.env', '../.env']\n");
    clean(&repo, &[]);
    repo.write("tools/.env", "export IMAGE_REPO=team/job\n");
    clean(&repo, &[]);
    repo.commit("Add a dotenv file");
    only(&repo, &[], &format!("error image-variable {file}:2:18"));
    repo.write("tools/.env", "REPO=team/job\n");
    clean(&repo, &[]);
    // A service may have both.
    edit(&repo, &format!("{WEB}/Taskfile.yaml"), "vars:", "env:\n  IMAGE_REPO: '{{.IMAGE_REPO}}'\nvars:");
    clean(&repo, &[]);
}

#[test]
fn a_path_that_cannot_be_passed_on_is_no_services() {
    for (directory, expected) in
        [("-Capi", true), ("-/api", true), ("services/-Capi", false), ("@api", false), ("~", false)]
    {
        let repo = Repo::new();
        repo.write(&format!("{directory}/Taskfile.yaml"), taskfile("team/api"));
        repo.commit("One directory");
        let found = brief(&repo, &[]);
        let finding = format!("warning service-path {directory}/Taskfile.yaml");
        let expected = if expected { vec!["warning no-service".to_owned(), finding] } else { vec![] };
        assert_eq!(found, expected, "{directory}");
    }
}
