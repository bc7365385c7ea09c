//! Tokens (Docker's token authentication specification, and its OAuth2 variant).

use std::time::Duration;

use serde::Deserialize;

use super::RegistryFault;
use super::credentials::Credentials;
use super::error::Failure;
use super::http::{Answered, Ask, Http, Method};
use super::retry::Retry;
use crate::display::url_without_credentials;

/// Who this client says it is.
const CLIENT: &str = "imgver";

/// What a token is wanted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted<'a> {
    /// The token server.
    pub(super) realm: &'a str,
    /// What it calls the registry.
    pub(super) service: Option<&'a str>,
    /// What the token must allow: `repository:team/app:pull`.
    pub(super) scope: &'a str,
}

/// Gets a token: with credentials if there are any, else as anybody may have it.
///
/// # Errors
/// The token server cannot be reached, or refuses; what it answers is its own failure, not the registry's.
pub(super) fn fetch(
    http: &Http,
    wanted: &Wanted<'_>,
    credentials: Option<&Credentials>,
    left: Duration,
) -> Result<String, Failure> {
    let form;
    let (ask, authorization) = match credentials {
        Some(Credentials::IdentityToken(token)) => {
            form = wanted.exchange(token);
            let body = Some(("application/x-www-form-urlencoded", form.as_bytes()));
            let url = wanted.realm.to_owned();
            (Ask { method: Method::POST, url, accept: "application/json", body }, None)
        }
        password => {
            let user = match password {
                Some(Credentials::Password { user, .. }) => Some(&**user),
                _ => None,
            };
            (Ask::get(wanted.url(user), "application/json"), password.and_then(Credentials::basic))
        }
    };
    let answered =
        http.send(&ask, authorization.as_deref(), left).map_err(|failure| named(failure, wanted.realm))?;
    read(&answered).map_err(|failure| named(failure, wanted.realm))
}

impl Wanted<'_> {
    fn url(&self, user: Option<&str>) -> String {
        let pairs = [("service", self.service), ("scope", Some(self.scope)), ("account", user)];
        let given = pairs.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let separator = if self.realm.contains('?') { '&' } else { '?' };
        format!("{}{separator}{}", self.realm, encoded(given))
    }

    /// The form that exchanges an identity token.
    fn exchange(&self, token: &str) -> String {
        let pairs = [
            ("grant_type", Some("refresh_token")),
            ("service", self.service),
            ("client_id", Some(CLIENT)),
            ("scope", Some(self.scope)),
            ("refresh_token", Some(token)),
        ];
        encoded(pairs.into_iter().filter_map(|(name, value)| Some((name, value?))))
    }
}

/// Names and values as URLs and forms have them: all but letters, digits and `-._~` as `%XX` (RFC 3986, 2.3).
fn encoded<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let value = |text: &str| {
        text.bytes().fold(String::new(), |mut encoded, byte| {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    encoded.push(char::from(byte));
                }
                other => encoded.push_str(&format!("%{other:02X}")),
            }
            encoded
        })
    };
    pairs.map(|(name, text)| format!("{name}={}", value(text))).collect::<Vec<_>>().join("&")
}

#[derive(Deserialize)]
struct Grant {
    token: Option<String>,
    access_token: Option<String>,
}

fn read(answered: &Answered) -> Result<String, Failure> {
    if answered.status != 200 {
        return Err(answered.refusal());
    }
    let grant = serde_json::from_slice(&answered.body).ok();
    let token = grant.and_then(|grant: Grant| grant.token.or(grant.access_token));
    let broken = || Failure { fault: RegistryFault::Broken("no token".to_owned()), retry: Retry::Soon };
    token.filter(|token| !token.is_empty()).ok_or_else(broken)
}

/// The same failure, which says that it is the token server's.
fn named(failure: Failure, realm: &str) -> Failure {
    let address = realm.split(['?', '#']).next().unwrap_or(realm);
    let server = format!("its token server {}", url_without_credentials(address));
    let said = |text: String| if text.is_empty() { String::new() } else { format!(": {text}") };
    let fault = match failure.fault {
        RegistryFault::Denied(status, text) => {
            RegistryFault::Denied(status, format!("from {server}{}", said(text)))
        }
        RegistryFault::Status(status, text) => {
            RegistryFault::Status(status, format!("from {server}{}", said(text)))
        }
        RegistryFault::Unreachable(text) => RegistryFault::Unreachable(server + &said(text)),
        RegistryFault::Broken(text) => RegistryFault::Broken(server + &said(text)),
        other @ (RegistryFault::NotKept(..) | RegistryFault::Credentials(_)) => other,
    };
    Failure { fault, ..failure }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_asked_for() {
        let wanted = Wanted {
            realm: "https://auth.example/token",
            service: Some("registry example"),
            scope: "repository:a/b:pull,push",
        };
        assert_eq!(
            wanted.url(Some("ada")),
            "https://auth.example/token?service=registry%20example&scope=repository%3Aa%2Fb%3Apull%2Cpush&account=ada"
        );
        let wanted = Wanted { realm: "https://auth.example/token?x=y", service: None, ..wanted };
        assert_eq!(wanted.url(None), "https://auth.example/token?x=y&scope=repository%3Aa%2Fb%3Apull%2Cpush");
        assert_eq!(
            wanted.exchange("s3&c=ret"),
            "grant_type=refresh_token&client_id=imgver&scope=repository%3Aa%2Fb%3Apull%2Cpush&refresh_token=s3%26c%3Dret"
        );
    }
}
