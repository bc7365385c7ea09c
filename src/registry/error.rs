//! Why a registry gave no answer.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use super::http::{PLAIN_HTTP, StatusCode, UNKNOWN_ISSUER};
use super::retry::Retry;
use crate::display::on_one_line;
use crate::domain::Digest;
use crate::error::{Error, Kind};

/// Enough for a sentence; a broken server may say anything.
const TEXT_MAX: usize = 300;

/// A question that a registry did not answer, or a change that it did not make. Absence is an answer, and none of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryError {
    /// The registry's host, with its port if it has one: `docker.io`, `registry.example:5000`.
    pub registry: String,
    /// What was asked about: `REPOSITORY:TAG`, or `REPOSITORY@DIGEST`.
    pub subject: String,
    /// Whether a tag was to be set, and not a question asked.
    pub is_write: bool,
    /// What went wrong.
    pub fault: RegistryFault,
}

/// What went wrong between us and a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryFault {
    /// It or its token server answers 401 or 403, or says in other words that nobody with these credentials may know. With the
    /// status, and what it says, if anything.
    Denied(u16, String),
    /// It answers another status that is no success, after all retries; with what it says, if anything.
    Status(u16, String),
    /// It cannot be reached, or does not answer in time.
    Unreachable(String),
    /// It answers what no registry may.
    Broken(String),
    /// The tag that was set to the first digest names the other right afterwards; none if it names nothing.
    NotKept(Digest, Option<Digest>),
    /// The credentials for it cannot be read.
    Credentials(String),
}

/// A try that failed, and whether another one may help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) fault: RegistryFault,
    pub(super) retry: Retry,
}

impl Failure {
    /// A broken answer, which may be a whole one the next time.
    pub(super) fn broken(what: impl Into<String>) -> Self {
        Failure { fault: RegistryFault::Broken(what.into()), retry: Retry::Soon }
    }

    /// The same failure, of a server that asks to come back after `pause`, later than anybody should wait.
    pub(super) fn after(mut self, pause: Duration) -> Self {
        if let RegistryFault::Denied(_, text) | RegistryFault::Status(_, text) = &mut self.fault {
            let asked = format!("and asks to be left alone for {} s", pause.as_secs());
            *text = if text.is_empty() { asked } else { format!("{text}; {asked}") };
        }
        self
    }
}

impl RegistryError {
    /// Whether the registry denies access (401, 403), which is how some say that there is no such repository.
    pub fn is_denied(&self) -> bool {
        matches!(self.fault, RegistryFault::Denied(..))
    }

    /// The failure of a command that needs the answer.
    pub fn into_error(self) -> Error {
        let message = self.message();
        let hints = self.hints();
        hints.into_iter().fold(Error::new(Kind::Registry, message).because(self.fault), Error::hint)
    }

    fn message(&self) -> String {
        let RegistryError { registry, subject, .. } = self;
        match self.is_write {
            true => format!("cannot set the tag {subject} in the registry {registry}"),
            false => format!("cannot ask the registry {registry} about {subject}"),
        }
    }

    fn hints(&self) -> Vec<String> {
        let registry = &self.registry;
        let login = match &**registry {
            "docker.io" => "docker login".to_owned(),
            other => format!("docker login {other}"),
        };
        let hint = match &self.fault {
            RegistryFault::Denied(..) => {
                format!("log in with an account that may read and write it: {login}")
            }
            RegistryFault::Status(429 | 500..=599, _) => {
                "the registry may recover: run the same command again later".to_owned()
            }
            // What registries with immutable tags answer is not standardized.
            RegistryFault::Status(400 | 405 | 409 | 412, _) if self.is_write => {
                "the registry may keep tags immutable: then one that is there cannot be set again".to_owned()
            }
            RegistryFault::Status(..) => return Vec::new(),
            RegistryFault::NotKept(..) => {
                "something else may set this tag at the same time: run the same command again".to_owned()
            }
            RegistryFault::Unreachable(why) if why.contains(PLAIN_HTTP) => {
                format!("if it is meant to be used without encryption, pass --insecure-registry {registry}")
            }
            RegistryFault::Unreachable(why) if why.contains(UNKNOWN_ISSUER) => {
                "if the authority is your own, install its certificate, or name its PEM file in SSL_CERT_FILE"
                    .to_owned()
            }
            RegistryFault::Unreachable(_) => {
                "check the registry's name, the network, and the proxy in HTTPS_PROXY and NO_PROXY".to_owned()
            }
            RegistryFault::Broken(_) => {
                format!("check that {registry} is a registry, and not a proxy or a page that asks to log in")
            }
            RegistryFault::Credentials(_) => format!("correct it, or log in anew: {login}"),
        };
        vec![hint]
    }
}

/// What a status that is no success means.
pub(super) fn status_fault(status: u16, text: String) -> RegistryFault {
    match status {
        401 | 403 => RegistryFault::Denied(status, text),
        _ => RegistryFault::Status(status, text),
    }
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    code: Option<String>,
    message: Option<String>,
}

