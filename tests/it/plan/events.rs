//! `imgver plan` as a program: its flags, its variables and its JSON.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::shop::{ALL, EARLIER, Event, GO, MIGRATOR, NODE, Shop, fixtures, lines};
use crate::ops::plan::events::{OVERVIEW, Row};
use crate::support::image_of;

#[test]
fn the_program_prints_what_is_decided() {
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
fn under_act_nothing_is_pushed() {
    let shop = Shop::new();
    for Row { fixture, services, environment, push, version, .. } in OVERVIEW {
        let event = shop.event(fixture);
        let local = lines(services, environment, false, version);
        let real = lines(services, environment, push, version);
        for (event, expected) in [
            (event.clone().set("ACT", "true"), &local),
            // As `env.ACT == 'true'` compares them in a workflow.
            (event.clone().set("ACT", "TRUE"), &local),
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
    let all = "all services are selected";
    let base = format!("base {}: the first parent of the merge", shop.main);
    let tag = "services/go/api-golang@1.4.0";
    let stale = shop.event("pull-request").set("GITHUB_SHA", &shop.main).args(&["--explain"]);
    let stale = stale.run().output.stderr;
    let reason =
        format!("base {}: the merge base with the base branch as the event has it: {}", shop.fork, shop.main);
    assert!(stale.contains(&reason), "{stale}");
    for (fixture, words) in [
        ("release", &["the release of the tag", tag, "services/go/api-golang: the event names it"][..]),
        ("dispatch-tag", &["by hand", tag]),
        ("dispatch-all", &["by hand for all services", all]),
        ("schedule", &["a schedule", all]),
        ("repository-dispatch", &["another program", all]),
        ("pull-request", &[&base]),
    ] {
        let explained = shop.event(fixture).args(&["--explain"]).run().output.stderr;
        for word in words {
            assert!(explained.contains(word), "{fixture}: {word} in {explained}");
        }
    }
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
    let ten = [
        "services",
        "environment",
        "push",
        "version",
        "matrix",
        "base",
        "head",
        "changed",
        "images",
        "warnings",
    ];
    assert_eq!(keys, BTreeSet::from(ten));
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
    let entry = json!({"service": NODE, "name": "api-node", "context": NODE, "dockerfile": "", "target": "", "platforms": "", "image": image, "images": image});
    let matrix = json!({"include": [entry]});
    assert_json(&shop.event("dispatch-version"), &json!({"matrix": matrix, "base": null, "changed": null}));
    assert_json(&shop.event("push-tag"), &json!({"push": true, "base": null, "changed": null}));
    let all = json!({"services": ALL, "base": null, "changed": null});
    assert_json(&shop.event("push-branch-first"), &all);
    assert_json(&shop.event("push-branch-force"), &all);
    let files = json!([format!("{NODE}/main.txt")]);
    let changed = json!([{"service": NODE, "files": files}]);
    let merged = json!({"base": shop.main, "head": shop.merge, "changed": changed});
    assert_json(&shop.event("pull-request"), &merged);
    assert_json(&shop.event("pull-request-fork"), &merged);
    assert_json(&shop.event("merge-group"), &merged);
    let since_the_fork = json!({"base": shop.fork, "head": shop.topic, "changed": changed});
    assert_json(&shop.event("pull-request").unset("GITHUB_SHA"), &since_the_fork);
    let none_compared = json!({"services": ALL, "base": null, "head": null, "changed": null});
    for fixture in ["dispatch-all", "schedule", "repository-dispatch"] {
        assert_json(&shop.event(fixture), &none_compared);
    }
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
