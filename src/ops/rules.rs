//! Requirements on a version before it may be used.

use super::Checkout;
use super::facts::{self, Facts, Rev};
use super::subject::Subject;
use super::untracked::refuse_untracked;
use crate::ci::replaces_release;
use crate::domain::EnvironmentName;
use crate::error::{Error, Kind, Result};
use crate::history::git::{self, CommitId};

/// What an environment demands of its images.
pub(super) struct EnvironmentRule {
    /// Whether they have to be releases.
    pub(super) is_production: bool,
    /// The warning about its name.
    pub(super) warning: Option<String>,
}

/// The rule for images for `environment`.
///
/// # Errors
/// It is nearly the name of another one: an image for production must not become one for staging by a slip.
pub(super) fn environment_rule(environment: &str) -> Result<EnvironmentRule> {
    let rule = |is_production, warning| Ok(EnvironmentRule { is_production, warning });
    match EnvironmentName::of(environment) {
        EnvironmentName::Production => rule(true, None),
        EnvironmentName::Other => rule(false, None),
        EnvironmentName::NearProduction => rule(
            false,
            Some(format!(
                "the environment '{environment}' is not production: its images are not releases (--environment production makes them releases, wherever they run)"
            )),
        ),
        EnvironmentName::Misspelled(known) => {
            Err(Error::new(Kind::Usage, format!("--environment '{environment}' is not spelled like {known}"))
                .hint(format!("--environment {known}"))
                .hint("for an environment of your own, choose a name that is less like it"))
        }
    }
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
