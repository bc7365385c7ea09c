//! `--files-from`: changes as git lists them.

use std::collections::BTreeMap;

use super::ask;
use crate::support::Repo;

const KINDS: [&str; 5] = ["added", "copied", "deleted", "modified", "renamed"];

/// A service for every kind of change, which watches everything for it.
fn by_kind() -> Repo {
    let repo = Repo::new();
    let mut filters = String::new();
    for kind in KINDS {
        repo.service(&format!("kinds/{kind}"));
        filters.push_str(&format!("{kind}: {{{kind}: ['*', '*/*', '*/*/*']}}\n"));
    }
    repo.write(".github/utils/file-filters.yaml", filters);
    repo.commit("what is watched");
    repo
}

/// The files by kind of change: `added: x y`.
#[track_caller]
fn read(repo: &Repo, input: &[u8], args: &[&str]) -> BTreeMap<String, Vec<String>> {
    let run = || repo.imgver(["changed", "--files-from", "-"]).args(args).input(input);
    let kind = |service: String| service.strip_prefix("kinds/").unwrap().to_owned();
    ask(run).into_iter().map(|(service, files)| (kind(service), files)).collect()
}

/// As [`read`] gives it.
fn files(kinds: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    let owned = |files: &[&str]| files.iter().map(|file| (*file).to_owned()).collect();
    kinds.iter().map(|(kind, files)| ((*kind).to_owned(), owned(files))).collect()
}

#[test]
fn lines() {
    let repo = by_kind();
    for (input, expected) in [
        ("x\n", &[("modified", &["x"][..])][..]),
        ("x", &[("modified", &["x"])]),
        ("a b/c d\n", &[("modified", &["a b/c d"])]),
        ("M\tx\n", &[("modified", &["x"])]),
        ("T\tx\n", &[("modified", &["x"])]),
        ("A\tx\n", &[("added", &["x"])]),
        ("D\tx\n", &[("deleted", &["x"])]),
        ("R100\told\tnew\n", &[("added", &["new"]), ("deleted", &["old"]), ("renamed", &["new", "old"])]),
        ("R051\to/o\tn/n\n", &[("added", &["n/n"]), ("deleted", &["o/o"]), ("renamed", &["n/n", "o/o"])]),
        ("C075\told\tnew\n", &[("added", &["new"]), ("copied", &["new"])]),
        ("", &[]),
        ("\n\n", &[]),
        ("\nx\n\n\ny\n\n", &[("modified", &["x", "y"])]),
        ("x\r\nM\ty\r\n\r\nA\tz\r\n", &[("added", &["z"]), ("modified", &["x", "y"])]),
        ("./x\nM\t./y/z\n", &[("modified", &["x", "y/z"])]),
        ("R100\t./o\t./n\n", &[("added", &["n"]), ("deleted", &["o"]), ("renamed", &["n", "o"])]),
        // One file, however often it is named.
        ("x\nM\tx\n./x\n\"x\"\n", &[("modified", &["x"])]),
        ("D\tx\nA\tx\n", &[("added", &["x"]), ("deleted", &["x"])]),
        // Sorted, whatever the order.
        ("b\na/z\na-\na\nB\n", &[("modified", &["B", "a", "a-", "a/z", "b"])]),
        ("M\nR100\n", &[("modified", &["M", "R100"])]),
        (" x\n#x\n-x\n", &[("modified", &[" x", "#x", "-x"])]),
        ("été\n\u{1f6a2}\n", &[("modified", &["été", "\u{1f6a2}"])]),
    ] {
        assert_eq!(read(&repo, input.as_bytes(), &[]), files(expected), "{input:?}");
    }
}

