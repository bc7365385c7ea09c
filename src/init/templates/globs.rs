//! What lets pushes through to a workflow, in GitHub's patterns.
//!
//! Source: "Workflow syntax for GitHub Actions" in GitHub's documentation, its "Filter pattern cheat sheet"; read back by
//! [`crate::ci::github::WorkflowFilter`].

use std::collections::BTreeMap;

use crate::domain::{PreReleases, TagFormat};

/// Any release's version: three numbers. A dot is literal, and `+` repeats what is before it.
const VERSION: &str = "[0-9]+.[0-9]+.[0-9]+";

/// Characters that mean something in a pattern of GitHub's.
const SPECIAL: [char; 7] = ['*', '?', '+', '[', ']', '!', '\\'];

/// Characters that mean more in a filter file (picomatch) than themselves, or something else than in a pattern of GitHub's.
const FILTER_SPECIAL: [char; 14] = ['?', '[', ']', '{', '}', '(', ')', '!', '+', '@', '|', '\\', '"', '\n'];

/// The patterns for `on.push.tags` that let through the release tags of `services` in any of `formats`, and those of their
/// `prereleases`: paths of services from the root of the repository.
///
/// A service's path becomes its top-level directory and anything below, so that a service that is added there needs no other
/// pattern. What they let through besides are releases of services that are not there, and numbers with leading zeros, which
/// GitHub's patterns cannot tell from others.
pub fn tag_globs<'f>(
    formats: impl IntoIterator<Item = &'f TagFormat>,
    services: &[&str],
    prereleases: &PreReleases,
) -> Vec<String> {
    // An identifier has no character that is special.
    let before = prereleases.identifiers().map(|identifier| format!("{VERSION}-{identifier}.[0-9]+"));
    let versions: Vec<String> = std::iter::once(VERSION.to_owned()).chain(before).collect();
    let mut globs = Vec::new();
    for format in formats {
        let format = format.to_string();
        let of_service = match format.contains("{service}") {
            true => directories(services).into_iter().map(|directory| directory + "**").collect(),
            false => vec![String::new()],
        };
        let at_top = services.iter().any(|service| !service.contains('/')) && format.contains("{service}");
        for service in of_service.into_iter().chain(at_top.then(|| "*".to_owned())) {
            for version in &versions {
                let glob = filled(&format, &service, version);
                if !globs.contains(&glob) {
                    globs.push(glob);
                }
            }
        }
    }
    globs
}

/// A tag format as a pattern, with `service` in place of `{service}` and `version` in place of `{version}`.
fn filled(format: &str, service: &str, version: &str) -> String {
    let mut glob = String::new();
    for part in format.split_inclusive('}') {
        let (literal, placeholder) = part.split_once('{').unwrap_or((part, ""));
        glob.push_str(&literal_glob(literal));
        match placeholder {
            "version}" => glob.push_str(version),
            "service}" => glob.push_str(service),
            "name}" => glob.push('*'),
            _ => {}
        }
    }
    glob
}

/// A pattern of GitHub's that matches `text` and nothing else.
pub fn literal_glob(text: &str) -> String {
    let mut glob = String::with_capacity(text.len());
    for character in text.chars() {
        if SPECIAL.contains(&character) {
            glob.push('\\');
        }
        glob.push(character);
    }
    glob
}

/// The directory that contains all services below one directory of the root, for each of those, as a pattern that ends with a
/// slash. Services in the root have none.
fn directories(services: &[&str]) -> Vec<String> {
    let mut common: BTreeMap<&str, &str> = BTreeMap::new();
    for (top, service) in services.iter().filter_map(|service| Some((service.split_once('/')?.0, service))) {
        let own = service.rsplit_once('/').map_or("", |(directory, _)| directory);
        let shared = common.entry(top).or_insert(own);
        *shared = common_directory(shared, own);
    }
    common.into_values().map(|directory| literal_glob(directory) + "/").collect()
}

/// The deepest directory that contains both, or is one of them.
fn common_directory<'a>(one: &'a str, other: &str) -> &'a str {
    let ends = one.match_indices('/').map(|(at, _)| at).chain([one.len()]).collect::<Vec<_>>();
    let contains = |directory: &&str| {
        other.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut candidates = ends.into_iter().rev().filter_map(|end| one.get(..end));
    candidates.find(contains).unwrap_or_default()
}

/// The patterns for `on.push.paths` that let through whatever a service watches: everything in the directories of `services`,
/// and what the patterns `watched` match, in the dialect of filter files. Empty if that may be any file, and no filter is right.
///
/// A pattern that GitHub's have no words for becomes the directory that it is about: too much starts a run that finds nothing
/// to do, too little would lose a build. Negated patterns only take away, so they are left out.
pub fn push_paths(services: &[&str], watched: &[&str]) -> Vec<String> {
    let mut paths: Vec<String> =
        directories(services).into_iter().map(|directory| directory + "**").collect();
    let at_top = services.iter().filter(|service| !service.contains('/'));
    paths.extend(at_top.map(|service| literal_glob(service) + "/**"));
    for pattern in watched.iter().filter(|pattern| !is_negated(pattern)) {
        let path = path_glob(pattern.strip_prefix("./").unwrap_or(pattern));
        let is_covered = |known: &String| {
            *known == path || known.strip_suffix("**").is_some_and(|directory| path.starts_with(directory))
        };
        if path == "**" {
            return Vec::new();
        }
        if !paths.iter().any(is_covered) {
            paths.push(path);
        }
    }
    paths
}

