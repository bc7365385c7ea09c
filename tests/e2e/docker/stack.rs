//! The images together: a database, its migrations, both APIs, a load generator and the page, as a browser shows it.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::images;
use super::shop::{SERVICES, Shop, kept, text};
use crate::support::Output;

const PASSWORD: &str = "only-for-tests";

/// Containers on a network of their own, removed when it is dropped.
pub(crate) struct Stack<'s> {
    shop: &'s Shop,
    name: String,
}

impl<'s> Stack<'s> {
    pub(crate) fn new(shop: &'s Shop, name: &str) -> Self {
        let name = format!("imgver-{name}-{}", std::process::id());
        shop.docker(&["network", "create", &name]);
        Stack { shop, name }
    }

    /// Starts a container that the others know as `name`.
    #[track_caller]
    pub(crate) fn start(&self, name: &str, options: &[&str], image: &str) {
        self.run(name, options, image, &[]);
    }

    /// As [`Stack::start`], with another command.
    #[track_caller]
    pub(super) fn run(&self, name: &str, options: &[&str], image: &str, command: &[&str]) {
        let container = self.container(name);
        let run = ["run", "--detach", "--name", &container, "--network", &self.name, "--network-alias", name];
        self.shop.program("docker").args(run).args(options).args([image]).args(command).run().text();
    }

    /// What docker's health check says of a container.
    pub(super) fn health(&self, name: &str) -> String {
        self.shop.docker(&["inspect", "--format", "{{.State.Health.Status}}", &self.container(name)])
    }

    fn container(&self, name: &str) -> String {
        format!("{}-{name}", self.name)
    }

    /// Starts a database and gives its URL on this machine.
    pub(crate) fn database(&self) -> String {
        let password = format!("POSTGRES_PASSWORD={PASSWORD}");
        let options = ["--env", &password, "--publish", "127.0.0.1::5432"];
        self.start("database", &options, "postgres:17-alpine");
        let ready = ["exec", &self.container("database"), "pg_isready", "--host", "127.0.0.1", "--quiet"];
        self.until("the database is ready", || self.shop.program("docker").args(ready).run().code == 0);
        format!("postgres://postgres:{PASSWORD}@{}/postgres?sslmode=disable", self.address("database", 5432))
    }

    /// The database's URL in the other containers.
    fn database_inside(&self) -> String {
        format!("DATABASE_URL=postgres://postgres:{PASSWORD}@database:5432/postgres?sslmode=disable")
    }

    /// Where a port of a container is on this machine.
    #[track_caller]
    fn address(&self, name: &str, port: u16) -> String {
        self.shop.docker(&["port", &self.container(name), &port.to_string()])
    }

    /// What a container has printed.
    fn logs(&self, name: &str) -> Output {
        self.shop.program("docker").args(["logs", &self.container(name)]).run()
    }

