//! Values that somebody chose with care: nothing is forged, nothing is run, nothing is written.

use imgver::error::Kind;

use crate::plan::shop::{ALL, GO, NODE, Shop, lines};

/// Each is refused wherever a version, a service, a hash or a tag is expected.
fn values() -> Vec<String> {
    let mut values: Vec<String> = [
        "\n",
        "1.4.0\n",
        "1.4.0\nservices=[]",
        "\nservices=[]",
        "\r\nservices=[]\r\n",
        "1.4.0\rpush=true",
        "x<<EOF\nservices=[]\nEOF",
        "<<EOF",
        "version=1.4.0",
        "$(id)",
        "`id`",
        "${{ github.token }}",
        "${IFS}",
        "; id #",
        "a&&id",
        "../x",
        "../../../etc/passwd",
        "--option",
        "-x",
        "--upload-pack=id",
        "|",
        "a|b",
        "'",
        "\"",
        "\\",
        "a b",
        "*",
        "<b>",
        "::set-output name=services::[]",
        "%0Aservices=[]",
        "\u{1b}[31m",
        "\u{7f}",
        "\u{2028}",
        "\u{202e}",
        "\u{200b}",
        "\u{feff}",
        "é",
        "１.４.０",
        "🚢",
        "e\u{301}",
    ]
    .map(str::to_owned)
    .to_vec();
    values.push("x".repeat(100_000));
    values.push("\n".repeat(1000));
    values
}

/// The lines of an error are the tool's own: none begins with what a value brought.
fn assert_own_words(error: &str) {
    for line in error.lines() {
        let own = ["error: ", "caused by: ", "hint: ", "warning: "];
        assert!(own.iter().any(|start| line.starts_with(start)), "a forged line {line:?} in: {error}");
        assert!(!line.chars().any(char::is_control), "a control character in: {error:?}");
    }
}

#[test]
fn in_a_tag() {
    let shop = Shop::new();
    let event = shop.event("push-tag");
    for value in values() {
        for tag in [
            value.clone(),
            format!("{GO}@{value}"),
            format!("{GO}@1.4.0{value}"),
            format!("{value}{GO}@1.4.0"),
        ] {
            let by_ref = event.clone().set("GITHUB_REF", &format!("refs/tags/{tag}"));
            assert_own_words(&by_ref.refusal(Kind::Input));
        }
        let tag = format!("{GO}@1.4.0{value}");
        let by_name = event.clone().unset("GITHUB_REF").set("GITHUB_REF_NAME", &tag);
        assert_own_words(&by_name.refusal(Kind::Input));
        let nowhere = event.clone().unset("GITHUB_REF").unset("GITHUB_REF_TYPE").unset("GITHUB_REF_NAME");
        let by_payload = nowhere.with_field("/ref", format!("refs/tags/{tag}"));
        assert_own_words(&by_payload.refusal(Kind::Input));
        assert_own_words(&event.clone().set("GITHUB_REF", &value).refusal(Kind::Input));
    }
}

#[test]
fn in_a_release() {
    let shop = Shop::new();
    let release = shop.event("release").unset("GITHUB_REF").unset("GITHUB_REF_TYPE");
    for value in values() {
        for tag in [value.clone(), format!("{GO}@1.4.0{value}"), format!("{value}{GO}@1.4.0")] {
            let tagged = release.clone().with_field("/release/tag_name", &*tag);
            assert_own_words(&tagged.refusal(Kind::Input));
            let contradicted = tagged.set("GITHUB_REF", &format!("refs/tags/{GO}@1.4.0"));
            assert_own_words(&contradicted.refusal(Kind::Input));
        }
        let other = release.clone().set("GITHUB_REF", &format!("refs/tags/{value}"));
        assert_own_words(&other.refusal(Kind::Input));
        assert_own_words(&release.clone().with_field("/action", &*value).refusal(Kind::Input));
        // What else there is of a release is nobody's business.
        let text = release.clone().with_field("/release/name", &*value).with_field("/release/body", &*value);
        assert_eq!(text.decided().stdout, lines(&[GO], "production", true, "1.4.0"));
    }
}

#[test]
fn in_a_run_on_a_release_tag() {
    let shop = Shop::new();
    let event = shop.event("dispatch-tag");
    for value in values() {
        for (field, right) in [("/inputs/service", GO), ("/inputs/version", "1.4.0")] {
            for value in [value.clone(), format!("{right}{value}"), format!("{value}{right}")] {
                let entered = event.clone().with_field(field, value);
                assert_own_words(&entered.refusal(Kind::Input));
            }
        }
        let malformed = event.clone().set("GITHUB_REF", &format!("refs/tags/{GO}@{value}"));
        assert_own_words(&malformed.refusal(Kind::Input));
    }
}

