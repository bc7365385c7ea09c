//! What people do every day: look at a list, release, find what an image was made of.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail so"
)]

#[path = "../support/mod.rs"]
mod support;

mod list;
mod locate;
mod next;
mod release;

use support::Repo;

const NODE: &str = "services/node/api-node";
const GO: &str = "services/go/api-golang";

/// Two services: `api-node` is two commits after 1.0.9, the last of which changes it; `api-golang` has no release.
fn two_services() -> Repo {
    let repo = Repo::new();
    repo.service(NODE);
    repo.service(GO);
    repo.commit("first");
    repo.annotate(&format!("{NODE}@1.0.9"));
    repo.write("README.md", "two services\n");
    repo.commit("Say what this is");
    repo.write(&format!("{NODE}/main.js"), "run();\n");
    repo.commit("Run");
    repo
}

/// The first seven digits of the commit at `HEAD`.
fn short(repo: &Repo) -> String {
    repo.head()[..7].to_owned()
}
