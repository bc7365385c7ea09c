//! The configuration, and its services compared with the files of the repository.

use std::fs;
use std::os::unix::fs::symlink;

use super::shop::{FILTERS, brief, clean, edit, findings, only, text};
use crate::support::{Repo, taskfile};

pub(crate) const CONFIG: &str = "imgver.yaml";

/// Two services by a configuration in which nothing is wrong: one in its directory, one with the root as its context.
pub(crate) const FLEET: &str = "\
image: ghcr.io/acme/{name}
services:
  apps/orders: {}
  apps/web:
    context: .
    dockerfile: apps/web/Dockerfile
    watch: [libs/ui/**]
";

/// A repository with these services' files, and with `config` in place of [`FLEET`].
pub(crate) fn fleet(config: &str) -> Repo {
    let repo = Repo::new();
    for service in ["apps/orders", "apps/web"] {
        repo.write(&format!("{service}/Dockerfile"), "FROM scratch\n");
        repo.write(&format!("{service}/src/main"), "1\n");
    }
    repo.write("libs/ui/button", "1\n");
    repo.write(".dockerignore", "*\n!apps\n");
    repo.write(CONFIG, config);
    repo.commit("Launch the fleet");
    repo
}

/// [`FLEET`] with one place changed.
#[track_caller]
fn with(from: &str, to: &str) -> Repo {
    assert_eq!(FLEET.matches(from).count(), 1, "{from}");
    fleet(&FLEET.replacen(from, to, 1))
}

#[test]
fn a_configuration_in_which_nothing_is_wrong_is_clean() {
    clean(&fleet(FLEET), &[]);
    clean(&fleet("image: ghcr.io/acme/{name}\nservices: {'apps/*': {}}\n"), &[]);
    // An entry that says what the wildcard does anyway.
    clean(&fleet("image: ghcr.io/acme/{name}\nservices: {'apps/*': {}, apps/web: {}}\n"), &[]);
    // One without an image is only versioned.
    let repo = fleet("services: {libs/ui: {}}\n");
    clean(&repo, &[]);
}

#[test]
fn a_configuration_that_cannot_be_used_is_one_finding_and_the_rest_goes_on() {
    for (config, place) in [
        ("services: {apps/orders: {contxt: .}}\n", ":1:26"),
        ("services:\n  apps/orders: [\n", ""),
        ("image: 7\n", ":1:8"),
        ("services:\n  apps/web: {dockerfile: ../x}\n", ":2:26"),
    ] {
        let repo = fleet(config);
        // Nothing else follows from it: what a filter or an option names may be a service.
        repo.write(FILTERS, "apps/web: [apps/web/**]\nother: ['!x']\n");
        repo.write("services/api/Taskfile.yaml", "vars: {IMAGE_REPO: Team/API}\n");
        repo.write(
            ".github/workflows/build.yaml",
            "on:\n  workflow_dispatch:\n    inputs: {service: {type: choice, options: [apps/web]}}\n  push: {branches: [main], tags: ['v*']}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: cargo install imgver && imgver plan\n",
        );
        repo.commit("More");
        repo.tag("v1.0.0");
        let found = brief(&repo, &[]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0], "error shallow-checkout .github/workflows/build.yaml:9:9");
        assert!(found[1].starts_with(&format!("error config-file {CONFIG}{place}")), "{found:?}");
        assert_eq!(found[2], "error image-repository services/api/Taskfile.yaml:1:8");
    }
}

#[test]
fn a_configuration_that_is_no_file_or_called_differently_is_told() {
    let repo = fleet(FLEET);
    repo.git(["mv", CONFIG, "imgver.yml"]);
    let [_, _, fix] = only(&repo, &[], "error config-file imgver.yml:1:1");
    assert_eq!(fix, "git mv imgver.yml imgver.yaml");
    repo.git(["mv", "imgver.yml", CONFIG]);
    clean(&repo, &[]);
    // Beside the right one, it is only of no use.
    repo.write("imgver.yml", "");
    repo.git(["add", "imgver.yml"]);
    only(&repo, &[], "warning config-file imgver.yml:1:1");
    repo.git(["rm", "-qf", "imgver.yml"]);
    fs::remove_file(repo.path().join(CONFIG)).unwrap();
    assert!(brief(&repo, &[]).contains(&"warning config-file imgver.yaml:1:1".to_owned()));
    symlink("nowhere", repo.path().join(CONFIG)).unwrap();
    let [message, ..] = only(&repo, &[], "error config-file imgver.yaml");
    assert!(message.contains("symbolic link"), "{message}");
    repo.git(["restore", CONFIG]);
    repo.write(CONFIG, b"image: \xff\n");
    only(&repo, &[], "error config-file imgver.yaml:1:8");
}

#[test]
fn what_is_said_twice_about_a_service_is_told_and_the_rest_goes_on() {
    let two =
        "image: ghcr.io/acme/{name}\nservices:\n  'apps/*': {}\n  '*/web': {}\n  libs/ui: {directory: lib}\n";
    let found = brief(&fleet(two), &[]);
    assert_eq!(found, ["error config-file imgver.yaml:4:3", "error service-directory imgver.yaml:5:24"]);
    clean(&fleet(&two.replace("libs/ui: {directory: lib}", "apps/web: {}")), &[]);
    let repo = fleet("services:\n  apps/orders: {image: ghcr.io/acme/orders}\n  apps/web: {context: gone}\n");
    repo.write("apps/orders/Taskfile.yaml", taskfile("acme/orders"));
    repo.commit("Add a Taskfile");
    let found = brief(&repo, &[]);
    assert_eq!(found, ["error config-file imgver.yaml:2:24", "warning build-context imgver.yaml:3:23"]);
    let message = &findings(&repo, &[])[0]["message"];
    assert!(message.as_str().unwrap().contains("apps/orders/Taskfile.yaml:4:3"), "{message}");
    repo.write("apps/orders/Taskfile.yaml", taskfile("ghcr.io/acme/orders"));
    only(&repo, &[], "warning build-context imgver.yaml:3:23");
}

