//! Versions by service against their definition, on random histories.

mod earlier;
mod made;
mod oracle;

use imgver::error::{Kind, Result};
use imgver::ops::list::{Request, list};
use imgver::ops::{HistoryRequest, Rev, Scope, VersionForm};

use super::checkout;
use crate::support::{Repo, Rng, for_seeds};
use made::Made;
use oracle::{Expected, Oracle};

/// The version of every service at `rev`, by its path.
fn versions(
    repo: &Repo,
    rev: &str,
    first_parent: bool,
    last_change: bool,
) -> Result<Vec<(String, Expected)>> {
    let history = HistoryRequest {
        rev: Rev::Named(rev.to_owned()),
        first_parent,
        scope: Some(Scope::Service),
        last_change,
        dirty: false,
    };
    let digits = u8::try_from(rev.len()).expect("a full hash");
    let form = VersionForm { abbrev: digits, next: None };
    let request = Request { tag_format: None, history, form, changed_since: None };
    let answer = list(&request, &checkout(repo), None)?.answer;
    let found = answer.services.into_iter().map(|found| {
        let named = found.extended.rsplit('-').next().unwrap_or_default().to_owned();
        let last_change = found.last_change.clone().unwrap_or_default();
        let path = found.service.unwrap_or_default();
        (path, Expected { base_tag: found.base_tag, distance: found.distance, named, last_change })
    });
    Ok(found.collect())
}

/// Compares all services at `rev` of `repo` with what is expected.
#[track_caller]
fn compare(repo: &Repo, oracle: &Oracle<'_>, rev: &str) {
    for first_parent in [false, true] {
        let found = versions(repo, rev, first_parent, true).unwrap_or_else(|error| panic!("{error:?}"));
        assert!(found.len() >= made::SERVICES.len(), "{found:?}");
        for (service, found) in found {
            let expected = oracle.version(rev, &service, first_parent);
            assert_eq!(found, expected, "{service} at {rev}, first parent only: {first_parent}");
        }
    }
}

#[test]
fn versions_follow_from_their_definition() {
    for_seeds(0..24, |seed| {
        let rng = &mut Rng::new(seed);
        let count = rng.within(4..26);
        let made = Made::random(rng, count);
        let repo = Repo::new();
        let ids = made.import(&repo);
        let oracle = Oracle::new(&repo, &made);
        compare(&repo, &oracle, ids.last().unwrap());
        for _ in 0..3 {
            let rev: &String = rng.pick(&ids);
            compare(&repo, &oracle, rev);
        }
    });
}

/// Refusals are for want of history, and say how to repair that.
#[track_caller]
fn is_too_shallow(error: &imgver::error::Error) -> bool {
    let shown = super::shown(error);
    assert!(error.kind() == Kind::Repository && shown.contains("git fetch --unshallow"), "{shown}");
    true
}

#[test]
fn shallow_clones_answer_as_the_full_one_or_not_at_all() {
    let (mut answered, mut refused) = (0, 0);
    for seed in 100..106 {
        let rng = &mut Rng::new(seed);
        let count = rng.within(5..16);
        let made = Made::random(rng, count);
        let origin = Repo::new();
        let ids = made.import(&origin);
        let oracle = Oracle::new(&origin, &made);
        let tip = ids.last().unwrap();
        for depth in 1.. {
            let clone = origin.cloned(&format!("{seed}-{depth}"), &["--depth", &depth.to_string()]);
            clone.git(["fetch", "-q", "--tags"]);
            for (first_parent, last_change) in [(false, false), (false, true), (true, false), (true, true)] {
                match versions(&clone, tip, first_parent, last_change) {
                    Ok(found) => {
                        for (service, found) in found {
                            let mut expected = oracle.version(tip, &service, first_parent);
                            if !last_change && found.last_change.is_empty() {
                                expected.last_change.clear();
                            }
                            assert_eq!(found, expected, "{service}, seed {seed}, depth {depth}");
                        }
                        answered += usize::from(clone.path().join(".git/shallow").exists());
                    }
                    Err(error) => refused += usize::from(is_too_shallow(&error)),
                }
            }
            if !clone.path().join(".git/shallow").exists() {
                break;
            }
        }
    }
    assert!(answered > 0 && refused > 0, "answered {answered}, refused {refused}");
}

/// A way to keep the same history, made of a fresh clone.
type Kept = (&'static str, fn(&Repo));

const KEPT: [Kept; 7] = [
    ("packed", |repo| drop(repo.git(["repack", "-adq"]))),
    ("loose", |repo| {
        repo.git(["repack", "-adq"]);
        let packs = repo.path().join(".git/objects/pack");
        for entry in std::fs::read_dir(&packs).unwrap() {
            let pack = entry.unwrap().path();
            let taken = repo.sandbox().join(pack.file_name().unwrap());
            std::fs::rename(&pack, &taken).unwrap();
            if taken.extension().is_some_and(|extension| extension == "pack") {
                repo.git_run(["unpack-objects", "-q"]).input(std::fs::read(&taken).unwrap()).run().text();
            }
        }
    }),
    ("with a commit-graph", |repo| drop(repo.git(["commit-graph", "write", "--reachable"]))),
    ("with filters", with_filters),
    ("with filters of two files", |repo| {
        let write = ["commit-graph", "write", "--split=no-merge", "--changed-paths"];
        let half = repo.git(["rev-list", "--reverse", "--all"]);
        let half: Vec<&str> = half.lines().take(half.lines().count() / 2).collect();
        repo.git_run(write.iter().chain(&["--stdin-commits"])).input(half.join("\n")).run().text();
        repo.git(write.iter().chain(&["--reachable"]));
    }),
    ("with filters that are not used", |repo| {
        with_filters(repo);
        repo.git(["config", "commitGraph.readChangedPaths", "false"]);
    }),
    ("with filters of which half are damaged", |repo| {
        with_filters(repo);
        let path = repo.path().join(".git/objects/info/commit-graph");
        let mut graph = std::fs::read(&path).unwrap();
        let at = graph.windows(4).position(|name| name == b"BIDX").expect("there are filters");
        let offset = u64::from_be_bytes(graph[at + 4..at + 12].try_into().unwrap()) as usize;
        // Where filters end: beyond all of them.
        graph[offset] = 0xff;
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, graph).unwrap();
    }),
];

