//! What becomes of every fault.

use std::time::Duration;

use super::http::Response;
use super::proxy::{Fault, Proxy, When};
use super::server::Registry;
use super::{services, version};
use crate::support::{Repo, in_parallel};

/// A registry with the image of the service `api`, and a repository for each proxy in front of it.
struct Stage {
    registry: Registry,
}

impl Stage {
    fn new() -> Self {
        Stage { registry: Registry::start() }
    }

    fn act(&self) -> (Proxy, Repo) {
        let proxy = Proxy::start(&self.registry);
        let repo = services(proxy.address(), &["api"]);
        // The same bytes for every version.
        self.registry.push_image("team/api", &version(&repo), &[]);
        (proxy, repo)
    }
}

fn head() -> When {
    When::matching("HEAD", "/manifests/")
}

/// What fails once is asked again.
#[test]
#[ignore = "scripts/e2e runs it"]
fn what_passes_is_asked_again() {
    let stage = Stage::new();
    // Still to come when it is read, also on a busy machine: a request that does not wait may meet a connection that is being closed.
    let later = jiff::Timestamp::now() + Duration::from_secs(10);
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&later).unwrap();
    let redirect_loop = |proxy: &Proxy| Fault::Redirect(proxy.address().to_owned());
    let faults = [
        (Fault::Status(408), 2),
        (Fault::Status(429), 2),
        (Fault::Status(500), 2),
        (Fault::Status(502), 2),
        (Fault::Status(503), 2),
        (Fault::Status(504), 2),
        (Fault::RetryAfter(429, "1".to_owned()), 2),
        (Fault::RetryAfter(503, date), 2),
        (Fault::RetryAfter(503, "soon".to_owned()), 2),
        (Fault::Slow(Duration::from_secs(25)), 2),
        (Fault::Cut, 2),
        (Fault::CutHeaders, 2),
        (Fault::CutBody, 2),
        (Fault::NotHttp, 2),
        // The answer to HEAD has no digest, so that to GET counts.
        (Fault::Garbage, 2),
        (Fault::NoDigest, 2),
        // To the same place.
        (redirect_loop(&Proxy::start(&stage.registry)), 1),
    ];
    in_parallel(&faults, |(fault, requests)| {
        let (proxy, repo) = stage.act();
        proxy.fail(fault.clone(), head().once());
        let table = repo.imgver(["list", "--registry"]).run().text();
        assert!(table.contains("present"), "{fault:?}: {table}");
        assert_eq!(proxy.requests().len(), *requests, "{fault:?}");
    });
}

/// What never passes ends the command, and names the registry and what it said. Nothing is printed that reads as an answer.
#[test]
#[ignore = "scripts/e2e runs it"]
fn what_does_not_pass_is_an_error() {
    let stage = Stage::new();
    let code = |fault: &str| format!("it answers {fault}");
    let huge = Response::new(200, "application/json", vec![b' '; 5 << 20]);
    let faults = [
        (Fault::Status(400), 1, code("400 Bad Request")),
        (Fault::Status(401), 1, code("401 Unauthorized")),
        (Fault::Status(403), 1, code("403 Forbidden")),
        (Fault::Status(405), 1, code("405 Method Not Allowed")),
        (Fault::Status(429), 5, code("429 Too Many Requests")),
        (Fault::Status(500), 5, code("500 Internal Server Error")),
        (Fault::Status(503), 5, code("503 Service Unavailable")),
        (
            Fault::RetryAfter(429, "3600".to_owned()),
            1,
            code("429 Too Many Requests, and asks to be left alone for 3600 s"),
        ),
        (Fault::Cut, 5, "it cannot be reached: ".to_owned()),
        (Fault::CutHeaders, 5, "it cannot be reached: ".to_owned()),
        (Fault::NotHttp, 5, "it answers what no registry may: something that is not HTTP".to_owned()),
    ];
    in_parallel(&faults, |(fault, requests, expected)| {
        fails(&stage, &[(fault.clone(), head())], *requests, expected);
    });
    // Where the answer to HEAD says nothing, the one to GET counts.
    let get = || When::matching("GET", "/manifests/");
    let faults = [
        (Fault::Status(500), 6, "it answers 500 Internal Server Error, TEST: the proxy says 500"),
        (Fault::Status(403), 2, "it answers 403 Forbidden, TEST: the proxy says 403"),
        (Fault::CutBody, 6, "it cannot be reached: "),
        (Fault::Garbage, 6, "something that is not a manifest, but text/html"),
        (Fault::WrongDigest, 6, "content whose digest is not sha256:0000"),
        (Fault::WrongBody, 6, "content whose digest is not sha256:"),
        (Fault::Answer(huge), 6, "more than 4 MiB"),
    ];
    in_parallel(&faults, |(fault, requests, expected)| {
        fails(&stage, &[(Fault::NoDigest, head()), (fault.clone(), get())], *requests, expected);
    });
}

