//! Image references, after the grammar of the OCI distribution project's `reference` package:
//! `reference := name [":" tag]`, `name := [domain "/"] path-component *("/" path-component)`.

use std::fmt;
use std::str::FromStr;

/// Longest name of a repository, registry included (`NameTotalLengthMax` of the reference grammar).
const REPOSITORY_MAX: usize = 255;
/// Longest tag: `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`.
const TAG_MAX: usize = 128;

/// An image repository: `sidpalas/demo-api-node`, `registry.example:5000/team/api`.
///
/// The first component is a registry where it has a dot or a port or is `localhost`, which is how docker
/// reads it; any other component is a path component, and those are lowercase.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository(String);

/// An image tag: `1.0.9-0047-188f7a2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageTag(String);

/// Why a text is not a [`Repository`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryError {
    text: String,
    reason: &'static str,
}

/// Why a text is not an [`ImageTag`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageTagError {
    text: String,
    reason: &'static str,
}

impl Repository {
    /// The repository as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The repository in full, as docker names it: without a registry it is `docker.io`, which is also called
    /// `index.docker.io`, and there a single component is in `library`.
    pub fn in_full(&self) -> String {
        let (registry, path) = match self.0.split_once('/') {
            Some((registry, path)) if is_registry(registry) => (registry, path),
            _ => ("docker.io", &*self.0),
        };
        match registry {
            "docker.io" | "index.docker.io" if path.contains('/') => format!("docker.io/{path}"),
            "docker.io" | "index.docker.io" => format!("docker.io/library/{path}"),
            other => format!("{}/{path}", other.to_ascii_lowercase()),
        }
    }

    /// The reference of one image in the repository: `REPOSITORY:TAG`.
    pub fn with_tag(&self, tag: &ImageTag) -> String {
        format!("{}:{}", self.0, tag.0)
    }
}

impl FromStr for Repository {
    type Err = RepositoryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match repository_fault(text) {
            None => Ok(Repository(text.to_owned())),
            Some(reason) => Err(RepositoryError { text: text.to_owned(), reason }),
        }
    }
}

fn repository_fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("it is empty");
    }
    if text.len() > REPOSITORY_MAX {
        return Some("it is longer than 255 characters");
    }
    let is_path = |path: &str| path.split('/').all(is_path_component);
    let (domain, path) = match text.split_once('/') {
        Some((domain, path)) if is_registry(domain) => (Some(domain), path),
        _ => (None, text),
    };
    if is_path(text) || (domain.is_some_and(is_domain) && is_path(path)) {
        return None;
    }
    if text.contains("://") {
        return Some("it is a URL: leave out what ends with ://");
    }
    if domain.is_some_and(|domain| !is_domain(domain)) {
        return Some("its registry is not a host name with an optional port");
    }
    if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some("it has uppercase letters, and only a registry may");
    }
    if path.contains('@') {
        return Some("it has an '@', which begins a digest: leave that out");
    }
    if path.contains(':') {
        return Some("it has a colon, which begins a tag: leave that out");
    }
    Some("each part between slashes is lowercase letters and digits, separated by '.', '_', '__' or dashes")
}

fn is_registry(component: &str) -> bool {
    component.contains(['.', ':', '[']) || component == "localhost"
}

/// `domain := domain-name [":" port]`, where the domain name may be an IPv6 address in brackets.
fn is_domain(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let port_fits =
        port.is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    let host_fits = match host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(address) => {
            !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':')
        }
        None => host.split('.').all(is_domain_component),
    };
    port_fits && host_fits
}

fn is_domain_component(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// `path-component := alpha-numeric [separator alpha-numeric]*`, `separator := "." | "_" | "__" | "-"+`.
fn is_path_component(text: &str) -> bool {
    let is_alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut runs = text.as_bytes().chunk_by(|a, b| is_alphanumeric(a) == is_alphanumeric(b)).enumerate();
    let alternates = runs.all(|(index, run)| {
        let starts_alphanumeric = run.first().is_some_and(is_alphanumeric);
        if index % 2 == 0 { starts_alphanumeric } else { is_separator(run) }
    });
    alternates && text.as_bytes().last().is_some_and(is_alphanumeric)
}

fn is_separator(run: &[u8]) -> bool {
    matches!(run, b"." | b"_" | b"__") || run.iter().all(|byte| *byte == b'-')
}

impl ImageTag {
    /// The tag as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ImageTag {
    type Err = ImageTagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let reason = if text.is_empty() {
            "it is empty"
        } else if text.len() > TAG_MAX {
            "it is longer than 128 characters"
        } else if !text.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-')) {
            "only letters, digits, '_', '.' and '-' may stand in it"
        } else if !text.bytes().next().is_some_and(is_word) {
            "it begins with neither letter, digit nor '_'"
        } else {
            return Ok(ImageTag(text.to_owned()));
        };
        Err(ImageTagError { text: text.to_owned(), reason })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ImageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for RepositoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not an image repository: {}", self.text, self.reason)
    }
}

impl fmt::Display for ImageTagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not an image tag: {}", self.text, self.reason)
    }
}

impl std::error::Error for RepositoryError {}
impl std::error::Error for ImageTagError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn repositories_of_the_grammar_are_taken() {
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
            assert_eq!(text.parse::<Repository>().map(|r| r.to_string()), Ok(text.to_owned()));
        }
        assert!("a".repeat(REPOSITORY_MAX).parse::<Repository>().is_ok());
    }

    #[test]
    fn all_else_is_refused() {
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
            assert!(text.parse::<Repository>().is_err(), "{text:?}");
        }
        assert!("a".repeat(REPOSITORY_MAX + 1).parse::<Repository>().is_err());
    }

    #[test]
    fn one_repository_has_several_names() {
        for (text, canonical) in [
            ("alpine", "docker.io/library/alpine"),
            ("docker.io/alpine", "docker.io/library/alpine"),
            ("index.docker.io/team/app", "docker.io/team/app"),
            ("team/app", "docker.io/team/app"),
            ("localhost/app", "localhost/app"),
            ("registry.example:5000/app", "registry.example:5000/app"),
        ] {
            assert_eq!(text.parse::<Repository>().map(|r| r.in_full()), Ok(canonical.to_owned()));
        }
    }

    #[test]
    fn tags_follow_their_grammar() {
        for text in ["1.0.9", "1.0.9-0047-188f7a2-dirty", "_", "latest", "A.b-c_d", "0"] {
            assert!(text.parse::<ImageTag>().is_ok(), "{text:?}");
        }
        for text in ["", ".1", "-1", "1.0.0+b", "a b", "a:b", "a/b", "é", "a\n"] {
            assert!(text.parse::<ImageTag>().is_err(), "{text:?}");
        }
        assert!("a".repeat(TAG_MAX).parse::<ImageTag>().is_ok());
        assert!("a".repeat(TAG_MAX + 1).parse::<ImageTag>().is_err());
    }

    proptest! {
        #[test]
        fn generated_names_are_taken(
            text in "([a-z0-9]{1,4}(\\.[a-z0-9]{1,3}){1,2}(:[0-9]{1,5})?/)?[a-z0-9]{1,3}((\\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}(/[a-z0-9]{1,3}){0,2}"
        ) {
            prop_assert!(text.parse::<Repository>().is_ok());
        }

        #[test]
        fn what_is_taken_cannot_break_out_of_a_word(text in "\\PC{0,30}|[a-z./:_@-]{0,20}") {
            if text.parse::<Repository>().is_ok() || text.parse::<ImageTag>().is_ok() {
                prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/:[]".contains(&b)));
            }
        }
    }
}
