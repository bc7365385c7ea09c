//! Services that watch what their images are made of: by what each commit's Dockerfiles say.

use super::{change, extended, version};
use crate::support::Repo;

const CONFIG: &str = "\
scope: service
image: acme/{name}
services:
  app: {watch-inputs: true}
  base: {}
";

/// A repository whose service `app` is built from the image of `base`, and watches what its own is made of.
fn images() -> Repo {
    let repo = Repo::new();
    repo.write("imgver.yaml", CONFIG);
    repo.write("app/Dockerfile", "FROM acme/base\nCOPY src /src\n");
    repo.write("base/Dockerfile", "FROM scratch\nCOPY tool.sh /\n");
    for file in
        ["app/README.md", "app/src/main.js", "app/src/old.js", "app/lib/a.js", "base/tool.sh", "base/notes"]
    {
        repo.write(file, "first\n");
    }
    repo.commit("Begin");
    repo.tag("app@1.0.0");
    repo
}

#[test]
fn what_an_image_is_made_of_touches_it() {
    let repo = images();
    let app = || extended(&repo, "app", "HEAD");
    let released = repo.head();
    // Its directory alone does not count, nor what the image of the base leaves out.
    for other in ["app/README.md", "app/lib/a.js", "base/notes", "docs.md"] {
        change(&repo, other);
        assert_eq!(app(), version("1.0.0", 0, &released), "{other}");
    }
    let source = change(&repo, "app/src/main.js");
    assert_eq!(app(), version("1.0.0", 1, &source));
    let through = change(&repo, "base/tool.sh");
    assert_eq!(app(), version("1.0.0", 2, &through));
    repo.git(["rm", "--quiet", "app/src/old.js"]);
    let deleted = repo.commit("Delete a source");
    assert_eq!(app(), version("1.0.0", 3, &deleted));
}

#[test]
fn each_commit_has_the_dockerfiles_of_its_own() {
    let repo = images();
    let app = || extended(&repo, "app", "HEAD");
    change(&repo, "app/lib/a.js");
    repo.write("app/Dockerfile", "FROM acme/base\nCOPY src /src\nCOPY lib /lib\n");
    let copied = repo.commit("Copy the library");
    // What it reads now did not count when it changed.
    assert_eq!(app(), version("1.0.0", 1, &copied));
    let library = change(&repo, "app/lib/a.js");
    assert_eq!(app(), version("1.0.0", 2, &library));
    // Another name for the image of the base: the edge is gone, by no change of the service itself.
    repo.write("imgver.yaml", CONFIG.replace("base: {}", "base: {image: acme/other}"));
    repo.commit("Rename the base");
    change(&repo, "base/tool.sh");
    assert_eq!(app(), version("1.0.0", 2, &library));
    // An artefact of an earlier step may be made of anything in the context.
    repo.write("app/Dockerfile", "FROM acme/base\nCOPY dist /dist\n");
    repo.commit("Copy what CI makes");
    let anything = change(&repo, "app/README.md");
    assert_eq!(app(), version("1.0.0", 4, &anything));
    repo.write("app/dist/made.js", "no longer made\n");
    let tracked = repo.commit("Track it");
    change(&repo, "app/README.md");
    assert_eq!(app(), version("1.0.0", 5, &tracked));
}

#[test]
fn an_ignore_file_of_the_time_counts() {
    let repo = images();
    repo.write("app/Dockerfile", "FROM scratch\nCOPY . /\n");
    repo.write("app/.dockerignore", "*.md\n");
    repo.commit("Copy all but texts");
    let app = || extended(&repo, "app", "HEAD");
    let before = app();
    change(&repo, "app/README.md");
    assert_eq!(app(), before);
    repo.write("app/.dockerignore", "lib\n");
    repo.commit("Copy texts, too");
    let text = change(&repo, "app/README.md");
    assert_eq!(app(), version("1.0.0", 3, &text));
    change(&repo, "app/lib/a.js");
    assert_eq!(app(), version("1.0.0", 3, &text));
}

#[test]
fn an_old_circle_is_a_change_and_no_error() {
    let repo = images();
    repo.write("base/Dockerfile", "FROM acme/app\nCOPY tool.sh /\n");
    repo.commit("Build each from the other");
    repo.write("base/Dockerfile", "FROM scratch\nCOPY tool.sh /\n");
    let mended = repo.commit("Build the base first");
    change(&repo, "app/README.md");
    assert_eq!(extended(&repo, "app", "HEAD"), version("1.0.0", 2, &mended));
}