    #[track_caller]
    pub(super) fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let start = Instant::now();
        while !holds() {
            if start.elapsed() > Duration::from_secs(60) {
                let names = self.shop.docker(&["ps", "--all", "--filter", &format!("network={}", self.name)]);
                panic!("after a minute it does not hold that {what}\n{names}");
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// What an HTTP server answers; none while it gives no good answer.
    fn get(&self, url: &str) -> Option<String> {
        let output = self.shop.program("curl").args(["--silent", "--fail", "--max-time", "5", url]).run();
        (output.code == 0).then_some(output.stdout)
    }
}

impl Drop for Stack<'_> {
    fn drop(&mut self) {
        let filter = format!("network={}", self.name);
        let list = ["ps", "--all", "--quiet", "--filter", &filter];
        let containers = self.shop.program("docker").args(list).run().stdout;
        let remove = ["rm", "--force", "--volumes"];
        self.shop.program("docker").args(remove).args(containers.lines()).run();
        self.shop.program("docker").args(["network", "rm", &self.name]).run();
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_services_run_together() {
    let shop = Shop::new("stack");
    let version = shop.extended();
    let both = "linux/amd64,linux/arm64";
    assert_eq!(shop.build(&["--all", "--platform", both]).run().code, 0);
    let image = |name: &str| shop.reference(name, &version);
    let stack = Stack::new(&shop, "stack");
    stack.database();
    let database = stack.database_inside();
    let with_database = ["--env", &database];

    let run = |command: &[&str]| {
        let run = ["run", "--rm", "--network", &stack.name, "--env", &database, &image("demo-migrator")];
        shop.program("docker").args(run).args(command).run()
    };
    let up = run(&[]);
    assert!(up.code == 0 && up.stdout.contains(&format!("migrator {version}: ")), "{up}");
    // Down again and up: what the next test finds was made by the migrations, both ways.
    for command in [&["down", "-all"][..], &["up"], &["up"]] {
        let output = run(command);
        assert_eq!(output.code, 0, "{output}");
    }

    let publish = |port| ["--publish".to_owned(), format!("127.0.0.1::{port}")];
    let [option, go_port] = publish(8000);
    stack.start(
        "api-golang",
        &[&with_database[..], &[&option, &go_port]].concat(),
        &image("demo-api-golang"),
    );
    let [option, node_port] = publish(3000);
    stack.start("api-node", &[&with_database[..], &[&option, &node_port]].concat(), &image("demo-api-node"));
    for (name, port, api) in [("api-golang", 8000, "golang"), ("api-node", 3000, "node")] {
        let address = stack.address(name, port);
        stack.until(&format!("{name} is healthy"), || {
            stack.get(&format!("http://{address}/healthz")).is_some()
        });
        assert_eq!(stack.get(&format!("http://{address}/ping")).unwrap().trim(), "pong");
        let answers: Vec<Value> = (0..2)
            .map(|_| serde_json::from_str(&stack.get(&format!("http://{address}/")).unwrap()).unwrap())
            .collect();
        assert_eq!((text(&answers[0]["api"]), text(&answers[0]["version"])), (api, &*version));
        let count = |answer: &Value| answer["requestCount"].as_u64().unwrap();
        assert_eq!((count(&answers[0]), count(&answers[1])), (1, 2), "{answers:?}");
    }

    keeps_busy(&stack, &image("demo-load-generator"), &version);
    shows(&stack, &image("demo-client-react"), &version);
    for name in ["api-golang", "api-node", "client"] {
        images::is_healthy(&stack, name);
    }
    images::notices_a_page_that_is_not_served(&stack, &image("demo-client-react"));
    images::refuse_bad_configuration(&shop, image);
    images::readmes_run_what_is_built(&shop, &version);
    let [go, node] = [("api-golang", 8000), ("api-node", 3000)].map(|(name, port)| stack.address(name, port));
    images::answer_alike(&shop, &go, &node);
    runs_on_the_other_platform(&stack, &with_database, &image("demo-api-golang"), &version);
    shop.docker(&["stop", "--time", "10", &stack.container("database")]);
    images::fail_alike(&shop, &go, &node);
    for (name, seconds) in [("api-golang", 10), ("api-node", 10)] {
        let container = stack.container(name);
        shop.docker(&["stop", "--time", &seconds.to_string(), &container]);
        let status = shop.docker(&["inspect", "--format", "{{.State.ExitCode}}", &container]);
        assert_eq!(status, "0", "{name} ends in good order: {}", stack.logs(name));
    }
    for (_, name) in SERVICES {
        shop.docker(&["image", "rm", "--force", &image(name)]);
    }
}

/// The load generator asks both APIs, says how they answer, and ends when it is told to.
fn keeps_busy(stack: &Stack<'_>, image: &str, version: &str) {
    for (name, url) in [("load-golang", "http://api-golang:8000/"), ("load-node", "http://api-node:3000/")] {
        let url = format!("API_URL={url}");
        stack.start(name, &["--env", &url, "--env", "DELAY_MS=50"], image);
        let lines = || -> Vec<Value> {
            let logs = stack.logs(name).stdout;
            logs.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        stack.until(&format!("{name} has made requests"), || lines().len() > 10);
        stack.shop.docker(&["stop", "--time", "5", &stack.container(name)]);
        let lines = lines();
        assert_eq!(text(&lines[0]["version"]), version);
        let requests: Vec<_> = lines.iter().filter(|line| line["event"] == "request").collect();
        assert!(requests.len() > 8 && requests.iter().all(|line| line["status"] == 200), "{lines:?}");
        assert!(
            requests.iter().all(|line| line["latency_ms"].as_f64().is_some_and(|ms| ms > 0.0)),
            "{lines:?}"
        );
        assert_eq!(lines.last().unwrap()["event"], "summary");
        let status =
            stack.shop.docker(&["inspect", "--format", "{{.State.ExitCode}}", &stack.container(name)]);
        assert_eq!(status, "0");
    }
}

/// The page shows what both APIs answer, in a real browser.
fn shows(stack: &Stack<'_>, image: &str, version: &str) {
    stack.start("client", &["--publish", "127.0.0.1::8080"], image);
    let page = format!("http://{}/", stack.address("client", 8080));
    stack.until("the page is served", || stack.get(&format!("{page}ping")).is_some());
    // All files have the same time: a browser that asked for newer ones would get none.
    let fresh = ["--silent", "--head", "--header", "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", &page];
    let headers = stack.shop.program("curl").args(fresh).run().stdout.to_lowercase();
    assert!(headers.starts_with("http/1.1 200") && headers.contains("cache-control: no-cache"), "{headers}");
    assert!(!headers.contains("etag") && !headers.contains("last-modified"), "{headers}");
    let picture = kept("page.png");
    let _ = std::fs::remove_file(&picture);
    let profile = stack.shop.repo.sandbox().join("profile");
    let browse = |options: &[&str]| {
        let quiet = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=900,700",
            // As long as the page has something to wait for, and not longer.
            "--virtual-time-budget=20000",
        ];
        let profile = format!("--user-data-dir={}", profile.display());
        let output =
            stack.shop.program("chromium").args(quiet).args([&profile]).args(options).args([&page]).run();
        assert_eq!(output.code, 0, "{output}");
        output.stdout
    };
    let document = browse(&["--dump-dom"]);
    assert!(document.contains("2 of 2 APIs answered."), "{document}");
    for (api, number) in [("golang", 1), ("node", 1)] {
        assert_eq!(
            document.matches(&format!("<dd>{api}</dd><dt>Version</dt><dd>{version}</dd>")).count(),
            number
        );
    }
    assert!(document.contains(&format!("Page version {version}")), "{document}");
    browse(&[&format!("--screenshot={}", picture.display())]);
    assert_is_picture(&picture);
    eprintln!("the page: {}", picture.display());
}

/// A PNG of the size of the window, with more on it than one colour compresses to.
fn assert_is_picture(file: &Path) {
    let bytes = std::fs::read(file).unwrap();
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.len() > 10_000, "{} bytes", bytes.len());
}

/// What was built for the other platform runs there.
fn runs_on_the_other_platform(stack: &Stack<'_>, with_database: &[&str], image: &str, version: &str) {
    let options = ["--platform", "linux/arm64", "--publish", "127.0.0.1::8000"];
    stack.start("api-arm64", &[with_database, &options].concat(), image);
    let address = stack.address("api-arm64", 8000);
    stack.until("the API answers on arm64", || stack.get(&format!("http://{address}/healthz")).is_some());
    let answer: Value = serde_json::from_str(&stack.get(&format!("http://{address}/")).unwrap()).unwrap();
    assert_eq!((text(&answer["version"]), text(&answer["api"])), (version, "golang"));
    let container = stack.container("api-arm64");
    let of_container = stack.shop.docker(&["inspect", "--format", "{{.Image}}", &container]);
    assert!(!of_container.is_empty());
}
