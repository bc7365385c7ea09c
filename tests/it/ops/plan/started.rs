//! Runs that no push and no proposal started: releases, schedules, other programs, and people, on branches and on tags.

use imgver::ci::github::{PLANNED_EVENTS, PLANNED_RELEASE};
use imgver::error::Kind;

use crate::plan::shop::{ALL, Event, GO, MIGRATOR, NODE, NOWHERE, Shop, TAG, lines};
use crate::support::Repo;

/// A run that somebody started on this ref, with these inputs.
fn started<'s>(shop: &'s Shop, reference: &str, service: &str, version: &str) -> Event<'s> {
    let kind = if reference.starts_with("refs/tags/") { "tag" } else { "branch" };
    let event = shop.event("dispatch").set("GITHUB_REF", reference).set("GITHUB_REF_TYPE", kind);
    event
        .with_field("/ref", reference)
        .with_field("/inputs/service", service)
        .with_field("/inputs/version", version)
}

#[test]
fn the_list_of_events_is_that_of_the_plan() {
    assert!(PLANNED_EVENTS.is_sorted());
    let shop = Shop::new();
    for name in PLANNED_EVENTS {
        // What is missing beside the name is missed by itself.
        let event = shop.event("push-tag").set("GITHUB_EVENT_NAME", name);
        if let Err(error) = event.ask() {
            assert!(!crate::ops::shown(&error).contains("there is no plan for the event"), "{name}");
        }
    }
    let error = shop.event("push-tag").set("GITHUB_EVENT_NAME", "issues").refusal(Kind::Input);
    assert!(PLANNED_EVENTS.iter().all(|name| error.contains(name)), "{error}");
}

#[test]
fn only_the_publication_of_a_release_counts() {
    let shop = Shop::new();
    let release = shop.event("release");
    for action in
        ["created", "edited", "deleted", "unpublished", "prereleased", "released", "Published", " published"]
    {
        let error = release.clone().with_field("/action", action).refusal(Kind::Input);
        assert!(error.contains(action) && error.contains(&format!("types: [{PLANNED_RELEASE}]")), "{error}");
    }
    let error = release.clone().without_payload().refusal(Kind::Input);
    assert!(error.contains("--event-path"), "{error}");
}

#[test]
fn a_release_is_the_push_of_its_tag() {
    let shop = Shop::new();
    let release = shop.event("release");
    let expected = lines(&[GO], "production", true, "1.4.0");
    for event in [
        release.clone(),
        // Of a draft, GitHub may give no ref.
        release.clone().unset("GITHUB_REF").unset("GITHUB_REF_TYPE").unset("GITHUB_REF_NAME"),
        release.clone().set("GITHUB_REF", "refs/heads/main"),
        release.clone().set("GITHUB_SHA", NOWHERE),
        release.clone().with_field("/release/prerelease", true),
    ] {
        assert_eq!(event.decided().stdout, expected);
    }
    let tagged = |tag: &str| {
        release.clone().unset("GITHUB_REF").unset("GITHUB_REF_TYPE").with_field("/release/tag_name", tag)
    };
    for service in ALL {
        let plan = tagged(&format!("{service}@10.0.0")).decided();
        assert_eq!(plan.stdout, lines(&[service], "production", true, "10.0.0"));
    }
    for tag in
        ["services/go/api-golang@1.4", "services/go/api-golang@1.4.0-rc.1", "v1.4.0", "api-golang@1.4.0", TAG]
    {
        assert!(tagged(tag).refusal(Kind::Input).contains(tag));
    }
    let error = release.clone().with_field("/release/tag_name", format!("{GO}@1.4.1")).refusal(Kind::Input);
    assert!(error.contains("@1.4.1") && error.contains("@1.4.0"), "{error}");
}

