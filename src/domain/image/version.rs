//! What the tag of an image says about the commit it was built from.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::{Version, compile};

/// A release, and behind it the distance and the abbreviated hash of a commit, which has no fewer digits than git allows. imgver
/// writes that, and so does `git describe --tags` (git-describe(1)), with the tag of the release and a `g` before the hash.
/// Scripts pad the distance, and cut off the tag but for its version, or the `g`; registries keep the case of a hash.
static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r"^(?<version>(?<release>[^:]+?)(?:-(?<distance>[0-9]+)-(?<g>g?)(?<commit>[0-9a-fA-F]{4,64}))?)(?<dirty>-dirty)?$",
    )
});

/// Who made a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionMaker {
    /// imgver.
    Imgver,
    /// `git describe`, or a script around it.
    GitDescribe,
    /// A script that left out the `g` of `git describe`, or changed a version of imgver.
    Script,
}

/// Where the commit of a version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position<'t> {
    /// Commits since the base release.
    pub distance: u64,
    /// Its digits as they are written.
    padded: &'t str,
    /// The abbreviated hash.
    pub commit: &'t str,
}

/// The version in an image's tag, in one of the forms that imgver makes: `1.0.9` or `1.0.9-0047-188f7a2`, either followed
/// by `-dirty`; or as scripts made them before: `1.0.9-47-g188f7a2`, as `git describe` does, or `1.0.9-47-188f7a2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageVersion<'t> {
    /// The version as it is written, without `-dirty`.
    pub text: &'t str,
    /// The base release.
    pub base: Version,
    /// None in the short form.
    pub position: Option<Position<'t>>,
    /// Whether the work tree had uncommitted changes.
    pub dirty: bool,
    /// Who made it.
    pub maker: VersionMaker,
}

impl<'t> Position<'t> {
    fn new(distance: &'t str, commit: &'t str) -> Option<Self> {
        Some(Position { distance: distance.parse().ok()?, padded: distance, commit })
    }

    /// Whether the distance has the four digits that imgver gives it, or more where it takes them.
    fn is_padded(&self) -> bool {
        self.padded == format!("{:04}", self.distance)
    }
}

impl<'t> ImageVersion<'t> {
    /// `tag` as such a version, if it is one. The release may begin with a `v`, which imgver never writes.
    pub fn parse(tag: &'t str) -> Option<Self> {
        let plain = |release: &str| Version::parse(release.strip_prefix('v').unwrap_or(release));
        let version = Self::after(tag, plain)?;
        let is_changed = version.maker == VersionMaker::Imgver && tag.starts_with('v');
        let maker = if is_changed { VersionMaker::Script } else { version.maker };
        Some(ImageVersion { maker, ..version })
    }

    /// `text`, which begins with a release in any spelling: `base` says what version that is.
    pub fn after(text: &'t str, base: impl Fn(&'t str) -> Option<Version>) -> Option<Self> {
        let parts = VERSION.captures(text)?;
        let part = |name: &str| parts.name(name).map(|part| part.as_str());
        let position = match part("distance").zip(part("commit")) {
            Some((distance, commit)) => Some(Position::new(distance, commit)?),
            None => None,
        };
        let is_upper = |commit: &str| commit.contains(|digit: char| digit.is_ascii_uppercase());
        let maker = match position {
            Some(_) if part("g") == Some("g") => VersionMaker::GitDescribe,
            Some(position) if position.padded.len() < 4 || is_upper(position.commit) => VersionMaker::Script,
            _ => VersionMaker::Imgver,
        };
        Some(ImageVersion {
            text: part("version")?,
            base: base(part("release")?)?,
            position,
            dirty: part("dirty").is_some(),
            maker,
        })
    }

    /// The release at the beginning of `text`, in any spelling, if a version can begin so.
    pub fn release_in(text: &'t str) -> Option<&'t str> {
        VERSION.captures(text)?.name("release").map(|release| release.as_str())
    }

    /// Whether its base may be a release that is only planned, which nobody but imgver counts from.
    pub fn may_be_planned(&self) -> bool {
        self.maker != VersionMaker::GitDescribe && self.position.is_some_and(|position| position.is_padded())
    }

    /// Whether it is that of a commit `distance` commits behind the release `base`, as its maker writes that.
    pub fn counts(&self, base: Version, distance: u64) -> bool {
        self.base == base
            && self.position.is_none_or(|position| {
                let is_written = match self.maker {
                    VersionMaker::GitDescribe => true,
                    VersionMaker::Imgver => position.is_padded(),
                    VersionMaker::Script => position.is_padded() || position.padded == distance.to_string(),
                };
                position.distance == distance && is_written
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
            let position = position.map(|position| (position.distance, position.commit));
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
            "1.0.9-47-g188",
            "1.0.9-g188f7a2",
            "1.0-47-g188f7a2",
            "vv1.0.9-47-g188f7a2",
            "api-1.0.9-47-g188f7a2",
            "1.0.9-47-g188f7a2-broken",
            "1.0",
            "1.0.9-",
            "1.0.9-0047",
            "1.0.9-0047-188",
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
            assert_eq!(read.position.map(|position| position.distance), Some(distance));
        }
        assert_eq!(
            ImageVersion::parse("v1.0.9-dirty").map(|read| (read.position, read.dirty)),
            Some((None, true))
        );
        let made = ImageVersion::parse("1.0.9-0047-188f7a2").unwrap();
        assert_eq!(made.maker, VersionMaker::Imgver);
        let tag = ImageVersion::release_in("services/go/api@1.0.9-1-g188f7a2");
        assert_eq!(tag, Some("services/go/api@1.0.9"));
    }

    #[test]
    fn what_scripts_make_of_a_version_is_read() {
        for (tag, distance) in [
            ("1.0.9-47-188f7a2", 47),
            ("1.0.9-0-188f7a2-dirty", 0),
            ("v1.0.9-0047-188f7a2", 47),
            ("1.0.9-0047-188F7A2", 47),
        ] {
            let read = ImageVersion::parse(tag).unwrap();
            assert_eq!((read.maker, read.base.patch), (VersionMaker::Script, 9), "{tag}");
            assert!(read.counts(read.base, distance) && !read.counts(read.base, distance + 1), "{tag}");
        }
        for (tag, counts) in
            [("1.0.9-0047-188f7a2", true), ("1.0.9-00047-188f7a2", false), ("1.0.9-047-188f7a2", false)]
        {
            let read = ImageVersion::parse(tag).unwrap();
            assert_eq!(read.counts(read.base, 47), counts, "{tag}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\PC|[0-9]{1,5}|[-.:/@]|dirty){0,12}") {
            let _ = ImageVersion::parse(&text);
        }
    }
}
