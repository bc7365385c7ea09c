//! `locate`: from an image's tag back to the commit.

use imgver::error::{Kind, Result};
use imgver::ops::locate::{Answer, Request, locate};
use serde_json::json;

use super::{checkout, checkout_in, refused, shown, tag_format};
use crate::support::{Repo, image_of};
use crate::two_services::{GO, NODE, short, two_services};

/// A question about an image, or a tag alone.
fn about(image_tag: impl Into<String>) -> Request {
    Request { image_tag: image_tag.into(), service: None, first_parent: false, tag_format: None }
}

fn of(service: &str, request: Request) -> Request {
    Request { service: Some(service.to_owned()), ..request }
}

fn first_parent(request: Request) -> Request {
    Request { first_parent: true, ..request }
}

fn ask(repo: &Repo, request: &Request) -> Result<Answer> {
    let outcome = locate(request, &checkout(repo))?;
    assert!(outcome.effects.is_empty(), "{outcome:?}");
    assert_eq!(outcome.warnings, outcome.answer.warnings);
    Ok(outcome.answer)
}

#[track_caller]
fn located(repo: &Repo, request: &Request) -> Answer {
    ask(repo, request).unwrap_or_else(|error| panic!("{request:?}: {}", shown(&error)))
}

/// Asserts that nothing is found, for a reason.
#[track_caller]
fn lost(repo: &Repo, request: &Request, kind: Kind, words: &[&str]) {
    let error = refused(ask(repo, request), kind);
    words.iter().for_each(|word| assert!(error.contains(word), "'{word}' is missing: {error}"));
}

#[test]
fn every_form_that_imgver_makes_is_found() {
    let repo = two_services();
    let (head, released) = (repo.head(), repo.git(["rev-parse", "HEAD~2"]));
    let before = repo.git(["rev-parse", "HEAD~1"]);
    repo.commit("later");
    let (node, go) = (image_of(NODE), image_of(GO));
    for (tag, commit, service) in [
        (format!("{node}:1.0.9-0002-{}", &head[..7]), &head, NODE),
        (format!("docker.io/{node}:1.0.9-0002-{}", &head[..7]), &head, NODE),
        (format!("{node}:1.0.9-0002-{}@sha256:00ff", &head[..7]), &head, NODE),
        (format!("{node}:1.0.9-0001-{}", &before[..4]), &before, NODE),
        (format!("{node}:1.0.9-0001-{before}"), &before, NODE),
        (format!("{node}:1.0.10-0002-{}", &head[..7]), &head, NODE),
        (format!("{node}:1.1.0-0002-{}", &head[..7]), &head, NODE),
        (format!("{node}:1.0.9-0000-{}", &released[..7]), &released, NODE),
        (format!("{node}:1.0.9"), &released, NODE),
        (format!("1.0.9-0002-{}", &head[..7]), &head, NODE),
        ("1.0.9".to_owned(), &released, NODE),
        (format!("{go}:0.0.0-0003-{}", &head[..7]), &head, GO),
        (format!("0.0.1-0003-{}", &head[..7]), &head, GO),
    ] {
        let found = located(&repo, &of(service, about(&*tag)));
        assert_eq!((&found.commit, found.services[0].service.as_deref()), (commit, Some(service)), "{tag}");
        let found = located(&repo, &about(&*tag));
        assert_eq!(&found.commit, commit, "{tag}");
        assert!(services(&found).contains(&Some(service)), "{tag}: {found:?}");
        assert!(!found.dirty, "{tag}: {found:?}");
        let planned = [("1.0.10-", "patch"), ("1.1.0-", "minor"), ("0.0.1-", "patch")];
        match planned.into_iter().find(|(base, _)| tag.contains(base)) {
            None => assert!(found.warnings.is_empty(), "{tag}: {found:?}"),
            Some((_, option)) => {
                let [warning] = &*found.warnings else { panic!("{tag}: {found:?}") };
                assert!(warning.contains(&format!("--next {option} makes for {service}")), "{warning}");
            }
        }
    }
    let dirty = located(&repo, &about(format!("{node}:1.0.9-0002-{}-dirty", &head[..7])));
    assert_eq!((dirty.commit, dirty.dirty, dirty.warnings.len()), (head, true, 1));
}

fn services(found: &Answer) -> Vec<Option<&str>> {
    found.services.iter().map(|service| service.service.as_deref()).collect()
}