#[test]
fn a_run_on_a_release_tag_starts_the_release_again() {
    let shop = Shop::new();
    let expected = lines(&[GO], "production", true, "1.4.0");
    for (service, version) in [("", ""), (GO, ""), ("", "1.4.0"), (GO, "1.4.0")] {
        let plan = started(&shop, TAG, service, version).decided();
        assert_eq!((plan.stdout, plan.warnings), (expected.clone(), vec![]), "{service} {version}");
    }
    let bare = shop.event("dispatch-tag").without_payload();
    assert_eq!(bare.decided().stdout, expected, "the tag says enough");
    let by_payload = shop.event("dispatch-tag").unset("GITHUB_REF").unset("GITHUB_REF_TYPE");
    assert_eq!(by_payload.unset("GITHUB_REF_NAME").decided().stdout, expected);
    for service in [NODE, "all"] {
        let error = started(&shop, TAG, service, "").refusal(Kind::Input);
        assert!(error.contains(GO) && error.contains(&format!("'{service}'")), "{error}");
    }
    for service in ["api-golang", "nothing", "services/go/api-golang ", "services/go/api-golan"] {
        let error = started(&shop, TAG, service, "").refusal(Kind::Input);
        assert!(error.contains(&format!("'{service}', which is not the path of a service")), "{error}");
        assert_eq!(error.contains(GO), service != "nothing", "{error}");
        assert!(!error.contains("choose that service"), "{error}");
    }
    for version in ["1.4.1", "v1.4.0", "1.4.0-rc.1", "try-1"] {
        let error = started(&shop, TAG, GO, version).refusal(Kind::Input);
        assert!(error.contains("1.4.0") && error.contains(&format!("'{version}'")), "{error}");
    }
    started(&shop, TAG, GO, "a b").refusal(Kind::Input);
}

#[test]
fn a_run_on_another_tag_is_a_run_on_a_commit() {
    let shop = Shop::new();
    for tag in ["nightly", "v2.0.0", "build/7", "services/go/api-golang-v1.0.0"] {
        let reference = format!("refs/tags/{tag}");
        assert_eq!(
            started(&shop, &reference, NODE, "").decided().stdout,
            lines(&[NODE], "development", true, "")
        );
        assert_eq!(
            started(&shop, &reference, "all", "").decided().stdout,
            lines(&ALL, "development", true, "")
        );
        started(&shop, &reference, "", "").refusal(Kind::Input);
    }
    for tag in ["@", "@1.4", "@v1.4.0", "@1.4.0-rc", "@01.4.0", "@latest"] {
        for service in [GO, NODE, "all", ""] {
            let error = started(&shop, &format!("refs/tags/{GO}{tag}"), service, "").refusal(Kind::Input);
            assert!(error.contains("malformed") && error.contains(&format!("{GO}{tag}")), "{error}");
        }
    }
    for tag in
        ["services/go/nope@1.4.0", "api-golang@1.4.0", "services/go@1.0.0", "Services/Go/api-golang@1.4.0"]
    {
        for service in [GO, NODE, "all", ""] {
            let event = started(&shop, &format!("refs/tags/{tag}"), service, "");
            let error = event.refusal(Kind::Input);
            assert!(error.contains(&format!("'{tag}' does not name a service")), "{error}");
            assert!(error.contains(GO), "no nearest name: {error}");
        }
    }
    // A branch may be called like a tag.
    let branch = format!("refs/heads/{GO}@1.4.0");
    assert_eq!(started(&shop, &branch, NODE, "").decided().stdout, lines(&[NODE], "development", true, ""));
}

#[test]
fn one_tag_of_all_services() {
    let shop = Shop::new();
    let tag = "refs/tags/v1.4.0";
    let expected = lines(&ALL, "production", true, "1.4.0");
    let released = shop.event("release").unset("GITHUB_REF").unset("GITHUB_REF_TYPE");
    let released = released.with_field("/release/tag_name", "v1.4.0").tag_format("v{version}");
    assert_eq!(released.decided().stdout, expected);
    let started =
        |reference: &str, service: &str| started(&shop, reference, service, "").tag_format("v{version}");
    for service in ["", "all"] {
        assert_eq!(started(tag, service).decided().stdout, expected);
    }
    // One that failed is started again without the others.
    assert_eq!(started(tag, NODE).decided().stdout, lines(&[NODE], "production", true, "1.4.0"));
    let error = started(tag, "nothing").refusal(Kind::Input);
    assert!(error.contains("'nothing'"), "{error}");
    for other in ["refs/tags/vendor", "refs/tags/v", "refs/tags/nightly"] {
        assert_eq!(started(other, NODE).decided().stdout, lines(&[NODE], "development", true, ""), "{other}");
    }
    for malformed in ["refs/tags/v1.4", "refs/tags/v2024-01"] {
        assert!(started(malformed, NODE).refusal(Kind::Input).contains("malformed"), "{malformed}");
    }
}

