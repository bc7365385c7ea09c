//! Caches for the layers of earlier builds, one per service.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::target::Output;
use crate::domain::{ImageRepository, ImageTag};

/// Where builds keep their layers for later ones ("Cache storage backends" in docker's documentation).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cache {
    /// Only in the builder itself.
    #[default]
    None,
    /// In the cache of GitHub Actions.
    Gha,
    /// As images in a registry, a tag for each service.
    Registry {
        /// The images' repository.
        repository: ImageRepository,
        /// The prefix of all tags.
        tag: Option<ImageTag>,
    },
    /// In directories below this one.
    Local(String),
}

/// Why a text is not a [`Cache`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheError(String);

/// The values of `--cache-from` and `--cache-to`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Entries {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

impl Cache {
    /// The cache of `service`, a path, which is empty for the repository as a whole. No two of them ever have the same.
    ///
    /// Only a build that pushes writes to a registry: others often have no credentials for it.
    pub(super) fn entries(&self, service: &str, output: Output) -> Entries {
        let service = &*place(service);
        let both = |from: &[&str], to: &[&str]| Entries { from: Some(csv(from)), to: Some(csv(to)) };
        match self {
            Cache::None => Entries::default(),
            Cache::Gha => {
                let scope = format!("scope={service}");
                both(&["type=gha", &scope], &["type=gha", "mode=max", &scope])
            }
            Cache::Registry { repository, tag } => {
                let reference = format!("ref={repository}:{}", cache_tag(tag.as_ref(), service));
                let from = csv(&["type=registry", &reference]);
                let to = csv(&["type=registry", "mode=max", &reference]);
                Entries { from: Some(from), to: (output == Output::Push).then_some(to) }
            }
            Cache::Local(directory) => {
                let directory = format!("{}/{service}", directory.trim_end_matches('/'));
                let (from, to) = (format!("src={directory}"), format!("dest={directory}"));
                both(&["type=local", &from], &["type=local", "mode=max", &to])
            }
        }
    }
}

/// The name of the place for `service`: its path, and `_` for the repository as a whole.
fn place(service: &str) -> Cow<'_, str> {
    // A service that is called like that has one more.
    if service.bytes().all(|byte| byte == b'_') { format!("{service}_").into() } else { service.into() }
}

/// The tag of the cache at `place`: the requested prefix, and the place in characters that a tag can contain. It is never the
/// tag of another place.
///
/// A slash is a dash, a dash is two, an underscore is two, and `_` with two digits is any other byte, as is a dash beside a
/// slash. What is too long ends with a checksum.
fn cache_tag(prefix: Option<&ImageTag>, place: &str) -> String {
    const TAG_MAX: usize = 128;
    let name = if place == "_" { place.to_owned() } else { escaped(place) };
    let tag = match prefix {
        Some(prefix) => format!("{prefix}-{name}"),
        None => name,
    };
    if tag.len() <= TAG_MAX {
        return tag;
    }
    let end = format!("_.{:032x}", checksum(&tag));
    format!("{}{end}", tag.get(..TAG_MAX - end.len()).unwrap_or_default())
}

fn escaped(place: &str) -> String {
    let mut name = String::new();
    for component in place.split('/') {
        if !name.is_empty() {
            name.push('-');
        }
        let last = component.len().saturating_sub(1);
        for (at, byte) in component.bytes().enumerate() {
            match byte {
                b'-' if at > 0 && at < last => name.push_str("--"),
                b'_' => name.push_str("__"),
                // A tag may not begin with a dot.
                b'.' if name.is_empty() => name.push_str("_2e"),
                b'.' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => name.push(char::from(byte)),
                other => name.push_str(&format!("_{other:02x}")),
            }
        }
    }
    name
}

/// The 128-bit FNV-1a hash of `text`.
///
/// Source: "The FNV Non-Cryptographic Hash Algorithm", RFC 9923.
fn checksum(text: &str) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    text.bytes().fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

/// Fields as one record of comma-separated values (RFC 4180), which is how buildx reads options with several parts.
fn csv(fields: &[&str]) -> String {
    let quoted = fields.iter().map(|field| {
        if field.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            (*field).to_owned()
        }
    });
    quoted.collect::<Vec<_>>().join(",")
}

impl FromStr for Cache {
    type Err = CacheError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |reason: String| Err(CacheError(format!("'{text}' is not a valid cache: {reason}")));
        match text.split_once('=') {
            None if text == "none" => Ok(Cache::None),
            None if text == "gha" => Ok(Cache::Gha),
            Some(("registry", reference)) => {
                let (repository, tag) = match reference.rsplit_once(':') {
                    // The colon of a port is followed by a path.
                    Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
                    _ => (reference, None),
                };
                let repository = repository.parse().map_err(|error| format!("{error}"));
                let tag = tag.map(str::parse).transpose().map_err(|error| format!("{error}"));
                match (repository, tag) {
                    (Ok(repository), Ok(tag)) => Ok(Cache::Registry { repository, tag }),
                    (Err(reason), _) | (_, Err(reason)) => invalid(reason),
                }
            }
            Some(("local", directory)) if !directory.is_empty() => Ok(Cache::Local(directory.to_owned())),
            _ => invalid("expected none, gha, registry=REF or local=DIR".to_owned()),
        }
    }
}

