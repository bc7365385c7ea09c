//! Caches for the layers of earlier builds, one per service.

use std::borrow::Cow;
use std::collections::BTreeMap;
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
    Gha(CacheAttributes),
    /// As images in a registry, a tag for each service.
    Registry {
        /// The images' repository.
        repository: ImageRepository,
        /// The prefix of all tags.
        tag: Option<ImageTag>,
        /// How they are written.
        attributes: CacheAttributes,
    },
    /// In directories below a given one.
    Local {
        /// The directory.
        directory: String,
        /// How they are written.
        attributes: CacheAttributes,
    },
}

/// How a cache is written, beyond where: `image-manifest=true`, `compression=zstd`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CacheAttributes(BTreeMap<&'static str, String>);

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
        let to = |kind: &str, place: &str, attributes: &CacheAttributes| {
            let attributes = attributes.fields();
            let fields = [kind].into_iter().chain(attributes.iter().map(String::as_str)).chain([place]);
            Some(csv(&fields.collect::<Vec<_>>()))
        };
        match self {
            Cache::None => Entries::default(),
            Cache::Gha(attributes) => {
                let scope = format!("scope={service}");
                Entries { from: Some(csv(&["type=gha", &scope])), to: to("type=gha", &scope, attributes) }
            }
            Cache::Registry { repository, tag, attributes } => {
                let reference = format!("ref={repository}:{}", cache_tag(tag.as_ref(), service));
                let from = csv(&["type=registry", &reference]);
                let to = to("type=registry", &reference, attributes);
                Entries { from: Some(from), to: to.filter(|_| output == Output::Push) }
            }
            Cache::Local { directory, attributes } => {
                let directory = format!("{}/{service}", directory.trim_end_matches('/'));
                let from = csv(&["type=local", &format!("src={directory}")]);
                Entries { from: Some(from), to: to("type=local", &format!("dest={directory}"), attributes) }
            }
        }
    }
}

impl CacheAttributes {
    /// Those for the cache `kind`, given as `NAME=VALUE` each.
    ///
    /// # Errors
    /// Why one of them cannot be.
    fn parse(kind: &str, fields: &[String]) -> Result<Self, String> {
        let mut attributes = BTreeMap::new();
        for field in fields {
            let (name, value) =
                field.split_once('=').ok_or_else(|| format!("'{field}' is not NAME=VALUE"))?;
            let (name, value) = (name.trim(), value.trim());
            let known = ATTRIBUTES.iter().find(|attribute| attribute.name == name);
            let known = known.filter(|attribute| kind != "gha" || attribute.is_for_gha);
            let Some(Attribute { name, values, .. }) = known else {
                return Err(match name {
                    "type" | "ref" | "src" | "dest" | "scope" => {
                        format!("imgver sets {name} itself, differently for each service")
                    }
                    _ => format!("imgver does not know the attribute '{name}' of this cache"),
                });
            };
            if !values.accept(value) {
                return Err(format!("{name} is {values}, not '{value}'"));
            }
            if attributes.insert(*name, value.to_owned()).is_some() {
                return Err(format!("{name} is given twice"));
            }
        }
        let is = |name: &str, value: &str| attributes.get(name).is_some_and(|given: &String| given == value);
        if is("image-manifest", "true") && is("oci-mediatypes", "false") {
            return Err("image-manifest=true needs oci-mediatypes=true".to_owned());
        }
        Ok(CacheAttributes(attributes))
    }

    /// `NAME=VALUE` each, the mode first, in which all layers are kept unless another is given.
    fn fields(&self) -> Vec<String> {
        let mode = self.0.get("mode").map_or("max", String::as_str);
        let others = self.0.iter().filter(|(name, _)| **name != "mode");
        let others = others.map(|(name, value)| format!("{name}={value}"));
        std::iter::once(format!("mode={mode}")).chain(others).collect()
    }
}

/// An attribute of `--cache-to`.
struct Attribute {
    name: &'static str,
    values: Values,
    /// Whether GitHub's cache has it, as the others have.
    is_for_gha: bool,
}

/// What an attribute can be.
enum Values {
    OneOf(&'static [&'static str]),
    Number,
}

const BOOLEAN: Values = Values::OneOf(&["true", "false"]);

const ATTRIBUTES: [Attribute; 7] = [
    Attribute {
        name: "compression",
        values: Values::OneOf(&["uncompressed", "gzip", "estargz", "zstd"]),
        is_for_gha: false,
    },
    Attribute { name: "compression-level", values: Values::Number, is_for_gha: false },
    Attribute { name: "force-compression", values: BOOLEAN, is_for_gha: false },
    Attribute { name: "ignore-error", values: BOOLEAN, is_for_gha: true },
    Attribute { name: "image-manifest", values: BOOLEAN, is_for_gha: false },
    Attribute { name: "mode", values: Values::OneOf(&["max", "min"]), is_for_gha: true },
    Attribute { name: "oci-mediatypes", values: BOOLEAN, is_for_gha: false },
];

