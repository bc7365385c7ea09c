//! The repository of an image.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;

use crate::domain::compile;

/// Longest name, registry included (`RepositoryNameTotalLengthMax` of the reference grammar).
const LENGTH_MAX: usize = 255;

/// `DomainRegexp` of the reference grammar, which calls a registry a domain.
static REGISTRY: LazyLock<Regex> = LazyLock::new(|| compile(&format!("^{}$", registry())));

/// `NameRegexp` of the reference grammar, with the registry as a group.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    let component = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
    compile(&format!("^(?:(?<registry>{})/)?{component}(?:/{component})*$", registry()))
});

fn registry() -> String {
    let label = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
    let ipv6 = r"\[[A-Fa-f0-9:]+\]";
    format!(r"(?:{label}(?:\.{label})*|{ipv6})(?::[0-9]+)?")
}

/// An image repository: `sidpalas/demo-api-node`, `registry.example:5000/team/api`.
///
/// As docker reads it, the first component is a registry where it has a dot or a port or is `localhost`; all other
/// components are lowercase.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageRepository(String);

/// Why a text is not an [`ImageRepository`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRepositoryError {
    text: String,
    reason: &'static str,
}

impl ImageRepository {
    /// The repository as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The repository in full, as docker resolves it: without a registry it is on `docker.io`, also called
    /// `index.docker.io`, where a single component is in `library`.
    pub fn in_full(&self) -> String {
        let (registry, path) = split_registry(&self.0);
        // The case of a host name means nothing (RFC 4343).
        match &*registry.unwrap_or("docker.io").to_ascii_lowercase() {
            "docker.io" | "index.docker.io" if path.contains('/') => format!("docker.io/{path}"),
            "docker.io" | "index.docker.io" => format!("docker.io/library/{path}"),
            other => format!("{other}/{path}"),
        }
    }
}

impl FromStr for ImageRepository {
    type Err = ImageRepositoryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() <= LENGTH_MAX && is_name(text) {
            return Ok(ImageRepository(text.to_owned()));
        }
        Err(ImageRepositoryError { text: text.to_owned(), reason: fault(text) })
    }
}

fn is_name(text: &str) -> bool {
    let Some(name) = NAME.captures(text) else { return false };
    // `Team/app` fits the grammar with `Team` as its registry, but docker looks for `Team` on docker.io.
    let mut first = name.name("registry").into_iter().map(|first| first.as_str());
    first.all(|first| is_registry(first) || !has_uppercase(first))
}

/// What is wrong with a text that is not a name.
fn fault(text: &str) -> &'static str {
    let (registry, path) = split_registry(text);
    if text.is_empty() {
        "it is empty"
    } else if text.len() > LENGTH_MAX {
        "it is longer than 255 characters"
    } else if text.contains("://") {
        "it is a URL: leave out the scheme, up to ://"
    } else if registry.is_some_and(|registry| !is_registry_name(registry)) {
        "its registry is not a host name with an optional port"
    } else if has_uppercase(path) {
        "it has uppercase letters, which are allowed in the registry only"
    } else if path.contains('@') {
        "it has a digest (from '@' on): leave it out"
    } else if path.contains(':') {
        "it has a tag (from ':' on): leave it out"
    } else {
        "each part between slashes must be lowercase letters and digits, separated by '.', '_', '__' or dashes"
    }
}

fn has_uppercase(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// The registry, if the name begins with one, and the rest.
fn split_registry(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((first, path)) if is_registry(first) => (Some(first), path),
        _ => (None, name),
    }
}

/// Whether `text` is a registry as repositories begin with one: `HOST`, or `HOST:PORT`.
pub fn is_registry_name(text: &str) -> bool {
    REGISTRY.is_match(text)
}

fn is_registry(component: &str) -> bool {
    component.contains(['.', ':', '[']) || component == "localhost"
}

impl fmt::Display for ImageRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ImageRepositoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not a valid image repository: {}", self.text, self.reason)
    }
}

impl std::error::Error for ImageRepositoryError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn registries_are_hosts_with_or_without_a_port() {
        for text in
            ["registry.example", "registry.example:5000", "Registry", "10.0.0.1:80", "[::1]", "[::1]:5000"]
        {
            assert!(is_registry_name(text), "{text}");
        }
        for text in [
            "",
            " ",
            "a b",
            "a.example ",
            "http://a.example",
            "a.example/team",
            "a.example:",
            "a:b",
            "::1",
            "-a",
        ] {
            assert!(!is_registry_name(text), "{text}");
        }
    }

    #[test]
    fn repositories_of_the_grammar_are_accepted() {
        for text in [
            "alpine",
            "sidpalas/demo-api-node",
            "a/b/c/d",
            "a.b_c__d---e/f0",
            "localhost/app",
            "localhost:5000/app",
            "registry.example/team/app",
            "Registry.Example:443/team/app",
            "10.0.0.1:5000/app",
            "[::1]:5000/app",
            "[fe80::1]/app",
            "my-host.io/a",
            "0/0",
            "library.io",
        ] {
            assert_eq!(text.parse::<ImageRepository>().map(|r| r.to_string()), Ok(text.to_owned()));
        }
        assert!("a".repeat(LENGTH_MAX).parse::<ImageRepository>().is_ok());
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            "Team/app",
            "a/B",
            "a:1.0",
            "a@sha256:0",
            "a b",
            "a/b\n",
            "-a",
            "a-",
            "a..b",
            "a___b",
            "a._b",
            "_a",
            "a.",
            "localhost:/app",
            "localhost:5x/app",
            "-x.io/a",
            "x-.io/a",
            ".io/a",
            "[::1/a",
            "[]/a",
            "[::1]",
            "registry.example/",
            "registry.example/A",
            "é/a",
            "$(id)/a",
            "a/${{ b }}",
            "https://x.io/a",
        ] {
            assert!(text.parse::<ImageRepository>().is_err(), "{text:?}");
        }
        assert!("a".repeat(LENGTH_MAX + 1).parse::<ImageRepository>().is_err());
    }

    #[test]
    fn one_repository_has_several_names() {
        for (text, canonical) in [
            ("alpine", "docker.io/library/alpine"),
            ("docker.io/alpine", "docker.io/library/alpine"),
            ("index.docker.io/team/app", "docker.io/team/app"),
            ("team/app", "docker.io/team/app"),
            ("library/alpine", "docker.io/library/alpine"),
            ("index.docker.io/alpine", "docker.io/library/alpine"),
            ("Docker.IO/alpine", "docker.io/library/alpine"),
            ("docker.io:443/alpine", "docker.io:443/alpine"),
            ("localhost/app", "localhost/app"),
            ("localhost:5000/app", "localhost:5000/app"),
            ("registry.example:5000/app", "registry.example:5000/app"),
            ("Registry.Example/app", "registry.example/app"),
        ] {
            assert_eq!(text.parse::<ImageRepository>().map(|r| r.in_full()), Ok(canonical.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn generated_names_are_accepted(
            text in "([a-z0-9]{1,4}(\\.[a-z0-9]{1,3}){1,2}(:[0-9]{1,5})?/)?[a-z0-9]{1,3}((\\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}(/[a-z0-9]{1,3}){0,2}"
        ) {
            prop_assert!(text.parse::<ImageRepository>().is_ok());
        }

        #[test]
        fn what_is_accepted_cannot_break_out_of_a_word(text in "\\PC{0,30}|[a-z./:_@-]{0,20}") {
            if text.parse::<ImageRepository>().is_ok() {
                prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/:[]".contains(&b)));
            }
        }
    }
}
