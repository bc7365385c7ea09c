//! Releases of several services, of those that changed, and of pre-releases.

use super::page::{Page, row};
use crate::ops::releases::{change, shop};
use crate::support::Repo;

pub(crate) fn fill(page: &mut Page) {
    several(page);
    changed(page);
    made(page);
    in_the_way(page);
    elsewhere(page);
    pre_releases(page);
    numbers(page);
    notes(page);
}

fn several(page: &mut Page) {
    let (clone, _) = shop();
    page.rows(
        &clone,
        [
            row(2, "all that changed, as one version", "imgver release --changed --set 1.0.0"),
            row(2, "all that changed, and one more", "imgver release --changed --bump patch api"),
            row(5, "several services, and one that is not there", "imgver release api wep --bump patch"),
            row(4, "several services, of which one is not ready", "imgver release api web --bump patch")
                .with("web/.env", "secret\n"),
            row(
                0,
                "two services, where one tag is of all",
                "imgver release api web --bump patch --tag-format v{version} --dry-run",
            ),
        ],
    );
    let empty = Repo::new();
    empty.commit("Begin");
    page.rows(&empty, [row(5, "no service to release", "imgver release --changed --bump patch")]);
}

fn changed(page: &mut Page) {
    let (clone, _) = shop();
    page.rows(
        &clone,
        [row(0, "a service that was never released", "imgver release --changed --bump patch --dry-run")],
    );
    clone.git(["tag", "api@1.5.0"]);
    clone.git(["tag", "web@2.1.0"]);
    page.rows(&clone, [row(4, "no service that changed", "imgver release --changed --bump major")]);
    for tag in ["api@1.4.0", "api@1.5.0", "web@2.0.0", "web@2.1.0"] {
        clone.git(["tag", "-d", tag]);
    }
    page.rows(&clone, [row(4, "no service that was released", "imgver release --changed --bump patch")]);
}

/// What an earlier run has done.
fn made(page: &mut Page) {
    let (clone, bare) = shop();
    clone.git(["tag", "web@2.0.1"]);
    page.rows(&clone, [row(4, "a release that is made", "imgver release web --bump patch")]);
    bare.git(["tag", "web@2.0.1", "main~1"]);
    page.rows(
        &clone,
        [row(4, "the same tag for another commit", "imgver release api web --bump patch --push")],
    );
    bare.git(["tag", "-f", "web@2.0.1", "main"]);
    bare.git(["tag", "api@1.4.1", "main"]);
    page.rows(
        &clone,
        [
            row(4, "a release that is made and pushed", "imgver release web --bump patch --push"),
            row(4, "a release that somebody else made", "imgver release api web --bump patch --push"),
        ],
    );
    bare.git(["tag", "-f", "api@1.4.1", "main~1"]);
    page.rows(
        &clone,
        [row(4, "a release of another commit that the remote has", "imgver release api --bump patch --push")],
    );
    bare.git(["tag", "-d", "api@1.4.1"]);
    clone.git(["tag", "api@1.4.1", "HEAD~1"]);
    page.rows(
        &clone,
        [row(0, "after a release that is not pushed", "imgver release api --bump patch --push --dry-run")],
    );
    clone.write(".github/workflows/build.yaml", "on: [push\n");
    clone.commit("Build");
    page.rows(
        &clone,
        [row(0, "a workflow that cannot be read", "imgver release web --bump minor --any-branch --dry-run")],
    );
}

/// A commit that a service is not in.
fn elsewhere(page: &mut Page) {
    let (clone, _) = shop();
    clone.service("cart");
    clone.commit("Add a cart");
    page.rows(
        &clone,
        [row(4, "a commit that does not have the service", "imgver release cart --set 1.0.0 --rev HEAD~1")],
    );
}

/// What is in the way of a tag, or of its push.
fn in_the_way(page: &mut Page) {
    let (clone, bare) = shop();
    let release = "imgver release api web --bump patch --push --tag-format";
    clone.git(["tag", "-a", "-m", "v1.0.0", "v1.0.0", "HEAD~3"]);
    clone.git(["tag", "-a", "-m", "v1.0.1", "v1.0.1"]);
    page.rows(
        &clone,
        [row(
            4,
            "nothing that changed since a tag of all services that is not pushed",
            "imgver release --changed --bump minor --push --tag-format v{version}",
        )],
    );
    clone.git(["tag", "web"]);
    page.rows(
        &clone,
        [row(4, "a tag in whose directory another would be", format!("{release} {{name}}/v{{version}}"))],
    );
    clone.git(["tag", "-d", "web"]);
    bare.git(["tag", "web@2.0.1/old", "main"]);
    page.rows(
        &clone,
        [row(4, "a tag of the remote below another", format!("{release} {{name}}@{{version}}"))],
    );
    bare.git(["tag", "-d", "web@2.0.1/old"]);
}

fn pre_releases(page: &mut Page) {
    let (clone, _) = shop();
    page.rows(
        &clone,
        [
            row(2, "a pre-release of no version", "imgver release api --pre rc"),
            row(5, "a pre-release of another name", "imgver release api --bump minor --pre bata"),
            row(5, "what names no pre-release", "imgver release api --bump minor --pre rc.1"),
            row(5, "a pre-release where there are none", "imgver release api --bump minor --pre rc")
                .with("imgver.yaml", "{}\n"),
        ],
    );
    clone.git(["tag", "api@1.5.0-rc.1"]);
    page.rows(
        &clone,
        [
            row(4, "a pre-release that is made", "imgver release api --bump minor --pre rc"),
            row(4, "a pre-release below another", "imgver release api --bump minor --pre beta"),
        ],
    );
    change(&clone, "api/more.go", "Do more");
    clone.git(["tag", "api@1.5.0"]);
    page.rows(
        &clone,
        [row(4, "a pre-release of what is released", "imgver release api --set 1.5.0 --pre rc --any-branch")],
    );
}

fn numbers(page: &mut Page) {
    let (clone, _) = shop();
    clone.git(["tag", "api@1.5.0-rc.18446744073709551615", "HEAD~1"]);
    page.rows(
        &clone,
        [row(4, "a pre-release after the largest number", "imgver release api --bump minor --pre rc")],
    );
}

fn notes(page: &mut Page) {
    let (clone, _) = shop();
    let release = "imgver release api --bump patch --notes-file";
    page.rows(
        &clone,
        [
            row(1, "notes in a directory that is not there", format!("{release} no-such/notes.md")),
            row(1, "notes in a directory's place", format!("{release} api")),
            row(4, "notes in place of a file that git tracks", format!("{release} imgver.yaml")),
            row(4, "notes in place of a file of git", format!("{release} .git/notes.md")),
            row(4, "notes where a build could read them", format!("{release} api/notes.md")),
        ],
    );
}
