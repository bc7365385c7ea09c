//! What images are made of: `imgver inputs`, and what follows from it for what services watch.

mod edges;
mod files;
mod snapshots;
mod watched;

use serde_json::Value;

use crate::support::Repo;

/// A service with its Dockerfile, of which nothing is committed yet.
fn service(repo: &Repo, directory: &str, dockerfile: &str) {
    repo.service(directory);
    repo.write(&format!("{directory}/Dockerfile"), dockerfile);
}

/// The object of `imgver inputs SERVICE --output json`, once everything is committed.
#[track_caller]
fn inputs(repo: &Repo, service: &str) -> Value {
    repo.commit("more");
    repo.imgver(["inputs", service, "--output", "json"]).run().json()
}

/// The paths of the inputs.
fn paths(inputs: &Value) -> Vec<&str> {
    inputs["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect()
}

/// What is not resolved.
fn gaps(inputs: &Value) -> Vec<&str> {
    inputs["unresolved"].as_array().unwrap().iter().map(|gap| gap["why"].as_str().unwrap()).collect()
}

/// What `--explain` says.
#[track_caller]
fn explained(repo: &Repo, service: &str) -> String {
    let output = repo.imgver(["inputs", service, "--explain"]).run();
    output.text();
    output.stderr
}