fn fails(stage: &Stage, faults: &[(Fault, When)], requests: usize, expected: &str) {
    let (proxy, repo) = stage.act();
    for (fault, when) in faults {
        proxy.fail(fault.clone(), when.clone());
    }
    for format in ["text", "json"] {
        let output = repo.imgver(["list", "--registry", "--output", format]).run();
        let message = output.fails(8);
        let about = format!(
            "error: cannot ask the registry {0} about {0}/team/api:{1}\n",
            proxy.address(),
            version(&repo)
        );
        assert!(message.contains(&about) && message.contains(expected), "{faults:?}: {message}");
    }
    assert_eq!(proxy.requests().len(), 2 * requests, "{faults:?}: {:?}", proxy.requests());
}

/// 404 is an answer, if it is a registry's.
#[test]
#[ignore = "scripts/e2e runs it"]
fn only_a_registry_can_say_that_something_is_missing() {
    let stage = Stage::new();
    let (proxy, repo) = stage.act();
    let list = || repo.imgver(["list", "--registry"]).run();
    // Without any header, as a registry may.
    proxy.fail(Fault::Status(404), head());
    assert!(list().text().contains("missing"));
    let asked: Vec<String> = proxy.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(asked[1..], ["/v2/"]);
    // A web server that knows nothing of it.
    proxy.clear();
    proxy.fail(Fault::Answer(Response::new(404, "text/html", "<html>not here</html>")), When::always());
    let output = list();
    assert!(output.fails(8).contains("404 for everything"), "{}", output.stderr);
    // One that is restarted meanwhile.
    proxy.clear();
    proxy.fail(Fault::Status(503), When::matching("GET", "/v2/").once());
    proxy.fail(Fault::Status(404), head());
    assert!(list().text().contains("missing"));
}

/// Nobody waits for each of two hundred questions.
#[test]
#[ignore = "scripts/e2e runs it"]
fn a_registry_that_fails_is_given_up() {
    let names: Vec<String> = (0..200).map(|number| format!("service-{number:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let proxy = Proxy::start(&Registry::start());
    let repo = services(proxy.address(), &names);
    proxy.fail(Fault::Status(503), When::always());
    repo.imgver(["list", "--registry"]).run().fails(8);
    assert_eq!(proxy.requests().len(), 5);
    // What is no server of HTTP, and what is no registry.
    proxy.clear();
    proxy.fail(Fault::NotHttp, When::always());
    repo.imgver(["list", "--registry"]).run().fails(8);
    assert_eq!(proxy.requests().len(), 5);
    proxy.clear();
    proxy.fail(Fault::Answer(Response::new(404, "text/html", "")), When::always());
    repo.imgver(["list", "--registry"]).run().fails(8);
    let bases = proxy.requests().iter().filter(|request| request.path == "/v2/").count();
    assert_eq!(bases, 5);
    // In the middle of a run.
    proxy.clear();
    proxy.fail(
        Fault::Answer(
            Response::new(404, "text/plain", "").with("Docker-Distribution-Api-Version", "registry/2.0"),
        ),
        When::always().times(100),
    );
    proxy.fail(Fault::RetryAfter(429, "61".to_owned()), When::always());
    let output = repo.imgver(["list", "--registry"]).run();
    assert!(output.fails(8).contains("429 Too Many Requests"), "{}", output.stderr);
    assert!(proxy.requests().len() < 200, "{}", proxy.requests().len());
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_registry_that_is_not_there_is_an_error() {
    let address = super::http::unused();
    let repo = services(&address, &["api"]);
    let output = repo.imgver(["list", "--registry"]).run();
    let message = output.fails(8);
    assert!(
        message.contains(&format!("the registry {address}")) && message.contains("Connection refused"),
        "{message}"
    );
    let repo = services("registry.invalid", &["api"]);
    let output = repo.imgver(["list", "--registry"]).run();
    assert!(output.fails(8).contains("the registry registry.invalid"), "{}", output.stderr);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn redirects_have_an_end() {
    let (proxy, repo) = Stage::new().act();
    proxy.fail(Fault::Redirect(proxy.address().to_owned()), When::always());
    let output = repo.imgver(["list", "--registry"]).run();
    assert!(output.fails(8).contains("more than 5 redirects"), "{}", output.stderr);
}
