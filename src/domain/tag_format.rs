//! How the tag of a release is spelled.

use std::fmt;
use std::str::FromStr;

use super::placeholder::{Piece, UnmatchedBrace, pieces};
use super::ref_name::tag_name_fault;
use super::{PreRelease, PreReleases, Version, short_name};

/// A template for release tags, e.g. `{service}@{version}`, `{name}-v{version}` or `v{version}`.
///
/// It contains `{version}` exactly once, and `{service}` (the service's path) and `{name}` (its last component) any number
/// of times. All other text is literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFormat {
    before: Vec<Part>,
    after: Vec<Part>,
}

/// What may be a release, as a regular expression.
const RELEASE: &str = r"[0-9]+\.[0-9]+\.[0-9]+";

/// What may be a pre-release, as a regular expression.
const PRE_RELEASE: &str = r"[0-9]+\.[0-9]+\.[0-9]+-[0-9A-Za-z-]+\.[0-9]+";

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Service,
    Name,
}

/// A tag format filled in for one service: the text before the version and the text after it.
///
/// Both are compared literally: no character of a service's name is special.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TagPattern {
    prefix: String,
    suffix: String,
}

/// Why a text is not a [`TagFormat`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagFormatError {
    /// There is no `{version}`, or more than one.
    VersionCount(usize),
    /// A placeholder that does not exist.
    UnknownPlaceholder(String),
    /// An opening brace without a closing one, or the other way round.
    UnmatchedBrace,
    /// `{version}` right next to a name, so that it is ambiguous where one ends and the other begins.
    NotSeparated,
    /// git refuses the tags that it makes.
    NoTagName {
        /// Such a tag.
        example: String,
        /// What is wrong with it, as the end of a sentence.
        fault: String,
    },
}

impl TagFormat {
    /// The release tag pattern of the service at `path`.
    pub fn pattern(&self, path: &str) -> TagPattern {
        let name = short_name(path);
        let fill = |parts: &[Part]| {
            parts
                .iter()
                .map(|part| match part {
                    Part::Literal(text) => text.as_str(),
                    Part::Service => path,
                    Part::Name => name,
                })
                .collect()
        };
        TagPattern { prefix: fill(&self.before), suffix: fill(&self.after) }
    }

    /// Whether the tags of different services differ. Where they do not, one tag releases all services.
    pub fn names_service(&self) -> bool {
        self.parts().any(|part| matches!(part, Part::Service | Part::Name))
    }

    /// Whether the tags of different services differ in the last component of the service's path only.
    pub fn is_by_short_name(&self) -> bool {
        self.parts().any(|part| *part == Part::Name) && !self.parts().any(|part| *part == Part::Service)
    }

    /// Whether any of `tags` is a release tag in this format, whether or not there is a service as it names.
    pub fn fits_any<'t>(&self, mut tags: impl Iterator<Item = &'t str>) -> bool {
        let Some(expression) = self.expression(RELEASE) else { return false };
        let version = |tag: &'t str| expression.captures(tag)?.name("version").map(|found| found.as_str());
        tags.any(|tag| version(tag).and_then(Version::parse).is_some())
    }

    /// The text where a release tag names its service, whether or not there is one of that name, if `tag` is one in this
    /// format. None if the format names no service.
    pub fn service_in<'t>(&self, tag: &'t str) -> Option<&'t str> {
        self.service_beside(RELEASE, tag, |version| Version::parse(version).is_some())
    }

    /// As [`service_in`](Self::service_in), for the tag of one of `prereleases`.
    pub fn service_before_release<'t>(&self, tag: &'t str, prereleases: &PreReleases) -> Option<&'t str> {
        if prereleases.is_empty() {
            return None;
        }
        self.service_beside(PRE_RELEASE, tag, |version| prereleases.parse(version).is_some())
    }

    /// The text in `tag` where it names its service, if the rest is a `version`, an expression, that `is_version` accepts.
    fn service_beside<'t>(
        &self,
        version: &str,
        tag: &'t str,
        is_version: impl Fn(&str) -> bool,
    ) -> Option<&'t str> {
        if !self.names_service() {
            return None;
        }
        let found = self.expression(version)?.captures(tag)?;
        if !is_version(found.name("version")?.as_str()) {
            return None;
        }
        let number = if self.before.iter().any(|part| !matches!(part, Part::Literal(_))) { 1 } else { 2 };
        found.get(number).map(|service| service.as_str())
    }

    /// What its tags of a `version`, an expression, match, of any service. In the group `version` is what may be one.
    fn expression(&self, version: &str) -> Option<regex::Regex> {
        let side = |parts: &[Part]| -> String {
            let expression = |part: &Part| match part {
                Part::Literal(text) => regex::escape(text),
                Part::Service => "(.+)".to_owned(),
                Part::Name => "([^/]+)".to_owned(),
            };
            parts.iter().map(expression).collect()
        };
        let (before, after) = (side(&self.before), side(&self.after));
        let expression = format!("^{before}(?P<version>{version}){after}$");
        regex::Regex::new(&expression).ok()
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.before.iter().chain(&self.after)
    }
}