#[test]
fn a_directory_that_is_not_there_is_told() {
    let repo = with("apps/orders: {}", "apps/order: {}");
    let [message, _, fix] = only(&repo, &[], "error service-directory imgver.yaml:3:3");
    assert!(message.contains("git tracks no file in apps/order,"), "{message}");
    assert!(fix.starts_with("write apps/orders, "), "{fix}");
    only(
        &with("apps/orders: {}", "orders: {directory: src/orders}"),
        &[],
        "error service-directory imgver.yaml:3:23",
    );
    clean(&with("apps/orders: {}", "orders: {directory: apps/orders}"), &[]);
    // A name that is no directory is no fault where everything else is said.
    let elsewhere = "orders: {dockerfile: apps/orders/Dockerfile}";
    only(&with("apps/orders: {}", elsewhere), &[], "warning service-directory imgver.yaml:3:3");
    clean(&with("apps/orders: {}", &elsewhere.replace('}', ", watch: [apps/orders/**]}")), &[]);
    let repo = with("apps/orders: {}", elsewhere);
    repo.write(FILTERS, "orders: [apps/orders/**]\n");
    clean(&repo, &[]);
    // Behind a link, and in a repository of its own, git cannot tell.
    let repo = with("apps/orders: {}", "vendor/orders: {}");
    let own = Repo::new();
    own.write("Dockerfile", "FROM scratch\n");
    own.commit("Begin");
    repo.git([
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &own.url(),
        "vendor/orders",
    ]);
    clean(&repo, &[]);
    // What git does not track is not there for anybody else.
    let repo = with("apps/orders: {}", "apps/new: {}");
    repo.write("apps/new/Dockerfile", "FROM scratch\n");
    only(&repo, &[], "error service-directory imgver.yaml:3:3");
    repo.git(["add", "apps/new"]);
    clean(&repo, &[]);
}

#[test]
fn a_dockerfile_that_is_not_there_is_told() {
    let at = "error dockerfile imgver.yaml:6:17";
    for (written, meant) in [
        ("Dockerfile", "write apps/web/Dockerfile: paths in imgver.yaml are from"),
        ("apps/web/Dockerfile.prod", "write apps/web/Dockerfile, if that is meant"),
        ("app/web/Dockerfile", "write apps/web/Dockerfile, if that is meant"),
    ] {
        let repo = with("dockerfile: apps/web/Dockerfile", &format!("dockerfile: {written}"));
        let [message, _, fix] = only(&repo, &[], at);
        assert!(message.contains(&format!("git tracks no {written},")), "{message}");
        assert!(fix.starts_with(meant), "{written}: {fix}");
    }
    // As docker's own tools have it: seen from the context.
    let from_context = FLEET.replace("context: .", "context: apps");
    let repo = fleet(&from_context.replace("apps/web/Dockerfile", "web/Dockerfile"));
    repo.write("apps/.dockerignore", "*\n");
    repo.commit("Ignore everything");
    let [_, _, fix] = only(&repo, &[], at);
    assert_eq!(fix, "write apps/web/Dockerfile: paths in imgver.yaml are from the root of the repository");
    // The default.
    let repo = fleet(FLEET);
    repo.git(["mv", "apps/orders/Dockerfile", "apps/orders/Containerfile"]);
    let [_, _, fix] = only(&repo, &[], "error dockerfile imgver.yaml:3:3");
    assert!(fix.starts_with("set `dockerfile: apps/orders/Containerfile`"), "{fix}");
    edit(&repo, CONFIG, "orders: {}", "orders: {dockerfile: apps/orders/Containerfile}");
    clean(&repo, &[]);
    // BuildKit takes it in lower case, too; and tasks may build with any.
    repo.git(["mv", "apps/orders/Containerfile", "apps/orders/dockerfile"]);
    edit(&repo, CONFIG, "orders: {dockerfile: apps/orders/Containerfile}", "orders: {}");
    clean(&repo, &[]);
    repo.git(["mv", "apps/orders/dockerfile", "apps/orders/build.containerfile"]);
    repo.write("apps/orders/Taskfile.yaml", "tasks: {build: 'imgver build -- --file build.containerfile'}\n");
    repo.git(["add", "apps"]);
    clean(&repo, &[]);
}

