//! Every way to log in.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::http::Response;
use super::proxy::{Fault, Proxy, When};
use super::server::{PASSWORD, Registry, USER};
use super::tokens::TokenServer;
use super::{services, version};
use crate::support::{Output, Repo, Run};

/// Writes docker's configuration of the user.
pub(super) fn configure(repo: &Repo, configuration: &Value) {
    let directory = repo.sandbox().join("home/.docker");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("config.json"), configuration.to_string()).unwrap();
}

fn entry(password: &str) -> Value {
    entry_of(USER, password)
}

pub(super) fn entry_of(user: &str, password: &str) -> Value {
    json!({ "auth": BASE64_STANDARD.encode(format!("{user}:{password}")) })
}

/// A credential helper on `PATH` that runs `script`.
fn with_helper(repo: &Repo, run: Run, script: &str) -> Run {
    let directory = repo.sandbox().join("helpers");
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join("docker-credential-test");
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    run.env("PATH", format!("{}:{}", directory.display(), std::env::var("PATH").unwrap()))
}

fn list(repo: &Repo) -> Run {
    repo.imgver(["list", "--registry"])
}

/// It fails, and tells no secret.
fn denied<'o>(output: &'o Output, status: &str) -> &'o str {
    let message = output.fails(8);
    assert!(message.contains(status), "{message}");
    assert!(!message.contains(PASSWORD) && !message.contains("YWRh"), "{message}");
    message
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_password_is_sent_once_it_is_asked_for() {
    let registry = Registry::with_password();
    let proxy = Proxy::start(&registry);
    let repo = services(proxy.address(), &["api", "web", "worker"]);
    registry.push_image("team/api", &version(&repo), &[]);

    let output = list(&repo).run();
    let message = denied(&output, "401 Unauthorized");
    assert!(message.contains(&format!("docker login {}", proxy.address())), "{message}");

    configure(&repo, &json!({ "auths": { proxy.address(): entry(PASSWORD) } }));
    proxy.clear();
    let table = list(&repo).run().text();
    assert_eq!((table.matches("present").count(), table.matches("missing").count()), (1, 2));
    // The first question finds out what all others show at once.
    let shown: Vec<bool> =
        proxy.requests().iter().map(|request| request.header("Authorization").is_some()).collect();
    assert_eq!(shown, [false, true, true, true]);

    configure(&repo, &json!({ "auths": { proxy.address(): entry("wr0ng") } }));
    denied(&list(&repo).run(), "401 Unauthorized");
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn docker_config_names_another_directory() {
    let registry = Registry::with_password();
    let repo = services(registry.address(), &["api"]);
    let elsewhere = repo.sandbox().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let config = json!({ "auths": { format!("https://{}/v1/", registry.address()): entry(PASSWORD) } });
    fs::write(elsewhere.join("config.json"), config.to_string()).unwrap();
    denied(&list(&repo).run(), "401");
    assert!(list(&repo).env("DOCKER_CONFIG", &elsewhere).run().text().contains("missing"));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_helper_knows_the_password() {
    let registry = Registry::with_password();
    let address = registry.address();
    let repo = services(address, &["api"]);
    let answer = format!(
        r#"[ "$1" = get ] && [ "$(cat)" = "{address}" ] && echo '{{"ServerURL":"x","Username":"{USER}","Secret":"{PASSWORD}"}}'"#
    );
    // An old entry in the file does not count where there is a helper.
    let stale = json!({ address: entry("wr0ng") });
    for configuration in [
        json!({ "credHelpers": { address: "test" }, "credsStore": "other", "auths": stale }),
        json!({ "credsStore": "test", "auths": stale }),
    ] {
        configure(&repo, &configuration);
        assert!(with_helper(&repo, list(&repo), &answer).run().text().contains("missing"));
    }
    for (script, expected) in [
        ("echo credentials not found in native keychain; exit 1", "401 Unauthorized"),
        (
            "echo s3cret >&2; exit 3",
            "the credentials for it cannot be read: the credential helper docker-credential-test failed with status 3",
        ),
        (
            "echo s3cret",
            "the credentials for it cannot be read: the credential helper docker-credential-test does not answer with credentials",
        ),
    ] {
        denied(&with_helper(&repo, list(&repo), script).run(), expected);
    }
    denied(&list(&repo).run(), "the credential helper docker-credential-test is not here");
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_configuration_that_cannot_be_read_is_named() {
    let registry = Registry::with_password();
    let repo = services(registry.address(), &["api"]);
    configure(&repo, &json!("s3cret"));
    let output = list(&repo).run();
    let message = denied(&output, "home/.docker/config.json: it is not a configuration of docker's");
    assert!(message.contains("the registry"), "{message}");
    // Who is not asked for credentials does not look for them.
    let open = Registry::start();
    let other = services(open.address(), &["api"]);
    configure(&other, &json!("s3cret"));
    assert!(list(&other).run().text().contains("missing"));
}

/// A registry, its token server, and a proxy in front of each.
struct Tokens {
    registry: Registry,
    server: Proxy,
    proxy: Proxy,
}

impl Tokens {
    fn start() -> Self {
        let server = TokenServer::start();
        let before = Proxy::to(server.address());
        let registry = Registry::with_tokens(&server, before.address());
        let proxy = Proxy::start(&registry);
        Tokens { registry, server: before, proxy }
    }

    /// How many requests went to the registry and to the token server.
    fn requests(&self) -> (usize, usize) {
        (self.proxy.requests().len(), self.server.requests().len())
    }

    fn clear(&self) {
        self.proxy.clear();
        self.server.clear();
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_token_costs_one_request_for_each_repository() {
    let tokens = Tokens::start();
    let names: Vec<String> = (0..200).map(|number| format!("service-{number:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let repo = services(tokens.proxy.address(), &names);
    tokens.registry.push_image("team/service-100", &version(&repo), &[]);
    configure(&repo, &json!({ "auths": { tokens.proxy.address(): entry(PASSWORD) } }));
    // The token server signs all tokens.
    list(&repo).run().text();
    tokens.clear();
    for proxy in [&tokens.proxy, &tokens.server] {
        proxy.delay(Duration::from_millis(50));
    }
    let start = Instant::now();
    let table = list(&repo).run().text();
    println!("200 services with tokens: {:?} requests in {:?}", tokens.requests(), start.elapsed());
    assert_eq!(table.matches("present").count(), 1);
    assert_eq!(tokens.requests(), (201, 200));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn who_asks_for_a_token_decides_what_it_is_good_for() {
    let tokens = Tokens::start();
    let address = tokens.proxy.address();
    let repo = services(address, &["api"]);
    // Nobody: the token server gives a token that allows nothing.
    let output = list(&repo).run();
    denied(&output, "401 Unauthorized");
    assert!(tokens.server.requests().iter().all(|request| request.header("Authorization").is_none()));
    // A wrong password: it is the token server that says so.
    configure(&repo, &json!({ "auths": { address: entry("wr0ng") } }));
    tokens.clear();
    let output = list(&repo).run();
    let message = denied(&output, "401 Unauthorized, from its token server http://");
    assert!(message.contains("UNAUTHORIZED: incorrect username or password"), "{message}");
    // Once to read, and once as who pushes would ask.
    assert_eq!(tokens.requests(), (1, 2));
    // An identity token.
    configure(&repo, &json!({ "auths": { address: { "identitytoken": TokenServer::IDENTITY } } }));
    tokens.clear();
    assert!(list(&repo).run().text().contains("missing"));
    assert_eq!(tokens.requests(), (2, 1));
    assert_eq!(tokens.server.requests()[0].method, "POST");
    // The same, of a helper.
    configure(&repo, &json!({ "credsStore": "test" }));
    let answer =
        format!(r#"echo '{{"ServerURL":"x","Username":"<token>","Secret":"{}"}}'"#, TokenServer::IDENTITY);
    assert!(with_helper(&repo, list(&repo), &answer).run().text().contains("missing"));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn anybody_may_ask_about_what_is_public() {
    let tokens = Tokens::start();
    let repo = Repo::new();
    let image = format!("{}/public/api", tokens.proxy.address());
    repo.write("services/api/Taskfile.yaml", crate::support::taskfile(&image));
    repo.commit("a service");
    tokens.registry.push_image("public/api", &version(&repo), &[]);
    assert!(list(&repo).run().text().contains("present"));
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_token_that_is_refused_is_fetched_anew_once() {
    let tokens = Tokens::start();
    let repo = services(tokens.proxy.address(), &["api"]);
    configure(&repo, &json!({ "auths": { tokens.proxy.address(): entry(PASSWORD) } }));
    let worthless = || Fault::Answer(Response::new(200, "application/json", r#"{"token":"worthless"}"#));
    tokens.server.fail(worthless(), When::always().once());
    assert!(list(&repo).run().text().contains("missing"));
    assert_eq!(tokens.requests(), (3, 2));
    tokens.clear();
    tokens.server.fail(worthless(), When::always());
    denied(&list(&repo).run(), "401 Unauthorized");
    // The same again as who pushes would ask.
    assert_eq!(tokens.requests(), (5, 4));
}

/// What a token server does wrong is not taken for what the registry says.
#[test]
#[ignore = "scripts/e2e runs it"]
fn a_token_server_fails_on_its_own() {
    let tokens = Tokens::start();
    let repo = services(tokens.proxy.address(), &["api"]);
    configure(&repo, &json!({ "auths": { tokens.proxy.address(): entry(PASSWORD) } }));
    let server = format!("its token server http://{}/token", tokens.server.address());
    let empty = Fault::Answer(Response::new(200, "application/json", "{}"));
    for (fault, requests, expected) in [
        (Fault::Status(503), 5, format!("503 Service Unavailable, from {server}: TEST: the proxy says 503")),
        (Fault::RetryAfter(429, "90".to_owned()), 1, format!("429 Too Many Requests, from {server}")),
        (Fault::Status(404), 1, format!("404 Not Found, from {server}")),
        (Fault::Status(403), 2, format!("403 Forbidden, from {server}")),
        (Fault::Cut, 5, format!("it cannot be reached: {server}")),
        (Fault::Garbage, 5, format!("it answers what no registry may: {server}: no token")),
        (empty, 5, format!("it answers what no registry may: {server}: no token")),
    ] {
        tokens.clear();
        tokens.server.fail(fault.clone(), When::always());
        denied(&list(&repo).run(), &expected);
        assert_eq!(tokens.server.requests().len(), requests, "{fault:?}");
        tokens.clear();
        if requests > 1 {
            // Where it denied that once, the question as `docker push` asks it is answered.
            tokens.server.fail(fault, When::always().once());
            assert!(list(&repo).run().text().contains("missing"));
        }
    }
}

/// Credentials are for the registry, not for the place that it sends us to.
#[test]
#[ignore = "scripts/e2e runs it"]
fn a_redirect_does_not_take_credentials_along() {
    let registry = Registry::with_password();
    let proxy = Proxy::start(&registry);
    let repo = services(proxy.address(), &["api"]);
    configure(&repo, &json!({ "auths": { proxy.address(): entry(PASSWORD) } }));
    let other = Registry::start();
    other.push_image("team/api", &version(&repo), &[]);
    let elsewhere = Proxy::start(&other);
    // The second request is the one with the password.
    proxy.fail(Fault::Redirect(elsewhere.address().to_owned()), When::nth(1));
    assert!(list(&repo).run().text().contains("present"));
    assert!(proxy.requests()[1].header("Authorization").is_some());
    let followed = elsewhere.requests();
    assert_eq!(followed.len(), 1);
    assert_eq!(followed[0].header("Authorization"), None);
}
