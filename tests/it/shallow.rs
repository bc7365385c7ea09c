//! Shallow clones: the full clone's answer, or a refusal that says how to repair the clone, and never a wrong number.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::history::{Answer, Clock, Graph, History, Refs, Shape};
use crate::support::{Output, Repo, Rng, for_seeds};
use serde_json::{Value, json};

/// How many questions were answered and how many refused.
#[derive(Default)]
struct Tally {
    answered: AtomicUsize,
    refused: AtomicUsize,
}

impl Tally {
    fn count(&self, answered: bool) -> bool {
        let counter = if answered { &self.answered } else { &self.refused };
        counter.fetch_add(1, Ordering::Relaxed);
        answered
    }

    /// A test in which only one of the two happens proves nothing.
    fn assert_both_happened(self, what: &str) {
        let (answered, refused) = (self.answered.into_inner(), self.refused.into_inner());
        eprintln!("{what}: {answered} answered, {refused} refused");
        assert!(answered > 0 && refused > 0, "{what}: {answered} answered, {refused} refused");
    }
}

/// A history with its repository.
struct Origin {
    history: History,
    repo: Repo,
    ids: Vec<String>,
}

impl Origin {
    fn random(rng: &mut Rng, commits: usize) -> Self {
        let services = ["services/go/api", "services/go/api2", "web"].map(String::from).to_vec();
        let clock = *rng.pick(&Clock::ALL);
        let (tags, merges, roots) = (*rng.pick(&[3, 8, 20]), *rng.pick(&[0, 15, 40]), *rng.pick(&[0, 8]));
        let history = History::random(rng, &Shape { clock, commits, tags, merges, roots, services });
        Self::of(history)
    }

    fn of(history: History) -> Self {
        let repo = Repo::new();
        let ids = history.import(&repo, Refs::Packed, Graph::Without);
        Self { history, repo, ids }
    }

    fn position(&self, id: &str) -> usize {
        self.ids
            .iter()
            .position(|known| known == id)
            .unwrap_or_else(|| panic!("{id} is no commit of the history"))
    }

    /// Asks a clone in several ways about what it has; returns whether `HEAD` was answered for every service.
    fn judge(&self, clone: &Repo, rng: &mut Rng, tally: &Tally) -> bool {
        let at = self.position(&clone.head());
        let mut all = true;
        for service in &self.history.services {
            let expected = self.history.answer(at, service);
            let output = clone.imgver(["extended", service, "--output", "json"]).run();
            all &= tally.count(same_or_refused(&output, &expected));
            let expected = self.history.first_parent_answer(at, service);
            let output = clone.imgver(["extended", service, "--output", "json", "--first-parent"]).run();
            tally.count(same_or_refused(&output, &expected));
        }
        let listed = clone.imgver(["list", "--output", "json"]).run();
        assert_eq!(listed.code == 0, all, "a list is answered if every service is: {listed}");
        if all {
            for (object, service) in
                listed.json().as_array().expect("a list").iter().zip(&self.history.services)
            {
                assert_same(object, &self.history.answer(at, service), &listed);
            }
        } else {
            assert_refused(&listed);
        }
        let present = clone.git(["rev-list", "--all"]);
        let id = *rng.pick(&present.lines().collect::<Vec<_>>());
        let service = rng.pick::<String>(&self.history.services);
        let output = clone.imgver(["extended", service, "--output", "json", "--rev", id]).run();
        tally.count(same_or_refused(&output, &self.history.answer(self.position(id), service)));
        all
    }
}

#[track_caller]
fn assert_same(object: &Value, expected: &Answer, output: &Output) {
    let got = [&object["base"], &object["base_tag"], &object["distance"]];
    let wanted = [json!(expected.base), json!(expected.base_tag), json!(expected.distance)];
    assert_eq!(got, wanted.each_ref(), "the full clone says {expected:?}: {output}");
}

#[track_caller]
fn assert_refused(output: &Output) {
    let stderr = output.fails(3);
    let helpful = stderr.lines().any(|line| line.starts_with("hint:") && line.contains("git fetch"));
    assert!(helpful, "no hint with a `git fetch`: {output}");
}

