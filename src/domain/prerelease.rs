//! Versions before a release, `MAJOR.MINOR.PATCH-IDENTIFIER.NUMBER`, and which of them a repository makes.

use std::collections::BTreeSet;
use std::fmt;

use super::{ImageTag, Version, is_yaml_word};

/// A version before the release of its numbers: `1.1.0-rc.2`
/// ([SemVer 2.0.0, item 9](https://semver.org/#spec-item-9)).
///
/// Of all pre-releases that SemVer allows, those with exactly one word and one number, counted from 1, are made here.
///
/// Ordered by precedence ([item 11](https://semver.org/#spec-item-11)): by release, by identifier as ASCII text, by number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PreRelease {
    /// The release that it comes before.
    pub version: Version,
    /// The word: `rc`.
    pub identifier: String,
    /// How many there were with these numbers and this word, this one included.
    pub number: u64,
}

/// The identifiers of a repository's pre-releases: `rc`, `beta`. Without any, a tag such as `api@1.1.0-rc.1` means nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PreReleases(BTreeSet<String>);

/// Whether `text` can be the word of a [`PreRelease`]: an identifier of SemVer that is not a number.
pub fn is_identifier(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.bytes().all(is_part) && !text.bytes().all(|byte| byte.is_ascii_digit())
}

impl PreRelease {
    /// `text` as a pre-release with any identifier, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let (version, rest) = text.split_once('-')?;
        let (identifier, number) = rest.split_once('.')?;
        let version = Version::parse(version)?;
        let is_counted = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
        let number = number.parse().ok().filter(|_| is_counted)?;
        is_identifier(identifier).then(|| PreRelease { version, identifier: identifier.to_owned(), number })
    }

    /// The one after it, of the same release. None where the number is the largest there is.
    pub fn next(&self) -> Option<Self> {
        Some(PreRelease { number: self.number.checked_add(1)?, ..self.clone() })
    }
}

impl fmt::Display for PreRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}.{}", self.version, self.identifier, self.number)
    }
}

/// Fails where the identifier makes it longer than a tag of an image may be.
impl TryFrom<&PreRelease> for ImageTag {
    type Error = super::ImageTagError;

    fn try_from(prerelease: &PreRelease) -> Result<Self, Self::Error> {
        prerelease.to_string().parse()
    }
}

impl PreReleases {
    /// Those with one of these identifiers.
    pub fn new<'i>(identifiers: impl IntoIterator<Item = &'i str>) -> Self {
        PreReleases(identifiers.into_iter().map(ToOwned::to_owned).collect())
    }

    /// Whether the repository makes none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `identifier` is one of theirs.
    pub fn contains(&self, identifier: &str) -> bool {
        self.0.contains(identifier)
    }

    /// The identifiers, sorted.
    pub fn identifiers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The line of imgver.yaml that names these and `identifier`: `prereleases: [beta, rc]`, with quotes around what YAML would
    /// not take for text.
    pub fn setting_with(&self, identifier: &str) -> String {
        let others = self.identifiers().filter(|known| *known != identifier);
        let all: BTreeSet<&str> = others.chain([identifier]).collect();
        let is_text = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic()) && !is_yaml_word(text);
        let written = |text: &str| if is_text(text) { text.to_owned() } else { format!("'{text}'") };
        format!("prereleases: [{}]", Vec::from_iter(all.into_iter().map(written)).join(", "))
    }

    /// `text` as a pre-release with one of the identifiers, if it is one.
    pub fn parse(&self, text: &str) -> Option<PreRelease> {
        if self.is_empty() {
            return None;
        }
        PreRelease::parse(text).filter(|prerelease| self.contains(&prerelease.identifier))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Option<String> {
        PreReleases::new(["rc", "beta", "a-b", "0a"]).parse(text).map(|found| found.to_string())
    }

    #[test]
    fn a_configured_word_and_a_number_make_one() {
        for text in ["1.1.0-rc.1", "0.0.0-beta.10", "1.1.0-a-b.2", "1.1.0-0a.2"] {
            assert_eq!(parse(text).as_deref(), Some(text));
        }
        for text in [
            "1.1.0",
            "1.1.0-rc",
            "1.1.0-rc.0",
            "1.1.0-rc.01",
            "1.1.0-rc.+1",
            "1.1.0-rc.1.2",
            "1.1.0-RC.1",
            "1.1.0-alpha.1",
            "1.1-rc.1",
            "01.1.0-rc.1",
            "1.1.0-rc1",
            "1.1.0-rc.1+b",
            "v1.1.0-rc.1",
            "1.1.0-rc.18446744073709551616",
            "1.1.0-rc.",
            "1.1.0-.1",
            "1.1.0--rc.1",
            "",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(PreReleases::default().parse("1.1.0-rc.1"), None);
    }

    #[test]
    fn precedence_is_that_of_semver() {
        let sorted =
            ["1.0.9-rc.2", "1.1.0-beta.2", "1.1.0-beta.11", "1.1.0-rc.1", "1.1.0-rc.10", "1.2.0-beta.1"];
        let parsed: Vec<_> = sorted.iter().filter_map(|text| PreRelease::parse(text)).collect();
        assert_eq!(parsed.len(), sorted.len());
        assert!(parsed.is_sorted());
    }

    #[test]
    fn the_setting_names_what_is_known_and_more() {
        let setting = |known: &[&str], more| PreReleases::new(known.iter().copied()).setting_with(more);
        assert_eq!(setting(&[], "rc"), "prereleases: [rc]");
        assert_eq!(setting(&["rc", "alpha"], "beta"), "prereleases: [alpha, beta, rc]");
        assert_eq!(setting(&["rc"], "rc"), "prereleases: [rc]");
        // As imgver.yaml has to have it: these are a boolean, numbers, nothing, and no YAML at all.
        assert_eq!(setting(&["True", "1e3", "b-1"], "null"), "prereleases: ['1e3', 'True', b-1, 'null']");
        assert_eq!(setting(&[], "-"), "prereleases: ['-']");
    }

    #[test]
    fn numbers_end_somewhere() {
        let next = |text: &str| PreRelease::parse(text).unwrap().next().map(|next| next.to_string());
        assert_eq!(next("1.1.0-rc.9").as_deref(), Some("1.1.0-rc.10"));
        assert_eq!(next("1.1.0-rc.18446744073709551615"), None);
    }

    #[test]
    fn what_is_too_long_is_no_tag() {
        let long = PreRelease::parse(&format!("1.1.0-{}.1", "a".repeat(130))).unwrap();
        assert!(ImageTag::try_from(&long).is_err());
        assert!(ImageTag::try_from(&PreRelease::parse("1.1.0-rc.1").unwrap()).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_it_prints(text in "[0-9]{1,2}\\.[0-9]\\.[0-9]-[a-z0-9.-]{0,8}|\\PC{0,12}") {
            if let Some(prerelease) = PreRelease::parse(&text) {
                prop_assert_eq!(prerelease.to_string(), text);
            }
        }
    }
}
