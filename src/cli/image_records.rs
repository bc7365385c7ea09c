//! Writes the images file: which images there are, for whoever deploys them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::args::{MaybeEmpty, non_empty};
use super::reply::{cannot_write, replaceable};
use crate::domain::Reference;
use crate::error::{Context as _, Error, Kind, Result};
use crate::files;
use crate::images::{ImageRecord, NamedImage};
use crate::registry::{Image, Registries, RegistryError, Revision};
use crate::world::World;

/// More than is written about thousands of images.
const RECORDS_MAX: u64 = 16 << 20;

const IMAGES_FILE: &str = "--images-file takes a regular file, new or not, in a directory that exists";

/// The file that `--images-file` names, if it names one: the one behind it, if it is a symbolic link.
///
/// # Errors
/// There is something else than a regular file, such as a pipe or a device.
pub(super) fn images_file(named: &Option<MaybeEmpty<PathBuf>>, world: &World<'_>) -> Result<Option<PathBuf>> {
    non_empty(named).map(|path| replaceable(&world.directory.join(path), IMAGES_FILE)).transpose()
}

/// Makes sure, before anything is done, that `path` can be written, and removes what it says of earlier images.
///
/// # Errors
/// It cannot be written.
pub(super) fn begin(path: &Path) -> Result<()> {
    write(path, &[])?;
    files::remove(path);
    Ok(())
}

/// Asks what `images` are, except for the references of `unfinished`, and writes their records to `path`. An image may have been
/// there before this run, and be labelled by another commit.
///
/// # Errors
/// A registry does not answer, or does not have one of them; the file cannot be written.
pub(super) fn carry_out(
    images: &[NamedImage],
    path: &Path,
    registries: &Registries,
    unfinished: &BTreeSet<String>,
) -> Result<()> {
    let is_there = |image: &&NamedImage| !unfinished.contains(&image.reference.to_string());
    let images: Vec<&NamedImage> = images.iter().filter(is_there).collect();
    let references: Vec<Reference> = images.iter().map(|image| image.reference.clone()).collect();
    let mut answers = match references.is_empty() {
        true => Vec::new().into_iter(),
        false => registries.images(&references).into_iter(),
    };
    let mut records = Vec::with_capacity(images.len());
    for image in images {
        let there: Option<Image> = match answers.next() {
            Some(answer) => answer.map_err(RegistryError::into_error)?,
            None => None,
        };
        let Image { digest, revision } = there.ok_or_else(|| gone(image))?;
        let commit = match &revision {
            Revision::Commit(commit) => commit,
            Revision::Unlabelled | Revision::Different(_) => "",
        };
        records.push(ImageRecord::new(image, &digest, commit));
    }
    write(path, &records)
}

fn gone(image: &NamedImage) -> Error {
    let reference = &image.reference;
    Error::new(
        Kind::Registry,
        format!("{reference} should be there by now, but its registry has no such image"),
    )
    .hint("somebody else may have deleted it: run this again")
}

fn write(path: &Path, records: &[ImageRecord]) -> Result<()> {
    let text = serde_json::to_string_pretty(records).context(Kind::Unexpected, || cannot_write(path))? + "\n";
    let written = files::replace(path, text.as_bytes()).context(Kind::Unexpected, || cannot_write(path));
    written.map_err(|error| error.hint(IMAGES_FILE))
}

/// Removes the images file of an earlier run that `--images-file` names, if there is one.
pub(super) fn forget(named: &Option<MaybeEmpty<PathBuf>>, world: &World<'_>) {
    let Some(path) = non_empty(named) else { return };
    let Ok(path) = files::behind_links(&world.directory.join(path)) else { return };
    // Nothing but what such a run has left: the path may be a slip.
    let bytes = files::read(&path, RECORDS_MAX).ok();
    if bytes.is_some_and(|bytes| serde_json::from_slice::<Vec<ImageRecord>>(&bytes).is_ok()) {
        files::remove(&path);
    }
}
