//! `imgver float`, as far as it shows without an image.

use crate::support::Repo;
use crate::support::absent::AbsentRegistry;

const FLOATING: &str = "floating: [latest, minor, major]\n";

fn repo(registry: &AbsentRegistry, floating: &str) -> Repo {
    let (repo, host) = (Repo::new(), registry.host());
    let services = format!(
        "{floating}services:\n  svc/api:\n    image: [{host}/team/api, {host}/mirror/api]\n  svc/web:\n    image: {host}/team/web\n"
    );
    repo.write("imgver.yaml", services);
    repo.write("svc/api/Dockerfile", "FROM scratch\n");
    repo.write("svc/web/Dockerfile", "FROM scratch\n");
    repo.commit("one");
    repo
}

fn in_each(names: &[&str], tags: &[&str]) -> Vec<String> {
    let mut all: Vec<String> =
        names.iter().flat_map(|name| tags.iter().map(move |tag| format!("{name}:{tag}"))).collect();
    all.sort_unstable();
    all
}

#[test]
fn nothing_is_set_unless_it_is_configured() {
    let registry = AbsentRegistry::start();
    for floating in ["", "floating: []\n"] {
        let repo = repo(&registry, floating);
        repo.tag("svc/api@1.0.0");
        let run = repo.imgver(["float"]).run();
        assert_eq!((run.code, &*run.stdout), (0, ""), "{run}");
        assert!(run.stderr.starts_with("nothing to set: imgver.yaml has no floating tags"), "{run}");
        assert_eq!(repo.imgver(["float", "nothing"]).run().code, 5);
    }
    assert!(registry.manifests().is_empty());
}

#[test]
fn the_highest_releases_are_asked_about_first() {
    let registry = AbsentRegistry::start();
    let repo = repo(&registry, FLOATING);
    for tag in [
        "svc/api@0.9.0",
        "svc/api@1.0.0",
        "svc/api@1.0.1",
        // No releases of it.
        "svc/api@1.1.0-rc.1",
        "svc/api@2.0",
        "v3.0.0",
        "other/svc/api@4.0.0",
    ] {
        repo.tag(tag);
    }
    let run = repo.imgver(["float", "api"]).run();
    assert_eq!((run.code, &*run.stdout), (0, ""), "{run}");
    let none = |repository: &str| {
        format!(
            "warning: svc/api: none of its releases has an image in {}/{repository}, so no tag moves there\n",
            registry.host()
        )
    };
    let without_remote = "warning: there is no remote, so the release tags of this clone are those that floating tags follow\n";
    let nothing = "nothing to set: no release with an image has floating tags\n";
    let told = [none("team/api"), none("mirror/api")].concat();
    // What is found out last is said last.
    assert_eq!(run.stderr, format!("{without_remote}{told}{nothing}"), "{run}");
    let dry = repo.imgver(["float", "api", "--dry-run"]).run();
    assert_eq!((dry.code, &*dry.stdout, &*dry.stderr), (0, "", &*run.stderr), "{dry}");
    let tags = ["0.9", "0.9.0", "1", "1.0", "1.0.0", "1.0.1", "latest"];
    let mut asked = registry.manifests();
    asked.dedup();
    assert_eq!(asked, in_each(&["mirror/api", "team/api"], &tags));
    // The other service has no release, and so nothing to ask about.
    let run = repo.imgver(["float", "web"]).run();
    assert_eq!((run.code, &*run.stderr), (0, &*format!("{without_remote}{nothing}")), "{run}");
    assert_eq!(registry.manifests().len(), 28);
}

#[test]
fn one_tag_may_release_all_services() {
    let registry = AbsentRegistry::start();
    let repo = repo(&registry, "floating: major\ntag-format: ['v{version}', '{service}@{version}']\n");
    repo.tag("v1.0.0");
    repo.tag("svc/web@2.0.0");
    assert_eq!(repo.imgver(["float", "--dry-run"]).run().code, 0);
    let mut expected = in_each(&["mirror/api", "team/api", "team/web"], &["1", "1.0.0"]);
    expected.extend(in_each(&["team/web"], &["2", "2.0.0"]));
    assert_eq!(registry.manifests(), expected);
}

