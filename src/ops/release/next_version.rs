//! Which version a release gets, and whether the commit has it already.

use super::super::answer::bumped;
use super::super::facts::BaseRelease;
use super::NewVersion;
use super::standing::Standing;
use crate::domain::Version;
use crate::error::Result;

/// The version that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NextVersion {
    pub(super) version: Version,
    /// The release before it; none if it is the first.
    pub(super) base: Option<BaseRelease>,
    /// Whether the commit carries this very release: the same command has been here before.
    pub(super) is_made: bool,
}

impl NextVersion {
    /// The version that `requested` means for a commit that stands as `standing` says.
    ///
    /// A bump of a commit that it has released is the same release, not one more: else a command that failed half-way, started
    /// again, would release twice.
    ///
    /// # Errors
    /// There is no version after the base release.
    pub(super) fn choose(requested: NewVersion, standing: &Standing) -> Result<Self> {
        let Standing { base, own, before, .. } = standing;
        for (at, made) in own.iter().enumerate().rev() {
            let below = own.iter().take(at).filter(|below| below.version < made.version).rev();
            let mut below = below.map(Some).chain([before.as_ref()]);
            let is_from = |base: &Option<&BaseRelease>| match requested {
                NewVersion::Given(version) => version == made.version,
                NewVersion::Bump(bump) => {
                    base.map_or(Version::ZERO, |base| base.version).bumped(bump) == Some(made.version)
                }
            };
            if let Some(base) = below.find(is_from) {
                return Ok(NextVersion { version: made.version, base: base.cloned(), is_made: true });
            }
        }
        let version = match requested {
            NewVersion::Given(version) => version,
            NewVersion::Bump(bump) => bumped(base.as_ref().map_or(Version::ZERO, |base| base.version), bump)?,
        };
        Ok(NextVersion { version, base: base.clone(), is_made: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Bump::{self, Major, Minor, Patch};

    fn release(version: &str) -> BaseRelease {
        BaseRelease { version: version.parse().unwrap(), tag: format!("api@{version}") }
    }

    /// The commit carries `own`, and `before` is the nearest release behind it.
    fn standing(before: Option<&str>, own: &[&str]) -> Standing {
        let own: Vec<BaseRelease> = own.iter().map(|version| release(version)).collect();
        let before = before.map(release);
        Standing { base: own.last().cloned().or(before.clone()), before, own, ..Standing::default() }
    }

    fn chosen(requested: NewVersion, standing: &Standing) -> (String, Option<String>, bool) {
        let NextVersion { version, base, is_made } = NextVersion::choose(requested, standing).unwrap();
        (version.to_string(), base.map(|base| base.version.to_string()), is_made)
    }

    #[test]
    fn a_bump_counts_from_the_base_release() {
        for (bump, before, expected) in [
            (Patch, Some("1.0.9"), "1.0.10"),
            (Minor, Some("1.0.9"), "1.1.0"),
            (Major, Some("1.0.9"), "2.0.0"),
            (Minor, None, "0.1.0"),
        ] {
            let chosen = chosen(NewVersion::Bump(bump), &standing(before, &[]));
            assert_eq!(chosen, (expected.to_owned(), before.map(str::to_owned), false));
        }
    }

    #[test]
    fn what_a_bump_made_is_not_made_again() {
        let twice = |bump: Bump, before: Option<&str>, own: &[&str]| {
            let first = chosen(NewVersion::Bump(bump), &standing(before, own));
            let mut own = own.to_vec();
            own.push(&first.0);
            let (version, base, is_made) = chosen(NewVersion::Bump(bump), &standing(before, &own));
            assert!(!first.2 && is_made, "{own:?}");
            assert_eq!((&version, &base), (&first.0, &first.1), "{own:?}");
            version
        };
        assert_eq!(twice(Patch, Some("1.0.9"), &[]), "1.0.10");
        assert_eq!(twice(Minor, None, &[]), "0.1.0");
        // A release of another kind on the same commit comes on top, once.
        assert_eq!(twice(Minor, Some("1.0.9"), &["1.0.10"]), "1.1.0");
        assert_eq!(twice(Patch, Some("1.0.9"), &["2.0.0"]), "2.0.1");
        let both = standing(Some("1.0.9"), &["1.0.10", "1.1.0"]);
        assert_eq!(chosen(NewVersion::Bump(Patch), &both).0, "1.0.10");
    }

    #[test]
    fn a_given_version_is_made_where_the_commit_carries_it() {
        let given = |version: &str| NewVersion::Given(version.parse().unwrap());
        let at = standing(Some("1.0.9"), &["1.0.10", "2.0.0"]);
        assert_eq!(chosen(given("2.0.0"), &at), ("2.0.0".to_owned(), Some("1.0.10".to_owned()), true));
        assert_eq!(chosen(given("1.0.10"), &at), ("1.0.10".to_owned(), Some("1.0.9".to_owned()), true));
        assert_eq!(chosen(given("2.0.1"), &at), ("2.0.1".to_owned(), Some("2.0.0".to_owned()), false));
    }
}
