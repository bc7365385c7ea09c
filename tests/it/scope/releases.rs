//! `release`: what it counts from, and which changes it lists.

use super::{branch, change, merge, shop, switch};
use crate::support::{Output, Repo};

fn release(repo: &Repo, args: &[&str]) -> Output {
    repo.imgver(["release", "--any-branch", "--dry-run"]).args(args).run()
}

/// The changes that a message lists.
fn listed(output: &Output) -> Vec<String> {
    let text = output.text();
    let lines = text.lines().filter_map(|line| line.strip_prefix("    - "));
    lines.map(|line| line.split(' ').skip(1).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn the_changes_are_those_that_the_version_counts() {
    let repo = shop();
    change(&repo, "api/main.go");
    change(&repo, "web/page.html");
    branch(&repo, "search", "main");
    change(&repo, "web/search.js");
    change(&repo, "web/search.js");
    switch(&repo, "main");
    change(&repo, "README.md");
    merge(&repo, "search");
    change(&repo, "libs/ui/button.js");
    let output = release(&repo, &["web", "--bump", "minor"]);
    assert_eq!(
        listed(&output),
        ["Change libs/ui/button.js (Ada)", "Merge search (Ada)", "Change web/page.html (Ada)"],
        "{output}"
    );
    assert!(output.text().starts_with("tag      web@2.1.0\n"), "{output}");
    let all = release(&repo, &["web", "--bump", "minor", "--scope", "repository"]);
    assert_eq!(
        listed(&all),
        [
            "Change libs/ui/button.js (Ada)",
            "Change web/search.js (Ada)",
            "Change web/search.js (Ada)",
            "Change web/page.html (Ada)"
        ],
        "{all}"
    );
}

#[test]
fn a_merged_hotfix_is_what_the_next_release_counts_from() {
    let repo = shop();
    branch(&repo, "hotfix", "main");
    change(&repo, "api/fix.go");
    repo.annotate("api@1.0.1");
    switch(&repo, "main");
    change(&repo, "api/main.go");
    merge(&repo, "hotfix");
    let output = release(&repo, &["api", "--bump", "patch"]);
    assert!(output.text().starts_with("tag      api@1.0.2\n"), "{output}");
    // What the line had before the merge is in no release either, although the version counts the merge alone.
    assert_eq!(listed(&output), ["Merge hotfix (Ada)", "Change api/main.go (Ada)"], "{output}");
    change(&repo, "web/page.html");
    change(&repo, "api/main.go");
    let listed_later = listed(&release(&repo, &["api", "--bump", "patch"]));
    let wanted = ["Change api/main.go (Ada)", "Merge hotfix (Ada)", "Change api/main.go (Ada)"];
    assert_eq!(listed_later, wanted);
}

#[test]
fn what_a_merged_release_has_is_not_listed() {
    let repo = shop();
    change(&repo, "api/main.go");
    // The hotfix starts from that change, so its release has it.
    branch(&repo, "hotfix", "main");
    change(&repo, "api/fix.go");
    repo.annotate("api@1.0.1");
    switch(&repo, "main");
    change(&repo, "web/page.html");
    change(&repo, "api/late.go");
    merge(&repo, "hotfix");
    let output = release(&repo, &["api", "--bump", "patch"]);
    assert_eq!(listed(&output), ["Merge hotfix (Ada)", "Change api/late.go (Ada)"], "{output}");
}

#[test]
fn an_untouched_service_can_be_released() {
    let repo = shop();
    change(&repo, "README.md");
    let output = release(&repo, &["api", "--bump", "patch"]);
    assert!(output.text().contains("    No change since api@1.0.0."), "{output}");
    assert!(output.stderr.contains("warning: no commit since api@1.0.0 affects api"), "{output}");
    repo.git(["checkout", "--quiet", "api@1.0.0"]);
    let output = release(&repo, &["api", "--bump", "patch"]);
    assert!(output.stderr.contains("is already released as api@1.0.0"), "{output}");
}

#[test]
fn one_tag_for_all_lists_what_touches_any() {
    let repo = shop();
    repo.write("imgver.yaml", format!("tag-format: v{{version}}\n{}", super::CONFIG));
    repo.commit("One tag");
    repo.annotate("v1.0.0");
    change(&repo, "api/main.go");
    change(&repo, "README.md");
    change(&repo, "web/page.html");
    let output = release(&repo, &["api", "--bump", "minor"]);
    assert_eq!(listed(&output), ["Change web/page.html (Ada)", "Change api/main.go (Ada)"], "{output}");
}

#[test]
fn filters_for_this_call_have_no_say() {
    let repo = shop();
    change(&repo, "api/main.go");
    repo.write("../filters.yaml", "api: '**'\n");
    for option in [["--filters", "../filters.yaml"], ["--quantifier", "every"]] {
        let refused = repo
            .imgver(["release", "api", "--bump", "patch", "--any-branch", "--dry-run"])
            .args(option)
            .run();
        refused.fails(2);
        assert!(
            refused.stderr.contains(&format!("{} does not apply to versions by service", option[0])),
            "{refused}"
        );
        assert_eq!(
            release(&repo, &["api", "--bump", "patch", "--scope", "repository", option[0], option[1]]).code,
            0
        );
    }
}