/// True if answered, rightly; false if refused, properly.
#[track_caller]
fn same_or_refused(output: &Output, expected: &Answer) -> bool {
    if output.code == 0 {
        assert_same(&output.json(), expected, output);
        true
    } else {
        assert_refused(output);
        false
    }
}

#[test]
fn on_one_line_the_answer_is_there_as_soon_as_the_release_is() {
    let tags = [("app@1.0.0", 4), ("web@1.0.0", 9), ("web@0.9.0", 2)];
    let origin = Origin::of(History::linear(12, &["app", "web", "new"], &tags));
    let head = 11;
    for depth in 1..=13 {
        let clone = origin.repo.cloned(&format!("depth-{depth}"), &["--depth", &depth.to_string()]);
        for (service, release) in [("app", Some(4)), ("web", Some(9)), ("new", None)] {
            let output = clone.imgver(["extended", service, "--output", "json"]).run();
            let answered = same_or_refused(&output, &origin.history.answer(head, service));
            // The commit at the window's far end counts; without a release only the whole history will do. Git calls a
            // root at the very end of the window cut off, too: there, either is right.
            let in_window = depth > head + 1 || release.is_some_and(|at| head - at < depth);
            if depth == head + 1 && release.is_none() {
                continue;
            }
            assert_eq!(answered, in_window, "{service} at depth {depth}: {output}");
        }
    }
}

#[test]
fn a_window_that_holds_all_since_the_release_is_enough_despite_merges() {
    // 0 - 1 - 2 (release) - 3 - 5 - 6, with 4 between 2 and 5 on a branch.
    let mut history = History::linear(3, &["app"], &[("app@1.0.0", 2)]);
    let commit = |parents: &[usize]| crate::support::history::Commit {
        parents: parents.to_vec(),
        date: 1_700_000_000,
    };
    history.commits.extend([commit(&[2]), commit(&[2]), commit(&[3, 4]), commit(&[5])]);
    let origin = Origin::of(History::new(history.commits, history.tags, history.services));
    for (depth, answered) in [(1, false), (2, false), (3, false), (4, true), (5, true), (9, true)] {
        let clone = origin.repo.cloned(&format!("depth-{depth}"), &["--depth", &depth.to_string()]);
        let output = clone.imgver(["extended", "app", "--output", "json"]).run();
        assert_eq!(
            same_or_refused(&output, &origin.history.answer(6, "app")),
            answered,
            "depth {depth}: {output}"
        );
    }
}

#[test]
fn every_depth_of_random_histories() {
    let tally = Tally::default();
    for_seeds(0..8, |seed| {
        let rng = &mut Rng::new(seed);
        let commits = rng.within(8..26);
        let origin = Origin::random(rng, commits);
        let tips = origin.history.tips();
        for depth in 1.. {
            let branch = format!("tip-{}", rng.pick(&tips));
            let depth = depth.to_string();
            let scope = *rng.pick(&["--single-branch", "--no-single-branch"]);
            let clone =
                origin.repo.cloned(&format!("depth-{depth}"), &["--depth", &depth, scope, "-b", &branch]);
            origin.judge(&clone, rng, &tally);
            // Brings every tag, each with as many commits of its own.
            clone.git(["fetch", "-q", "--tags", "--depth", &depth]);
            origin.judge(&clone, rng, &tally);
            if clone.git(["rev-parse", "--is-shallow-repository"]) == "false" {
                break;
            }
        }
    });
    tally.assert_both_happened("every depth");
}

#[test]
fn clones_cut_by_date_or_by_ref() {
    let tally = Tally::default();
    for_seeds(100..110, |seed| {
        let rng = &mut Rng::new(seed);
        let commits = rng.within(10..40);
        let origin = Origin::random(rng, commits);
        for attempt in 0..6 {
            let tip = format!("tip-{}", rng.pick(&origin.history.tips()));
            let cut = if rng.chance(50) {
                format!("--shallow-since={}", rng.pick(&origin.history.commits).date)
            } else {
                format!(
                    "--shallow-exclude={}",
                    rng.pick(&origin.repo.git(["tag"]).lines().collect::<Vec<_>>())
                )
            };
            // Git refuses a cut that leaves nothing.
            let Ok(clone) = origin.repo.try_cloned(&format!("clone-{attempt}"), &["-b", &tip, &cut]) else {
                continue;
            };
            origin.judge(&clone, rng, &tally);
            // Nor can it always deepen what such a cut has left.
            if clone.git_run(["fetch", "-q", "--deepen", "1"]).run().code == 0 {
                origin.judge(&clone, rng, &tally);
            }
        }
    });
    tally.assert_both_happened("cut by date or ref");
}

