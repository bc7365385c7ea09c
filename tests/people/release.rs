//! `imgver release`: the tag that it sets and pushes, and what it refuses.

use std::fs;

use crate::support::{Output, Repo};
use crate::{GO, NODE, short, two_services};

/// A workflow that release tags start, and one that they do not.
const WORKFLOW: &str = "\
name: Build
on:
  push:
    branches: [main]
    tags: ['services/**@[0-9]+.[0-9]+.[0-9]+']
jobs: {}
";
const OTHER: &str = "on:\n  push:\n    branches: [main]\njobs: {}\n";

/// A clone of [`two_services`] with the workflows above, and its remote.
fn clone() -> (Repo, Repo) {
    let origin = two_services();
    origin.write(".github/workflows/build.yaml", WORKFLOW);
    origin.write(".github/workflows/test.yml", OTHER);
    origin.commit("Build what is released");
    let bare = origin.cloned("origin.git", &["--bare"]);
    (bare.cloned("clone", &[]), bare)
}

fn release(repo: &Repo, args: &[&str]) -> Output {
    repo.imgver(["release"])
        .args(args)
        .env("GIT_CONFIG_GLOBAL", repo.sandbox().join("home/gitconfig"))
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.com")
        .run()
}

fn tags(repo: &Repo) -> Vec<String> {
    repo.git(["tag", "--list"]).lines().map(str::to_owned).collect()
}

#[test]
fn an_annotated_tag_says_what_is_new() {
    let (clone, bare) = clone();
    let released = release(&clone, &["api-node", "--bump", "patch"]);
    assert_eq!(released.line(), format!("{NODE}@1.0.10"));
    assert!(released.stderr.contains("that will start Build (.github/workflows/build.yaml)"), "{released}");
    assert!(!released.stderr.contains("test.yml"), "{released}");
    assert_eq!(clone.git(["cat-file", "-t", &format!("{NODE}@1.0.10")]), "tag");
    assert_eq!(clone.git(["rev-parse", &format!("{NODE}@1.0.10^{{commit}}")]), clone.head());
    let message = clone.git(["for-each-ref", "--format=%(contents)", &format!("refs/tags/{NODE}@1.0.10")]);
    let commit = &clone.git(["rev-parse", "HEAD~1"])[..7];
    assert_eq!(
        message.trim_end(),
        format!("{NODE} 1.0.10\n\nChanges since {NODE}@1.0.9:\n\n- {commit} Run (Ada)")
    );
    assert_eq!(tags(&bare), [format!("{NODE}@1.0.9")]);
    assert_eq!(clone.imgver(["version", NODE, "--exact"]).run().line(), "1.0.10");
}

#[test]
fn versions_are_bumped_or_set() {
    let (clone, _) = clone();
    for (args, tag) in [
        (&["api-node", "--bump", "minor"][..], format!("{NODE}@1.1.0")),
        (&["api-node", "--bump", "major"], format!("{NODE}@2.0.0")),
        (&["api-node", "--set", "1.0.10"], format!("{NODE}@1.0.10")),
        (&["api-golang", "--bump", "patch"], format!("{GO}@0.0.1")),
        (
            &["api-golang", "--bump", "minor", "--tag-format", "{name}-v{version}"],
            "api-golang-v0.1.0".to_owned(),
        ),
        (&["--bump", "minor"], "0.1.0".to_owned()),
        (&["--set", "3.0.0", "--tag-format", "v{version}"], "v3.0.0".to_owned()),
    ] {
        let planned = release(&clone, &[args, &["--dry-run", "--output", "json"]].concat());
        assert_eq!(planned.json()["tag"], tag, "{args:?}");
    }
    let here = clone.imgver(["release", "--bump", "patch", "--dry-run"]).cwd(NODE).run().text();
    assert!(here.starts_with(&format!("tag      {NODE}@1.0.10\n")), "{here}");
    clone.git(["tag", "v1.4.9", "HEAD~1"]);
    assert_eq!(release(&clone, &["--bump", "patch"]).line(), "v1.4.10");
}

