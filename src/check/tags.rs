//! Tags that look like releases and are none, and releases out of order.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::{At, Finding, count};
use crate::domain::{TagPattern, Version};

/// What is known of tags and history.
#[derive(Debug, Default)]
pub struct Tags {
    /// Whether the tag format spells the tags of different services differently.
    pub names_services: bool,
    /// Tags that look like releases of a service.
    pub malformed: Vec<MalformedTag>,
    /// Release tags of something that is no commit, and what that is.
    pub no_commits: Vec<(String, String)>,
    /// Releases below earlier ones.
    pub inversions: Vec<Inversion>,
    /// Release tags of one service at one commit, where there are several, the highest first.
    pub together: Vec<Vec<String>>,
    /// What could not be told at all.
    pub state: TagState,
}

/// Whether the history says enough.
#[derive(Debug, Default)]
pub struct TagState {
    /// Whether history is cut off.
    pub is_shallow: bool,
    /// Services whose version cannot be told because of that.
    pub unknown: Vec<String>,
    /// What else is wrong with refs and history.
    pub unreadable: Vec<String>,
}

/// A tag that looks like a release of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MalformedTag {
    /// The tag.
    pub tag: String,
    /// The service, by its path.
    pub service: String,
    /// What its release tags look like.
    pub pattern: TagPattern,
    /// What stands where a version should.
    pub version: String,
}

/// A release whose version is below that of an ancestor's release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inversion {
    /// The service, by its path.
    pub service: String,
    /// Its tag.
    pub tag: String,
    /// The tag of the ancestor.
    pub above: String,
    /// Whether today's versions follow it.
    pub is_base: bool,
}

impl MalformedTag {
    /// What makes `tag` look like a release of the service, of those with their `patterns`, that it fits best; none if it
    /// does not look like one, or is one.
    pub fn find(tag: &str, patterns: &HashMap<&str, Vec<(&str, &TagPattern)>>) -> Option<Self> {
        let ends = (0..=tag.len()).rev().filter_map(|end| tag.get(..end));
        let fits = ends.filter_map(|prefix| patterns.get(prefix)).flatten();
        let fits = fits.filter_map(|(service, pattern)| {
            let version = tag.strip_prefix(pattern.prefix())?.strip_suffix(pattern.suffix())?;
            Some((*service, *pattern, version))
        });
        let fits: Vec<_> = fits.collect();
        if fits.iter().any(|(_, _, version)| Version::parse(version).is_some()) {
            return None;
        }
        let looks =
            |version: &str| version.trim_start_matches(['v', 'V']).starts_with(|c: char| c.is_ascii_digit());
        let (service, pattern, version) = fits.into_iter().find(|(_, pattern, version)| {
            !version.is_empty() && (pattern.prefix().ends_with('@') || looks(version))
        })?;
        let (service, version) = (service.to_owned(), version.to_owned());
        Some(MalformedTag { tag: tag.to_owned(), service, pattern: pattern.clone(), version })
    }

    /// Whether it is a pre-release or a build in SemVer, which releases nothing here on purpose.
    fn is_prerelease(&self) -> bool {
        let parts = self.version.split_once(['-', '+']);
        parts.is_some_and(|(release, rest)| Version::parse(release).is_some() && !rest.is_empty())
    }

    /// The version that was probably meant.
    fn meant(&self) -> Option<String> {
        let numbers = self.version.trim_start_matches(['v', 'V']).split('.').map(|number| {
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            let plain = number.trim_start_matches('0');
            is_number.then(|| if plain.is_empty() { "0" } else { plain }.to_owned())
        });
        let mut numbers = numbers.collect::<Option<Vec<_>>>()?;
        numbers.resize(numbers.len().max(3), "0".to_owned());
        (numbers.len() == 3).then(|| numbers.join("."))
    }
}

pub(super) fn check(tags: &Tags, findings: &mut Vec<Finding>) {
    malformed(&tags.malformed, findings);
    for (tag, kind) in &tags.no_commits {
        findings.push(
            Finding::warning(
                "malformed-tag",
                At::Tag(tag.clone()),
                format!("this tag is of a {kind}, not of a commit"),
            )
            .why("it looks like a release and is none: no commit gets a version from it")
            .fix(format!("remove it: {}", removal(tag))),
        );
    }
    order(tags, findings);
    state(&tags.state, findings);
}

