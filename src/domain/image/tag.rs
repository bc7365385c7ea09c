//! The tag of an image.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;

use super::ImageVersion;
use crate::domain::{Digest, Version, compile};

/// Longest tag, in characters.
const LENGTH_MAX: usize = 128;

/// `TagRegexp` of the reference grammar, without its limit: that many repetitions take long to compile.
static TAG: LazyLock<Regex> = LazyLock::new(|| compile("^[A-Za-z0-9_][A-Za-z0-9_.-]*$"));

/// The identifiers of a pre-release ([SemVer, item 9](https://semver.org/#spec-item-9)).
static PRERELEASE: LazyLock<Regex> = LazyLock::new(|| {
    const IDENTIFIER: &str = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
    compile(&format!(r"^{IDENTIFIER}(?:\.{IDENTIFIER})*$"))
});

/// How many digits of a digest tell copies in one repository apart.
const COPY_DIGITS: usize = 12;

/// What ends the version of a work tree with uncommitted changes.
const DIRTY: &str = "-dirty";

/// An image tag: `1.0.9-0047-188f7a2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageTag(String);

/// Why a text is not an [`ImageTag`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageTagError {
    text: String,
    reason: &'static str,
}

impl ImageTag {
    /// The tag as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// That of a copy which is not yet complete: `copy-0123456789ab`. No version is written like this.
    pub(crate) fn of_copy(digest: &Digest) -> Self {
        let digits = digest.as_str().chars().skip_while(|character| *character != ':').skip(1);
        ImageTag(format!("copy-{}", digits.take(COPY_DIGITS).collect::<String>()))
    }

    /// Whether it is the version of a work tree with uncommitted changes, which names no content.
    pub fn is_dirty(&self) -> bool {
        self.as_str().ends_with(DIRTY)
    }

    /// Whether it is written as a release (`1.0.9`) or a pre-release (`1.1.0-rc.1`), so that it should name one image for good.
    /// What imgver, or a script around `git describe`, calls any other commit is not: `1.0.9-0047-188f7a2`, `1.0.9-dirty`.
    pub fn is_release(&self) -> bool {
        let text = self.as_str();
        let (version, prerelease) =
            text.split_once('-').map_or((text, None), |(version, rest)| (version, Some(rest)));
        let is_commit =
            || ImageVersion::parse(text).is_some_and(|version| version.position.is_some()) || self.is_dirty();
        Version::parse(version).is_some()
            && prerelease.is_none_or(|identifiers| PRERELEASE.is_match(identifiers) && !is_commit())
    }
}

/// Three numbers and two dots are always a tag.
impl From<Version> for ImageTag {
    fn from(version: Version) -> Self {
        ImageTag(version.to_string())
    }
}

impl FromStr for ImageTag {
    type Err = ImageTagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() <= LENGTH_MAX && TAG.is_match(text) {
            return Ok(ImageTag(text.to_owned()));
        }
        Err(ImageTagError { text: text.to_owned(), reason: fault(text) })
    }
}

/// What is wrong with a text that the grammar refuses.
fn fault(text: &str) -> &'static str {
    if text.is_empty() {
        "it is empty"
    } else if text.len() > LENGTH_MAX {
        "it is longer than 128 characters"
    } else if text.starts_with(['.', '-']) {
        "it must start with a letter, a digit or '_'"
    } else {
        "only letters, digits, '_', '.' and '-' are allowed"
    }
}

impl fmt::Display for ImageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ImageTagError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not a valid image tag: {}", self.text, self.reason)
    }
}

impl std::error::Error for ImageTagError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn releases_and_prereleases_are_told_from_versions_of_other_commits() {
        let is_release = |text: &str| text.parse::<ImageTag>().unwrap().is_release();
        for text in ["1.0.9", "0.0.0", "1.1.0-rc.1", "1.1.0-rc.12", "1.1.0-rc1", "1.1.0-alpha", "1.1.0-0.3.7"]
        {
            assert!(is_release(text), "{text}");
        }
        for text in [
            "1.0.9-0047-188f7a2",
            "1.0.9-0000-188f7a2",
            "1.0.9-47-g188f7a2",
            "1.0.9-47-188f7a2-dirty",
            "1.0.9-dirty",
            "1.1.0-rc.1-dirty",
            "1.0.9-0047",
            "1.1.0-rc.01",
            "1.1.0-rc.",
            "1.1.0-",
            "v1.0.9",
            "1.0",
            "1",
            "latest",
            "try-1",
            "01.0.9",
        ] {
            assert!(!is_release(text), "{text}");
        }
    }

    #[test]
    fn an_unfinished_copy_has_a_tag_of_its_own() {
        let digest: Digest = format!("sha512:0123456789abcdef{}", "0".repeat(112)).parse().unwrap();
        let tag = ImageTag::of_copy(&digest);
        assert_eq!(tag.as_str(), "copy-0123456789ab");
        assert_eq!(tag.as_str().parse(), Ok(tag.clone()));
        assert!(!tag.is_release());
    }

    #[test]
    fn tags_follow_their_grammar() {
        for text in ["1.0.9", "1.0.9-0047-188f7a2-dirty", "_", "latest", "A.b-c_d", "0"] {
            assert_eq!(text.parse::<ImageTag>().map(|tag| tag.to_string()), Ok(text.to_owned()));
        }
        assert!("a".repeat(LENGTH_MAX).parse::<ImageTag>().is_ok());
        for (text, reason) in [
            ("", "empty"),
            (".1", "start with"),
            ("-1", "start with"),
            ("1.0.0+b", "allowed"),
            ("a b", "allowed"),
            ("a:b", "allowed"),
            ("a/b", "allowed"),
            ("é", "allowed"),
            ("a\n", "allowed"),
            (&"a".repeat(LENGTH_MAX + 1), "longer"),
        ] {
            let error = text.parse::<ImageTag>().unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_cannot_break_out_of_a_word(text in "\\PC{0,30}|[a-z._:@-]{0,20}") {
            if text.parse::<ImageTag>().is_ok() {
                prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)));
            }
        }
    }
}