#[test]
fn a_rehearsal_changes_nothing_and_says_all() {
    let (clone, bare) = clone();
    let (mine, theirs) = (tags(&clone), tags(&bare));
    let shown = release(&clone, &["api-node", "--bump", "patch", "--push", "--dry-run"]);
    let commit = &clone.git(["rev-parse", "HEAD~1"])[..7];
    assert_eq!(
        shown.text(),
        format!(
            "tag      {NODE}@1.0.10\n\
             commit   {} Build what is released\n\
             previous {NODE}@1.0.9\n\
             message\n    {NODE} 1.0.10\n\n    Changes since {NODE}@1.0.9:\n\n    - {commit} Run (Ada)\n\
             starts   Build (.github/workflows/build.yaml) when pushed\n\
             would run, with the message on standard input: git tag --annotate --cleanup verbatim --file - -- {NODE}@1.0.10 {}\n\
             would run: git push --no-follow-tags -- origin refs/tags/{NODE}@1.0.10:refs/tags/{NODE}@1.0.10",
            clone.head(),
            clone.head()
        )
    );
    let plan =
        release(&clone, &["api-node", "--bump", "patch", "--push", "--dry-run", "--output", "json"]).json();
    assert_eq!(plan["pushed_to"], "origin");
    assert_eq!(plan["dry_run"], true);
    assert_eq!(
        plan["workflows"],
        serde_json::json!([{"name": "Build", "file": ".github/workflows/build.yaml"}])
    );
    assert_eq!((tags(&clone), tags(&bare)), (mine, theirs));
}

#[test]
fn one_tag_is_pushed_and_no_other() {
    let (clone, bare) = clone();
    clone.annotate("unrelated");
    clone.git(["config", "push.followTags", "true"]);
    let released = release(&clone, &["api-node", "--bump", "patch", "--push"]);
    assert_eq!(released.line(), format!("{NODE}@1.0.10"));
    assert!(released.stderr.contains("this starts Build (.github/workflows/build.yaml)"), "{released}");
    assert_eq!(tags(&bare), [format!("{NODE}@1.0.10"), format!("{NODE}@1.0.9")]);
    assert_eq!(bare.git(["rev-parse", &format!("{NODE}@1.0.10^{{commit}}")]), clone.head());
}

#[test]
fn what_a_hook_prints_is_no_answer() {
    let (clone, _) = clone();
    clone.write(".git/hooks/pre-push", "#!/bin/sh\necho hooked\n");
    let hook = clone.path().join(".git/hooks/pre-push");
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let released = release(&clone, &["api-node", "--bump", "patch", "--push"]);
    assert_eq!(released.line(), format!("{NODE}@1.0.10"));
    assert!(released.stderr.contains("hooked"), "{released}");
}

/// Asserts that a release is refused, and that no tag came of it.
#[track_caller]
fn refused(repo: &Repo, args: &[&str], code: i32, words: &[&str]) {
    let before = tags(repo);
    for rehearsal in [&["--dry-run"][..], &[]] {
        let output = release(repo, &[args, rehearsal].concat());
        let error = output.fails(code);
        words.iter().for_each(|word| assert!(error.contains(word), "'{word}' is missing: {output}"));
    }
    assert_eq!(tags(repo), before);
}

#[test]
fn what_is_there_is_never_moved() {
    let (clone, bare) = clone();
    refused(&clone, &["api-node", "--set", "1.0.9"], 4, &["1.0.9 exists already", "git show"]);
    clone.git(["tag", &format!("{NODE}@1.0.10"), "HEAD^{tree}"]);
    refused(&clone, &["api-node", "--bump", "patch"], 4, &["@1.0.10 exists already"]);
    clone.git(["tag", "-d", &format!("{NODE}@1.0.10")]);
    bare.git(["tag", &format!("{NODE}@1.0.10"), "main~1"]);
    refused(
        &clone,
        &["api-node", "--bump", "patch", "--push"],
        4,
        &["origin has the tag", "git fetch --tags"],
    );
    refused(
        &clone,
        &["api-node", "--set", "1.0.11", "--push"],
        3,
        &["@1.0.10, of which this clone does not know"],
    );
    clone.git(["fetch", "-q", "--tags"]);
    assert_eq!(release(&clone, &["api-node", "--bump", "patch", "--push"]).line(), format!("{NODE}@1.0.11"));
}

