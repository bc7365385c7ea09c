//! One history, kept in many ways: every command prints the same bytes.

use std::process::Command;

use crate::support::history::{Clock, Graph, History, Refs, Shape, Tag, Target, similar_services};
use crate::support::{Repo, Rng, in_parallel};

/// A history whose services all have a release among the last commits, so that a shallow clone can know them.
fn original() -> Repo {
    let rng = &mut Rng::new(4);
    let shape = Shape {
        clock: Clock::Coarse,
        commits: 240,
        tags: 120,
        merges: 20,
        roots: 2,
        services: similar_services(),
    };
    let mut history = History::random(rng, &shape);
    let last = history.commits.len() - 1;
    let recent = history.first_parents(last)[6];
    for service in similar_services() {
        history.tags.push(Tag::at(recent, &format!("{service}@7.7.7")));
    }
    history.tags.push(Tag::at(recent, "v7.7.7"));
    // Git cannot make a partial clone with tags of trees and blobs.
    history.tags.retain(|tag| matches!(tag.target, Target::Commit(_)));
    let repo = Repo::new();
    history.import(&repo, Refs::Mixed, Graph::Without);
    repo
}

/// What every command prints, with the command before it.
fn everything(repo: &Repo) -> Vec<(String, String)> {
    let mut commands = vec![vec!["list"], vec!["list", "--output", "json"]];
    let services = similar_services();
    for command in ["extended", "version", "tag"] {
        for service in &services {
            commands.push(vec![command, service]);
            commands.push(vec![command, service, "--output", "json"]);
        }
    }
    commands.push(vec!["build", "--all", "--dry-run"]);
    commands.push(vec!["extended"]);
    commands.push(vec!["list", "--changed-since", "HEAD~3", "--color", "always", "--next", "patch"]);
    commands.push(vec!["release", "go/api-golang", "--bump", "minor", "--any-branch", "--dry-run"]);
    commands.push(vec!["release", "--bump", "patch", "--any-branch", "--dry-run", "--output", "json"]);
    let tag = repo.imgver(["extended", "go/api-golang"]).run().text();
    commands.push(vec!["locate", &tag, "--service", "go/api-golang", "--output", "json"]);
    commands.push(vec!["version", "--output", "json"]);
    commands.push(vec!["extended", "go/api-golang", "--first-parent", "--abbrev", "20"]);
    commands.push(vec!["extended", "go/api-golang", "--rev", "HEAD~1"]);
    commands.push(vec!["tag", "go/api-golang", "--repo", "example.org/team/app", "--environment", "staging"]);
    commands.into_iter().map(|args| (args.join(" "), repo.imgver(&args).run().text() + "\n")).collect()
}

/// The smallest depth at which every service is known.
fn shallow(repo: &Repo) -> Repo {
    for depth in 1..200 {
        let clone = repo.cloned(&format!("shallow-{depth}"), &["--depth", &depth.to_string()]);
        if clone.imgver(["list"]).run().code == 0 {
            assert_eq!(clone.git(["rev-parse", "--is-shallow-repository"]), "true", "depth {depth}");
            return clone;
        }
    }
    panic!("no shallow clone knows every service");
}

fn repacked(repo: &Repo) -> Repo {
    let clone = repo.cloned("repacked", &[]);
    clone.git(["gc", "-q", "--aggressive", "--prune=now"]);
    let packs = clone.path().join(".git/objects/pack");
    let index = std::fs::read_dir(packs).expect("list packs").flatten().map(|entry| entry.path());
    let index = index.filter(|path| path.extension().is_some_and(|e| e == "idx")).collect::<Vec<_>>();
    let contents =
        clone.git(["verify-pack", "-v"].iter().map(AsRef::as_ref).chain(index.iter().map(|p| p.as_os_str())));
    let is_delta = |line: &str| line.contains(" commit ") && line.split_whitespace().count() == 7;
    assert!(contents.lines().any(is_delta), "commits are kept as differences");
    clone
}

fn bare_with_worktree(repo: &Repo) -> Repo {
    let bare = repo.cloned("bare.git", &["--bare"]);
    let tree = repo.beside("tree");
    bare.git(["worktree", "add", "-q", tree.path().to_str().expect("a plain path"), "main"]);
    tree
}

/// Commits in several packs with one index over all of them.
fn many_packs(repo: &Repo) -> Repo {
    let clone = repo.beside("many-packs");
    std::fs::create_dir(clone.path()).expect("create a directory");
    clone.git(["init", "-q"]);
    clone.git(["remote", "add", "origin", &repo.url()]);
    for rev in ["HEAD~9", "HEAD~4", "HEAD"] {
        let id = repo.git(["rev-parse", rev]);
        clone.git(["-c", "fetch.unpackLimit=1", "fetch", "-q", "origin", &id]);
    }
    clone.git(["fetch", "-q", "--tags", "origin"]);
    clone.git(["reset", "-q", "--hard", &repo.head()]);
    clone.git(["multi-pack-index", "write"]);
    clone
}

/// A copy of the files, as into a container image: nothing that the index knows about them holds any more.
fn copied(repo: &Repo) -> Repo {
    let copy = repo.beside("copied");
    let status = Command::new("cp").arg("-R").args([repo.path(), copy.path()]).status();
    assert!(status.expect("run cp").success());
    copy
}

#[test]
fn however_the_history_is_kept() {
    /// A way of keeping it, and how to get there from the original.
    type Way = (&'static str, fn(&Repo) -> Repo);
    let ways: &[Way] = &[
        ("a clone", |repo| repo.cloned("clone", &[])),
        ("a shallow clone", shallow),
        ("a clone without files' contents", |repo| repo.cloned("blobless", &["--filter=blob:none"])),
        ("a clone without trees", |repo| repo.cloned("treeless", &["--filter=tree:0"])),
        ("a clone that borrows its objects", |repo| {
            let clone = repo.beside("shared");
            repo.git(["clone", "-q", "--shared", ".", clone.path().to_str().expect("a plain path")]);
            clone
        }),
        ("repacked", repacked),
        ("a worktree of a bare repository", bare_with_worktree),
        ("many packs", many_packs),
        ("a copy of the files", copied),
        ("a commit-graph", |repo| {
            let clone = repo.cloned("graph", &[]);
            clone.git(["commit-graph", "write", "--reachable", "--changed-paths"]);
            clone
        }),
        ("loose objects", |repo| {
            let clone = repo.beside("loose");
            std::fs::create_dir(clone.path()).expect("create a directory");
            clone.git(["init", "-q"]);
            clone.git(["-c", "fetch.unpackLimit=100000", "fetch", "-q", "--tags", &repo.url(), "main"]);
            clone.git(["reset", "-q", "--hard", "FETCH_HEAD"]);
            clone
        }),
        ("tags in one file", |repo| {
            let clone = repo.cloned("packed-refs", &[]);
            clone.git(["pack-refs", "--all"]);
            clone
        }),
    ];
    let original = original();
    let wanted = everything(&original);
    in_parallel(ways, |(way, make)| {
        let copy = make(&original);
        assert_eq!(copy.head(), original.head(), "{way}: another commit");
        for ((command, wanted), (_, got)) in wanted.iter().zip(everything(&copy)) {
            assert_eq!(&got, wanted, "`imgver {command}` of {way}");
        }
    });
}
