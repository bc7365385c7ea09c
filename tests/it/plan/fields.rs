//! Where the facts come from: variables, flags and the payload, present, absent, surplus or of another type.

use serde_json::{Value, json};

use super::shop::{ALL, Event, GO, MIGRATOR, NODE, NOWHERE, Shop, TAG, fixtures, lines};

/// The fields without which an event means nothing.
const REQUIRED: [(&str, &[&str]); 9] = [
    ("dispatch", &["/inputs", "/inputs/service"]),
    ("dispatch-version", &["/inputs", "/inputs/service"]),
    ("act-dispatch", &["/inputs", "/inputs/service"]),
    ("pull-request", &["/pull_request", "/pull_request/base", "/pull_request/base/sha"]),
    ("pull-request-fork", &["/pull_request", "/pull_request/base", "/pull_request/base/sha"]),
    ("merge-group", &["/merge_group", "/merge_group/base_sha"]),
    ("dispatch-all", &["/inputs", "/inputs/service"]),
    ("release", &["/action", "/release", "/release/tag_name"]),
    ("act-release", &["/action", "/release", "/release/tag_name"]),
];

#[test]
fn a_required_field_is_missed_by_name() {
    let shop = Shop::new();
    for (fixture, pointers) in REQUIRED {
        let whole = shop.event(fixture);
        for pointer in pointers {
            let name = pointer.trim_start_matches('/').replace('/', ".");
            let error = whole.clone().without_field(pointer).refused(5);
            assert!(error.contains(&name), "{fixture} without {name}: {error}");
            for wrong in [json!(null), json!(7), json!(true), json!([]), json!(["x"]), json!("")] {
                let error = whole.clone().with_field(pointer, wrong.clone()).refused(5);
                let word = if wrong == "" { name.rsplit('.').next().unwrap() } else { &name };
                assert!(error.contains(word), "{fixture} with {name} = {wrong}: {error}");
            }
        }
    }
}

#[test]
fn no_other_field_matters() {
    let shop = Shop::new();
    for fixture in fixtures() {
        let event = shop.event(fixture);
        let expected = event.plan();
        let required: &[&str] = match fixture {
            "push-branch" | "act-push" => &["before"],
            // The run is on another ref than the one that is gone.
            "push-tag-deleted" | "push-branch-deleted" => &["deleted", "ref"],
            "dispatch" | "dispatch-version" | "dispatch-all" | "act-dispatch" => &["inputs"],
            "release" | "act-release" => &["action", "release"],
            "pull-request" | "pull-request-fork" => &["pull_request"],
            "merge-group" => &["merge_group"],
            _ => &[],
        };
        let payload = event.payload();
        let others = payload.as_object().unwrap().keys().filter(|key| !required.contains(&&***key));
        let mut bare = event.clone();
        let mut removed = 0;
        for key in others {
            let pointer = format!("/{key}");
            let without = event.clone().without_field(&pointer).plan();
            assert_eq!(without.stdout, expected.stdout, "{fixture} without {key}");
            assert_eq!(without.warnings.len(), expected.warnings.len(), "{fixture} without {key}");
            bare = bare.without_field(&pointer);
            removed += 1;
        }
        assert!(removed > 0 || ["act-dispatch", "act-release"].contains(&fixture), "{fixture}");
        assert_eq!(bare.plan().stdout, expected.stdout, "{fixture} with nothing else");
    }
    for fixture in ["pull-request", "pull-request-fork"] {
        let event = shop.event(fixture).with(|payload| {
            let head = json!({"sha": payload["pull_request"]["head"]["sha"]});
            let base = json!({"sha": payload["pull_request"]["base"]["sha"]});
            *payload = json!({"pull_request": {"head": head, "base": base}});
        });
        assert_eq!(event.plan().stdout, shop.event(fixture).plan().stdout, "{fixture}");
    }
}

#[test]
fn surplus_fields_are_ignored() {
    let shop = Shop::new();
    for fixture in fixtures() {
        let event = shop.event(fixture);
        let surplus = event.clone().with(|payload| {
            let object = payload.as_object_mut().unwrap();
            for (key, value) in [
                ("services", json!(["services/none"])),
                ("service", json!("services/none")),
                ("environment", json!("production")),
                ("push", json!(false)),
                ("version", json!("9.9.9")),
                ("sha", json!("main")),
                ("base", json!("main")),
                ("matrix", json!({"include": []})),
                ("GITHUB_REF", json!("refs/tags/services/go/api-golang@9.9.9")),
                ("ACT", json!(true)),
                ("", json!(null)),
            ] {
                object.insert(key.to_owned(), value);
            }
            if let Some(inputs) = object.get_mut("inputs").and_then(Value::as_object_mut) {
                inputs.insert("environment".to_owned(), json!("production"));
                inputs.insert("push".to_owned(), json!(false));
            }
        });
        assert_eq!(surplus.plan(), event.plan(), "{fixture}");
    }
}

