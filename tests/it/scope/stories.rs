//! What touches a service, and what its version is then.

use serde_json::json;

use super::{CONFIG, branch, change, extended, line, merge, shop, switch, version, versions};
use crate::support::Repo;

#[test]
fn an_untouched_service_keeps_its_version() {
    let repo = shop();
    let released = repo.head();
    let first = change(&repo, "api/main.go");
    assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.0", 1, &first));
    for _ in 0..3 {
        change(&repo, "web/page.html");
        change(&repo, "README.md");
        assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.0", 1, &first));
    }
    let second = change(&repo, "api/main.go");
    assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.0", 2, &second));
    // The release itself, before anything touched the service.
    assert_eq!(extended(&repo, "web", &first), version("2.0.0", 0, &released));
    assert_eq!(repo.imgver(["version", "web"]).run().line(), "2.0.0");
    // By repository, everybody's commits count.
    let by_repository = repo.imgver(["extended", "api", "--scope", "repository"]).run().line();
    assert_eq!(by_repository, version("1.0.0", 8, &repo.head()));
}

#[test]
fn a_service_is_touched_by_what_it_watches() {
    let repo = shop();
    let released = repo.head();
    change(&repo, "libs/log/log.js");
    assert_eq!(extended(&repo, "web", "HEAD"), version("2.0.0", 0, &released));
    let touched = change(&repo, "libs/ui/button.js");
    assert_eq!(extended(&repo, "web", "HEAD"), version("2.0.0", 1, &touched));
    assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.0", 0, &released));
}

#[test]
fn each_commit_has_the_watch_list_of_its_own() {
    let repo = shop();
    let released = repo.head();
    change(&repo, "libs/log/log.js");
    repo.write("imgver.yaml", CONFIG.replace("'libs/ui/**'", "'libs/**'"));
    let watching = repo.commit("Watch all libraries");
    // The change before that is not counted afterwards; the new watch list is.
    assert_eq!(extended(&repo, "web", "HEAD"), version("2.0.0", 1, &watching));
    assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.0", 0, &released));
    let touched = change(&repo, "libs/log/log.js");
    assert_eq!(extended(&repo, "web", "HEAD"), version("2.0.0", 2, &touched));
}

#[test]
fn a_filter_is_what_a_service_watches() {
    const FILTERS: &str = ".github/utils/file-filters.yaml";
    let repo = shop();
    let released = repo.head();
    repo.write(FILTERS, "api: ['api/**', 'proto/**']\n");
    let filtered = repo.commit("Filter");
    assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.0", 1, &filtered));
    assert_eq!(extended(&repo, "web", "HEAD"), version("2.0.0", 0, &released));
    let touched = change(&repo, "proto/api.proto");
    assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.0", 2, &touched));
    // The same rules in other words.
    repo.write(FILTERS, "# The interface belongs to it.\napi:\n  - api/**\n  - 'proto/**'\n");
    repo.commit("Say why");
    assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.0", 2, &touched));
}

#[test]
fn a_service_is_touched_by_its_own_settings_alone() {
    let repo = shop();
    let released = repo.head();
    let mut distance = 0;
    for setting in
        ["target: run", "platforms: [linux/arm64]", "build-args: {A: b}", "image: acme/api", "context: ."]
    {
        repo.write("imgver.yaml", CONFIG.replace("api: {}", &format!("api: {{{setting}}}")));
        let touched = repo.commit(setting);
        distance += 1;
        assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.0", distance, &touched), "{setting}");
        assert_eq!(extended(&repo, "web", "HEAD"), version("2.0.0", 0, &released), "{setting}");
    }
    let before = extended(&repo, "api", "HEAD");
    let text = CONFIG.replace("api: {}", "api: {context: .}");
    repo.write("imgver.yaml", format!("# What we build.\nnext: patch\n{text}"));
    repo.commit("Say what it is, and sort by SemVer");
    assert_eq!(extended(&repo, "api", "HEAD~"), before.replace("1.0.0-", "1.0.1-"));
    assert_eq!(extended(&repo, "api", "HEAD"), before.replace("1.0.0-", "1.0.1-"));
}

#[test]
fn a_merged_branch_counts_once() {
    let repo = shop();
    branch(&repo, "search", "main");
    (0..3).for_each(|_| drop(change(&repo, "web/search.js")));
    switch(&repo, "main");
    let api = change(&repo, "api/main.go");
    let merged = merge(&repo, "search");
    assert_eq!(extended(&repo, "web", "HEAD"), version("2.0.0", 1, &merged));
    assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.0", 1, &api));
    assert_eq!(extended(&repo, "web", "search"), version("2.0.0", 3, &repo.git(["rev-parse", "search"])));
}

