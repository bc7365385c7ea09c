//! The repository that the tests of `list`, `locate`, `next` and `release` start from.

use crate::support::Repo;

pub(crate) const NODE: &str = "services/node/api-node";
pub(crate) const GO: &str = "services/go/api-golang";

/// Two services: `api-node` is two commits after 1.0.9, the last of which changes it; `api-golang` has no release.
pub(crate) fn two_services() -> Repo {
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
pub(crate) fn short(repo: &Repo) -> String {
    repo.head()[..7].to_owned()
}
