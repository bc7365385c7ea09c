//! Uncommitted changes: what decides about versions counts for every service.

use super::{CONFIG, shop, versions};
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
