//! The answer is the same from everywhere, or it is all services and a warning.

use super::shop::{ALL, Event, GO, MIGRATOR, NODE, Shop, lines};
use crate::support::Repo;

#[test]
fn from_any_directory() {
    let shop = Shop::new();
    let worktree = shop.repo.beside("linked");
    shop.repo.git(["worktree", "add", "-q", "--detach", "../linked", "topic"]);
    shop.repo.write("elsewhere/deep/file", "");
    for fixture in ["push-tag", "push-branch", "push-branch-first", "pull-request", "merge-group", "dispatch"]
    {
        let event = shop.event(fixture);
        let expected = event.plan();
        for directory in [".github", "services", GO, NODE, "elsewhere/deep"] {
            assert_eq!(event.clone().in_directory(directory).plan(), expected, "{fixture} in {directory}");
            let entered = event.clone().in_directory("/").args(&["-C", shop.repo.path().to_str().unwrap()]);
            assert_eq!(entered.clone().args(&["-C", directory]).plan(), expected, "{fixture} -C {directory}");
        }
        let linked = event.clone().in_repository(&worktree);
        assert_eq!(linked.plan(), expected, "{fixture} in a linked worktree");
        assert_eq!(linked.in_directory(NODE).plan(), expected, "{fixture} deep in a linked worktree");
    }
}

#[test]
fn a_filter_file_is_named_from_where_one_is() {
    let shop = Shop::new();
    shop.repo.write("ci/filters.yaml", "api-node: '**/main.txt'\n");
    let event = shop.event("push-branch").args(&["--filters", "filters.yaml"]);
    assert_eq!(event.clone().in_directory("ci").plan().services, [NODE, MIGRATOR]);
    assert_eq!(event.clone().args(&["-C", "ci"]).plan().services, [NODE, MIGRATOR]);
    event.refused(5);
}

/// A clone of one branch with so many commits of each line of its history.
fn shallow(shop: &Shop, branch: &str, depth: usize) -> Repo {
    let depth_option = format!("--depth={depth}");
    let clone = shop.repo.cloned(&format!("{branch}-{depth}"), &[&depth_option, "--branch", branch]);
    assert_eq!(clone.git(["rev-parse", "--is-shallow-repository"]), "true");
    clone
}

#[track_caller]
fn assert_all(event: &Event<'_>, environment: &str, push: bool) {
    let plan = event.plan();
    assert_eq!(plan.stdout, lines(&ALL, environment, push, ""));
    assert_eq!(plan.warnings.len(), 1, "{:?}", plan.warnings);
}

#[track_caller]
fn assert_exact(event: &Event<'_>, expected: &str) {
    let plan = event.plan();
    assert_eq!(plan.stdout, expected);
    assert_eq!(plan.warnings, Vec::<String>::new());
}

#[test]
fn a_push_needs_both_ends_and_nothing_between() {
    let shop = Shop::new();
    let event = shop.event("push-branch");
    for depth in 1..=4 {
        let clone = shallow(&shop, "main", depth);
        let event = event.clone().in_repository(&clone);
        if depth < 3 {
            assert_all(&event, "staging", true);
        } else {
            assert_exact(&event, &lines(&[GO, MIGRATOR], "staging", true, ""));
        }
    }
    // The one commit before, fetched by its hash.
    let clone = shop.repo.cloned("fetched", &["--depth=1", "--branch", "main"]);
    clone.git(["fetch", "-q", "--depth=1", "origin", &shop.fork]);
    let fetched = event.in_repository(&clone);
    assert_exact(&fetched, &lines(&[GO, MIGRATOR], "staging", true, ""));
}

#[test]
fn a_pull_request_needs_the_base_of_its_merge() {
    let shop = Shop::new();
    let exact = lines(&[NODE], "development", false, "");
    for depth in 1..=4 {
        let clone = shallow(&shop, "merged", depth);
        for fixture in ["pull-request", "pull-request-fork"] {
            let event = shop.event(fixture).in_repository(&clone);
            // 1: the merge is no root, whatever is cut off. 2: its parents are there.
            if depth < 2 {
                assert_all(&event, "development", false);
            } else {
                assert_exact(&event, &exact);
            }
            // By the merge base: 1: the base is missing. 2: the fork is. 3: it is there, and both lines name it as a parent;
            // what is cut off are its own ancestors.
            let event = event.args(&["--base", &shop.main]);
            if depth < 3 {
                assert_all(&event, "development", false);
            } else {
                assert_exact(&event, &exact);
            }
        }
        let group = shop.event("merge-group").in_repository(&clone);
        // A base that is an ancestor of the tip is itself the merge base.
        if depth < 2 {
            assert_all(&group, "development", false);
        } else {
            assert_exact(&group, &exact);
        }
    }
}

