//! Copies of images between repositories, as data.

use crate::domain::{Digest, ImageRepository, Reference};

/// What a registry has, to be had under another name as well: the same bytes, the same digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageCopy {
    /// The repository that has it.
    pub source: ImageRepository,
    /// What it is.
    pub digest: Digest,
    /// The new name: a tag in the same repository, or in another.
    pub target: Reference,
}