#[test]
fn a_release_is_above_what_is_behind_it() {
    let (clone, _) = clone();
    refused(&clone, &["api-node", "--set", "1.0.8"], 4, &["1.0.8 is not above 1.0.9", "--bump patch"]);
    refused(&clone, &["api-node", "--set", "0.9.0"], 4, &["@1.0.9"]);
    // The nearest release is the lower one, and the higher one is behind it.
    clone.git(["tag", &format!("{NODE}@3.0.0"), "HEAD~3"]);
    clone.git(["tag", &format!("{NODE}@2.0.0"), "HEAD~1"]);
    refused(&clone, &["api-node", "--bump", "minor"], 4, &["2.1.0 is not above 3.0.0", "--set X.Y.Z"]);
    assert_eq!(release(&clone, &["api-node", "--set", "3.0.1"]).line(), format!("{NODE}@3.0.1"));
}

#[test]
fn a_release_of_an_older_line_may_be_below_a_newer_one() {
    let (clone, _) = clone();
    clone.git(["tag", &format!("{NODE}@2.0.0")]);
    let fix = release(&clone, &["api-node", "--set", "1.0.10", "--rev", "HEAD~1"]);
    assert_eq!(fix.line(), format!("{NODE}@1.0.10"));
    assert_eq!(
        clone.git(["rev-parse", &format!("{NODE}@1.0.10^{{commit}}")]),
        clone.git(["rev-parse", "HEAD~1"])
    );
}

#[test]
fn uncommitted_changes_are_not_released() {
    let (clone, _) = clone();
    clone.write("README.md", "changed\n");
    refused(&clone, &["api-node", "--bump", "patch"], 4, &["uncommitted changes: README.md", "--rev HEAD"]);
    clone.write("untracked", "");
    assert_eq!(
        release(&clone, &["api-node", "--bump", "patch", "--rev", "HEAD"]).line(),
        format!("{NODE}@1.0.10")
    );
}

#[test]
fn what_is_not_merged_is_not_released() {
    let (clone, _) = clone();
    clone.git(["checkout", "-q", "-b", "topic"]);
    clone.write(&format!("{NODE}/main.js"), "try();\n");
    clone.commit("Try");
    refused(&clone, &["api-node", "--bump", "patch"], 4, &["is not on origin/main", "--any-branch"]);
    // What is behind the branch is on main.
    let merged = release(&clone, &["api-node", "--bump", "patch", "--rev", "HEAD~1", "--dry-run"]);
    assert_eq!(merged.code, 0, "{merged}");
    assert_eq!(
        release(&clone, &["api-node", "--bump", "patch", "--any-branch"]).line(),
        format!("{NODE}@1.0.10")
    );

    clone.git(["checkout", "-q", "main"]);
    clone.commit("Not pushed");
    refused(
        &clone,
        &["api-golang", "--bump", "patch", "--push"],
        4,
        &["is not on origin/main", "push the branch main"],
    );
    let ahead = release(&clone, &["api-golang", "--bump", "patch"]);
    assert_eq!(ahead.line(), format!("{GO}@0.0.1"));
    assert!(ahead.stderr.contains("warning: ") && ahead.stderr.contains("not yet on origin/main"), "{ahead}");
}

#[test]
fn the_default_branch_is_what_the_remote_says() {
    let (clone, bare) = clone();
    bare.git(["branch", "-q", "develop", "main~1"]);
    bare.git(["symbolic-ref", "HEAD", "refs/heads/develop"]);
    clone.git(["fetch", "-q"]);
    clone.git(["remote", "set-head", "origin", "--auto"]);
    refused(&clone, &["api-node", "--bump", "patch"], 4, &["is not on origin/develop"]);

    let alone = two_services();
    assert_eq!(release(&alone, &["api-node", "--bump", "patch"]).line(), format!("{NODE}@1.0.10"));
    alone.git(["branch", "-q", "-m", "work"]);
    refused(
        &alone,
        &["api-node", "--bump", "patch"],
        4,
        &["not known which branch is the default", "--any-branch"],
    );
    refused(
        &alone,
        &["api-node", "--bump", "minor", "--push", "--any-branch"],
        3,
        &["no remote", "git remote add"],
    );
}