#[test]
fn an_answer_is_the_commit_and_where_it_stands() {
    let repo = two_services();
    let image = format!("{}:1.0.9-0002-{}", image_of(NODE), short(&repo));
    assert_eq!(
        serde_json::to_value(located(&repo, &about(&*image))).unwrap(),
        json!({
            "image_tag": image, "commit": repo.head(), "author": "Ada", "email": "ada@example.com",
            "date": "2023-11-14T22:16:20Z", "subject": "Run", "dirty": false,
            "services": [{"service": NODE, "base": "1.0.9", "base_tag": format!("{NODE}@1.0.9"), "distance": 2, "scope": "repository"}],
            "warnings": [],
        })
    );
}

#[test]
fn a_version_alone_is_that_of_the_service_one_is_in() {
    let repo = two_services();
    repo.git(["tag", &format!("{GO}@1.0.9"), "HEAD"]);
    let at = |directory: &str| locate(&about("1.0.9"), &checkout_in(&repo, directory)).unwrap().answer.commit;
    assert_eq!(at(GO), repo.head());
    assert_eq!(at(NODE), repo.git(["rev-parse", "HEAD~2"]));
    let both = [format!("{GO}@1.0.9"), format!("{NODE}@1.0.9")];
    lost(&repo, &about("1.0.9"), Kind::Input, &["1.0.9", &both[0], &both[1], "--service"]);
    // A version that several services have at one commit tells the commit all the same.
    repo.git(["tag", &format!("{NODE}@2.0.0")]);
    repo.git(["tag", &format!("{GO}@2.0.0")]);
    let shared = located(&repo, &about(format!("2.0.0-0000-{}", short(&repo))));
    assert_eq!(services(&shared), [Some(GO), Some(NODE)]);
    repo.git(["tag", "api-node-v6.0.0"]);
    let by_name = Request { tag_format: Some(tag_format("{name}-v{version}")), ..about("6.0.0") };
    assert_eq!(services(&located(&repo, &by_name)), [Some(NODE)]);
    repo.git(["tag", "v7.0.0"]);
    let bare = repo.cloned("bare.git", &["--bare"]);
    assert_eq!(located(&bare, &about("7.0.0")).commit, repo.head());
    assert_eq!(services(&located(&repo, &about("7.0.0"))), [None]);
}

#[test]
fn a_version_that_does_not_follow_is_not_passed_off() {
    let repo = two_services();
    let (commit, image) = (short(&repo), image_of(NODE));
    let of_node = format!("1.0.9-0002-{commit} for {NODE}");
    for (version, word) in [
        (format!("{image}:1.0.9-0047-{commit}"), &*of_node),
        (format!("{image}:1.0.8-0002-{commit}"), "git fetch --tags"),
        (format!("{image}:1.0.9-00002-{commit}"), &of_node),
        (format!("{}:1.0.9-0002-{commit}", image_of(GO)), &format!("for {GO}")),
    ] {
        lost(&repo, &about(version), Kind::VersionRule, &[word]);
    }
    // What was tagged since is named.
    let made = about(format!("{image}:1.0.9-0002-{commit}"));
    assert_eq!(located(&repo, &made).commit, repo.head());
    let later = format!("{NODE}@1.1.0");
    repo.git(["tag", &later, "HEAD~1"]);
    lost(
        &repo,
        &made,
        Kind::VersionRule,
        &[&format!("1.1.0-0001-{commit}"), &format!("until {later} was tagged")],
    );
}

#[test]
fn first_parents_are_followed_on_request() {
    let repo = two_services();
    repo.git(["checkout", "-q", "-b", "side", "HEAD~1"]);
    repo.commit("On the side");
    repo.git(["checkout", "-q", "main"]);
    repo.git(["merge", "-q", "--no-ff", "-m", "Merge side", "side"]);
    let version = |distance| about(format!("{}:1.0.9-{distance:04}-{}", image_of(NODE), short(&repo)));
    let (all, first) = (version(4), version(3));
    assert_eq!(located(&repo, &all).commit, repo.head());
    assert_eq!(located(&repo, &first_parent(first.clone())).commit, repo.head());
    lost(&repo, &first, Kind::VersionRule, &["with --first-parent"]);
    lost(&repo, &first_parent(all), Kind::VersionRule, &["without --first-parent"]);
}

