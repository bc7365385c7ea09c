//! Tags and history.

use super::shop::{API, BUILD, WEB, With, brief, clean, edit, findings, only, shop};

#[test]
fn tags_that_look_like_releases_are_told() {
    for (tag, meant) in [
        ("services/go/api@1.1", Some("services/go/api@1.1.0")),
        ("services/go/api@v1.2.3", Some("services/go/api@1.2.3")),
        ("services/go/api@01.2.3", Some("services/go/api@1.2.3")),
        ("services/go/api@1.2.3.4", None),
        ("services/go/api@latest", None),
        ("services/go/api@18446744073709551616.0.0", None),
        ("services/go/api@$(touch${IFS}x)", None),
    ] {
        let repo = shop();
        repo.git(["update-ref", &format!("refs/tags/{tag}"), "HEAD"]);
        let [_, why, fix] = only(&repo, &[], &format!("warning malformed-tag refs/tags/{tag}"));
        assert!(why.contains("nothing reports that"), "{why}");
        match meant {
            Some(meant) => assert!(fix.contains(&format!("git tag -a {meant} -m {meant} ")), "{fix}"),
            None => assert!(!fix.contains("git tag -a"), "{fix}"),
        }
        // The commands do what they say, and delete nothing.
        let origin = repo.cloned("origin", &["--bare"]);
        repo.git(["remote", "add", "origin", &origin.url()]);
        assert!(!fix.contains("delete") && !fix.contains("remove"), "{fix}");
        if meant.is_some() {
            repo.git(["config", "user.name", "Ada"]);
            repo.git(["config", "user.email", "ada@example.com"]);
            let commands = fix.rsplit_once(": ").unwrap().1;
            repo.program("sh").args(["-c", commands]).run().text();
            assert!(brief(&repo, &[]).iter().all(|found| !found.contains("malformed-tag")));
        }
        assert_eq!(origin.git(["tag", "--list", tag]), tag);
    }
}

#[test]
fn tags_of_a_former_format_are_told_together_and_left_alone() {
    let repo = shop();
    edit(&repo, BUILD, "services/**@", "");
    for version in ["0.1.0", "0.2.0", "0.3.0"] {
        repo.tag(&format!("v{version}"));
    }
    repo.commit("Drop the v");
    repo.tag("0.4.0");
    let found = findings(&repo, &[With::TagFormat("{version}")]);
    let found: Vec<_> = found.iter().filter(|found| found["rule"] == "malformed-tag").collect();
    let [found] = found[..] else { panic!("{found:?}") };
    let text = |key: &str| found[key].as_str().unwrap();
    assert!(
        text("message").contains("this tag and 2 more") && text("message").contains("v{version}"),
        "{found}"
    );
    assert!(
        text("fix").contains("leave them") && text("fix").contains("--tag-format 'v{version}'"),
        "{found}"
    );
    assert!(!found.to_string().contains("delete"), "{found}");
    // Alone, one may be a slip; and one that is there in the right form as well is no fault.
    repo.git(["tag", "-d", "v0.1.0", "v0.2.0"]);
    let of_tags =
        |found: &[serde_json::Value]| found.iter().filter(|found| found["rule"] == "malformed-tag").count();
    assert_eq!(of_tags(&findings(&repo, &[With::TagFormat("{version}")])), 1);
    repo.git(["tag", "0.3.0", "v0.3.0"]);
    assert_eq!(of_tags(&findings(&repo, &[With::TagFormat("{version}")])), 0);
}

#[test]
fn a_format_that_the_tags_fit_is_proposed() {
    let repo = shop();
    let tags = repo.git(["tag", "--list"]);
    for tag in tags.lines() {
        repo.git(["tag", "-d", tag]);
    }
    repo.tag("v1.2.3");
    repo.tag("v1.2.4");
    let [message, _, fix] = only(&repo, &[], "warning tag-format");
    assert!(message.contains("v1.2.4 and 1 other tag fit the tag format v{version}"), "{message}");
    assert!(fix.contains("IMGVER_TAG_FORMAT='v{version}'"), "{fix}");
    repo.tag(&format!("{API}@1.0.0"));
    assert!(brief(&repo, &[]).iter().all(|found| !found.contains("tag-format")), "the default is in use");
}

#[test]
fn other_tags_are_left_alone() {
    let repo = shop();
    for tag in [
        "v1.0",
        "latest",
        "services/go/api",
        "services/go/apis@1.0",
        "services/go@1.0",
        "other@1",
        "services/go/api-1.0",
    ] {
        repo.tag(tag);
    }
    clean(&repo, &[]);
    edit(&repo, BUILD, "services/**@", "*-");
    repo.tag("api-gateway-1.0.0");
    repo.tag("api-docs");
    clean(&repo, &[With::TagFormat("{name}-{version}")]);
}

#[test]
fn prereleases_are_told_together() {
    let repo = shop();
    for tag in ["1.1.0-rc.2", "1.1.0-rc.1", "1.1.0+build"] {
        repo.tag(&format!("{API}@{tag}"));
    }
    let [message, ..] = only(&repo, &[], &format!("warning malformed-tag refs/tags/{API}@1.1.0+build"));
    assert!(message.contains("and 2 more"), "{message}");
    repo.tag(&format!("{WEB}@2.0.0-rc.1"));
    assert_eq!(brief(&repo, &[]).len(), 2);
}

