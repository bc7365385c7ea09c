//! Where a repository is: host, scheme and URLs.

use std::net::IpAddr;

use crate::domain::ImageRepository;

/// A repository as the protocol names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// The registry as people know it: `docker.io`, `localhost:5000`.
    pub(super) registry: String,
    /// The host that answers for it, with its port: `registry-1.docker.io`.
    pub(super) host: String,
    /// Whether it is reached by plain HTTP.
    pub(super) is_plain: bool,
    /// The repository's name there: `library/alpine`.
    pub(super) name: String,
}

impl Endpoint {
    /// That of `repository`. Registries on loopback and those of `insecure` are reached by plain HTTP.
    pub(super) fn of(repository: &ImageRepository, insecure: &[String]) -> Self {
        let full = repository.in_full();
        let (registry, name) = full.split_once('/').unwrap_or(("docker.io", &full));
        // Docker Hub's own name is that of its website.
        let host = if registry == "docker.io" { "registry-1.docker.io" } else { registry };
        Endpoint {
            is_plain: is_plain(registry, insecure),
            registry: registry.to_owned(),
            host: host.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Scheme, host and port: no credentials for the registry may go anywhere else.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", if self.is_plain { "http" } else { "https" }, self.host)
    }

    /// The URL of a manifest or index; `reference` is a tag or a digest.
    pub(super) fn manifest(&self, reference: &str) -> String {
        format!("{}/v2/{}/manifests/{reference}", self.origin(), self.name)
    }

    /// The URL of a blob.
    pub(super) fn blob(&self, digest: &str) -> String {
        format!("{}/v2/{}/blobs/{digest}", self.origin(), self.name)
    }

    /// The URL that tells a registry from another web server (OCI distribution specification, end-1).
    pub(super) fn base(&self) -> String {
        format!("{}/v2/", self.origin())
    }

    /// The key of docker's credentials for it (`registry.GetAuthConfigKey` of docker's).
    pub(super) fn credentials_key(&self) -> &str {
        if self.registry == "docker.io" { "https://index.docker.io/v1/" } else { &self.registry }
    }
}

/// Whether `server`, a host with or without a port, is reached by plain HTTP: on loopback, or because `insecure` names it. What
/// listens on another port of the same host is another server.
pub(super) fn is_plain(server: &str, insecure: &[String]) -> bool {
    is_loopback(server) || insecure.iter().any(|named| named.eq_ignore_ascii_case(server))
}

/// Whether `authority`, a host with or without a port, is this machine.
pub(super) fn is_loopback(authority: &str) -> bool {
    let host = without_port(authority);
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// `authority` without its port.
pub(super) fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !is_bare_ipv6(host) => host,
        _ => authority,
    }
}

/// Whether this is a part of an IPv6 address without brackets.
fn is_bare_ipv6(host: &str) -> bool {
    host.contains(':') && !host.ends_with(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(repository: &str, insecure: &[&str]) -> Endpoint {
        let insecure: Vec<String> = insecure.iter().map(|&named| named.to_owned()).collect();
        Endpoint::of(&repository.parse().unwrap(), &insecure)
    }

    #[test]
    fn docker_hub_is_somewhere_else_than_its_name_says() {
        for (repository, name) in [
            ("alpine", "library/alpine"),
            ("team/app", "team/app"),
            ("docker.io/team/app", "team/app"),
            ("index.docker.io/app", "library/app"),
        ] {
            let hub = endpoint(repository, &[]);
            assert_eq!((&*hub.registry, &*hub.host, &*hub.name), ("docker.io", "registry-1.docker.io", name));
            assert_eq!(hub.origin(), "https://registry-1.docker.io");
            assert_eq!(hub.credentials_key(), "https://index.docker.io/v1/");
        }
    }

    #[test]
    fn other_registries_are_where_their_name_says() {
        let other = endpoint("Registry.Example:5000/team/app", &[]);
        assert_eq!(other.manifest("1.0"), "https://registry.example:5000/v2/team/app/manifests/1.0");
        assert_eq!(other.blob("sha256:0"), "https://registry.example:5000/v2/team/app/blobs/sha256:0");
        assert_eq!(other.base(), "https://registry.example:5000/v2/");
        assert_eq!(other.credentials_key(), "registry.example:5000");
    }

    #[test]
    fn plain_http_is_for_loopback_and_for_registries_that_are_named() {
        let insecure = ["plain.example", "Other.Example:5000"];
        for (repository, is_plain) in [
            ("localhost/app", true),
            ("localhost:5000/app", true),
            ("127.0.0.1:5000/app", true),
            ("127.9.9.9/app", true),
            ("[::1]:5000/app", true),
            ("[::1]/app", true),
            ("plain.example/app", true),
            ("plain.example:5000/app", false),
            ("PLAIN.example/app", true),
            ("other.example:5000/app", true),
            ("other.example/app", false),
            ("other.example:5001/app", false),
            ("not.plain.example/app", false),
            ("localhost.example/app", false),
            ("10.0.0.1:5000/app", false),
            ("[fe80::1]:5000/app", false),
            ("team/app", false),
        ] {
            assert_eq!(endpoint(repository, &insecure).is_plain, is_plain, "{repository}");
        }
    }
}
