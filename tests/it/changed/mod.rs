//! `imgver changed`: which services a change concerns, and by which files.

mod diff;
mod files_from;
mod filters;
mod malformed;
mod merge_base;
mod other_lists;
mod trees;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Output, Repo, Run};

/// Services, each with the files it is built for.
type Changes = BTreeMap<String, Vec<String>>;

/// What a run of `changed --output json` says; it must have the shape that is promised.
#[track_caller]
fn changes(output: &Output) -> Changes {
    let printed = output.json();
    assert_eq!(output.stdout.lines().count(), 1, "{output}");
    let mut found = Changes::new();
    for entry in printed.as_array().expect("a list") {
        assert_eq!(entry.as_object().map(serde_json::Map::len), Some(2), "{entry}");
        let service = entry["service"].as_str().expect("a path").to_owned();
        assert!(found.last_key_value().is_none_or(|(last, _)| *last < service), "not sorted: {printed}");
        let files = entry["files"].as_array().expect("a list");
        let files: Vec<String> = files.iter().map(|file| file.as_str().expect("a path").to_owned()).collect();
        assert!(!files.is_empty(), "selected for nothing: {entry}");
        found.insert(service, files);
    }
    found
}

/// Runs `changed` twice, for text and for JSON, which must agree.
#[track_caller]
fn ask(run: impl Fn() -> Run) -> Changes {
    let found = changes(&run().args(["--output", "json"]).run());
    let text = run().run();
    let lines: Vec<&str> = text.stdout.split_terminator('\n').collect();
    assert_eq!(text.code, 0, "{text}");
    assert_eq!(lines, found.keys().collect::<Vec<_>>(), "{text}");
    found
}

/// Services `web/api`, `web/ui` and `jobs/mail` on `main`, with no filter file.
fn three_services() -> Repo {
    let repo = Repo::new();
    for service in ["web/api", "web/ui", "jobs/mail"] {
        repo.service(service);
    }
    repo.commit("the services");
    repo
}

/// The services between two revisions.
#[track_caller]
fn between(repo: &Repo, args: &[&str]) -> Vec<String> {
    ask(|| repo.imgver(["changed"]).args(args)).into_keys().collect()
}

#[test]
fn every_service_watches_its_own_directory() {
    let repo = three_services();
    let base = repo.head();
    for (path, expected) in [
        ("web/api/main.go", &["web/api"][..]),
        ("web/api/deep/er/.hidden/x", &["web/api"]),
        ("web/api/.dockerignore", &["web/api"]),
        ("web/ui/new\nline", &["web/ui"]),
        ("web/ui/tab\tand \"quote\"", &["web/ui"]),
        ("jobs/mail/x", &["jobs/mail"]),
        ("web/api2/x", &[]),
        ("web/apix", &[]),
        ("web/x", &[]),
        ("x/web/api/x", &[]),
        ("README.md", &[]),
    ] {
        repo.git(["checkout", "-q", &base]);
        repo.write(path, "");
        repo.commit(path);
        assert_eq!(between(&repo, &["--base", &base]), expected, "{path}");
        // Undone is a change as well.
        assert_eq!(between(&repo, &["--base", "HEAD", "--head", &base]), expected, "{path}");
    }
}

#[test]
fn json_names_the_files() {
    let repo = three_services();
    for path in ["web/api/b", "web/api/a/z", "web/api/a-", "web/api/a.txt", "web/api/B", "web/ui/é", "README"]
    {
        repo.write(path, "");
    }
    repo.commit("many files");
    let printed = repo.imgver(["changed", "--base", "HEAD~1", "--output", "json"]).run();
    // By bytes: `-`, `.` and `/` in this order, capitals before small letters.
    let expected = concat!(
        r#"[{"service":"web/api","files":["#,
        r#""web/api/B","web/api/a-","web/api/a.txt","web/api/a/z","web/api/b"]},"#,
        r#"{"service":"web/ui","files":["web/ui/é"]}]"#,
    );
    let expected: Value = serde_json::from_str(expected).unwrap();
    assert_eq!(printed.json(), expected);
    assert_eq!(printed.stderr, "");
    let none = repo.imgver(["changed", "--base", "HEAD", "--output", "json"]).run();
    assert_eq!(none.text(), "[]");
    let none = repo.imgver(["changed", "--base", "HEAD"]).run();
    assert_eq!((none.code, &*none.stdout, &*none.stderr), (0, "", ""));
}

