//! Repositories within the repository, as `git status` sees them: with and without `.gitmodules`, and whatever settings say.

use std::fs;

use serde_json::json;

use super::plain;
use crate::support::{Repo, Rng, for_seeds, in_parallel};

/// The service `app`, in which `app/inner` is another repository at its second commit, with a repository of its own in it.
fn with_inner(is_declared: bool) -> (Repo, Repo) {
    let origin = Repo::new();
    origin.write("file", "1\n");
    origin.write(".gitignore", "*.log\n");
    origin.commit("first");
    origin.write("file", "2\n");
    origin.commit("second");
    let repo = origin.beside("outer");
    fs::create_dir(repo.path()).expect("make it");
    repo.git(["init", "-q"]);
    repo.service("app");
    repo.service("other");
    if is_declared {
        repo.git(["submodule", "--quiet", "add", &origin.url(), "app/inner"]);
    } else {
        repo.git(["clone", "-q", &origin.url(), "app/inner"]);
    }
    let inner = repo.beside("outer/app/inner");
    inner.git(["clone", "-q", &origin.url(), "deeper"]);
    inner.commit("with another one");
    repo.git(["add", "-A"]);
    repo.commit("all");
    (repo, inner)
}

/// Whether git sees a change of a tracked file in `app`.
fn by_git(repo: &Repo) -> bool {
    let status = ["--no-optional-locks", "status", "--porcelain", "--untracked-files=no", "--", "app"];
    !repo.git(status).is_empty()
}

#[track_caller]
fn assert_as_git(repo: &Repo, what: &str) -> bool {
    let expected = by_git(repo);
    let list = repo.list();
    assert_eq!(list[0]["dirty"], json!(expected), "{what}: git says {expected}");
    assert_eq!(list[1]["dirty"], json!(false), "{what}");
    let here = repo.imgver(["extended"]).cwd("app").run().line();
    assert_eq!(here.ends_with("-dirty"), expected, "{what}: {here}");
    expected
}

type Change = (&'static str, fn(&Repo, &Repo));

const CHANGES: [Change; 15] = [
    ("nothing", |_, _| {}),
    ("an edit", |_, inner| inner.write("file", "3\n")),
    ("an edit, staged", |_, inner| {
        inner.write("file", "3\n");
        inner.git(["add", "file"]);
    }),
    ("another commit", |_, inner| drop(inner.commit("more"))),
    ("the commit before", |_, inner| drop(inner.git(["reset", "-q", "--hard", "HEAD~1"]))),
    ("another commit, recorded", |repo, inner| {
        inner.commit("more");
        repo.git(["add", "app/inner"]);
    }),
    ("another commit, committed", |repo, inner| {
        inner.commit("more");
        repo.commit("more");
    }),
    ("a new file", |_, inner| inner.write("new", "x")),
    ("an ignored file", |_, inner| inner.write("x.log", "x")),
    ("an edit further down", |_, inner| inner.write("deeper/file", "3\n")),
    ("a new file further down", |_, inner| inner.write("deeper/new", "3\n")),
    ("not there", |_, inner| fs::remove_dir_all(inner.path()).expect("remove it")),
    ("not checked out", |_, inner| {
        fs::remove_dir_all(inner.path()).expect("remove it");
        fs::create_dir(inner.path()).expect("make it");
    }),
    ("no repository any more", |_, inner| {
        let _ = fs::remove_dir_all(inner.path().join(".git"));
        let _ = fs::remove_file(inner.path().join(".git"));
        inner.write("file", "3\n");
    }),
    ("a file in its place", |repo, inner| {
        fs::remove_dir_all(inner.path()).expect("remove it");
        repo.write("app/inner", "x");
    }),
];

#[test]
fn a_repository_within_is_dirty_if_git_says_so() {
    let cases: Vec<(bool, &Change)> = [false, true]
        .into_iter()
        .flat_map(|declared| CHANGES.iter().map(move |change| (declared, change)))
        .collect();
    in_parallel(&cases, |(is_declared, (what, change))| {
        let (repo, inner) = with_inner(*is_declared);
        change(&repo, &inner);
        let is_dirty = assert_as_git(&repo, what);
        let clean = [
            "nothing",
            "another commit, committed",
            "a new file",
            "an ignored file",
            "a new file further down",
            "not checked out",
            "no repository any more",
        ];
        assert_eq!(is_dirty, !clean.contains(what), "{what}: this is not what git does");
    });
}

#[test]
fn settings_for_submodules_count_as_in_git() {
    const IGNORE: [&str; 4] = ["all", "dirty", "untracked", "none"];
    for_seeds(0..24, |seed| {
        let mut rng = Rng::new(seed);
        let (repo, inner) = with_inner(rng.chance(80));
        if repo.path().join(".gitmodules").exists() && rng.chance(60) {
            repo.git(["config", "-f", ".gitmodules", "submodule.app/inner.ignore", *rng.pick(&IGNORE)]);
            repo.commit("ignore it");
        }
        for (key, values) in [
            ("submodule.app/inner.ignore", &IGNORE[..]),
            ("diff.ignoreSubmodules", &IGNORE),
            ("submodule.app/inner.active", &["true", "false"]),
            ("status.submoduleSummary", &["true"]),
        ] {
            if rng.chance(30) {
                repo.git(["config", key, *rng.pick(values)]);
            }
        }
        let (what, change) = rng.pick(&CHANGES);
        change(&repo, &inner);
        assert_as_git(&repo, what);
    });
}

#[test]
fn without_git_what_only_git_can_tell_is_an_error() {
    let (repo, inner) = with_inner(false);
    let ask = |args: &[&str]| repo.imgver(args).env("PATH", plain(repo.sandbox())).run();
    let output = ask(&["extended", "app"]);
    output.fails(3);
    assert!(output.stderr.contains("only git can tell whether app/inner is changed"), "{output}");
    assert_eq!(ask(&["extended", "app", "--no-dirty"]).code, 0);
    assert_eq!(ask(&["extended", "other"]).code, 0);
    fs::remove_dir_all(inner.path()).expect("remove it");
    fs::create_dir(inner.path()).expect("make it");
    assert_eq!(ask(&["extended", "app"]).code, 0, "nothing is checked out, so nothing has to be asked");
}
