//! The spelling of release tags, and the pre-releases among tags.

use std::collections::{BTreeMap, BTreeSet};

use super::services::ProposedService;
use super::sources::Age;
use super::{Discovery, Sources, Sureness};
use crate::display::count;
use crate::domain::{
    FormatProposal, PreRelease, PreReleases, TagFormat, TagSpelling, TagSpellings, Version, short_name,
};

/// Below this share of all tags, a format is left aside, in percent.
const SHARE_MIN: usize = 5;

/// A format that more tags than these fit is used on purpose, whatever their share.
const STRAY_MAX: usize = 3;

/// The formats of a repository's release tags.
#[derive(Debug, Default)]
pub(super) struct Formats {
    /// Those that count, the one to write first; empty for the default.
    pub(super) sure: Vec<String>,
    /// Those that cannot count beside them, and why.
    pub(super) doubtful: Vec<(String, String)>,
    /// The identifiers of pre-releases in those that count, sorted.
    pub(super) prereleases: Vec<String>,
}

/// A release, by the name of its tag.
struct Release<'t> {
    age: Age,
    version: Version,
    tag: &'t str,
    spelling: TagSpelling,
}

/// The formats that the tags fit.
pub(super) fn formats(
    services: &[ProposedService],
    taskfiles: &BTreeMap<String, Option<String>>,
    sources: &Sources,
    discoveries: &mut Vec<Discovery>,
) -> Formats {
    let names = services.iter().map(|service| service.name.as_str());
    let mut names: Vec<&str> = names.chain(taskfiles.keys().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    let tags = &sources.repository.tags;
    let spellings = TagSpellings::new(names.iter().copied());
    let before: Vec<(String, PreRelease)> = tags.keys().filter_map(|tag| before_release(tag)).collect();
    let found = spellings.survey(tags.keys().map(String::as_str)).formats();
    // Before the first release, there may be pre-releases.
    let found = match found.is_empty() {
        true => formats_before_releases(&before, &spellings),
        false => found,
    };
    let mut add = |what: String, becomes: String, sureness| {
        discoveries.push(Discovery::new(None, what, becomes, sureness));
    };
    if let ([], Some(last)) = (found.as_slice(), tags.keys().next_back()) {
        let what = format!("{} in another form than versions, such as {last}", count(tags.len(), "tag"));
        add(what, "nothing: no tag format reads them".to_owned(), Sureness::Unsure);
    }
    let (used, stray) = main_formats(found);
    let mut releases: Vec<Release<'_>> = tags
        .iter()
        .filter_map(|(tag, age)| {
            let (spelling, version) = spellings.with_version(tag)?;
            Some(Release { age: *age, version, tag, spelling })
        })
        .collect();
    // Of one commit's, the highest counts.
    releases.sort_by_key(|release| (release.age, release.version));
    let mut formats = Formats::default();
    for proposal in used {
        let what = format!("{} {}", proposal.fit(), proposal.format);
        let shared = namesakes(&proposal.format, &names);
        let shared = shared.map(|(one, other)| format!("{one} and {other} would have the same tags"));
        let lower = || {
            let (lower, above) = backwards(&releases, &proposal.format, &formats.sure, names.len())?;
            Some(format!("{lower} is lower than {above} before it"))
        };
        match shared.or_else(lower) {
            None => {
                add(what, format!("tag-format {}", proposal.format), Sureness::Sure);
                formats.sure.push(proposal.format);
            }
            Some(why) => {
                add(what, format!("a comment: {why}"), Sureness::Unsure);
                formats.doubtful.push((proposal.format, why));
            }
        }
    }
    for proposal in stray {
        let what = format!("{} {}", proposal.fit(), proposal.format);
        add(what, "nothing: they are few".to_owned(), Sureness::Likely);
    }
    formats.prereleases = prereleases(&before, &formats.sure, &spellings);
    for identifier in &formats.prereleases {
        let tags = before.iter().filter(|(_, of)| of.identifier == *identifier).count();
        let what = format!("{} of pre-releases called {identifier}", count(tags, "tag"));
        add(
            what,
            format!(
                "{}, built for the environment candidate",
                PreReleases::default().setting_with(identifier)
            ),
            Sureness::Likely,
        );
    }
    if formats.sure == ["{service}@{version}"] {
        formats.sure.clear();
    }
    formats
}

/// The formats of tags that come `before` releases; the examples are such tags.
fn formats_before_releases(
    before: &[(String, PreRelease)],
    spellings: &TagSpellings<'_>,
) -> Vec<FormatProposal> {
    let mut found = spellings.survey(before.iter().map(|(tag, _)| tag.as_str())).formats();
    for FormatProposal { example, .. } in &mut found {
        let theirs = before.iter().filter(|(release, _)| release == example);
        if let Some(highest) = theirs.map(|(_, of)| of).max() {
            *example = format!("{example}-{}.{}", highest.identifier, highest.number);
        }
    }
    found
}

/// The release tag that a `tag` such as `api@1.1.0-rc.2` comes before, `api@1.1.0`, and what it is then.
fn before_release(tag: &str) -> Option<(String, PreRelease)> {
    let starts = tag.match_indices(|character: char| character.is_ascii_digit()).map(|(at, _)| at);
    // `api2-1.1.0-rc.2`: of what could be one, the first.
    starts.into_iter().find_map(|at| {
        let prerelease = PreRelease::parse(tag.get(at..)?)?;
        Some((format!("{}{}", tag.get(..at)?, prerelease.version), prerelease))
    })
}

/// The identifiers of the pre-releases `before` releases whose tags are in one of `formats`, or in the default one if there is
/// none, sorted.
fn prereleases(
    before: &[(String, PreRelease)],
    formats: &[String],
    spellings: &TagSpellings<'_>,
) -> Vec<String> {
    let counts = |format: &String| match formats {
        [] => format == "{service}@{version}",
        formats => formats.contains(format),
    };
    let read = before.iter().filter(|(tag, _)| spellings.of(tag).is_some_and(|of| counts(&of.format)));
    let identifiers: BTreeSet<&String> = read.map(|(_, prerelease)| &prerelease.identifier).collect();
    identifiers.into_iter().cloned().collect()
}

/// Two services that `format` gives the same tags, as it names them by their short names.
fn namesakes<'n>(format: &str, names: &[&'n str]) -> Option<(&'n str, &'n str)> {
    if !format.parse::<TagFormat>().is_ok_and(|format| format.is_by_short_name()) {
        return None;
    }
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    names.iter().find_map(|name| Some((known.insert(short_name(name), name)?, *name)))
}

