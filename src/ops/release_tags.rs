//! The tags that release services: which there are, and which release a tag makes.

use std::collections::HashMap;

use super::Checkout;
use super::facts::BaseRelease;
use super::subject::Subject;
use crate::domain::{TagPattern, Version};
use crate::error::Result;
use crate::history::Release;
use crate::history::git::{CommitId, Repository, Tags};

/// Whether a tag of `subject` releases `version` at exactly `commit`.
pub(super) fn is_released_at(
    commit: CommitId,
    checkout: &Checkout,
    subject: &Subject,
    version: &str,
) -> Result<bool> {
    let Some(version) = Version::parse(version) else { return Ok(false) };
    let tags = release_tags(&checkout.repository, std::slice::from_ref(subject))?;
    let mut here = tags.of(commit).filter_map(|(tag, fit)| release(tag, fit));
    Ok(here.any(|release| release.version == version))
}

/// The tags that release `version` of `subject`, each with its commit if it points to one.
pub(super) fn tags_of(
    checkout: &Checkout,
    subject: &Subject,
    version: Version,
) -> Result<Vec<(String, Option<CommitId>)>> {
    let tags = release_tags(&checkout.repository, std::slice::from_ref(subject))?;
    let releases =
        tags.iter().filter_map(|(tag, fit, target)| release(tag, fit).map(|release| (release, target)));
    let mut found = Vec::new();
    for (release, target) in releases.filter(|(release, _)| release.version == version) {
        found.push((release.tag.to_owned(), checkout.repository.commit_of(target)?));
    }
    found.sort_unstable();
    Ok(found)
}

/// Whether any tag releases `version` of `subject` or a higher one, whatever it points at.
pub(super) fn has_from(version: Version, checkout: &Checkout, subject: &Subject) -> Result<bool> {
    let tags = release_tags(&checkout.repository, std::slice::from_ref(subject))?;
    let mut releases = tags.iter().filter_map(|(tag, fit, _)| release(tag, fit));
    Ok(releases.any(|release| release.version >= version))
}

/// The releases behind a commit, as far as this clone can tell.
pub(super) struct ReleasesBehind {
    /// The highest one that the commit visibly has in its history.
    pub(super) highest: Option<BaseRelease>,
    /// The highest one that may be in hidden history of a shallow clone.
    pub(super) possible: Option<BaseRelease>,
}

/// The releases of `subject` among `commit` and its ancestors.
pub(super) fn behind(checkout: &Checkout, subject: &Subject, commit: CommitId) -> Result<ReleasesBehind> {
    let tags = release_tags(&checkout.repository, std::slice::from_ref(subject))?;
    let found = checkout.repository.highest_release(commit, &tags, release)?;
    Ok(ReleasesBehind {
        highest: found.seen.map(BaseRelease::of),
        possible: found.hidden.and_then(|hidden| hidden.possible).map(BaseRelease::of),
    })
}

/// Which subject a tag releases, by position, and the pattern that its name fits.
pub(super) type Fit<'s> = (usize, &'s TagPattern);

/// The tags that release any of `subjects`.
pub(super) fn release_tags<'s>(repository: &Repository, subjects: &'s [Subject]) -> Result<Tags<Fit<'s>>> {
    let mut by_prefix: HashMap<&str, Vec<(usize, &TagPattern)>> = HashMap::new();
    for (service, subject) in subjects.iter().enumerate() {
        for pattern in &subject.patterns {
            by_prefix.entry(pattern.prefix()).or_default().push((service, pattern));
        }
    }
    let of_version = |end: char| end.is_ascii_digit() || end == '.';
    let is_trailing =
        |pattern: &TagPattern| pattern.suffix().is_empty() && !pattern.prefix().ends_with(of_version);
    let all_trailing = subjects.iter().flat_map(|subject| &subject.patterns).all(is_trailing);
    let longest = by_prefix.keys().map(|prefix| prefix.len()).max().unwrap_or(0);
    let common = by_prefix.keys().copied().reduce(common_prefix).unwrap_or_default();
    repository.tags(common, |tag, fits| {
        // If every pattern ends with the version, a prefix can only end right before it; otherwise, before any digit.
        let trailing = tag.trim_end_matches(of_version).len();
        let ends = if all_trailing { trailing..trailing + 1 } else { 0..tag.len().min(longest + 1) };
        let before_digit = |end: &usize| tag.as_bytes().get(*end).is_some_and(u8::is_ascii_digit);
        let prefixes = ends.filter(before_digit).filter_map(|end| tag.get(..end));
        let patterns = prefixes.filter_map(|prefix| by_prefix.get(prefix)).flatten();
        fits.extend(patterns.filter(|(_, pattern)| pattern.version_of(tag).is_some()));
    })
}

/// The release that `tag` makes.
pub(super) fn release<'t>(tag: &'t str, (service, pattern): &Fit<'_>) -> Option<Release<'t>> {
    Some(Release { service: *service, version: pattern.version_of(tag)?, tag })
}

/// The text that both begin with.
pub(super) fn common_prefix<'a>(a: &'a str, b: &str) -> &'a str {
    let common = a
        .char_indices()
        .zip(b.chars())
        .find(|((_, a), b)| a != b)
        .map_or(a.len().min(b.len()), |((at, _), _)| at);
    a.get(..common).unwrap_or_default()
}
