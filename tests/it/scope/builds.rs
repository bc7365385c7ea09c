//! What images are called by and labelled with.

use std::collections::BTreeMap;

use super::{change, shop, version};
use crate::support::Repo;

/// The labels `revision` and `created`, and `SOURCE_DATE_EPOCH`, that an image described by `commit` has.
fn description(repo: &Repo, commit: &str) -> [String; 3] {
    let time =
        |format: &str| repo.git(["show", "-s", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", format, commit]);
    [
        format!("org.opencontainers.image.revision={commit}"),
        format!("org.opencontainers.image.created={}", time("--format=%cd")),
        format!("SOURCE_DATE_EPOCH={}", time("--format=%ct")),
    ]
}

#[track_caller]
fn dry_run(repo: &Repo, args: &[&str]) -> String {
    repo.imgver(["build", "--dry-run"]).args(args).run().text()
}

#[track_caller]
fn assert_described(repo: &Repo, text: &str, commit: &str) {
    for wanted in description(repo, commit) {
        assert!(text.contains(&wanted), "{wanted} is missing:\n{text}");
    }
}

/// The outputs of `imgver tag --output github`, one text.
#[track_caller]
fn outputs(repo: &Repo, args: &[&str]) -> String {
    repo.imgver(["tag", "--output", "github"])
        .args(args)
        .env("GITHUB_OUTPUT", repo.path().join("../outputs"))
        .run()
        .text()
}

#[test]
fn an_image_is_described_by_the_last_change() {
    let repo = shop();
    let touched = change(&repo, "api/main.go");
    let head = change(&repo, "README.md");
    let text = dry_run(&repo, &["api"]);
    assert!(text.contains(&format!("ghcr.io/acme/api:{}", version("1.0.0", 1, &touched))), "{text}");
    assert_described(&repo, &text, &touched);
    assert_described(&repo, &outputs(&repo, &["api"]), &touched);
    // Whatever it is called.
    assert_described(&repo, &dry_run(&repo, &["api", "--set-version", "try-1"]), &touched);
    assert_described(&repo, &outputs(&repo, &["api", "--set-version", "try-1"]), &touched);
    assert_described(&repo, &outputs(&repo, &["api", "--rev", "HEAD~1"]), &touched);
    // By repository, as ever.
    assert_described(&repo, &dry_run(&repo, &["api", "--scope", "repository"]), &head);
    assert_described(&repo, &outputs(&repo, &["api", "--scope", "repository"]), &head);
    assert_described(&repo, &outputs(&repo, &["--whole", "--repo", "acme/all"]), &head);
}

#[test]
fn a_release_is_described_as_the_build_before_it() {
    let repo = shop();
    let touched = change(&repo, "api/main.go");
    change(&repo, "README.md");
    let staging = outputs(&repo, &["api", "--environment", "staging"]);
    repo.annotate("api@1.1.0");
    let production = outputs(&repo, &["api", "--environment", "production"]);
    assert!(production.contains("ghcr.io/acme/api:1.1.0\n"), "{production}");
    for text in [&staging, &production, &dry_run(&repo, &["api", "--environment", "production"])] {
        assert_described(&repo, text, &touched);
    }
    let given = dry_run(&repo, &["api", "--environment", "production", "--set-version", "1.1.0"]);
    assert_described(&repo, &given, &touched);
}

#[test]
fn each_image_of_a_bake_is_described_by_its_own_commit() {
    let repo = shop();
    let api = change(&repo, "api/main.go");
    let web = change(&repo, "libs/ui/button.js");
    change(&repo, "README.md");
    let text = dry_run(&repo, &["--all"]);
    let json = &text[text.find('{').unwrap()..=text.rfind('}').unwrap()];
    let definition: serde_json::Value =
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {text}"));
    for (service, base, commit) in [("api", "1.0.0", &api), ("web", "2.0.0", &web)] {
        let target = &definition["target"][service];
        let [revision, created, epoch] =
            description(&repo, commit).map(|text| text.split_once('=').unwrap().1.to_owned());
        let labels = &target["labels"];
        let made: BTreeMap<&str, &serde_json::Value> = [
            ("revision", &labels["org.opencontainers.image.revision"]),
            ("created", &labels["org.opencontainers.image.created"]),
            ("epoch", &target["args"]["SOURCE_DATE_EPOCH"]),
            ("tag", &target["tags"][0]),
        ]
        .into();
        let tag = format!("ghcr.io/acme/{service}:{}", version(base, 1, commit));
        let wanted: [(&str, &str); 4] =
            [("revision", &revision), ("created", &created), ("epoch", &epoch), ("tag", &tag)];
        for (what, text) in wanted {
            assert_eq!(made[what], text, "{service}: {what}\n{definition:#}");
        }
    }
}

#[test]
fn production_needs_the_tag_on_the_commit_itself() {
    let repo = shop();
    change(&repo, "README.md");
    for command in [
        &["version", "api", "--exact"][..],
        &["tag", "api", "--environment", "production"],
        &["build", "api", "--environment", "production", "--dry-run"],
        &["tag", "api", "--environment", "production", "--set-version", "1.0.0"],
    ] {
        let refused = repo.imgver(command.iter().copied()).run();
        refused.fails(4);
        let words = match command.contains(&"--set-version") {
            true => "does not carry the release tag api@1.0.0",
            false => "it is later than api@1.0.0, since which nothing of api changed",
        };
        assert!(refused.stderr.contains(words), "{refused}");
    }
    change(&repo, "api/main.go");
    let refused = repo.imgver(["version", "api", "--exact"]).run();
    refused.fails(4);
    assert!(refused.stderr.contains("it is 1 change after the nearest, api@1.0.0"), "{refused}");
    repo.git(["checkout", "--quiet", "api@1.0.0"]);
    assert_eq!(
        repo.imgver(["tag", "api", "--environment", "production"]).run().line(),
        "ghcr.io/acme/api:1.0.0"
    );
}

#[test]
fn the_name_of_a_release_is_only_wrong_for_changes() {
    let repo = shop();
    change(&repo, "README.md");
    let untouched = repo.imgver(["version", "api", "--image"]).run();
    assert_eq!((untouched.line(), &*untouched.stderr), ("ghcr.io/acme/api:1.0.0".to_owned(), ""));
    change(&repo, "api/main.go");
    change(&repo, "api/main.go");
    let touched = repo.imgver(["version", "api", "--image"]).run();
    assert!(
        touched.stderr.contains("is named after the release api@1.0.0, but")
            && touched.stderr.contains("is 2 changes later"),
        "{touched}"
    );
}
