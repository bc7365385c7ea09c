//! What images are made of.

use std::fs;

use super::page::{Page, row};
use crate::support::Repo;

const CONFIG: &str = "\
image: acme/{name}
services:
  base: {}
  web: { watch-inputs: true }
  api: { dockerfile: api.Dockerfile }
  jobs: { build-contexts: { shared: libs/shred } }
";

pub(crate) fn fill(page: &mut Page) {
    let repo = Repo::new();
    repo.write("imgver.yaml", CONFIG);
    repo.write("base/Dockerfile", "FROM scratch\nCOPY a /\n");
    repo.write("web/Dockerfile", "FROM acme/base\nCOPY . /\n");
    repo.write("api/api.Dockerfile", "FROM scratch\n");
    repo.write("jobs/Dockerfile", "FROM scratch\nCOPY --from=shared . /\n");
    for file in ["base/a", "web/a", "libs/shared/a"] {
        repo.write(file, "");
    }
    repo.commit("begin");
    let circle = "FROM scratch\nCOPY --from=acme/web /a /\n";
    page.rows(
        &repo,
        [
            row(5, "no service", "imgver inputs"),
            row(5, "a service that is not there", "imgver inputs wep"),
            row(5, "a Dockerfile that is not there", "imgver inputs api"),
            row(5, "services that are built from each other", "imgver inputs web")
                .with("base/Dockerfile", circle),
            row(5, "the same, where one of them watches what it is made of", "imgver changed --base HEAD")
                .with("base/Dockerfile", circle),
            row(5, "a service that is built from its own image", "imgver inputs base")
                .with("base/Dockerfile", "FROM acme/base:edge\n"),
            row(0, "an ignore file that git does not track", "imgver inputs base")
                .with("base/.dockerignore", "b\n"),
            row(5, "a build context that is not there", "imgver build jobs --dry-run"),
        ],
    );
    fs::remove_file(repo.path().join("web/Dockerfile")).unwrap();
    page.rows(&repo, [row(5, "a Dockerfile that was deleted", "imgver inputs web")]);
    let bare = repo.cloned("bare", &["--bare"]);
    page.rows(&bare, [row(3, "a repository without a work tree", "imgver inputs web")]);
}