/// What a response without success says ("Error codes" of the OCI distribution specification); empty if it says nothing of that
/// form.
pub(super) fn said(body: &[u8]) -> String {
    let errors = serde_json::from_slice(body).map(|read: Errors| read.errors).unwrap_or_default();
    let entry = |entry: &Entry| match (&entry.code, &entry.message) {
        (Some(code), Some(message)) if !message.is_empty() => Some(format!("{code}: {message}")),
        (Some(one), _) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    };
    errors.iter().filter_map(entry).collect::<Vec<_>>().join("; ")
}

/// Whether a response says, whatever its status, that access is denied, and nothing else.
pub(super) fn denies(body: &[u8]) -> bool {
    let errors = errors(body);
    let denies = |entry: &Entry| matches!(entry.code.as_deref(), Some("DENIED" | "UNAUTHORIZED"));
    !errors.is_empty() && errors.iter().all(denies)
}

/// Whether a response says that the registry lacks what a manifest refers to.
pub(super) fn lacks_content(body: &[u8]) -> bool {
    errors(body).iter().any(|entry| entry.code.as_deref() == Some("MANIFEST_BLOB_UNKNOWN"))
}

fn errors(body: &[u8]) -> Vec<Entry> {
    serde_json::from_slice(body).map(|read: Errors| read.errors).unwrap_or_default()
}

impl fmt::Display for RegistryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = |f: &mut fmt::Formatter<'_>, status: &u16, text: &str| {
            let name = status_name(*status).map(|name| format!(" {name}")).unwrap_or_default();
            let text = if text.is_empty() { String::new() } else { format!(", {}", shown(text)) };
            write!(f, "it answers {status}{name}{text}")
        };
        match self {
            RegistryFault::Denied(code, text) | RegistryFault::Status(code, text) => status(f, code, text),
            RegistryFault::Unreachable(why) => write!(f, "it cannot be reached: {}", shown(why)),
            RegistryFault::Broken(what) => write!(f, "it answers what no registry may: {}", shown(what)),
            RegistryFault::NotKept(set, found) => {
                let found = found.as_ref().map_or("nothing", Digest::as_str);
                write!(f, "it was set to {set}, and right afterwards it names {found}")
            }
            RegistryFault::Credentials(why) => {
                write!(f, "the credentials for it cannot be read: {}", shown(why))
            }
        }
    }
}

/// On one line, and not longer than anybody reads.
fn shown(text: &str) -> String {
    let mut line = on_one_line(text);
    if let Some((at, _)) = line.char_indices().nth(TEXT_MAX) {
        line.truncate(at);
        line.push('…');
    }
    line
}

fn status_name(status: u16) -> Option<&'static str> {
    StatusCode::from_u16(status).ok()?.canonical_reason()
}

impl std::error::Error for RegistryFault {}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message(), self.fault)
    }
}

impl std::error::Error for RegistryError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message, and the hints.
    fn error(is_write: bool, fault: RegistryFault) -> (String, String) {
        let (registry, subject) = ("r.example".to_owned(), "r.example/a:1".to_owned());
        let error = RegistryError { registry, subject, is_write, fault };
        (error.to_string(), error.hints().join("\n"))
    }

    #[test]
    fn a_write_that_fails_is_no_question() {
        for status in [400, 405, 409, 412] {
            let [asked, set] =
                [false, true].map(|is_write| error(is_write, RegistryFault::Status(status, String::new())));
            assert!(
                asked.0.starts_with("cannot ask the registry r.example about r.example/a:1: it"),
                "{asked:?}"
            );
            assert!(
                set.0.starts_with("cannot set the tag r.example/a:1 in the registry r.example: it"),
                "{set:?}"
            );
            assert!(set.1.contains("immutable") && !asked.1.contains("immutable"), "{set:?}");
        }
        let [one, two] = [b"one", b"two"].map(|content| Digest::of(content));
        let text = RegistryFault::NotKept(one.clone(), Some(two.clone())).to_string();
        assert_eq!(text, format!("it was set to {one}, and right afterwards it names {two}"));
        assert!(RegistryFault::NotKept(one, None).to_string().ends_with("it names nothing"));
    }

    #[test]
    fn access_is_denied_where_nothing_else_is_said() {
        for (body, expected) in [
            (r#"{"errors":[{"code":"DENIED","message":"no"}]}"#, true),
            (r#"{"errors":[{"code":"UNAUTHORIZED"},{"code":"DENIED"}]}"#, true),
            (r#"{"errors":[{"code":"DENIED"},{"code":"NAME_UNKNOWN"}]}"#, false),
            (r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#, false),
            (r#"{"errors":[{"message":"DENIED"}]}"#, false),
            (r#"{"errors":[]}"#, false),
            ("DENIED", false),
            ("", false),
        ] {
            assert_eq!(denies(body.as_bytes()), expected, "{body}");
        }
    }
}
