//! What the tag of an image says about the commit it was built from.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::{Version, compile};

/// The tags that imgver makes. A distance has at least four digits, an abbreviated commit hash no fewer than git allows.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r"^(?<version>(?<base>[0-9.]+)(?:-(?<distance>[0-9]{4,})-(?<commit>[0-9a-f]{4,64}))?)(?<dirty>-dirty)?$",
    )
});

/// The version in an image's tag, in one of the forms that imgver makes: `1.0.9` or `1.0.9-0047-188f7a2`, either followed
/// by `-dirty`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageVersion<'t> {
    /// The version as it is written, without `-dirty`.
    pub text: &'t str,
    /// The base release.
    pub base: Version,
    /// Distance and abbreviated commit hash; none in the short form.
    pub position: Option<(u64, &'t str)>,
    /// Whether the work tree had uncommitted changes.
    pub dirty: bool,
}

impl<'t> ImageVersion<'t> {
    /// `tag` as such a version, if it is one.
    pub fn parse(tag: &'t str) -> Option<Self> {
        let parts = TAG.captures(tag)?;
        let part = |name: &str| parts.name(name).map(|part| part.as_str());
        let position = match part("distance").zip(part("commit")) {
            Some((distance, commit)) => Some((distance.parse().ok()?, commit)),
            None => None,
        };
        Some(ImageVersion {
            text: part("version")?,
            base: Version::parse(part("base")?)?,
            position,
            dirty: part("dirty").is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_forms_that_imgver_makes_are_read() {
        let parsed = |text| {
            let ImageVersion { text, base, position, dirty } = ImageVersion::parse(text)?;
            Some((text, base.to_string(), position, dirty))
        };
        let expected = |text, position, dirty| Some((text, "1.0.9".to_owned(), position, dirty));
        assert_eq!(parsed("1.0.9"), expected("1.0.9", None, false));
        assert_eq!(parsed("1.0.9-dirty"), expected("1.0.9", None, true));
        let long = "1.0.9-0047-188f7a2";
        assert_eq!(parsed(long), expected(long, Some((47, "188f7a2")), false));
        assert_eq!(parsed("1.0.9-12345-188f-dirty").map(|parsed| parsed.2), Some(Some((12345, "188f"))));
        for text in [
            "",
            "latest",
            "v1.0.9",
            "1.0",
            "1.0.9-",
            "1.0.9-0047",
            "1.0.9-47-188f7a2",
            "1.0.9-0047-188",
            "1.0.9-0047-188F7A2",
            "1.0.9-0047-188f7a2-dirty-dirty",
            "1.0.9-0047-188f7a2-x",
            "1.0.9-99999999999999999999999-188f7a2",
            "01.0.9",
            "1.0.18446744073709551616",
            "1.0.9\n",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\PC|[0-9]{1,5}|[-.:/@]|dirty){0,12}") {
            let _ = ImageVersion::parse(&text);
        }
    }
}