#[test]
fn quoted_paths() {
    let repo = by_kind();
    for (quoted, path) in [
        (r#""a\303\244\t\"""#, "a\u{e4}\t\""),
        (r#""\a\b\f\n\r\t\v\\\"""#, "\u{7}\u{8}\u{c}\n\r\t\u{b}\\\""),
        (r#""\001\177\360\237\232\242""#, "\u{1}\u{7f}\u{1f6a2}"),
        (r#""plain""#, "plain"),
        (r#"" lead and trail ""#, " lead and trail "),
        (r#""été""#, "été"),
        (r#""./x""#, "x"),
        (r#""a\377b""#, "a\u{fffd}b"),
        // A quote inside is a letter like any other.
        (r#"a"b"#, "a\"b"),
        (r"a\tb", "a\\tb"),
    ] {
        let modified = files(&[("modified", &[path])]);
        assert_eq!(read(&repo, quoted.as_bytes(), &[]), modified, "{quoted}");
        assert_eq!(read(&repo, format!("M\t{quoted}\r\n").as_bytes(), &[]), modified, "{quoted}");
        let moved = read(&repo, format!("R100\t{quoted}\t\"n\\145w\"\n").as_bytes(), &[]);
        assert_eq!(moved["deleted"], [path], "{quoted}");
        assert_eq!(moved["added"], ["new"], "{quoted}");
    }
}

#[test]
fn records() {
    let repo = by_kind();
    for (input, expected) in [
        ("x\0", &[("modified", &["x"][..])][..]),
        ("x", &[("modified", &["x"])]),
        ("x\0y/z\0", &[("modified", &["x", "y/z"])]),
        ("M\0x\0", &[("modified", &["x"])]),
        ("T\0x\0D\0y\0A\0z\0", &[("added", &["z"]), ("deleted", &["y"]), ("modified", &["x"])]),
        ("R100\0old\0new\0", &[("added", &["new"]), ("deleted", &["old"]), ("renamed", &["new", "old"])]),
        ("A\0x\0C075\0old\0new\0", &[("added", &["new", "x"]), ("copied", &["new"])]),
        ("", &[]),
        // Nothing is quoted here, and nothing ends a record but its end.
        ("M\0a\tb\nc\r\0", &[("modified", &["a\tb\nc\r"])]),
        ("M\0\"x\"\0", &[("modified", &["\"x\""])]),
        ("M\0a\\tb\0", &[("modified", &["a\\tb"])]),
        ("\"x\"\0a b\n\0", &[("modified", &["\"x\"", "a b\n"])]),
        ("M\0./x\0", &[("modified", &["x"])]),
        // Paths that look like a status.
        ("M\0A\0A\0M\0D\0R100\0", &[("added", &["M"]), ("deleted", &["R100"]), ("modified", &["A"])]),
    ] {
        assert_eq!(read(&repo, input.as_bytes(), &["--null"]), files(expected), "{input:?}");
    }
    assert_eq!(read(&repo, b"M\0a\xff\0", &["--null"]), files(&[("modified", &["a\u{fffd}"])]));
    assert_eq!(read(&repo, b"A\ta\xff\n", &[]), files(&[("added", &["a\u{fffd}"])]));
}

#[test]
fn copies_that_git_finds() {
    let repo = by_kind();
    let text: String = (0..50).map(|line| format!("line {line}\n")).collect();
    repo.write("original", &text);
    repo.commit("one");
    repo.write("copy", &text);
    repo.write("near", format!("{text}more\n"));
    repo.commit("three");
    let expected = files(&[("added", &["copy", "near"]), ("copied", &["copy", "near"])]);
    let diff = ["diff", "--name-status", "-C", "--find-copies-harder", "HEAD~1", "HEAD"];
    let said = repo.git(diff);
    assert!(said.contains("C100\toriginal\tcopy"), "{said}");
    assert_eq!(read(&repo, said.as_bytes(), &[]), expected);
    let said = repo.git(diff.iter().chain(&["-z"]));
    assert_eq!(read(&repo, said.as_bytes(), &["--null"]), expected);
}

#[test]
fn malformed_lines() {
    let repo = by_kind();
    for line in [
        "Q\tx",
        "\tx",
        "m\tx",
        "AM\tx",
        "100\tx",
        "M\t",
        "M\tx\ty",
        "R100\told",
        "R100\told\t",
        "R100\t\tnew",
        "R100\ta\tb\tc",
        "Rxyz\told\tnew",
        "C075\told",
        "\"open",
        "\"",
        "\"x\"y",
        "\"\\q\"",
        "\"\\9\"",
        "\"\\40\"",
        "\"\\",
        "M\t\"open",
        "M\t\"x\"y",
        "R100\t\"x\"\t\"y",
    ] {
        for ending in ["", "\n", "\r\n", "\nx\n"] {
            let input = format!("A\tfirst\n\nM\tthird\n{line}{ending}");
            repo.write("changes", &input);
            let named = repo.imgver(["changed", "--files-from", "changes"]).run();
            assert!(named.fails(5).contains("changes:4"), "{line:?}: {named}");
            let piped = repo.imgver(["changed", "--files-from", "-"]).input(input).run();
            let error = piped.fails(5);
            assert!(error.contains("-:4") || error.contains("standard input:4"), "{line:?}: {piped}");
        }
    }
}

#[test]
fn files_that_cannot_be_read() {
    let repo = by_kind();
    for missing in ["none", "no/such/file", "kinds"] {
        let output = repo.imgver(["changed", "--files-from", missing]).run();
        assert!(output.fails(5).contains(missing), "{output}");
    }
    // Named from where one is, as any file.
    repo.write("kinds/added/changes", "A\tx\n");
    let run = || repo.imgver(["changed", "--files-from", "changes"]).cwd("kinds/added");
    assert_eq!(ask(run).into_keys().collect::<Vec<_>>(), ["kinds/added"]);
}

#[test]
fn hostile_names_break_nothing() {
    let repo = Repo::new();
    repo.service("svc/a");
    repo.service("svc/b");
    repo.commit("two services");
    let explain = ["changed", "--explain", "--files-from", "-"];
    let calm = repo.imgver(explain).input("svc/a/x").run().stderr.lines().count();
    for name in [
        "x\nsvc/b",
        "\n\nsvc/b\n",
        "x\r\nsvc/b",
        "x\u{1b}[2J\u{1b}]0;title\u{7}",
        "\"},{\"service\":\"svc/b\",\"files\":[\"x",
        "\\",
        "$(id)`id`",
        "--output",
        "\u{2028}\u{202e}\u{feff}",
        "<<EOF",
        "::error::x",
        "%0A",
    ] {
        let path = format!("svc/a/{name}");
        for (input, args) in [(format!("A\0{path}\0"), &["--null"][..]), (format!("{path}\0"), &["--null"])] {
            let run = || repo.imgver(["changed", "--files-from", "-"]).args(args).input(&*input);
            let expected = BTreeMap::from([("svc/a".to_owned(), vec![path.clone()])]);
            assert_eq!(ask(run), expected, "{name:?}");
            let quiet = run().run();
            assert_eq!((&*quiet.stdout, quiet.stderr.lines().count()), ("svc/a\n", 1), "{name:?}: {quiet}");
            assert!(quiet.stderr.starts_with("warning: the path in the list, 'svc/a/"), "{name:?}: {quiet}");
            let explained = run().args(["--explain"]).run();
            assert_eq!(explained.stdout, "svc/a\n", "{name:?}");
            let is_control = |c: char| c.is_control() && c != '\n';
            assert!(!explained.stderr.contains(is_control), "{name:?}: {explained}");
            assert_eq!(explained.stderr.lines().count(), calm, "{name:?}: {explained}");
        }
    }
}