#[test]
fn the_remote_says_which_releases_there_are() {
    let registry = AbsentRegistry::start();
    let origin = repo(&registry, "floating: major\n");
    origin.tag("svc/web@1.0.0");
    let clone = origin.cloned("clone", &["--no-tags"]);
    clone.tag("svc/web@2.0.0");
    let run = clone.imgver(["float", "web"]).run();
    assert_eq!(run.code, 0, "{run}");
    assert!(
        run.stderr.contains("warning: svc/web: this clone has the release tag svc/web@2.0.0, and the remote origin, whose tags count, has 1.0.0 at most (git push origin svc/web@2.0.0, or"),
        "{run}"
    );
    assert_eq!(registry.manifests(), ["team/web:1", "team/web:1.0.0"]);
    // Without any remote, the clone itself.
    clone.git(["remote", "remove", "origin"]);
    assert_eq!(clone.imgver(["float", "web"]).run().code, 0);
    let all = ["team/web:1", "team/web:1.0.0", "team/web:2", "team/web:2.0.0"];
    assert_eq!(registry.manifests(), all);
    // Which of two nobody knows.
    clone.git(["remote", "add", "one", &origin.url()]);
    clone.git(["remote", "add", "two", &origin.url()]);
    let run = clone.imgver(["float", "web"]).run();
    assert_eq!((run.code, &*run.stdout), (3, ""), "{run}");
    assert!(run.stderr.contains("remote.pushDefault"), "{run}");
    clone.git(["config", "remote.pushDefault", "two"]);
    assert_eq!(clone.imgver(["float", "web"]).run().code, 0);
    // One that cannot be asked is no reason to believe the clone.
    clone.git(["remote", "set-url", "two", "file:///nowhere"]);
    let asked = registry.manifests().len();
    for args in [&["float"][..], &["float", "--dry-run"]] {
        let run = clone.imgver(args).run();
        assert_eq!((run.code, &*run.stdout), (3, ""), "{run}");
    }
    assert_eq!(registry.manifests().len(), asked);
}

#[test]
fn a_registry_that_refuses_is_an_error() {
    let registry = AbsentRegistry::answering("403 Forbidden", "DENIED");
    let repo = repo(&registry, FLOATING);
    repo.tag("svc/api@1.0.0");
    for args in [&["float"][..], &["float", "--dry-run"]] {
        let run = repo.imgver(args).run();
        assert_eq!((run.code, &*run.stdout), (8, ""), "{run}");
        assert!(run.stderr.contains("403"), "{run}");
    }
}

#[test]
fn a_clone_with_no_more_than_the_remote_draws_no_warning() {
    let registry = AbsentRegistry::start();
    let origin = repo(&registry, FLOATING);
    origin.tag("svc/web@1.0.0");
    origin.tag("svc/api@1.0.0");
    let clone = origin.cloned("clone", &[]);
    clone.tag("svc/web@0.9.0");
    clone.tag("svc/web@2.0.0-rc.1");
    let run = clone.imgver(["float"]).run();
    assert!(run.code == 0 && !run.stderr.contains("this clone"), "{run}");
    clone.git(["push", "-q", "origin", "--delete", "svc/api@1.0.0"]);
    let run = clone.imgver(["float"]).run();
    assert!(run.stderr.contains("has no release of it"), "{run}");
}

#[test]
fn a_registry_that_refuses_does_not_keep_others_from_being_asked() {
    let (refusing, absent) = (AbsentRegistry::answering("403 Forbidden", "DENIED"), AbsentRegistry::start());
    let repo = repo(&absent, FLOATING);
    let services = format!(
        "{FLOATING}services: {{svc/api: {{image: ['{0}/a', '{0}/b']}}, svc/web: {{image: {1}/team/web}}}}\n",
        refusing.host(),
        absent.host()
    );
    repo.write("imgver.yaml", services);
    repo.tag("svc/api@1.0.0");
    repo.tag("svc/web@1.0.0");
    for args in [&["float"][..], &["float", "--dry-run"]] {
        let run = repo.imgver(args).run();
        assert_eq!((run.code, &*run.stdout), (8, ""), "{run}");
        let host = refusing.host();
        assert!(
            run.stderr.contains(&format!("error: cannot ask the registry {host} about {host}/a:")),
            "{run}"
        );
        assert!(run.stderr.contains(&format!("hint: the same command failed for {host}/b:")), "{run}");
    }
    assert!(absent.manifests().contains(&"team/web:1.0.0".to_owned()));
}

