//! `dirty` as git sees it: whatever can happen to a file, one case each and at random.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::{Value, json};

use super::touch;
use crate::support::{Repo, Rng, for_seeds, in_parallel, taskfile};

/// True if git sees a change of a tracked file there.
pub(crate) fn git_sees_changes(repo: &Repo, directory: &str) -> bool {
    repo.git_run(["update-index", "-q", "--refresh"]).run();
    let output = repo.git_run(["diff-index", "--quiet", "HEAD", "--", directory]).run();
    assert!(output.code <= 1, "{output}");
    output.code == 1
}

/// Services `app`, `app/nested`, `app2` and `web` with files of every kind, committed and released.
fn with_files() -> Repo {
    let repo = Repo::new();
    for service in ["app", "app/nested", "app2", "web"] {
        repo.service(service);
        repo.write(&format!("{service}/main.txt"), "one\ntwo\nthree\n");
    }
    for (path, text) in [
        ("app/other.txt", "1\n"),
        ("app/run.sh", "#!/bin/sh\n"),
        ("app/dir/inner.txt", "inner\n"),
        ("app/empty", ""),
        ("app/.gitignore", "*.log\n"),
        ("app.txt", "beside\n"),
        ("README", "root\n"),
    ] {
        repo.write(path, text);
    }
    symlink("main.txt", repo.path().join("app/link")).expect("make a link");
    repo.commit("everything");
    for service in ["app", "app/nested", "app2", "web"] {
        repo.tag(&format!("{service}@1.0.0"));
    }
    repo.tag("v1.0.0");
    repo
}

/// What imgver says is dirty, sorted; the repository as a whole is `.`.
fn dirty(repo: &Repo) -> Vec<String> {
    let whole = repo.imgver(["extended", "--output", "json"]).run().json();
    let listed = repo.list().into_iter().chain([whole]).filter(|object| object["dirty"] == json!(true));
    let mut names: Vec<String> =
        listed.map(|object| object["service"].as_str().unwrap_or(".").to_string()).collect();
    names.sort();
    names
}

/// As [`dirty`], by git.
fn dirty_by_git(repo: &Repo) -> Vec<String> {
    let services = repo.list().into_iter().filter_map(|object| object["service"].as_str().map(String::from));
    let mut names: Vec<String> =
        services.chain([".".to_string()]).filter(|name| git_sees_changes(repo, name)).collect();
    names.sort();
    names
}

fn chmod(repo: &Repo, path: &str, mode: u32) {
    fs::set_permissions(repo.path().join(path), PermissionsExt::from_mode(mode)).expect("change a mode");
}

fn remove(repo: &Repo, path: &str) {
    fs::remove_file(repo.path().join(path)).expect("remove a file");
}

