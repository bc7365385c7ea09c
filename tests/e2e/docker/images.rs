//! What the services' images promise alike: requests, health, configuration, and the commands of their READMEs.

use std::fmt::Write as _;

use super::shop::{SERVICES, Shop};
use super::stack::Stack;

/// Requests that both APIs must answer in the same way: method, target, and the first line of the answer.
const REQUESTS: [(&str, &str, &str); 15] = [
    ("HEAD", "/", "405"),
    ("POST", "/", "405"),
    ("OPTIONS", "/", "405"),
    ("PROPFIND", "/", "405"),
    ("GET", "/ping", "200"),
    ("HEAD", "/ping?again", "200"),
    ("DELETE", "/ping", "405"),
    ("GET", "/healthz", "200"),
    ("PUT", "/healthz", "405"),
    ("GET", "/nothing", "404"),
    ("POST", "/ping/", "404"),
    ("GET", "//", "404"),
    ("GET", "/a/../ping", "404"),
    ("GET", "/%70ing", "404"),
    ("OPTIONS", "*", "404"),
];

/// What an API answers: the status, the headers that are its own, and the body.
fn answer(shop: &Shop, address: &str, method: &str, target: &str, options: &[&str]) -> String {
    let how = if method == "HEAD" { vec!["--head"] } else { vec!["--include", "--request", method] };
    let quiet = ["--silent", "--show-error", "--max-time", "20", "--request-target", target];
    let url = format!("http://{address}/");
    let output = shop.program("curl").args(quiet).args(how).args(options).args([&url]).run();
    assert_eq!(output.code, 0, "{method} {target}: {output}");
    let text = output.stdout.replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").unwrap_or_else(|| panic!("no end of the headers: {text}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default();
    let mut own: Vec<String> = lines
        .map(|line| line.split_once(": ").unwrap_or((line, "")))
        .filter(|(name, _)| !["date", "connection", "keep-alive"].contains(&&*name.to_lowercase()))
        .map(|(name, value)| format!("{}: {value}\n", name.to_lowercase()))
        .collect();
    own.sort();
    format!("{status}\n{}\n{body}", own.concat())
}

/// Both APIs answer alike, as long as the database is there.
pub(super) fn answer_alike(shop: &Shop, go: &str, node: &str) {
    for (method, target, status) in REQUESTS {
        let [go, node] = [go, node].map(|address| answer(shop, address, method, target, &[]));
        assert_eq!(go, node, "{method} {target}");
        assert!(go.starts_with(status), "{method} {target}: {go}");
    }
    // Each has a name of its own, and a count.
    let [go, node] =
        [go, node].map(|address| shape(&answer(shop, address, "GET", "/", &["--data", "ignored"])));
    assert_eq!(go.replace("golang", "node"), node);
}

/// An answer without what differs between two requests: each number becomes `0`.
fn shape(answer: &str) -> String {
    let mut shape = String::new();
    for character in answer.lines().filter(|line| !line.starts_with("content-length")).flat_map(str::chars) {
        match character {
            digit if digit.is_ascii_digit() => {
                if !shape.ends_with('0') {
                    shape.push('0');
                }
            }
            other => write!(shape, "{other}").unwrap(),
        }
    }
    shape
}

/// Both APIs answer alike after the database has gone.
pub(super) fn fail_alike(shop: &Shop, go: &str, node: &str) {
    for (target, status) in [("/", "503"), ("/healthz", "503"), ("/ping", "200")] {
        let [go, node] = [go, node].map(|address| answer(shop, address, "GET", target, &[]));
        assert_eq!(go, node, "{target} without a database");
        assert!(go.starts_with(status), "{target} without a database: {go}");
    }
}

/// Docker's health check of `name` passes.
pub(super) fn is_healthy(stack: &Stack<'_>, name: &str) {
    stack.until(&format!("docker finds {name} healthy"), || stack.health(name) == "healthy");
}

/// Docker's health check notices that nobody serves the page.
pub(super) fn notices_a_page_that_is_not_served(stack: &Stack<'_>, image: &str) {
    let often = ["--health-interval", "1s", "--health-start-period", "1s", "--health-retries", "1"];
    let nothing = ["--entrypoint", "sleep"];
    stack.run("client-broken", &[&often[..], &nothing].concat(), image, &["120"]);
    stack.until("docker finds the broken client unhealthy", || stack.health("client-broken") == "unhealthy");
}

/// Every program exits with 2 for a mistake in its configuration, and names the variable, and the value where it is no secret.
pub(super) fn refuse_bad_configuration(shop: &Shop, image: impl Fn(&str) -> String) {
    let database = "DATABASE_URL=postgres://db/demo";
    for (name, variables, words) in [
        ("demo-api-golang", &[][..], ["DATABASE_URL", "is not set"]),
        ("demo-api-node", &[], ["DATABASE_URL", "is not set"]),
        ("demo-migrator", &[], ["DATABASE_URL", "is not set"]),
        ("demo-load-generator", &[], ["API_URL", "is not set"]),
        ("demo-api-golang", &[database, "PORT=http"], ["PORT", "http"]),
        ("demo-api-node", &[database, "PORT=http"], ["PORT", "http"]),
        ("demo-migrator", &["DATABASE_URL=mysql://demo:secret@db/demo"], ["DATABASE_URL", "postgres://"]),
        ("demo-load-generator", &["API_URL=nowhere"], ["API_URL", "nowhere"]),
    ] {
        let variables = variables.iter().flat_map(|variable| ["--env", variable]);
        let docker = |args: &[&str]| shop.program("docker").args(args).run();
        // In the foreground, docker may lose the words of a program that ends at once.
        let started = shop.program("docker").args(["run", "--detach"]).args(variables).args([image(name)]);
        let container = started.run().line();
        let code = docker(&["wait", &container]).line();
        let logs = docker(&["logs", &container]);
        docker(&["rm", &container]).line();
        assert_eq!(code, "2", "{name}: {logs}");
        assert!(words.iter().all(|word| logs.stderr.contains(word)), "{name}: {logs}");
        assert!(!logs.stderr.contains("secret"), "{name}: {logs}");
    }
}

/// The image that each README runs is the one that its build makes.
pub(super) fn readmes_run_what_is_built(shop: &Shop, version: &str) {
    for (service, name) in SERVICES {
        let readme = std::fs::read_to_string(shop.repo.path().join(service).join("README.md")).unwrap();
        assert!(readme.contains("$ task build\n"), "{service} does not build");
        assert!(!readme.contains(&format!("{name}:")), "{service} names a tag that no build makes");
        let image = "$(task utils:generate-version-tag-extended)";
        assert!(readme.contains(image), "{service} does not run what it built");
        let named = shop.task(service, &["utils:generate-version-tag-extended"]).run().line();
        assert_eq!(named, shop.reference(name, version));
        shop.docker(&["image", "inspect", "--format", "{{.Id}}", &named]);
    }
}
