//! Repositories that cannot be set up, and files that are there already.

use super::page::{Page, row};
use crate::support::Repo;

pub(crate) fn fill(page: &mut Page) {
    let repo = Repo::new();
    repo.write("README.md", "");
    repo.commit("begin");
    page.rows(&repo, [row(5, "a repository without a Dockerfile", "imgver init")]);
    repo.write("a\\b/Dockerfile", "FROM scratch\n");
    repo.commit("a backslash");
    page.rows(&repo, [row(5, "a Dockerfile that can be no service", "imgver init")]);
    repo.write("api/Dockerfile", "FROM scratch\n");
    repo.commit("a service");
    let bare = repo.cloned("bare", &["--bare"]);
    page.rows(&bare, [row(3, "a bare repository", "imgver init")]);
    repo.write("imgver.yaml", "services:\n  api: {image: acme/api}\n");
    page.rows(
        &repo,
        [row(
            4,
            "a configuration that says something else: what differs is on standard output",
            "imgver init >/dev/null",
        )],
    );
    repo.write("imgver.yaml", "# Nothing yet.\n");
    page.rows(&repo, [row(5, "a workflow for a configuration without a service", "imgver init --workflow")]);
    repo.write("imgver.yaml", "services:\n  api: {image: acme/api}\n");
    repo.write(".github/utils/taskfile.yaml", "version: '3'\n");
    page.rows(&repo, [row(4, "two files that say something else", "imgver init --task >/dev/null")]);
    std::fs::remove_file(repo.path().join("imgver.yaml")).unwrap();
    std::os::unix::fs::symlink("/etc/imgver.yaml", repo.path().join("imgver.yaml")).unwrap();
    page.rows(&repo, [row(5, "a configuration that is a symbolic link", "imgver init")]);
}
