//! Tags that look like releases but are not, and releases out of order.

use std::collections::{BTreeMap, HashMap};

use super::{At, CheckedConfig, Finding, Rule};
use crate::config::FILE;
use crate::display::{count, shell_word};
use crate::domain::{
    FormatProposal, PreRelease, PreReleases, TagFormat, TagPattern, Version, VersionError, tag_format_setting,
};
use crate::yaml::Placed;

/// What is known about tags and history.
#[derive(Debug, Default)]
pub struct TagFacts {
    /// Tags that look like releases of a service but are not.
    pub malformed: Vec<MalformedTag>,
    /// Formats that tags fit, where none is set and services have no releases in the default one.
    pub other_formats: Vec<FormatProposal>,
    /// Tags that look like releases, but are in none of the configuration's formats.
    pub unread: UnreadTags,
    /// Release tags that do not point to a commit, and the kind of object that they point to.
    pub not_commits: Vec<(String, String)>,
    /// Release tags that git ignores: the name, what is wrong, and the command that removes it.
    pub broken: Vec<(String, String, String)>,
    /// Releases lower than a release before them.
    pub inversions: Vec<Inversion>,
    /// Release tags of the same service on the same commit, if there are several, highest first.
    pub together: Vec<Vec<String>>,
    /// What could not be read.
    pub state: HistoryState,
}

/// Tags that look like releases, but are in none of the configuration's formats.
#[derive(Debug, Default)]
pub struct UnreadTags {
    /// The formats that they fit.
    pub formats: Vec<FormatProposal>,
    /// Of the configuration's formats, by position, those that no tag fits.
    pub unused: Vec<usize>,
}

impl UnreadTags {
    /// The formats of those among `found` that are newer than the releases of their services: others are of a former format,
    /// and left behind on purpose. `found` has the service of each format, by position; `highest` are the highest releases of
    /// services; `unused` are the positions of the configuration's formats that no tag fits, `known` is how many there are.
    pub fn of(
        found: impl Iterator<Item = (Option<usize>, Version, FormatProposal)>,
        highest: &HashMap<usize, Version>,
        unused: Vec<usize>,
        known: usize,
    ) -> Self {
        let is_nothing_read = unused.len() == known;
        let matters = |of: Option<usize>, version: Version| match of {
            _ if is_nothing_read => true,
            // As the release tags of the repository as a whole.
            None => false,
            Some(service) => highest.get(&service).is_none_or(|highest| *highest < version),
        };
        let mut formats: BTreeMap<String, (Version, FormatProposal)> = BTreeMap::new();
        for (_, version, proposal) in found.filter(|(of, version, _)| matters(*of, *version)) {
            match formats.get_mut(&proposal.format) {
                Some((highest, known)) => {
                    known.tags += proposal.tags;
                    if version > *highest {
                        *highest = version;
                        known.example = proposal.example;
                    }
                }
                None => drop(formats.insert(proposal.format.clone(), (version, proposal))),
            }
        }
        let mut formats: Vec<FormatProposal> = formats.into_values().map(|(_, proposal)| proposal).collect();
        formats.sort_by_key(|proposal| std::cmp::Reverse(proposal.tags));
        UnreadTags { formats, unused }
    }
}

/// How much of the history there is to read.
#[derive(Debug, Default)]
pub struct HistoryState {
    /// Whether the clone is shallow.
    pub is_shallow: bool,
    /// The services whose version cannot be determined because of that.
    pub unknown: Vec<String>,
    /// What is wrong with refs and objects otherwise.
    pub unreadable: Vec<String>,
}

/// A tag that looks like a release of a service but is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MalformedTag {
    /// Without `refs/tags/`.
    pub tag: String,
    /// The path of the service.
    pub service: String,
    /// The pattern of the service's release tags.
    pub pattern: TagPattern,
    /// The text in place of the version.
    pub version: String,
    /// Why it is not a version.
    pub reason: VersionError,
    /// The other tag format that it fits, if it fits one.
    pub other_format: Option<String>,
}

/// A release with a lower version than a release of an ancestor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inversion {
    /// The path of the service.
    pub service: String,
    /// The tag of the release.
    pub tag: String,
    /// The tag of the ancestor's release.
    pub above: String,
    /// Whether it is the base release of `HEAD`.
    pub is_base: bool,
}