#[test]
fn in_what_another_program_sends() {
    let shop = Shop::new();
    for value in values() {
        let event = shop.event("repository-dispatch").with_field("/client_payload/service", &*value);
        let event = event.with_field("/action", &*value).with_field("/branch", &*value);
        assert_eq!(event.decided().stdout, lines(&ALL, "development", true, ""));
        let event = shop.event("schedule").with_field("/schedule", &*value);
        assert_eq!(event.decided().stdout, lines(&ALL, "staging", true, ""));
    }
}

#[test]
fn in_the_input_service() {
    let shop = Shop::new();
    for value in values() {
        for service in [value.clone(), format!("{NODE}{value}"), format!("{value}{NODE}")] {
            let event = shop.event("dispatch").with_field("/inputs/service", service);
            assert_own_words(&event.refusal(Kind::Input));
        }
    }
}

#[test]
fn in_the_input_version() {
    let shop = Shop::new();
    for value in values() {
        let event = shop.event("dispatch-version").with_field("/inputs/version", value);
        assert_own_words(&event.refusal(Kind::Input));
    }
}

#[test]
fn in_a_hash() {
    let shop = Shop::new();
    let mut values = values();
    values
        .extend(["HEAD", "main", "refs/heads/main", "@", "main~1", ":/the", "fork..main"].map(str::to_owned));
    values.push(shop.fork[..7].to_owned());
    values.push(shop.fork[..39].to_owned());
    values.push(format!("{}0", shop.fork));
    values.push(format!("{}^", shop.fork));
    values.push(format!("^{}", shop.fork));
    values.push(format!("{}\nservices=[]", shop.fork));
    values.push(format!(" {}", shop.fork));
    values.push(format!("{}\n", shop.fork));
    values.push(format!("x{}", &shop.fork[1..]));
    let fields = [
        ("push-branch", "/after"),
        ("pull-request", "/pull_request/base/sha"),
        ("pull-request", "/pull_request/head/sha"),
        ("merge-group", "/merge_group/base_sha"),
        ("merge-group", "/merge_group/head_sha"),
    ];
    for (number, value) in values.iter().enumerate() {
        let named = |fixture: &str, pointer: &str| {
            let event = shop.event(fixture).with_field(pointer, &**value).set("GITHUB_SHA", "");
            let error = event.refusal(Kind::Input);
            let name = pointer[1..].replace('/', ".");
            assert!(error.contains(&name), "{name} = {value:?}: {error}");
            assert_own_words(&error);
        };
        named("push-branch", "/before");
        // The same rule holds for all fields; each value tries one more of them.
        let (fixture, pointer) = fields[number % fields.len()];
        named(fixture, pointer);
        let error = shop.event("push-branch").set("GITHUB_SHA", value).refusal(Kind::Input);
        assert!(error.contains("GITHUB_SHA"), "{value:?}: {error}");
        assert_own_words(&error);
    }
    // Every field at its most tempting.
    for (fixture, pointer) in fields {
        for value in ["main", "--upload-pack=id"] {
            let event = shop.event(fixture).with_field(pointer, value).set("GITHUB_SHA", "");
            assert!(event.refusal(Kind::Input).contains(&pointer[1..].replace('/', ".")), "{pointer}");
        }
    }
}

#[test]
fn in_a_base_given_by_hand() {
    let shop = Shop::new();
    for value in values() {
        let event = shop.event("push-branch").base(&value);
        assert_own_words(&event.refusal(Kind::Repository));
    }
}

#[test]
fn in_the_name_of_the_event() {
    let shop = Shop::new();
    for value in values() {
        assert_own_words(&shop.event("push-branch").set("GITHUB_EVENT_NAME", &value).refusal(Kind::Input));
    }
}

#[test]
fn in_words_that_nobody_asked_for() {
    let shop = Shop::new();
    for value in values() {
        let event = shop.event("pull-request").with_field("/pull_request/title", &*value);
        let event = event.with_field("/pull_request/head/ref", &*value).with_field("/action", &*value);
        let event =
            event.set("GITHUB_HEAD_REF", &value).set("GITHUB_ACTOR", &value).set("GITHUB_BASE_REF", &value);
        let plan = event.decided();
        assert_eq!(plan.stdout, lines(&[NODE], "development", false, ""));
        assert_eq!(plan.warnings, Vec::<String>::new());
    }
}
