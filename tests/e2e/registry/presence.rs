//! `imgver list --registry`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::{socks, tunnel};
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
        format!("services:\n  services/api:\n    image: {images}\n  tools/lint: {{}}\n"),
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
    let count = |end: &str| table.lines().filter(|line| line.ends_with(end)).count();
    assert_eq!((count("  missing"), count("  present")), (199, 1));
}

/// A name that does not exist, so that only a proxy can be reached: which one shows what the client wants to speak.
#[test]
#[ignore = "scripts/e2e runs it"]
fn plain_http_is_for_loopback_and_for_registries_that_are_named() {
    let registry = Registry::start();
    let repo = services("plain.invalid:5000", &["api"]);
    for (insecure, scheme) in [("other.invalid:5000", "https_proxy"), ("PLAIN.invalid:5000", "http_proxy")] {
        let (used, unused) = (Proxy::start(&registry), Proxy::start(&registry));
        used.fail(Fault::Status(403), When::always());
        let other = if scheme == "https_proxy" { "http_proxy" } else { "https_proxy" };
        let output = repo
            .imgver(["list", "--registry", "--insecure-registry", insecure])
            .env(scheme, format!("http://ada:s3cret@{}", used.address()))
            .env(other, format!("http://{}", unused.address()))
            .run();
        let message = output.fails(8);
        assert!(message.contains("plain.invalid:5000") && !message.contains("s3cret"), "{message}");
        assert!(used.requests().iter().all(|request| request.method == "CONNECT"), "{:?}", used.requests());
        assert!(used.requests().iter().all(|request| request.path == "plain.invalid:5000"));
        assert!(!used.requests().is_empty());
        assert_eq!(unused.requests(), []);
    }
}

/// A registry without encryption that nobody has named.
#[test]
#[ignore = "scripts/e2e runs it"]
fn a_registry_that_does_not_encrypt_is_told_apart() {
    let registry = Registry::start();
    let port = registry.address().rsplit_once(':').unwrap().1;
    // Not on loopback to us, but reached there through a proxy that connects.
    let proxy = tunnel(registry.address());
    let address = format!("plain.invalid:{port}");
    let repo = services(&address, &["api"]);
    let list = |args: &[&str]| {
        let proxy = format!("http://{proxy}");
        let run = repo.imgver(["list", "--registry"]).args(args).env("HTTPS_PROXY", &proxy);
        run.env("HTTP_PROXY", &proxy).run()
    };
    let message = list(&[]).fails(8).to_owned();
    assert!(message.contains("it answers by plain HTTP where HTTPS is expected"), "{message}");
    assert!(message.contains(&format!(
        "hint: if it is meant to be used without encryption, pass --insecure-registry {address}"
    )));
    assert!(list(&["--insecure-registry", &address]).text().contains("missing"));
}

/// Docker's daemon takes such a proxy as well, and lets it look names up.
#[test]
#[ignore = "scripts/e2e runs it"]
fn a_socks_proxy_is_used_and_looks_names_up() {
    let registry = Registry::start();
    let repo = services("plain.invalid:5000", &["api"]);
    for scheme in ["socks5", "socks5h"] {
        let (proxy, asked) = socks(registry.address());
        let list = ["list", "--registry", "--insecure-registry", "plain.invalid:5000"];
        let run = repo.imgver(list).env("HTTP_PROXY", format!("{scheme}://{proxy}")).run();
        assert!(run.text().contains("missing"), "{run}");
        assert!(asked.lock().unwrap().iter().all(|name| name == "plain.invalid"));
        assert!(!asked.lock().unwrap().is_empty());
    }
}