impl MalformedTag {
    /// The service whose releases `tag` looks most like; none if it does not look like a release, or is one.
    ///
    /// `patterns` are those of the services, with their paths, by the text before the version.
    pub fn find(tag: &str, patterns: &HashMap<&str, Vec<(&str, &TagPattern)>>) -> Option<Self> {
        // A tag may be far longer than any text before a version.
        let longest = patterns.keys().map(|prefix| prefix.len()).max().unwrap_or(0);
        let ends = (0..=tag.len().min(longest)).rev().filter_map(|end| tag.get(..end));
        let fits = ends.filter_map(|prefix| patterns.get(prefix)).flatten();
        let fits =
            fits.filter_map(|(service, pattern)| Some((*service, *pattern, pattern.version_text(tag)?)));
        let looks_like_version =
            |text: &str| text.trim_start_matches(['v', 'V']).starts_with(|c: char| c.is_ascii_digit());
        let mut found = None;
        for (service, pattern, version) in fits {
            let Err(reason) = version.parse::<Version>() else { return None };
            let looks_like_release =
                !version.is_empty() && (pattern.prefix().ends_with('@') || looks_like_version(version));
            if looks_like_release && found.is_none() {
                found = Some(MalformedTag {
                    tag: tag.to_owned(),
                    service: service.to_owned(),
                    pattern: pattern.clone(),
                    version: version.to_owned(),
                    reason,
                    other_format: None,
                });
            }
        }
        found
    }

    /// Whether it is a pre-release or has build metadata in SemVer, which is not a release on purpose.
    fn is_prerelease(&self) -> bool {
        let parts = self.version.split_once(['-', '+']);
        parts.is_some_and(|(release, rest)| Version::parse(release).is_some() && !rest.is_empty())
    }

    /// The release tag that was probably intended.
    pub fn intended_tag(&self) -> Option<String> {
        self.intended().map(|version| self.pattern.tag_of(version))
    }

    /// The version that was probably intended.
    fn intended(&self) -> Option<Version> {
        let numbers = self.version.trim_start_matches(['v', 'V']).split('.').map(|number| {
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let plain = number.trim_start_matches('0');
            is_number.then_some(if plain.is_empty() { "0" } else { plain })
        });
        let mut numbers = numbers.collect::<Option<Vec<_>>>()?;
        numbers.resize(numbers.len().max(3), "0");
        Version::parse(&numbers.join("."))
    }

    fn finding(&self) -> Finding {
        let MalformedTag { tag, service, version, reason, .. } = self;
        let reason = match reason {
            VersionError::Malformed => format!("'{version}' is not of the form X.Y.Z"),
            VersionError::TooLarge => format!("{reason}, which '{version}' exceeds"),
        };
        let fix = match self.intended_tag() {
            Some(new) => format!(
                "if {new} was intended: git tag -a {0} -m {0} {1} && git push origin {2}",
                shell_word(&new),
                shell_word(&format!("{tag}^{{}}")),
                shell_word(&format!("refs/tags/{new}"))
            ),
            None => format!("release with {}", self.pattern.tag_of("X.Y.Z")),
        };
        Finding::warning(
            Rule::MalformedTag,
            At::Tag(tag.clone()),
            format!("this tag is not a release of {service}: {reason}"),
        )
        .why(NOT_COUNTED)
        .fix(fix)
    }
}

/// What follows from a tag that is no release.
const NOT_COUNTED: &str = "versions are still counted from the previous release, and nothing reports that";

/// No finding proposes to delete a tag: others have it once it is pushed, and whether it is cannot be told from here.
pub(super) fn check(tags: &TagFacts, config: &CheckedConfig<'_>, findings: &mut Vec<Finding>) {
    unread(&tags.unread, config, findings);
    let known = config.config.prereleases();
    let unknown = tags.malformed.iter().filter(|tag| known.parse(&tag.version).is_none());
    let (prereleases, others): (Vec<_>, Vec<_>) = unknown.partition(|tag| tag.is_prerelease());
    findings.extend(tags.other_formats.iter().map(other_format));
    malformed(&others, findings);
    self::prereleases(&prereleases, &known, findings);
    for (tag, kind) in &tags.not_commits {
        findings.push(
            Finding::warning(
                Rule::MalformedTag,
                At::Tag(tag.clone()),
                format!("this tag points to a {kind}, not to a commit"),
            )
            .why("it looks like a release, but no commit gets a version from it")
            .fix("release the commit that was meant, under a version that no tag has yet"),
        );
    }
    for (tag, why, removal) in &tags.broken {
        findings.push(
            Finding::warning(Rule::MalformedTag, At::Tag(tag.clone()), format!("this tag is broken: {why}"))
                .why("git ignores it, and so it is no release")
                .fix(format!("replace this clone's copy by the remote's: {removal}, then git fetch --tags")),
        );
    }
    order(tags, findings);
    state(&tags.state, findings);
}

