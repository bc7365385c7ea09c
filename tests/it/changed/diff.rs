//! The changes between commits are those that git sees, whatever the files are called.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::trees::{self, Contents, Trees};
use super::{Changes, ask};
use crate::support::{Repo, Rng, for_seeds};

/// Services that are called after what they watch.
const KINDS: [&str; 6] =
    ["kinds/added", "kinds/any", "kinds/deleted", "kinds/gone", "kinds/modified", "kinds/renamed"];

/// Paths here have four parts at most. `**` is not asked: it has rules of its own for odd names.
const FILTERS: &str = "\
added: {added: &all ['*', '*/*', '*/*/*', '*/*/*/*']}
any: *all
deleted: {deleted: *all}
modified: {modified: *all}
renamed: {renamed: *all}
gone:
  - added: 'none'
  - deleted|renamed: *all
";

type Paths = BTreeSet<Vec<u8>>;

/// Paths by status letter, in the words of `git diff --name-status -z`; both paths of a move.
fn statuses(output: &[u8]) -> BTreeMap<char, Paths> {
    let mut fields = output.split(|byte| *byte == 0);
    let mut found = BTreeMap::<char, Paths>::new();
    while let Some(status) = fields.next().filter(|status| !status.is_empty()) {
        let letter = char::from(status[0]);
        for _ in 0..if "RC".contains(letter) { 2 } else { 1 } {
            found.entry(letter).or_default().insert(fields.next().expect("a path").to_vec());
        }
    }
    assert!(found.keys().all(|letter| "AMDTRC".contains(*letter)), "{:?}", found.keys());
    found
}

/// Where git writes what `git diff` says between two commits.
fn git_diff(repo: &Repo, name: &str, options: &[&str], commits: [&str; 2]) -> PathBuf {
    let file = repo.sandbox().join(name);
    let _ = std::fs::remove_file(&file);
    let written = format!("--output={}", file.display());
    let quote = if name.ends_with("-raw") { "core.quotePath=false" } else { "core.quotePath=true" };
    repo.git(["-c", quote, "diff", &written].iter().chain(options).chain(&commits));
    file
}

/// What each of [`KINDS`] is built for, by git.
fn expected(repo: &Repo, commits: [&str; 2]) -> Changes {
    let read = |options: &[&str]| {
        let options = [options, &["--name-status", "-z"]].concat();
        statuses(&std::fs::read(git_diff(repo, "oracle", &options, commits)).expect("git's words"))
    };
    let (plain, moved) = (read(&["--no-renames"]), read(&["-M100%"]));
    let of = |letters: &'static str| -> Paths {
        letters.chars().filter_map(|letter| plain.get(&letter)).flatten().cloned().collect()
    };
    let renamed: Paths = moved.get(&'R').cloned().unwrap_or_default();
    let by_kind: [(&str, Paths); 6] = [
        ("kinds/added", of("A")),
        ("kinds/any", of("AMDT")),
        ("kinds/deleted", of("D")),
        ("kinds/gone", &of("D") | &renamed),
        ("kinds/modified", of("MT")),
        ("kinds/renamed", renamed),
    ];
    let lossy = |paths: Paths| paths.iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect();
    let changed = by_kind.into_iter().filter(|(_, paths)| !paths.is_empty());
    changed.map(|(kind, paths)| (kind.to_owned(), lossy(paths))).collect()
}

/// A repository in which every kind of change has its service.
fn by_kind() -> Repo {
    let repo = Repo::new();
    for kind in KINDS {
        repo.service(kind);
    }
    repo.write(".github/utils/file-filters.yaml", FILTERS);
    repo.commit("what is watched");
    repo
}

/// A repository of random trees, in commits that follow one another.
fn random(rng: &mut Rng, contents: Contents) -> (Repo, Vec<String>) {
    let repo = by_kind();
    let mut makers = Trees::new(contents);
    let mut all = vec![makers.random(rng)];
    for _ in 0..3 {
        let next = makers.changed(rng, &all[all.len() - 1]);
        all.push(next);
    }
    let commits = trees::commit(&repo, &all, &KINDS);
    (repo, commits)
}

