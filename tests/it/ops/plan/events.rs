//! What every event means: services, environment, push, version.

use std::collections::BTreeSet;
use std::fs;

use imgver::error::Kind;

use crate::plan::shop::{ALL, Event, GO, MIGRATOR, NODE, NOWHERE, Shop, fixtures, lines};

/// What is planned for the event of a fixture.
pub(crate) struct Row {
    pub(crate) fixture: &'static str,
    pub(crate) services: &'static [&'static str],
    pub(crate) environment: &'static str,
    pub(crate) push: bool,
    pub(crate) version: &'static str,
    /// A warning is due.
    pub(crate) warned: bool,
}

const fn row(
    fixture: &'static str,
    services: &'static [&'static str],
    environment: &'static str,
    push: bool,
    version: &'static str,
    warned: bool,
) -> Row {
    Row { fixture, services, environment, push, version, warned }
}

/// All of section 5's table. Between `before` and `after` of the pushes, the migrator changed; since the merge base of
/// the pull requests, api-node did; api-golang watches the migrator.
pub(crate) const OVERVIEW: [Row; 19] = [
    row("push-tag", &[GO], "production", true, "1.4.0", false),
    row("act-tag", &[GO], "production", true, "1.4.0", false),
    row("dispatch", &[NODE], "development", true, "", false),
    row("act-dispatch", &[NODE], "development", true, "", false),
    row("dispatch-version", &[NODE], "development", true, "try-7_b.2", false),
    row("push-branch", &[GO, MIGRATOR], "staging", true, "", false),
    row("act-push", &[GO, MIGRATOR], "staging", true, "", false),
    row("push-branch-first", &ALL, "staging", true, "", true),
    row("push-branch-force", &ALL, "staging", true, "", true),
    row("pull-request", &[NODE], "development", false, "", false),
    row("pull-request-fork", &[NODE], "development", false, "", false),
    row("merge-group", &[NODE], "development", false, "", false),
    row("release", &[GO], "production", true, "1.4.0", false),
    row("act-release", &[GO], "production", true, "1.4.0", false),
    row("dispatch-tag", &[GO], "production", true, "1.4.0", false),
    row("dispatch-tag-bare", &[GO], "production", true, "1.4.0", false),
    row("dispatch-all", &ALL, "development", true, "", false),
    row("repository-dispatch", &ALL, "development", true, "", false),
    row("schedule", &ALL, "staging", true, "", false),
];

/// Nothing is built from what was deleted, whatever it would have been built for.
const DELETED: [&str; 2] = ["push-tag-deleted", "push-branch-deleted"];

#[test]
fn overview() {
    let shop = Shop::new();
    for Row { fixture, services, environment, push, version, warned } in OVERVIEW {
        let event = shop.event(fixture);
        let plan = event.decided();
        assert_eq!(plan.stdout, lines(services, environment, push, version), "{fixture}");
        assert_eq!(plan.warnings.len(), usize::from(warned), "{fixture}: {:?}", plan.warnings);
        assert_eq!(event.local().decided().stdout, lines(services, environment, false, version), "{fixture}");
    }
}

#[test]
fn what_was_deleted_is_not_built() {
    let shop = Shop::new();
    for fixture in DELETED {
        let deleted = shop.event(fixture);
        let reference = deleted.payload()["ref"].as_str().unwrap().to_owned();
        for event in [
            deleted.clone(),
            deleted.clone().set("GITHUB_REF", &reference),
            deleted.clone().without_field("/deleted"),
            deleted.clone().without_field("/after"),
            deleted.clone().local(),
        ] {
            let plan = event.decided();
            assert_eq!(plan.services, Vec::<String>::new(), "{fixture}");
            assert!(!plan.push, "{fixture}");
            assert!(plan.stdout.ends_with("\nmatrix={\"include\":[]}\n"), "{fixture}: {}", plan.stdout);
            assert_eq!(plan.warnings.len(), 1, "{fixture}: {:?}", plan.warnings);
            assert!(plan.warnings[0].contains("deleted"), "{fixture}: {:?}", plan.warnings);
            // The default branch, whose run it is, is still there.
            let short = reference.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/");
            assert!(plan.warnings[0].contains(short), "{fixture}: {:?}", plan.warnings);
            assert!(!plan.warnings[0].contains("main"), "{fixture}: {:?}", plan.warnings);
        }
    }
}