/// Tags that fit another format, where no format is set.
fn other_format(proposal: &FormatProposal) -> Finding {
    let message = format!("{} the tag format {}, which is not set", proposal.fit(), proposal.format);
    Finding::warning(Rule::TagFormat, At::Repository, message)
        .why("imgver reads {service}@{version}, so versions count from 0.0.0 as if nothing had been released")
        .fix(format!("set {}, the latter two in workflows and Taskfiles alike", proposal.setting()))
}

/// Tags that look like releases, but that no format of the configuration reads.
fn unread(unread: &UnreadTags, config: &CheckedConfig<'_>, findings: &mut Vec<Finding>) {
    let formats = &config.config.tag_formats;
    let shown = |format: &Placed<TagFormat>| format.value.to_string();
    let unused: Vec<&Placed<TagFormat>> = unread.unused.iter().filter_map(|at| formats.get(*at)).collect();
    let Some(place) = unused.first().copied().or(formats.first()).map(|format| format.place) else { return };
    for (number, proposal) in unread.formats.iter().enumerate() {
        let fit = format!("{} the tag format {}", proposal.fit(), proposal.format);
        let message = match unused.first() {
            Some(format) if number == 0 => format!("no tag fits the tag format {}, but {fit}", format.value),
            _ => format!("{fit}, which is not among those of `tag-format`"),
        };
        let all: Vec<String> = formats
            .iter()
            .map(shown)
            .chain([proposal.format.clone()])
            .map(|format| format!("'{format}'"))
            .collect();
        findings.push(
            Finding::warning(Rule::TagFormat, At::file(FILE, place), message)
                .why("these tags are not releases, so versions count from an earlier one, or from 0.0.0")
                .fix(format!("add it: tag-format: [{}]; the first is the one of new tags", all.join(", "))),
        );
    }
}

/// One finding for each tag, or for all tags that fit another format: these were made on purpose.
fn malformed(tags: &[&MalformedTag], findings: &mut Vec<Finding>) {
    let mut by_format: BTreeMap<&str, Vec<&MalformedTag>> = BTreeMap::new();
    for tag in tags {
        match &tag.other_format {
            Some(format) => by_format.entry(format).or_default().push(tag),
            None => findings.push(tag.finding()),
        }
    }
    for (format, mut tags) in by_format {
        tags.sort_by(|a, b| a.tag.cmp(&b.tag));
        let Some((first, others)) = tags.split_first() else { continue };
        if others.is_empty() {
            findings.push(first.finding());
            continue;
        }
        let current = first.pattern.tag_of("X.Y.Z");
        let message = format!(
            "this tag and {} more are not releases: they fit the tag format {format}, but a release is {current}",
            others.len()
        );
        findings.push(
            Finding::warning(Rule::MalformedTag, At::Tag(first.tag.clone()), message).why(NOT_COUNTED).fix(
                format!(
                    "leave them if they are from before the format was changed; to count them as well, add '{format}' to `tag-format` in {FILE}; {} reads them alone",
                    tag_format_setting(format)
                ),
            ),
        );
    }
}

