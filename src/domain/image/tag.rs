//! The tag of an image.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;

use crate::domain::{Version, compile};

/// Longest tag, in characters.
const LENGTH_MAX: usize = 128;

/// `TagRegexp` of the reference grammar, without its limit: that many repetitions take long to compile.
static TAG: LazyLock<Regex> = LazyLock::new(|| compile("^[A-Za-z0-9_][A-Za-z0-9_.-]*$"));

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
