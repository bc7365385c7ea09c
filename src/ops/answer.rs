//! The answer for one subject: versions, image, tag.

use serde::Serialize;

use super::Checkout;
use super::facts::Facts;
use super::subject::Subject;
use crate::config::Scope;
use crate::domain::{Bump, Extended, ImageRepository, ImageTag, Reference, Version};
use crate::error::{Context as _, Error, Kind, Result};
use crate::history::git::CommitId;

/// The form of extended versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionForm {
    /// Length of the commit in hex digits, from 4 to the whole hash.
    pub abbrev: u8,
    /// The part of the base release to increment first, for versions that SemVer sorts after the last release; none means
    /// that versions count from the base release itself.
    pub next: Option<Bump>,
}

impl VersionForm {
    /// The form that was asked for; where nothing was said about the next release, as the configuration says.
    pub(super) fn or_configured(self, checkout: &Checkout) -> Result<Self> {
        Ok(VersionForm { next: self.next.or(checkout.config()?.next), ..self })
    }
}

/// The whole computation for one subject, as `--output json` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionAnswer {
    /// The service's path; null at repository level.
    pub service: Option<String>,
    /// The image repository; null if unknown.
    pub image: Option<String>,
    /// The base release; `0.0.0` if there is none.
    pub base: String,
    /// The base release's tag; null if there is none.
    pub base_tag: Option<String>,
    /// Commits since the base release, or all there are.
    pub distance: u64,
    /// The commit's full hash.
    pub commit: String,
    /// What the distance counts: commits of the repository, or those that change the service.
    pub scope: Scope,
    /// The last commit that changed what the version is of; the commit itself unless distances count by service. None if
    /// nobody asked.
    pub last_change: Option<String>,
    /// Whether tracked files have uncommitted changes.
    pub dirty: bool,
    /// What `imgver version` prints.
    pub version: String,
    /// What `imgver extended` prints.
    pub extended: String,
    /// The image tag of the form asked for, with its repository; null if no repository is known.
    pub tag: Option<String>,
    /// The warnings that are also printed to standard error.
    pub warnings: Vec<String>,
}

impl VersionAnswer {
    /// The answer that follows from `facts`, without an image.
    pub(super) fn new(subject: &Subject, facts: &Facts, form: VersionForm) -> Result<Self> {
        let dirty = if facts.dirty { "-dirty" } else { "" };
        let base = facts.base_version();
        let unreleased =
            facts.base.is_none().then(|| format!("{}: counting from 0.0.0", subject.no_release()));
        Ok(VersionAnswer {
            service: subject.path().map(ToOwned::to_owned),
            image: None,
            base: base.to_string(),
            base_tag: facts.base_tag().map(ToOwned::to_owned),
            distance: facts.distance,
            commit: facts.commit.to_string(),
            scope: facts.scope,
            last_change: facts.last_change.map(|commit| commit.to_string()),
            dirty: facts.dirty,
            version: format!("{base}{dirty}"),
            extended: extended(facts, form)? + dirty,
            tag: None,
            warnings: facts.broken.iter().map(ToString::to_string).chain(unreleased).collect(),
        })
    }

    /// Adds the image and the tag `version` in it, and returns the reference.
    pub(super) fn set_image(&mut self, repository: &ImageRepository, version: &str) -> Result<Reference> {
        self.image = Some(repository.to_string());
        let reference = reference(repository, version)?;
        self.tag = Some(reference.to_string());
        Ok(reference)
    }
}

/// The extended version that follows from `facts`, without `-dirty`.
pub(super) fn extended(facts: &Facts, form: VersionForm) -> Result<String> {
    extended_from(facts.base_version(), facts.distance, facts.named, form)
}

/// The extended version `distance` after `base` that names the commit `named`.
pub(super) fn extended_from(
    base: Version,
    distance: u64,
    named: CommitId,
    form: VersionForm,
) -> Result<String> {
    let digits = named.digits();
    if usize::from(form.abbrev) > digits {
        let abbrev = form.abbrev;
        return Err(Error::new(
            Kind::Usage,
            format!(
                "--abbrev {abbrev} is longer than this repository's commit hashes, which have {digits} digits"
            ),
        )
        .hint(format!("--abbrev {digits} gives the whole hash")));
    }
    let base = form.next.map_or(Ok(base), |bump| bumped(base, bump))?;
    let commit = named.abbreviated(form.abbrev.into());
    Ok(Extended { base, distance, commit: &commit }.to_string())
}

/// The version after `version`.
pub(super) fn bumped(version: Version, bump: Bump) -> Result<Version> {
    version.bumped(bump).ok_or_else(|| {
        Error::new(
            Kind::VersionRule,
            format!("there is no version after {version}: a number can be at most {}", u64::MAX),
        )
        .hint("release another version with imgver release --set X.Y.Z")
    })
}

/// `REPOSITORY:VERSION`, if that is an image reference.
pub(super) fn reference(repository: &ImageRepository, version: &str) -> Result<Reference> {
    let tag: ImageTag = version
        .parse()
        .context(Kind::Input, || format!("cannot tag an image of {repository} with its version"))?;
    Ok(Reference { repository: repository.clone(), tag })
}