#[test]
fn older_newer_and_unrelated_bases() {
    let repo = three_services();
    let first = repo.head();
    repo.write("web/api/x", "1\n");
    let second = repo.commit("api");
    repo.write("web/ui/x", "1\n");
    let third = repo.commit("ui");
    repo.write("web/api/x", "2\n");
    repo.commit("api again");
    repo.write("web/api/x", "1\n");
    let fifth = repo.commit("api as it was");
    repo.git(["tag", "-a", "-m", "annotated", "good", &third]);
    for (args, expected) in [
        (&["--base", &first][..], &["web/api", "web/ui"][..]),
        (&["--base", &second], &["web/ui"]),
        (&["--base", &first, "--head", &second], &["web/api"]),
        (&["--base", "HEAD~1"], &["web/api"]),
        // Changed and changed back is not changed.
        (&["--base", "good"], &[]),
        (&["--base", &fifth, "--head", &first], &["web/api", "web/ui"]),
        (&["--base", &first, "--head", &first], &[]),
        (&["--base", &fifth[..8], "--head", "main~3"], &["web/ui"]),
        (&["--base", "HEAD", "--head", "@"], &[]),
        // The merge base of a commit and its ancestor is the ancestor.
        (&["--base", &fifth, "--head", &second, "--merge-base"], &[]),
        (&["--base", &second, "--head", &fifth, "--merge-base"], &["web/ui"]),
    ] {
        assert_eq!(between(&repo, args), expected, "{args:?}");
    }
    // What is not committed is no change between commits.
    repo.write("jobs/mail/x", "");
    repo.git(["add", "-A"]);
    assert_eq!(between(&repo, &["--base", "HEAD"]), [""; 0]);
    repo.commit("mail");

    repo.git(["checkout", "-q", "--orphan", "island"]);
    repo.git(["rm", "-q", "-r", "--cached", "web/ui"]);
    repo.git(["commit", "-q", "-m", "island"]);
    repo.git(["clean", "-q", "-d", "-f"]);
    repo.git(["checkout", "-q", "main"]);
    assert_eq!(between(&repo, &["--base", "island"]), ["web/ui"], "two trees need no common history");
    assert_eq!(between(&repo, &["--base", "main", "--head", "island"]), ["web/ui"]);
    repo.imgver(["changed", "--base", "island", "--merge-base"]).run().fails(3);
}

#[test]
fn only_what_the_branch_did_counts_from_the_merge_base() {
    let repo = three_services();
    repo.git(["checkout", "-q", "-b", "topic"]);
    repo.write("web/api/x", "");
    repo.commit("on topic");
    repo.git(["checkout", "-q", "main"]);
    repo.write("web/ui/x", "");
    repo.commit("on main");
    let topic = ["--base", "main", "--head", "topic"];
    assert_eq!(between(&repo, &topic), ["web/api", "web/ui"]);
    assert_eq!(between(&repo, &[&topic[..], &["--merge-base"]].concat()), ["web/api"]);
    repo.git(["checkout", "-q", "topic"]);
    repo.git(["merge", "-q", "-m", "merge", "main"]);
    assert_eq!(between(&repo, &[&topic[..], &["--merge-base"]].concat()), ["web/api"]);
    assert_eq!(between(&repo, &["--base", "topic", "--head", "main", "--merge-base"]), [""; 0]);
}

#[test]
fn usage() {
    let repo = three_services();
    for args in [
        &[][..],
        &["--head", "HEAD"],
        &["--merge-base"],
        &["--merge-base", "--files-from", "-"],
        &["--base", "HEAD", "--files-from", "-"],
        &["--head", "HEAD", "--files-from", "-"],
        &["--base", "HEAD", "--null"],
        &["--base", "HEAD", "--quantifier", "most"],
        &["--base", "HEAD", "--output", "yaml"],
        &["--base"],
        &["--base", "HEAD", "web/api"],
    ] {
        let output = repo.imgver(["changed"]).args(args).run();
        assert_eq!((output.code, &*output.stdout), (2, ""), "{args:?}: {output}");
    }
}

