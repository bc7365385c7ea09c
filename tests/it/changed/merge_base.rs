//! The merge base, by brute force.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::changes;
use crate::support::history::{Clock, Commit, History, Shape};
use crate::support::{Output, Repo, Rng, for_seeds};

/// A repository of a history in which commit N holds the file `at/N` and no other file there, with a branch `tip-N` for
/// every tip.
fn import(history: &History) -> (Repo, Vec<String>) {
    let repo = Repo::new();
    repo.service("svc/added");
    repo.service("svc/deleted");
    repo.write(".github/utils/file-filters.yaml", "added: {added: at/*}\ndeleted: {deleted: at/*}\n");
    repo.commit("the services");
    let mut stream = String::new();
    for (position, Commit { parents, date }) in history.commits.iter().enumerate() {
        write!(
            stream,
            "reset refs/heads/last\ncommit refs/heads/last\nmark :{}\ncommitter Ada <ada@example.com> {date} +0000\n\
             data 0\n",
            position + 1
        )
        .unwrap();
        for (index, parent) in parents.iter().enumerate() {
            writeln!(stream, "{} :{}", if index == 0 { "from" } else { "merge" }, parent + 1).unwrap();
        }
        write!(stream, "deleteall\nM 100644 inline at/{position}\ndata 0\n\n").unwrap();
    }
    for tip in history.tips() {
        write!(stream, "reset refs/heads/tip-{tip}\nfrom :{}\n\n", tip + 1).unwrap();
    }
    let marks = repo.sandbox().join("marks");
    let option = format!("--export-marks={}", marks.display());
    repo.git_run(["fast-import", "--quiet", "--force", &option]).input(stream).run().text();
    let mut ids = vec![String::new(); history.commits.len()];
    for line in std::fs::read_to_string(marks).unwrap().lines() {
        let (mark, id) = line[1..].split_once(' ').unwrap();
        ids[mark.parse::<usize>().unwrap() - 1] = id.to_owned();
    }
    (repo, ids)
}

/// The common ancestors that no other common ancestor reaches.
fn best(history: &History, left: usize, right: usize) -> Vec<usize> {
    let common: Vec<usize> = (0..history.commits.len())
        .filter(|at| history.reaches(left, *at) && history.reaches(right, *at))
        .collect();
    let is_best = |at: &usize| common.iter().all(|other| other == at || !history.reaches(*other, *at));
    common.iter().copied().filter(is_best).collect()
}

/// Which commits `head` was compared with, told by the files.
#[track_caller]
fn compared_with(output: &Output, head: usize) -> Vec<usize> {
    let found = changes(output);
    if found.is_empty() {
        return vec![head];
    }
    let number = |file: &String| file.strip_prefix("at/").unwrap().parse::<usize>().unwrap();
    let added: Vec<usize> = found["svc/added"].iter().map(number).collect();
    assert_eq!(added, [head], "{output}");
    let mut deleted: Vec<usize> = found["svc/deleted"].iter().map(number).collect();
    deleted.sort_unstable();
    deleted
}

fn ask(repo: &Repo, base: &str, head: &str) -> Output {
    repo.imgver(["changed", "--merge-base", "--output", "json", "--base", base, "--head", head]).run()
}

fn shape(rng: &mut Rng, clock: Clock) -> Shape {
    let (merges, roots) = (*rng.pick(&[10, 30, 60]), *rng.pick(&[0, 0, 3, 15]));
    Shape { clock, commits: rng.within(2..60), tags: 0, merges, roots, services: Vec::new() }
}

