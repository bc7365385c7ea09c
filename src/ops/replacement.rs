//! What must not be replaced in a registry: the image of a release by that of another commit.

use crate::domain::{REVISION, Reference};
use crate::error::{Error, Kind, Result};
use crate::registry::{Image, Revision};

/// Whether `image` says that it was built of `commit`.
pub(super) fn is_of(image: &Image, commit: &str) -> bool {
    matches!(&image.revision, Revision::Commit(theirs) if theirs == commit)
}

/// Of which commit an image says that it was built, as the end of a sentence about it.
pub(super) fn built_of(revision: &Revision) -> String {
    match revision {
        Revision::Commit(commit) => format!("was built of the commit {commit}"),
        Revision::Unlabelled => {
            format!("does not say of which commit it was built (its label {REVISION})")
        }
        Revision::Different(several) => {
            let named = several.iter().map(|one| if one.is_empty() { "none" } else { one });
            let named = named.collect::<Vec<_>>().join(", ");
            format!("was built of different commits for its platforms (their labels {REVISION}: {named})")
        }
    }
}

/// Refuses to put an image of the commit `ours` in the place of what is `there`, under the tag of a release.
///
/// # Errors
/// An image of another commit, or one that does not say of which it is.
pub(super) fn refuse_another<'i>(
    ours: &str,
    there: impl IntoIterator<Item = (&'i Reference, &'i Image)>,
) -> Result<()> {
    let Some((reference, image)) = there.into_iter().find(|(_, image)| !is_of(image, ours)) else {
        return Ok(());
    };
    let (digest, theirs) = (&image.digest, built_of(&image.revision));
    Err(Error::new(
        Kind::VersionRule,
        format!("{reference} is there already ({digest}), and {theirs}; this build is of the commit {ours}: a release is never replaced by another"),
    )
    .hint("release the change under a new version: imgver release SERVICE --bump patch")
    .hint("if nobody uses that image, delete it in the registry and run this again"))
}