#[test]
fn every_fixture_has_its_row() {
    let rows: BTreeSet<&str> = OVERVIEW.iter().map(|row| row.fixture).chain(DELETED).collect();
    assert_eq!(fixtures().collect::<BTreeSet<_>>(), rows);
    let directory = format!("{}/tests/events", env!("CARGO_MANIFEST_DIR"));
    let files =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> =
        files.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())).collect();
    assert_eq!(files, rows.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn an_image_that_only_task_knows_is_empty() {
    let shop = Shop::new();
    shop.repo
        .write(&format!("{NODE}/Taskfile.yaml"), "version: '3'\nvars:\n  IMAGE_REPO: '{{.REGISTRY}}/api'\n");
    shop.repo.commit("a template");
    let plan = shop.event("dispatch").decided();
    let entry = crate::plan::shop::entry(NODE, "");
    assert!(plan.stdout.ends_with(&format!("\nmatrix={{\"include\":[{entry}]}}\n")), "{}", plan.stdout);
}

#[test]
fn an_image_that_is_none_is_refused_where_it_counts() {
    let shop = Shop::new();
    for image in ["Team/api", "team/a|b", "team/api:1", "team/$(id)", "<b>", "x<<EOF", "-x", "../x"] {
        let text = format!("version: '3'\nvars:\n  IMAGE_REPO: '{image}'\n");
        shop.repo.write(&format!("{NODE}/Taskfile.yaml"), text);
        for fixture in ["dispatch", "push-branch-first", "pull-request"] {
            let error = shop.event(fixture).refusal(Kind::Input);
            assert!(error.contains(&format!("{NODE}/Taskfile.yaml")), "{image}: {error}");
        }
        assert_eq!(
            shop.event("push-tag").decided().stdout,
            lines(&[GO], "production", true, "1.4.0"),
            "{image}"
        );
    }
}

#[test]
fn a_pull_request_is_compared_with_its_merge_base() {
    let shop = Shop::new();
    for fixture in ["pull-request", "pull-request-fork"] {
        let event = shop.event(fixture);
        let services = |event: Event<'_>| {
            let plan = event.decided();
            (plan.services, plan.warnings.len())
        };
        let only = |service: &str| (vec![service.to_owned()], 0);
        let all = || (ALL.map(str::to_owned).to_vec(), 1);
        // The tip is the pull request's own, and the merge commit only stands in for it.
        assert_eq!(services(event.clone().set("GITHUB_SHA", &shop.main)), only(NODE));
        assert_eq!(services(event.clone().with_field("/pull_request/head/sha", NOWHERE)), only(NODE));
        // A base that is nowhere: everything may have changed, unless the merge says what it was merged into.
        let nowhere = event.clone().with_field("/pull_request/base/sha", NOWHERE);
        assert_eq!(services(nowhere.clone()), only(NODE));
        assert_eq!(services(nowhere.unset("GITHUB_SHA")), all());
        // A base given by hand takes the place of the event's: what the base branch did since is no change.
        for base in [&*shop.main, "main"] {
            assert_eq!(services(event.clone().base(base)), only(NODE));
        }
        assert_eq!(services(event.clone().base(&shop.fork)), only(NODE));
        // What was merged back is no change of the pull request's.
        let merged = event.clone().with_field("/pull_request/head/sha", &*shop.merge);
        assert_eq!(services(merged), only(NODE));
    }
    let event = shop.event("merge-group");
    let group = event.clone().with_field("/merge_group/head_sha", &*shop.topic);
    assert_eq!(group.decided().services, [NODE]);
    let all = event.clone().with_field("/merge_group/base_sha", NOWHERE).decided();
    assert_eq!((all.services.len(), all.warnings.len(), all.push), (3, 1, false));
}

