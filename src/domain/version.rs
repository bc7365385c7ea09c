//! `MAJOR.MINOR.PATCH` and the extended version.

use std::cmp::Ordering;
use std::fmt;

/// A release version: `MAJOR.MINOR.PATCH`, three decimal numbers without leading zeros
/// ([SemVer 2.0.0, item 2](https://semver.org/#spec-item-2)).
///
/// Pre-release and build parts are not releases and do not parse. The numbers have no upper bound, as in
/// SemVer: they are kept as text and compared as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version<'t>(&'t str);

impl<'t> Version<'t> {
    /// The base of a history without a release: `0.0.0`.
    pub const ZERO: Version<'static> = Version("0.0.0");

    /// `text` as a version, if it is one.
    pub fn parse(text: &'t str) -> Option<Self> {
        let (mut dots, mut digits, mut after_zero) = (0, 0, false);
        for byte in text.bytes() {
            match byte {
                b'0'..=b'9' if !after_zero => {
                    after_zero = digits == 0 && byte == b'0';
                    digits += 1;
                }
                b'.' if digits > 0 => (dots, digits, after_zero) = (dots + 1, 0, false),
                _ => return None,
            }
        }
        (dots == 2 && digits > 0).then_some(Version(text))
    }

    /// The next version by `bump`; the numbers behind the one that goes up are zero
    /// ([SemVer, items 6 to 8](https://semver.org/#spec-item-6)).
    pub fn bumped(&self, bump: Bump) -> String {
        let place = match bump {
            Bump::Major => 0,
            Bump::Minor => 1,
            Bump::Patch => 2,
        };
        let number = |(at, number): (usize, &str)| match at.cmp(&place) {
            Ordering::Less => number.to_owned(),
            Ordering::Equal => incremented(number),
            Ordering::Greater => "0".to_owned(),
        };
        self.0.split('.').enumerate().map(number).collect::<Vec<_>>().join(".")
    }

    /// The version as it is written.
    pub fn as_str(&self) -> &'t str {
        self.0
    }
}

/// Which number of a version goes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bump {
    /// MAJOR: something that others rely on is another now.
    Major,
    /// MINOR: something is new.
    Minor,
    /// PATCH: something is mended.
    Patch,
}

/// Numeric order of MAJOR, then MINOR, then PATCH ([SemVer, item 11](https://semver.org/#spec-item-11)).
impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        // Without leading zeros the longer number is the greater one.
        let magnitude = |number: &str| (number.len(), number.to_owned());
        self.0.split('.').map(magnitude).cmp(other.0.split('.').map(magnitude))
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A decimal number plus one, however long it is.
fn incremented(number: &str) -> String {
    let below_nines = number.trim_end_matches('9');
    let zeros = "0".repeat(number.len() - below_nines.len());
    match below_nines.char_indices().next_back() {
        Some((at, last)) => {
            let up = last.to_digit(10).and_then(|digit| char::from_digit(digit + 1, 10)).unwrap_or(last);
            format!("{}{up}{zeros}", below_nines.get(..at).unwrap_or_default())
        }
        None => format!("1{zeros}"),
    }
}

/// Where a commit stands behind its base release: prints `1.0.9-0047-188f7a2`.
///
/// The distance is padded to four digits so that the text sorts by distance up to 9,999 commits.
#[derive(Debug, Clone, Copy)]
pub struct Extended<'a> {
    /// The base release, or the version that is to come after it.
    pub base: &'a str,
    /// Commits since the base release.
    pub distance: u64,
    /// The abbreviated commit.
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
        for text in ["0.0.0", "1.0.9", "10.20.30", "1.0.123456789012345678901234567890"] {
            assert_eq!(Version::parse(text).map(|version| version.to_string()), Some(text.to_owned()));
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
        ] {
            assert_eq!(Version::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn numbers_beyond_machine_words_are_ordered() {
        let huge = Version::parse("18446744073709551616.0.0").unwrap();
        let largest_word = Version::parse("18446744073709551615.9.9").unwrap();
        assert!(huge > largest_word);
    }

    #[test]
    fn extended_keeps_digits_beyond_the_padding() {
        let extended = |distance| Extended { base: "0.0.0", distance, commit: "188f7a2" }.to_string();
        assert_eq!(extended(0), "0.0.0-0000-188f7a2");
        assert_eq!(extended(47), "0.0.0-0047-188f7a2");
        assert_eq!(extended(12_345), "0.0.0-12345-188f7a2");
    }

    #[test]
    fn a_bump_clears_what_is_behind_it() {
        for (version, major, minor, patch) in [
            ("0.0.0", "1.0.0", "0.1.0", "0.0.1"),
            ("1.2.3", "2.0.0", "1.3.0", "1.2.4"),
            ("9.9.9", "10.0.0", "9.10.0", "9.9.10"),
            ("199.0.99999999999999999999", "200.0.0", "199.1.0", "199.0.100000000000000000000"),
        ] {
            let version = Version::parse(version).unwrap();
            let bumped = [Bump::Major, Bump::Minor, Bump::Patch].map(|bump| version.bumped(bump));
            assert_eq!(bumped, [major, minor, patch]);
        }
    }

    proptest! {
        #[test]
        fn a_bumped_version_is_above(text in "(0|[1-9][0-9]{0,20})(\\.(0|[1-9][0-9]{0,20})){2}") {
            let version = Version::parse(&text).unwrap();
            for bump in [Bump::Major, Bump::Minor, Bump::Patch] {
                prop_assert!(Version::parse(&version.bumped(bump)).unwrap() > version);
            }
        }

        #[test]
        fn order_is_that_of_the_numbers(a: [u64; 3], b: [u64; 3]) {
            let text = |n: [u64; 3]| format!("{}.{}.{}", n[0], n[1], n[2]);
            let (one, other) = (text(a), text(b));
            prop_assert_eq!(Version::parse(&one).cmp(&Version::parse(&other)), a.cmp(&b));
        }

        #[test]
        fn what_parses_prints_as_it_was(text in "[0-9.v+-]{0,12}|\\PC{0,8}") {
            if let Some(version) = Version::parse(&text) {
                prop_assert_eq!(version.as_str(), &*text);
            }
        }
    }
}
