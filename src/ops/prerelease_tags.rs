//! The tags of pre-releases: which ones a commit carries, and where one is.
//!
//! History says nothing about them. No version counts from a pre-release, and a commit has only those that are on it.

use super::Checkout;
use super::facts::{HistoryRequest, Rev};
use super::image::tag_given;
use super::release_tags::common_prefix;
use super::rules::dirty_one;
use super::subject::Subject;
use crate::display::shell_word;
use crate::domain::{ImageTag, PreRelease, PreReleases, TagPattern, Version};
use crate::error::{Context as _, Error, Kind, Result};
use crate::history::git::{BrokenTag, CommitId, Tags};
use crate::images::Given;

/// A subject, by position, and the pre-release that a tag is of it.
pub(super) type Fit = (usize, PreRelease);

/// The pre-releases of a subject that a commit carries.
#[derive(Debug, Clone, Default)]
pub(super) struct Carried {
    /// The highest first.
    pub(super) prereleases: Vec<PreRelease>,
    /// The tags that git ignores as broken. No one can tell which commit had them.
    broken: Vec<(PreRelease, BrokenTag)>,
}

/// Those of `prereleases` that `commit` carries, by subject.
pub(super) fn carried(
    commit: CommitId,
    subjects: &[Subject],
    prereleases: &PreReleases,
    checkout: &Checkout,
) -> Result<Vec<Carried>> {
    let mut carried = vec![Carried::default(); subjects.len()];
    if prereleases.is_empty() {
        return Ok(carried);
    }
    let tags = tags(subjects, prereleases, checkout)?;
    for (_, (subject, prerelease)) in tags.of(commit) {
        if let Some(of_subject) = carried.get_mut(*subject) {
            of_subject.prereleases.push(prerelease.clone());
        }
    }
    for (tag, (subject, prerelease)) in tags.broken() {
        if let Some(of_subject) = carried.get_mut(*subject) {
            of_subject.broken.push((prerelease.clone(), tag.clone()));
        }
    }
    for Carried { prereleases, broken } in &mut carried {
        prereleases.sort_unstable_by(|a, b| b.cmp(a));
        prereleases.dedup();
        broken.sort_unstable();
        broken.dedup();
    }
    Ok(carried)
}

/// The versions that an environment's images must have.
#[derive(Debug, Default)]
pub(super) struct Required {
    /// By subject.
    pub(super) tags: Vec<ImageTag>,
    /// Broken tags that would have been taken instead, had they been on the commit.
    pub(super) warnings: Vec<String>,
}

/// The tags of `prerelease` of `subject`, each with its commit if it points to one.
pub(super) fn tags_of(
    subject: &Subject,
    prerelease: &PreRelease,
    checkout: &Checkout,
) -> Result<Vec<(String, Option<CommitId>)>> {
    let only = PreReleases::new([&*prerelease.identifier]);
    let tags = tags(std::slice::from_ref(subject), &only, checkout)?;
    let mut found = Vec::new();
    for (tag, _, target) in tags.iter().filter(|(_, (_, of), _)| of == prerelease) {
        found.push((tag.to_owned(), checkout.repository.commit_of(target)?));
    }
    found.sort_unstable();
    Ok(found)
}

/// The pre-release that each of `subjects` has at the commit of `rev`: the one `given` by hand, else the highest.
///
/// # Errors
/// The commit does not carry it, or none.
pub(super) fn required(
    given: Option<&str>,
    subjects: &[Subject],
    rev: &Rev,
    prereleases: &PreReleases,
    checkout: &Checkout,
) -> Result<Required> {
    given.map(tag_given).transpose()?;
    let commit = rev.resolve(&checkout.repository)?;
    let mut required = Required::default();
    for (subject, carried) in subjects.iter().zip(&carried(commit, subjects, prereleases, checkout)?) {
        let is_wanted = |of: &PreRelease| given.is_none_or(|given| of.to_string() == given);
        let found = carried.prereleases.iter().find(|of| is_wanted(of));
        let is_missed = |of: &PreRelease| is_wanted(of) && found.is_none_or(|found| of > found);
        let missed = carried.broken.iter().filter(|(of, _)| is_missed(of)).map(|(_, tag)| tag.to_string());
        let Some(found) = found else {
            let error = match given {
                Some(version) => not_carried(subject, version, commit, prereleases),
                None => none_carried(subject, commit, rev, prereleases),
            };
            return Err(missed.fold(error, Error::hint));
        };
        required.warnings.extend(missed);
        let tag = ImageTag::try_from(found);
        let tag = tag
            .context(Kind::Input, || format!("cannot tag an image of {} with its version", subject.name()))?;
        required.tags.push(tag);
    }
    Ok(required)
}