#[test]
fn a_context_that_is_not_there_is_told() {
    let repo = with("orders: {}", "orders: {context: src}");
    let [_, _, fix] = only(&repo, &[], "warning build-context imgver.yaml:3:26");
    assert_eq!(fix, "write apps/orders/src: paths in imgver.yaml are from the root of the repository");
    clean(&with("orders: {}", "orders: {context: apps/orders/src}"), &[]);
    only(&with("orders: {}", "orders: {context: lib/ui}"), &[], "warning build-context imgver.yaml:3:26");
    clean(&with("orders: {}", "orders: {context: libs/ui}"), &[]);
}

#[test]
fn a_wide_context_without_dockerignore_is_told_once() {
    let repo = with("orders: {}", "orders: {context: ., dockerfile: apps/orders/Dockerfile}");
    clean(&repo, &[]);
    repo.git(["rm", "-q", ".dockerignore"]);
    let [message, ..] = only(&repo, &[], "warning dockerignore imgver.yaml:3:26");
    assert!(message.contains("the context of apps/orders and apps/web, has no .dockerignore"), "{message}");
    // BuildKit looks for one of the Dockerfile's first.
    repo.write("apps/orders/Dockerfile.dockerignore", "*\n");
    repo.write("apps/web/Dockerfile.dockerignore", "*\n");
    repo.git(["add", "apps"]);
    clean(&repo, &[]);
    // Not the root, but wider than the directory.
    let repo = with("context: .", "context: apps");
    only(&repo, &[], "warning dockerignore imgver.yaml:5:14");
    clean(&with("context: .", "context: apps/web"), &[]);
    clean(&with("context: .", "context: libs/ui"), &[]);
}

#[test]
fn a_wildcard_that_selects_nothing_is_told() {
    for (wildcard, fix) in [
        ("app/*", "correct or remove it"),
        ("libs/*", "git add the Dockerfiles"),
        ("apps/web/src", ""),
        ("jobs/*", "give jobs/night an entry of its own, with `dockerfile: jobs/night/Dockerfile.prod`"),
    ] {
        let repo = with("apps/orders: {}", &format!("apps/orders: {{}}\n  '{wildcard}': {{}}"));
        repo.write("jobs/night/Dockerfile.prod", "FROM scratch\n");
        repo.git(["add", "jobs"]);
        if fix.is_empty() {
            continue;
        }
        let [.., found] = only(&repo, &[], "warning unused-wildcard imgver.yaml:4:3");
        assert!(found.starts_with(fix), "{found}");
    }
    // All that it matches may have entries of their own.
    clean(&with("apps/orders: {}", "apps/orders: {}\n  'apps/*': {}"), &[]);
}

#[test]
fn a_watched_pattern_that_matches_nothing_is_told() {
    let repo = with("libs/ui/**", "lib/ui/**");
    only(&repo, &[], "warning pattern-matches-nothing imgver.yaml:7:13");
    let [.., fix] =
        only(&with("libs/ui/**", "libs/ui"), &[], "warning pattern-matches-nothing imgver.yaml:7:13");
    assert_eq!(fix, "write libs/ui/**, for all files in the directory");
    // A list that several services share is told once.
    let shared = "apps/orders: {watch: &ui ['lib/**']}\n  'apps/*': {watch: *ui}";
    only(&with("apps/orders: {}", shared), &[], "warning pattern-matches-nothing imgver.yaml:3:29");
}

