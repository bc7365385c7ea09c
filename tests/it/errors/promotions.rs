//! Promotions and floating tags, as far as no registry is asked.

use super::page::{Page, row};
use crate::support::Repo;

/// `services/api` is released as 1.2.3, and a commit further.
fn shop(settings: &str) -> Repo {
    let repo = Repo::new();
    repo.write(
        "imgver.yaml",
        format!(
            "{settings}services: {{services/api: {{image: example/api}}, services/web: {{image: example/web}}}}\n"
        ),
    );
    for service in ["services/api", "services/web"] {
        repo.write(&format!("{service}/Dockerfile"), "FROM scratch\n");
    }
    repo.commit("begin");
    repo.annotate("services/api@1.2.3");
    repo.commit("more");
    repo
}

pub(crate) fn fill(page: &mut Page) {
    let repo = shop("floating: [latest, minor]\n");
    page.rows(
        &repo,
        [
            row(4, "a promotion of what is no release", "imgver promote api"),
            row(4, "a promotion to a release of another commit", "imgver promote api --set-version 1.2.3"),
            row(
                5,
                "a promotion into the repository of another service",
                "imgver promote api --rev HEAD~1 --to example/web",
            ),
            row(
                5,
                "a promotion to what is no repository",
                "imgver promote api --rev HEAD~1 --to Example/api",
            ),
            row(
                5,
                "a promotion of what is no digest",
                "imgver promote api --rev HEAD~1 --digest sha256:0123",
            ),
            row(2, "a promotion to nearly production", "imgver promote api --environment prod"),
            row(5, "a promotion of an unknown service", "imgver promote apy"),
        ],
    );
    let twice = shop("floating: [latest]\n");
    page.rows(
        &twice,
        [row(5, "two services whose tags would move in one repository", "imgver float").with(
            "imgver.yaml",
            "floating: latest\nservices: {services/api: {image: a/b}, services/web: {image: docker.io/a/b}}\n",
        )],
    );
    for remote in ["one", "two"] {
        repo.git(["remote", "add", remote, "/nonexistent"]);
    }
    page.rows(&repo, [row(3, "floating tags by one of several remotes", "imgver float")]);
    let bare = repo.beside("bare");
    repo.git(["clone", "-q", "--bare", ".", &bare.path().display().to_string()]);
    page.rows(&bare, [row(3, "a promotion in a bare repository", "imgver promote api")]);
}
