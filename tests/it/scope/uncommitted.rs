//! Uncommitted changes: what decides about versions counts for every service.

use std::fs;
use std::os::unix::fs::symlink;

use super::{CONFIG, change, extended, shop, version, versions};
use crate::support::Repo;

#[track_caller]
fn assert_dirty(repo: &Repo, wanted: &[&str], case: &str) {
    let dirty: Vec<String> = versions(repo)
        .into_iter()
        .filter(|(_, version)| version.ends_with("-dirty"))
        .map(|(service, _)| service)
        .collect();
    assert_eq!(dirty, wanted, "{case}");
    for service in ["api", "web"] {
        let alone = repo.imgver(["extended", service]).run().line();
        assert_eq!(alone.ends_with("-dirty"), wanted.contains(&service), "{case}: {service}");
    }
}

#[test]
fn a_change_of_what_a_service_watches_is_its_own() {
    let repo = shop();
    assert_dirty(&repo, &[], "clean");
    repo.write("libs/ui/button.js", "square\n");
    assert_dirty(&repo, &["web"], "a library");
    repo.git(["checkout", "--quiet", "libs"]);
    repo.write("README.md", "untracked\n");
    assert_dirty(&repo, &[], "a file of nobody");
}

#[test]
fn a_change_of_the_configuration_or_the_filters_is_everybodys() {
    const FILTERS: &str = ".github/utils/file-filters.yaml";
    let repo = shop();
    repo.write("imgver.yaml", format!("# Ours.\n{CONFIG}"));
    assert_dirty(&repo, &["api", "web"], "the configuration");
    repo.git(["add", "--all"]);
    assert_dirty(&repo, &["api", "web"], "a staged configuration");
    // By repository, nobody watches it.
    let by_repository = repo.imgver(["extended", "api", "--scope", "repository"]).run().line();
    assert!(!by_repository.ends_with("-dirty"), "{by_repository}");
    repo.git(["reset", "--quiet", "--hard"]);
    repo.write(FILTERS, "web: web/**\n");
    repo.write("imgver.yaml", CONFIG.replace("web: {watch: ['libs/ui/**']}", "web: {}"));
    repo.git(["add", "imgver.yaml"]);
    repo.commit("Filter");
    assert_dirty(&repo, &[], "committed");
    repo.write(FILTERS, "web: ['web/**', 'libs/**']\n");
    assert_dirty(&repo, &["api", "web"], "the filters");
    repo.git(["rm", "--quiet", "--force", FILTERS]);
    assert_dirty(&repo, &["api", "web"], "deleted filters");
    repo.git(["reset", "--quiet", "--hard"]);
    assert_dirty(&repo, &[], "restored");
    assert!(!repo.imgver(["extended", "api", "--no-dirty"]).run().line().ends_with("-dirty"));
}

#[test]
fn what_no_commit_has_is_a_change() {
    let repo = Repo::new();
    repo.service("api");
    repo.service("web");
    repo.commit("Begin");
    let service = |args: &[&str]| repo.imgver(["extended", "api"]).args(args).run().line();
    assert!(!service(&["--scope", "service"]).ends_with("-dirty"));
    repo.write("imgver.yaml", "scope: service\n");
    assert!(service(&[]).ends_with("-dirty"));
    assert!(!service(&["--scope", "repository"]).ends_with("-dirty"));
    repo.commit("Count by service");
    repo.write(".github/utils/file-filters.yaml", "api: src/**\n");
    assert!(service(&[]).ends_with("-dirty"));
}

#[test]
fn filters_decide_without_a_configuration_as_well() {
    let repo = Repo::new();
    repo.service("api");
    repo.write(".github/utils/file-filters.yaml", "api: ['api/**', 'libs/**']\n");
    repo.write("libs/log.js", "log\n");
    repo.commit("Begin");
    repo.write("libs/log.js", "more\n");
    assert!(repo.imgver(["extended", "api", "--scope", "service"]).run().line().ends_with("-dirty"));
}

#[test]
fn a_configuration_behind_a_link_is_looked_at_where_it_is() {
    let repo = shop();
    repo.write("configs/shop.yaml", CONFIG);
    fs::remove_file(repo.path().join("imgver.yaml")).unwrap();
    symlink("configs/current.yaml", repo.path().join("imgver.yaml")).unwrap();
    symlink("shop.yaml", repo.path().join("configs/current.yaml")).unwrap();
    repo.commit("Link the configuration");
    repo.annotate("api@1.1.0");
    let production =
        |scope: &str| repo.imgver(["tag", "api", "--environment", "production", "--scope", scope]).run();
    assert_dirty(&repo, &[], "committed");
    assert_eq!(repo.imgver(["version", "api", "--exact"]).run().line(), "1.1.0");
    for scope in ["service", "repository"] {
        assert_eq!(production(scope).line(), "ghcr.io/acme/api:1.1.0", "{scope}");
    }
    repo.write("configs/shop.yaml", CONFIG.replace("acme", "other"));
    assert_dirty(&repo, &["api", "web"], "what it leads to");
    repo.imgver(["version", "api", "--exact"]).run().fails(4);
    for scope in ["service", "repository"] {
        production(scope).fails(4);
    }
    repo.git(["reset", "--quiet", "--hard"]);
    // Another link on the way, to a copy.
    repo.write("configs/copy.yaml", CONFIG);
    repo.git(["add", "configs/copy.yaml"]);
    repo.git(["commit", "--quiet", "-m", "Copy"]);
    assert_dirty(&repo, &[], "a copy");
    fs::remove_file(repo.path().join("configs/current.yaml")).unwrap();
    symlink("copy.yaml", repo.path().join("configs/current.yaml")).unwrap();
    assert_dirty(&repo, &["api", "web"], "a link on the way");
}

#[test]
fn a_filter_file_behind_a_link_to_a_directory_is_looked_at_where_it_is() {
    let repo = shop();
    repo.write("imgver.yaml", CONFIG.replace("web: {watch: ['libs/ui/**']}", "web: {}"));
    repo.write("filters/file-filters.yaml", "web: web/**\n");
    fs::create_dir(repo.path().join(".github")).unwrap();
    symlink("../filters", repo.path().join(".github/utils")).unwrap();
    let linked = repo.commit("Filter");
    assert_dirty(&repo, &[], "committed");
    // What a commit says behind a link is not known: each one counts.
    assert_eq!(extended(&repo, "web", "HEAD"), version("2.0.0", 1, &linked));
    let next = change(&repo, "README.md");
    assert_eq!(extended(&repo, "web", "HEAD"), version("2.0.0", 2, &next));
    repo.write("filters/file-filters.yaml", "web: ['web/**', 'libs/**']\n");
    assert_dirty(&repo, &["api", "web"], "the filters");
    repo.git(["reset", "--quiet", "--hard"]);
    fs::remove_file(repo.path().join(".github/utils")).unwrap();
    assert_dirty(&repo, &["api", "web"], "a deleted link");
    repo.commit("Take the link away");
    let taken = repo.head();
    change(&repo, "README.md");
    assert_eq!(extended(&repo, "web", "HEAD"), version("2.0.0", 3, &taken));
    // Nor is that overlooked where git knows which paths each commit changed.
    repo.git(["commit-graph", "write", "--reachable", "--changed-paths"]);
    assert_eq!(extended(&repo, "web", "HEAD"), version("2.0.0", 3, &taken));
}