impl fmt::Display for CacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CacheError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries(cache: &str, service: &str, output: Output) -> (String, String) {
        let entries = cache.parse::<Cache>().unwrap().entries(service, output);
        (entries.from.unwrap_or_default(), entries.to.unwrap_or_default())
    }

    #[test]
    fn each_service_has_a_place_of_its_own() {
        let of = |cache| entries(cache, "services/go/api", Output::Push);
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(of("none"), pair("", ""));
        assert_eq!(
            of("gha"),
            pair("type=gha,scope=services/go/api", "type=gha,mode=max,scope=services/go/api")
        );
        assert_eq!(
            of("registry=localhost:5000/team/cache"),
            pair(
                "type=registry,ref=localhost:5000/team/cache:services-go-api",
                "type=registry,mode=max,ref=localhost:5000/team/cache:services-go-api"
            )
        );
        assert_eq!(of("registry=team/cache:main").0, "type=registry,ref=team/cache:main-services-go-api");
        assert_eq!(
            of("local=/tmp/c/"),
            pair("type=local,src=/tmp/c/services/go/api", "type=local,mode=max,dest=/tmp/c/services/go/api")
        );
    }

    #[test]
    fn a_registry_is_written_to_by_builds_that_push() {
        assert_eq!(entries("registry=team/cache", "api", Output::Load).1, "");
        assert_ne!(entries("gha", "api", Output::Load).1, "");
    }

    #[test]
    fn names_that_cannot_stand_as_they_are_still_work() {
        let tag = |service: &str| entries("registry=team/cache", service, Output::Load).0;
        assert_eq!(tag("services/node/api-node"), "type=registry,ref=team/cache:services-node-api--node");
        assert_eq!(tag(".x/é"), "type=registry,ref=team/cache:_2ex-_c3_a9");
        assert_eq!(tag(""), "type=registry,ref=team/cache:_");
        for length in [127, 128, 129, 200] {
            let long = tag(&"a".repeat(length));
            let long = long.rsplit(':').next().unwrap();
            assert_eq!(long.len(), length.min(128));
            assert!(long.parse::<ImageTag>().is_ok(), "{long}");
        }
        assert_eq!(entries("gha", "a,b\"c", Output::Load).0, "type=gha,\"scope=a,b\"\"c\"");
        // Of "Test Vectors" in the RFC.
        assert_eq!(checksum("foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }

    /// The fields of an option, as buildx reads them (`csvvalue.Fields`).
    fn fields(option: &str) -> Vec<String> {
        let (mut fields, mut is_quoted, mut rest) = (vec![String::new()], false, option.chars().peekable());
        while let Some(character) = rest.next() {
            let field = fields.last_mut().unwrap();
            match character {
                '"' if is_quoted && rest.next_if_eq(&'"').is_some() => field.push('"'),
                '"' if is_quoted || field.is_empty() => is_quoted = !is_quoted,
                ',' if !is_quoted => fields.push(String::new()),
                other => field.push(other),
            }
        }
        fields
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_two_services_share_a_place(
            one in "([a-]|_|\\.|,|\"|=|é| ){1,3}(/[a_,.-]{1,3}){0,2}",
            other in "([a-]|_|\\.|,|\"|=|é| ){1,3}(/[a_,.-]{1,3}){0,2}",
        ) {
            for cache in ["gha", "registry=team/cache", "registry=team/cache:main", "local=/c,\"d"] {
                let of = |service: &str| entries(cache, service, Output::Push);
                let (from, to) = of(&one);
                prop_assert!(one == other || (from != of(&other).0 && to != of(&other).1), "{one} {other}");
                prop_assert!(from != of("").0 && to != of("").1, "{one}");
                let count = fields(&from).len();
                prop_assert!(count == 2 && fields(&to).len() == 3, "{from} {to}");
                let is_gha = cache == "gha";
                prop_assert!(!is_gha || fields(&from)[1].strip_prefix("scope=") == Some(&*place(&one)), "{from}");
            }
            let tag = cache_tag(None, &place(&one));
            prop_assert!(tag.parse::<ImageTag>().is_ok(), "{one} {tag}");
        }
    }

    #[test]
    fn all_else_is_refused() {
        for text in ["", "gha=x", "none=", "registry", "registry=", "registry=A/b", "local", "local=", "s3=x"]
        {
            let error = text.parse::<Cache>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("'{text}' is not a valid cache: ")), "{error}");
        }
    }
}
