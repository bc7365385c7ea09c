//! Pre-releases, where the configuration names them: which images they make, and what takes no notice of them.

use std::fs;

use crate::support::Repo;
use crate::support::absent::AbsentRegistry;

/// Two services; `api` is released as 1.0.0, and a commit later it is 1.1.0-rc.1, 1.1.0-rc.2 and 1.1.0-beta.9.
fn repo(settings: &str) -> Repo {
    let repo = Repo::new();
    repo.write(
        "imgver.yaml",
        format!("{settings}image: team/{{name}}\nservices:\n  svc/api: {{}}\n  svc/web: {{}}\n"),
    );
    for service in ["svc/api", "svc/web"] {
        repo.write(&format!("{service}/Dockerfile"), "FROM scratch\n");
    }
    repo.commit("one");
    repo.annotate("svc/api@1.0.0");
    repo.write("svc/api/main", "2\n");
    repo.commit("two");
    for version in ["1.1.0-rc.1", "1.1.0-beta.9", "1.1.0-rc.10", "1.1.0-alpha.3", "2.0.0-rc.01"] {
        repo.annotate(&format!("svc/api@{version}"));
    }
    repo
}

const NAMED: &str = "prereleases: [rc, beta]\n";

#[test]
fn candidate_is_the_highest_that_the_commit_carries() {
    let repo = repo(NAMED);
    let candidate = |args: &[&str]| repo.imgver(["tag", "--environment", "candidate"]).args(args).run();
    assert_eq!(candidate(&["api"]).line(), "team/api:1.1.0-rc.10");
    assert_eq!(candidate(&["api", "--exact"]).line(), "team/api:1.1.0-rc.10");
    assert_eq!(candidate(&["api", "--set-version", "1.1.0-rc.1"]).line(), "team/api:1.1.0-rc.1");
    assert_eq!(candidate(&["api", "--set-version", ""]).line(), "team/api:1.1.0-rc.10");
    let run = candidate(&["api", "--set-version", "1.1.0-rc.2"]);
    assert!(run.fails(4).contains("does not carry the pre-release tag svc/api@1.1.0-rc.2"), "{run}");
    // The commit has tags of some of these, so no error may say that it has not.
    for (version, hint) in [
        ("1.1.0-alpha.3", "prereleases: [alpha, beta, rc]"),
        ("1.1.0", "--environment production"),
        ("1.0.0", "--environment production"),
        ("try-1", "--environment staging or development"),
        ("2.0.0-rc.01", "--environment staging or development"),
    ] {
        let run = candidate(&["api", "--set-version", version]);
        let error = run.fails(4);
        let message = format!("{version} is not a pre-release of svc/api (beta, rc)");
        assert!(error.contains(&message) && error.contains(hint), "{run}");
    }
    for args in [&["web"][..], &["api", "--rev", "HEAD~1"]] {
        let run = candidate(args);
        let error = run.fails(4);
        assert!(
            error.contains("carries no pre-release tag of svc/") && error.contains("--pre beta"),
            "{run}"
        );
    }
    repo.commit("three");
    candidate(&["api"]).fails(4);
    assert_eq!(candidate(&["api", "--rev", "HEAD~1"]).line(), "team/api:1.1.0-rc.10");
    repo.annotate("svc/api@2.0.0-beta.1");
    repo.annotate("svc/api@1.9.9-rc.1");
    assert_eq!(candidate(&["api"]).line(), "team/api:2.0.0-beta.1", "by the release, then by the word");
}