/// Whether a pattern of a filter file takes away: `!x`, but not `!(x)`, which matches something.
fn is_negated(pattern: &str) -> bool {
    pattern.strip_prefix('!').is_some_and(|rest| !rest.starts_with('('))
}

/// A pattern of a filter file in GitHub's dialect, or one that matches more.
fn path_glob(pattern: &str) -> String {
    let is_simple = |part: &str| {
        part == "**" || !part.contains("**") && !part.contains(FILTER_SPECIAL.as_slice()) && !part.is_empty()
    };
    let simple: Vec<&str> = pattern.split('/').take_while(|part| is_simple(part)).collect();
    // In a filter file, such a pattern also matches what is called like one of the directories, but is a file.
    let is_of_directories = pattern.strip_suffix("/**").is_some_and(|directories| directories.contains('*'));
    if simple.len() == pattern.split('/').count() && !is_of_directories {
        return pattern.to_owned();
    }
    // Up to the first directory that not every match is in.
    let fixed = simple.into_iter().take_while(|part| !part.contains('*'));
    let mut path: String = fixed.map(|part| part.to_owned() + "/").collect();
    path.push_str("**");
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::github::WorkflowFilter;
    use crate::filters::pattern::{PathText, Pattern};
    use proptest::prelude::*;

    fn format(text: &str) -> TagFormat {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_format_has_its_pattern() {
        let services = ["services/go/api", "services/node/web"];
        for (formats, services, expected) in [
            (&["{service}@{version}"][..], &services[..], &["services/**@[0-9]+.[0-9]+.[0-9]+"][..]),
            (&["{service}/v{version}"], &services, &["services/**/v[0-9]+.[0-9]+.[0-9]+"]),
            (&["{name}-v{version}"], &services, &["*-v[0-9]+.[0-9]+.[0-9]+"]),
            (&["v{version}"], &services, &["v[0-9]+.[0-9]+.[0-9]+"]),
            (
                &["{service}@{version}", "v{version}", "v{version}"],
                &services,
                &["services/**@[0-9]+.[0-9]+.[0-9]+", "v[0-9]+.[0-9]+.[0-9]+"],
            ),
            (&["{service}@{version}"], &["api", "web"], &["*@[0-9]+.[0-9]+.[0-9]+"]),
            (
                &["{service}/v{version}"],
                &["web", "apps/a/x", "apps/a/y", "lib/z"],
                &[
                    "apps/a/**/v[0-9]+.[0-9]+.[0-9]+",
                    "lib/**/v[0-9]+.[0-9]+.[0-9]+",
                    "*/v[0-9]+.[0-9]+.[0-9]+",
                ],
            ),
            (&["{service}@{version}"], &["apps/a", "apps/ab/c"], &["apps/**@[0-9]+.[0-9]+.[0-9]+"]),
            (&["!{version}+{name}"], &["a"], &[r"\![0-9]+.[0-9]+.[0-9]+\+*"]),
        ] {
            let formats: Vec<TagFormat> = formats.iter().map(|text| format(text)).collect();
            assert_eq!(tag_globs(&formats, services, &PreReleases::default()), expected);
        }
    }

    #[test]
    fn every_identifier_has_its_pattern() {
        let globs = |text: &str, services: &[&str]| {
            tag_globs(&[format(text)], services, &PreReleases::new(["rc", "beta-1"]))
        };
        let expected = [
            "apps/**@[0-9]+.[0-9]+.[0-9]+",
            "apps/**@[0-9]+.[0-9]+.[0-9]+-beta-1.[0-9]+",
            "apps/**@[0-9]+.[0-9]+.[0-9]+-rc.[0-9]+",
        ];
        assert_eq!(globs("{service}@{version}", &["apps/api"]), expected);
        let filter = WorkflowFilter::parse(globs("v{version}.{name}", &["apps/api"])).unwrap();
        for (tag, passes) in [
            ("v1.2.3.api", true),
            ("v1.20.3-rc.12.api", true),
            ("v1.2.3-beta-1.1.api", true),
            ("v1.2.3-rc.api", false),
            ("v1.2.3-rc.1", false),
            ("v1.2-rc.1.api", false),
        ] {
            assert_eq!(filter.matches(tag), passes, "{tag}");
        }
        let filter = WorkflowFilter::parse(globs("{service}@{version}", &["apps/api"])).unwrap();
        for other in ["1.2.3-alpha.1", "1.2.3-rc", "1.2.3-rc.", "1.2.3-rc.x", "1.2.3-rc.1.1", "1.2-rc.1"] {
            assert!(!filter.matches(&format!("apps/api@{other}")), "{other}");
        }
    }

    #[test]
    fn what_is_watched_starts_a_run() {
        for (services, watched, expected) in [
            (&["services/go/api", "services/web"][..], &[][..], &["services/**"][..]),
            (&["api", "web"], &["libs/ui/**"], &["api/**", "web/**", "libs/ui/**"]),
            (
                &["apps/web"],
                &["apps/web/**", "!**/*.md", ".github/x.yaml", "./libs/*.js", ".github/x.yaml"],
                &["apps/**", ".github/x.yaml", "libs/*.js"],
            ),
            (&["apps/web"], &["libs/{ui,core}/**", "go.@(mod|sum)"], &[]),
            (&["apps/web"], &["libs/{ui,core}/**", "a/**/b+c/x"], &["apps/**", "libs/**", "a/**"]),
            (&["apps/web"], &["**"], &[]),
            (&["a+b/web"], &["!(x)/y"], &[]),
            (&["a+b/web"], &[], &[r"a\+b/**"]),
        ] {
            assert_eq!(push_paths(services, watched), expected, "{services:?} {watched:?}");
        }
    }

    /// What may stand in place of a version without making a release.
    const OTHERS: [&str; 9] =
        ["1.2.3-rc.1", "1.2", "1.2.3.4", "v1.2.3", "1x2x3", "1..3", "1.2.3+1", "latest", "1.2.x"];

    proptest! {
        #[test]
        fn release_tags_and_nothing_else_pass(
            services in proptest::collection::vec("[a-z+!\\]@.ü'#-]{1,4}(/[a-z+!\\]@.{}$ -]{1,5}){0,3}", 1..6),
            formats in proptest::collection::vec(
                "(\\{service\\}|\\{name\\}|)[v+!@\\]/_-]{1,2}\\{version\\}([_+!@\\]-][a-z+!]{1,3}(\\{name\\})?)?", 1..4
            ),
            numbers in [0u64.., 0u64.., 0u64..],
        ) {
            let formats: Vec<TagFormat> = formats.iter().filter_map(|text| text.parse().ok()).collect();
            prop_assume!(!formats.is_empty());
            let paths: Vec<&str> = services.iter().map(String::as_str).collect();
            let globs = tag_globs(&formats, &paths, &PreReleases::default());
            let filter = WorkflowFilter::parse(&globs).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let version = format!("{}.{}.{}", numbers[0], numbers[1], numbers[2]);
            for pattern in formats.iter().flat_map(|format| paths.iter().map(|path| format.pattern(path))) {
                let tag = pattern.tag_of(&version);
                prop_assert!(filter.matches(&tag), "{globs:?} {tag}");
                for other in OTHERS {
                    let tag = pattern.tag_of(other);
                    // Of another service, or of one without a name: no glob asks for at least one character.
                    let is_release = || {
                        let named = [tag.clone(), format!("x{tag}"), format!("{tag}x"), format!("x{tag}x")];
                        formats.iter().any(|format| {
                            let names_one = |tag: &String| format.service_in(tag).is_some();
                            named.iter().any(names_one) || format.pattern("").version_of(&tag).is_some()
                        })
                    };
                    prop_assert!(!filter.matches(&tag) || is_release(), "{globs:?} {tag}");
                }
            }
        }

        #[test]
        fn no_file_that_is_watched_is_held_back(
            patterns in proptest::collection::vec(
                "(\\./)?(a|b|\\*|\\*\\*|\\?|\\{a,b\\}|@\\(a\\|b\\)|\\+\\(a\\)|!\\(a\\)|\\[ab\\]|a\\*b|\\*\\*b|a\\+|@a)(/(a|b|\\*|\\*\\*|\\?|\\{a,b\\}|a\\*)){0,3}", 1..4
            ),
            files in proptest::collection::vec("[ab@+]{1,2}(/[ab]{1,2}){0,4}", 1..20),
        ) {
            let written: Vec<&str> = patterns.iter().map(String::as_str).collect();
            let paths = push_paths(&["s/x"], &written);
            let filter = WorkflowFilter::parse(&paths).map_err(|error| TestCaseError::fail(error.to_string()))?;
            for pattern in written.iter().filter_map(|text| Pattern::parse(text).ok()) {
                // What is a directory is no file.
                let is_directory = |file: &&String| written.iter().any(|text| {
                    text.strip_prefix("./").unwrap_or(text).strip_suffix("/**") == Some(file)
                });
                for file in files.iter().filter(|file| !is_directory(file)) {
                    let is_watched = pattern.matches(&PathText::new(file.as_bytes()));
                    prop_assert!(!is_watched || paths.is_empty() || filter.matches(file), "{paths:?} {pattern:?} {file}");
                }
            }
        }

        #[test]
        fn a_literal_matches_itself(text in "\\PC{1,20}") {
            let filter = WorkflowFilter::parse([literal_glob(&text)]).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert!(filter.matches(&text));
        }
    }
}
