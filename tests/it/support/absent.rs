//! A registry that has nothing, for tests of what is asked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

/// It answers as long as the process lives.
pub(crate) struct AbsentRegistry {
    host: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl AbsentRegistry {
    pub(crate) fn start() -> Self {
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
                    let body = if first.starts_with("HEAD") { "" } else { BODY };
                    let answer = format!(
                        "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                        BODY.len()
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

const BODY: &str = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#;