#[test]
fn what_the_clone_lacks_is_said() {
    let repo = two_services();
    let image = image_of(NODE);
    let lacks = |version: &str, words: &[&str]| lost(&repo, &about(version), Kind::Repository, words);
    lacks(&format!("{image}:1.0.9-0047-0000000"), &["0000000", "git fetch --all"]);
    lacks(&format!("{image}:1.0.8"), &["1.0.8", NODE, "git fetch --tags"]);
    lacks("9.9.9", &["9.9.9", "any service"]);
    // Blobs and trees have hashes, too.
    let tree = &repo.git(["rev-parse", "HEAD^{tree}"])[..7];
    lacks(&format!("{image}:1.0.9-0002-{tree}"), &[tree]);
    let before = repo.git(["rev-parse", "--short=7", "HEAD~1"]);
    let shallow = repo.cloned("shallow", &["--depth", "1"]);
    for (version, word) in [
        (format!("{image}:1.0.9-0001-{before}"), "git fetch --unshallow"),
        (format!("{image}:1.0.9-0002-{}", short(&repo)), "too shallow"),
    ] {
        lost(&shallow, &about(version), Kind::Repository, &[word]);
    }
}

#[test]
fn what_tells_no_commit_is_refused() {
    let repo = two_services();
    let image = image_of(NODE);
    let refuses = |version: &str, words: &[&str]| lost(&repo, &about(version), Kind::Input, words);
    refuses(&format!("{image}:latest"), &["'latest'", "org.opencontainers.image.revision"]);
    refuses(&image, &[&image]);
    refuses("", &["''"]);
    refuses("Team/api:1.0.9", &["uppercase"]);
    refuses("example/services-node-api-nod:1.0.9", &[&format!("did you mean {image}?")]);
    lost(&repo, &of("nowhere", about("1.0.9")), Kind::Input, &["'nowhere'"]);
    repo.write(&format!("{GO}/Taskfile.yaml"), "version: '3'\nvars:\n  IMAGE_REPO: '{{.REGISTRY}}/api'\n");
    repo.git(["tag", &format!("{GO}@3.0.0")]);
    // Only Task knows the image, and it may be this one.
    assert_eq!(services(&located(&repo, &about("registry.example/api:3.0.0"))), [Some(GO)]);
}

#[test]
fn an_ambiguous_hash_is_decided_by_the_version() {
    let repo = two_services();
    // Four digits repeat soon among some hundred commits.
    let mut seen = std::collections::HashMap::new();
    let twins = (0..2000).find_map(|_| {
        let commit = repo
            .git_run(["commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", &seen.len().to_string()])
            .run()
            .text();
        let other = seen.insert(commit[..4].to_owned(), commit.clone());
        other.map(|other| (other, commit))
    });
    let (one, other) = twins.expect("two hashes that begin alike");
    let tag = format!("{}:1.0.9-0003-{}", image_of(NODE), &one[..4]);
    lost(&repo, &about(&*tag), Kind::Input, &["is ambiguous", &one, &other]);
    lost(&repo, &about(tag.replace("0003", "0004")), Kind::Input, &["is ambiguous", &one, &other]);
    // One of them gets a release, and the other's version stays.
    repo.git(["tag", &format!("{NODE}@1.0.10"), &one]);
    assert_eq!(located(&repo, &about(&*tag)).commit, other);
}

/// What git describe itself prints for `service` at `commit`.
fn described(repo: &Repo, service: &str, commit: &str) -> String {
    repo.git(["describe", "--tags", "--long", "--abbrev=7", "--match", &format!("{service}@*"), commit])
}

#[test]
fn versions_of_git_describe_lead_to_their_commits() {
    let repo = two_services();
    let (head, image) = (repo.head(), image_of(NODE));
    let printed = described(&repo, NODE, "HEAD");
    let plain = printed.rsplit_once('@').unwrap().1.to_owned();
    assert_eq!(plain, format!("1.0.9-2-g{}", short(&repo)));
    let padded = plain.replace("-2-", "-0002-");
    for tag in [
        plain.clone(),
        padded.clone(),
        format!("v{plain}"),
        format!("{image}:{plain}"),
        format!("{image}:v{padded}"),
        format!("docker.io/{image}:{padded}"),
        printed.clone(),
    ] {
        let found = located(&repo, &about(&*tag));
        assert_eq!((&found.commit, services(&found)), (&head, vec![Some(NODE)]), "{tag}");
        assert_eq!((&*found.services[0].base, found.services[0].distance), ("1.0.9", 2), "{tag}");
        let [warning] = &*found.warnings else { panic!("{found:?}") };
        let own = format!("imgver's version of this commit is 1.0.9-0002-{}", short(&repo));
        assert!(warning.ends_with(&own) && warning.contains("git describe"), "{warning}");
        let dirty = located(&repo, &about(format!("{tag}-dirty")));
        assert_eq!((dirty.commit, dirty.dirty, dirty.warnings.len()), (head.clone(), true, 2), "{tag}");
    }
    // At the release itself, where git describe prints no more than the tag unless it is told to.
    let at_tag = repo.git(["describe", "--tags", "HEAD~2"]);
    assert_eq!(at_tag, format!("{NODE}@1.0.9"));
    for tag in [described(&repo, NODE, "HEAD~2"), format!("{at_tag}-dirty"), at_tag, "v1.0.9".to_owned()] {
        let released = located(&repo, &about(&*tag));
        assert_eq!((released.commit, released.services[0].distance), (repo.git(["rev-parse", "HEAD~2"]), 0));
    }
    // With any spelling of tags.
    repo.git(["tag", "api-node-v2.0.0", "HEAD~1"]);
    let by_name = || Request {
        tag_format: Some(tag_format("{name}-v{version}")),
        ..about(repo.git(["describe", "--tags", "--long", "--match", "api-node-v*"]))
    };
    assert_eq!(services(&located(&repo, &by_name())), [Some(NODE)]);
    lost(
        &repo,
        &Request { tag_format: None, ..by_name() },
        Kind::Input,
        &["api-node-v2.0.0 is not a release tag", "--tag-format"],
    );
}

