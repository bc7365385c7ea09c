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

/// What `git describe --tags` prints (git-describe(1)): a tag and, unless that is the commit's own, a distance and, behind a
/// `g`, an abbreviated hash. Scripts pad the distance, and cut off the tag but for its version.
static DESCRIBED: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r"^(?<version>(?<tag>[^:]+?)(?:-(?<distance>[0-9]+)-g(?<commit>[0-9a-f]{4,64}))?)(?<dirty>-dirty)?$",
    )
});

/// Who made a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionMaker {
    /// imgver.
    Imgver,
    /// `git describe`, or a script around it.
    GitDescribe,
}

/// The version in an image's tag, in one of the forms that imgver makes: `1.0.9` or `1.0.9-0047-188f7a2`, either followed
/// by `-dirty`; or in the form of `git describe`, which scripts made before: `1.0.9-47-g188f7a2`.
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
    /// Who made it.
    pub maker: VersionMaker,
}

impl<'t> ImageVersion<'t> {
    /// `tag` as such a version, if it is one. One of `git describe` may begin with a `v`.
    pub fn parse(tag: &'t str) -> Option<Self> {
        let plain = |release: &str| Version::parse(release.strip_prefix('v').unwrap_or(release));
        Self::of_imgver(tag).or_else(|| Self::described(tag, plain))
    }

    /// What `git describe` prints, with the release tag that it found: `base` says what that releases.
    pub fn described(text: &'t str, base: impl Fn(&'t str) -> Option<Version>) -> Option<Self> {
        let parts = DESCRIBED.captures(text)?;
        let part = |name: &str| parts.name(name).map(|part| part.as_str());
        let position = match part("distance").zip(part("commit")) {
            Some((distance, commit)) => Some((distance.parse().ok()?, commit)),
            None => None,
        };
        Some(ImageVersion {
            text: part("version")?,
            base: base(part("tag")?)?,
            position,
            dirty: part("dirty").is_some(),
            maker: VersionMaker::GitDescribe,
        })
    }

    /// The tag at the beginning of `text`, if that is what `git describe` prints.
    pub fn described_tag(text: &'t str) -> Option<&'t str> {
        DESCRIBED.captures(text)?.name("tag").map(|tag| tag.as_str())
    }

    fn of_imgver(tag: &'t str) -> Option<Self> {
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
            maker: VersionMaker::Imgver,
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
            let ImageVersion { text, base, position, dirty, maker: _ } = ImageVersion::parse(text)?;
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
            "v1.0.9-0047-188f7a2",
            "1.0.9-47-g188",
            "1.0.9-g188f7a2",
            "1.0-47-g188f7a2",
            "vv1.0.9-47-g188f7a2",
            "api-1.0.9-47-g188f7a2",
            "1.0.9-47-g188f7a2-broken",
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

    #[test]
    fn what_git_describe_makes_is_read() {
        for (tag, text, distance, dirty) in [
            ("1.0.9-47-g188f7a2", "1.0.9-47-g188f7a2", 47, false),
            ("1.0.9-0047-g188f7a2-dirty", "1.0.9-0047-g188f7a2", 47, true),
            ("v1.0.9-0-g188f", "v1.0.9-0-g188f", 0, false),
        ] {
            let read = ImageVersion::parse(tag).unwrap();
            assert_eq!((read.text, read.dirty, read.maker), (text, dirty, VersionMaker::GitDescribe));
            assert_eq!(read.position.map(|(distance, _)| distance), Some(distance));
        }
        assert_eq!(
            ImageVersion::parse("v1.0.9-dirty").map(|read| (read.position, read.dirty)),
            Some((None, true))
        );
        let made = ImageVersion::parse("1.0.9-0047-188f7a2").unwrap();
        assert_eq!(made.maker, VersionMaker::Imgver);
        let tag = ImageVersion::described_tag("services/go/api@1.0.9-1-g188f7a2");
        assert_eq!(tag, Some("services/go/api@1.0.9"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\PC|[0-9]{1,5}|[-.:/@]|dirty){0,12}") {
            let _ = ImageVersion::parse(&text);
        }
    }
}