#[test]
fn broken_tags_that_would_have_been_taken_are_named() {
    let repo = repo(NAMED);
    // A loose one, and a packed one whose commit is not there; it is the last of the file, which is sorted.
    repo.git(["pack-refs", "--all"]);
    let packed = repo.path().join(".git/packed-refs");
    let text = fs::read_to_string(&packed).expect("read packed-refs");
    let missing = "1".repeat(40);
    fs::write(packed, format!("{text}{missing} refs/tags/svc/api@3.0.0-rc.1\n")).expect("write packed-refs");
    for broken in ["1.1.0-rc.3", "1.2.0-rc.1", "1.2.0-alpha.1"] {
        repo.write(&format!(".git/refs/tags/svc/api@{broken}"), "no hash\n");
    }
    let candidate = ["--environment", "candidate"];
    let taken = ["svc/api@1.2.0-rc.1", "svc/api@3.0.0-rc.1"];
    for command in [&["tag", "api"][..], &["build", "api", "--dry-run"]] {
        let run = repo.imgver(command).args(candidate).run();
        assert!(run.text().contains("team/api:1.1.0-rc.10"), "{run}");
        for tag in taken {
            assert!(run.stderr.contains(&format!("warning: the tag {tag} is broken")), "{run}");
        }
        assert_eq!(run.stderr.matches("is broken").count(), taken.len(), "lower ones do not matter: {run}");
    }
    let given = |version: &str| repo.imgver(["tag", "api", "--set-version", version]).args(candidate).run();
    assert_eq!(given("1.1.0-rc.1").stderr, "", "this one is whole");
    let run = given("1.1.0-rc.3");
    let error = run.fails(4);
    assert!(error.contains("hint: the tag svc/api@1.1.0-rc.3 is broken"), "{run}");
    assert_eq!(error.matches("is broken").count(), 1, "{run}");
}

#[test]
fn all_outputs_say_the_same_version() {
    let repo = repo(NAMED);
    let tag = ["tag", "api", "--environment", "candidate", "--output"];
    let json = repo.imgver(tag).args(["json"]).run().json();
    assert_eq!((json["tag"].as_str(), json["base"].as_str()), (Some("team/api:1.1.0-rc.10"), Some("1.0.0")));
    assert_eq!(json["version"], "1.0.0");
    let outputs = repo.imgver(tag).args(["github"]).run().text();
    for line in [
        "version=1.1.0-rc.10",
        "image_tag=team/api:1.1.0-rc.10",
        "org.opencontainers.image.version=1.1.0-rc.10",
    ] {
        assert!(outputs.lines().any(|found| found == line), "{line}: {outputs}");
    }
    assert!(outputs.contains("VERSION=1.1.0-rc.10\n"), "{outputs}");
}

#[test]
fn a_candidate_is_what_was_committed() {
    let repo = repo(NAMED);
    let candidate =
        |args: &[&str]| repo.imgver(["tag", "api", "--environment", "candidate"]).args(args).run();
    repo.write("svc/api/main", "3\n");
    for args in [&[][..], &["--no-dirty"], &["--set-version", "1.1.0-rc.1"]] {
        assert!(candidate(args).fails(4).contains("uncommitted changes"));
    }
    assert_eq!(candidate(&["--rev", "HEAD"]).line(), "team/api:1.1.0-rc.10");
    repo.git(["checkout", "-q", "."]);
    repo.write("svc/api/untracked", "1\n");
    assert!(candidate(&[]).fails(4).contains("svc/api/untracked"));
}

#[test]
fn no_history_is_needed_for_what_a_tag_says() {
    let repo = repo(NAMED);
    let clone = repo.cloned("shallow", &["--depth=1"]);
    let candidate =
        |args: &[&str]| clone.imgver(["tag", "api", "--environment", "candidate"]).args(args).run();
    assert_eq!(candidate(&[]).line(), "team/api:1.1.0-rc.10");
    candidate(&["--output", "json"]).fails(3);
    candidate(&["--scope", "service", "--output", "github"]).fails(3);
    let untagged = repo.cloned("untagged", &["--depth=1", "--no-tags"]);
    let run = untagged.imgver(["tag", "api", "--environment", "candidate"]).run();
    assert!(run.fails(4).contains("git fetch --tags"), "{run}");
}

#[test]
fn without_any_candidate_is_a_name_as_any_other() {
    for settings in ["", "prereleases: []\n"] {
        let repo = repo(settings);
        let head = &repo.head()[..7];
        let tag = repo.imgver(["tag", "api", "--environment", "candidate"]).run().line();
        assert_eq!(tag, format!("team/api:1.0.0-0001-{head}"));
        let set =
            repo.imgver(["tag", "api", "--environment", "candidate", "--set-version", "1.1.0-rc.2"]).run();
        assert_eq!(set.line(), "team/api:1.1.0-rc.2");
    }
}

#[test]
fn nothing_else_takes_notice_of_them() {
    let (named, plain) = (repo(NAMED), repo(""));
    for args in [
        &["version", "api"][..],
        &["version", "api", "--output", "json"],
        &["list"],
        &["tag", "api"],
        &["tag", "api", "--environment", "staging"],
    ] {
        let mask = |repo: &Repo| {
            let head = repo.head();
            repo.imgver(args).run().text().replace(&head, "COMMIT").replace(&head[..7], "COMMIT")
        };
        assert_eq!(mask(&named), mask(&plain), "{args:?}");
    }
    named.imgver(["version", "api", "--exact"]).run().fails(4);
    named.imgver(["tag", "api", "--environment", "production"]).run().fails(4);
}