#[test]
fn without_the_input_service_it_is_missed() {
    let shop = Shop::new();
    for event in [
        shop.event("dispatch").with_field("/inputs/service", ""),
        shop.event("dispatch").without_field("/inputs/service"),
        shop.event("dispatch").without_field("/inputs"),
        shop.event("dispatch").raw("{}"),
    ] {
        let error = event.refusal(Kind::Input);
        for word in ["'service'", "on.workflow_dispatch.inputs", "imgver list"] {
            assert!(error.contains(word), "{word} in {error}");
        }
    }
}

#[test]
fn all_services_with_a_version() {
    let shop = Shop::new();
    let plan = started(&shop, "refs/heads/main", "all", "try-1").decided();
    assert_eq!(plan.stdout, lines(&ALL, "development", true, "try-1"));
    let plan = started(&shop, "refs/heads/main", "all", "1.4.0").decided();
    assert!(plan.warnings[0].contains("looks like a release"), "{:?}", plan.warnings);
    for word in ["All", "ALL", "all ", "*", "all,all"] {
        started(&shop, "refs/heads/main", word, "").refusal(Kind::Input);
    }
}

#[test]
fn a_service_that_is_called_all() {
    let repo = Repo::new();
    repo.service("all");
    let shop = Shop::of(repo);
    let expected = ["all", GO, NODE, MIGRATOR];
    let plan = shop.event("dispatch-all").decided();
    assert_eq!(plan.services, expected);
    assert_eq!(plan.warnings.len(), 1, "{:?}", plan.warnings);
    assert_eq!(shop.event("schedule").decided().warnings, Vec::<String>::new());
    let tag = "refs/tags/all@1.0.0";
    assert_eq!(shop.event("push-tag").set("GITHUB_REF", tag).decided().services, ["all"]);
    assert_eq!(started(&shop, tag, "", "").decided().services, ["all"]);
}

#[test]
fn all_services_are_all_that_there_are() {
    let shop = Shop::new();
    for fixture in ["schedule", "repository-dispatch", "dispatch-all"] {
        let event = shop.event(fixture);
        assert_eq!(event.clone().without_payload().ask().is_ok(), fixture != "dispatch-all");
        // Nothing is compared, so neither filters nor commits matter.
        shop.repo.write(".github/utils/file-filters.yaml", "services/go/api-golang: [\n");
        let elsewhere = event.clone().set("GITHUB_SHA", NOWHERE).base(&shop.main);
        assert_eq!(elsewhere.decided().services, ALL, "{fixture}");
        shop.repo.write(&format!("{NODE}/Taskfile.yaml"), "vars: {IMAGE_REPO: [\n");
        let error = event.refusal(Kind::Input);
        assert!(error.contains(&format!("{NODE}/Taskfile.yaml")), "{fixture}: {error}");
        shop.repo.git(["checkout", "-q", "."]);
    }
    // Where the event names a service, the others may be broken.
    shop.repo.write(&format!("{NODE}/Taskfile.yaml"), "vars: {IMAGE_REPO: [\n");
    for fixture in ["release", "dispatch-tag", "dispatch-tag-bare"] {
        let plan = shop.event(fixture).decided();
        assert_eq!((plan.services.len(), plan.warnings.len()), (1, 1), "{fixture}: {:?}", plan.warnings);
    }
    shop.repo.write(&format!("{GO}/Taskfile.yaml"), "vars: {IMAGE_REPO: [\n");
    for fixture in ["release", "dispatch-tag", "dispatch-tag-bare"] {
        assert!(
            shop.event(fixture).refusal(Kind::Input).contains(&format!("{GO}/Taskfile.yaml")),
            "{fixture}"
        );
    }
}
