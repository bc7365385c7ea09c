//! Pre-releases among the names of tags.

use crate::domain::{PreRelease, PreReleases, TagPattern, Version};

/// Those of `names` that are tags of a pre-release of `version`, by any of `patterns` and of `prereleases`, each with what it
/// names.
fn of_version<'n>(
    version: Version,
    names: impl IntoIterator<Item = &'n str>,
    patterns: &[&TagPattern],
    prereleases: &PreReleases,
) -> Vec<(&'n str, PreRelease)> {
    let named = |name| patterns.iter().find_map(|pattern| pattern.prerelease_of(name, prereleases));
    let found = names.into_iter().filter_map(|name| Some((name, named(name)?)));
    found.filter(|(_, prerelease)| prerelease.version == version).collect()
}

/// The highest of `names` that is a pre-release of `version` with `identifier`, by any of `patterns`.
pub(super) fn highest<'n>(
    version: Version,
    identifier: &str,
    names: impl IntoIterator<Item = &'n str>,
    patterns: &[&TagPattern],
) -> Option<PreRelease> {
    let found = of_version(version, names, patterns, &PreReleases::new([identifier]));
    found.into_iter().map(|(_, prerelease)| prerelease).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 9] = [
        "api@1.1.0",
        "api@1.1.0-beta.12",
        "api@1.1.0-rc.10",
        "api@1.1.0-rc.9",
        "api@1.1.0-rc.011",
        "api@1.1.1-rc.20",
        "web@1.1.0-rc.30",
        "v1.1.0-rc.11",
        "other",
    ];

    fn version() -> Version {
        "1.1.0".parse().unwrap()
    }

    #[test]
    fn numbers_count_by_version_identifier_and_service() {
        let (api, v, new) =
            (TagPattern::from_prefix("api@"), TagPattern::from_prefix("v"), TagPattern::from_prefix("new@"));
        for (identifier, patterns, expected) in [
            ("rc", &[&api][..], Some("1.1.0-rc.10")),
            ("rc", &[&api, &v], Some("1.1.0-rc.11")),
            ("beta", &[&api], Some("1.1.0-beta.12")),
            ("alpha", &[&api], None),
            ("rc", &[&new], None),
        ] {
            let found = highest(version(), identifier, NAMES, patterns).map(|found| found.to_string());
            assert_eq!(found.as_deref(), expected, "{identifier}");
        }
    }

    #[test]
    fn only_configured_words_make_pre_releases() {
        let api = TagPattern::from_prefix("api@");
        let of = |words: &[&str]| {
            let prereleases = PreReleases::new(words.iter().copied());
            let found = of_version(version(), NAMES, &[&api], &prereleases);
            found.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(of(&["beta"]), ["api@1.1.0-beta.12"]);
        assert_eq!(of(&["beta", "rc"]), ["api@1.1.0-beta.12", "api@1.1.0-rc.10", "api@1.1.0-rc.9"]);
        assert_eq!(of(&[]), [""; 0]);
    }
}
