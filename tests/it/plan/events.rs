//! What every event means: services, environment, push, version.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::shop::{ALL, EARLIER, Event, GO, MIGRATOR, NODE, NOWHERE, Shop, TAG, fixtures, lines};
use crate::support::image_of;

/// What is planned for the event of a fixture.
struct Row {
    fixture: &'static str,
    services: &'static [&'static str],
    environment: &'static str,
    push: bool,
    version: &'static str,
    /// A warning is due.
    warned: bool,
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
const OVERVIEW: [Row; 12] = [
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
];

/// Nothing is built from what was deleted, whatever it would have been built for.
const DELETED: [&str; 2] = ["push-tag-deleted", "push-branch-deleted"];

#[test]
fn overview() {
    let shop = Shop::new();
    for Row { fixture, services, environment, push, version, warned } in OVERVIEW {
        let planned = shop.event(fixture).run();
        let plan = planned.plan();
        assert_eq!(plan.stdout, lines(services, environment, push, version), "{fixture}");
        assert_eq!(plan.warnings.len(), usize::from(warned), "{fixture}: {:?}", plan.warnings);
        assert_eq!(planned.output.stderr.is_empty(), !warned, "{fixture}: {}", planned.output);
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
            deleted.clone().set("ACT", "true"),
        ] {
            let plan = event.plan();
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
    let files: BTreeSet<String> = files.map(|name| name.replace(".json", "")).collect();
    assert_eq!(files, rows.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn under_act_nothing_is_pushed() {
    let shop = Shop::new();
    for Row { fixture, services, environment, push, version, .. } in OVERVIEW {
        let event = shop.event(fixture);
        let local = lines(services, environment, false, version);
        let real = lines(services, environment, push, version);
        for (event, expected) in [
            (event.clone().set("ACT", "true"), &local),
            (event.clone().args(&["--act", "true"]), &local),
            (event.clone().args(&["--act", "true"]).set("ACT", "false"), &local),
            (event.clone().args(&["--act", "false"]).set("ACT", "true"), &real),
            (event.clone().set("ACT", "false"), &real),
            (event.clone().set("ACT", ""), &real),
        ] {
            assert_eq!(&event.plan().stdout, expected, "{fixture}");
        }
    }
}

#[test]
fn a_plan_is_the_same_every_time() {
    let shop = Shop::new();
    for fixture in fixtures() {
        let event = shop.event(fixture);
        assert_eq!(event.plan(), event.plan(), "{fixture}");
        let explained = event.clone().args(&["--explain"]).run();
        assert_eq!(explained.plan().stdout, event.plan().stdout, "{fixture}");
    }
    let explained = shop.event("push-branch").args(&["--explain"]).run().output.stderr;
    assert!(explained.contains(&format!("{MIGRATOR}/main.txt")), "why is it built? {explained}");
}

/// The keys that JSON has beside the five outputs are told apart by `wanted`.
fn assert_json(event: &Event<'_>, wanted: &Value) {
    let text = event.plan();
    let planned = event.clone().args(&["--output", "json"]).run();
    let object = planned.output.json();
    for (key, value) in wanted.as_object().unwrap() {
        assert_eq!(&object[key], value, "{key} in {object}");
    }
    for line in text.stdout.lines() {
        let (name, value) = line.split_once('=').unwrap();
        let value = match name {
            "environment" | "version" => json!(value),
            _ => serde_json::from_str(value).unwrap(),
        };
        assert_eq!(object[name], value, "{name}");
    }
    assert_eq!(object["warnings"].as_array().map(Vec::len), Some(text.warnings.len()), "{object}");
    let keys: BTreeSet<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    let nine =
        ["services", "environment", "push", "version", "matrix", "base", "head", "changed", "warnings"];
    assert_eq!(keys, BTreeSet::from(nine));
    assert_eq!(planned.outputs, event.run().outputs, "the outputs do not depend on what is printed");
}

#[test]
fn json_is_the_whole_plan() {
    let shop = Shop::new();
    let files = json!([format!("{MIGRATOR}/main.txt")]);
    let changed = json!([{"service": GO, "files": files}, {"service": MIGRATOR, "files": files}]);
    let push = shop.event("push-branch");
    assert_json(&push, &json!({"base": shop.fork, "head": shop.main, "changed": changed}));
    let image = image_of(NODE);
    let entry = json!({"service": NODE, "name": "api-node", "context": NODE, "image": image});
    let matrix = json!({"include": [entry]});
    assert_json(&shop.event("dispatch-version"), &json!({"matrix": matrix, "base": null, "changed": null}));
    assert_json(&shop.event("push-tag"), &json!({"push": true, "base": null, "changed": null}));
    let all = json!({"services": ALL, "base": null, "changed": null});
    assert_json(&shop.event("push-branch-first"), &all);
    assert_json(&shop.event("push-branch-force"), &all);
    let files = json!([format!("{NODE}/main.txt")]);
    let changed = json!([{"service": NODE, "files": files}]);
    let since_the_fork = json!({"base": shop.fork, "head": shop.topic, "changed": changed});
    assert_json(&shop.event("pull-request"), &since_the_fork);
    assert_json(&shop.event("pull-request-fork"), &since_the_fork);
    let merged = json!({"base": shop.main, "head": shop.merge, "changed": changed});
    assert_json(&shop.event("merge-group"), &merged);
    assert_json(&shop.event("push-branch-deleted"), &json!({"services": [], "changed": null}));
}

#[test]
fn usage() {
    let shop = Shop::new();
    for args in [
        &["--output", "yaml"][..],
        &["--act", "perhaps"],
        &["--quantifier", "most"],
        &["--event-name", "push", "--event-name", "push"],
        &["service"],
        &["--no-such"],
        &["--ref"],
    ] {
        let planned = shop.event("push-branch").args(args).run();
        assert_eq!((planned.output.code, &*planned.output.stdout), (2, ""), "{args:?}: {}", planned.output);
        assert_eq!([&*planned.outputs, &*planned.summary], [EARLIER; 2], "{args:?}");
    }
}

#[test]
fn an_image_that_only_task_knows_is_null() {
    let shop = Shop::new();
    shop.repo
        .write(&format!("{NODE}/Taskfile.yaml"), "version: '3'\nvars:\n  IMAGE_REPO: '{{.REGISTRY}}/api'\n");
    shop.repo.commit("a template");
    let plan = shop.event("dispatch").plan();
    let entry = format!(r#"{{"service":"{NODE}","name":"api-node","context":"{NODE}","image":null}}"#);
    assert!(plan.stdout.ends_with(&format!("\nmatrix={{\"include\":[{entry}]}}\n")), "{}", plan.stdout);
}

#[test]
fn an_image_that_is_none_is_refused_where_it_counts() {
    let shop = Shop::new();
    for image in ["Team/api", "team/a|b", "team/api:1", "team/$(id)", "<b>", "x<<EOF", "-x", "../x"] {
        let text = format!("version: '3'\nvars:\n  IMAGE_REPO: '{image}'\n");
        shop.repo.write(&format!("{NODE}/Taskfile.yaml"), text);
        for fixture in ["dispatch", "push-branch-first", "pull-request"] {
            let error = shop.event(fixture).refused(5);
            assert!(error.contains(&format!("{NODE}/Taskfile.yaml")), "{image}: {error}");
        }
        assert_eq!(
            shop.event("push-tag").plan().stdout,
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
            let plan = event.plan();
            (plan.services, plan.warnings.len())
        };
        let only = |service: &str| (vec![service.to_owned()], 0);
        let all = || (ALL.map(str::to_owned).to_vec(), 1);
        // The tip is the pull request's own, and the merge commit only stands in for it.
        assert_eq!(services(event.clone().set("GITHUB_SHA", &shop.main)), only(NODE));
        assert_eq!(services(event.clone().with_field("/pull_request/head/sha", NOWHERE)), only(NODE));
        // A base that is nowhere: everything may have changed.
        assert_eq!(services(event.clone().with_field("/pull_request/base/sha", NOWHERE)), all());
        // A base given by hand takes the place of the event's: what the base branch did since is no change.
        for base in [&*shop.main, "main"] {
            assert_eq!(services(event.clone().args(&["--base", base])), only(NODE));
        }
        assert_eq!(services(event.clone().args(&["--base", &shop.fork])), only(NODE));
        // What was merged back is no change of the pull request's.
        let merged = event.clone().with_field("/pull_request/head/sha", &*shop.merge);
        assert_eq!(services(merged), only(NODE));
    }
    let event = shop.event("merge-group");
    let group = event.clone().with_field("/merge_group/head_sha", &*shop.topic);
    assert_eq!(group.plan().services, [NODE]);
    let all = event.clone().with_field("/merge_group/base_sha", NOWHERE).plan();
    assert_eq!((all.services.len(), all.warnings.len(), all.push), (3, 1, false));
}

#[test]
fn histories_that_have_nothing_in_common_differ_in_everything() {
    let shop = Shop::new();
    shop.repo.git(["checkout", "-q", "--orphan", "island"]);
    let island = shop.repo.commit("island");
    shop.repo.git(["checkout", "-q", "main"]);
    let plan = shop.event("pull-request").with_field("/pull_request/base/sha", &*island).plan();
    assert_eq!(plan.services, ALL);
    assert_eq!(plan.warnings.len(), 1, "{:?}", plan.warnings);
}

#[test]
fn events_that_are_not_supported() {
    let shop = Shop::new();
    for fixture in fixtures() {
        let event = shop.event(fixture);
        for name in
            ["schedule", "pull_request_target", "release", "delete", "create", "Push", " push", "push\n", ""]
        {
            let error = event.clone().set("GITHUB_EVENT_NAME", name).refused(5);
            assert!(name.is_empty() || error.contains(name.trim()), "{error}");
        }
        let error = event.clone().unset("GITHUB_EVENT_NAME").refused(5);
        assert!(error.contains("GITHUB_EVENT_NAME") && error.contains("--event-name"), "{error}");
    }
}

#[test]
fn a_dispatch_names_a_service_by_its_path() {
    let shop = Shop::new();
    let event = shop.event("dispatch");
    let dispatched = |service: &str| event.clone().with_field("/inputs/service", service);
    for service in ALL {
        assert_eq!(dispatched(service).plan().stdout, lines(&[service], "development", true, ""));
    }
    let error = dispatched("api-golang").refused(5);
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
        let error = dispatched(service).refused(5);
        assert!(!service.contains("golan") || error.contains("api-golang"), "the nearest is named: {error}");
    }
}

#[test]
fn a_dispatch_may_bring_a_version() {
    let shop = Shop::new();
    let event = shop.event("dispatch-version");
    let longest = "v".repeat(128);
    for version in ["1.4.0", "latest", "_", "a.b-c_d", "0", &longest] {
        let plan = event.clone().with_field("/inputs/version", version).plan();
        assert_eq!(plan.stdout, lines(&[NODE], "development", true, version));
        // It may be what somebody wants, but the image of a release would be lost.
        let warned = plan.warnings.iter().any(|warning| warning.contains("looks like a release"));
        assert_eq!(warned, version == "1.4.0", "{:?}", plan.warnings);
    }
    let too_long = "v".repeat(129);
    for version in [" ", "1.0 ", ".1", "-1", "1/2", "1:2", "a@b", "1+2", "é", &too_long] {
        let error = event.clone().with_field("/inputs/version", version).refused(5);
        assert!(error.contains("version"), "{error}");
    }
    let unset = event.clone().without_field("/inputs/version").plan();
    assert_eq!(unset.version, "");
    // From a tag, too, a dispatch is a dispatch.
    let from_tag = event.clone().set("GITHUB_REF", TAG).set("GITHUB_REF_TYPE", "tag").plan();
    assert_eq!(from_tag.stdout, lines(&[NODE], "development", true, "try-7_b.2"));
}