#[test]
fn an_event_file_that_is_none() {
    let shop = Shop::new();
    for fixture in fixtures().filter(|name| !name.contains("tag")) {
        let event = shop.event(fixture);
        for (text, place) in [
            ("", Some("event.json:1:")),
            ("{", Some("event.json:1:")),
            ("{\n  \"ref\": nothing\n}", Some("event.json:2:")),
            ("{} {}", Some("event.json:1:")),
            ("{'ref': 'x'}", Some("event.json:1:")),
            ("null", None),
            ("[]", None),
            ("\"text\"", None),
            ("7", None),
        ] {
            let error = event.clone().raw(text).refused(5);
            assert!(error.contains(place.unwrap_or("event.json")), "{fixture} {text}: {error}");
        }
        event.clone().raw(b"{\"ref\": \"\xff\"}".to_vec()).refused(5);
        event.clone().raw("[".repeat(100_000)).refused(5);
        for missing in ["/no/such/event.json", "no-such.json", "services"] {
            let error = event.clone().without_payload().set("GITHUB_EVENT_PATH", missing).refused(5);
            assert!(error.contains(missing), "{error}");
        }
    }
}

#[test]
fn without_an_event_file() {
    let shop = Shop::new();
    for fixture in ["dispatch", "dispatch-version", "pull-request", "pull-request-fork", "merge-group"] {
        for event in [
            shop.event(fixture).without_payload(),
            shop.event(fixture).without_payload().set("GITHUB_EVENT_PATH", ""),
        ] {
            let error = event.refused(5);
            assert!(
                error.contains("GITHUB_EVENT_PATH") || error.contains("--event-path"),
                "{fixture}: {error}"
            );
        }
    }
    // A push says enough without one, but not since when.
    let event = shop.event("push-branch").without_payload();
    let plan = event.plan();
    assert_eq!(plan.stdout, lines(&ALL, "staging", true, ""));
    assert_eq!(plan.warnings.len(), 1, "{:?}", plan.warnings);
    let plan = event.args(&["--base", &shop.fork]).plan();
    assert_eq!(plan.stdout, lines(&[GO, MIGRATOR], "staging", true, ""));
    assert_eq!(plan.warnings, Vec::<String>::new());
}

#[test]
fn odd_spelling_is_json_still() {
    let shop = Shop::new();
    let event = shop.event("dispatch");
    let spelled = "\r\n\t{ \"inputs\" : {\"\\u0073ervice\":\"services\\/node\\/api-\\u006eode\" } } \n";
    assert_eq!(event.raw(spelled).plan().stdout, lines(&[NODE], "development", true, ""));
}

/// The variables and the flags that stand for them.
const FLAGS: [(&str, &str); 5] = [
    ("GITHUB_EVENT_NAME", "--event-name"),
    ("GITHUB_REF", "--ref"),
    ("GITHUB_REF_TYPE", "--ref-type"),
    ("GITHUB_REF_NAME", "--ref-name"),
    ("GITHUB_SHA", "--sha"),
];

#[test]
fn every_variable_can_be_a_flag() {
    let shop = Shop::new();
    for fixture in fixtures() {
        let event = shop.event(fixture);
        let expected = event.plan();
        let mut by_flags = event.clone();
        for (variable, flag) in FLAGS {
            let value = event.variable(variable);
            let flagged = event.clone().unset(variable).args(&[flag, &value]);
            assert_eq!(flagged.plan(), expected, "{fixture} {flag}");
            let beaten = event.clone().set(variable, "wrong").args(&[flag, &value]);
            assert_eq!(beaten.plan(), expected, "{fixture} {flag}");
            by_flags = by_flags.unset(variable).args(&[flag, &value]);
        }
        assert_eq!(by_flags.plan(), expected, "{fixture}");
        let step = shop.repo.beside(format!("payload-{fixture}"));
        step.write("event.json", event.payload().to_string());
        let path = step.path().join("event.json");
        let flagged = by_flags.args(&["--event-path", path.to_str().unwrap()]);
        assert_eq!(flagged.clone().without_payload().plan(), expected, "{fixture}");
        assert_eq!(flagged.raw("no JSON").plan(), expected, "{fixture}");
    }
}

#[test]
fn the_ref_is_found_in_three_places() {
    let shop = Shop::new();
    for fixture in
        ["push-branch", "push-branch-first", "push-branch-force", "act-push", "push-tag", "act-tag"]
    {
        let event = shop.event(fixture);
        let expected = event.plan();
        for missing in [&["GITHUB_REF"][..], &["GITHUB_REF", "GITHUB_REF_TYPE", "GITHUB_REF_NAME"]] {
            let without = missing.iter().fold(event.clone(), |event, name| event.unset(name));
            assert_eq!(without.plan(), expected, "{fixture} without {missing:?}");
            let empty = missing.iter().fold(event.clone(), |event, name| event.set(name, ""));
            assert_eq!(empty.plan(), expected, "{fixture} with empty {missing:?}");
        }
        let nowhere = event.unset("GITHUB_REF").unset("GITHUB_REF_TYPE").unset("GITHUB_REF_NAME");
        let error = nowhere.without_field("/ref").refused(5);
        assert!(error.contains("ref") || error.contains("GITHUB_REF"), "{fixture}: {error}");
    }
}

