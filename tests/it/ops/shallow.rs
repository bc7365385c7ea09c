//! Shallow clones: what the full clone decides, or a refusal that says how to repair the clone.

use std::sync::atomic::{AtomicUsize, Ordering};

use imgver::domain::Bump;
use imgver::error::Kind;
use imgver::ops::locate::{Request as LocateRequest, locate};
use imgver::ops::release::{NewVersion, Request};

use super::release::{any_branch, at, of, pushed, release, set};
use super::{checkout, shown};
use crate::support::history::{Clock, Commit, Graph, History, Refs, Shape};
use crate::support::{Repo, Rng, for_seeds};

/// What is decided: the release, the kind of refusal, or nothing for want of history.
#[derive(Debug, PartialEq, Eq)]
enum Decided {
    Released { tag: String, previous: Option<String>, message: String },
    Refused(Kind),
    TooShallow,
}

fn decided(repo: &Repo, request: &Request) -> Decided {
    match release(repo, request) {
        Ok(outcome) => {
            let (tag, previous) = (outcome.answer.tag, outcome.answer.previous);
            Decided::Released { tag, previous, message: outcome.answer.message }
        }
        Err(error) if error.kind() == Kind::Repository => {
            let shown = shown(&error);
            assert!(
                shown.lines().any(|line| line.starts_with("hint:") && line.contains("git fetch")),
                "{shown}"
            );
            Decided::TooShallow
        }
        Err(error) => Decided::Refused(error.kind()),
    }
}

/// 1.5.0 on the line of `main`, and 2.0.0 on another, which was merged late: three commits before the tip.
fn merged_late() -> Repo {
    let commit = |parents: &[usize]| Commit { parents: parents.to_vec(), date: 1_700_000_000 };
    let mut history =
        History::linear(4, &["svc/a"], &[("svc/a@1.0.0", 0), ("svc/a@2.0.0", 5), ("svc/a@1.5.0", 7)]);
    // 4 and 5 are the other line, from 1; 6 merges it into 3.
    history.commits.extend([commit(&[1]), commit(&[4]), commit(&[3, 5]), commit(&[6]), commit(&[7])]);
    let history = History::new(history.commits, history.tags, history.services);
    let repo = Repo::new();
    history.import(&repo, Refs::Packed, Graph::Without);
    repo
}

#[test]
fn a_higher_release_of_a_line_merged_late_is_not_overlooked() {
    let origin = merged_late();
    let full = origin.cloned("full", &[]);
    assert_eq!(decided(&full, &of("svc/a")), Decided::Refused(Kind::VersionRule));
    let above = decided(&full, &set("svc/a", "2.0.1"));
    assert!(matches!(&above, Decided::Released { tag, .. } if tag == "svc/a@2.0.1"), "{above:?}");
    for depth in 1..=6 {
        let clone = origin.cloned(&format!("depth-{depth}"), &["--depth", &depth.to_string()]);
        for tags in [false, true] {
            if tags {
                clone.git(["fetch", "-q", "--tags"]);
            }
            for request in [of("svc/a"), pushed(of("svc/a"))] {
                let here = decided(&clone, &request);
                assert!(
                    [Decided::TooShallow, Decided::Refused(Kind::VersionRule)].contains(&here),
                    "{here:?}"
                );
            }
        }
        // It is the remote that says that there are no other releases, pushed or not.
        let here = decided(&clone, &pushed(set("svc/a", "2.0.1")));
        assert!(here == Decided::TooShallow || here == above, "depth {depth}: {here:?}");
        let here = decided(&clone, &set("svc/a", "2.0.1"));
        assert!(here == Decided::TooShallow || here == above, "depth {depth}: {here:?}");
        assert!(depth == 1 || here == above, "depth {depth}: {here:?}");
    }
    // One who has fetched from elsewhere, too, may lack releases of which this remote knows nothing.
    let clone = origin.cloned("forked", &["--depth", "4"]);
    clone.git(["fetch", "-q", "--tags"]);
    assert_eq!(decided(&clone, &pushed(set("svc/a", "2.0.1"))), above);
    clone.git(["remote", "add", "upstream", "/nonexistent"]);
    assert_eq!(decided(&clone, &pushed(set("svc/a", "2.0.1"))), Decided::TooShallow);
    clone.git(["remote", "remove", "upstream"]);
    assert_eq!(decided(&clone, &set("svc/a", "2.0.1")), above);
    std::fs::remove_dir_all(origin.path()).unwrap();
    assert_eq!(decided(&clone, &set("svc/a", "2.0.1")), Decided::TooShallow, "nobody else knows");
}

