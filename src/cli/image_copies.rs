//! Carries out copies of images.

use crate::error::{Error, Kind, Result};
use crate::images::ImageCopy;
use crate::images::docker::Docker;
use crate::programs::Programs;
use crate::registry::{Registries, RegistryError};

/// Makes `copy`, and reads back that it is there.
///
/// # Errors
/// The registry or docker refuses, or something else is there afterwards.
pub(super) fn carry_out(copy: &ImageCopy, registries: &Registries, programs: &Programs) -> Result<()> {
    if copy.is_tag() {
        let tagged = registries.tag(&copy.target.repository, &copy.digest, &copy.target.tag);
        return tagged.map_err(RegistryError::into_error);
    }
    Docker::find(programs)?.copy(copy)?;
    let target = std::slice::from_ref(&copy.target);
    let answer = registries.digests(target).pop().unwrap_or(Ok(None));
    let found = match answer.map_err(RegistryError::into_error)? {
        Some(digest) if digest == copy.digest => return Ok(()),
        Some(digest) => format!("it is {digest}"),
        None => "there is no such image".to_owned(),
    };
    let (source, target) = (copy.source(), &copy.target);
    Err(Error::new(
        Kind::Registry,
        format!("{source} was copied to {target}, but the registry says that {found}"),
    )
    .hint("somebody else may have written this tag at the same time: run this again")
    .hint("docker buildx imagetools create may have made an index of it: a newer buildx copies it as it is"))
}