impl Default for TagFormat {
    /// `{service}@{version}`
    fn default() -> Self {
        TagFormat { before: vec![Part::Service, Part::Literal("@".to_owned())], after: Vec::new() }
    }
}

impl FromStr for TagFormat {
    type Err = TagFormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut sides: Vec<Vec<Part>> = vec![Vec::new()];
        for piece in pieces(text) {
            let part = match piece.map_err(|UnmatchedBrace| TagFormatError::UnmatchedBrace)? {
                Piece::Placeholder("version") => {
                    sides.push(Vec::new());
                    continue;
                }
                Piece::Placeholder("service") => Part::Service,
                Piece::Placeholder("name") => Part::Name,
                Piece::Placeholder(other) => {
                    return Err(TagFormatError::UnknownPlaceholder(other.to_owned()));
                }
                Piece::Literal(literal) => Part::Literal(literal.to_owned()),
            };
            if let Some(side) = sides.last_mut() {
                side.push(part);
            }
        }
        match <[Vec<Part>; 2]>::try_from(sides) {
            Ok([before, after]) => {
                let is_name = |part: Option<&Part>| matches!(part, Some(Part::Service | Part::Name));
                if is_name(before.last()) || is_name(after.first()) {
                    return Err(TagFormatError::NotSeparated);
                }
                let format = TagFormat { before, after };
                let example = format.pattern("services/api").tag_of("1.2.3");
                match tag_name_fault(&example) {
                    Some(fault) => Err(TagFormatError::NoTagName { example, fault }),
                    None => Ok(format),
                }
            }
            Err(sides) => Err(TagFormatError::VersionCount(sides.len() - 1)),
        }
    }
}

/// As it is written.
impl fmt::Display for TagFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let write = |f: &mut fmt::Formatter<'_>, parts: &[Part]| {
            parts.iter().try_for_each(|part| match part {
                Part::Literal(text) => f.write_str(text),
                Part::Service => f.write_str("{service}"),
                Part::Name => f.write_str("{name}"),
            })
        };
        write(f, &self.before)?;
        f.write_str("{version}")?;
        write(f, &self.after)
    }
}

impl TagPattern {
    /// The pattern of tags that are `prefix` followed by the version.
    pub fn from_prefix(prefix: impl Into<String>) -> Self {
        TagPattern { prefix: prefix.into(), suffix: String::new() }
    }

    /// The text before the version.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The text after the version.
    pub fn suffix(&self) -> &str {
        &self.suffix
    }

    /// The version that `tag` releases, if it is a release tag of this pattern.
    ///
    /// `tag` is the ref's name without `refs/tags/`. The name inside an annotated tag does not matter.
    pub fn version_of(&self, tag: &str) -> Option<Version> {
        Version::parse(self.version_text(tag)?)
    }

    /// The pre-release that `tag` names, if it is one of this pattern and of `prereleases`.
    pub fn prerelease_of(&self, tag: &str, prereleases: &PreReleases) -> Option<PreRelease> {
        prereleases.parse(self.version_text(tag)?)
    }

    /// The text in `tag` where its version should be, valid or not; none if the rest does not match.
    pub fn version_text<'t>(&self, tag: &'t str) -> Option<&'t str> {
        tag.strip_prefix(&*self.prefix)?.strip_suffix(&*self.suffix)
    }

    /// The name of the tag that releases `version`.
    pub fn tag_of(&self, version: impl fmt::Display) -> String {
        format!("{}{version}{}", self.prefix, self.suffix)
    }
}

impl fmt::Display for TagFormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TagFormatError::VersionCount(0) => f.write_str("a tag format must contain {version}"),
            TagFormatError::VersionCount(count) => {
                write!(f, "a tag format must contain {{version}} once, not {count} times")
            }
            TagFormatError::UnknownPlaceholder(name) => {
                write!(f, "unknown placeholder {{{name}}} in a tag format: use {{version}}, {{service}} and {{name}}")
            }
            TagFormatError::NotSeparated => f.write_str(
                "{version} must be separated from {service} and {name}, or api21.0.0 would release both api and api2",
            ),
            TagFormatError::NoTagName { example, fault } => {
                write!(f, "git allows no tag called '{example}': it {fault}")
            }
            TagFormatError::UnmatchedBrace => f.write_str("unmatched brace in a tag format"),
        }
    }
}

