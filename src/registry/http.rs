//! Requests and responses: the one file that uses ureq.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use ureq::http::{self, HeaderMap, Request, Response, Uri, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, AsSendBody, Body, Proxy};

use super::RegistryFault;
use super::error::{Failure, said, status_fault};
use super::parallel::THREADS_MAX;
use super::proxy::Proxies;
use super::retry::{self, Retry};
use crate::programs::Programs;

pub(super) use ureq::http::{Method, StatusCode};

/// How long a connection may take, names and encryption included.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// How long one request may take, from the first byte to the last.
const REQUEST_MAX: Duration = Duration::from_secs(20);

/// The largest manifest that a registry must accept (OCI distribution specification, "Pushing manifests").
const SIZE_MAX: u64 = 4 << 20;

const REDIRECTS_MAX: u32 = 5;

/// Why a connection fails if the other side does not encrypt.
pub(super) const PLAIN_HTTP: &str = "it answers by plain HTTP where HTTPS is expected";

/// Why a connection fails if nothing that the system trusts has signed the other side's certificate.
pub(super) const UNKNOWN_ISSUER: &str = "its certificate is of an authority that this system does not trust";

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Ask<'a> {
    /// The method.
    pub(super) method: Method,
    /// The whole URL.
    pub(super) url: String,
    /// The header `Accept`.
    pub(super) accept: &'a str,
    /// The header `Content-Type`, and the body.
    pub(super) body: Option<(&'a str, &'a [u8])>,
}

impl Ask<'static> {
    /// Asks for what `url` names, in one of the media types of `accept`.
    pub(super) fn get(url: String, accept: &'static str) -> Self {
        Ask { method: Method::GET, url, accept, body: None }
    }

    /// As [`Ask::get`], without the body.
    pub(super) fn head(url: String, accept: &'static str) -> Self {
        Ask { method: Method::HEAD, ..Self::get(url, accept) }
    }
}

/// A response that has arrived as a whole.
#[derive(Debug)]
pub(super) struct Answered {
    /// The status.
    pub(super) status: u16,
    headers: HeaderMap,
    /// The body; empty where `HEAD` was asked.
    pub(super) body: Vec<u8>,
}

impl Answered {
    /// The header `name`, if it is ASCII.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// All headers `name`.
    pub(super) fn headers<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h str> {
        self.headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
    }

    /// What a response without success means.
    pub(super) fn refusal(&self) -> Failure {
        Failure { fault: status_fault(self.status, said(&self.body)), retry: self.retry() }
    }

    /// Whether another try may help, and after which time.
    fn retry(&self) -> Retry {
        if !retry::is_temporary(self.status) {
            return Retry::Never;
        }
        let asked = self.header("Retry-After").and_then(|value| retry::retry_after(value, SystemTime::now()));
        asked.map_or(Retry::Soon, Retry::After)
    }
}

/// Sends requests. Connections are kept for the next request; none is opened before the first.
#[derive(Debug)]
pub(super) struct Http {
    proxies: Proxies,
    direct: OnceLock<Agent>,
    /// Through the proxy for HTTPS, and through the one for plain HTTP.
    proxied: [OnceLock<Result<Agent, ()>>; 2],
}

impl Http {
    /// Requests that go through the proxies that the environment of `programs` names.
    pub(super) fn new(programs: &Programs) -> Self {
        Http { proxies: Proxies::of(programs), direct: OnceLock::new(), proxied: Default::default() }
    }

    /// Sends a request, and follows redirects. `authorization` goes to the scheme, host and port of the request's own URL only. It
    /// takes `left` at most.
    pub(super) fn send(
        &self,
        ask: &Ask<'_>,
        authorization: Option<&str>,
        left: Duration,
    ) -> Result<Answered, Failure> {
        let origin = parse(&ask.url)?;
        let mut url = origin.clone();
        for _ in 0..=REDIRECTS_MAX {
            let authorization = authorization.filter(|_| is_same_origin(&origin, &url));
            let answered = self.exchange(ask, &url, authorization, left)?;
            let Some(target) = answered.header("Location").filter(|_| is_redirect(answered.status)) else {
                return Ok(answered);
            };
            if ask.body.is_some() && !matches!(answered.status, 307 | 308) {
                return Err(Failure::broken(format!("{} and a redirect to a write", answered.status)));
            }
            let next = resolve(&url, target)?;
            if is_encrypted(&url) && !is_encrypted(&next) {
                return Err(Failure::broken(format!(
                    "a redirect from HTTPS to plain HTTP at {}",
                    authority(&next)
                )));
            }
            url = next;
        }
        Err(Failure::broken(format!("more than {REDIRECTS_MAX} redirects")))
    }

