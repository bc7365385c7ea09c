//! Release versions, `MAJOR.MINOR.PATCH`, and the extended version of a commit after one.

use std::fmt;
use std::str::FromStr;

/// A release version: `MAJOR.MINOR.PATCH`, three decimal numbers without leading zeros
/// ([SemVer 2.0.0, item 2](https://semver.org/#spec-item-2)), ordered as numbers (item 11).
///
/// Pre-release and build parts do not parse, nor does a number that does not fit 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Incremented by a breaking change.
    pub major: u64,
    /// Incremented by a new feature.
    pub minor: u64,
    /// Incremented by a fix.
    pub patch: u64,
}

/// Why a text is not a [`Version`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionError {
    /// It is not three decimal numbers without leading zeros.
    Malformed,
    /// It is, but one of them does not fit 64 bits.
    TooLarge,
}

/// Which number of a version to increment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bump {
    /// MAJOR, for a breaking change.
    Major,
    /// MINOR, for a new feature.
    Minor,
    /// PATCH, for a fix.
    Patch,
}

impl Version {
    /// `0.0.0`, the base of a history without a release.
    pub const ZERO: Version = Version { major: 0, minor: 0, patch: 0 };

    /// `text` as a version, if it is one. [`FromStr`] also says why it is not.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    /// The next version by `bump`: that number plus one, the numbers after it zero
    /// ([SemVer, items 6 to 8](https://semver.org/#spec-item-6)). None where the number is the largest there is.
    pub fn bumped(self, bump: Bump) -> Option<Self> {
        let Version { major, minor, patch } = self;
        Some(match bump {
            Bump::Major => Version { major: major.checked_add(1)?, minor: 0, patch: 0 },
            Bump::Minor => Version { major, minor: minor.checked_add(1)?, patch: 0 },
            Bump::Patch => Version { major, minor, patch: patch.checked_add(1)? },
        })
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let mut numbers = text.as_bytes().split(|&byte| byte == b'.');
        let (Some(major), Some(minor), Some(patch), None) =
            (numbers.next(), numbers.next(), numbers.next(), numbers.next())
        else {
            return Err(VersionError::Malformed);
        };
        if ![major, minor, patch].into_iter().all(is_number) {
            return Err(VersionError::Malformed);
        }
        Ok(Version { major: value(major)?, minor: value(minor)?, patch: value(patch)? })
    }
}

fn is_number(digits: &[u8]) -> bool {
    match digits {
        [] => false,
        [b'0', _, ..] => false,
        digits => digits.iter().all(u8::is_ascii_digit),
    }
}

fn value(digits: &[u8]) -> Result<u64, VersionError> {
    let append = |value: u64, digit: &u8| value.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
    digits.iter().try_fold(0, append).ok_or(VersionError::TooLarge)
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VersionError::Malformed => {
                f.write_str("expected MAJOR.MINOR.PATCH, three numbers without leading zeros")
            }
            VersionError::TooLarge => write!(f, "the largest number in a version is {}", u64::MAX),
        }
    }
}

impl std::error::Error for VersionError {}

/// The extended version of a commit. Displays as `1.0.9-0047-188f7a2`.
///
/// The distance is padded to four digits, so the text sorts by distance up to 9,999 commits.
#[derive(Debug, Clone, Copy)]
pub struct Extended<'a> {
    /// The base release, or the release that is planned after it.
    pub base: Version,
    /// Number of commits since the base release.
    pub distance: u64,
    /// The abbreviated commit hash.
    pub commit: &'a str,
}

impl fmt::Display for Extended<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:04}-{}", self.base, self.distance, self.commit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_three_plain_numbers_are_a_version() {
        for text in ["0.0.0", "1.0.9", "10.20.30", "1.0.18446744073709551615"] {
            assert_eq!(text.parse::<Version>().map(|version| version.to_string()), Ok(text.to_owned()));
        }
        for text in [
            "",
            "1",
            "1.0",
            "1.0.0.0",
            "01.0.0",
            "1.00.0",
            "1.0.0-rc.1",
            "1.0.0+b",
            "v1.0.0",
            "1.0.",
            ".1.0",
            "1..0",
            " 1.0.0",
            "1.0.0\n",
            "+1.0.0",
            "-1.0.0",
            "1.0.٣",
            "1,0,0",
            "99999999999999999999.0.x",
        ] {
            assert_eq!(text.parse::<Version>(), Err(VersionError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn numbers_beyond_64_bits_are_no_version() {
        for text in ["18446744073709551616.0.0", "1.0.18446744073709551616", "0.99999999999999999999999.0"] {
            assert_eq!(text.parse::<Version>(), Err(VersionError::TooLarge), "{text}");
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn extended_keeps_digits_beyond_the_padding() {
        let extended = |distance| Extended { base: Version::ZERO, distance, commit: "188f7a2" }.to_string();
        assert_eq!(extended(0), "0.0.0-0000-188f7a2");
        assert_eq!(extended(47), "0.0.0-0047-188f7a2");
        assert_eq!(extended(12_345), "0.0.0-12345-188f7a2");
    }

    #[test]
    fn a_bump_clears_the_numbers_after_it() {
        let version = |text: &str| Version::parse(text).unwrap();
        for (from, major, minor, patch) in [
            ("0.0.0", "1.0.0", "0.1.0", "0.0.1"),
            ("1.2.3", "2.0.0", "1.3.0", "1.2.4"),
            ("9.9.9", "10.0.0", "9.10.0", "9.9.10"),
        ] {
            let bumped = [Bump::Major, Bump::Minor, Bump::Patch].map(|bump| version(from).bumped(bump));
            assert_eq!(bumped, [major, minor, patch].map(|text| Some(version(text))));
        }
        let largest = version("1.2.18446744073709551615");
        assert_eq!(largest.bumped(Bump::Patch), None);
        assert_eq!(largest.bumped(Bump::Minor), Some(version("1.3.0")));
    }

    proptest! {
        #[test]
        fn a_bumped_version_is_higher(n: [u64; 3]) {
            let version = Version { major: n[0], minor: n[1], patch: n[2] };
            for bump in [Bump::Major, Bump::Minor, Bump::Patch] {
                prop_assert!(version.bumped(bump).is_none_or(|bumped| bumped > version));
            }
        }

        #[test]
        fn order_is_numeric(a: [u64; 3], b: [u64; 3]) {
            let version = |n: [u64; 3]| Version::parse(&format!("{}.{}.{}", n[0], n[1], n[2])).unwrap();
            prop_assert_eq!(version(a).cmp(&version(b)), a.cmp(&b));
        }

        #[test]
        fn what_parses_prints_unchanged(text in "[0-9.v+-]{0,12}|\\PC{0,8}|(0|[1-9][0-9]{0,20})(\\.(0|[1-9][0-9]{0,20})){2}") {
            if let Some(version) = Version::parse(&text) {
                prop_assert_eq!(version.to_string(), text);
            }
        }
    }
}
