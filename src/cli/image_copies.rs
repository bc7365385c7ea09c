//! Carries out copies of images.

use crate::domain::Digest;
use crate::error::{Error, Kind, Result};
use crate::images::docker::Docker;
use crate::images::{Buildx, ImageCopy};
use crate::programs::Programs;
use crate::registry::{Registries, RegistryError};

/// What copies from one repository to another.
pub(super) struct Copier {
    docker: Docker,
    buildx: Buildx,
}

impl Copier {
    /// The docker on `PATH`.
    ///
    /// # Errors
    /// There is none, or it has no buildx.
    pub(super) fn find(programs: &Programs) -> Result<Self> {
        let docker = Docker::find(programs)?;
        let buildx = docker.buildx()?;
        Ok(Copier { docker, buildx })
    }

    /// Makes `copy`. Its target names nothing but the whole image, at any time: where buildx does not see to that, all of the image
    /// is copied under another tag first.
    fn copy(&self, copy: &ImageCopy, registries: &Registries) -> Result<()> {
        self.docker.copy(copy, self.buildx)?;
        if self.buildx.tags_last() { read_back(copy, registries) } else { tag(copy, registries) }
    }
}

/// Makes `copy` with `copier`, which is not needed within a repository, and reads back that it is there.
///
/// # Errors
/// The registry or docker refuses, or something else is there afterwards.
pub(super) fn carry_out(copy: &ImageCopy, registries: &Registries, copier: Option<&Copier>) -> Result<()> {
    match copier {
        _ if copy.is_tag() => tag(copy, registries),
        Some(copier) => copier.copy(copy, registries),
        None => Err(Error::new(Kind::Unexpected, "no image was to be copied")),
    }
}

fn tag(copy: &ImageCopy, registries: &Registries) -> Result<()> {
    let tagged = registries.tag(&copy.target.repository, &copy.digest, &copy.target.tag);
    tagged.map_err(RegistryError::into_error)
}

fn read_back(copy: &ImageCopy, registries: &Registries) -> Result<()> {
    let target = std::slice::from_ref(&copy.target);
    let answer = registries.digests(target).pop().unwrap_or(Ok(None));
    let found: Option<Digest> = answer.map_err(RegistryError::into_error)?;
    let found = match found {
        Some(digest) if digest == copy.digest => return Ok(()),
        Some(digest) => format!("it is {digest}"),
        None => "there is no such image".to_owned(),
    };
    let (source, target) = (copy.source(), &copy.target);
    Err(Error::new(
        Kind::Registry,
        format!("{source} was copied to {target}, but the registry says that {found}"),
    )
    .hint("somebody else may have written this tag at the same time: run this again"))
}
