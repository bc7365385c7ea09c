//! Which proxy a request goes through, by the variables and rules that docker goes by: those of Go
//! (`golang.org/x/net/http/httpproxy`).

use std::net::IpAddr;

use super::endpoint::{is_loopback, without_port};
use crate::programs::Programs;

/// The proxies that the environment names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Proxies {
    /// That for HTTPS.
    https: Option<String>,
    /// That for plain HTTP.
    http: Option<String>,
    /// What no proxy is used for.
    exceptions: Vec<String>,
}

impl Proxies {
    /// Those of the environment of `programs`.
    pub(super) fn of(programs: &Programs) -> Self {
        Self::from_variables(|name| programs.var(name)?.to_str().map(ToOwned::to_owned))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let any = |names: [&str; 2]| {
            names
                .into_iter()
                .filter_map(&variable)
                .map(|value| value.trim().to_owned())
                .find(|value| !value.is_empty())
        };
        // In a CGI script, HTTP_PROXY is the header `Proxy` of a request, which anybody may send.
        let is_cgi = variable("REQUEST_METHOD").is_some();
        let exceptions = any(["NO_PROXY", "no_proxy"]).unwrap_or_default();
        Proxies {
            https: any(["HTTPS_PROXY", "https_proxy"]),
            http: if is_cgi { None } else { any(["HTTP_PROXY", "http_proxy"]) },
            exceptions: exceptions.split(',').map(|entry| entry.trim().to_ascii_lowercase()).collect(),
        }
    }

    /// The proxy for requests to `authority`, a host with its port if it has one.
    pub(super) fn of_request(&self, is_plain: bool, authority: &str) -> Option<&str> {
        let proxy = if is_plain { &self.http } else { &self.https }.as_deref()?;
        let is_direct =
            is_loopback(authority) || self.is_exception(is_plain, &authority.to_ascii_lowercase());
        (!is_direct).then_some(proxy)
    }

    fn is_exception(&self, is_plain: bool, authority: &str) -> bool {
        let host = without_port(authority);
        let port = authority.get(host.len() + 1..).unwrap_or(if is_plain { "80" } else { "443" });
        self.exceptions.iter().any(|entry| covers(entry, host, port))
    }
}

/// Whether an entry of `NO_PROXY` covers a host: `*`, an address, a network, a domain with all below it, or with a dot or `*.`
/// in front only those; all but networks with a port if they are about one.
fn covers(entry: &str, host: &str, port: &str) -> bool {
    let address = |text: &str| text.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    if entry == "*" {
        return true;
    }
    if let Some((network, length)) = entry.split_once('/') {
        let length = length.parse().ok();
        return match (address(network), length, address(host)) {
            (Some(network), Some(length), Some(host)) => is_within(host, network, length),
            _ => false,
        };
    }
    let named = if address(entry).is_some() { entry } else { without_port(entry) };
    if entry.get(named.len() + 1..).is_some_and(|own| own != port) || named.is_empty() {
        return false;
    }
    if let Some(named) = address(named) {
        return address(host) == Some(named);
    }
    match named.strip_prefix("*.").or_else(|| named.strip_prefix('.')) {
        Some(domain) => host.strip_suffix(domain).is_some_and(|below| below.ends_with('.')),
        None => host.strip_suffix(named).is_some_and(|below| below.is_empty() || below.ends_with('.')),
    }
}

fn is_within(address: IpAddr, network: IpAddr, length: u32) -> bool {
    let bits = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()) << 96, 32),
        IpAddr::V6(ip) => (ip.to_bits(), 128),
    };
    let ((address, width), (network, own_width)) = (bits(address), bits(network));
    let is_same = || (address ^ network).leading_zeros() >= length;
    width == own_width && length <= width && is_same()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Proxies::from_variables(|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        let both = proxies(&[("HTTPS_PROXY", "secure:1"), ("http_proxy", "plain:2")]);
        assert_eq!(both.of_request(false, "registry.example"), Some("secure:1"));
        assert_eq!(both.of_request(true, "registry.example:5000"), Some("plain:2"));
        let upper = proxies(&[("HTTPS_PROXY", "upper"), ("https_proxy", "lower"), ("HTTP_PROXY", "")]);
        assert_eq!(upper.of_request(false, "registry.example"), Some("upper"));
        assert_eq!(upper.of_request(true, "registry.example"), None);
        let cgi = proxies(&[("HTTP_PROXY", "attacker"), ("REQUEST_METHOD", "GET")]);
        assert_eq!(cgi.of_request(true, "registry.example"), None);
    }

    #[test]
    fn loopback_needs_no_proxy() {
        let all = proxies(&[("HTTPS_PROXY", "p"), ("HTTP_PROXY", "p")]);
        for host in ["localhost", "localhost:5000", "127.0.0.1:5000", "[::1]:5000"] {
            assert_eq!(all.of_request(true, host), None, "{host}");
        }
        assert_eq!(all.of_request(true, "10.0.0.1:5000"), Some("p"));
    }

    #[test]
    fn exceptions_are_hosts_domains_and_networks() {
        for (exceptions, host, is_direct) in [
            ("*", "registry.example", true),
            ("registry.example", "registry.example", true),
            ("registry.example", "Registry.Example:5000", true),
            ("example", "registry.example", true),
            ("ample", "registry.example", false),
            (".example", "registry.example", true),
            (".registry.example", "registry.example", false),
            ("*.example", "registry.example", true),
            ("a.example, registry.example", "registry.example", true),
            ("registry.example:443", "registry.example", true),
            ("registry.example:5000", "registry.example", false),
            ("registry.example:5000", "registry.example:5000", true),
            ("10.0.0.1", "10.0.0.1:5000", true),
            ("10.0.0.1", "10.0.0.10", false),
            ("10.0.0.0/8", "10.9.9.9:5000", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "registry.example", false),
            ("fe80::/16", "[fe80::1]:5000", true),
            ("fe80::1", "[fe80::1]:5000", true),
            ("fe80::/16", "10.0.0.1", false),
            ("0.0.0.0/0", "10.0.0.1", true),
            ("10.0.0.0/99", "10.0.0.1", false),
            ("", "registry.example", false),
            (",", "registry.example", false),
        ] {
            let proxies = proxies(&[("HTTPS_PROXY", "p"), ("no_proxy", exceptions)]);
            assert_eq!(proxies.of_request(false, host).is_none(), is_direct, "{exceptions} {host}");
        }
    }
}