/// As [`required`], for images that are built: nothing may be uncommitted. `arguments`: what those after `--` say of the build.
///
/// # Errors
/// As [`required`]; uncommitted changes, untracked files. Only `HEAD` has a work tree.
pub(super) fn required_clean(
    given: Option<&str>,
    subjects: &[Subject],
    history: &HistoryRequest,
    prereleases: &PreReleases,
    arguments: &Given,
    checkout: &Checkout,
) -> Result<Required> {
    let required = required(given, subjects, &history.rev, prereleases, checkout)?;
    if let Some(subject) = dirty_one(subjects, history, arguments, checkout)? {
        let message =
            format!("{} has uncommitted changes, so its image cannot be a pre-release", subject.name());
        return Err(Error::new(Kind::VersionRule, message)
            .hint("git status shows them; commit or stash them")
            .hint("--environment development builds them into another image"));
    }
    Ok(required)
}

/// The tags of any of `prereleases` of `subjects`, without those that git ignores as broken.
pub(super) fn tags(
    subjects: &[Subject],
    prereleases: &PreReleases,
    checkout: &Checkout,
) -> Result<Tags<Fit>> {
    let patterns: Vec<(usize, &TagPattern)> = subjects
        .iter()
        .enumerate()
        .flat_map(|(position, subject)| subject.patterns.iter().map(move |pattern| (position, pattern)))
        .collect();
    let prefixes = patterns.iter().map(|(_, pattern)| pattern.prefix());
    let common = prefixes.reduce(common_prefix).unwrap_or_default();
    let mut tags = checkout.repository.tags(common, |tag, fits| {
        let of = |(subject, pattern): &(usize, &TagPattern)| {
            Some((*subject, pattern.prerelease_of(tag, prereleases)?))
        };
        fits.extend(patterns.iter().filter_map(of));
    })?;
    let broken = checkout.repository.broken_tags(&tags, |_, _| true)?;
    tags.ignore(broken);
    Ok(tags)
}

fn not_carried(subject: &Subject, version: &str, commit: CommitId, prereleases: &PreReleases) -> Error {
    const ELSEWHERE: &str = "--environment staging or development takes any version";
    let (commit, name) = (commit.abbreviated(7), subject.name());
    if prereleases.parse(version).is_some() {
        let tag = subject.tag_of(version);
        let message = format!("{commit} does not carry the pre-release tag {tag}");
        return Error::new(Kind::VersionRule, message)
            .hint(format!("git tag --points-at {commit} lists the tags on it"))
            .hint("git fetch --tags gets missing tags")
            .hint(ELSEWHERE);
    }
    // Whether the commit has such a tag does not matter.
    let identifiers = Vec::from_iter(prereleases.identifiers()).join(", ");
    let error =
        Error::new(Kind::VersionRule, format!("{version} is not a pre-release of {name} ({identifiers})"));
    match PreRelease::parse(version) {
        _ if Version::parse(version).is_some() => error.hint("--environment production takes releases"),
        Some(other) => {
            let setting = prereleases.setting_with(&other.identifier);
            error.hint(format!("{setting} in imgver.yaml makes such pre-releases versions"))
        }
        None => error,
    }
    .hint(ELSEWHERE)
}

fn none_carried(subject: &Subject, commit: CommitId, rev: &Rev, prereleases: &PreReleases) -> Error {
    let (commit, name) = (commit.abbreviated(7), subject.name());
    let identifiers = Vec::from_iter(prereleases.identifiers()).join(", ");
    let message = format!("{commit} carries no pre-release tag of {name} ({identifiers})");
    let identifier = prereleases.identifiers().next().unwrap_or_default();
    let rev = if *rev == Rev::Head { String::new() } else { format!(" --rev {commit}") };
    let create = match subject.release_command(&format!("--bump minor --pre {identifier}{rev}")) {
        Some(command) => command,
        None => {
            let tag = shell_word(&subject.tag_of(&format!("X.Y.Z-{identifier}.1")));
            format!("git tag -a {tag} {commit}")
        }
    };
    Error::new(Kind::VersionRule, message)
        .hint("git fetch --tags gets missing tags")
        .hint(format!("{create} creates one"))
        .hint("--environment staging or development takes any commit")
}
