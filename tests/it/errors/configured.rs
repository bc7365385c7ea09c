//! What an `imgver.yaml` says in the form of one, but does not fit the repository, or itself.

use std::fs;
use std::os::unix::fs::symlink;

use super::page::{Page, Row, row};
use crate::support::{Repo, taskfile};

/// The configuration.
const FILE: &str = "imgver.yaml";

pub(crate) fn fill(page: &mut Page) {
    let repo = Repo::new();
    repo.write("apps/web/Dockerfile", "FROM scratch\n");
    repo.write("apps/Mail/Dockerfile", "FROM scratch\n");
    repo.write("legacy/Taskfile.yaml", taskfile("acme/legacy"));
    repo.commit("begin");
    page.rows(&repo, unreadable());
    page.rows(&repo, services());
    page.rows(&repo, images());
    page.rows(&repo, filters());
    symlink("nowhere.yaml", repo.path().join(FILE)).unwrap();
    page.rows(&repo, [row(5, "a link to nothing", "imgver list")]);
    fs::remove_file(repo.path().join(FILE)).unwrap();
    fs::create_dir(repo.path().join(FILE)).unwrap();
    page.rows(&repo, [row(5, "a directory that is called so", "imgver list")]);
    fs::remove_dir(repo.path().join(FILE)).unwrap();
    let settings = "image: acme/{name}\nservices: { apps/web: {} }\n";
    repo.tag("apps/web@1.0.0");
    page.rows(
        &repo,
        [row(4, "a release by a file of no commit", "imgver tag apps/web --environment production")
            .with(FILE, settings)],
    );
    repo.write(FILE, settings);
    repo.commit("configure");
    repo.tag("apps/web@1.0.1");
    fs::remove_file(repo.path().join(FILE)).unwrap();
    page.rows(&repo, [row(5, "a file that git tracks and that was deleted", "imgver list")]);
    repo.git(["checkout", "-q", "."]);
    let other = "tag-format: v{version}\nimage: acme/other\nservices: { apps/web: {} }\n";
    page.rows(
        &repo,
        [
            row(4, "a release by a file that is changed", "imgver tag apps/web --exact")
                .with(FILE, settings.replace("acme", "other")),
            row(
                4,
                "a release of all services with one tag",
                "imgver release --whole --set 1.0.2 --any-branch",
            )
            .with(FILE, other),
        ],
    );
}

fn unreadable() -> Vec<Row> {
    vec![
        row(5, "another spelling of its name", "imgver list").with("imgver.yml", "services: {}\n"),
        row(5, "the same in a directory below", "cd legacy && imgver version").with("imgver.yml", ""),
        row(5, "braces without quotes", "imgver list")
            .with(FILE, "services:\n  apps/web: { image: acme/{name} }\n"),
        row(5, "not UTF-8", "imgver list").with(FILE, b"image: acme/\xff\n".to_vec()),
    ]
}

fn services() -> Vec<Row> {
    vec![
        row(5, "two wildcards for one service", "imgver list")
            .with(FILE, "services:\n  apps/*: {}\n  '*/web': {}\n"),
        row(5, "several services in one directory", "cd apps/web && imgver version")
            .with(FILE, "services:\n  one: { directory: apps/web }\n  two: { directory: apps/web }\n"),
        row(5, "several services in the root", "imgver version")
            .with(FILE, "services:\n  one: { directory: . }\n  two: { directory: . }\n"),
    ]
}

fn images() -> Vec<Row> {
    vec![
        row(5, "another image than the Taskfile's", "imgver list")
            .with(FILE, "services:\n  legacy:\n    image: [ghcr.io/acme/legacy, acme/legacy]\n"),
        row(5, "another image than the template's of the Taskfile", "imgver list")
            .with(FILE, "services:\n  legacy: { image: acme/other }\n")
            .with("legacy/Taskfile.yaml", taskfile("'{{.REGISTRY}}/legacy'")),
        row(5, "a template that makes no image of a name", "imgver tag apps/Mail --set-version 1")
            .with(FILE, "image: acme/{name}\nservices: { apps/Mail: {} }\n"),
        row(5, "a service without an image", "imgver tag apps/web --set-version 1")
            .with(FILE, "services: { apps/web: {} }\n"),
        row(2, "a variable with an unknown placeholder", "IMGVER_IMAGE='acme/{svc}' imgver list"),
        row(2, "a variable with a tag", "IMGVER_IMAGE='acme/{name}:1' imgver list"),
    ]
}

fn filters() -> Vec<Row> {
    let both = "services:\n  apps/web: { watch: ['libs/**'] }\n";
    vec![
        row(5, "a filter file that is not there", "imgver changed --base HEAD")
            .with(FILE, "filters: ci/filters.yaml\n"),
        row(5, "a watch list and a filter for one service", "imgver changed --base HEAD")
            .with(FILE, both)
            .with(".github/utils/file-filters.yaml", "web: apps/web/**\n"),
        row(5, "watch-inputs and a filter for one service", "imgver changed --base HEAD")
            .with(FILE, "services:\n  apps/web: { watch-inputs: true }\n")
            .with(".github/utils/file-filters.yaml", "web: apps/web/**\n"),
    ]
}
