//! What is said of one subject: versions, image, tag.

use serde::Serialize;

use super::args::{BumpArg, NextArg, VersioningArgs};
use super::gather::Facts;
use super::image::reference;
use super::subject::Subject;
use crate::domain::{Bump, Extended, ImageRepository, Version};
use crate::error::{Context as _, Error, Kind, Result};

/// The whole computation, as `--output json` prints it.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    /// The service's path; null at repository level.
    pub(super) service: Option<String>,
    /// The image repository; null where none is known.
    pub(super) image: Option<String>,
    /// The base release; `0.0.0` where there is none.
    pub(super) base: String,
    /// The base release's tag; null where there is none.
    pub(super) base_tag: Option<String>,
    /// Commits since the base release, or all there are.
    pub(super) distance: u64,
    /// The commit's full hash.
    pub(super) commit: String,
    /// Whether tracked files have uncommitted changes.
    pub(super) dirty: bool,
    /// What `imgver version` prints.
    pub(super) version: String,
    /// What `imgver extended` prints.
    pub(super) extended: String,
    /// The image tag of the form asked for, with its repository; null where no repository is known.
    pub(super) tag: Option<String>,
    /// What the reader should know.
    pub(super) warnings: Vec<String>,
}

impl Answer {
    /// States `facts` about `subject`, without an image.
    pub(super) fn new(subject: &Subject, facts: &Facts, args: &VersioningArgs) -> Result<Self> {
        let abbrev = args.abbrev;
        let digits = facts.commit.digits();
        if usize::from(abbrev) > digits {
            return Err(Error::new(
                Kind::Usage,
                format!(
                    "--abbrev {abbrev} is more than the {digits} digits that a commit of this repository has"
                ),
            )
            .hint(format!("--abbrev {digits} gives the whole hash")));
        }
        let base = facts.base.as_ref().map_or(Version::ZERO, |base| base.version);
        let commit = facts.commit.abbreviated(abbrev.into());
        let next = args.next.map(|next| bumped(base, next.into())).transpose()?;
        let extended = Extended { base: next.unwrap_or(base), distance: facts.distance, commit: &commit };
        let unreleased =
            facts.base.is_none().then(|| format!("{}: counting from 0.0.0", subject.no_release()));
        let warnings = unreleased.into_iter().collect();
        let dirty = if facts.dirty { "-dirty" } else { "" };
        Ok(Answer {
            service: subject.service.as_ref().map(|service| service.path.clone()),
            image: None,
            base: base.to_string(),
            base_tag: facts.base.as_ref().map(|base| base.tag.clone()),
            distance: facts.distance,
            commit: facts.commit.to_string(),
            dirty: facts.dirty,
            version: format!("{base}{dirty}"),
            extended: format!("{extended}{dirty}"),
            tag: None,
            warnings,
        })
    }

    /// Adds the image and the tag `version` in it, and gives the reference that makes.
    pub(super) fn set_image(&mut self, repository: &ImageRepository, version: &str) -> Result<String> {
        self.image = Some(repository.to_string());
        let reference = reference(repository, version)?;
        self.tag = Some(reference.clone());
        Ok(reference)
    }
}

/// The version that follows `base` by `bump`.
pub(super) fn bumped(base: Version, bump: Bump) -> Result<Version> {
    let largest = || {
        Error::new(
            Kind::VersionRule,
            format!("no version follows {base}: its number is the largest there is"),
        )
        .hint("bump another number, or release a version of your own with --set X.Y.Z")
    };
    base.bumped(bump).ok_or_else(largest)
}

impl From<BumpArg> for Bump {
    fn from(bump: BumpArg) -> Self {
        match bump {
            BumpArg::Major => Bump::Major,
            BumpArg::Minor => Bump::Minor,
            BumpArg::Patch => Bump::Patch,
        }
    }
}

impl From<NextArg> for Bump {
    fn from(next: NextArg) -> Self {
        match next {
            NextArg::Patch => Bump::Patch,
            NextArg::Minor => Bump::Minor,
        }
    }
}

/// `value` as one line of JSON.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    let text =
        serde_json::to_string(value).context(Kind::Unexpected, || "the answer cannot be written as JSON")?;
    Ok(text + "\n")
}
