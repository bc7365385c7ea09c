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
use crate::domain::{ImageTag, PreRelease, PreReleases, TagPattern};
use crate::error::{Context as _, Error, Kind, Result};
use crate::history::git::{CommitId, Tags};
use crate::images::Given;

/// A subject, by position, and the pre-release that a tag is of it.
pub(super) type Fit = (usize, PreRelease);

/// Those of `prereleases` that `commit` carries, by subject, the highest first.
pub(super) fn carried(
    commit: CommitId,
    subjects: &[Subject],
    prereleases: &PreReleases,
    checkout: &Checkout,
) -> Result<Vec<Vec<PreRelease>>> {
    let mut carried = vec![Vec::new(); subjects.len()];
    if prereleases.is_empty() {
        return Ok(carried);
    }
    for (_, (subject, prerelease)) in tags(subjects, prereleases, checkout)?.of(commit) {
        if let Some(of_subject) = carried.get_mut(*subject) {
            of_subject.push(prerelease.clone());
        }
    }
    for of_subject in &mut carried {
        of_subject.sort_unstable_by(|a, b| b.cmp(a));
        of_subject.dedup();
    }
    Ok(carried)
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
) -> Result<Vec<ImageTag>> {
    given.map(tag_given).transpose()?;
    let commit = rev.resolve(&checkout.repository)?;
    let carried = carried(commit, subjects, prereleases, checkout)?;
    let choose = |(subject, carried): (&Subject, &Vec<PreRelease>)| {
        let is_wanted = |of: &&PreRelease| given.is_none_or(|given| of.to_string() == given);
        let found = carried.iter().find(is_wanted).ok_or_else(|| match given {
            Some(version) => not_carried(subject, version, commit),
            None => none_carried(subject, commit, rev, prereleases),
        })?;
        let tag = ImageTag::try_from(found);
        tag.context(Kind::Input, || format!("cannot tag an image of {} with its version", subject.name()))
    };
    subjects.iter().zip(&carried).map(choose).collect()
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
) -> Result<Vec<ImageTag>> {
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

fn not_carried(subject: &Subject, version: &str, commit: CommitId) -> Error {
    let (commit, tag) = (commit.abbreviated(7), subject.tag_of(version));
    Error::new(Kind::VersionRule, format!("{commit} does not carry the pre-release tag {tag}"))
        .hint(format!("git tag --points-at {commit} lists the tags on it"))
        .hint("git fetch --tags gets missing tags")
        .hint("--environment staging or development takes any version")
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
