//! Registries that do not answer as they should. The real one is asked in tests/e2e/registry/: this one only fails.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};

use super::page::{Page, Row, row};
use crate::support::{Repo, taskfile};

pub(crate) fn fill(page: &mut Page) {
    let address = failing_registry();
    page.hide(&address, "REGISTRY");
    let repo = Repo::new();
    // What is committed is the same in each run, and so is the version.
    repo.write("api/Taskfile.yaml", taskfile("registry.example/team/api"));
    repo.commit("a service");
    let config = "DOCKER_CONFIG=TMP/repo/docker";
    page.rows(
        &repo,
        [
            row(2, "a registry that nobody asks", "imgver list --insecure-registry registry.example"),
            row(
                2,
                "a URL of a registry",
                "imgver list --registry --insecure-registry http://registry.example",
            ),
            row(2, "a registry without a name", "imgver float --insecure-registry ''"),
            row(
                8,
                "a proxy of a kind that is not known",
                "HTTPS_PROXY=ftp://proxy.example imgver list --registry",
            ),
            fault(8, "a registry that denies access", &address, "403"),
            fault(8, "a registry that is asked too often", &address, "429"),
            fault(8, "a registry that does not understand", &address, "400"),
            fault(8, "a web server that is not a registry", &address, "html"),
            fault(8, "a registry that wants a login", &address, "401"),
            row(8, "a configuration of docker's that is none", format!("{config} imgver list --registry"))
                .with("api/Taskfile.yaml", image(&address, "401"))
                .with("docker/config.json", "{\"auths\": []}"),
            row(8, "an entry of it that is none", format!("{config} imgver list --registry"))
                .with("api/Taskfile.yaml", image(&address, "401"))
                .with("docker/config.json", format!("{{\"auths\": {{\"{address}\": {{\"auth\": \"?\"}}}}}}")),
            row(8, "a credential helper that is not there", format!("{config} imgver list --registry"))
                .with("api/Taskfile.yaml", image(&address, "401"))
                .with("docker/config.json", "{\"credsStore\": \"imgver-test\"}"),
            fault(8, "a token server that fails", &address, "token"),
        ],
    );
}

/// The service's image is in a repository about which the registry answers as `fault` says.
fn fault(exit: i32, what: &'static str, address: &str, fault: &str) -> Row {
    row(exit, what, "imgver list --registry").with("api/Taskfile.yaml", image(address, fault))
}

fn image(address: &str, fault: &str) -> String {
    taskfile(&format!("{address}/{fault}/api"))
}

/// Listens at the address that it returns, until the test program ends.
fn failing_registry() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listen on a free port");
    let address = listener.local_addr().expect("the port").to_string();
    let own = address.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that goes away is no failure of the test.
            let _ = answer(&stream, &own);
        }
    });
    address
}

fn answer(mut stream: &TcpStream, address: &str) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let says = |part: &str| first.contains(part);
    let (status, headers) = if says("/403/") {
        ("403 Forbidden", String::new())
    } else if says("/429/") {
        ("429 Too Many Requests", "Retry-After: 3600\r\n".to_owned())
    } else if says("/400/") {
        ("400 Bad Request", String::new())
    } else if says("/401/") {
        ("401 Unauthorized", "WWW-Authenticate: Basic realm=\"test\"\r\n".to_owned())
    } else if says("/token/") {
        ("401 Unauthorized", format!("WWW-Authenticate: Bearer realm=\"http://{address}/403/?\"\r\n"))
    } else {
        ("404 Not Found", "Content-Type: text/html\r\n".to_owned())
    };
    let body = r#"{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}"#;
    let body = if first.starts_with("HEAD") || !says("/403/") { "" } else { body };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}