impl std::error::Error for TagFormatError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_tag_names_a_service_that_need_not_be_there() {
        for (format, tag, service) in [
            ("{service}@{version}", "services/x@1.2.3", Some("services/x")),
            ("{service}@{version}", "x@1.2.3", Some("x")),
            ("{service}@{version}", "a@b@1.2.3", Some("a@b")),
            ("{service}@{version}", "v1.2.3", None),
            ("{service}@{version}", "@1.2.3", None),
            ("{service}@{version}", "x@1.2", None),
            ("{service}@{version}", "x@1.2.3-rc.1", None),
            ("{service}@{version}", "x@01.2.3", None),
            ("{name}-v{version}", "x-v1.2.3", Some("x")),
            ("{name}-v{version}", "x/y-v1.2.3", None),
            ("release-{version}-{name}", "release-1.2.3-x", Some("x")),
            ("a.{version}/{service}", "a.1.2.3/x/y", Some("x/y")),
            ("a.{version}/{service}", "ab1.2.3/x/y", None),
            ("v{version}", "v1.2.3", None),
        ] {
            assert_eq!(format.parse::<TagFormat>().unwrap().service_in(tag), service, "{format} {tag}");
        }
    }

    #[test]
    fn a_pre_release_names_its_service_as_a_release_does() {
        let rc = PreReleases::new(["rc"]);
        for (format, tag, service) in [
            ("{service}@{version}", "services/x@1.2.3-rc.1", Some("services/x")),
            ("{service}@{version}", "services/x@1.2.3-beta.1", None),
            ("{service}@{version}", "services/x@1.2.3-rc.01", None),
            ("{service}@{version}", "services/x@1.2.3", None),
            ("release-{version}-{name}", "release-1.2.3-rc.2-x", Some("x")),
            ("v{version}", "v1.2.3-rc.1", None),
        ] {
            let format: TagFormat = format.parse().unwrap();
            assert_eq!(format.service_before_release(tag, &rc), service, "{format} {tag}");
            assert_eq!(format.service_before_release(tag, &PreReleases::default()), None, "{format} {tag}");
        }
    }

    const API: &str = "services/go/api-golang";

    fn version(format: &str, tag: &str) -> Option<String> {
        let format: TagFormat = format.parse().unwrap();
        format.pattern(API).version_of(tag).map(|version| version.to_string())
    }

    #[test]
    fn the_default_matches_this_service_only() {
        assert_eq!("{service}@{version}".parse(), Ok(TagFormat::default()));
        let default = "{service}@{version}";
        assert_eq!(version(default, "services/go/api-golang@1.0.9").as_deref(), Some("1.0.9"));
        for tag in [
            "services/go/api-golang@1.0",
            "services/go/api-golang@1.0.0-rc.1",
            "services/go/api-golang@v1.0.0",
            "services/go/api-golang2@1.0.0",
            "services/go/api-golang",
            "api-golang@1.0.0",
            "other/services/go/api-golang@1.0.0",
            "Services/go/api-golang@1.0.0",
        ] {
            assert_eq!(version(default, tag), None, "{tag}");
        }
    }

    #[test]
    fn any_other_shape_works() {
        assert_eq!(version("{name}-v{version}", "api-golang-v2.0.0").as_deref(), Some("2.0.0"));
        assert_eq!(
            version("{service}/v{version}", "services/go/api-golang/v2.0.0").as_deref(),
            Some("2.0.0")
        );
        assert_eq!(version("v{version}", "v2.0.0").as_deref(), Some("2.0.0"));
        assert_eq!(version("{version}.{name}", "2.0.0.api-golang").as_deref(), Some("2.0.0"));
        assert_eq!(
            version("{name}.{version}.{name}", "api-golang.2.0.0.api-golang").as_deref(),
            Some("2.0.0")
        );
        // Prefix and suffix must not share characters of the tag.
        assert_eq!(version("a1.{version}.1a", "a1.1a"), None);
    }

    #[test]
    fn a_wrong_format_is_refused() {
        let refused = |text: &str| text.parse::<TagFormat>().unwrap_err();
        assert_eq!(refused("{service}"), TagFormatError::VersionCount(0));
        assert_eq!(refused("{version}{version}"), TagFormatError::VersionCount(2));
        assert_eq!(refused("{name}{version}"), TagFormatError::NotSeparated);
        assert_eq!(refused("{version}{service}"), TagFormatError::NotSeparated);
        assert_eq!(refused("{svc}@{version}"), TagFormatError::UnknownPlaceholder("svc".to_owned()));
        for text in ["{version", "version}", "}{version}", "{version}}"] {
            assert_eq!(refused(text), TagFormatError::UnmatchedBrace, "{text}");
        }
        for text in
            ["{service} {version}", "{service}..{version}", "-{version}", "{version}.lock", "{version}/"]
        {
            assert!(matches!(refused(text), TagFormatError::NoTagName { .. }), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_tag_gives_back_its_version(
            path in "[a-z0-9@{}.*/-]{1,20}", n: [u32; 3],
            format in "[a-z@]{0,3}(\\{service\\}|\\{name\\})([a-z@]{1,3}|/)\\{version\\}(/?[a-z@]{1,3})?",
        ) {
            let text = format!("{}.{}.{}", n[0], n[1], n[2]);
            let version = Version::parse(&text).unwrap();
            let pattern = format.parse::<TagFormat>().unwrap().pattern(&path);
            let tag = pattern.tag_of(&text);
            prop_assert_eq!(pattern.version_of(&tag), Some(version));
            prop_assert_eq!(pattern.tag_of(version), tag);
        }

        #[test]
        fn no_text_panics(format in "[{}a-z]{0,20}|\\PC{0,20}", tag in "\\PC{0,20}") {
            if let Ok(format) = format.parse::<TagFormat>() {
                format.pattern(&tag).version_of(&tag);
            }
        }
    }
}
