//! What a registry says about an image whose push failed.

use std::process::Output;

use crate::programs::ProgramFailure;

/// The question, for messages.
const QUESTION: &str = "docker buildx imagetools inspect";

/// Whether a registry has an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// It has.
    There,
    /// It has not, or nobody can reach it.
    Missing,
    /// Why that is not known.
    Unknown(String),
}

impl Presence {
    /// Reads the answer of `docker buildx imagetools inspect`.
    pub fn parse(answer: &Output) -> Self {
        if answer.status.success() {
            return Presence::There;
        }
        let text = String::from_utf8_lossy(&answer.stderr).to_lowercase();
        match is_missing(&text) {
            true => Presence::Missing,
            false => Presence::Unknown(ProgramFailure { what: QUESTION, output: answer }.to_string()),
        }
    }
}

/// Whether an error, in lower case, says that there is no such image, or that it could not have been pushed either.
fn is_missing(text: &str) -> bool {
    const PASSING: [&str; 6] = [
        "toomanyrequests:",
        "429 too many requests",
        "i/o timeout",
        "handshake timeout",
        ": eof",
        "connection reset by peer",
    ];
    const MISSING: [&str; 10] = [
        ": not found",
        "404 not found",
        "manifest unknown",
        "name unknown",
        "401 unauthorized",
        "403 forbidden",
        "access denied",
        "authorization failed",
        "connection refused",
        "no such host",
    ];
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    says(&MISSING) && !says(&PASSING)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;

    fn answer(status: i32, stderr: &str) -> Presence {
        let output = Output {
            status: ExitStatus::from_raw(status << 8),
            stdout: Vec::new(),
            stderr: stderr.as_bytes().to_vec(),
        };
        Presence::parse(&output)
    }

    #[test]
    fn only_what_the_registry_denies_is_missing() {
        assert_eq!(answer(0, "WARNING: 404 Not Found"), Presence::There);
        for text in [
            "ERROR: 127.0.0.1:5000/team/geofence:1.0.0-0001-a429bcd: not found",
            "ERROR: unexpected status from HEAD request to http://127.0.0.1/v2/a/manifests/1: 403 Forbidden",
            "ERROR: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
            "ERROR: failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://r/token: 401 Unauthorized",
            "ERROR: failed to do request: Head \"http://127.0.0.1:1/v2/a/manifests/1\": dial tcp 127.0.0.1:1: connect: connection refused",
            "ERROR: failed to do request: Head \"https://r.invalid/v2/a/manifests/1\": dial tcp: lookup r.invalid: no such host",
        ] {
            assert_eq!(answer(1, text), Presence::Missing, "{text}");
        }
        for text in [
            "",
            "ERROR: unexpected status from HEAD request to http://r/v2/a/manifests/1: 429 Too Many Requests",
            "ERROR: unexpected status from HEAD request to http://r/v2/a/manifests/1: 503 Service Unavailable",
            "ERROR: failed to do request: Head \"http://r/v2/a/manifests/1\": EOF",
            "ERROR: failed to do request: Head \"http://r/v2/a/manifests/1\": dial tcp 10.0.0.1:443: i/o timeout",
            "ERROR: toomanyrequests: access denied until tomorrow",
            "ERROR: no builder \"b\" found",
            "ERROR: http: server gave HTTP response to HTTPS client",
        ] {
            let Presence::Unknown(why) = answer(1, text) else { panic!("{text}") };
            assert!(why.starts_with("docker buildx imagetools inspect failed with status 1"), "{why}");
            assert!(why.ends_with(text), "{why}");
        }
    }
}
