//! What is planned and built by what registries lack, up to the first run of docker.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::proxy::{Fault, Proxy, When};
use super::server::Registry;
use crate::support::{Output, Repo, Run, in_parallel};

const REVISION: &str = "org.opencontainers.image.revision";
pub(super) const SERVICES: [&str; 3] = ["api", "job", "web"];

/// Three services with versions of their own, whose images are `ADDRESS/team/NAME`, and one commit.
pub(super) fn shop(address: &str) -> Repo {
    shop_of(address, &SERVICES)
}

fn shop_of(address: &str, names: &[&str]) -> Repo {
    let repo = Repo::new();
    let services: String = names.iter().map(|name| format!("  services/{name}: {{}}\n")).collect();
    repo.write(
        "imgver.yaml",
        format!("scope: service\nimage: {address}/team/{{name}}\nservices:\n{services}"),
    );
    for name in names {
        repo.write(&format!("services/{name}/Dockerfile"), "FROM scratch\nCOPY . /\n");
    }
    repo.commit("the services");
    repo
}

fn versions(repo: &Repo) -> Vec<String> {
    repo.list().iter().map(|service| service["extended"].as_str().unwrap().to_owned()).collect()
}

/// `imgver plan --missing` for a push to the branch `main`, which appends to the file `outputs`.
pub(super) fn pushed(repo: &Repo) -> Run {
    let outputs = repo.sandbox().join("outputs");
    fs::write(&outputs, "").unwrap();
    let args = ["plan", "--missing", "--event-name", "push", "--ref", "refs/heads/main"];
    repo.imgver(args).env("GITHUB_OUTPUT", outputs)
}

/// The short names of the planned services.
pub(super) fn planned(output: &Output) -> Vec<String> {
    let text = output.text();
    let line = text.lines().find_map(|line| line.strip_prefix("services=")).expect("an output");
    let paths: Vec<String> = serde_json::from_str(line).unwrap();
    paths.iter().map(|path| path.trim_start_matches("services/").to_owned()).collect()
}

