//! Caches for the layers of earlier builds, one per service.

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
    /// The cache of `service`, a path, which is empty for the repository as a whole.
    ///
    /// Only a build that pushes writes to a registry: others often have no credentials for it.
    pub(super) fn entries(&self, service: &str, output: Output) -> Entries {
        let service = if service.is_empty() { "_" } else { service };
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

/// The tag of a service's cache: the requested prefix and the path, with characters that a tag cannot contain replaced.
/// Two paths with the same tag share a cache, which only costs time.
fn cache_tag(prefix: Option<&ImageTag>, service: &str) -> String {
    const TAG_MAX: usize = 128;
    let fits = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-');
    let name: String =
        service.chars().map(|character| if fits(character) { character } else { '-' }).collect();
    let mut tag = match prefix {
        Some(prefix) => format!("{prefix}-{name}"),
        // A tag may begin with neither.
        None if name.starts_with(['.', '-']) => format!("_{name}"),
        None => name,
    };
    tag.truncate(TAG_MAX);
    tag
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
        assert_eq!(tag(".x/é"), "type=registry,ref=team/cache:_.x--");
        assert_eq!(tag(""), "type=registry,ref=team/cache:_");
        let long = tag(&"a".repeat(200));
        assert_eq!(long.rsplit(':').next().map(str::len), Some(128));
        assert_eq!(entries("gha", "a,b\"c", Output::Load).0, "type=gha,\"scope=a,b\"\"c\"");
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