#[test]
fn promotion_looks_for_the_images_of_pre_releases_first() {
    let registry = AbsentRegistry::start();
    let repo = repo(NAMED);
    repo.annotate("svc/api@1.1.0");
    let promote = ["promote", "api", "--optional", "--to"];
    let to = format!("{}/api", registry.host());
    repo.write(
        "imgver.yaml",
        format!("{NAMED}image: {}/{{name}}\nservices:\n  svc/api: {{}}\n", registry.host()),
    );
    let run = repo.imgver(promote).args([&to]).run();
    assert_eq!((run.code, &*run.stdout), (0, "digest=\n"), "{run}");
    let run = repo.imgver(["promote", "api"]).run();
    let looked = format!(
        "for the tags 1.1.0, 1.1.0-rc.10, 1.1.0-rc.1, 1.1.0-beta.9, 1.0.0-0001-{}",
        &repo.head()[..7]
    );
    assert!(run.fails(4).contains(&looked), "{run}");
    let run = repo.imgver(["promote", "api", "--environment", "candidate"]).run();
    assert!(run.fails(4).contains("to promote to 1.1.0-rc.10 of svc/api"), "{run}");
    let run = repo.imgver(["promote", "api", "--environment", "candidate", "--rev", "HEAD~1"]).run();
    assert!(run.fails(4).contains("carries no pre-release tag"), "{run}");
}

#[test]
fn a_pre_release_is_located_by_its_tag() {
    for scope in ["", "scope: service\n"] {
        let repo = repo(&format!("{NAMED}{scope}"));
        let tagged = repo.head();
        repo.write("svc/web/main", "1\n");
        repo.commit("three");
        for text in
            ["1.1.0-rc.1", "team/api:1.1.0-rc.1", "svc/api@1.1.0-rc.1", "docker.io/team/api:1.1.0-beta.9"]
        {
            let found = repo.imgver(["locate", text, "--output", "json"]).run().json();
            assert_eq!(found["commit"], *tagged, "{text}");
            let [service] = found["services"].as_array().unwrap().as_slice() else { panic!("{found}") };
            assert_eq!(
                (&service["service"], &service["base"]),
                (&"svc/api".into(), &"1.0.0".into()),
                "{text}"
            );
            assert_eq!((&service["distance"], &found["dirty"]), (&1.into(), &false.into()), "{text}");
        }
        repo.imgver(["locate", "1.1.0-rc.2"]).run().fails(3);
        repo.imgver(["locate", "team/web:1.1.0-rc.1"]).run().fails(3);
        repo.annotate("svc/web@1.1.0-rc.1");
        let run = repo.imgver(["locate", "1.1.0-rc.1"]).run();
        assert!(run.fails(5).contains("svc/api@1.1.0-rc.1 and svc/web@1.1.0-rc.1"), "{run}");
        let web = repo.imgver(["locate", "team/web:1.1.0-rc.1", "--output", "json"]).run().json();
        assert_eq!(web["commit"], *repo.head());
        let run = repo.imgver(["locate", "1.1.0-alpha.3"]).run();
        assert!(run.fails(5).contains("prereleases: [alpha, beta, rc] in imgver.yaml"), "{run}");
    }
}

#[test]
fn a_candidate_that_is_missing_is_planned_by_its_version() {
    let registry = AbsentRegistry::start();
    let repo = repo(NAMED);
    let image = format!("{}/{{name}}", registry.host());
    repo.write("imgver.yaml", format!("{NAMED}image: '{image}'\nservices:\n  svc/api: {{}}\n"));
    let reference = "refs/tags/svc/api@1.1.0-rc.1";
    let run = repo.imgver(["plan", "--missing", "--event-name", "push", "--ref", reference]).run();
    let outputs = run.text();
    for line in [r#"services=["svc/api"]"#, "environment=candidate", "push=true", "version=1.1.0-rc.1"] {
        assert!(outputs.lines().any(|found| found == line), "{line}: {run}");
    }
    assert_eq!(registry.manifests(), ["api:1.1.0-rc.1"]);
}