#[test]
fn random_trees_differ_as_git_says() {
    let seen = AtomicUsize::new(0);
    for_seeds(10..26, |seed| {
        let rng = &mut Rng::new(seed);
        let (repo, commits) = random(rng, Contents::Unique);
        for (base, head) in [(0, 1), (1, 2), (2, 3), (0, 3), (3, 1)] {
            let pair = [&*commits[base], &*commits[head]];
            let expected = expected(&repo, pair);
            let found = ask(|| repo.imgver(["changed", "--base", pair[0], "--head", pair[1]]));
            assert_eq!(found, expected, "{base}..{head}");
            if (base, head) == (1, 2) {
                assert_files_from(&repo, pair, &expected);
            }
            seen.fetch_add(expected.len(), Ordering::Relaxed);
        }
    });
    assert!(seen.load(Ordering::Relaxed) > 200, "the trees hardly differ: {seen:?}");
}

#[test]
fn where_contents_repeat_no_move_of_gits_is_missed() {
    let moves = AtomicUsize::new(0);
    for_seeds(100..116, |seed| {
        let rng = &mut Rng::new(seed);
        let (repo, commits) = random(rng, Contents::Few);
        for pair in commits.windows(2) {
            let pair = [&*pair[0], &*pair[1]];
            let mut expected = expected(&repo, pair);
            let mut found = ask(|| repo.imgver(["changed", "--base", pair[0], "--head", pair[1]]));
            // Which of several equal files moved is anyone's guess; that one of them did is not.
            for kind in ["kinds/renamed", "kinds/gone"] {
                let (expected, found) = (expected.remove(kind), found.remove(kind).unwrap_or_default());
                for path in expected.unwrap_or_default() {
                    assert!(found.contains(&path), "{kind}: {path:?} not among {found:?}");
                    moves.fetch_add(usize::from(kind == "kinds/renamed"), Ordering::Relaxed);
                }
            }
            assert_eq!(found, expected);
        }
    });
    assert!(moves.load(Ordering::Relaxed) > 20, "hardly anything moves: {moves:?}");
}

#[test]
fn a_base_that_is_elsewhere_or_not_there_yet() {
    let repo = Repo::new();
    for base in ["HEAD", "@", "HEAD~1", "@^", "main", "heads/main~2", "refs/heads/main^{commit}"] {
        let unborn = repo.imgver(["changed", "--base", base]).run().fails(3).to_owned();
        assert!(unborn.contains("there is no commit yet on branch main"), "{base}: {unborn}");
    }
    for base in ["stable", "mai", "HEADS"] {
        let unborn = repo.imgver(["changed", "--base", base]).run().fails(3).to_owned();
        assert!(unborn.contains("there is no branch, tag or other ref of that name"), "{base}: {unborn}");
    }
    repo.service("svc");
    repo.commit("begin");
    repo.git(["branch", "stable"]);
    let clone = repo.cloned("clone", &[]);
    let plan = ["plan", "--event-name", "push", "--ref", "refs/heads/main", "--base"];
    for command in [&["changed", "--base"][..], &["list", "--changed-since"], &plan] {
        let error = clone.imgver(command).args(["stable"]).run().fails(3).to_owned();
        assert!(error.contains("write origin/stable"), "{error}");
        assert_eq!(clone.imgver(command).args(["origin/stable"]).run().code, 0);
        let error = clone.imgver(command).args(["no-such"]).run().fails(3).to_owned();
        assert!(!error.contains("origin/"), "{error}");
    }
    clone.git(["remote", "rename", "origin", "upstream"]);
    let error = clone.imgver(["changed", "--base", "stable~0"]).run().fails(3).to_owned();
    assert!(error.contains("write upstream/stable~0"), "{error}");
    // A branch that is too short is not missing.
    let error = clone.imgver(["changed", "--base", "HEAD~9"]).run().fails(3).to_owned();
    assert!(!error.contains("upstream"), "{error}");
}