impl Values {
    fn accept(&self, value: &str) -> bool {
        match self {
            Values::OneOf(values) => values.contains(&value),
            // Of all compressions, zstd has the most levels: 22.
            Values::Number => value.parse::<u8>().is_ok_and(|level| level <= 22),
        }
    }
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Values::OneOf(values) => f.write_str(&values.join(" or ")),
            Values::Number => f.write_str("a number from 0 to 22"),
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

/// The fields of one record of comma-separated values, of which each may be quoted; none if a quote is left open.
fn fields(record: &str) -> Option<Vec<String>> {
    let (mut fields, mut field, mut is_quoted) = (Vec::new(), String::new(), false);
    let mut rest = record.chars().peekable();
    let mut is_begin = true;
    while let Some(character) = rest.next() {
        match character {
            '"' if is_quoted && rest.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if is_quoted => is_quoted = false,
            '"' if is_begin => is_quoted = true,
            ',' if !is_quoted => fields.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
        is_begin = character == ',' && !is_quoted;
    }
    fields.push(field);
    (!is_quoted).then_some(fields)
}

impl FromStr for Cache {
    type Err = CacheError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map_err(|reason| CacheError(format!("'{text}' is not a valid cache: {reason}")))
    }
}

fn parse(text: &str) -> Result<Cache, String> {
    let expected = || "expected none, gha, registry=REF or local=DIR".to_owned();
    let fields = fields(text).ok_or("a quote is not closed")?;
    let (place, attributes) = fields.split_first().ok_or_else(expected)?;
    let (kind, place) = match place.split_once('=') {
        Some((kind, place)) => (kind, Some(place)),
        None => (place.as_str(), None),
    };
    let attributes = |kind| CacheAttributes::parse(kind, attributes);
    match (kind, place) {
        ("none", None) if fields.len() == 1 => Ok(Cache::None),
        ("gha", None) => Ok(Cache::Gha(attributes(kind)?)),
        ("registry", Some(reference)) => {
            let (repository, tag) = match reference.rsplit_once(':') {
                // The colon of a port is followed by a path.
                Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
                _ => (reference, None),
            };
            let repository = repository.parse().map_err(|error| format!("{error}"))?;
            let tag = tag.map(str::parse).transpose().map_err(|error| format!("{error}"))?;
            Ok(Cache::Registry { repository, tag, attributes: attributes(kind)? })
        }
        ("local", Some(directory)) if !directory.is_empty() => {
            Ok(Cache::Local { directory: directory.to_owned(), attributes: attributes(kind)? })
        }
        _ => Err(expected()),
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
    fn as_buildx(option: &str) -> Vec<String> {
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
            for cache in ["gha", "registry=team/cache", "registry=team/cache:main", "\"local=/c,\"\"d\""] {
                let of = |service: &str| entries(cache, service, Output::Push);
                let (from, to) = of(&one);
                prop_assert!(one == other || (from != of(&other).0 && to != of(&other).1), "{one} {other}");
                prop_assert!(from != of("").0 && to != of("").1, "{one}");
                let count = as_buildx(&from).len();
                prop_assert!(count == 2 && as_buildx(&to).len() == 3, "{from} {to}");
                let is_gha = cache == "gha";
                prop_assert!(!is_gha || as_buildx(&from)[1].strip_prefix("scope=") == Some(&*place(&one)), "{from}");
            }
            let tag = cache_tag(None, &place(&one));
            prop_assert!(tag.parse::<ImageTag>().is_ok(), "{one} {tag}");
        }
    }

    #[test]
    fn attributes_are_for_what_is_written() {
        let of = |cache: &str| entries(cache, "a/api", Output::Push);
        for (cache, from, to) in [
            (
                "registry=team/cache:main,image-manifest=true,oci-mediatypes=true",
                "type=registry,ref=team/cache:main-a-api",
                "type=registry,mode=max,image-manifest=true,oci-mediatypes=true,ref=team/cache:main-a-api",
            ),
            (
                "registry=localhost:5000/cache,mode=min,ignore-error=true",
                "type=registry,ref=localhost:5000/cache:a-api",
                "type=registry,mode=min,ignore-error=true,ref=localhost:5000/cache:a-api",
            ),
            (
                "local=.cache,compression=zstd,compression-level=3",
                "type=local,src=.cache/a/api",
                "type=local,mode=max,compression=zstd,compression-level=3,dest=.cache/a/api",
            ),
            (
                "\"local=a,b\",mode=max",
                "type=local,\"src=a,b/a/api\"",
                "type=local,mode=max,\"dest=a,b/a/api\"",
            ),
            (
                "gha,ignore-error=true",
                "type=gha,scope=a/api",
                "type=gha,mode=max,ignore-error=true,scope=a/api",
            ),
        ] {
            assert_eq!(of(cache), (from.to_owned(), to.to_owned()), "{cache}");
        }
    }

    #[test]
    fn attributes_that_cannot_be_are_refused() {
        for (text, why) in [
            ("registry=team/cache,ref=team/other", "imgver sets ref itself"),
            ("registry=team/cache,type=local", "imgver sets type itself"),
            ("local=dir,dest=other", "imgver sets dest itself"),
            ("gha,scope=x", "imgver sets scope itself"),
            ("registry=team/cache,image-manifests=true", "does not know the attribute 'image-manifests'"),
            ("gha,image-manifest=true", "does not know the attribute 'image-manifest' of this cache"),
            ("registry=team/cache,", "'' is not NAME=VALUE"),
            ("registry=team/cache,image-manifest", "'image-manifest' is not NAME=VALUE"),
            ("registry=team/cache,image-manifest=yes", "image-manifest is true or false, not 'yes'"),
            ("registry=team/cache,mode=all", "mode is max or min, not 'all'"),
            ("local=dir,compression=xz", "compression is uncompressed or gzip or estargz or zstd, not 'xz'"),
            ("local=dir,compression-level=99", "compression-level is a number from 0 to 22, not '99'"),
            ("registry=team/cache,mode=min,mode=max", "mode is given twice"),
            ("registry=team/cache,image-manifest=true,oci-mediatypes=false", "needs oci-mediatypes=true"),
            ("none,mode=max", "expected none, gha, "),
            ("local=/c,\"d", "a quote is not closed"),
        ] {
            let error = text.parse::<Cache>().unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("'{text}' is not a valid cache: ")) && error.contains(why),
                "{error}"
            );
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
