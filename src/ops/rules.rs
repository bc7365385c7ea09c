//! Requirements on a version before it may be used.

use super::Checkout;
use super::facts::{Facts, HistoryRequest, Rev};
use super::float::moved_by_float;
use super::formats;
use super::release_tags;
use super::subject::Subject;
use super::uncommitted::refuse_uncommitted;
use super::watched;
use crate::ci::replaces_release;
use crate::display::shell_word;
use crate::domain::{EnvironmentName, FormatProposal, PreReleases, Version};
use crate::error::{Error, Kind, Result};
use crate::history::git::CommitId;
use crate::images::Given;

/// What the images for an environment are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Images {
    /// Releases.
    Releases,
    /// Some of these pre-releases, of which there is at least one.
    PreReleases(PreReleases),
    /// Of any commit.
    Any,
}

impl Images {
    /// Whether they have to be releases.
    pub(super) fn are_releases(&self) -> bool {
        *self == Images::Releases
    }
}

/// What an environment demands of its images.
pub(super) struct EnvironmentRule {
    /// What they have to be.
    pub(super) images: Images,
    /// The warning about its name.
    pub(super) warning: Option<String>,
}

/// The rule for images for `environment`. Where the configuration names no pre-releases, `candidate` is a name as any other.
///
/// # Errors
/// A configuration that cannot be read. `environment` is nearly the name of another one: an image for production must not become
/// one for staging by a slip.
pub(super) fn environment_rule(environment: &str, checkout: &Checkout) -> Result<EnvironmentRule> {
    let rule = |images, warning| Ok(EnvironmentRule { images, warning });
    match EnvironmentName::of(environment) {
        EnvironmentName::Production => rule(Images::Releases, None),
        EnvironmentName::Candidate => {
            let prereleases = checkout.config()?.prereleases();
            rule(if prereleases.is_empty() { Images::Any } else { Images::PreReleases(prereleases) }, None)
        }
        EnvironmentName::Other => rule(Images::Any, None),
        EnvironmentName::NearProduction => rule(
            Images::Any,
            Some(format!(
                "the environment '{environment}' is not production: its images are not releases (--environment production makes them releases, wherever they run)"
            )),
        ),
        EnvironmentName::Misspelled(known) => {
            let message =
                format!("--environment '{environment}' is too close to {known} to be another environment");
            Err(Error::new(Kind::Usage, message)
                .hint(format!("write --environment {known}"))
                .hint("an environment of your own needs a name that cannot be mistaken for it"))
        }
    }
}

/// Refuses anything but a release of `subject`: a commit without a release tag, uncommitted changes. `proposal` is the format
/// that its tags fit instead, `rev` how the commit was asked for.
pub(super) fn refuse_inexact(
    subject: &Subject,
    facts: &Facts,
    rev: &Rev,
    proposal: Option<&FormatProposal>,
) -> Result<()> {
    let name = subject.name();
    let commit = facts.commit.abbreviated(7);
    // Any of them may be the release that is missed.
    let with_broken = |error: Error| facts.broken.iter().map(ToString::to_string).fold(error, Error::hint);
    if facts.dirty {
        return Err(Error::new(
            Kind::VersionRule,
            format!("{name} has uncommitted changes, so it does not match {commit}"),
        )
        .hint("git status shows them; commit or stash them"));
    }
    match &facts.base {
        Some(_) if facts.is_release => Ok(()),
        Some(base) => {
            let tag = &base.tag;
            let nearest = match facts.distance {
                0 => format!("it is later than {tag}, since which nothing of {name} changed"),
                _ => format!("it is {} after the nearest, {tag}", facts.distance_in_words()),
            };
            let error = Error::new(
                Kind::VersionRule,
                format!("{commit} carries no release tag of {name}: {nearest}"),
            );
            let error = match facts.distance {
                0 => error.hint(format!("git checkout {} has the release", shell_word(tag))),
                _ => error,
            };
            Err(with_broken(error.hint(to_release(subject, "--bump patch", "X.Y.Z", facts.commit, rev))))
        }
        None => {
            let error = Error::new(Kind::VersionRule, format!("{commit} carries no release tag of {name}"));
            Err(with_broken(first_release(error, subject, facts, rev, proposal)))
        }
    }
}

