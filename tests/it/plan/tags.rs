//! Pushes of tags: the tag is the version.

use super::shop::{ALL, GO, MIGRATOR, NODE, NOWHERE, Shop, TAG, lines};

#[test]
fn every_service_and_every_version() {
    let shop = Shop::new();
    for service in ALL {
        for version in ["0.0.0", "0.1.0", "10.20.30", "1.99.18446744073709551615"] {
            let event = shop.event("push-tag").set("GITHUB_REF", &format!("refs/tags/{service}@{version}"));
            let plan = event.plan();
            assert_eq!(plan.stdout, lines(&[service], "production", true, version));
            assert_eq!(plan.warnings, Vec::<String>::new());
        }
    }
}

#[test]
fn tags_that_release_nothing() {
    let shop = Shop::new();
    for tag in [
        "services/go/api-golang",
        "services/go/api-golang@",
        "services/go/api-golang@1",
        "services/go/api-golang@1.4",
        "services/go/api-golang@1.4.0.0",
        "services/go/api-golang@01.4.0",
        "services/go/api-golang@1.04.0",
        "services/go/api-golang@1.4.0-rc.1",
        "services/go/api-golang@1.4.0+build",
        "services/go/api-golang@v1.4.0",
        "services/go/api-golang@1.4.x",
        "services/go/api-golang@1.4.0/x",
        "services/go/api-golang@1.4.0@1.4.0",
        "services/go/api-golang@@1.4.0",
        "services/go/api-golang@+1.4.0",
        "services/go/api-golang@١.4.0",
        "services/go/api-golang/1.4.0",
        "services/go/api-golang-v1.4.0",
        "services/go/api@1.4.0",
        "services/go/api-golang2@1.4.0",
        "x/services/go/api-golang@1.4.0",
        "/services/go/api-golang@1.4.0",
        "refs/tags/services/go/api-golang@1.4.0",
        "Services/go/api-golang@1.4.0",
        "api-golang@1.4.0",
        "services@1.4.0",
        "@1.4.0",
        "1.4.0",
        "v1.4.0",
    ] {
        let event = shop.event("push-tag").set("GITHUB_REF", &format!("refs/tags/{tag}"));
        let error = event.clone().set("GITHUB_REF_NAME", tag).refused(5);
        assert!(error.contains(tag), "{error}");
        event.unset("GITHUB_REF").set("GITHUB_REF_NAME", tag).refused(5);
    }
    let unknown =
        shop.event("push-tag").set("GITHUB_REF", "refs/tags/services/go/api-golan@1.4.0").refused(5);
    assert!(unknown.contains(GO), "the nearest service is named: {unknown}");
}

#[test]
fn the_triggering_tag_is_the_version() {
    let shop = Shop::new();
    for tag in ["1.3.9", "1.4.0", "1.4.1", "2.0.0"] {
        shop.repo.tag(&format!("{GO}@{tag}"));
    }
    assert_eq!(shop.event("push-tag").plan().version, "1.4.0");
    let older = shop.event("push-tag").set("GITHUB_REF", &format!("refs/tags/{GO}@1.3.9"));
    assert_eq!(older.plan().version, "1.3.9");
}

#[test]
fn neither_history_nor_payload_nor_a_clean_tree_is_needed() {
    let shop = Shop::new();
    shop.repo.write(&format!("{GO}/main.txt"), "uncommitted\n");
    let event = shop.event("push-tag");
    let expected = lines(&[GO], "production", true, "1.4.0");
    for event in [
        event.clone(),
        event.clone().without_payload(),
        event.clone().set("GITHUB_SHA", NOWHERE),
        event.clone().unset("GITHUB_SHA").without_payload(),
        event.clone().without_payload().unset("GITHUB_REF_TYPE").unset("GITHUB_REF_NAME"),
        event.clone().without_payload().unset("GITHUB_REF"),
        event.clone().unset("GITHUB_REF").unset("GITHUB_REF_TYPE").unset("GITHUB_REF_NAME"),
        event.clone().raw("{}"),
    ] {
        let plan = event.plan();
        assert_eq!(plan.stdout, expected);
        assert_eq!(plan.warnings, Vec::<String>::new());
    }
}

#[test]
fn other_tag_formats() {
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
    for (format, tag) in [
        ("{name}-v{version}", "services/node/api-node@2.0.1"),
        ("{name}-v{version}", "api-node-v2.0"),
        ("{name}-v{version}", "api-node-v2.0.1-rc.1"),
        ("{name}-v{version}", "xapi-node-v2.0.1"),
        ("{name}-v{version}", "node/api-node-v2.0.1"),
        ("release/{name}/{version}", "api-node/2.0.1"),
    ] {
        pushed(tag).args(&["--tag-format", format]).refused(5);
    }
    let nonsense = pushed("x").args(&["--tag-format", "{name}"]).run();
    assert_eq!((nonsense.output.code, &*nonsense.output.stdout), (2, ""), "{}", nonsense.output);
}

#[test]
fn a_tag_of_two_services_is_a_tag_of_none() {
    let shop = Shop::new();
    shop.repo.service("services/python/api-node");
    shop.repo.commit("another of that name");
    let event = shop.event("push-tag").args(&["--tag-format", "{name}-v{version}"]);
    event.set("GITHUB_REF", "refs/tags/api-node-v1.0.0").refused(5);
    let by_path = shop.event("push-tag").set("GITHUB_REF", "refs/tags/services/python/api-node@1.0.0");
    assert_eq!(by_path.plan().services, ["services/python/api-node"]);
}

#[test]
fn a_tag_needs_its_service_to_be_there() {
    let shop = Shop::new();
    shop.repo.git(["rm", "-q", "-r", "--", MIGRATOR]);
    shop.repo.commit("gone");
    let error = shop.event("push-tag").set("GITHUB_REF", &format!("refs/tags/{MIGRATOR}@1.0.0")).refused(5);
    assert!(error.contains(MIGRATOR), "{error}");
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
