//! `imgver build --push` of releases, with the real docker: which images are kept, replaced and refused, and the tags that
//! follow.

use std::fs;

use serde_json::{Value, json};

use super::shop::{real, text};
use crate::registry::images::REVISION;
use crate::registry::proxy::Proxy;
use crate::registry::server::Registry;
use crate::support::{Output, Repo};

/// The tags of an image whose one release is 1.2.3.
const TAGS: [&str; 4] = ["1", "1.2", "1.2.3", "latest"];

/// The services `names`, of files alone, with the images `ADDRESS/team/NAME`.
fn services(address: &str, settings: &str, names: &[&str]) -> Repo {
    let repo = Repo::new();
    let services: String = names.iter().map(|name| format!("  services/{name}: {{}}\n")).collect();
    repo.write("imgver.yaml", format!("{settings}\nimage: {address}/team/{{name}}\nservices:\n{services}"));
    for name in names {
        repo.write(&format!("services/{name}/Dockerfile"), "FROM scratch\nCOPY text /\n");
        repo.write(&format!("services/{name}/text"), name);
    }
    repo.commit("the services");
    repo
}

/// Builds the release of the checked-out commit, and pushes it.
fn release(repo: &Repo, args: &[&str]) -> Output {
    let build = ["build", "api", "--push", "--environment", "production"];
    real(repo.imgver(build).args(args)).run()
}

/// The requests since the last time that change something in a registry.
fn writes(proxy: &Proxy) -> usize {
    let requests = proxy.requests();
    proxy.clear();
    requests.iter().filter(|request| !matches!(&*request.method, "GET" | "HEAD")).count()
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_release_moves_its_tags_and_is_kept_from_then_on() {
    let registry = Registry::start();
    let proxy = Proxy::start(&registry);
    let repo = services(proxy.address(), "floating: [latest, minor, major]", &["api"]);
    repo.tag("services/api@1.2.3");
    let reference = format!("{}/team/api:1.2.3", proxy.address());

    let built = release(&repo, &[]);
    assert_eq!(built.code, 0, "{built}");
    let digest = registry.digest("team/api", "1.2.3").unwrap();
    assert_eq!(registry.tags("team/api"), TAGS);
    for tag in TAGS {
        assert_eq!(registry.digest("team/api", tag).as_ref(), Some(&digest), "{tag}");
    }
    assert_ne!(writes(&proxy), 0);

    let kept = release(&repo, &[]);
    assert_eq!(kept.line(), format!("{reference}@{digest}"));
    assert!(kept.stderr.contains(&format!("keeping {reference}, which is there already\n")), "{kept}");
    assert_eq!(writes(&proxy), 0, "{kept}");

    // Tags that a stopped run has not set, or somebody has moved, are set by the next one.
    registry.push_image("team/api", "latest", &[]);
    assert_eq!(release(&repo, &[]).code, 0);
    assert_eq!(registry.digest("team/api", "latest"), Some(digest));
    assert_eq!(writes(&proxy), 1);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_release_is_replaced_by_its_own_commit_alone() {
    let registry = Registry::start();
    let repo = services(registry.address(), "floating: [latest]", &["api"]);
    repo.tag("services/api@1.2.3");
    assert_eq!(release(&repo, &[]).code, 0);
    let first = registry.digest("team/api", "1.2.3").unwrap();

    let error = release(&repo, &["--if-exists", "fail"]).fails(4).to_owned();
    assert!(error.contains(&format!("{}/team/api:1.2.3 is there already ({first})", registry.address())));

    // The same commit, with something else in it, as a newer base image would be.
    let newer = ["--if-exists", "overwrite", "--label", "base=newer"];
    let overwritten = release(&repo, &newer);
    assert_eq!(overwritten.code, 0, "{overwritten}");
    let second = registry.digest("team/api", "1.2.3").unwrap();
    assert_ne!(first, second);
    assert_eq!(registry.digest("team/api", "latest").as_ref(), Some(&second));

    // The release tag is moved to another commit.
    let (ours, choices) = (repo.head(), ["keep", "fail", "overwrite"]);
    repo.commit("another commit");
    repo.git(["tag", "--force", "services/api@1.2.3"]);
    for choice in choices {
        let error = release(&repo, &["--if-exists", choice]).fails(4).to_owned();
        assert!(error.contains(&ours) && error.contains(&repo.head()), "{choice}: {error}");
    }
    assert_eq!(registry.digest("team/api", "1.2.3"), Some(second));

    // It was built by something else, and nobody knows of which commit.
    let unlabelled = registry.push_image("team/api", "1.2.3", &[("version", "1.2.3")]);
    for choice in choices {
        let error = release(&repo, &["--if-exists", choice]).fails(4).to_owned();
        assert!(error.contains("does not say of which commit") && error.contains(REVISION), "{error}");
    }
    assert_eq!(registry.digest("team/api", "1.2.3"), Some(unlabelled));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn what_a_broken_service_leaves_out_is_built_by_the_next_run() {
    let registry = Registry::start();
    let repo = services(registry.address(), "scope: service", &["api", "job", "web"]);
    repo.write("services/job/Dockerfile", "FROM scratch\nCOPY nowhere /\n");
    repo.commit("break the job");
    let build = || {
        let args = ["build", "--missing", "--push", "--keep-going", "--images-file", "images.json"];
        real(repo.imgver(args)).run()
    };
    let recorded = |names: &[&str]| {
        let services = repo.list();
        let records = services.iter().filter_map(|service| {
            let (path, tag) = (text(&service["service"]), text(&service["extended"]));
            let name = path.trim_start_matches("services/");
            names.contains(&name).then(|| {
                let reference = format!("{}/team/{name}:{tag}", registry.address());
                let digest = registry.digest(&format!("team/{name}"), tag);
                json!({"service": path, "reference": reference, "digest": digest, "version": tag, "commit": service["last_change"]})
            })
        });
        Value::from_iter(records)
    };
    let written =
        || -> Value { serde_json::from_slice(&fs::read(repo.path().join("images.json")).unwrap()).unwrap() };

    let broken = build();
    broken.fails(7);
    assert_eq!(registry.tags("team/job"), [""; 0]);
    assert_eq!(written(), recorded(&["api", "web"]), "{broken}");

    repo.write("services/job/Dockerfile", "FROM scratch\nCOPY text /\n");
    repo.commit("mend the job");
    let rest = build();
    assert_eq!(rest.code, 0, "{rest}");
    let kept = rest.stderr.lines().filter(|line| line.starts_with("keeping "));
    assert_eq!(kept.count(), 2, "{rest}");
    assert_eq!(registry.tags("team/job").len(), 1);
    assert_eq!(written(), recorded(&["api", "job", "web"]));
}
