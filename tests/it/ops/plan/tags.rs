//! Pushes of tags: the tag is the version.

use imgver::error::Kind;

use crate::plan::shop::{ALL, GO, MIGRATOR, NODE, NOWHERE, Shop, lines};

#[test]
fn every_service_and_every_version() {
    let shop = Shop::new();
    for service in ALL {
        for version in ["0.0.0", "0.1.0", "10.20.30", "1.99.18446744073709551615"] {
            let event = shop.event("push-tag").set("GITHUB_REF", &format!("refs/tags/{service}@{version}"));
            let plan = event.decided();
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
        let error = event.clone().set("GITHUB_REF_NAME", tag).refusal(Kind::Input);
        assert!(error.contains(tag), "{error}");
        event.unset("GITHUB_REF").set("GITHUB_REF_NAME", tag).refusal(Kind::Input);
    }
    let unknown = shop
        .event("push-tag")
        .set("GITHUB_REF", "refs/tags/services/go/api-golan@1.4.0")
        .refusal(Kind::Input);
    assert!(unknown.contains(GO), "the nearest service is named: {unknown}");
}

#[test]
fn the_triggering_tag_is_the_version() {
    let shop = Shop::new();
    for tag in ["1.3.9", "1.4.0", "1.4.1", "2.0.0"] {
        shop.repo.tag(&format!("{GO}@{tag}"));
    }
    assert_eq!(shop.event("push-tag").decided().version, "1.4.0");
    let older = shop.event("push-tag").set("GITHUB_REF", &format!("refs/tags/{GO}@1.3.9"));
    assert_eq!(older.decided().version, "1.3.9");
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
        let plan = event.decided();
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
        assert_eq!(pushed(tag).tag_format(format).decided().stdout, expected, "{format}");
    }
    for (format, tag) in [
        ("{name}-v{version}", "services/node/api-node@2.0.1"),
        ("{name}-v{version}", "api-node-v2.0"),
        ("{name}-v{version}", "api-node-v2.0.1-rc.1"),
        ("{name}-v{version}", "xapi-node-v2.0.1"),
        ("{name}-v{version}", "node/api-node-v2.0.1"),
        ("release/{name}/{version}", "api-node/2.0.1"),
    ] {
        pushed(tag).tag_format(format).refusal(Kind::Input);
    }
}

#[test]
fn a_tag_of_two_services_is_a_tag_of_none() {
    let shop = Shop::new();
    shop.repo.service("services/python/api-node");
    shop.repo.commit("another of that name");
    let event = shop.event("push-tag").tag_format("{name}-v{version}");
    event.set("GITHUB_REF", "refs/tags/api-node-v1.0.0").refusal(Kind::Input);
    let by_path = shop.event("push-tag").set("GITHUB_REF", "refs/tags/services/python/api-node@1.0.0");
    assert_eq!(by_path.decided().services, ["services/python/api-node"]);
}

#[test]
fn a_tag_needs_its_service_to_be_there() {
    let shop = Shop::new();
    shop.repo.git(["rm", "-q", "-r", "--", MIGRATOR]);
    shop.repo.commit("gone");
    let error =
        shop.event("push-tag").set("GITHUB_REF", &format!("refs/tags/{MIGRATOR}@1.0.0")).refusal(Kind::Input);
    assert!(error.contains(MIGRATOR), "{error}");
}