#[test]
fn pre_releases_that_are_named_are_no_finding() {
    let repo = shop();
    repo.write("imgver.yaml", "prereleases: [rc, beta]\n");
    repo.git(["add", "imgver.yaml"]);
    edit(
        &repo,
        BUILD,
        "[0-9]+.[0-9]+.[0-9]+'",
        "[0-9]+.[0-9]+.[0-9]+', 'services/**@*-rc.*', 'services/**@*-beta.*'",
    );
    for tag in ["1.1.0-rc.2", "1.1.0-beta.1"] {
        repo.tag(&format!("{API}@{tag}"));
    }
    clean(&repo, &[]);
    repo.tag(&format!("{API}@1.1.0-alpha.1"));
    let [_, _, fix] = only(&repo, &[], &format!("warning malformed-tag refs/tags/{API}@1.1.0-alpha.1"));
    assert!(fix.contains("prereleases: [alpha, beta, rc] in imgver.yaml"), "{fix}");
}

#[test]
fn a_release_tag_of_no_commit_is_told() {
    let repo = shop();
    repo.git(["tag", &format!("{API}@1.1.0"), "HEAD^{tree}"]);
    repo.git(["tag", "-a", "-m", "x", &format!("{API}@1.2.0"), &format!("HEAD:{API}/src/main")]);
    let found = brief(&repo, &[]);
    assert_eq!(
        found,
        ["1.1.0", "1.2.0"].map(|version| format!("warning malformed-tag refs/tags/{API}@{version}"))
    );
    repo.git(["pack-refs", "--all"]);
    assert_eq!(brief(&repo, &[]), found);
}

#[test]
fn a_release_below_one_before_it_is_told() {
    let repo = shop();
    repo.commit("More");
    repo.tag(&format!("{API}@0.9.0"));
    let expected = format!("tag-below-ancestor refs/tags/{API}@0.9.0");
    let [message, ..] = only(&repo, &[], &format!("error {expected}"));
    assert!(message.ends_with("is lower than services/go/api@1.0.0, which came before it"), "{message}");
    // Once a later release stands above it, no version follows it any more.
    repo.commit("Even more");
    repo.tag(&format!("{API}@1.1.0"));
    only(&repo, &[], &format!("warning {expected}"));
    // The other service's order is its own, and so are branches.
    repo.git(["checkout", "-q", "-b", "old", "HEAD~1"]);
    repo.git(["tag", "-d", &format!("{API}@0.9.0")]);
    repo.commit("Mend the old one");
    repo.tag(&format!("{API}@1.0.1"));
    repo.tag(&format!("{WEB}@0.9.1"));
    clean(&repo, &[]);
    repo.git(["checkout", "-q", "main"]);
    repo.git(["merge", "-q", "--no-edit", "old"]);
    clean(&repo, &[]);
    repo.commit("After the merge");
    repo.tag(&format!("{API}@1.0.2"));
    let found = findings(&repo, &[]);
    assert!(found[0]["message"].as_str().unwrap().contains("lower than services/go/api@1.1.0"), "{found:?}");
    repo.git(["commit-graph", "write", "--reachable"]);
    assert_eq!(findings(&repo, &[]), found);
}

#[test]
fn several_releases_of_one_commit_are_told() {
    let repo = shop();
    repo.tag(&format!("{API}@1.0.1"));
    repo.tag(&format!("{API}@1.0.10"));
    let [message, _, fix] = only(&repo, &[], &format!("warning tags-on-one-commit refs/tags/{API}@1.0.10"));
    assert!(message.ends_with("also has services/go/api@1.0.1, services/go/api@1.0.0"), "{message}");
    assert!(!fix.contains("delete") && !fix.contains("remove"), "{fix}");
}

#[test]
fn a_shallow_clone_is_told() {
    let repo = shop();
    repo.commit("More");
    let clone = repo.cloned("shallow", &["--depth", "1", "--no-tags"]);
    only(&clone, &[], "error shallow-clone");
    let clone = repo.cloned("deeper", &["--depth", "3"]);
    clone.git(["fetch", "-q", "--tags"]);
    clean(&clone, &[]);
    repo.commit("More");
    repo.tag(&format!("{API}@1.1.0"));
    repo.tag(&format!("{WEB}@1.1.0"));
    let clone = repo.cloned("enough", &["--depth", "1"]);
    only(&clone, &[], "warning shallow-clone");
    clone.git(["fetch", "-q", "--unshallow", "--tags"]);
    clean(&clone, &[]);
}

#[test]
fn broken_refs_are_told_and_the_rest_goes_on() {
    let repo = shop();
    repo.write(".github/utils/file-filters.yaml", "services/go/api: [\n");
    repo.write(&format!(".git/refs/tags/{API}@9.9.9"), "no hash\n");
    let found = brief(&repo, &[]);
    let of_tag = format!("warning malformed-tag refs/tags/{API}@9.9.9");
    assert!(found.contains(&of_tag), "{found:?}");
    assert!(found.iter().any(|found| found.contains("filter-file")), "{found:?}");
}
