//! What is built as a release has nothing that its commit has not.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::Repo;

/// The service `app`, released at `HEAD`.
fn released() -> Repo {
    let repo = Repo::new();
    repo.service("app");
    repo.write("app/Dockerfile", "FROM scratch\nCOPY . /\n");
    repo.write("app/.gitignore", "*.log\n/out/\n");
    repo.write("app/.dockerignore", "# of docker\ntests\n**/*.md\n!README.md\n");
    repo.commit("first");
    for tag in ["app@1.0.0", "v1.0.0"] {
        repo.tag(tag);
    }
    repo
}

/// All that makes a production image, or a release.
const STRICT: [&[&str]; 6] = [
    &["version", "app", "--exact"],
    &["extended", "app", "--exact"],
    &["tag", "app", "--environment", "production"],
    &["tag", "app", "--environment", "production", "--set-version", "1.0.0"],
    &["build", "app", "--environment", "production", "--dry-run"],
    &["release", "app", "--bump", "patch", "--any-branch", "--dry-run"],
];

#[track_caller]
fn refused(repo: &Repo, what: &str, file: &str) {
    for args in STRICT {
        let output = repo.imgver(args).run();
        output.fails(4);
        assert!(output.stderr.contains(file), "{what}: {output}");
        assert!(output.stderr.contains("commit them"), "{what}: {output}");
    }
}

#[track_caller]
fn accepted(repo: &Repo, what: &str) {
    for args in STRICT {
        assert_eq!(repo.imgver(args).run().code, 0, "{what}: {}", repo.imgver(args).run());
    }
}

#[test]
fn an_untracked_file_is_a_change_where_the_build_can_read_it() {
    type Case = (&'static str, fn(&Repo), Option<&'static str>);
    let cases: &[Case] = &[
        ("nothing", |_| {}, None),
        ("a file", |r| r.write("app/new.txt", "x"), Some("app/new.txt")),
        ("a file deep down", |r| r.write("app/a/b/c", "x"), Some("app/a/b/c")),
        ("a link", |r| symlink("nowhere", r.path().join("app/link")).expect("make a link"), Some("app/link")),
        ("an empty directory", |r| fs::create_dir(r.path().join("app/empty")).expect("make it"), None),
        ("a file beside the service", |r| r.write("new.txt", "x"), None),
        ("a file whose directory begins alike", |r| r.write("app2/new.txt", "x"), None),
        ("ignored by git", |r| r.write("app/x.log", "x"), None),
        ("in a directory ignored by git", |r| r.write("app/out/x", "x"), None),
        (
            "ignored in this clone",
            |r| {
                r.write("app/mine", "x");
                r.write(".git/info/exclude", "mine\n");
            },
            None,
        ),
        (
            "hidden from status",
            |r| {
                r.write("app/new.txt", "x");
                r.git(["config", "status.showUntrackedFiles", "no"]);
            },
            Some("app/new.txt"),
        ),
        ("ignored by docker", |r| r.write("app/tests/x", "x"), None),
        ("ignored by docker, by its name", |r| r.write("app/docs/x.md", "x"), None),
        ("an exception of docker's", |r| r.write("app/README.md", "x"), Some("app/README.md")),
        (
            "docker's file, not tracked",
            |r| {
                r.write("app/Dockerfile.dockerignore", "*\n");
            },
            Some("app/Dockerfile.dockerignore"),
        ),
        (
            "another docker's file, tracked",
            |r| {
                r.write("app/Dockerfile.dockerignore", "*\n!README.md\n");
                r.commit("ignore all");
                r.git(["tag", "-f", "app@1.0.0"]);
                r.write("app/new.txt", "x");
            },
            None,
        ),
        (
            "a repository within",
            |r| {
                let nested = r.beside("repo/app/nested");
                fs::create_dir(nested.path()).expect("make it");
                nested.git(["init", "-q"]);
            },
            Some("app/nested/"),
        ),
        (
            "a repository within, ignored by docker",
            |r| {
                let nested = r.beside("repo/app/tests");
                fs::create_dir(nested.path()).expect("make it");
                nested.git(["init", "-q"]);
            },
            None,
        ),
    ];
    crate::support::in_parallel(cases, |(what, change, file)| {
        let repo = released();
        change(&repo);
        match file {
            Some(file) => refused(&repo, what, file),
            None => accepted(&repo, what),
        }
        // Elsewhere it is no change.
        for args in [&["extended", "app"][..], &["version", "app"], &["list"], &["tag", "app"]] {
            let output = repo.imgver(args).run();
            assert!(output.code == 0 && !output.stdout.contains("dirty"), "{what}: {output}");
        }
        assert_eq!(
            repo.imgver(["version", "app", "--exact", "--rev", "HEAD"]).run().line(),
            "1.0.0",
            "{what}"
        );
    });
}

#[test]
fn the_dockerfile_and_what_it_leaves_out_are_always_read() {
    let repo = Repo::new();
    repo.service("app");
    repo.commit("first");
    repo.tag("app@1.0.0");
    accepted(&repo, "no Dockerfile at all");
    repo.write("app/Dockerfile", "FROM scratch\n");
    refused(&repo, "the Dockerfile", "app/Dockerfile");
    repo.write("app/.dockerignore", "*\n");
    refused(&repo, "both", "app/.dockerignore, app/Dockerfile");
    repo.git(["add", "app/Dockerfile"]);
    repo.git(["commit", "-q", "-m", "a Dockerfile"]);
    repo.git(["tag", "-f", "app@1.0.0"]);
    refused(&repo, ".dockerignore", "app/.dockerignore");
}

#[test]
fn the_repository_as_a_whole_is_all_that_it_has() {
    let repo = released();
    let exact = || repo.imgver(["version", "--exact"]).run();
    assert_eq!(exact().line(), "1.0.0");
    repo.write("tests/x", "x");
    exact().fails(4);
    repo.write(".dockerignore", "tests\n");
    repo.git(["add", ".dockerignore"]);
    repo.git(["commit", "-q", "-m", "ignore it"]);
    repo.git(["tag", "-f", "v1.0.0"]);
    assert_eq!(exact().line(), "1.0.0");
    repo.write("app/new.txt", "x");
    exact().fails(4);
}

#[test]
fn a_file_in_a_submodule_is_read_like_any_other() {
    let repo = released();
    let inner = repo.beside("repo/app/inner");
    fs::create_dir(inner.path()).expect("make it");
    inner.git(["init", "-q"]);
    inner.write(".gitignore", "*.tmp\n");
    inner.commit("first");
    repo.git(["add", "app/inner"]);
    repo.git(["commit", "-q", "-m", "a submodule"]);
    for tag in ["app@1.0.0", "v1.0.0"] {
        repo.git(["tag", "-f", tag]);
    }
    inner.write("x.tmp", "x");
    inner.write("x.md", "x");
    accepted(&repo, "ignored there, or by docker");
    inner.write("new.txt", "x");
    refused(&repo, "untracked there", "app/inner/new.txt");
}

#[test]
fn many_files_are_counted() {
    let repo = released();
    for file in 0..5 {
        repo.write(&format!("app/new{file}"), "x");
    }
    let output = repo.imgver(["version", "app", "--exact"]).run();
    assert!(output.stderr.contains("app/new0, app/new1, app/new2 and 2 more"), "{output}");
}