#[test]
fn a_version_that_is_a_floating_tag_draws_a_warning() {
    let registry = AbsentRegistry::start();
    let warns = |floating: &str, version: &str| {
        let repo = repo(&registry, floating);
        let run = repo.imgver(["tag", "web", "--set-version", version]).run();
        assert_eq!(run.code, 0, "{run}");
        let told =
            format!("warning: {version} is a floating tag (floating in imgver.yaml): imgver float moves it");
        let build = repo.imgver(["build", "web", "--dry-run", "--set-version", version]).run();
        assert_eq!(run.stderr.contains(&told), build.stderr.contains(&told), "{build}");
        run.stderr.contains(&told)
    };
    for version in ["latest", "1.0", "1", "0.3", "12"] {
        assert!(warns(FLOATING, version), "{version}");
        assert!(!warns("", version), "{version}");
    }
    for version in ["0", "01", "1.0.0", "1.0.0-rc.1", "v1", "1.x", "newest"] {
        assert!(!warns(FLOATING, version), "{version}");
    }
    assert!(!warns("floating: latest\n", "1.0"));
    assert!(!warns("floating: major\n", "latest"));
}

#[test]
fn a_run_by_hand_with_a_floating_tag_as_its_version_draws_a_warning() {
    let registry = AbsentRegistry::start();
    let repo = repo(&registry, FLOATING);
    for (version, is_warned) in [("latest", true), ("1.0", true), ("try-1", false)] {
        let event = format!(
            r#"{{"ref": "refs/heads/main", "inputs": {{"service": "svc/web", "version": "{version}"}}}}"#
        );
        repo.write("event.json", event);
        let run = repo
            .imgver(["plan"])
            .env("GITHUB_EVENT_NAME", "workflow_dispatch")
            .env("GITHUB_EVENT_PATH", "event.json")
            .run();
        assert_eq!(run.code, 0, "{run}");
        assert_eq!(run.stderr.contains("is a floating tag"), is_warned, "{run}");
    }
}

#[test]
fn two_services_cannot_move_the_same_tags() {
    let registry = AbsentRegistry::start();
    let repo = Repo::new();
    let host = registry.host();
    repo.write(
        "imgver.yaml",
        format!("{FLOATING}services: {{a: {{image: '{host}/x'}}, b: {{image: '{host}/x'}}}}\n"),
    );
    repo.write("a/Dockerfile", "FROM scratch\n");
    repo.write("b/Dockerfile", "FROM scratch\n");
    repo.commit("one");
    let run = repo.imgver(["float"]).run();
    assert_eq!(run.code, 5, "{run}");
    assert!(run.stderr.contains(&format!("a and b would both move the tags of {host}/x")), "{run}");
}

#[test]
fn a_dry_run_of_a_build_says_that_tags_are_set() {
    let registry = AbsentRegistry::start();
    let repo = repo(&registry, FLOATING);
    repo.tag("svc/api@1.0.0");
    let last = |args: &[&str]| {
        let run = repo.imgver(["build", "api", "--dry-run"]).args(args).run();
        assert_eq!(run.code, 0, "{run}");
        run.stdout.lines().last().unwrap_or_default().to_owned()
    };
    let floats = "# then as by: imgver float svc/api";
    assert_eq!(last(&["--push", "--environment", "production"]), floats);
    assert_eq!(last(&["--push", "--set-version", "2.0.0"]), floats);
    assert_ne!(last(&["--push"]), floats);
    assert_ne!(last(&["--push", "--set-version", "2.0.0-rc.1"]), floats);
    assert_ne!(last(&["--environment", "production"]), floats);
    assert!(registry.manifests().is_empty());
}
