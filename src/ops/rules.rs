//! Requirements on a version before it may be used.

use super::Checkout;
use super::facts::{self, Facts, Rev};
use super::subject::Subject;
use super::untracked::refuse_untracked;
use crate::ci::replaces_release;
use crate::error::{Error, Kind, Result};
use crate::history::git::{self, CommitId};

/// The environment whose images are releases.
const PRODUCTION: &str = "production";

/// Whether images for `environment` have to be releases.
pub(super) fn is_production(environment: &str) -> bool {
    environment == PRODUCTION
}

/// Refuses anything but a release of `subject`: a commit without a release tag, uncommitted changes.
pub(super) fn refuse_inexact(subject: &Subject, facts: &Facts) -> Result<()> {
    let name = subject.name();
    let commit = facts.commit.abbreviated(7);
    if facts.dirty {
        return Err(Error::new(
            Kind::VersionRule,
            format!("{name} has uncommitted changes, so it does not match {commit}"),
        )
        .hint("git status shows them; commit or stash them"));
    }
    let release = format!("git tag -a {} {commit} creates one", subject.tag_of("X.Y.Z"));
    match &facts.base {
        Some(_) if facts.distance == 0 => Ok(()),
        Some(base) => Err(Error::new(
            Kind::VersionRule,
            format!(
                "{commit} carries no release tag of {name}: it is {} after the nearest, {}",
                commits(facts.distance),
                base.tag
            ),
        )
        .hint(release)),
        None => Err(Error::new(Kind::VersionRule, format!("{commit} carries no release tag of {name}"))
            .hint("git fetch --tags gets missing tags")
            .hint(release)),
    }
}

/// A number of commits in words.
pub(super) fn commits(distance: u64) -> String {
    if distance == 1 { "1 commit".to_owned() } else { format!("{distance} commits") }
}

/// Refuses `version` for `commit` unless a tag of `subject` there releases it.
pub(super) fn refuse_unreleased(
    commit: CommitId,
    checkout: &Checkout,
    subject: &Subject,
    version: &str,
) -> Result<()> {
    if facts::is_released_at(commit, checkout, subject, version)? {
        return Ok(());
    }
    let (commit, tag) = (commit.abbreviated(7), subject.tag_of(version));
    Err(Error::new(Kind::VersionRule, format!("{commit} does not carry the release tag {tag}"))
        .hint(format!("git tag --points-at {commit} lists the tags on it"))
        .hint("git fetch --tags gets missing tags"))
}

/// The warning about `version`, given for images that are not for production, if it is written as a release: they would
/// replace the images of that release.
///
/// # Errors
/// It is one, and a subject has uncommitted changes or untracked files, which no release may contain. `rev` has no work tree
/// unless it is `HEAD`.
pub(super) fn release_by_hand(
    version: &str,
    rev: &Rev,
    subjects: &[Subject],
    checkout: &Checkout,
) -> Result<Option<String>> {
    let warning = replaces_release(version);
    if warning.is_none() || *rev != Rev::Head {
        return Ok(warning);
    }
    let directories: Vec<&str> = subjects.iter().map(Subject::directory).collect();
    let changed = checkout.repository.changed_files(&directories)?;
    let is_dirty = |subject: &&Subject| changed.iter().any(|file| git::is_below(file, subject.directory()));
    match subjects.iter().find(is_dirty) {
        None => {
            subjects.iter().try_for_each(|subject| refuse_untracked(subject, checkout))?;
            Ok(warning)
        }
        Some(subject) => Err(Error::new(
            Kind::VersionRule,
            format!(
                "{} has uncommitted changes, so its image cannot be the release {version}",
                subject.name()
            ),
        )
        .hint("git status shows them; commit or stash them")
        .hint("--set-version takes any other name for a trial: try-1")),
    }
}