#[test]
fn every_cut_of_random_histories() {
    let (released, refused, unknown) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    for_seeds(0..6, |seed| {
        let rng = &mut Rng::new(seed);
        let services = ["services/go/api", "web"].map(String::from).to_vec();
        let clock = *rng.pick(&Clock::ALL);
        let (tags, merges, roots) = (*rng.pick(&[3, 8, 14]), *rng.pick(&[0, 15, 40]), *rng.pick(&[0, 8]));
        let commits = rng.within(8..20);
        let history = History::random(rng, &Shape { clock, commits, tags, merges, roots, services });
        let origin = Repo::new();
        history.import(&origin, Refs::Packed, Graph::Without);
        let full = origin.cloned("full", &["--no-single-branch"]);
        let tips = history.tips();
        for depth in 1.. {
            let name = format!("depth-{depth}");
            let (branch, number) = (format!("tip-{}", rng.pick(&tips)), depth.to_string());
            let scope = *rng.pick(&["--single-branch", "--no-single-branch"]);
            let clone = origin.cloned(&name, &["--depth", &number, scope, "-b", &branch]);
            if rng.chance(60) {
                clone.git(["fetch", "-q", "--tags"]);
            }
            let is_shallow = clone.git(["rev-parse", "--is-shallow-repository"]) == "true";
            let commit = clone.head();
            for service in &history.services {
                for request in [
                    of(service),
                    Request { version: NewVersion::Bump(Bump::Major), ..of(service) },
                    set(service, "9.9.9"),
                    set(service, "0.0.2"),
                ] {
                    for request in
                        [any_branch(request.clone()), any_branch(pushed(request.clone())), pushed(request)]
                    {
                        let request = at(&commit, request);
                        let here = decided(&clone, &request);
                        let counter = match here {
                            Decided::Released { .. } => &released,
                            Decided::Refused(_) => &refused,
                            Decided::TooShallow => &unknown,
                        };
                        counter.fetch_add(is_shallow.into(), Ordering::Relaxed);
                        if here != Decided::TooShallow {
                            assert_eq!(here, decided(&full, &request), "depth {depth}: {request:?}");
                        }
                    }
                }
            }
            if !is_shallow {
                break;
            }
        }
    });
    let counts = [released, refused, unknown].map(AtomicUsize::into_inner);
    eprintln!("released, refused, too shallow: {counts:?}");
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}

#[test]
fn a_release_of_any_service_is_located_where_no_other_can_be_meant() {
    let history = History::linear(6, &["app", "web"], &[("app@1.0.0", 5), ("web@1.0.0", 1)]);
    let origin = Repo::new();
    history.import(&origin, Refs::Packed, Graph::Without);
    let clone = origin.cloned("clone", &["--depth", "2"]);
    let about = |service: Option<&str>| LocateRequest {
        image_tag: "1.0.0".to_owned(),
        service: service.map(ToOwned::to_owned),
        first_parent: false,
        tag_format: None,
    };
    let ask =
        |repo: &Repo, service| locate(&about(service), &checkout(repo)).map(|outcome| outcome.answer.commit);
    assert_eq!(ask(&origin, None).unwrap_err().kind(), Kind::Input, "of two services");
    assert_eq!(ask(&clone, None).unwrap_err().kind(), Kind::Repository, "one of which is missing here");
    assert_eq!(ask(&clone, Some("app")).unwrap(), ask(&origin, Some("app")).unwrap());
}
