//! The steps that log in to the registries of a repository's images.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::lines;
use super::scalar::scalar;
use crate::domain::ImageRepository;

const TEMPLATE: &str = include_str!("login.yaml");

/// A registry, by what a login to it needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Registry {
    /// Docker Hub: the variable `DOCKERHUB_USERNAME` and the secret `DOCKERHUB_TOKEN`.
    DockerHub,
    /// ghcr.io: the token that every job has, if the job may write packages.
    GitHub,
    /// Any other, by its host and port: a variable and a secret that are called after it.
    Other(String),
}

impl Registry {
    /// The registry of an image.
    pub fn of(image: &ImageRepository) -> Self {
        let full = image.in_full();
        match full.split_once('/').map_or(&*full, |(registry, _)| registry) {
            "docker.io" => Registry::DockerHub,
            "ghcr.io" => Registry::GitHub,
            other => Registry::Other(other.to_owned()),
        }
    }

    /// Whether it is one for tests: on the machine itself, or at a bare address. Nobody logs in to it.
    pub fn is_for_tests(&self) -> bool {
        let Registry::Other(host) = self else { return false };
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or(rest),
            None => host.split(':').next().unwrap_or(host),
        };
        let is_local =
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost");
        is_local || name.parse::<IpAddr>().is_ok()
    }
}

/// What is written for a registry.
struct Login {
    name: String,
    host: Option<String>,
    username: String,
    password: String,
}

impl Login {
    /// That of Docker Hub, or of another registry whose variable and secret begin with `prefix`.
    fn with_account(name: &str, host: Option<&str>, prefix: &str) -> Self {
        Login {
            name: name.to_owned(),
            host: host.map(ToOwned::to_owned),
            username: format!("${{{{ vars.{prefix}_USERNAME }}}}"),
            password: format!("${{{{ secrets.{prefix}_TOKEN }}}}"),
        }
    }

    /// The step, which runs on `condition` and never under act.
    fn lines(&self, condition: &str) -> Vec<String> {
        let condition = format!("if: env.ACT != 'true' && {condition}");
        let registry = self.host.iter().map(|host| format!("registry: {}", scalar(host)));
        let account = [format!("username: {}", self.username), format!("password: {}", self.password)];
        let name = format!("- name: {}", scalar(&format!("Log in to {}", self.name)));
        lines::of(&lines::fill(
            TEMPLATE,
            &[("name", vec![name]), ("if", vec![condition]), ("with", registry.chain(account).collect())],
        ))
    }
}

/// A step for each of `registries`, in their order; without any, for Docker Hub. Each runs on `condition`, except under act.
pub(super) fn logins(registries: &[Registry], condition: &str) -> Vec<String> {
    let registries = if registries.is_empty() { &[Registry::DockerHub] } else { registries };
    let (mut done, mut prefixes) = (BTreeSet::new(), BTreeSet::new());
    let registries = registries.iter().filter(|registry| done.insert(*registry));
    let logins = registries.map(|registry| match registry {
        Registry::DockerHub => Login::with_account("Docker Hub", None, "DOCKERHUB"),
        Registry::GitHub => Login {
            name: "ghcr.io".to_owned(),
            host: Some("ghcr.io".to_owned()),
            username: "${{ github.actor }}".to_owned(),
            password: "${{ secrets.GITHUB_TOKEN }}".to_owned(),
        },
        Registry::Other(host) => Login::with_account(host, Some(host), &prefix(host, &mut prefixes)),
    });
    logins.flat_map(|login| login.lines(condition)).collect()
}

/// What the variable and the secret for `host` begin with: `REGISTRY_EXAMPLE` for `registry.example`. `taken` are those of other
/// hosts.
///
/// A name consists of letters, digits and underscores, does not begin with a digit, and not with `GITHUB_` either ("Naming
/// your secrets" in GitHub's documentation).
fn prefix(host: &str, taken: &mut BTreeSet<String>) -> String {
    let words = host.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("_").to_ascii_uppercase();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_reserved = name == "GITHUB" || name.starts_with("GITHUB_") || name == "DOCKERHUB";
    let name = if is_name && !is_reserved { name } else { format!("REGISTRY_{name}") };
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    let free = names.find(|name| !taken.contains(name)).unwrap_or(name);
    taken.insert(free.clone());
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_its_registry() {
        let other = |host: &str| Registry::Other(host.to_owned());
        for (image, registry) in [
            ("acme/orders", Registry::DockerHub),
            ("index.docker.io/acme/orders", Registry::DockerHub),
            ("nginx", Registry::DockerHub),
            ("GHCR.io/acme/orders", Registry::GitHub),
            ("registry.example:5000/x", other("registry.example:5000")),
            ("localhost/x", other("localhost")),
        ] {
            let image: ImageRepository = image.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(Registry::of(&image), registry);
        }
    }

    #[test]
    fn registries_for_tests_are_known() {
        for (image, is_for_tests) in [
            ("localhost/x", true),
            ("localhost:5000/x", true),
            ("registry.localhost:5000/x", true),
            ("127.0.0.1:5000/x", true),
            ("10.0.0.7/x", true),
            ("[::1]:5000/x", true),
            ("localhost.example/x", false),
            ("1.example:5000/x", false),
            ("acme/localhost", false),
            ("ghcr.io/acme/x", false),
        ] {
            let image: ImageRepository = image.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(Registry::of(&image).is_for_tests(), is_for_tests, "{image:?}");
        }
    }

    #[test]
    fn variables_are_called_after_their_registry() {
        let mut taken = BTreeSet::new();
        for (host, expected) in [
            ("registry.example", "REGISTRY_EXAMPLE"),
            ("registry-example", "REGISTRY_EXAMPLE_2"),
            ("Registry.Example:443", "REGISTRY_EXAMPLE_443"),
            ("123.dkr.example", "REGISTRY_123_DKR_EXAMPLE"),
            ("github.example", "REGISTRY_GITHUB_EXAMPLE"),
            ("dockerhub", "REGISTRY_DOCKERHUB"),
            ("[::1]:5000", "REGISTRY_1_5000"),
        ] {
            assert_eq!(prefix(host, &mut taken), expected, "{host}");
        }
    }

    #[test]
    fn each_registry_has_one_step() {
        let names = |registries: &[Registry]| -> Vec<String> {
            let lines = logins(registries, "x == 'y'").into_iter();
            lines.filter_map(|line| line.strip_prefix("- name: ").map(ToOwned::to_owned)).collect()
        };
        assert_eq!(names(&[]), ["Log in to Docker Hub"]);
        let registries = ["a.example:5000", "b.example"].map(|host| Registry::Other(host.to_owned()));
        let [a, b] = registries;
        assert_eq!(
            names(&[Registry::GitHub, a.clone(), Registry::DockerHub, b, a, Registry::GitHub]),
            [
                "Log in to ghcr.io",
                "'Log in to a.example:5000'",
                "Log in to Docker Hub",
                "Log in to b.example"
            ]
        );
    }
}