fn malformed(tags: &[MalformedTag], findings: &mut Vec<Finding>) {
    const RULE: &str = "malformed-tag";
    let mut prereleases: BTreeMap<&str, Vec<&MalformedTag>> = BTreeMap::new();
    for tag in tags {
        if tag.is_prerelease() {
            prereleases.entry(&tag.service).or_default().push(tag);
            continue;
        }
        let message = format!("this tag releases nothing of {}: '{}' is no X.Y.Z", tag.service, tag.version);
        let new = tag.meant().map(|version| tag.pattern.tag_of(&version));
        let fix = match new {
            Some(new) => format!(
                "if it was to be {new}: git tag -a {0} -m {0} {1} && git push origin {2}; then remove this one: {3}",
                quoted(&new),
                quoted(&format!("{}^{{}}", tag.tag)),
                quoted(&format!("refs/tags/{new}")),
                removal(&tag.tag)
            ),
            None => {
                format!("remove it, and release with {}: {}", tag.pattern.tag_of("X.Y.Z"), removal(&tag.tag))
            }
        };
        findings.push(
            Finding::warning(RULE, At::Tag(tag.tag.clone()), message)
                .why("versions are still counted from the release before it, without a word")
                .fix(fix),
        );
    }
    for (service, mut tags) in prereleases {
        tags.sort_by(|a, b| a.tag.cmp(&b.tag));
        let Some(first) = tags.first() else { continue };
        let message = match tags.len() - 1 {
            0 => format!("this pre-release releases nothing of {service}"),
            more => format!("this pre-release and {more} more release nothing of {service}"),
        };
        findings.push(
            Finding::warning(RULE, At::Tag(first.tag.clone()), message)
                .why("only X.Y.Z is a release: between releases, the extended version tells commits apart")
                .fix(format!(
                    "leave them if nobody waits for versions of them; else release with {}",
                    first.pattern.tag_of("X.Y.Z")
                )),
        );
    }
}

fn order(tags: &Tags, findings: &mut Vec<Finding>) {
    for Inversion { service, tag, above, is_base } in &tags.inversions {
        let message = format!("this release of {service} is below {above}, which came before it");
        let (rule, at) = ("tag-below-ancestor", At::Tag(tag.clone()));
        let fix = format!(
            "release the commit with a version above {above}, then remove this tag: {}",
            removal(tag)
        );
        findings.push(if *is_base {
            Finding::error(rule, at, message)
                .why("the versions of HEAD follow it, so they go backwards")
                .fix(fix)
        } else {
            Finding::warning(rule, at, message)
                .why("whoever updates from the one before goes backwards")
                .fix(fix)
        });
    }
    for several in &tags.together {
        let Some((highest, others)) = several.split_first() else { continue };
        let message = format!("the commit of this release also carries {}", others.join(", "));
        let removals = others.iter().map(|tag| removal(tag)).collect::<Vec<_>>().join(" && ");
        findings.push(
            Finding::warning("tags-on-one-commit", At::Tag(highest.clone()), message)
                .why("the highest counts, so one commit has images under several versions")
                .fix(format!("if the others were mistakes, remove them: {removals}")),
        );
    }
}

fn state(state: &TagState, findings: &mut Vec<Finding>) {
    let fix = "git fetch --unshallow --tags; in GitHub Actions, give actions/checkout `fetch-depth: 0`";
    if !state.unknown.is_empty() {
        let of = match state.unknown.as_slice() {
            [only] => only.clone(),
            several => count(several.len(), "service"),
        };
        findings.push(
            Finding::error(
                "shallow-clone",
                At::Repository,
                format!("this clone is too shallow to version {of}"),
            )
            .why("history is cut off before the base release is certain, so imgver refuses to say a version")
            .fix(fix),
        );
    } else if state.is_shallow {
        findings.push(
            Finding::warning("shallow-clone", At::Repository, "this clone is shallow")
                .why("tags and releases that it lacks could not be checked, and changes since older commits cannot be told")
                .fix(fix),
        );
    }
    for what in &state.unreadable {
        findings.push(
            Finding::error("history", At::Repository, what.clone())
                .why("release tags and history could not be checked, and versions cannot be told")
                .fix("git fsck shows what is broken; a fresh clone repairs it"),
        );
    }
}

fn removal(tag: &str) -> String {
    let tag = quoted(tag);
    format!("git push origin --delete {tag} && git tag --delete {tag}")
}

fn quoted(text: &str) -> Cow<'_, str> {
    shlex::try_quote(text).unwrap_or(Cow::Borrowed(text))
}