#[test]
fn deepened_step_by_step_and_unshallowed() {
    let tally = Tally::default();
    for_seeds(200..206, |seed| {
        let rng = &mut Rng::new(seed);
        let origin = Origin::random(rng, 30);
        let clone = origin.repo.cloned("clone", &["--depth", "1"]);
        for _ in 0..4 {
            origin.judge(&clone, rng, &tally);
            clone.git(["fetch", "-q", "--deepen", &rng.within(1..5).to_string()]);
        }
        if clone.git(["rev-parse", "--is-shallow-repository"]) == "true" {
            clone.git(["fetch", "-q", "--unshallow", "--tags"]);
        }
        assert!(origin.judge(&clone, rng, &tally), "a whole clone answers everything");
    });
    tally.assert_both_happened("deepened");
}

#[test]
fn the_command_of_the_hint_repairs_the_clone() {
    let origin = Origin::of(History::linear(60, &["app", "new"], &[("app@1.0.0", 20)]));
    for (name, options) in [("one", vec!["--depth", "1"]), ("no-tags", vec!["--depth", "5", "--no-tags"])] {
        for service in ["app", "new"] {
            let clone = origin.repo.cloned(&format!("{name}-{service}"), &options);
            let refusal = clone.imgver(["extended", service]).run();
            assert_refused(&refusal);
            let (_, command) = refusal.stderr.split_once("git fetch").expect("a command");
            let command = command.split(['`', '\'', '\n', ',', ';', '(']).next().unwrap_or_default();
            clone.git(["fetch", "-q"].into_iter().chain(command.split_whitespace()));
            let expected = origin.history.answer(59, service);
            let output = clone.imgver(["extended", service, "--output", "json"]).run();
            assert!(same_or_refused(&output, &expected), "after git fetch{command}: {output}");
        }
    }
}

#[test]
fn a_whole_clone_cut_afterwards() {
    let tally = Tally::default();
    for_seeds(300..304, |seed| {
        let rng = &mut Rng::new(seed);
        let origin = Origin::random(rng, 30);
        let clone = origin.repo.cloned("clone", &[]);
        // Objects and a commit-graph beyond the cut stay behind.
        clone.git(["commit-graph", "write", "--reachable"]);
        for depth in ["6", "3", "1"] {
            clone.git(["fetch", "-q", "--depth", depth]);
            origin.judge(&clone, rng, &tally);
        }
        clone.git(["reflog", "expire", "--expire=now", "--all"]);
        clone.git(["gc", "-q", "--prune=now"]);
        origin.judge(&clone, rng, &tally);
    });
    tally.assert_both_happened("cut afterwards");
}

#[test]
fn a_linked_worktree_is_as_shallow_as_its_repository() {
    let origin = Origin::of(History::linear(12, &["app"], &[("app@1.0.0", 8)]));
    for (depth, answered) in [("2", false), ("4", true)] {
        let clone = origin.repo.cloned(&format!("depth-{depth}"), &["--depth", depth]);
        let tree = clone.beside(format!("tree-{depth}"));
        clone.git(["worktree", "add", "-q", "--detach", tree.path().to_str().expect("a plain path")]);
        let output = tree.imgver(["extended", "app", "--output", "json"]).run();
        assert_eq!(same_or_refused(&output, &origin.history.answer(11, "app")), answered, "{output}");
    }
}

