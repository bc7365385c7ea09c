//! While git commits, tags, packs and repacks beside it, no run says anything but what git says.

use std::sync::atomic::{AtomicBool, Ordering};

use imgver::ops::list::{Request, list};
use imgver::ops::{HistoryRequest, Rev, VersionForm};

use super::{checkout, shown};
use crate::support::Repo;

/// How often git repacks and packs refs. Each takes about a tenth of a second, on two cores with this test alone.
const ROUNDS: usize = 120;

fn extended(repo: &Repo, rev: Rev) -> Vec<(String, String)> {
    let request = Request {
        tag_format: None,
        history: HistoryRequest { rev, first_parent: false, scope: None, last_change: false, dirty: true },
        form: VersionForm { abbrev: 7, next: None },
        changed_since: None,
    };
    let outcome = list(&request, &checkout(repo), None).unwrap_or_else(|error| panic!("{}", shown(&error)));
    assert_eq!(outcome.warnings, Vec::<String>::new());
    let services = outcome.answer.services.into_iter();
    services.map(|service| (service.base_tag.unwrap_or_default(), service.extended)).collect()
}

/// Commits, tags, and moves refs and objects between the places where git keeps them.
fn churn(repo: &Repo) {
    for round in 0..ROUNDS {
        repo.git(["commit", "-q", "--allow-empty", "-m", "more"]);
        repo.git(["tag", &format!("other/{round}")]);
        repo.git(["tag", "-f", "-a", "-m", "moves", "moving"]);
        repo.git(["branch", "-f", &format!("topic/{}", round % 5)]);
        match round % 6 {
            0 => repo.git(["gc", "-q"]),
            1 | 3 => repo.git(["repack", "-a", "-d", "-q"]),
            2 => repo.git(["repack", "-A", "-d", "-q"]),
            4 => repo.git(["commit-graph", "write", "--reachable", "--split"]),
            _ => repo.git(["tag", "-d", &format!("other/{}", round - 2)]),
        };
        if round % 2 == 1 {
            repo.git(["pack-refs", "--all", "--prune"]);
        }
    }
}

/// What every run is asked; each is right whatever git does meanwhile.
fn ask(repo: &Repo, first: &str, fixed: &str, right: &[(String, String)]) {
    assert_eq!(extended(repo, Rev::Named(fixed.to_owned())), right);
    let tags: Vec<String> = extended(repo, Rev::Head).into_iter().map(|(tag, _)| tag).collect();
    assert_eq!(tags, ["app@1.0.0", "web@1.0.0"]);

    let repository = checkout(repo).repository;
    let found = |hash: &str| repository.find_commit(hash).unwrap_or_else(|error| panic!("{}", shown(&error)));
    let (Some(old), Some(new)) = (found(first), found(fixed)) else {
        panic!("a commit is not in this clone")
    };
    let changes = repository.diff(old, new).unwrap_or_else(|error| panic!("{}", shown(&error)));
    let paths: Vec<Vec<u8>> = changes.iter().map(|(path, _)| path.to_vec()).collect();
    assert_eq!(paths, [b"app/more"]);
    assert!(repository.has_tag("app@1.0.0").is_ok_and(|has| has));
    let branch = repository.default_branch(None).unwrap_or_else(|error| panic!("{}", shown(&error)));
    assert!(branch.is_some_and(|branch| branch.name == "main" && branch.local.is_some()));
}

#[test]
fn no_run_differs_while_git_repacks_and_packs_refs() {
    let repo = Repo::new();
    repo.service("app");
    repo.service("web");
    let first = repo.commit("first");
    for _ in 0..20 {
        repo.git(["commit", "-q", "--allow-empty", "-m", "more"]);
    }
    repo.tag("app@1.0.0");
    repo.annotate("web@1.0.0");
    repo.write("app/more", "more");
    let fixed = repo.commit("more");
    let right = extended(&repo, Rev::Head);
    let base = ["--base", &first, "--sha", &fixed];
    let event =
        [("GITHUB_EVENT_NAME", "push"), ("GITHUB_REF", "refs/heads/main"), ("GITHUB_REF_TYPE", "branch")];

    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let git = scope.spawn(|| {
            churn(&repo);
            is_done.store(true, Ordering::Relaxed);
        });
        let mut runs = 0;
        while !git.is_finished() {
            ask(&repo, &first, &fixed, &right);
            runs += 1;
            if runs % 10 == 0 {
                let plan = ["plan", "--output", "json"].iter().chain(&base);
                let plan = event.iter().fold(repo.imgver(plan), |run, (name, value)| run.env(name, value));
                assert_eq!(plan.run().json()["services"], serde_json::json!(["app"]));
            }
        }
        assert!(is_done.load(Ordering::Relaxed), "git failed");
        println!("{runs} rounds of questions");
    });
}

/// The same as a race, without one: between two questions to one checkout, git moves every object that the second one reads.
#[test]
fn what_has_moved_since_the_last_question_is_found() {
    let repo = Repo::new();
    repo.service("app");
    repo.write("app/.gitattributes", "*.txt text eol=crlf\n");
    repo.write("app/note.txt", "one\r\n");
    repo.commit("first");
    // Its attributes are only in git's database now.
    repo.git(["update-index", "--skip-worktree", "app/.gitattributes"]);
    std::fs::remove_file(repo.path().join("app/.gitattributes")).unwrap();
    let checkout = checkout(&repo);
    let changed = || {
        // Other metadata, which says nothing about the content.
        let content = std::fs::read(repo.path().join("app/note.txt")).unwrap();
        std::fs::remove_file(repo.path().join("app/note.txt")).unwrap();
        std::fs::write(repo.path().join("app/note.txt"), content).unwrap();
        checkout.repository.changed_files(&[""]).unwrap_or_else(|error| panic!("{}", shown(&error)))
    };
    assert_eq!(changed(), Vec::<Vec<u8>>::new());
    repo.git(["repack", "-a", "-d", "-q"]);
    assert_eq!(changed(), Vec::<Vec<u8>>::new());
    repo.write("app/note.txt", "two\r\n");
    repo.git(["-c", "pack.compression=0", "repack", "-a", "-d", "-F", "-q"]);
    assert_eq!(changed(), [b"app/note.txt"]);
}
