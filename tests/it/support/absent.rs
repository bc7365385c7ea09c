//! A registry that has nothing or refuses everything, for tests of what is asked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// It answers as long as the process lives.
pub(crate) struct AbsentRegistry {
    host: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl AbsentRegistry {
    pub(crate) fn start() -> Self {
        Self::answering("404 Not Found", "MANIFEST_UNKNOWN")
    }

    /// One that answers every request with this status and error code.
    pub(crate) fn answering(status: &'static str, code: &'static str) -> Self {
        Self::slow(status, code, Duration::ZERO)
    }

    /// As [`AbsentRegistry::answering`], after `delay`.
    pub(crate) fn slow(status: &'static str, code: &'static str, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let host = listener.local_addr().expect("an address").to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                thread::spawn(move || {
                    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                    let first = lines.next().unwrap_or_default();
                    while lines.next().is_some_and(|line| !line.is_empty()) {}
                    let path = first.split(' ').nth(1).unwrap_or_default();
                    log.lock().expect("no test failed here").push(path.to_owned());
                    thread::sleep(delay);
                    let is_registry = status.starts_with("404") && path == "/v2/";
                    let status = if is_registry { "200 OK" } else { status };
                    let body = format!("{{\"errors\":[{{\"code\":\"{code}\",\"message\":\"no\"}}]}}");
                    let sent = if first.starts_with("HEAD") { "" } else { &body };
                    let challenge = "WWW-Authenticate: Basic realm=\"test\"\r\n";
                    let challenge = if status.starts_with("401") { challenge } else { "" };
                    let answer = format!(
                        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
                         {challenge}Connection: close\r\n\r\n{sent}",
                        body.len()
                    );
                    let _ = (&stream).write_all(answer.as_bytes());
                });
            }
        });
        AbsentRegistry { host, asked }
    }

    /// `HOST:PORT`.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The manifests that were asked for, as `REPOSITORY:TAG`, sorted, each as often as it was.
    pub(crate) fn manifests(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("no test failed here");
        let manifests = asked.iter().filter_map(|path| path.strip_prefix("/v2/")?.split_once("/manifests/"));
        let mut found: Vec<String> = manifests.map(|(name, tag)| format!("{name}:{tag}")).collect();
        found.sort_unstable();
        found
    }
}
