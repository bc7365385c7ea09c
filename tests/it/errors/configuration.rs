//! What `imgver.yaml` cannot say, and what it says that does not fit the repository.

use super::page::{Page, row};
use crate::configuration::refusals;
use crate::support::Repo;

const FILE: &str = "imgver.yaml";
const FILTERS: &str = ".github/utils/file-filters.yaml";

pub(crate) fn fill(page: &mut Page) {
    let repo = Repo::new();
    repo.service("web");
    repo.commit("begin");
    let list = "imgver list";
    page.rows(&repo, refusals::all().map(|refusal| row(5, refusal.what, list).with(FILE, refusal.text())));
    page.rows(
        &repo,
        [
            row(5, "a configuration with another extension", list).with("imgver.yml", "{}\n"),
            row(5, "two images for a service", list).with(FILE, "services: {web: {image: acme/other}}\n"),
            row(2, "a replacement with a tag", "IMGVER_IMAGE=acme/{name}:1 imgver list"),
        ],
    );
    unreadable(page);
    services(page);
}

fn unreadable(page: &mut Page) {
    let repo = Repo::new();
    repo.service("web");
    repo.write("imgver.yaml/x", "a directory");
    repo.commit("begin");
    page.rows(&repo, [row(5, "a configuration that is a directory", "imgver list")]);
}

/// What fits no service, or more than one.
fn services(page: &mut Page) {
    let repo = Repo::new();
    for file in ["apps/web/Dockerfile", "apps/web/Dockerfile.admin"] {
        repo.write(file, "FROM scratch\n");
    }
    repo.commit("begin");
    let image = "image: acme/{name}\n";
    let two = format!("{image}services:\n  'apps/*': {{}}\n  '*/web': {{}}\n");
    let watched = format!("{image}services:\n  apps/web: {{watch: ['libs/**']}}\n");
    let inputs = format!("{image}services:\n  apps/web: {{watch-inputs: true}}\n");
    let shared = format!("{image}services:\n  a: {{directory: apps/web}}\n  b: {{directory: apps/web}}\n");
    let filter = "apps/web: 'apps/**'\n";
    let changed = "imgver changed --base HEAD";
    page.rows(
        &repo,
        [
            row(5, "two wildcards for a service", "imgver list").with(FILE, two),
            row(5, "a filter and patterns for one service", changed)
                .with(FILE, watched)
                .with(FILTERS, filter),
            row(5, "a filter and inputs for one service", changed).with(FILE, inputs).with(FILTERS, filter),
            row(5, "a filter file that is not there", changed)
                .with(FILE, format!("{image}filters: no.yaml\n")),
            row(5, "a directory of several services", "cd apps/web && imgver version").with(FILE, shared),
        ],
    );
}