#[test]
fn dirty_is_what_changed_under_the_service() {
    /// What is done, how, and what is dirty then.
    type Case = (&'static str, fn(&Repo), &'static [&'static str]);
    const NONE: &[&str] = &[];
    const APP: &[&str] = &[".", "app"];
    let cases: &[Case] = &[
        ("nothing", |_| {}, NONE),
        ("an edit", |r| r.write("app/main.txt", "one\ntwo\n"), APP),
        ("an edit of the same size", |r| r.write("app/main.txt", "one\ntwo\nthreE\n"), APP),
        ("the Taskfile", |r| r.write("app/Taskfile.yaml", taskfile("example/app") + "# more\n"), APP),
        ("text in an empty file", |r| r.write("app/empty", "no more"), APP),
        (
            "a staged edit",
            |r| {
                r.write("app/main.txt", "x");
                r.git(["add", "."]);
            },
            APP,
        ),
        (
            "a staged edit, taken back unstaged",
            |r| {
                r.write("app/main.txt", "x");
                r.git(["add", "."]);
                r.write("app/main.txt", "one\ntwo\nthree\n");
            },
            APP,
        ),
        ("a deleted file", |r| remove(r, "app/main.txt"), APP),
        (
            "a deletion staged",
            |r| {
                r.git(["rm", "-q", "app/main.txt"]);
            },
            APP,
        ),
        (
            "a deletion staged, the file kept",
            |r| {
                r.git(["rm", "-q", "--cached", "app/main.txt"]);
            },
            APP,
        ),
        ("a new file", |r| r.write("app/new/file", "x"), NONE),
        (
            "a new file staged",
            |r| {
                r.write("app/new/file", "x");
                r.git(["add", "."]);
            },
            APP,
        ),
        (
            "a new file announced",
            |r| {
                r.write("app/new", "x");
                r.git(["add", "-N", "app/new"]);
            },
            APP,
        ),
        ("an ignored file", |r| r.write("app/x.log", "x"), NONE),
        ("an executable", |r| chmod(r, "app/run.sh", 0o755), APP),
        (
            "an executable in the index",
            |r| {
                r.git(["update-index", "--chmod=+x", "app/run.sh"]);
            },
            APP,
        ),
        ("a mode git does not keep", |r| chmod(r, "app/run.sh", 0o600), NONE),
        (
            "modes told to be ignored",
            |r| {
                r.git(["config", "core.fileMode", "false"]);
                chmod(r, "app/run.sh", 0o755);
            },
            NONE,
        ),
        ("a touched file", |r| touch(&r.path().join("app/main.txt")), NONE),
        (
            "a file written anew",
            |r| {
                remove(r, "app/main.txt");
                r.write("app/main.txt", "one\ntwo\nthree\n");
            },
            NONE,
        ),
        (
            "a link to another file",
            |r| {
                remove(r, "app/link");
                symlink("other.txt", r.path().join("app/link")).expect("make a link");
            },
            APP,
        ),
        (
            "a link made anew",
            |r| {
                remove(r, "app/link");
                symlink("main.txt", r.path().join("app/link")).expect("make a link");
            },
            NONE,
        ),
        (
            "a link become a file",
            |r| {
                remove(r, "app/link");
                r.write("app/link", "main.txt");
            },
            APP,
        ),
        (
            "a file become a link",
            |r| {
                remove(r, "app/main.txt");
                symlink("other.txt", r.path().join("app/main.txt")).expect("make a link");
            },
            APP,
        ),
        (
            "a file become a directory",
            |r| {
                remove(r, "app/main.txt");
                r.write("app/main.txt/x", "x");
            },
            APP,
        ),
        (
            "a directory become a file",
            |r| {
                fs::remove_dir_all(r.path().join("app/dir")).expect("remove a directory");
                r.write("app/dir", "x");
            },
            APP,
        ),
        (
            "a directory gone",
            |r| fs::remove_dir_all(r.path().join("app/dir")).expect("remove a directory"),
            APP,
        ),
        (
            "a rename",
            |r| {
                r.git(["mv", "app/main.txt", "app/moved.txt"]);
            },
            APP,
        ),
        (
            "a rename into another service",
            |r| {
                r.git(["mv", "web/main.txt", "app/moved.txt"]);
            },
            &[".", "app", "web"],
        ),
        ("another service", |r| r.write("web/main.txt", "x"), &[".", "web"]),
        ("a service whose name begins alike", |r| r.write("app2/main.txt", "x"), &[".", "app2"]),
        ("a file whose name begins alike", |r| r.write("app.txt", "x"), &["."]),
        ("a file of no service", |r| r.write("README", "x"), &["."]),
        (
            "a service within the service",
            |r| r.write("app/nested/main.txt", "x"),
            &[".", "app", "app/nested"],
        ),
        (
            "a change git was told to assume away",
            |r| {
                r.git(["update-index", "--assume-unchanged", "app/main.txt"]);
                r.write("app/main.txt", "x");
            },
            NONE,
        ),
        (
            "a file outside a sparse checkout, changed",
            |r| {
                r.git(["update-index", "--skip-worktree", "app/main.txt"]);
                remove(r, "app/main.txt");
            },
            NONE,
        ),
        (
            "all committed",
            |r| {
                r.write("app/main.txt", "x");
                r.commit("more");
            },
            NONE,
        ),
        (
            "the last commit undone",
            |r| {
                r.write("app/main.txt", "x");
                r.commit("more");
                r.git(["reset", "-q", "--soft", "HEAD~1"]);
            },
            APP,
        ),
        (
            "a conflict",
            |r| {
                for (branch, text) in [("left", "left\n"), ("right", "right\n")] {
                    r.git(["checkout", "-q", "-b", branch, "main"]);
                    r.write("app/main.txt", text);
                    r.commit(branch);
                }
                assert_ne!(r.git_run(["merge", "-q", "left"]).run().code, 0, "a conflict was meant");
            },
            APP,
        ),
        (
            "an index of version 4",
            |r| {
                r.git(["update-index", "--index-version", "4"]);
                r.write("app/main.txt", "x");
            },
            APP,
        ),
        (
            "a split index",
            |r| {
                r.git(["update-index", "--split-index"]);
                r.write("app/other.txt", "22\n");
                r.git(["add", "app/other.txt"]);
            },
            APP,
        ),
        (
            "a split index, clean",
            |r| {
                r.git(["update-index", "--split-index"]);
            },
            NONE,
        ),
        (
            "an untracked cache",
            |r| {
                r.git(["update-index", "--untracked-cache"]);
                r.git(["status", "--short"]);
                r.write("web/new", "x");
            },
            NONE,
        ),
    ];
    in_parallel(cases, |(case, change, expected)| {
        let repo = with_files();
        change(&repo);
        let said = dirty(&repo);
        let line = repo.imgver(["extended", "app"]).run().line();
        let version = repo.imgver(["version", "app"]).run().line();
        let by_git = dirty_by_git(&repo);
        assert_eq!(by_git, *expected, "{case}: git");
        assert_eq!(said, *expected, "{case}: imgver");
        let app = expected.contains(&"app");
        assert_eq!(
            (line.ends_with("-dirty"), version.ends_with("-dirty")),
            (app, app),
            "{case}: {line} {version}"
        );
        for skipped in [["extended", "app", "--no-dirty"], ["extended", "app", "--rev=HEAD"]] {
            assert!(!repo.imgver(skipped).run().line().ends_with("-dirty"), "{case}: {skipped:?}");
        }
        let exact = repo.imgver(["version", "app", "--exact"]).run();
        assert!(!app || exact.code == 4, "{case}: {exact}");
    });
}

#[test]
fn line_ends_and_filters_are_not_changes() {
    /// What is set up: configuration, attributes, the committed text and the text in the work tree.
    struct Case {
        name: &'static str,
        config: &'static [(&'static str, &'static str)],
        attributes: &'static str,
        committed: &'static [u8],
        checked_out: &'static [u8],
    }
    const PLAIN: Case = Case {
        name: "plain",
        config: &[],
        attributes: "",
        committed: b"one\ntwo\n",
        checked_out: b"one\ntwo\n",
    };
    const CRLF: &[u8] = b"one\r\ntwo\r\n";
    let cases = [
        PLAIN,
        Case { name: "autocrlf", config: &[("core.autocrlf", "true")], checked_out: CRLF, ..PLAIN },
        Case { name: "autocrlf, LF kept", config: &[("core.autocrlf", "true")], ..PLAIN },
        Case {
            name: "autocrlf, LF made CRLF",
            config: &[("core.autocrlf", "input")],
            checked_out: CRLF,
            ..PLAIN
        },
        Case { name: "CRLF as it is", committed: CRLF, checked_out: CRLF, ..PLAIN },
        Case {
            name: "CRLF committed, autocrlf later",
            config: &[("core.autocrlf", "true")],
            committed: CRLF,
            checked_out: CRLF,
            ..PLAIN
        },
        Case { name: "eol=crlf", attributes: "*.txt text eol=crlf\n", checked_out: CRLF, ..PLAIN },
        Case { name: "eol=lf and CRLF", attributes: "*.txt eol=lf\n", checked_out: CRLF, ..PLAIN },
        Case { name: "text=auto", attributes: "* text=auto\n", checked_out: CRLF, ..PLAIN },
        Case {
            name: "text=auto, CRLF committed",
            attributes: "* text=auto\n",
            committed: CRLF,
            checked_out: CRLF,
            ..PLAIN
        },
        Case {
            name: "text, CRLF committed",
            attributes: "* text\n",
            committed: CRLF,
            checked_out: CRLF,
            ..PLAIN
        },
        Case { name: "a real change", checked_out: CRLF, ..PLAIN },
        Case {
            name: "-text",
            config: &[("core.autocrlf", "true")],
            attributes: "*.txt -text\n",
            checked_out: CRLF,
            ..PLAIN
        },
        Case {
            name: "core.eol",
            config: &[("core.eol", "crlf")],
            attributes: "*.txt text\n",
            checked_out: CRLF,
            ..PLAIN
        },
        Case {
            name: "ident",
            attributes: "*.txt ident\n",
            committed: b"$Id$\n",
            checked_out: b"$Id: 1234567890 $\n",
            ..PLAIN
        },
        Case {
            name: "working-tree-encoding",
            attributes: "*.txt text working-tree-encoding=UTF-16LE eol=lf\n",
            checked_out: b"o\0n\0e\0\n\0t\0w\0o\0\n\0",
            ..PLAIN
        },
        Case {
            name: "a filter",
            config: &[("filter.shout.clean", "tr A-Z a-z"), ("filter.shout.smudge", "tr a-z A-Z")],
            attributes: "*.txt filter=shout\n",
            checked_out: b"ONE\nTWO\n",
            ..PLAIN
        },
        Case { name: "a filter that is not set up", attributes: "*.txt filter=lfs\n", ..PLAIN },
    ];
    in_parallel(&cases, |case| {
        let repo = Repo::new();
        repo.service("app");
        repo.write("app/file.txt", case.committed);
        repo.commit("first");
        repo.tag("app@1.0.0");
        for (key, value) in case.config {
            repo.git(["config", key, value]);
        }
        repo.write(".git/info/attributes", case.attributes);
        repo.write("app/file.txt", case.checked_out);
        // So that the content has to be compared.
        touch(&repo.path().join("app/file.txt"));
        let said = repo.extended("app", &[])["dirty"] == json!(true);
        assert_eq!(said, git_sees_changes(&repo, "app"), "{}: git says otherwise", case.name);
        // The same attributes from a file in the tree.
        remove(&repo, ".git/info/attributes");
        repo.write("app/.gitattributes", case.attributes);
        touch(&repo.path().join("app/file.txt"));
        let said = repo.extended("app", &[])["dirty"] == json!(true);
        assert_eq!(said, git_sees_changes(&repo, "app"), "{} in the tree: git says otherwise", case.name);
        repo.write("app/file.txt", [case.checked_out, b"more\n"].concat());
        assert_eq!(repo.extended("app", &[])["dirty"], json!(true), "{}: an edit", case.name);
    });
}

#[test]
fn a_sparse_checkout_is_clean() {
    judge_sparse_checkout(&["--cone"]);
    judge_sparse_checkout(&["--no-cone"]);
}

#[test]
fn a_sparse_index_is_clean() {
    judge_sparse_checkout(&["--cone", "--sparse-index"]);
}

/// Checks out `app` alone with these options.
#[track_caller]
fn judge_sparse_checkout(options: &[&str]) {
    let repo = with_files();
    repo.git(["sparse-checkout", "set"].iter().chain(options).chain(&["app"]));
    assert!(!repo.path().join("web").exists(), "{options:?}: not sparse");
    let listed: Vec<Value> = repo.list().into_iter().map(|object| object["service"].clone()).collect();
    // What is not checked out is tracked all the same, and a job that builds nothing of it has to know.
    assert_eq!(listed, ["app", "app/nested", "app2", "web"], "{options:?}: all services");
    assert_eq!(repo.imgver(["tag", "web", "--set-version", "1"]).run().line(), "example/web:1");
    assert_eq!(dirty(&repo), [""; 0], "{options:?}: clean");
    repo.write("app/main.txt", "x");
    assert_eq!(dirty(&repo), [".", "app"], "{options:?}: an edit");
    repo.git(["add", "app"]);
    assert_eq!(dirty(&repo), [".", "app"], "{options:?}: a staged edit");
}

#[test]
fn random_edits_are_dirty_where_git_says_so() {
    for_seeds(0..8, |seed| {
        let rng = &mut Rng::new(seed);
        let repo = with_files();
        let mut done = Vec::new();
        for step in 0..20 {
            done.push(edit_at_random(&repo, rng, step));
            let said = dirty(&repo);
            assert_eq!(said, dirty_by_git(&repo), "after {}", done.join("; "));
        }
    });
}

/// Does something to some file and says what.
fn edit_at_random(repo: &Repo, rng: &mut Rng, step: usize) -> String {
    const PATHS: [&str; 10] = [
        "app/main.txt",
        "app/other.txt",
        "app/run.sh",
        "app/dir/inner.txt",
        "app/nested/main.txt",
        "app2/main.txt",
        "web/main.txt",
        "app/link",
        "app.txt",
        "README",
    ];
    let path = *rng.pick(&PATHS);
    let absolute = repo.path().join(path);
    let exists = fs::symlink_metadata(&absolute).is_ok();
    let what = match rng.within(0..14) {
        0 if exists => {
            remove(repo, path);
            "remove"
        }
        1 if exists && !absolute.is_symlink() => {
            let mode = *rng.pick(&[0o644, 0o755]);
            chmod(repo, path, mode);
            "change the mode of"
        }
        2 if exists && absolute.exists() && !absolute.is_symlink() => {
            touch(&absolute);
            "touch"
        }
        3 => {
            repo.git_run(["add", "-A", "--", path]).run();
            "stage"
        }
        4 => {
            repo.git_run(["rm", "-q", "-f", "--cached", "--", path]).run();
            "untrack"
        }
        5 | 6 => {
            repo.git_run(["checkout", "-q", "HEAD", "--", path]).run();
            "restore"
        }
        7 => {
            repo.git_run(["reset", "-q", "--", path]).run();
            "unstage"
        }
        8 => {
            repo.write(&format!("{path}.new{step}"), "new");
            "add a file beside"
        }
        9 => {
            repo.git_run(["add", "-N", "--", path]).run();
            "announce"
        }
        10 if exists => {
            remove(repo, path);
            symlink("main.txt", &absolute).expect("make a link");
            "make a link of"
        }
        11 => {
            repo.commit("all");
            "commit all and"
        }
        _ => {
            if absolute.is_symlink() {
                remove(repo, path);
            }
            repo.write(path, rng.pick(&["one\ntwo\nthree\n", "ONE\ntwo\nthree\n", "root\n", ""]));
            "write"
        }
    };
    format!("{what} {path}")
}

#[test]
fn a_directory_behind_a_link_is_gone() {
    let repo = with_files();
    let app = repo.path().join("app");
    fs::rename(&app, repo.path().join("elsewhere")).expect("move the directory");
    symlink("elsewhere", &app).expect("make a link");
    assert_eq!(dirty(&repo), dirty_by_git(&repo));
    assert!(dirty(&repo).iter().any(|service| service == "app"), "{:?}", dirty(&repo));
    // Nothing outside of the work tree is read.
    fs::rename(repo.path().join("elsewhere"), repo.sandbox().join("elsewhere")).expect("move it out");
    fs::remove_file(&app).expect("remove the link");
    symlink(repo.sandbox().join("elsewhere"), &app).expect("make a link");
    let listed = repo.imgver(["list"]).run();
    assert!(listed.stderr.contains("app/Taskfile.yaml: it is outside of the work tree"), "{listed}");
    assert!(!listed.text().contains("example/app "), "{listed}");
}

#[test]
fn literal_pathspecs_hide_nothing() {
    let repo = with_files();
    repo.write("app/main.txt", "changed");
    let output = repo.imgver(["extended", "app"]).env("GIT_LITERAL_PATHSPECS", "1").run();
    assert!(output.line().ends_with("-dirty"), "{output}");
}
