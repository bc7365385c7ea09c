//! What an operation is told does not depend on who runs the test.

use imgver::error::Kind;
use imgver::ops::Checkout;

use super::{checkout, checkout_in, refused};
use crate::support::Repo;
use crate::two_services::{NODE, two_services};

#[test]
fn a_directory_is_a_place_in_its_repository() {
    let repo = two_services();
    assert_eq!(checkout(&repo).prefix, "");
    let within = checkout_in(&repo, NODE);
    assert_eq!((&*within.prefix, within.repository.workdir()), (NODE, Some(repo.path())));
    let linked = repo.beside("linked");
    repo.git(["worktree", "add", "-q", "--detach", "../linked"]);
    assert_eq!(checkout(&linked).repository.head().unwrap().to_string(), repo.head());
    let bare = repo.cloned("bare", &["--bare"]);
    assert_eq!((&*checkout(&bare).prefix, checkout(&bare).repository.workdir()), ("", None));
}

#[test]
fn the_repositorys_own_configuration_counts() {
    let repo = two_services();
    repo.git(["remote", "add", "origin", "team:shop.git"]);
    assert_eq!(checkout(&repo).repository.source_url(), None);
    repo.git(["config", "--replace-all", "remote.origin.url", "https://example.org/shop"]);
    assert_eq!(checkout(&repo).repository.source_url().as_deref(), Some("https://example.org/shop"));
}

#[test]
fn where_there_is_no_repository_none_is_found() {
    let nothing = Repo::directory("nothing");
    std::fs::create_dir(nothing.path()).unwrap();
    refused(Checkout::open_isolated(nothing.path()).map(|_| ()), Kind::Repository);
}