    fn exchange(
        &self,
        ask: &Ask<'_>,
        url: &Uri,
        authorization: Option<&str>,
        left: Duration,
    ) -> Result<Answered, Failure> {
        let agent = self.agent(url)?;
        let mut request = Request::builder().method(&ask.method).uri(url).header(header::ACCEPT, ask.accept);
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let limit = REQUEST_MAX.min(left);
        let sent = match ask.body {
            Some((content_type, bytes)) => {
                run(agent, request.header(header::CONTENT_TYPE, content_type).body(bytes), limit)
            }
            None => run(agent, request.body(()), limit),
        };
        let response = sent.map_err(|error| failure(&error, limit))?;
        let (parts, mut body) = response.into_parts();
        let body =
            body.with_config().limit(SIZE_MAX).read_to_vec().map_err(|error| failure(&error, limit))?;
        Ok(Answered { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    fn agent(&self, url: &Uri) -> Result<&Agent, Failure> {
        let is_plain = !is_encrypted(url);
        let Some(proxy) = self.proxies.of_request(is_plain, authority(url)) else {
            return Ok(self.direct.get_or_init(|| agent(None)));
        };
        let [secure, plain] = &self.proxied;
        let (kept, variable) = if is_plain { (plain, "HTTP_PROXY") } else { (secure, "HTTPS_PROXY") };
        let made = kept.get_or_init(|| proxy_at(proxy).map(|proxy| agent(Some(proxy))).ok_or(()));
        // The address may have a password in it.
        made.as_ref().map_err(|()| {
            let why = format!(
                "the proxy that {variable} names is not a URL such as http://proxy.example:3128, or with https, socks5 or socks5h"
            );
            Failure { fault: RegistryFault::Unreachable(why), retry: Retry::Never }
        })
    }
}

/// A request with a limit of its own makes ureq read the system's certificates for each connection, so only those have one that
/// need it.
fn run(
    agent: &Agent,
    request: http::Result<Request<impl AsSendBody>>,
    limit: Duration,
) -> Result<Response<Body>, ureq::Error> {
    let request = request?;
    if limit < REQUEST_MAX {
        return agent.run(agent.configure_request(request).timeout_global(Some(limit)).build());
    }
    agent.run(request)
}

/// The proxy at this URL. A SOCKS proxy looks names up itself, as Go's client lets it.
fn proxy_at(url: &str) -> Option<Proxy> {
    match url.strip_prefix("socks5://") {
        Some(rest) => Proxy::new(&format!("socks5h://{rest}")),
        None => Proxy::new(url),
    }
    .ok()
}

fn agent(proxy: Option<Proxy>) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT_MAX))
        .timeout_global(Some(REQUEST_MAX))
        .max_idle_connections(2 * THREADS_MAX)
        .max_idle_connections_per_host(THREADS_MAX)
        .user_agent(concat!("imgver/", env!("CARGO_PKG_VERSION")))
        .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
        .proxy(proxy);
    config.build().into()
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

fn is_encrypted(url: &Uri) -> bool {
    url.scheme_str() == Some("https")
}

/// The host and port of `url`, without credentials.
fn authority(url: &Uri) -> &str {
    let authority = url.authority().map(|authority| authority.as_str()).unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// The server that `url` reaches without encryption; none if it is encrypted.
///
/// # Errors
/// It is not a URL of HTTP.
pub(super) fn plain_server(url: &str) -> Result<Option<String>, Failure> {
    let url = parse(url)?;
    Ok((!is_encrypted(&url)).then(|| authority(&url).to_owned()))
}

fn is_same_origin(a: &Uri, b: &Uri) -> bool {
    let port = |url: &Uri| url.port_u16().unwrap_or(if is_encrypted(url) { 443 } else { 80 });
    let is_same_host = a.host().zip(b.host()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
    is_same_host && a.scheme() == b.scheme() && port(a) == port(b)
}

fn parse(url: &str) -> Result<Uri, Failure> {
    let is_http = |url: &Uri| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some();
    let parsed = url.parse::<Uri>().ok().filter(is_http);
    parsed.ok_or_else(|| Failure::broken("an address that is not a URL of HTTP"))
}

/// Where a redirect at `base` leads (RFC 3986, 5.2, for what servers send: a URL, or a path).
fn resolve(base: &Uri, target: &str) -> Result<Uri, Failure> {
    let scheme = base.scheme_str().unwrap_or("https");
    if target.contains("://") {
        parse(target)
    } else if target.starts_with("//") {
        parse(&format!("{scheme}:{target}"))
    } else if target.starts_with('/') {
        parse(&format!("{scheme}://{}{target}", authority(base)))
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        parse(&format!("{scheme}://{}{folder}/{target}", authority(base)))
    }
}

/// What the failure of a request means.
fn failure(error: &ureq::Error, limit: Duration) -> Failure {
    use ureq::Error::{BodyExceedsLimit, Protocol, Timeout};
    let text = causes(error);
    let unreachable = |why: String, retry| Failure { fault: RegistryFault::Unreachable(why), retry };
    match error {
        BodyExceedsLimit(_) => Failure::broken(format!("more than {} MiB", SIZE_MAX >> 20)),
        // A header that cannot be sent has a token in it, which a server gave.
        ureq::Error::Http(_) => Failure::broken("a token with characters that no header may have"),
        Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
            Failure::broken(format!("something that is not HTTP ({text})"))
        }
        Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            unreachable(format!("no connection within {} s", CONNECT_MAX.min(limit).as_secs()), Retry::Soon)
        }
        Timeout(_) => unreachable(format!("no answer within {} s", limit.as_secs()), Retry::Soon),
        // An alert of TLS begins with a byte that no text has (RFC 8446, 5.1).
        _ if text.contains("InvalidContentType") => unreachable(PLAIN_HTTP.to_owned(), Retry::Never),
        _ if text.contains("UnknownIssuer") => unreachable(UNKNOWN_ISSUER.to_owned(), Retry::Never),
        _ if text.contains("certificate") => unreachable(text, Retry::Never),
        _ => unreachable(text, Retry::Soon),
    }
}

/// An error with what caused it, without what only names a type.
fn causes(error: &ureq::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("io: ").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_resolved() {
        let base = "https://registry.example:5000/v2/app/blobs/sha256:0".parse().unwrap();
        for (target, expected) in [
            ("https://cdn.example/x?sig=1", "https://cdn.example/x?sig=1"),
            ("//cdn.example/x", "https://cdn.example/x"),
            ("/x?y=z", "https://registry.example:5000/x?y=z"),
            ("x", "https://registry.example:5000/v2/app/blobs/x"),
        ] {
            assert_eq!(resolve(&base, target).unwrap().to_string(), expected, "{target}");
        }
        for target in ["ftp://x.example/", "https://", "file:///etc/passwd", "https://a b/"] {
            assert!(resolve(&base, target).is_err(), "{target}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let is_same = |a: &str, b: &str| is_same_origin(&a.parse().unwrap(), &b.parse().unwrap());
        assert!(is_same("https://a.example/x", "https://A.example:443/y"));
        assert!(is_same("http://a.example:80/", "http://a.example/"));
        assert!(!is_same("https://a.example/", "http://a.example/"));
        assert!(!is_same("https://a.example/", "https://a.example:444/"));
        assert!(!is_same("https://a.example/", "https://b.a.example/"));
    }

    #[test]
    fn credentials_in_a_url_are_not_a_part_of_its_host() {
        assert_eq!(authority(&"https://ada:s3cret@a.example:1/".parse().unwrap()), "a.example:1");
        for (url, expected) in [
            ("http://a.example:5000/token?x=http://b.example/", Some("a.example:5000")),
            ("http://ada:s3cret@a.example?service=b", Some("a.example")),
            ("http://[::1]:5000", Some("[::1]:5000")),
            ("https://a.example", None),
            ("HTTPS://a.example", None),
        ] {
            assert_eq!(plain_server(url).unwrap().as_deref(), expected, "{url}");
        }
        assert!(plain_server("http:").is_err() && plain_server("").is_err());
    }
}
