//! With the real registry, on loopback: what a registry answers, and what becomes of it. No daemon is needed.
//!
//! A test starts a [`server::Registry`], pushes made images to it, and runs imgver against it, or against a [`proxy::Proxy`] in
//! front of it, which fails as it is told. A [`tokens::TokenServer`] gives out tokens that the registry accepts.

mod client;
mod faults;
mod first_pushes;
mod floats;
pub(crate) mod http;
pub(crate) mod images;
mod logins;
mod missing;
mod presence;
mod promotions;
pub(crate) mod proxy;
mod pushes;
pub(crate) mod server;
mod tls;
mod tokens;

use crate::support::{Repo, taskfile};

/// A repository with the services `names`, each with the image `ADDRESS/team/NAME`, and one commit.
fn services(address: &str, names: &[&str]) -> Repo {
    let repo = Repo::new();
    for name in names {
        repo.write(&format!("services/{name}/Taskfile.yaml"), taskfile(&format!("{address}/team/{name}")));
    }
    repo.commit("the services");
    repo
}

/// The version of all services in `repo`, which have no release.
fn version(repo: &Repo) -> String {
    repo.list()[0]["extended"].as_str().expect("a version").to_owned()
}