#[test]
fn a_boundary_that_the_commit_does_not_reach_is_no_hindrance() {
    // Two lines of history without a common commit; only the other one is cut.
    let mut history = History::linear(5, &["app"], &[("app@1.0.0", 1), ("app@9.0.0", 6)]);
    let commit = |parents: &[usize]| crate::support::history::Commit {
        parents: parents.to_vec(),
        date: 1_700_000_000,
    };
    history.commits.extend([commit(&[]), commit(&[5]), commit(&[6])]);
    let origin = Origin::of(History::new(history.commits, history.tags, history.services));
    let clone = origin.repo.cloned("clone", &["--single-branch", "-b", "tip-4"]);
    clone.git(["fetch", "-q", "--depth", "1", "origin", "tip-7:other"]);
    assert_eq!(clone.git(["rev-parse", "--is-shallow-repository"]), "true");
    let output = clone.imgver(["extended", "app", "--output", "json"]).run();
    assert!(same_or_refused(&output, &origin.history.answer(4, "app")), "{output}");
    let output = clone.imgver(["extended", "app", "--output", "json", "--rev", "other"]).run();
    assert!(!same_or_refused(&output, &origin.history.answer(7, "app")), "{output}");
}

#[test]
fn the_checkout_of_a_workflow() {
    let origin = Origin::of(History::linear(12, &["app", "web"], &[("app@1.0.0", 11), ("web@2.0.0", 5)]));
    let fetch = |refspec: &str| {
        let clone = origin.repo.beside(format!("clone-{}", refspec.len()));
        fs::create_dir(clone.path()).expect("create a directory");
        clone.git(["init", "-q"]);
        clone.git(["remote", "add", "origin", &origin.repo.url()]);
        clone.git(["fetch", "-q", "--no-tags", "--depth=1", "origin", refspec]);
        clone.git(["checkout", "-q", "--detach", "FETCH_HEAD"]);
        clone
    };
    let branch = fetch("+refs/heads/main:refs/remotes/origin/main");
    assert_refused(&branch.imgver(["extended", "app"]).run());
    assert_refused(&branch.imgver(["version", "web"]).run());
    assert_refused(&branch.imgver(["list"]).run());
    let tag = fetch("+refs/tags/app@1.0.0:refs/tags/app@1.0.0");
    assert_eq!(tag.imgver(["version", "app", "--exact"]).run().line(), "1.0.0");
    assert_refused(&tag.imgver(["tag", "web"]).run());
}

#[test]
fn a_damaged_list_of_boundaries_is_refused_as_git_refuses_it() {
    let repo = Repo::new();
    repo.service("app");
    repo.commit("first");
    repo.tag("app@1.0.0");
    for message in ["second", "third", "fourth"] {
        repo.git(["commit", "-q", "--allow-empty", "-m", message]);
    }
    let clone = repo.cloned("clone", &["--depth=3"]);
    let path = clone.path().join(".git/shallow");
    let good = fs::read_to_string(&path).expect("read the boundaries");
    let good = good.trim_end();
    let missing = "12".repeat(20);
    let revisions: [&[&str]; 3] = [&[], &["--rev", "HEAD~1"], &["--rev", "HEAD^{commit}"]];
    for content in [
        "abc\n",
        "garbage\n",
        "\n",
        &format!("{good}\n\n"),
        &good[..39],
        &format!(" {good}"),
        &format!("#\n{good}"),
    ] {
        fs::write(&path, content).expect("write boundaries");
        assert_ne!(clone.git_run(["rev-list", "HEAD"]).run().code, 0, "git refuses {content:?}");
        for revision in revisions {
            clone.imgver([&["extended", "app"], revision].concat()).run().fails(3);
        }
    }
    // Longer lines git cuts off; nothing writes such.
    for content in [format!("{good}x\n"), format!("{good}{good}\n"), format!("{good}{}\n", &good[..24])] {
        fs::write(&path, content).expect("write boundaries");
        for revision in revisions {
            clone.imgver([&["extended", "app"], revision].concat()).run().fails(3);
        }
    }
    for content in [good.to_owned(), format!("{missing}\n{good}\r\n"), format!("{}\n", good.to_uppercase())] {
        fs::write(&path, content).expect("write boundaries");
        for revision in revisions {
            assert_refused(&clone.imgver([&["extended", "app"], revision].concat()).run());
        }
    }
}