/// Formats of services, or those of the repository as a whole, whichever have more tags, and then the others; and those that
/// are few. Formats of the whole are in the order of their highest version, since a repository changes its spelling as it goes
/// on.
fn main_formats(found: Vec<FormatProposal>) -> (Vec<FormatProposal>, Vec<FormatProposal>) {
    let names_service = |proposal: &FormatProposal| {
        proposal.format.contains("{name}") || proposal.format.contains("{service}")
    };
    let (of_services, of_whole): (Vec<_>, Vec<_>) = found.into_iter().partition(names_service);
    let tags = |formats: &[FormatProposal]| formats.iter().map(|proposal| proposal.tags).sum::<usize>();
    let (main, other) =
        if tags(&of_services) > tags(&of_whole) { (of_services, of_whole) } else { (of_whole, of_services) };
    let all = tags(&main) + tags(&other);
    let is_used =
        |proposal: &FormatProposal| proposal.tags > STRAY_MAX || proposal.tags * 100 >= all * SHARE_MIN;
    main.into_iter().chain(other).partition(is_used)
}

/// A release of a service that is lower than one on an earlier commit, where one of the two is in the format `candidate`, and
/// the other one in one of `others`: with both formats, versions would go backwards.
fn backwards(
    releases: &[Release<'_>],
    candidate: &str,
    others: &[String],
    services: usize,
) -> Option<(String, String)> {
    (0..services).find_map(|service| {
        // By whether they are in the candidate's format.
        let mut highest: [Option<&Release<'_>>; 2] = [None, None];
        let is_ours = |release: &&Release<'_>| release.spelling.service.is_none_or(|of| of == service);
        for release in releases.iter().filter(is_ours) {
            let format = &release.spelling.format;
            let is_candidate = format == candidate;
            if !is_candidate && !others.contains(format) {
                continue;
            }
            let [other, candidates] = &mut highest;
            let (own, opposite) = if is_candidate { (candidates, other) } else { (other, candidates) };
            if let Some(above) = opposite.filter(|above| above.version > release.version) {
                return Some((release.tag.to_owned(), above.tag.to_owned()));
            }
            if own.is_none_or(|highest| highest.version < release.version) {
                *own = Some(release);
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The formats of a repository with the services `apps/api` and `apps/web` whose tags have these names, one commit after another.
    fn of(tags: impl IntoIterator<Item = String>) -> Formats {
        let mut sources = Sources::default();
        sources.repository.tags =
            tags.into_iter().zip((1..).map(|seconds| Age { seconds, behind: 0 })).collect();
        let taskfiles = ["apps/api", "apps/web"].map(|service| (service.to_owned(), None)).into();
        formats(&[], &taskfiles, &sources, &mut Vec::new())
    }

    #[test]
    fn formats_that_go_backwards_together_are_not_both_sure() {
        let tags = |list: &[&str]| of(list.iter().map(|&tag| tag.to_owned()));
        let found = tags(&["v1.0.0", "v1.1.0", "api-v0.1.0"]);
        assert_eq!(found.sure, ["v{version}"]);
        let why = "api-v0.1.0 is lower than v1.1.0 before it".to_owned();
        assert_eq!(found.doubtful, [("{name}-v{version}".to_owned(), why)]);
        for (list, sure) in [
            (&["v1.0.0", "v1.1.0", "api-v1.2.0", "web-v1.1.1"][..], &["v{version}", "{name}-v{version}"][..]),
            (&["api-v0.1.0", "v1.0.0", "v1.1.0"], &["v{version}", "{name}-v{version}"]),
            (&["2.0.0", "2.1.0", "v1.0.0"], &["{version}"]),
            (
                &["api-v1.0.0", "web-v2.0.0", "api-v1.1.0", "apps/api@1.2.0"],
                &["{name}-v{version}", "{service}@{version}"],
            ),
        ] {
            let mut expected = sure.to_vec();
            let mut found = tags(list).sure;
            found.sort();
            expected.sort_unstable();
            assert_eq!(found, expected, "{list:?}");
        }
    }

    #[test]
    fn pre_releases_are_those_of_formats_that_count() {
        let found = |list: &[&str]| of(list.iter().map(|&tag| tag.to_owned()));
        for (list, formats, identifiers) in [
            (
                &["apps/api@1.0.0", "apps/api@1.1.0-rc.1", "apps/web@1.0.0-beta.2"][..],
                &[][..],
                &["beta", "rc"][..],
            ),
            (&["api@1.0.0", "api@1.1.0-rc.1"], &["{name}@{version}"], &["rc"]),
            (&["api-v1.0.0-rc.1", "web-v0.1.0-rc.3"], &["{name}-v{version}"], &["rc"]),
            (&["v1.0.0", "v1.1.0-next.12"], &["v{version}"], &["next"]),
            (
                &["v1.0.0", "other@1.1.0-rc.1", "v1.1.0-rc", "v1.1.0-rc.01", "v1.1-rc.1", "v1.1.0-1"],
                &["v{version}"],
                &[],
            ),
            (&["v1.0.0-0047", "v1.0.0-rc1", "nightly-2024.1.1-x.1"], &[], &[]),
        ] {
            let found = found(list);
            assert_eq!(
                (found.sure, found.prereleases),
                (
                    formats.iter().map(|&it| it.to_owned()).collect(),
                    identifiers.iter().map(|&it| it.to_owned()).collect()
                ),
                "{list:?}"
            );
        }
    }

    #[test]
    fn many_tags_are_not_few() {
        let whole = (0..500).map(|patch| format!("v1.0.{patch}"));
        let of_service = (0..22).map(|patch| format!("apps/api/v2.0.{patch}"));
        let found = of(whole.chain(["0.4.5".to_owned()]).chain(of_service));
        assert_eq!(found.sure, ["v{version}", "{service}/v{version}"]);
        assert!(found.doubtful.is_empty());
    }
}