#[test]
fn revisions_that_are_none() {
    let repo = three_services();
    for revision in
        ["no-such", "HEAD~9", "HEAD^{tree}", "abcdef0", &"a".repeat(40), "--option", "a b", "HEAD\n"]
    {
        for args in [
            vec![format!("--base={revision}")],
            vec!["--base=HEAD".to_owned(), format!("--head={revision}")],
            vec![format!("--base={revision}"), "--merge-base".to_owned()],
        ] {
            repo.imgver(["changed"]).args(&args).run().fails(3);
        }
    }
    let bare = repo.cloned("bare", &["--bare"]);
    bare.imgver(["changed", "--base", "HEAD"]).run().fails(3);
    Repo::new().imgver(["changed", "--base", "HEAD"]).run().fails(3);
}

#[test]
fn the_answer_is_the_same_from_everywhere() {
    let repo = three_services();
    repo.write(".github/utils/file-filters.yaml", "mail: ['web/api/**']\n");
    repo.commit("filters");
    repo.write("web/api/x", "");
    repo.commit("api");
    let expected = ["jobs/mail", "web/api"];
    let base = ["changed", "--base", "HEAD~1"];
    let text = |run: Run| run.run().text();
    for directory in [".", "web", "web/api", "jobs/mail", ".github/utils"] {
        assert_eq!(text(repo.imgver(base).cwd(directory)), expected.join("\n"), "{directory}");
        let entered = repo.imgver(["-C"]).args([repo.path()]).args(["-C", directory]).args(base).cwd("/");
        assert_eq!(text(entered), expected.join("\n"), "-C {directory}");
    }
    repo.git(["worktree", "add", "-q", "--detach", "../linked"]);
    let linked = repo.beside("linked");
    assert_eq!(between(&linked, &["--base", "HEAD~1"]), expected);
    let clone = repo.cloned("shallow", &["--depth=2"]);
    assert_eq!(between(&clone, &["--base", "HEAD~1"]), expected);
    let clone = repo.cloned("shallower", &["--depth=1"]);
    clone.imgver(base).run().fails(3);
}

#[test]
fn explanations_go_to_standard_error() {
    let repo = three_services();
    repo.write(".github/utils/file-filters.yaml", "ui:\n  - 'lib/**'\n  - 'web/ui/**'\n");
    repo.commit("filters");
    repo.write("lib/x", "");
    repo.write("web/api/odd\nerror: forged\u{1b}[2J", "");
    repo.commit("changes");
    for output in ["text", "json"] {
        let base = ["changed", "--base", "HEAD~1", "--output", output];
        let plain = repo.imgver(base).run();
        let explained = repo.imgver(base).args(["--explain"]).run();
        assert_eq!(explained.text(), plain.text());
        assert_eq!(plain.stderr, "");
        for word in ["web/ui", "lib/x", "lib/**", "web/api"] {
            assert!(explained.stderr.contains(word), "{word} in {explained}");
        }
        assert!(!explained.stderr.contains('\u{1b}'), "{explained}");
        assert!(!explained.stderr.lines().any(|line| line.starts_with("error:")), "{explained}");
    }
}

#[test]
fn a_taskfile_that_cannot_be_read_hides_no_service() {
    let repo = three_services();
    repo.write("web/ui/Taskfile.yaml", "version: '3'\nvars:\n  IMAGE_REPO: [a\n  b: c\n");
    repo.commit("malformed");
    let error = repo.imgver(["changed", "--base", "HEAD~1"]).run().fails(5).to_owned();
    assert!(error.contains("web/ui/Taskfile.yaml:4:"), "{error}");
}

#[test]
fn no_name_is_a_workflow_command() {
    let repo = three_services();
    repo.service("::set-output name=services::x");
    repo.service("a ##[error]b");
    repo.commit("odd services");
    repo.write("::stop-commands::x", "");
    repo.write("##[group]x", "");
    repo.write("web/api/::error::x", "");
    repo.write(".github/utils/file-filters.yaml", "'::x': a\napi: '**'\n");
    repo.commit("odd files");
    let output = repo.imgver(["changed", "--base", "HEAD~1", "--explain"]).run();
    assert_eq!(output.text(), "web/api");
    let is_command = |line: &str| line.trim_start().starts_with("::") || line.contains("##[");
    let both = [output.stdout.as_str(), output.stderr.as_str()].concat();
    assert_eq!(both.lines().find(|line| is_command(line)), None);
    for name in ["stop-commands", "group", "error"] {
        assert!(output.stderr.contains(name), "{name} is not shown: {output}");
    }
    let error = repo.imgver(["changed", "--base", "::error::x ##[error]y"]).run().fails(3).to_owned();
    assert!(!error.lines().any(is_command), "{error}");
}