#[test]
fn a_link_is_no_move_of_a_file() {
    let repo = by_kind();
    repo.write("old", "target");
    let linked = repo.path().join("old-link");
    std::os::unix::fs::symlink("elsewhere", &linked).expect("make a link");
    repo.commit("before");
    std::fs::remove_file(repo.path().join("old")).expect("remove the file");
    std::fs::remove_file(&linked).expect("remove the link");
    std::os::unix::fs::symlink("target", repo.path().join("new-link")).expect("make a link");
    repo.write("new", "elsewhere");
    repo.commit("after");
    let said = repo.git(["diff", "--name-status", "-M100%", "HEAD~1"]);
    assert_eq!(said, "A\tnew\nA\tnew-link\nD\told\nD\told-link");
    let found = ask(|| repo.imgver(["changed", "--base", "HEAD~1"]));
    assert_eq!(found, expected(&repo, ["HEAD~1", "HEAD"]));
}

/// Git's own output in all its forms is read as the commits are.
fn assert_files_from(repo: &Repo, pair: [&str; 2], expected: &Changes) {
    let ask_file = |name: &str, options: &[&str], null: bool| {
        let file = git_diff(repo, name, options, pair);
        let null: &[&str] = if null { &["--null"] } else { &[] };
        ask(|| repo.imgver(["changed", "--files-from"]).args([&file]).args(null))
    };
    for (name, null) in [("status", false), ("status-raw", false), ("status-z", true)] {
        let z: &[&str] = if null { &["-z"] } else { &[] };
        let options = |renames| [&["--name-status", renames], z].concat();
        assert_eq!(&ask_file(name, &options("-M100%"), null), expected, "{name}");
        let mut unmoved = expected.clone();
        unmoved.remove("kinds/renamed");
        // Nothing but deletions is gone where moves are not looked for.
        unmoved.remove("kinds/gone");
        if let Some(deleted) = expected.get("kinds/deleted") {
            unmoved.insert("kinds/gone".to_owned(), deleted.clone());
        }
        assert_eq!(ask_file(name, &options("--no-renames"), null), unmoved, "{name} --no-renames");
    }
    let any = expected.get("kinds/any").cloned();
    let modified: Changes = any
        .into_iter()
        .flat_map(|files| ["kinds/any", "kinds/modified"].map(|kind| (kind.to_owned(), files.clone())))
        .collect();
    for (name, null) in [("only", false), ("only-raw", false), ("only-z", true)] {
        let z: &[&str] = if null { &["-z"] } else { &[] };
        let options = [&["--name-only", "--no-renames"], z].concat();
        assert_eq!(ask_file(name, &options, null), modified, "{name}");
    }
}

#[test]
fn a_move_with_an_edit_is_a_deletion_and_an_addition() {
    let repo = by_kind();
    let long: String = (0..100).map(|line| format!("line {line}\n")).collect();
    repo.write("old", &long);
    repo.write("still", "x\n");
    repo.commit("before");
    std::fs::remove_file(repo.path().join("old")).expect("remove the old file");
    repo.write("new", format!("{long}and one more\n"));
    repo.write("copy", "x\n");
    repo.commit("after");
    let found = ask(|| repo.imgver(["changed", "--base", "HEAD~1"]));
    let expected = [
        ("kinds/added", vec!["copy", "new"]),
        ("kinds/any", vec!["copy", "new", "old"]),
        ("kinds/deleted", vec!["old"]),
        ("kinds/gone", vec!["old"]),
    ];
    let owned = |(kind, files): (&str, Vec<&str>)| {
        (kind.to_owned(), files.into_iter().map(str::to_owned).collect::<Vec<String>>())
    };
    assert_eq!(found, expected.map(owned).into());
}