#[test]
fn a_branch_that_takes_everything_back_counts_nothing() {
    let repo = shop();
    let released = repo.head();
    branch(&repo, "trial", "main");
    change(&repo, "web/page.html");
    repo.git(["revert", "--no-edit", "HEAD"]);
    switch(&repo, "main");
    change(&repo, "README.md");
    merge(&repo, "trial");
    assert_eq!(extended(&repo, "web", "HEAD"), version("2.0.0", 0, &released));
}

#[test]
fn a_revert_is_a_change() {
    let repo = shop();
    change(&repo, "api/main.go");
    repo.git(["revert", "--no-edit", "HEAD"]);
    assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.0", 2, &repo.head()));
}

/// A hotfix of 1.0.0 was released on its own branch while the line went on.
fn hotfix() -> Repo {
    let repo = shop();
    branch(&repo, "hotfix", "main");
    change(&repo, "api/fix.go");
    repo.annotate("api@1.0.1");
    switch(&repo, "main");
    change(&repo, "api/main.go");
    change(&repo, "api/main.go");
    repo
}

#[test]
fn a_merged_hotfix_is_the_base_from_there_on() {
    let repo = hotfix();
    let before = extended(&repo, "api", "HEAD");
    assert_eq!(before, version("1.0.0", 2, &repo.head()));
    let merged = merge(&repo, "hotfix");
    assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.1", 1, &merged));
    change(&repo, "web/page.html");
    assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.1", 1, &merged));
    let touched = change(&repo, "api/main.go");
    assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.1", 2, &touched));
    // Along first parents alone, the hotfix was never released, and the merge brings a file.
    let along = repo.imgver(["extended", "api", "--first-parent"]).run().line();
    assert_eq!(along, version("1.0.0", 4, &touched));
    repo.imgver(["version", "api", "--exact"]).run().fails(4);
}

#[test]
fn a_hotfix_without_any_file_is_a_base_as_well() {
    let repo = shop();
    branch(&repo, "again", "main");
    change(&repo, "README.md");
    repo.tag("api@1.0.1");
    switch(&repo, "main");
    change(&repo, "web/page.html");
    let merged = merge(&repo, "again");
    assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.1", 1, &merged));
}

#[test]
fn a_commit_without_the_service_touches_it() {
    let repo = shop();
    (0..4).for_each(|_| drop(change(&repo, "README.md")));
    repo.write("imgver.yaml", format!("{CONFIG}  jobs: {{}}\n"));
    repo.write("jobs/Dockerfile", "FROM scratch\n");
    let added = repo.commit("Add jobs");
    change(&repo, "README.md");
    let output = repo.imgver(["extended", "jobs"]).run();
    assert_eq!(output.line(), version("0.0.0", 6, &added));
    assert!(output.stderr.contains("no release tag jobs@X.Y.Z is reachable"), "{output}");
    let touched = change(&repo, "jobs/main.go");
    assert_eq!(extended(&repo, "jobs", "HEAD"), version("0.0.0", 7, &touched));
    // Nobody can say what it would have watched before it was there: no two contents have one version.
    let mut seen: Vec<String> = line(&repo).iter().map(|commit| extended(&repo, "jobs", commit)).collect();
    seen.dedup();
    assert_eq!(seen.len(), 7, "{seen:?}");
    // The same for one that is away in between.
    repo.write("imgver.yaml", CONFIG);
    let removed = repo.commit("Take jobs out");
    assert_eq!(repo.git(["rev-parse", "HEAD"]), removed);
    change(&repo, "README.md");
    repo.write("imgver.yaml", format!("{CONFIG}  jobs: {{}}\n"));
    let back = repo.commit("Bring jobs back");
    assert_eq!(extended(&repo, "jobs", "HEAD"), version("0.0.0", 10, &back));
}

#[test]
fn a_moved_service_is_touched_under_its_new_name() {
    let repo = shop();
    repo.git(["mv", "api", "gateway"]);
    repo.write("imgver.yaml", CONFIG.replace("  api", "  gateway"));
    let moved = repo.commit("Call it gateway");
    change(&repo, "README.md");
    assert_eq!(extended(&repo, "gateway", "HEAD"), version("0.0.0", 2, &moved));
    // With the entry alone, the name stays, and with it the releases.
    let repo = shop();
    repo.git(["mv", "api", "gateway"]);
    repo.write("imgver.yaml", CONFIG.replace("api: {}", "api: {directory: gateway}"));
    let moved = repo.commit("Move it");
    assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.0", 1, &moved));
}