#[test]
fn of_random_histories() {
    let (several, none) = (AtomicUsize::new(0), AtomicUsize::new(0));
    for_seeds(0..56, |seed| {
        let rng = &mut Rng::new(seed);
        let clock = Clock::ALL[usize::try_from(seed).unwrap() % Clock::ALL.len()];
        let shape = shape(rng, clock);
        let history = History::random(rng, &shape);
        let (repo, ids) = import(&history);
        if rng.chance(40) {
            repo.git(["commit-graph", "write", "--reachable"]);
        }
        for _ in 0..10 {
            let [left, right] = [0, 0].map(|_| rng.within(0..ids.len()));
            let expected = best(&history, left, right);
            let output = ask(&repo, &ids[left], &ids[right]);
            if expected.is_empty() {
                output.fails(3);
                none.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            // With several, what differs from any of them may have changed.
            assert_eq!(compared_with(&output, right), expected, "{left} {right} ({clock:?})");
            several.fetch_add(usize::from(expected.len() > 1), Ordering::Relaxed);
            if history.clocks_are_right() {
                // The brute force itself is right.
                let said = repo.git(["merge-base", "--all", &ids[left], &ids[right]]);
                let mut said: Vec<&str> = said.lines().collect();
                let mut wanted: Vec<&str> = expected.iter().map(|at| &*ids[*at]).collect();
                said.sort_unstable();
                wanted.sort_unstable();
                assert_eq!(said, wanted);
            }
            // Without the flag it is the base itself.
            let plain = ["changed", "--output", "json", "--base", &ids[left], "--head", &ids[right]];
            assert_eq!(compared_with(&repo.imgver(plain).run(), right), [left]);
        }
    });
    assert!(several.load(Ordering::Relaxed) > 5, "hardly any criss-cross: {several:?}");
    assert!(none.load(Ordering::Relaxed) > 5, "hardly anything unrelated: {none:?}");
}

#[test]
fn of_shallow_clones_is_right_or_refused() {
    let (answered, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    for_seeds(1004..1018, |seed| {
        let rng = &mut Rng::new(seed);
        let clock = Clock::ALL[usize::try_from(seed).unwrap() % Clock::ALL.len()];
        let shape = Shape { commits: 30, ..shape(rng, clock) };
        let history = History::random(rng, &shape);
        let (repo, ids) = import(&history);
        let tips = history.tips();
        for depth in [1, 3, 8] {
            let clone =
                repo.cloned(&format!("depth-{depth}"), &["--no-single-branch", &format!("--depth={depth}")]);
            for _ in 0..5 {
                let (left, right) = (*rng.pick(&tips), *rng.pick(&tips));
                let output = ask(&clone, &ids[left], &ids[right]);
                if output.code == 3 {
                    let error = output.fails(3);
                    assert!(left != right, "a commit is its own merge base: {error}");
                    refused.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                let expected = best(&history, left, right);
                assert_eq!(compared_with(&output, right), expected, "{left} {right} at {depth}");
                answered.fetch_add(usize::from(left != right), Ordering::Relaxed);
            }
        }
    });
    assert!(answered.load(Ordering::Relaxed) > 0, "never an answer");
    assert!(refused.load(Ordering::Relaxed) > 0, "never refused");
}

#[test]
fn criss_cross() {
    // 1 and 2 are merged into each other by 3 and 4: both are best.
    let commit = |parents: &[usize], date| Commit { parents: parents.to_vec(), date };
    let commits = || {
        [(&[][..], 100), (&[0], 200), (&[0], 210), (&[1, 2], 300), (&[2, 1], 310), (&[3], 400), (&[4], 410)]
            .map(|(parents, date)| commit(parents, date))
    };
    let history = History::new(commits().into(), Vec::new(), Vec::new());
    let (repo, ids) = import(&history);
    assert_eq!(best(&history, 5, 6), [1, 2]);
    assert_eq!(compared_with(&ask(&repo, &ids[5], &ids[6]), 6), [1, 2]);
    // A clock that is wrong changes nothing about what reaches what.
    let mut skewed = commits();
    skewed[0].date = 9999;
    skewed[3].date = 1;
    let history = History::new(skewed.into(), Vec::new(), Vec::new());
    let (repo, ids) = import(&history);
    assert_eq!(compared_with(&ask(&repo, &ids[5], &ids[6]), 6), [1, 2]);
    assert_eq!(compared_with(&ask(&repo, &ids[1], &ids[2]), 2), [0]);
}
