//! The same versions in every clone, or none.

use super::{change, line, merge, shop, shop_with_hotfix, version, versions};
use crate::support::Repo;

/// A history with a merged hotfix in it.
fn history() -> Repo {
    let repo = shop_with_hotfix();
    merge(&repo, "hotfix");
    change(&repo, "web/page.html");
    change(&repo, "README.md");
    repo
}

#[test]
fn clones_packs_graphs_and_linked_work_trees_agree() {
    let repo = history();
    let wanted = versions(&repo);
    let objects = repo.list();
    let clone = repo.cloned("clone", &[]);
    assert_eq!(clone.list(), objects);
    clone.git(["gc", "--quiet"]);
    clone.git(["commit-graph", "write", "--reachable", "--changed-paths"]);
    assert_eq!(clone.list(), objects);
    clone.git(["worktree", "add", "--quiet", "../linked"]);
    assert_eq!(clone.beside("linked").list(), objects);
    repo.git(["config", "uploadpack.allowFilter", "true"]);
    assert_eq!(repo.cloned("partial", &["--filter=blob:none"]).list(), objects);
    let sparse = repo.cloned("sparse", &["--sparse"]);
    assert_eq!(versions(&sparse), wanted);
}

#[test]
fn a_shallow_clone_answers_what_it_can_prove() {
    let repo = history();
    repo.annotate("web@2.1.0");
    let last = change(&repo, "web/page.html");
    change(&repo, "README.md");
    let wanted = versions(&repo);
    let (mut answered, mut refused) = (0, 0);
    for depth in 1..=line(&repo).len() {
        let clone = repo.cloned(&format!("depth-{depth}"), &["--depth", &depth.to_string()]);
        for service in ["api", "web"] {
            let output = clone.imgver(["extended", service]).run();
            if output.code == 0 {
                assert_eq!(output.line(), wanted[service], "depth {depth}");
                answered += 1;
            } else {
                output.fails(3);
                assert!(output.stderr.contains("git fetch --unshallow"), "{output}");
                refused += 1;
            }
        }
    }
    assert!(answered > 3 && refused > 3, "{answered} answered, {refused} refused");
    // Two commits of the line and the release before them are enough.
    let clone = repo.cloned("three", &["--depth", "3"]);
    assert_eq!(clone.imgver(["extended", "web"]).run().line(), version("2.1.0", 1, &last));
    let object = clone.extended("web", &[]);
    assert_eq!(object["last_change"], serde_json::json!(last));
}

#[test]
fn what_a_shallow_clone_lacks_is_not_made_up() {
    let repo = shop();
    change(&repo, "api/main.go");
    (0..3).for_each(|_| drop(change(&repo, "README.md")));
    repo.annotate("api@1.1.0");
    change(&repo, "README.md");
    let clone = repo.cloned("clone", &["--depth", "2"]);
    let released = repo.git(["rev-parse", "HEAD~1"]);
    // The release is there, but not the change that its labels name.
    assert_eq!(clone.imgver(["extended", "api"]).run().line(), version("1.1.0", 0, &released));
    clone.imgver(["extended", "api", "--output", "json"]).run().fails(3);
    clone.imgver(["tag", "api", "--output", "github"]).run().fails(3);
    clone.imgver(["build", "api", "--dry-run"]).run().fails(3);
    clone.imgver(["build", "api", "--dry-run", "--set-version", "try-1"]).run().fails(3);
    clone
        .imgver(["build", "api", "--dry-run", "--set-version", "try-1", "--scope", "repository"])
        .run()
        .text();
    assert_eq!(clone.imgver(["tag", "api", "--set-version", "try-1"]).run().line(), "ghcr.io/acme/api:try-1");
}
