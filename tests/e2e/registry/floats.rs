//! `imgver float` against the real registry: every order, late runs, a yanked release, several runs at once, and a run that ends
//! at any of its requests.

use std::collections::BTreeMap;
use std::thread;

use imgver::domain::Version;

use super::proxy::{Fault, Proxy, When};
use super::server::Registry;
use crate::support::{Output, Repo};

/// Six releases, with backports to three lines, one of them before 1.0.0.
const RELEASES: [&str; 6] = ["0.9.1", "1.2.3", "1.2.4", "1.3.0", "2.0.0", "2.0.1"];

/// A service whose tags move with its releases.
fn service() -> Repo {
    let repo = Repo::new();
    repo.write("imgver.yaml", "floating: [latest, minor, major]\nservices: { api: {} }\n");
    repo.write("api/Dockerfile", "FROM scratch\n");
    repo.commit("the service");
    repo
}

/// Sets the tags of `image`, at `address`.
fn float(repo: &Repo, address: &str, image: &str, args: &[&str]) -> Output {
    repo.imgver(["float"]).args(args).env("IMGVER_IMAGE", format!("{address}/{image}")).run()
}

#[track_caller]
fn floated(repo: &Repo, address: &str, image: &str) -> String {
    let run = float(repo, address, image, &[]);
    assert_eq!(run.code, 0, "{run}");
    run.stdout
}

/// What the registry must have if it has the images of `releases`, by brute force.
fn expected(registry: &Registry, image: &str, releases: &[&str]) -> BTreeMap<String, String> {
    let mut releases: Vec<Version> = releases.iter().map(|release| release.parse().unwrap()).collect();
    releases.sort_unstable();
    let mut state = BTreeMap::new();
    for release in releases {
        let digest = registry.digest(image, &release.to_string()).expect("a release has an image");
        let Version { major, minor, .. } = release;
        for tag in [release.to_string(), "latest".to_owned(), format!("{major}.{minor}"), major.to_string()] {
            if tag != "0" {
                state.insert(format!("{image}:{tag}"), digest.clone());
            }
        }
    }
    state
}

fn push(registry: &Registry, image: &str, release: &str) {
    registry.push_image(image, release, &[("version", release)]);
}