#[test]
fn what_scripts_make_of_a_version_leads_to_its_commit() {
    let repo = two_services();
    let (head, image) = (repo.head(), image_of(NODE));
    let commit = short(&repo);
    let upper = head[..12].to_uppercase();
    let warned = |tag: &str| {
        let found = located(&repo, &about(tag));
        assert_eq!((&found.commit, services(&found)), (&head, vec![Some(NODE)]), "{tag}");
        assert_eq!((&*found.services[0].base, found.services[0].distance), ("1.0.9", 2), "{tag}");
        found.warnings
    };
    // As `sed 's/-g/-/'` leaves what git describe prints, and with a `v` or another case.
    for (tag, own) in [
        (format!("{image}:1.0.9-2-{commit}"), format!("1.0.9-0002-{commit}")),
        (format!("1.0.9-2-{commit}"), format!("1.0.9-0002-{commit}")),
        (format!("{NODE}@1.0.9-2-{commit}"), format!("1.0.9-0002-{commit}")),
        (format!("{image}:v1.0.9-0002-{commit}"), format!("1.0.9-0002-{commit}")),
        (format!("v1.0.9-2-{commit}"), format!("1.0.9-0002-{commit}")),
        (format!("{image}:1.0.9-0002-{upper}"), format!("1.0.9-0002-{}", &head[..12])),
        (format!("1.0.9-2-g{upper}"), format!("1.0.9-0002-{}", &head[..12])),
    ] {
        let warnings = warned(&tag);
        let [warning] = &*warnings else { panic!("{tag}: {warnings:?}") };
        assert!(warning.ends_with(&format!("imgver's version of this commit is {own}")), "{warning}");
        let dirty = located(&repo, &about(format!("{tag}-dirty")));
        assert_eq!((dirty.commit, dirty.dirty, dirty.warnings.len()), (head.clone(), true, 2), "{tag}");
    }
    let planned = warned(&format!("v1.1.0-0002-{commit}"));
    assert!(planned[0].ends_with(&format!("is 1.1.0-0002-{commit}")), "{planned:?}");
    assert!(planned[1].contains("--next minor"), "{planned:?}");
    // imgver's own version behind the service, and the service by its short name.
    assert_eq!(warned(&format!("{NODE}@1.0.9-0002-{commit}")), [""; 0]);
    let in_full = format!("api-node@1.0.9 is short for {NODE}@1.0.9");
    assert_eq!(warned(&format!("api-node@1.0.9-0002-{commit}")), [&*in_full]);
    let released = located(&repo, &about("api-node@1.0.9"));
    assert_eq!((released.commit, released.warnings), (repo.git(["rev-parse", "HEAD~2"]), vec![in_full]));
    // Two services of that name are no answer.
    repo.service("other/api-node");
    repo.commit("A namesake");
    lost(&repo, &about("api-node@1.0.9"), Kind::Input, &["api-node@1.0.9 is not a release tag"]);
    assert_eq!(services(&located(&repo, &of(NODE, about("api-node@1.0.9")))), [Some(NODE)]);
}