#[test]
fn the_first_commit_touches_everything() {
    let repo = shop();
    repo.git(["tag", "--delete", "api@1.0.0"]);
    let root = repo.head();
    change(&repo, "README.md");
    let object = repo.extended("api", &[]);
    assert_eq!((&object["distance"], &object["last_change"]), (&json!(1), &json!(root)), "{object:#}");
    assert_eq!(object["extended"], json!(version("0.0.0", 1, &root)));
}

#[test]
fn the_computation_names_both_commits() {
    let repo = shop();
    let touched = change(&repo, "api/main.go");
    let asked = change(&repo, "web/page.html");
    for command in ["version", "extended", "tag"] {
        let object = repo.imgver([command, "api", "--output", "json"]).run().json();
        let both = (&object["commit"], &object["last_change"], &object["scope"]);
        assert_eq!(both, (&json!(asked), &json!(touched), &json!("service")), "{command}: {object:#}");
    }
    let whole = repo.imgver(["extended", "--whole", "--output", "json"]).run().json();
    let both = (&whole["commit"], &whole["last_change"], &whole["scope"]);
    assert_eq!(both, (&json!(asked), &json!(asked), &json!("repository")));
    // A release of what nothing has touched: the last change is before it.
    change(&repo, "README.md");
    repo.annotate("api@1.1.0");
    let object = repo.extended("api", &[]);
    let place = (&object["distance"], &object["extended"], &object["last_change"]);
    assert_eq!(place, (&json!(0), &json!(version("1.1.0", 0, &repo.head())), &json!(touched)));
}

#[test]
fn the_flag_overrides_the_file() {
    let repo = shop();
    repo.write("imgver.yaml", CONFIG.replace("scope: service\n", ""));
    let unset = repo.commit("Count by repository");
    let touched = change(&repo, "api/main.go");
    change(&repo, "web/page.html");
    assert_eq!(extended(&repo, "api", "HEAD"), version("1.0.0", 3, &repo.head()));
    let asked = |options: &[&str]| repo.imgver(["extended", "api"]).args(options).run();
    // What does not concern the service does not touch it.
    assert_eq!(asked(&["--scope", "service"]).line(), version("1.0.0", 1, &touched));
    assert_eq!(
        asked(&["--scope", "service", "--abbrev", "4"]).line(),
        format!("1.0.0-0001-{}", &touched[..4])
    );
    let next = version("1.0.1", 1, &touched);
    assert_eq!(asked(&["--scope", "service", "--next", "patch"]).line(), next);
    assert_ne!(unset, touched);
    let list = repo.imgver(["list", "--scope", "service"]).run().text();
    let row = |service: &str| list.lines().find(|line| line.starts_with(service)).unwrap().to_owned();
    assert!(row("api").contains(" 1  ") && row("api").contains(&version("1.0.0", 1, &touched)), "{list}");
    // There is nothing to count by.
    asked(&["--scope", "directory"]).fails(2);
    let whole = repo.imgver(["extended", "--whole", "--scope", "service"]).run();
    whole.fails(2);
    assert!(whole.stderr.contains("--scope service needs a service"), "{whole}");
    repo.imgver(["extended", "--scope", "service"]).run().fails(2);
    assert_eq!(
        repo.imgver(["extended", "--scope", "service"]).cwd("api").run().line(),
        version("1.0.0", 1, &touched)
    );
}

/// Along a line with all of this, versions of one base release never go back as text.
#[test]
fn between_releases_versions_never_go_back() {
    let repo = shop();
    for round in 0..6 {
        change(&repo, if round % 2 == 0 { "api/main.go" } else { "web/page.html" });
        branch(&repo, &format!("side-{round}"), "HEAD~1");
        change(&repo, &format!("api/side-{round}.go"));
        if round == 3 {
            repo.annotate("api@1.0.1");
        }
        change(&repo, &format!("libs/ui/side-{round}.js"));
        switch(&repo, "main");
        merge(&repo, &format!("side-{round}"));
        change(&repo, "README.md");
        if round == 4 {
            repo.annotate("web@2.1.0");
        }
    }
    for service in ["api", "web"] {
        let mut seen: Vec<(String, String)> = Vec::new();
        for commit in line(&repo) {
            let now = extended(&repo, service, &commit);
            let base = now.split_once('-').unwrap().0.to_owned();
            if let Some((before, last)) = seen.last().filter(|(before, _)| *before == base) {
                assert!(*last <= now, "{service}: {last} and then {now}, since {before}");
            }
            seen.push((base, now));
        }
        let mut bases: Vec<&String> = seen.iter().map(|(base, _)| base).collect();
        bases.dedup();
        assert_eq!(bases.len(), 2, "{service}: {seen:?}");
        let mut distinct = seen.clone();
        distinct.dedup();
        assert!(distinct.len() > 8 && distinct.len() < seen.len(), "{service}: {seen:?}");
    }
    assert_eq!(versions(&repo).len(), 2);
}