fn orders(all: &[&'static str]) -> Vec<Vec<&'static str>> {
    if all.is_empty() {
        return vec![Vec::new()];
    }
    let without = |at: usize| [&all[..at], &all[at + 1..]].concat();
    let from = |at: usize| orders(&without(at)).into_iter().map(move |order| [vec![all[at]], order].concat());
    (0..all.len()).flat_map(from).collect()
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn any_order_of_releases_and_runs_ends_alike() {
    let registry = Registry::start();
    let sample: Vec<_> = orders(&RELEASES).into_iter().step_by(12).enumerate().collect();
    assert_eq!(sample.len(), 60);
    crate::support::in_parallel(&sample, |(number, order)| {
        let (repo, image) = (service(), format!("team/order-{number}"));
        for (at, release) in order.iter().enumerate() {
            repo.tag(&format!("api@{release}"));
            push(&registry, &image, release);
            // In two of three orders, some runs are missing or late.
            if at + 1 == order.len() || (at + number) % 3 != 0 || number % 3 == 0 {
                floated(&repo, registry.address(), &image);
                let state = expected(&registry, &image, &order[..=at]);
                assert_eq!(registry.state(&[&image]), state, "{order:?} after {release}");
            }
        }
        assert_eq!(floated(&repo, registry.address(), &image), "", "there is nothing left");
    });
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn what_moves_is_said() {
    let registry = Registry::start();
    let (repo, address, image) = (service(), registry.address(), "team/api");
    for release in ["1.2.3", "1.2.4"] {
        repo.tag(&format!("api@{release}"));
    }
    push(&registry, image, "1.2.3");
    let digest = registry.digest(image, "1.2.3").unwrap();
    let lines: String = ["1", "1.2", "latest"]
        .iter()
        .map(|tag| format!("{address}/{image}:{tag} -> 1.2.3 ({digest})\n"))
        .collect();
    let run = float(&repo, address, image, &["--dry-run"]);
    assert_eq!((run.code, &*run.stdout), (0, &*lines), "{run}");
    assert_eq!(registry.tags(image), ["1.2.3"]);
    assert_eq!(floated(&repo, address, image), lines);
    assert_eq!(floated(&repo, address, image), "");
    // An image that no release tag belongs to is no release, and one of another name is none either.
    push(&registry, image, "1.2.5");
    push(&registry, image, "2.0.0-rc.1");
    repo.tag("api@2.0.0-rc.1");
    assert_eq!(floated(&repo, address, image), "");
    // What somebody else set is repaired.
    push(&registry, image, "latest");
    assert_eq!(floated(&repo, address, image), format!("{address}/{image}:latest -> 1.2.3 ({digest})\n"));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_yanked_release_gives_way() {
    let registry = Registry::start();
    let (repo, address) = (service(), registry.address());
    RELEASES.iter().for_each(|release| repo.tag(&format!("api@{release}")));
    for yanked in RELEASES {
        let image = &*format!("team/yanked-{yanked}");
        RELEASES.iter().for_each(|release| push(&registry, image, release));
        floated(&repo, address, image);
        registry.delete(image, yanked);
        floated(&repo, address, image);
        let left: Vec<&str> = RELEASES.into_iter().filter(|release| *release != yanked).collect();
        assert_eq!(registry.state(&[image]), expected(&registry, image, &left), "{yanked}");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_tag_without_any_release_stays_and_is_told() {
    let registry = Registry::start();
    let (repo, address, image) = (service(), registry.address(), "team/api");
    repo.tag("api@1.2.3");
    push(&registry, image, "1.2");
    let before = registry.state(&[image]);
    let run = float(&repo, address, image, &[]);
    assert_eq!((run.code, &*run.stdout), (0, ""), "{run}");
    let digest = registry.digest(image, "1.2").unwrap();
    assert_eq!(
        run.stderr,
        format!(
            "warning: there is no remote, so the release tags of this clone are those that floating tags follow\n\
             warning: {address}/{image}:1.2 stays at {digest}: no release that it could move to has an image\n\
             warning: api: none of its releases has an image in {address}/{image}, so no tag moves there\n\
             nothing to set: no release with an image has floating tags\n"
        )
    );
    assert_eq!(registry.state(&[image]), before);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_tag_that_cannot_be_set_does_not_keep_the_others() {
    let registry = Registry::start();
    let proxy = Proxy::start(&registry);
    let (repo, address, image) = (service(), proxy.address(), "team/api");
    RELEASES.iter().for_each(|release| repo.tag(&format!("api@{release}")));
    RELEASES.iter().for_each(|release| push(&registry, image, release));
    for tag in ["1", "latest"] {
        proxy.fail(Fault::Status(403), When::ending("PUT", &format!("manifests/{tag}")));
    }
    let run = float(&repo, address, image, &[]);
    assert_eq!((run.code, &*run.stdout), (8, ""), "{run}");
    assert!(run.stderr.contains(&format!("cannot set the tag {address}/{image}:1 in ")), "{run}");
    assert!(
        run.stderr.contains(&format!("hint: the same command failed for {address}/{image}:latest: it")),
        "{run}"
    );
    assert!(run.stderr.contains(&format!("hint: set all the same: {address}/{image}:1.2 -> 1.2.4")), "{run}");
    let mut state = expected(&registry, image, &RELEASES);
    state.retain(|tag, _| ![format!("{image}:1"), format!("{image}:latest")].contains(tag));
    assert_eq!(registry.state(&[image]), state);
    // Each is tried once.
    let puts = proxy.requests().into_iter().filter(|request| request.method == "PUT");
    assert_eq!(puts.filter(|request| request.path.ends_with("/1")).count(), 1);
    proxy.clear();
    floated(&repo, address, image);
    assert_eq!(registry.state(&[image]), expected(&registry, image, &RELEASES));
    let run = float(&repo, address, image, &[]);
    assert!(run.stderr.contains("nothing to set: all 7 floating tags name the images"), "{run}");
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_registry_that_does_not_answer_does_not_keep_the_tags_of_others() {
    let (registry, broken) = (Registry::start(), Registry::start());
    let proxy = Proxy::start(&broken);
    proxy.fail(Fault::Status(403), When::always());
    let (repo, image) = (service(), "team/api");
    repo.tag("api@1.2.3");
    push(&registry, image, "1.2.3");
    repo.write(
        "imgver.yaml",
        format!(
            "floating: [latest, minor, major]\nservices: {{ api: {{ image: ['{}/{image}', '{}/{image}'] }} }}\n",
            proxy.address(),
            registry.address()
        ),
    );
    let run = repo.imgver(["float"]).run();
    assert_eq!((run.code, &*run.stdout), (8, ""), "{run}");
    assert!(run.stderr.contains(&format!("cannot ask the registry {}", proxy.address())), "{run}");
    assert_eq!(registry.state(&[image]), expected(&registry, image, &["1.2.3"]));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn several_runs_at_once_leave_the_right_tags() {
    let registry = Registry::start();
    for round in 0..12 {
        let (repo, image) = (service(), &*format!("team/at-once-{round}"));
        thread::scope(|scope| {
            for release in RELEASES {
                let (repo, registry) = (&repo, &registry);
                scope.spawn(move || {
                    repo.tag(&format!("api@{release}"));
                    push(registry, image, release);
                    floated(repo, registry.address(), image);
                });
            }
        });
        // Nothing runs after them.
        assert_eq!(registry.state(&[image]), expected(&registry, image, &RELEASES), "round {round}");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_run_that_ends_at_any_request_is_completed_by_the_next() {
    let registry = Registry::start();
    let proxy = Proxy::start(&registry);
    let repo = service();
    RELEASES.iter().for_each(|release| repo.tag(&format!("api@{release}")));
    let prepared = |image: &str| {
        // The highest release of one line has no image, and one tag is wrong.
        RELEASES
            .iter()
            .filter(|release| **release != "2.0.1")
            .for_each(|release| push(&registry, image, release));
        push(&registry, image, "1");
        expected(&registry, image, &["0.9.1", "1.2.3", "1.2.4", "1.3.0", "2.0.0"])
    };
    let undisturbed = prepared("team/undisturbed");
    floated(&repo, proxy.address(), "team/undisturbed");
    assert_eq!(registry.state(&["team/undisturbed"]), undisturbed);
    let requests = proxy.requests().len();
    assert!(requests > 20, "{requests}");
    for stop in 0..requests {
        let image = &*format!("team/stopped-{stop}");
        let expected = prepared(image);
        proxy.clear();
        proxy.fail(Fault::Status(403), When::nth(stop));
        let run = float(&repo, proxy.address(), image, &[]);
        // That a registry denies access to /v2/ alone may mean nothing.
        let hit = proxy.requests().len() > stop;
        assert!(
            run.code == 8 || run.code == 0 && registry.state(&[image]) == expected,
            "{stop} ({hit}): {run}"
        );
        assert!(run.code == 0 || run.stdout.is_empty(), "{run}");
        proxy.clear();
        floated(&repo, proxy.address(), image);
        assert_eq!(registry.state(&[image]), expected, "stopped at request {stop} of {requests}");
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn no_fault_of_a_registry_reads_as_nothing_to_do() {
    let registry = Registry::start();
    let proxy = Proxy::start(&registry);
    let (repo, image) = (service(), "team/api");
    repo.tag("api@1.2.3");
    push(&registry, image, "1.2.3");
    let before = registry.state(&[image]);
    for fault in [
        Fault::Status(401),
        Fault::Status(403),
        Fault::Status(400),
        Fault::RetryAfter(429, "3600".to_owned()),
        Fault::Garbage,
        Fault::WrongDigest,
    ] {
        for when in [When::always(), When::matching("HEAD", "manifests/1.2.3")] {
            proxy.clear();
            proxy.fail(fault.clone(), when.clone());
            let run = float(&repo, proxy.address(), image, &[]);
            // What a response to HEAD cannot show, reading it does.
            let is_seen_late = fault == Fault::WrongDigest || fault == Fault::Garbage;
            assert!(run.code == 8 || is_seen_late && run.code == 0, "{fault:?} {when:?}: {run}");
            if run.code == 8 {
                assert_eq!(run.stdout, "", "{run}");
                assert_eq!(registry.state(&[image]), before, "{fault:?}");
            } else {
                // It was read again, by its digest, and is right.
                assert_eq!(registry.state(&[image]), expected(&registry, image, &["1.2.3"]), "{fault:?}");
                proxy.clear();
                registry.delete(image, "latest");
                push(&registry, image, "1.2.3");
            }
        }
    }
    // What passes is waited for.
    for fault in [Fault::RetryAfter(429, "0".to_owned()), Fault::RetryAfter(503, "0".to_owned()), Fault::Cut]
    {
        proxy.clear();
        proxy.fail(fault, When::always().once());
        floated(&repo, proxy.address(), image);
        assert_eq!(registry.state(&[image]), expected(&registry, image, &["1.2.3"]));
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn hundreds_of_releases_take_about_two_questions_a_line() {
    let registry = Registry::start();
    let proxy = Proxy::start(&registry);
    let (repo, image) = (service(), "team/api");
    let lines = 24;
    for minor in 0..lines {
        for patch in 0..10 {
            repo.tag(&format!("api@1.{minor}.{patch}"));
        }
        push(&registry, image, &format!("1.{minor}.9"));
    }
    floated(&repo, proxy.address(), image);
    proxy.clear();
    assert_eq!(floated(&repo, proxy.address(), image), "");
    let heads = proxy.requests().iter().filter(|request| request.method == "HEAD").count();
    // The lines, and `latest` and `1`, whose highest release is that of a line.
    assert_eq!(heads, 2 * lines + 2);
}