/// `error`, because there is no release of `subject`, with what helps: tags that were not fetched or are spelled otherwise,
/// else a first release.
pub(super) fn first_release(
    error: Error,
    subject: &Subject,
    facts: &Facts,
    rev: &Rev,
    proposal: Option<&FormatProposal>,
) -> Error {
    let error = error.hint("git fetch --tags gets missing tags");
    match proposal {
        Some(_) => formats::hinted(error, proposal),
        None => error.hint(to_release(subject, "--set 0.1.0", "0.1.0", facts.commit, rev)),
    }
}

/// The hint for a `commit` that carries no release tag: the command that creates one, `what` or for `version`.
fn to_release(subject: &Subject, what: &str, version: &str, commit: CommitId, rev: &Rev) -> String {
    let commit = commit.abbreviated(7);
    let rev = if *rev == Rev::Head { String::new() } else { format!(" --rev {commit}") };
    match subject.release_command(&format!("{what}{rev}")) {
        Some(command) => format!("{command} creates a release tag"),
        None => {
            let tag = shell_word(&subject.tag_of(version));
            format!("git tag -a {tag} {commit} creates a release tag")
        }
    }
}

/// Refuses `version` for the commit that `rev` names unless a tag of `subject` there releases it.
pub(super) fn refuse_unreleased(
    rev: &Rev,
    checkout: &Checkout,
    subject: &Subject,
    version: &str,
) -> Result<()> {
    let id = rev.resolve(&checkout.repository)?;
    if release_tags::is_released_at(id, checkout, subject, version)? {
        return Ok(());
    }
    let Some(parsed) = Version::parse(version) else { return Err(no_release(version, subject, checkout)?) };
    let (commit, tag) = (id.abbreviated(7), subject.tag_of(version));
    let error = Error::new(Kind::VersionRule, format!("{commit} does not carry the release tag {tag}"))
        .hint(format!("git tag --points-at {commit} lists the tags on it"))
        .hint("git fetch --tags gets missing tags");
    // A release is never moved to another commit.
    let is_new = release_tags::tags_of(checkout, subject, parsed)?.is_empty();
    let create = to_release(subject, &format!("--set {parsed}"), version, id, rev);
    Err(if is_new { error.hint(create) } else { error })
}

/// The error about a `version` that no release of `subject` has, whatever tags the commit carries.
fn no_release(version: &str, subject: &Subject, checkout: &Checkout) -> Result<Error> {
    let message = format!("{version} is not a release of {}: only X.Y.Z is one", subject.name());
    let error = Error::new(Kind::VersionRule, message);
    Ok(match checkout.config()?.prereleases().parse(version) {
        Some(_) => error.hint("--environment candidate takes pre-releases"),
        None => error,
    }
    .hint("--environment staging or development takes any version"))
}

/// The warning about `version`, given for images that are not for production, if it is written as a release, whose images
/// they would replace, or as a tag that moves with releases.
///
/// # Errors
/// It is a release, and a subject has uncommitted changes or untracked files, which no release may contain. Only `HEAD` has a work
/// tree. `given`: what the arguments say of the build.
pub(super) fn release_by_hand(
    version: &str,
    history: &HistoryRequest,
    subjects: &[Subject],
    given: &Given,
    checkout: &Checkout,
) -> Result<Option<String>> {
    let Some(warning) = replaces_release(version) else { return moved_by_float(version, checkout) };
    match dirty_one(subjects, history, given, checkout)? {
        None => Ok(Some(warning)),
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

/// The first of `subjects` with uncommitted changes, if the work tree is asked about: no other commit has one.
///
/// `given`: what the arguments say of the build.
///
/// # Errors
/// None of them has any, but there are files of no commit that a build could read.
pub(super) fn dirty_one<'s>(
    subjects: &'s [Subject],
    history: &HistoryRequest,
    given: &Given,
    checkout: &Checkout,
) -> Result<Option<&'s Subject>> {
    if history.is_elsewhere() {
        return Ok(None);
    }
    let dirty = watched::dirty(subjects, history.scope_of(subjects, checkout)?, checkout)?;
    let found = subjects.iter().zip(dirty).find(|(_, dirty)| *dirty).map(|(subject, _)| subject);
    if found.is_none() {
        refuse_uncommitted(subjects, given, checkout)?;
    }
    Ok(found)
}