fn push_all(registry: &Registry, repo: &Repo) {
    for (name, version) in SERVICES.iter().zip(versions(repo)) {
        registry.push_image(&format!("team/{name}"), &version, &[(REVISION, &repo.head())]);
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn what_is_missing_is_planned_whatever_the_event_changed() {
    let registry = Registry::start();
    let repo = shop(registry.address());
    assert_eq!(planned(&pushed(&repo).run()), SERVICES);
    push_all(&registry, &repo);
    assert_eq!(planned(&pushed(&repo).run()), [""; 0]);
    // A change makes a new version of one service, and of no other.
    repo.write("services/web/page.html", "new");
    repo.commit("change the page");
    assert_eq!(planned(&pushed(&repo).run()), ["web"]);
    // The run of that commit fails, and the next one is about another service: nothing is lost.
    repo.write("services/job/work.sh", "new");
    repo.commit("change the job");
    assert_eq!(planned(&pushed(&repo).run()), ["job", "web"]);
    let plan = pushed(&repo).args(["--output", "json", "--explain"]).run();
    let images = plan.json()["images"].clone();
    let digests: Vec<&Value> = images.as_array().unwrap().iter().map(|image| &image["digest"]).collect();
    let there = registry.digest("team/api", &versions(&repo)[0]);
    assert_eq!(digests, [&json!(there), &Value::Null, &Value::Null]);
    for line in ["services/api: ", " is present, sha256:", "services/job: ", " is missing"] {
        assert!(plan.stderr.contains(line), "{plan}");
    }
    // Other events of the same commit.
    let event = |name: &str| {
        let file = repo.sandbox().join("event.json");
        fs::write(&file, r#"{"inputs": {"service": "services/api"}}"#).unwrap();
        let args = ["plan", "--missing", "--ref", "refs/heads/main", "--event-name", name];
        repo.imgver(args).env("GITHUB_EVENT_PATH", file).run()
    };
    assert_eq!(planned(&event("schedule")), ["job", "web"]);
    assert_eq!(planned(&event("repository_dispatch")), ["job", "web"]);
    assert_eq!(planned(&event("workflow_dispatch")), [""; 0]);
    // The version of the event's commit, not of what is checked out.
    let first = repo.git(["rev-parse", "HEAD~2"]);
    assert_eq!(planned(&pushed(&repo).args(["--sha", first.trim()]).run()), [""; 0]);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_release_without_an_image_is_planned_and_warned_of() {
    let registry = Registry::start();
    let repo = shop(registry.address());
    push_all(&registry, &repo);
    repo.tag("services/api@1.0.0");
    repo.tag("services/api@1.1.0");
    let tag = ["plan", "--missing", "--event-name", "push", "--ref", "refs/tags/services/api@1.1.0"];
    assert_eq!(planned(&repo.imgver(tag).run()), ["api"]);
    let branch = pushed(&repo).run();
    // The tags make another extended version of it, which is missing as well.
    assert_eq!(planned(&branch), ["api"]);
    let warning = format!(
        "warning: services/api 1.1.0 has no image in {}/team/api: git checkout services/api@1.1.0, then imgver build services/api --environment production --push",
        registry.address()
    );
    assert!(branch.stderr.contains(&warning), "{branch}");
    let run =
        pushed(&repo).env("GITHUB_WORKFLOW_REF", "o/r/.github/workflows/ci.yml@refs/tags/a@1.0.0").run();
    let command =
        "start its run again with gh workflow run ci.yml --ref services/api@1.1.0 -f service=services/api";
    assert!(run.stderr.contains(command), "{run}");
    registry.push_image("team/api", "1.1.0", &[(REVISION, &repo.head())]);
    assert!(!pushed(&repo).run().stderr.contains("has no image"));
    assert_eq!(planned(&repo.imgver(tag).run()), [""; 0]);
    // The name says nothing of the commit.
    for labels in [&[][..], &[(REVISION, "other")]] {
        registry.push_image("team/api", "1.1.0", labels);
        assert!(repo.imgver(tag).run().fails(4).contains(&repo.head()));
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_service_whose_repository_is_denied_is_built_if_the_credentials_count_elsewhere() {
    let registry = Registry::with_password();
    let proxy = Proxy::start(&registry);
    let repo = shop(proxy.address());
    push_all(&registry, &repo);
    let docker = repo.sandbox().join("docker");
    fs::create_dir(&docker).unwrap();
    // ada:s3cret
    let login = json!({"auths": {proxy.address(): {"auth": "YWRhOnMzY3JldA=="}}});
    fs::write(docker.join("config.json"), login.to_string()).unwrap();
    let plan = || pushed(&repo).env("DOCKER_CONFIG", &docker).run();
    assert_eq!(planned(&plan()), [""; 0]);
    for status in [401, 403] {
        proxy.clear();
        proxy.fail(Fault::Status(status), When::matching("HEAD", "/team/web/"));
        proxy.fail(Fault::Status(status), When::matching("GET", "/team/web/"));
        let run = plan();
        assert_eq!(planned(&run), ["web"]);
        assert!(run.stderr.contains(&format!("answers {status} about the repository")), "{run}");
        assert!(run.stderr.contains(&format!("{}/team/web", proxy.address())), "{run}");
        // Everywhere, it says nothing about any repository.
        proxy.clear();
        proxy.fail(Fault::Status(status), When::always());
        assert_fails(&plan(), &repo, &format!("{status} everywhere"));
    }
}

#[track_caller]
fn assert_fails(output: &Output, repo: &Repo, what: &str) {
    assert_eq!((output.code, &*output.stdout), (8, ""), "{what}: {output}");
    assert!(!output.stderr.contains("nothing"), "{what}: {output}");
    assert_eq!(fs::read_to_string(repo.sandbox().join("outputs")).unwrap_or_default(), "", "{what}");
}

/// Every fault that is none of absence, for every command that asks.
#[test]
#[ignore = "scripts/e2e runs it"]
fn no_fault_reads_as_nothing_to_do() {
    let faults: Vec<(&str, Fault)> = vec![
        ("400", Fault::Status(400)),
        ("401", Fault::Status(401)),
        ("403", Fault::Status(403)),
        ("429", Fault::Status(429)),
        ("429 for an hour", Fault::RetryAfter(429, "3600".to_owned())),
        ("500", Fault::Status(500)),
        ("503", Fault::Status(503)),
        ("cut off", Fault::Cut),
        ("cut off in the headers", Fault::CutHeaders),
        ("not HTTP", Fault::NotHttp),
        ("a page", Fault::Garbage),
    ];
    let commands: [&[&str]; 4] = [
        &["plan", "--missing", "--event-name", "push", "--ref", "refs/heads/main"],
        &["build", "--missing", "--push", "--images-file", "images.json"],
        &["build", "--missing", "--dry-run"],
        &["build", "api", "--push", "--set-version", "1.0.0", "--images-file", "images.json"],
    ];
    let cases: Vec<_> = faults.iter().flat_map(|fault| commands.map(|command| (fault, command))).collect();
    let registry = Registry::start();
    in_parallel(&cases, |((name, fault), command)| {
        let proxy = Proxy::start(&registry);
        let repo = shop(proxy.address());
        let outputs = repo.sandbox().join("outputs");
        fs::write(&outputs, "").unwrap();
        let images = repo.path().join("images.json");
        fs::write(&images, "[]\n").unwrap();
        repo.git(["add", "images.json"]);
        repo.commit("an old file");
        proxy.fail(fault.clone(), When::always());
        let output = repo.imgver(*command).env("GITHUB_OUTPUT", &outputs).run();
        println!("{name} × {}: exit {}, {} requests", command.join(" "), output.code, proxy.requests().len());
        assert_fails(&output, &repo, name);
        assert!(output.stderr.contains(proxy.address()), "{output}");
        if command.contains(&"--images-file") {
            assert!(!images.exists(), "{name}: what it says of an earlier build stays");
        }
    });
}

/// One request fails once, and the answer is the same.
#[test]
#[ignore = "scripts/e2e runs it"]
fn a_fault_that_passes_changes_nothing() {
    let registry = Registry::start();
    let proxy = Proxy::start(&registry);
    let repo = shop(proxy.address());
    let api = &versions(&repo)[0];
    registry.push_image("team/api", api, &[]);
    let right = pushed(&repo).run().text();
    let count = proxy.requests().len();
    for fault in [
        Fault::Status(503),
        Fault::RetryAfter(429, "0".to_owned()),
        Fault::Cut,
        Fault::Slow(Duration::from_millis(50)),
    ] {
        for request in 0..count {
            proxy.clear();
            proxy.fail(fault.clone(), When::nth(request));
            assert_eq!(pushed(&repo).run().text(), right, "{fault:?} at request {request}");
        }
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn no_registry_is_asked_where_nothing_may_be_pushed() {
    let proxy = Proxy::start(&Registry::start());
    let repo = shop(proxy.address());
    let base = repo.head();
    repo.write("services/web/page.html", "new");
    repo.commit("change the page");
    let output = pushed(&repo).args(["--act", "true", "--base", &base]).run();
    assert_eq!(planned(&output), ["web"]);
    let file = repo.sandbox().join("event.json");
    fs::write(&file, format!(r#"{{"pull_request": {{"base": {{"sha": "{base}"}}}}}}"#)).unwrap();
    let args = ["plan", "--missing", "--event-name", "pull_request"];
    assert_eq!(planned(&repo.imgver(args).env("GITHUB_EVENT_PATH", file).run()), ["web"]);
    assert_eq!(proxy.requests(), []);
}

/// `imgver build api --push` of the version 1.0.0, where there is no docker: what is kept needs none.
fn release(repo: &Repo, args: &[&str]) -> Output {
    let build = ["build", "api", "--push", "--set-version", "1.0.0"];
    repo.imgver(build).args(args).env("PATH", "/nonexistent").run()
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_release_that_is_there_is_kept_and_never_replaced_by_another() {
    let registry = Registry::start();
    let repo = shop(registry.address());
    let (ours, theirs) = (repo.head(), "1234567890123456789012345678901234567890");
    // Nothing is there: docker is needed.
    release(&repo, &[]).fails(6);
    let digest = registry.push_image("team/api", "1.0.0", &[(REVISION, &ours)]);
    let reference = format!("{}/team/api:1.0.0", registry.address());
    let kept = release(&repo, &["--images-file", "images.json"]);
    assert_eq!(kept.line(), format!("{reference}@{digest}"));
    assert!(kept.stderr.contains(&format!("keeping {reference}, which is there already")), "{kept}");
    let written: Value = serde_json::from_slice(&fs::read(repo.path().join("images.json")).unwrap()).unwrap();
    let record = json!({"service": "services/api", "reference": reference, "digest": digest, "version": "1.0.0", "commit": ours});
    assert_eq!(written, json!([record]));
    fs::remove_file(repo.path().join("images.json")).unwrap();
    release(&repo, &["--if-exists", "fail"]).fails(4);
    release(&repo, &["--if-exists", "overwrite"]).fails(6);
    // The label is what counts, and it can be given.
    release(&repo, &["--label", &format!("{REVISION}={theirs}")]).fails(4);
    let all = ["--if-exists=keep", "--if-exists=fail", "--if-exists=overwrite"];
    registry.push_image("team/api", "1.0.0", &[(REVISION, theirs)]);
    for if_exists in all {
        let error = release(&repo, &[if_exists]).fails(4).to_owned();
        assert!(error.contains(&ours) && error.contains(theirs), "{error}");
    }
    registry.push_image("team/api", "1.0.0", &[]);
    for if_exists in all {
        assert!(release(&repo, &[if_exists]).fails(4).contains("does not say of which commit"));
    }
    let (one, other) = ([(REVISION, &*ours)], [(REVISION, theirs)]);
    registry.push_index("team/api", "1.0.0", &[("amd64", &one), ("arm64", &other)]);
    for if_exists in all {
        assert!(release(&repo, &[if_exists]).fails(4).contains("different commits for its platforms"));
    }
    // An attestation has no label, and counts for nothing.
    let digest = registry.push_index("team/api", "1.0.0", &[("amd64", &one), ("arm64", &one)]);
    assert_eq!(release(&repo, &[]).line(), format!("{reference}@{digest}"));
    // Any other tag is written over, as ever.
    registry.push_image("team/api", "try-1", &[(REVISION, theirs)]);
    let other = ["build", "api", "--push", "--set-version", "try-1"];
    repo.imgver(other).env("PATH", "/nonexistent").run().fails(6);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn what_is_in_one_registry_is_copied_to_the_other() {
    let (one, other) = (Registry::start(), Registry::start());
    let repo = Repo::new();
    let images = format!("[{}/team/api, {}/mirror/api]", one.address(), other.address());
    repo.write("imgver.yaml", format!("scope: service\nservices:\n  services/api:\n    image: {images}\n"));
    repo.write("services/api/Dockerfile", "FROM scratch\nCOPY . /\n");
    repo.commit("the service");
    let version = &versions(&repo)[0];
    let digest = other.push_image("mirror/api", version, &[(REVISION, &repo.head())]);
    assert_eq!(planned(&pushed(&repo).run()), ["api"]);
    let (source, target) =
        (format!("{}/mirror/api", other.address()), format!("{}/team/api:{version}", one.address()));
    let build =
        |args: &[&str]| repo.imgver(["build", "--missing"]).args(args).env("PATH", "/nonexistent").run();
    let dry = build(&["--push", "--dry-run"]);
    let command =
        format!("docker buildx imagetools create '--prefer-index=false' --tag {target} {source}@{digest}");
    assert_eq!(dry.line(), command);
    let left = build(&[]);
    assert_eq!(left.line(), format!("{source}:{version}@{digest}"));
    assert!(left.stderr.contains(&format!("{target} is missing: --push would copy")), "{left}");
    // The copy is docker's, and what is there is written down all the same.
    let failed = build(&["--push", "--images-file", "images.json"]);
    failed.fails(6);
    let written: Value = serde_json::from_slice(&fs::read(repo.path().join("images.json")).unwrap()).unwrap();
    let references: Vec<&Value> = written.as_array().unwrap().iter().map(|one| &one["reference"]).collect();
    assert_eq!(references, [&json!(format!("{source}:{version}"))]);
    one.push_image("team/api", version, &[(REVISION, "other")]);
    let differing = build(&["--push"]);
    assert_eq!(differing.text().lines().count(), 2);
    assert!(differing.stderr.contains("different images under one tag, and none is replaced"), "{differing}");
}

/// Two hundred services, each with a release, 50 ms a request. The figures are printed; only the number of requests is compared.
#[test]
#[ignore = "scripts/e2e runs it"]
fn two_hundred_services_and_their_releases_cost_a_request_each() {
    let registry = Registry::start();
    let proxy = Proxy::start(&registry);
    let names: Vec<String> = (0..200).map(|number| format!("service-{number:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let repo = shop_of(proxy.address(), &names);
    names.iter().for_each(|name| repo.tag(&format!("services/{name}@1.0.0")));
    for name in &names {
        repo.write(&format!("services/{name}/page.html"), "new");
    }
    repo.commit("change the pages");
    proxy.delay(Duration::from_millis(50));
    let start = Instant::now();
    let plan = pushed(&repo).run();
    println!("plan --missing: {} requests in {:?}", proxy.requests().len(), start.elapsed());
    assert_eq!(planned(&plan), names);
    assert_eq!(plan.stderr.matches(" has no image in ").count(), names.len(), "{plan}");
    assert_eq!(proxy.requests().len(), 2 * names.len());
}