/// One finding for all pre-releases of a service that are not among those that are `known`.
fn prereleases(tags: &[&MalformedTag], known: &PreReleases, findings: &mut Vec<Finding>) {
    let mut by_service: BTreeMap<&str, Vec<&MalformedTag>> = BTreeMap::new();
    for tag in tags {
        by_service.entry(&tag.service).or_default().push(tag);
    }
    for (service, mut tags) in by_service {
        tags.sort_by(|a, b| a.tag.cmp(&b.tag));
        let Some(first) = tags.first() else { continue };
        let message = match tags.len() - 1 {
            0 => format!("this pre-release is not a release of {service}"),
            more => format!("this pre-release and {more} more are not releases of {service}"),
        };
        let found = tags.iter().find_map(|tag| PreRelease::parse(&tag.version));
        let setting = found.map(|found| known.setting_with(&found.identifier));
        let setting = setting.map(|setting| format!("; {setting} in {FILE} makes candidates of them"));
        findings.push(
            Finding::warning(Rule::MalformedTag, At::Tag(first.tag.clone()), message)
                .why("only X.Y.Z is a release; between releases, commits have extended versions")
                .fix(format!(
                    "leave them if nobody expects versions of them; else release with {}{}",
                    first.pattern.tag_of("X.Y.Z"),
                    setting.unwrap_or_default()
                )),
        );
    }
}

fn order(tags: &TagFacts, findings: &mut Vec<Finding>) {
    for Inversion { service, tag, above, is_base } in &tags.inversions {
        let message = format!("this release of {service} is lower than {above}, which came before it");
        let (rule, at) = (Rule::TagBelowAncestor, At::Tag(tag.clone()));
        let finding = if *is_base {
            Finding::error(rule, at, message)
                .why("it is the base of the versions of HEAD, so they go backwards")
        } else {
            Finding::warning(rule, at, message).why("an update from the earlier release to it goes backwards")
        };
        findings.push(finding.fix(format!("make the next release higher than {above}")));
    }
    for several in &tags.together {
        let Some((highest, others)) = several.split_first() else { continue };
        let message = format!("the commit of this release also has {}", others.join(", "));
        findings.push(
            Finding::warning(Rule::TagsOnOneCommit, At::Tag(highest.clone()), message)
                .why("the highest counts, so one commit has images under several versions")
                .fix("leave them; make the next release of a new commit, with a higher version"),
        );
    }
}

fn state(state: &HistoryState, findings: &mut Vec<Finding>) {
    let fix = "git fetch --unshallow --tags; in GitHub Actions, give actions/checkout `fetch-depth: 0`";
    if !state.unknown.is_empty() {
        let of = match state.unknown.as_slice() {
            [only] => only.clone(),
            several => count(several.len(), "service"),
        };
        findings.push(
            Finding::error(
                Rule::ShallowClone,
                At::Repository,
                format!("this clone is too shallow to version {of}"),
            )
            .why(
                "history is cut off before the base release is certain, so imgver refuses to print a version",
            )
            .fix(fix),
        );
    } else if state.is_shallow {
        findings.push(
            Finding::warning(Rule::ShallowClone, At::Repository, "this clone is shallow")
                .why("tags and releases that it lacks were not checked, and changes since older commits cannot be determined")
                .fix(fix),
        );
    }
    for problem in &state.unreadable {
        findings.push(
            Finding::error(Rule::History, At::Repository, problem.clone())
                .why("release tags and history could not be checked, and versions cannot be determined")
                .fix("git fsck shows what is broken; a fresh clone repairs it"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TagFormat;

    fn found(tag: &str) -> Option<MalformedTag> {
        let pattern = TagFormat::default().pattern("svc");
        MalformedTag::find(tag, &HashMap::from([("svc@", vec![("svc", &pattern)])]))
    }

    #[test]
    fn the_intended_version_is_one() {
        for (version, intended) in [
            ("1.1", Some("1.1.0")),
            ("v01.2.3", Some("1.2.3")),
            ("2", Some("2.0.0")),
            ("1.2.3.4", None),
            ("latest", None),
            ("18446744073709551616.0.0", None),
            ("18446744073709551616", None),
        ] {
            let tag = found(&format!("svc@{version}")).unwrap();
            assert_eq!(tag.intended().map(|version| version.to_string()).as_deref(), intended, "{version}");
        }
    }

    #[test]
    fn a_number_beyond_64_bits_is_no_release() {
        assert_eq!(found("svc@18446744073709551615.0.0"), None);
        let finding = found("svc@18446744073709551616.0.0").unwrap().finding();
        let message = "this tag is not a release of svc: the largest number in a version is 18446744073709551615, which '18446744073709551616.0.0' exceeds";
        assert_eq!(finding.message, message);
        assert!(!finding.fix.contains("git tag -a"), "{}", finding.fix);
    }
}