#[test]
fn a_bare_repository_says_that_it_knows_no_services() {
    let repo = two_services();
    let (head, image) = (short(&repo), image_of(NODE));
    let bare = repo.cloned("bare.git", &["--bare"]);
    for request in [
        about("1.0.9"),
        about(format!("1.0.9-0002-{head}")),
        about(format!("1.0.9-2-g{head}")),
        about(format!("{NODE}@1.0.9")),
        about(format!("{image}:1.0.9")),
        of(NODE, about("1.0.9")),
    ] {
        let error = refused(ask(&bare, &request), Kind::Repository);
        let hints: Vec<&str> = error.lines().filter(|line| line.starts_with("hint:")).collect();
        assert!(error.contains("a bare repository has no work tree"), "{error}");
        assert_eq!(hints, ["hint: run imgver in a clone with a work tree"], "{error}");
    }
    let whole = located(&bare, &about(format!("0.0.0-0003-{head}")));
    assert_eq!(services(&whole), [None]);
    repo.git(["tag", "2.0.0", "HEAD~1"]);
    repo.git(["tag", "v2.0.0"]);
    let bare = repo.cloned("two.git", &["--bare"]);
    lost(&bare, &about("2.0.0"), Kind::Input, &["--tag-format 'v{version}'"]);
    let chosen = Request { tag_format: Some(tag_format("v{version}")), ..about("2.0.0") };
    assert_eq!(located(&bare, &chosen).commit, repo.head());
}

#[test]
fn what_git_describe_would_not_print_is_refused() {
    let repo = two_services();
    let (commit, image) = (short(&repo), image_of(NODE));
    for (tag, kind, words) in [
        (format!("{image}:1.0.9-3-g{commit}"), Kind::VersionRule, &["1.0.9-0002"][..]),
        (format!("1.0.8-2-g{commit}"), Kind::VersionRule, &["1.0.9-0002"]),
        (format!("{NODE}@1.0.9-0003-g{commit}"), Kind::VersionRule, &["1.0.9-0002"]),
        (format!("{image}:1.0.9-2-g0000000"), Kind::Repository, &["no commit in this clone"]),
        (format!("services/node/api-nod@1.0.9-2-g{commit}"), Kind::Input, &["did you mean", NODE]),
        (format!("{image}:1.0-2-g{commit}"), Kind::Input, &["is not a version"]),
        (format!("1.0.9-99999999999999999999-g{commit}"), Kind::Input, &["is not a version"]),
        (format!("1.0.9-2-g{}", "A".repeat(65)), Kind::Input, &["is not a version"]),
        (format!("1.0.9-047-{commit}"), Kind::VersionRule, &["1.0.9-0002"]),
        (format!("1.0.10-2-{commit}"), Kind::VersionRule, &["1.0.9-0002"]),
        (format!("{image}:1.0.9-3-{commit}"), Kind::VersionRule, &["1.0.9-0002"]),
        (format!("{NODE}@1.0.9-0003-{commit}"), Kind::VersionRule, &["1.0.9-0002"]),
        ("api-nod@1.0.9".to_owned(), Kind::Input, &["is not a release tag"]),
        ("api-node-v1.0.9".to_owned(), Kind::Input, &["is not a release tag"]),
    ] {
        lost(&repo, &about(tag), kind, words);
    }
    // A script without --match takes the tag of any service for its own.
    repo.git(["tag", &format!("{GO}@3.0.0"), "HEAD~1"]);
    let stolen = repo.git(["describe", "--tags", "--long", "--abbrev=7"]);
    let version = stolen.rsplit_once('@').unwrap().1;
    assert_eq!(version, format!("3.0.0-1-g{commit}"));
    let other = format!("the version of {GO}: without --match");
    lost(&repo, &about(format!("{image}:{version}")), Kind::VersionRule, &[&other]);
    let shallow = repo.cloned("shallow", &["--depth", "1"]);
    let before = repo.git(["rev-parse", "--short=7", "HEAD~1"]);
    lost(&shallow, &about(format!("{image}:1.0.9-1-g{before}")), Kind::Repository, &["--unshallow"]);
    lost(&shallow, &about(format!("{image}:1.0.9-2-g{commit}")), Kind::Repository, &["too shallow"]);
}

#[test]
fn of_equally_near_tags_git_describe_may_take_another() {
    let repo = two_services();
    // git describe prefers annotated tags, imgver the highest version.
    repo.git(["tag", &format!("{NODE}@1.2.0"), "HEAD~2"]);
    let printed = described(&repo, NODE, "HEAD");
    assert!(printed.contains("@1.0.9-2-g"), "{printed}");
    let found = located(&repo, &about(&*printed));
    assert_eq!((&found.commit, &*found.services[0].base), (&repo.head(), "1.0.9"));
    assert!(found.warnings[0].ends_with(&format!("is 1.2.0-0002-{}", short(&repo))), "{found:?}");
    // A nearer tag is no tie: the version was made before it was set.
    repo.git(["tag", &format!("{NODE}@1.3.0"), "HEAD~1"]);
    lost(&repo, &about(printed), Kind::VersionRule, &["until", "@1.3.0 was tagged"]);
}