#[test]
fn tags_and_dispatches_need_one_commit() {
    let shop = Shop::new();
    let clone = shallow(&shop, "main", 1);
    let tag = shop.event("push-tag").in_repository(&clone);
    assert_exact(&tag, &lines(&[GO], "production", true, "1.4.0"));
    let dispatch = shop.event("dispatch-version").in_repository(&clone);
    assert_exact(&dispatch, &lines(&[NODE], "development", true, "try-7_b.2"));
    let deleted = shop.event("push-branch-deleted").in_repository(&clone).plan();
    assert_eq!(deleted.services, [""; 0]);
}

#[test]
fn a_clone_without_files_and_one_that_is_packed() {
    let shop = Shop::new();
    for (name, options) in [("blobless", &["--filter=blob:none", "--no-checkout"][..]), ("packed", &[])] {
        let clone = shop.repo.cloned(name, options);
        clone.git(["checkout", "-q", "main"]);
        clone.git(["gc", "-q"]);
        clone.git(["commit-graph", "write", "--reachable"]);
        for (fixture, expected) in [
            ("push-branch", lines(&[GO, MIGRATOR], "staging", true, "")),
            ("pull-request", lines(&[NODE], "development", false, "")),
            ("merge-group", lines(&[NODE], "development", false, "")),
        ] {
            assert_exact(&shop.event(fixture).in_repository(&clone), &expected);
        }
    }
}

#[test]
fn hashes_of_another_length() {
    let shop = Shop::of(Repo::init("repo", &["--object-format=sha256"]));
    assert_eq!(shop.main.len(), 64);
    assert_exact(&shop.event("push-branch"), &lines(&[GO, MIGRATOR], "staging", true, ""));
    assert_exact(&shop.event("pull-request"), &lines(&[NODE], "development", false, ""));
}

#[test]
fn where_there_is_no_repository() {
    let shop = Shop::new();
    let bare = shop.repo.cloned("bare", &["--bare"]);
    let unborn = shop.repo.beside("unborn");
    std::fs::create_dir(unborn.path()).unwrap();
    unborn.git(["init", "-q"]);
    let nothing = shop.repo.beside("nothing");
    std::fs::create_dir(nothing.path()).unwrap();
    for fixture in ["push-branch", "pull-request", "merge-group", "dispatch", "push-tag"] {
        let event = shop.event(fixture);
        for place in [&bare, &nothing] {
            event.clone().in_repository(place).refused(3);
        }
        // It has no services either.
        let code = if fixture == "push-tag" || fixture == "dispatch" { 5 } else { 3 };
        event.in_repository(&unborn).refused(code);
    }
}

#[test]
fn a_sparse_checkout_hides_no_service() {
    let shop = Shop::new();
    for options in [&["--cone"][..], &["--no-cone"], &["--cone", "--sparse-index"]] {
        let clone = shop.repo.cloned(&format!("sparse{}", options.concat()), &[]);
        clone.git(["sparse-checkout", "set"].iter().chain(options).chain(&[".github"]));
        assert!(!clone.path().join("services").exists(), "{options:?}: not sparse");
        for (fixture, expected) in [
            ("push-branch", lines(&[GO, MIGRATOR], "staging", true, "")),
            ("push-tag", lines(&[GO], "production", true, "1.4.0")),
            ("dispatch", lines(&[NODE], "development", true, "")),
        ] {
            assert_exact(&shop.event(fixture).in_repository(&clone), &expected);
        }
    }
}

#[test]
fn where_no_service_is_found_it_is_said() {
    let shop = Shop::new();
    let clone = shop.repo.cloned("unchecked", &["--no-checkout"]);
    let plan = shop.event("push-branch").in_repository(&clone).plan();
    assert_eq!(plan.services, [""; 0]);
    assert!(plan.warnings.iter().any(|warning| warning.contains("no service found")), "{:?}", plan.warnings);
}

#[test]
fn the_hash_of_a_tag_object_means_its_commit() {
    let shop = Shop::new();
    shop.repo.git(["tag", "-a", "-m", "built", "last-built", &shop.fork]);
    let hash = shop.repo.git(["rev-parse", "refs/tags/last-built"]);
    assert_ne!(hash, shop.fork);
    let event = shop.event("push-branch-first").args(&["--base", &hash]);
    assert_exact(&event, &lines(&[NODE], "staging", true, ""));
    let tree = shop.repo.git(["rev-parse", "HEAD^{tree}"]);
    shop.event("push-branch-first").args(&["--base", &tree]).refused(3);
}
