//! The extended versions that a commit had before some of the releases that it has now: what the image that was built of it may be
//! tagged with.

use std::collections::BTreeSet;

use super::answer::extended_from;
use super::by_service;
use super::facts::{Found, HistoryRequest};
use super::release_tags::{release, release_tags};
use super::subject::Subject;
use super::{Checkout, VersionForm};
use crate::config::Scope;
use crate::domain::Version;
use crate::error::{Error, Kind, Result};

/// How many earlier releases are taken as a base, beside the nearest.
const BASES_MAX: usize = 16;

/// What a commit may have been called.
pub(super) struct EarlierVersions {
    /// The extended versions, the likeliest first, each once.
    pub(super) versions: Vec<String>,
    /// Why there may be more, if this clone is too shallow for all of them.
    pub(super) unknown: Option<Error>,
}

/// The extended versions of `subject` at the commit of `request` as they were before releases: without those that the commit itself
/// carries, then also without the nearest that is left, and so on, down to `0.0.0`. Last, those with the releases that it carries
/// itself, as a build after the release makes them.
///
/// Each is what `imgver extended` prints where the release tags above it do not exist. Which release is the nearest without the ones
/// before only a walk of its own can tell, but none of them goes farther than to its base.
///
/// # Errors
/// History that cannot be read, except that of a shallow clone, where the versions that are certain remain.
pub(super) fn earlier_versions(
    subject: &Subject,
    request: &HistoryRequest,
    form: VersionForm,
    checkout: &Checkout,
) -> Result<EarlierVersions> {
    let repository = &checkout.repository;
    let subjects = std::slice::from_ref(subject);
    let commit = request.rev.resolve(repository)?;
    let mut tags = release_tags(repository, subjects)?;
    let broken = repository.broken_tags(&tags, |_, _| true)?;
    tags.ignore(broken);
    let own: BTreeSet<&str> =
        tags.of(commit).filter_map(|(tag, fit)| release(tag, fit)).map(|release| release.tag).collect();

    let first_parent = request.follows_first_parent(checkout)?;
    let scope = request.scope_of(subjects, checkout)?;
    let without = |ignored: &BTreeSet<String>| -> Result<Option<Found>> {
        let counted = |tag, fit: &_| release(tag, fit).filter(|release| !ignored.contains(release.tag));
        if scope == Scope::Service {
            let question = by_service::Question { commit, first_parent, last_change: false, changes: false };
            return Ok(by_service::standings(&question, subjects, &tags, counted, checkout)?.pop());
        }
        let standing = repository.standing(commit, &tags, counted, first_parent)?;
        Found::of(subject, standing, commit).map(Some)
    };

    let (mut before, mut after) = (Vec::new(), Vec::new());
    let (mut ignored, mut unknown) = (BTreeSet::new(), None);
    while before.len() <= BASES_MAX {
        let found = match without(&ignored) {
            Ok(Some(found)) => found,
            Ok(None) => break,
            Err(error) if repository.is_shallow() && error.kind() == Kind::Repository => {
                unknown = Some(error);
                break;
            }
            Err(error) => return Err(error),
        };
        let base = found.base.as_ref();
        let is_own = base.is_some_and(|base| own.contains(&*base.tag));
        let version = base.map_or(Version::ZERO, |base| base.version);
        let versions = if is_own { &mut after } else { &mut before };
        match extended_from(version, found.distance, found.named, form) {
            Ok(version) => versions.push(version),
            // There is none after the highest, so no image was ever called so.
            Err(error) if error.kind() == Kind::VersionRule => {}
            Err(error) => return Err(error),
        }
        let Some(base) = found.base else { break };
        ignored.insert(base.tag);
    }
    let mut known = BTreeSet::new();
    let mut versions: Vec<String> = before.into_iter().chain(after).collect();
    versions.retain(|version| known.insert(version.clone()));
    Ok(EarlierVersions { versions, unknown })
}
