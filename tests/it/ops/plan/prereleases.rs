//! Tags of pre-releases: candidates where the configuration names them, and nothing elsewhere.

use imgver::error::Kind;

use crate::plan::shop::{ALL, Event, GO, NODE, Shop, lines};

/// A shop with these settings.
fn shop(settings: &str) -> Shop {
    let shop = Shop::new();
    shop.repo.write("imgver.yaml", settings);
    shop
}

fn pushed<'s>(shop: &'s Shop, tag: &str) -> Event<'s> {
    shop.event("push-tag").set("GITHUB_REF", &format!("refs/tags/{tag}")).without_payload()
}

#[test]
fn a_configured_one_is_a_candidate() {
    let shop = shop("prereleases: [rc, beta]\n");
    for (service, version) in [
        (GO, "1.1.0-rc.1"),
        (GO, "1.1.0-rc.10"),
        (NODE, "0.0.0-beta.2"),
        (NODE, "1.0.0-rc.18446744073709551615"),
    ] {
        let plan = pushed(&shop, &format!("{service}@{version}")).decided();
        assert_eq!(plan.stdout, lines(&[service], "candidate", true, version));
        assert_eq!(plan.warnings, Vec::<String>::new());
        let local = pushed(&shop, &format!("{service}@{version}")).local().decided();
        assert_eq!(local.stdout, lines(&[service], "candidate", false, version));
    }
    // A release stays one.
    let plan = pushed(&shop, &format!("{GO}@1.1.0")).decided();
    assert_eq!(plan.stdout, lines(&[GO], "production", true, "1.1.0"));
}

#[test]
fn what_is_not_configured_is_refused_by_the_setting_that_lacks() {
    for (settings, tag, setting) in [
        ("next: patch\n", "1.1.0-rc.1", "prereleases: [rc] in imgver.yaml"),
        ("prereleases: []\n", "1.1.0-beta-2.1", "prereleases: [beta-2] in imgver.yaml"),
        ("prereleases: [rc, beta]\n", "1.1.0-alpha.3", "prereleases: [alpha, beta, rc] in imgver.yaml"),
        ("prereleases: rc\n", "1.1.0-RC.3", "prereleases: [RC, rc] in imgver.yaml"),
    ] {
        let shop = shop(settings);
        let tag = format!("{GO}@{tag}");
        let started = shop.event("dispatch-tag").set("GITHUB_REF", &format!("refs/tags/{tag}"));
        for event in [pushed(&shop, &tag), started.without_payload()] {
            let error = event.refusal(Kind::Input);
            assert!(error.contains(&tag) && error.contains(&format!("a pre-release of {GO}")), "{error}");
            assert!(error.contains(setting), "{error}");
        }
    }
}

#[test]
fn what_is_malformed_stays_so() {
    let shop = shop("prereleases: [rc]\n");
    for version in [
        "1.1.0-rc",
        "1.1.0-rc.",
        "1.1.0-rc.0",
        "1.1.0-rc.01",
        "1.1.0-rc1",
        "1.1-rc.1",
        "1.1.0-rc.1.1",
        "1.1.0-1.rc",
    ] {
        let error = pushed(&shop, &format!("{GO}@{version}")).refusal(Kind::Input);
        assert!(error.contains("malformed and releases nothing"), "{error}");
    }
    let error = pushed(&shop, "services/go/api-golan@1.1.0-rc.1").refusal(Kind::Input);
    assert!(error.contains("does not name a service") && error.contains(GO), "{error}");
    let long = format!("prereleases: [{}]\n", "a".repeat(130));
    let shop = self::shop(&long);
    let tag = format!("{GO}@1.1.0-{}.1", "a".repeat(130));
    assert!(pushed(&shop, &tag).refusal(Kind::Input).contains("cannot tag an image"));
}

#[test]
fn every_format_has_them() {
    let shop =
        shop("prereleases: [rc]\ntag-format: ['{name}-v{version}', '{service}@{version}', 'v{version}']\n");
    let expected = lines(&[NODE], "candidate", true, "2.0.1-rc.1");
    for tag in ["api-node-v2.0.1-rc.1", "services/node/api-node@2.0.1-rc.1"] {
        assert_eq!(pushed(&shop, tag).decided().stdout, expected, "{tag}");
    }
    assert_eq!(pushed(&shop, "v2.0.1-rc.1").decided().stdout, lines(&ALL, "candidate", true, "2.0.1-rc.1"));
    let flag = pushed(&shop, "2.0.1-rc.1+api-node").tag_format("{version}+{name}");
    assert_eq!(flag.decided().stdout, expected);
}

#[test]
fn a_published_release_and_a_run_by_hand_are_as_the_push() {
    let shop = shop("prereleases: [rc]\n");
    let tag = format!("{GO}@1.4.0-rc.2");
    let expected = lines(&[GO], "candidate", true, "1.4.0-rc.2");
    let release = shop.event("release").unset("GITHUB_REF").unset("GITHUB_REF_TYPE").unset("GITHUB_REF_NAME");
    let release = release.with_field("/release/tag_name", &*tag).with_field("/release/prerelease", true);
    assert_eq!(release.decided().stdout, expected);

    let reference = format!("refs/tags/{tag}");
    let started = |service: &str, version: &str| {
        let event = shop.event("dispatch-tag").set("GITHUB_REF", &reference).with_field("/ref", &*reference);
        event.with_field("/inputs/service", service).with_field("/inputs/version", version)
    };
    for (service, version) in [("", ""), (GO, ""), ("", "1.4.0-rc.2"), (GO, "1.4.0-rc.2")] {
        let plan = started(service, version).decided();
        assert_eq!((plan.stdout, plan.warnings), (expected.clone(), vec![]), "{service} {version}");
    }
    for (service, version) in [(NODE, ""), ("all", ""), (GO, "1.4.0"), (GO, "1.4.0-rc.1")] {
        started(service, version).refusal(Kind::Input);
    }
    // Of a service that there is not.
    let gone = "refs/tags/services/gone@1.0.0-rc.1";
    let event = shop.event("dispatch-tag").set("GITHUB_REF", gone).without_payload();
    assert!(event.refusal(Kind::Input).contains("does not name a service"));
}

#[test]
fn what_was_deleted_is_no_candidate_to_build() {
    let deleted = |settings: &str, version: &str| {
        let shop = shop(settings);
        let reference = format!("refs/tags/{GO}@{version}");
        let plan = shop.event("push-tag-deleted").with_field("/ref", &*reference).decided();
        assert!(plan.warnings.iter().any(|warning| warning.contains("was deleted")), "{:?}", plan.warnings);
        plan.stdout
    };
    assert_eq!(deleted("prereleases: [rc]\n", "1.0.0-rc.1"), lines(&[], "candidate", false, ""));
    assert_eq!(deleted("prereleases: [rc]\n", "1.0.0-beta.1"), lines(&[], "production", false, ""));
    assert_eq!(deleted("prereleases: [rc]\n", "1.0.0"), lines(&[], "production", false, ""));
    assert_eq!(deleted("next: patch\n", "1.0.0-rc.1"), lines(&[], "production", false, ""));
}
