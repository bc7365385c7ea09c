//! The events of Gitea and Forgejo: payloads of the form of Gitea's `modules/structs/hook.go`, which Forgejo shares, and the
//! variables that their runners set.

use super::shop::{ALL, Event, GO, MIGRATOR, NODE, NOWHERE, Shop, TAG, lines};

/// What the runner of each sets beside `GITHUB_*` and `ACT=true`.
const RUNNERS: [&[&str]; 2] = [&["GITEA_ACTIONS"], &["GITEA_ACTIONS", "FORGEJO_ACTIONS"]];

const PULL_REQUEST: &str = "refs/pull/17/head";

/// An event as the runner of a server presents it. Ones and threes in the payload are the fork and main, twos are `sha`.
fn event<'s>(shop: &'s Shop, fixture: &str, reference: &str, sha: &str, runner: &[&str]) -> Event<'s> {
    let name = match fixture {
        "pull-request" => "pull_request",
        "dispatch" => "workflow_dispatch",
        _ => fixture.split('-').next().unwrap(),
    };
    let (kind, short) = match reference.strip_prefix("refs/").unwrap().split_once('/').unwrap() {
        ("heads", branch) => ("branch", branch),
        ("tags", tag) => ("tag", tag),
        (_, other) => ("", other),
    };
    let event = shop.recorded(&format!("gitea/{fixture}"), [&shop.fork, sha, &shop.main]);
    let event = event
        .set("GITHUB_EVENT_NAME", name)
        .set("GITHUB_REF", reference)
        .set("GITHUB_REF_TYPE", kind)
        .set("GITHUB_REF_NAME", short)
        .set("GITHUB_SHA", sha)
        .set("ACT", "true");
    runner.iter().fold(event, |event, variable| event.set(variable, "true"))
}

#[test]
fn events_of_gitea_and_forgejo_are_planned() {
    let shop = Shop::new();
    let (main, topic) = ("refs/heads/main", "refs/heads/topic");
    let changed = [GO, MIGRATOR];
    for runner in RUNNERS {
        for (fixture, reference, sha, services, environment, push, version, warnings) in [
            ("push-branch", main, &shop.main, &changed[..], "staging", true, "", 0),
            ("push-branch-first", topic, &shop.topic, &ALL, "staging", true, "", 1),
            ("push-tag", TAG, &shop.main, &[GO], "production", true, "1.4.0", 0),
            ("release", TAG, &shop.main, &[GO], "production", true, "1.4.0", 0),
            ("pull-request", PULL_REQUEST, &shop.topic, &[NODE], "development", false, "", 0),
            ("dispatch", main, &shop.main, &[NODE], "development", true, "", 0),
            ("schedule", main, &shop.main, &ALL, "staging", true, "", 0),
        ] {
            let plan = event(&shop, fixture, reference, sha, runner).plan();
            assert_eq!(plan.stdout, lines(services, environment, push, version), "{fixture} {runner:?}");
            assert_eq!(plan.warnings.len(), warnings, "{fixture}: {:?}", plan.warnings);
        }
    }
}

#[test]
fn only_a_server_says_whose_runner_it_is() {
    let shop = Shop::new();
    let push = |runner: &[&str]| event(&shop, "push-branch", "refs/heads/main", &shop.main, runner);
    assert!(!push(&[]).plan().push, "act, or the runner's own command exec");
    assert!(push(&["FORGEJO_ACTIONS"]).plan().push);
    assert!(!push(&["GITEA_ACTIONS"]).set("GITEA_ACTIONS", "false").plan().push);
    assert!(!push(&["GITEA_ACTIONS"]).args(&["--act", "true"]).plan().push);
}

#[test]
fn a_force_push_selects_all() {
    let shop = Shop::new();
    let push = event(&shop, "push-branch", "refs/heads/topic", &shop.topic, RUNNERS[0]);
    let plan = push.with_field("/before", NOWHERE).plan();
    assert_eq!(plan.services, ALL);
    assert!(plan.warnings[0].contains("force push"), "{:?}", plan.warnings);
}

#[test]
fn a_pull_request_is_compared_with_its_merge_base() {
    let shop = Shop::new();
    let proposed = |sha| event(&shop, "pull-request", PULL_REQUEST, sha, RUNNERS[1]).args(&["--explain"]);
    let explained = proposed(&shop.topic).run().output.stderr;
    let base = format!("base {}: the merge base with the base branch\n", shop.fork);
    assert!(explained.contains(&base), "{explained}");
    // The head itself may be a merge: of the base branch into the change, whose first parent is then the change.
    shop.repo.git(["checkout", "-q", "topic"]);
    shop.repo.git(["merge", "-q", "--no-ff", "-m", "catch up", "main"]);
    let caught_up = shop.repo.head();
    let run = proposed(&caught_up).run();
    assert_eq!(run.plan().services, [NODE]);
    let base = format!("base {}: the merge base with the base branch\n", shop.main);
    assert!(run.output.stderr.contains(&base), "{}", run.output);
}

#[test]
fn a_run_on_a_tag_releases_it_again() {
    let shop = Shop::new();
    let event = event(&shop, "dispatch", TAG, &shop.main, RUNNERS[0]);
    let event = event.with_field("/inputs/service", GO).with_field("/ref", TAG);
    assert_eq!(event.plan().stdout, lines(&[GO], "production", true, "1.4.0"));
}

#[test]
fn what_has_no_plan_says_so() {
    let shop = Shop::new();
    let of = |fixture, reference| event(&shop, fixture, reference, &shop.main, RUNNERS[0]);
    let updated = of("release-updated", TAG).refused(5);
    assert!(updated.contains("types: [published]"), "{updated}");
    let deleted = of("delete", "refs/heads/main").refused(5);
    assert!(deleted.contains("no plan for the event 'delete'"), "{deleted}");
    let called = of("push-branch", "refs/heads/main").set("GITHUB_EVENT_NAME", "workflow_call").refused(5);
    assert!(called.contains("--event-name"), "{called}");
}
