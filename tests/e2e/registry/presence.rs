//! `imgver list --registry`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::images::REVISION;
use super::proxy::{Fault, Proxy, When};
use super::server::Registry;
use super::{services, version};
use crate::support::Repo;

#[test]
#[ignore = "scripts/e2e runs it"]
fn what_is_there_is_told_from_what_is_missing() {
    let registry = Registry::start();
    let repo = services(registry.address(), &["api", "web"]);
    let version = version(&repo);
    let digest = registry.push_image("team/api", &version, &[(REVISION, "x")]);
    // Another version of it.
    registry.push_image("team/web", "other", &[]);

    let table = repo.imgver(["list", "--registry"]).run().text();
    let last: Vec<&str> = table.lines().filter_map(|line| line.split_whitespace().last()).collect();
    assert_eq!(last, ["REGISTRY", "present", "missing"], "{table}");

    let listed = repo.imgver(["list", "--registry", "--output", "json"]).run().json();
    let reference = |name: &str| format!("{}/team/{name}:{version}", registry.address());
    assert_eq!(listed[0]["registry"], json!([{ "reference": reference("api"), "digest": digest }]));
    assert_eq!(listed[1]["registry"], json!([{ "reference": reference("web"), "digest": null }]));
    // Apart from that, nothing changes.
    let mut without = listed;
    for service in without.as_array_mut().unwrap() {
        service.as_object_mut().unwrap().remove("registry");
    }
    assert_eq!(repo.imgver(["list", "--output", "json"]).run().json(), without);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_service_may_have_images_in_several_registries() {
    let (one, other) = (Registry::start(), Registry::start());
    let repo = Repo::new();
    let images = format!("[{}/team/api, {}/mirror/api]", one.address(), other.address());
    repo.write(
        "imgver.yaml",
        format!("services:\n  services/api:\n    images: {images}\n  tools/lint: {{}}\n"),
    );
    repo.write("services/api/x", "");
    repo.write("tools/lint/x", "");
    repo.commit("the services");
    let version = version(&repo);
    let column = || {
        let table = repo.imgver(["list", "--registry"]).run().text();
        let cell = |line: &str| line.rsplit("  ").next().unwrap_or_default().to_owned();
        table.lines().skip(1).map(cell).collect::<Vec<_>>()
    };
    assert_eq!(column(), ["missing", "-"]);
    one.push_image("team/api", &version, &[]);
    assert_eq!(column(), ["1 of 2", "-"]);
    other.push_index("mirror/api", &version, &[("amd64", &[]), ("arm64", &[])]);
    assert_eq!(column(), ["present", "-"]);
    // Only the index of the second has two platforms.
    let listed = repo.imgver(["list", "--registry", "--output", "json"]).run().json();
    let digests: Vec<&Value> =
        listed[0]["registry"].as_array().unwrap().iter().map(|one| &one["digest"]).collect();
    assert_eq!(*digests[0], json!(one.digest("team/api", &version)));
    assert_eq!(*digests[1], json!(other.digest("mirror/api", &version)));
    assert_eq!(listed[1]["registry"], json!([]));
    one.delete("team/api", &version);
    assert_eq!(column(), ["1 of 2", "-"]);
    assert_eq!(one.tags("team/api"), Vec::<String>::new());
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn nothing_is_asked_where_nobody_wants_to_know() {
    let proxy = Proxy::start(&Registry::start());
    let repo = services(proxy.address(), &["api"]);
    repo.imgver(["list"]).run().text();
    assert_eq!(proxy.requests(), []);
    repo.imgver(["list", "--insecure-registry", "x.example"]).run().fails(2);
}

/// Two hundred services, 50 ms a request. The figures are printed; only the number of requests is compared.
#[test]
#[ignore = "scripts/e2e runs it"]
fn two_hundred_services_cost_a_request_each() {
    let registry = Registry::start();
    let proxy = Proxy::start(&registry);
    let names: Vec<String> = (0..200).map(|number| format!("service-{number:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let repo = services(proxy.address(), &names);
    registry.push_image("team/service-007", &version(&repo), &[]);
    proxy.delay(Duration::from_millis(50));
    let start = Instant::now();
    let table = repo.imgver(["list", "--registry"]).run().text();
    let took = start.elapsed();
    let requests = proxy.requests().len();
    println!("200 services without login: {requests} requests in {took:?}");
    assert_eq!(requests, 200);
    assert_eq!(table.matches("  missing\n").count(), 199);
    assert_eq!(table.matches("  present\n").count(), 1);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_registry_that_is_not_on_loopback_is_not_reached_by_plain_http_unless_somebody_says_so() {
    // Another name of this machine, which is no address of loopback.
    let repo = services("plain.example:5000", &["api"]);
    let refused = repo.imgver(["list", "--registry"]).env("https_proxy", "http://127.0.0.1:1").run();
    assert!(refused.fails(8).contains("plain.example:5000"));
    let proxy = Proxy::start(&Registry::start());
    proxy.fail(Fault::Status(200), When::always());
    let insecure = ["list", "--registry", "--insecure-registry", "PLAIN.example:5000"];
    let asked = repo.imgver(insecure).env("http_proxy", format!("http://{}", proxy.address())).run();
    asked.fails(8);
    assert!(proxy.requests().iter().all(|request| request.path.contains("plain.example:5000")));
    assert!(!proxy.requests().is_empty());
}