#[test]
fn a_filter_beside_a_watch_list_is_told() {
    let repo = fleet(FLEET);
    repo.write(FILTERS, "web: [apps/web/**]\n");
    let found = brief(&repo, &[]);
    let expected = ["warning service-without-filter imgver.yaml:3:3", "error watched-twice imgver.yaml:7:13"];
    assert_eq!(found, expected);
    repo.write(FILTERS, "orders: [apps/orders/**]\n");
    clean(&repo, &[]);
    edit(&repo, CONFIG, "watch: [libs/ui/**]", "watch-inputs: true");
    repo.write(FILTERS, "web: [apps/web/**]\norders: [apps/orders/**]\n");
    only(&repo, &[], "error watched-twice imgver.yaml:4:3");
}

#[test]
fn the_filter_file_of_the_configuration_is_taken() {
    let repo = fleet(&format!("filters: ci/filters.yaml\n{FLEET}"));
    let [message, _, fix] = only(&repo, &[], "error filter-file imgver.yaml:1:10");
    assert_eq!(message, "ci/filters.yaml: there is no such file");
    assert!(fix.contains("`filters`"), "{fix}");
    repo.write("ci/filters.yaml", "orders: [apps/order/**]\n");
    repo.git(["add", "ci"]);
    only(&repo, &[], "warning pattern-matches-nothing ci/filters.yaml:1:10");
    repo.write("ci/filters.yaml", "orders: ['apps/orders/**', '!apps/orders/src/**']\n");
    only(&repo, &[], "error negated-pattern ci/filters.yaml:1:28");
    edit(&repo, CONFIG, "filters: ", "quantifier: some-with-excludes\nfilters: ");
    clean(&repo, &[]);
    // The default one beside it is not read.
    repo.write(FILTERS, "orders: [nothing/**]\n");
    repo.git(["add", ".github"]);
    only(&repo, &[], &format!("warning filter-file-elsewhere {FILTERS}:1:1"));
    edit(&repo, CONFIG, "ci/filters.yaml", FILTERS);
    only(&repo, &[], &format!("warning pattern-matches-nothing {FILTERS}:1:10"));
}

#[test]
fn images_named_twice_are_told() {
    let at = "error duplicate-image imgver.yaml";
    // Second images count, in whatever spelling.
    let repo = fleet(
        "services:\n  apps/orders: {image: [ghcr.io/acme/orders, acme/all]}\n  apps/web: {image: [ghcr.io/acme/web, docker.io/acme/all]}\n",
    );
    let [message, ..] = only(&repo, &[], &format!("{at}:3:40"));
    assert!(message.starts_with("apps/orders and apps/web have the same image repository"), "{message}");
    edit(&repo, CONFIG, "docker.io/acme/all", "docker.io/acme/web");
    clean(&repo, &[]);
    // By a template and equal short names.
    let repo =
        fleet("image: ghcr.io/acme/{name}\nservices: {apps/web: {}, admin/web: {directory: apps/web}}\n");
    let [_, _, fix] = only(&repo, &[], &format!("{at}:1:8"));
    assert!(fix.contains("{service} for {name}"), "{fix}");
    edit(&repo, CONFIG, "acme/{name}", "acme/{service}");
    clean(&repo, &[]);
    // One that names no service at all.
    edit(&repo, CONFIG, "acme/{service}", "acme/app");
    only(&repo, &[], &format!("{at}:1:8"));
    // A Taskfile's.
    let repo = fleet(FLEET);
    repo.write("tools/job/Taskfile.yaml", taskfile("ghcr.io/acme/web"));
    repo.commit("Add a job");
    only(&repo, &[], "error duplicate-image tools/job/Taskfile.yaml:4:3");
}

#[test]
fn a_name_that_no_image_can_have_is_told() {
    let repo = fleet(
        "image: ghcr.io/acme/{name}\nservices: {orders: {directory: apps/orders}, Web: {directory: apps/web}}\n",
    );
    let [message, _, fix] = only(&repo, &[], "error image-repository imgver.yaml:1:8");
    assert!(message.starts_with("the image of Web is invalid"), "{message}");
    assert!(fix.contains("give Web an `image` of its own"), "{fix}");
    edit(&repo, CONFIG, "directory: apps/web", "directory: apps/web, image: ghcr.io/acme/web");
    clean(&repo, &[]);
}

#[test]
fn both_ways_to_make_a_service_are_named() {
    let repo = Repo::new();
    repo.write(CONFIG, "image: ghcr.io/acme/{name}\n");
    repo.commit("Begin");
    let found = text(&repo);
    assert!(found.contains("imgver.yaml has no service") && found.contains("Taskfile"), "{found}");
}