/// The services of a push to a branch.
fn services(event: &Event<'_>) -> Vec<String> {
    event.plan().services
}

#[test]
fn the_commit_is_found_in_three_places() {
    let shop = Shop::new();
    let event = shop.event("push-branch");
    // Each place in turn names a commit of its own.
    shop.repo.git(["checkout", "-q", "merged"]);
    let by_payload = event.clone().with_field("/after", &*shop.topic);
    assert_eq!(services(&by_payload), [GO, MIGRATOR]);
    assert_eq!(services(&by_payload.clone().args(&["--sha", &shop.fork])), [""; 0]);
    let by_payload = by_payload.unset("GITHUB_SHA");
    assert_eq!(services(&by_payload), [NODE]);
    assert_eq!(services(&by_payload.without_field("/after")), ALL);
}

#[test]
fn in_variables_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt as _;

    let shop = Shop::new();
    let bytes = std::ffi::OsStr::from_bytes(b"refs/tags/services/go/api-golang@1.4.0\xff");
    for variable in ["GITHUB_REF", "GITHUB_EVENT_NAME", "GITHUB_SHA", "ACT"] {
        let event = shop.event("push-branch").unset(variable);
        let step = event.step();
        let [outputs, summary] = ["output", "summary"].map(|name| step.path().join(name));
        let output = event.ready(&step, &outputs, &summary).env(variable, bytes).run();
        if variable == "ACT" {
            // Not the word `true`.
            assert!(output.text().contains("\npush=true\n"));
        } else {
            output.fails(5);
            assert!(!outputs.exists() && !summary.exists(), "{variable}");
        }
    }
}

#[test]
fn the_flag_beats_the_variable() {
    let shop = Shop::new();
    let event = shop.event("push-branch");
    let tag = lines(&[GO], "production", true, "1.4.0");
    assert_eq!(event.clone().args(&["--ref", TAG]).plan().stdout, tag);
    let by_name = ["--ref-type", "tag", "--ref-name", "services/go/api-golang@1.4.0"];
    assert_eq!(event.unset("GITHUB_REF").args(&by_name).plan().stdout, tag);
    let branch = shop.event("push-tag").args(&["--ref", "refs/heads/main"]);
    let planned = branch.with_field("/before", &*shop.fork).plan();
    assert_eq!(planned.stdout, lines(&[GO, MIGRATOR], "staging", true, ""));
}

#[test]
fn the_tag_format_is_a_flag_or_a_variable() {
    let shop = Shop::new();
    let pushed = |tag: &str| shop.event("push-tag").set("GITHUB_REF", &format!("refs/tags/{tag}"));
    let expected = lines(&[NODE], "production", true, "2.0.1");
    for (format, tag) in [
        ("{name}-v{version}", "api-node-v2.0.1"),
        ("{service}/v{version}", "services/node/api-node/v2.0.1"),
        ("release/{name}/{version}", "release/api-node/2.0.1"),
        ("{service}@{version}", "services/node/api-node@2.0.1"),
    ] {
        assert_eq!(pushed(tag).args(&["--tag-format", format]).plan().stdout, expected, "{format}");
        assert_eq!(pushed(tag).set("IMGVER_TAG_FORMAT", format).plan().stdout, expected, "{format}");
        let by_flag =
            pushed(tag).set("IMGVER_TAG_FORMAT", "{name}_{version}").args(&["--tag-format", format]);
        assert_eq!(by_flag.plan().stdout, expected, "{format}");
    }
    let nonsense = pushed("x").args(&["--tag-format", "{name}"]).run();
    assert_eq!((nonsense.output.code, &*nonsense.output.stdout), (2, ""), "{}", nonsense.output);
}

#[test]
fn comparisons_are_steered_by_flags() {
    let shop = Shop::new();
    let event = shop.event("push-branch");
    assert!(event.clone().args(&["--sha", NOWHERE]).refused(3).contains(NOWHERE));
    let all_three = lines(&ALL, "staging", true, "");
    for (args, expected) in [
        (&["--base", ""][..], lines(&[GO, MIGRATOR], "staging", true, "")),
        (&["--base", "main"], lines(&[], "staging", true, "")),
        (&["--base", "topic"], all_three),
    ] {
        assert_eq!(event.clone().args(args).plan().stdout, expected, "{args:?}");
    }
    shop.repo.write("ci/filters.yaml", "api-node:\n  - '**/*.txt'\n  - '!services/other/**'\n");
    let by_filter = event.args(&["--filters", "ci/filters.yaml"]);
    for (quantifier, expected) in
        [("some", &[NODE, MIGRATOR][..]), ("every", &[MIGRATOR]), ("some-with-excludes", &[MIGRATOR])]
    {
        assert_eq!(by_filter.clone().args(&["--quantifier", quantifier]).plan().services, expected);
    }
}