fn with_filters(repo: &Repo) {
    repo.git(["commit-graph", "write", "--reachable", "--changed-paths"]);
}

#[test]
fn versions_are_the_same_however_the_history_is_kept() {
    for_seeds(200..206, |seed| {
        let rng = &mut Rng::new(seed);
        let count = rng.within(10..30);
        let made = Made::random(rng, count);
        let repo = Repo::new();
        let ids = made.import(&repo);
        let revs = [ids.last().unwrap(), rng.pick(&ids), rng.pick(&ids)];
        let ask = |repo: &Repo| revs.map(|rev| versions(repo, rev, false, true).unwrap());
        let expected = ask(&repo);
        for (how, keep) in KEPT {
            let kept = repo.cloned(&how.replace(' ', "-"), &[]);
            keep(&kept);
            assert_eq!(ask(&kept), expected, "{how}");
        }
        let linked = repo.beside("linked");
        repo.git(["worktree", "add", "-q", "--detach", linked.path().to_str().unwrap()]);
        assert_eq!(ask(&linked), expected, "a linked work tree");

        // The same history has other hashes there.
        let other = Repo::init("sha256", &["--object-format=sha256"]);
        let others = made.import(&other);
        let position = |all: &[String], id: &str| all.iter().position(|known| known == id);
        for (rev, expected) in revs.iter().zip(expected) {
            let at = position(&ids, rev).unwrap();
            let found = versions(&other, &others[at], false, true).unwrap();
            for ((service, found), (same, expected)) in found.into_iter().zip(expected) {
                assert_eq!(service, same);
                let shape = |all: &[String], found: Expected| {
                    let at = [found.named, found.last_change].map(|id| position(all, &id));
                    (found.base_tag, found.distance, at)
                };
                assert_eq!(shape(&others, found), shape(&ids, expected), "{service} with SHA-256");
            }
        }
    });
}

#[test]
fn a_tree_that_differs_without_a_file_touches_nothing() {
    let repo = Repo::new();
    let config =
        "services:\n  apps/api: {}\n  apps/api/tools: {}\n  apps/web: {watch: [apps/api/src/lib/*.rs]}\n";
    repo.write("imgver.yaml", config);
    for file in [
        "apps/api/Dockerfile",
        "apps/api/src/lib/a.rs",
        "apps/api/src/b/c",
        "apps/api/tools/x/y",
        "apps/web/a",
    ] {
        repo.write(file, "1");
    }
    repo.commit("all");
    // git itself makes no empty directories, but other programs do.
    let tree = |entries: String| repo.git_run(["mktree"]).input(entries).run().text().trim().to_owned();
    let empty = tree(String::new());
    let src = tree(format!("{}\n040000 tree {empty}\tnone\n", repo.git(["ls-tree", "HEAD:apps/api/src"])));
    let replaced = |directory: &str, name: &str, id: &str| {
        let listed = repo.git(["ls-tree", &format!("HEAD:{directory}")]);
        let line = |line: &str| match line.split_once('\t') {
            Some((_, found)) if found == name => format!("040000 tree {id}\t{name}\n"),
            _ => format!("{line}\n"),
        };
        tree(listed.lines().map(line).collect())
    };
    let api = replaced("apps/api", "src", &src);
    let apps = replaced("apps", "api", &api);
    let root = replaced("", "apps", &apps);
    let odd = repo.git(["commit-tree", "-p", "HEAD", "-m", "an empty directory", &root]);
    repo.git(["reset", "-q", "--hard", odd.trim()]);
    let mut tips = vec![(repo.git(["rev-parse", "HEAD"]), [1, 1, 1])];
    for (file, distances) in [
        ("docs/a", [1, 1, 1]),
        ("apps/api/src/b/c", [2, 1, 1]),
        ("apps/api/tools/x/y", [3, 2, 1]),
        ("apps/api/src/lib/a.rs", [4, 2, 2]),
        ("apps/api/src/lib/b.txt", [5, 2, 2]),
        ("apps/web/a", [5, 2, 3]),
    ] {
        repo.write(file, "2");
        tips.push((repo.commit(file), distances));
    }
    for keep in [|_: &Repo| (), with_filters] {
        keep(&repo);
        for (tip, expected) in &tips {
            let found = versions(&repo, tip.trim(), false, true).unwrap();
            let found: Vec<u64> = found.into_iter().map(|(_, found)| found.distance).collect();
            assert_eq!(found, expected, "at {tip}");
        }
    }
}
