//! `plan`: a push that did not follow the line.

use super::{CONFIG, branch, change, shop, switch};
use crate::support::Output;
use crate::support::Repo;

/// The plan for a push to the main branch that moved it from `before`.
fn plan(repo: &Repo, before: &str, options: &[&str]) -> Output {
    let zero = "--event-name=push --ref=refs/heads/main".split(' ');
    repo.imgver(["plan"]).args(zero).args(["--base", before]).args(options).run()
}

#[test]
fn a_push_along_the_line_draws_no_warning() {
    let repo = shop();
    let before = repo.head();
    branch(&repo, "search", "main");
    change(&repo, "web/search.js");
    switch(&repo, "main");
    super::merge(&repo, "search");
    change(&repo, "api/main.go");
    let output = plan(&repo, &before, &[]);
    assert!(output.text().starts_with("services=[\"api\",\"web\"]\n"), "{output}");
    assert_eq!(output.stderr, "", "{output}");
}

#[test]
fn a_push_from_beside_the_line_draws_one() {
    let repo = shop();
    branch(&repo, "search", "main");
    change(&repo, "web/search.js");
    switch(&repo, "main");
    let before = change(&repo, "api/main.go");
    // The main branch is merged into the other one, which then becomes the main branch.
    switch(&repo, "search");
    super::merge(&repo, "main");
    let output = plan(&repo, &before, &[]);
    assert!(output.text().starts_with("services=[\"web\"]\n"), "{output}");
    let words = format!(
        "{}, which this push is compared with, is not on the first-parent line of {}",
        &before[..7],
        &repo.head()[..7]
    );
    assert!(output.stderr.contains(&words), "{output}");
    // And so it is: what this push did not change has another version.
    assert_ne!(super::extended(&repo, "api", &before), super::extended(&repo, "api", "HEAD"));
    // By repository, versions do not follow any line.
    assert_eq!(plan(&repo, &before, &["--scope", "repository"]).stderr, "");
    repo.write("imgver.yaml", CONFIG.replace("scope: service\n", ""));
    assert_eq!(plan(&repo, &before, &[]).stderr, "");
    assert!(plan(&repo, &before, &["--scope", "service"]).stderr.contains(&words));
}
