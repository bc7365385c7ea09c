//! Versions by service: stories with real git, from the first commit to the release.

mod builds;
mod clones;
mod inputs;
mod locating;
mod page;
mod plans;
mod releases;
mod stories;
mod uncommitted;

use std::collections::BTreeMap;

use crate::support::Repo;

/// What the configuration of [`shop`] says at first.
pub(crate) const CONFIG: &str = "\
scope: service
image: ghcr.io/acme/{name}
services:
  api: {}
  web: {watch: ['libs/ui/**']}
";

/// A repository with the services `api` and `web`, which counts by service; both are released on its first commit, as 1.0.0 and
/// 2.0.0.
pub(crate) fn shop() -> Repo {
    let repo = Repo::new();
    repo.write("imgver.yaml", CONFIG);
    for file in ["api/Dockerfile", "web/Dockerfile"] {
        repo.write(file, "FROM scratch\nCOPY . .\n");
    }
    repo.write("libs/ui/button.js", "round\n");
    repo.write("libs/log/log.js", "log\n");
    repo.commit("Begin");
    repo.annotate("api@1.0.0");
    repo.tag("web@2.0.0");
    repo
}

/// The same, after changes of both services; the release 1.0.1 of `api` is on the branch `hotfix`, and not merged yet.
pub(crate) fn shop_with_hotfix() -> Repo {
    let repo = shop();
    change(&repo, "api/main.go");
    branch(&repo, "hotfix", "api@1.0.0");
    change(&repo, "api/fix.go");
    repo.annotate("api@1.0.1");
    switch(&repo, "main");
    change(&repo, "web/page.html");
    repo
}

/// Commits a change of the file at `path`, and returns the commit.
pub(crate) fn change(repo: &Repo, path: &str) -> String {
    let number = repo.git(["rev-list", "--all", "--count"]);
    repo.write(path, format!("changed after {number} commits\n"));
    repo.commit(&format!("Change {path}"))
}

/// Merges `branch` with a merge commit, and returns that.
pub(crate) fn merge(repo: &Repo, branch: &str) -> String {
    repo.git(["merge", "--quiet", "--no-ff", "-m", &format!("Merge {branch}"), branch]);
    repo.head()
}

/// Goes on, on a new branch `name` from `start`.
pub(crate) fn branch(repo: &Repo, name: &str, start: &str) {
    repo.git(["switch", "--quiet", "--create", name, start]);
}

/// Goes on, on `name`.
pub(crate) fn switch(repo: &Repo, name: &str) {
    repo.git(["switch", "--quiet", name]);
}

/// The version that `commit` names after `distance` changes since `base`.
pub(crate) fn version(base: &str, distance: u64, commit: &str) -> String {
    format!("{base}-{distance:04}-{}", &commit[..7])
}

/// The extended version of `service` at `rev`.
#[track_caller]
pub(crate) fn extended(repo: &Repo, service: &str, rev: &str) -> String {
    repo.imgver(["extended", service, "--rev", rev]).run().line()
}

/// The extended versions of all services at `HEAD`, with the work tree, by service.
#[track_caller]
pub(crate) fn versions(repo: &Repo) -> BTreeMap<String, String> {
    let text = |object: &serde_json::Value, key: &str| object[key].as_str().unwrap().to_owned();
    repo.list().iter().map(|object| (text(object, "service"), text(object, "extended"))).collect()
}

/// The commits of the first-parent line of `HEAD`, oldest first.
pub(crate) fn line(repo: &Repo) -> Vec<String> {
    let line = repo.git(["rev-list", "--first-parent", "--reverse", "HEAD"]);
    line.lines().map(ToOwned::to_owned).collect()
}