#[test]
fn histories_that_have_nothing_in_common_differ_in_everything() {
    let shop = Shop::new();
    shop.repo.git(["checkout", "-q", "--orphan", "island"]);
    let island = shop.repo.commit("island");
    shop.repo.git(["checkout", "-q", "main"]);
    let event = shop.event("pull-request").unset("GITHUB_SHA");
    let plan = event.with_field("/pull_request/base/sha", &*island).decided();
    assert_eq!(plan.services, ALL);
    assert_eq!(plan.warnings.len(), 1, "{:?}", plan.warnings);
}

#[test]
fn events_that_are_not_supported() {
    let shop = Shop::new();
    for fixture in fixtures() {
        let event = shop.event(fixture);
        for name in [
            "issues",
            "pull_request_target",
            "workflow_run",
            "delete",
            "create",
            "Push",
            " push",
            "push\n",
            "",
        ] {
            let error = event.clone().set("GITHUB_EVENT_NAME", name).refusal(Kind::Input);
            assert!(name.is_empty() || error.contains(name.trim()), "{error}");
        }
        let error = event.clone().unset("GITHUB_EVENT_NAME").refusal(Kind::Input);
        assert!(error.contains("GITHUB_EVENT_NAME") && error.contains("--event-name"), "{error}");
    }
}

#[test]
fn a_dispatch_names_a_service_by_its_path() {
    let shop = Shop::new();
    let event = shop.event("dispatch");
    let dispatched = |service: &str| event.clone().with_field("/inputs/service", service);
    for service in ALL {
        assert_eq!(dispatched(service).decided().stdout, lines(&[service], "development", true, ""));
    }
    let error = dispatched("api-golang").refusal(Kind::Input);
    let hint = error.lines().find(|line| line.starts_with("hint: "));
    assert!(hint.is_some_and(|hint| hint.contains(GO)), "{error}");
    for service in [
        "",
        ".",
        "services",
        "services/go/api-golan",
        "services/go/api-golang/",
        "./services/go/api-golang",
        "/services/go/api-golang",
        "services/go/../go/api-golang",
        "services//go/api-golang",
        " services/go/api-golang",
        "services/go/api-golang ",
        "services/go/api-golang\n",
        "SERVICES/GO/API-GOLANG",
        "services/*/*",
    ] {
        let error = dispatched(service).refusal(Kind::Input);
        assert!(!service.contains("golan") || error.contains("api-golang"), "the nearest is named: {error}");
    }
}

#[test]
fn a_dispatch_may_bring_a_version() {
    let shop = Shop::new();
    let event = shop.event("dispatch-version");
    let longest = "v".repeat(128);
    for version in ["1.4.0", "latest", "_", "a.b-c_d", "0", &longest] {
        let plan = event.clone().with_field("/inputs/version", version).decided();
        assert_eq!(plan.stdout, lines(&[NODE], "development", true, version));
        // It may be what somebody wants, but the image of a release would be lost.
        let warned = plan.warnings.iter().any(|warning| warning.contains("looks like a release"));
        assert_eq!(warned, version == "1.4.0", "{:?}", plan.warnings);
    }
    let too_long = "v".repeat(129);
    for version in [" ", "1.0 ", ".1", "-1", "1/2", "1:2", "a@b", "1+2", "é", &too_long] {
        let error = event.clone().with_field("/inputs/version", version).refusal(Kind::Input);
        assert!(error.contains("version"), "{error}");
    }
    let unset = event.clone().without_field("/inputs/version").decided();
    assert_eq!(unset.version, "");
}