#[test]
fn the_message_lists_what_concerns_the_service() {
    let (clone, _) = clone();
    clone.write(".github/utils/file-filters.yaml", "api-node: [services/node/**, README.md]\n");
    clone.commit("Watch the manual");
    clone.write("README.md", "more\n");
    clone.commit("Say more\n\nAnd this is not the subject.");
    clone.write(&format!("{GO}/main.go"), "package main\n");
    clone.commit("Of the other one");
    clone.git(["checkout", "-q", "-b", "side", "HEAD~2"]);
    clone.write(&format!("{NODE}/side.js"), "");
    clone.commit("# On a branch");
    clone.git(["checkout", "-q", "main"]);
    clone.git(["merge", "-q", "--no-ff", "-m", "Merge side", "side"]);
    let message =
        release(&clone, &["api-node", "--bump", "patch", "--any-branch", "--dry-run", "--output", "json"]);
    let message = message.json()["message"].as_str().unwrap().to_owned();
    let subjects: Vec<&str> =
        message.lines().filter_map(|line| line.strip_prefix("- ")).map(|line| &line[8..]).collect();
    assert_eq!(subjects, ["# On a branch (Ada)", "Say more (Ada)", "Run (Ada)", "Say what this is (Ada)"]);
}

#[test]
fn doubts_are_said() {
    let (clone, _) = clone();
    let warns = |args: &[&str], words: &str| {
        let output = release(&clone, &[args, &["--dry-run", "--any-branch"]].concat());
        assert!(output.code == 0 && output.stderr.contains(words), "'{words}' is missing: {output}");
    };
    clone.git(["tag", &format!("{GO}@1.0.0")]);
    warns(&["api-golang", "--bump", "patch"], "is released as services/go/api-golang@1.0.0 already");
    clone.commit("Nothing [skip ci]");
    warns(&["api-golang", "--bump", "patch"], "no commit since services/go/api-golang@1.0.0 concerns");
    warns(&["api-node", "--bump", "patch"], "says [skip ci]: GitHub starts no workflow");
    warns(&["api-node", "--bump", "patch", "--tag-format", "{name}/{version}"], "no workflow of");
    clone.write(".github/workflows/broken.yaml", "on: [push\n");
    clone.commit("Break");
    warns(&["api-node", "--bump", "patch"], ".github/workflows/broken.yaml:");
}

#[test]
fn what_git_refuses_is_told() {
    let (clone, bare) = clone();
    let nobody = clone.imgver(["release", NODE, "--bump", "patch"]).env("EMAIL", "").run();
    assert!(nobody.fails(3).contains("caused by: git tag failed with status 128"), "{nobody}");
    let missing = clone.imgver(["release", NODE, "--bump", "patch"]).env("PATH", "/nowhere").run();
    assert!(missing.fails(3).contains("git is not on PATH"), "{missing}");
    refused(
        &clone,
        &["api-node", "--bump", "patch", "--tag-format", "a b{version}"],
        5,
        &["rejects the tag name 'a b0.0.1'"],
    );
    clone.git(["tag", "taken"]);
    let clash = release(&clone, &["api-node", "--set", "1.1.0", "--tag-format", "taken/{version}"]);
    assert!(clash.fails(3).contains("the tag taken/1.1.0 cannot be set"), "{clash}");

    bare.write("hooks/pre-receive", "#!/bin/sh\nexit 1\n");
    let hook = bare.path().join("hooks/pre-receive");
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let rejected = release(&clone, &["api-node", "--bump", "patch", "--push"]);
    let error = rejected.fails(3);
    assert!(error.contains("is set here, but is not pushed") && error.contains("tries again"), "{rejected}");
    assert!(tags(&clone).contains(&format!("{NODE}@1.0.10")) && tags(&bare).len() == 1);
    fs::remove_dir_all(bare.path()).unwrap();
    refused(
        &clone,
        &["api-node", "--bump", "minor", "--push"],
        3,
        &["origin cannot be asked", "git ls-remote origin"],
    );
}

#[test]
fn command_lines_that_mean_nothing() {
    let (clone, _) = clone();
    for args in [
        &["api-node"][..],
        &["api-node", "--bump", "patch", "--set", "1.0.0"],
        &["api-node", "--set", "1.0"],
        &["api-node", "--set", "v1.0.0"],
        &["api-node", "--set", "1.0.0-rc.1"],
        &["api-node", "--bump", "all"],
    ] {
        assert_eq!(release(&clone, args).code, 2, "{args:?}");
    }
    refused(&clone, &["no-such", "--bump", "patch"], 5, &["there is no service 'no-such'"]);
    let shallow = clone.cloned("shallow", &["--depth", "1"]);
    refused(&shallow, &["api-node", "--bump", "patch"], 3, &["too shallow"]);
    assert_eq!(short(&clone).len(), 7);
}
