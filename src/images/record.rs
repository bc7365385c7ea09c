//! What `--images-file` says about images.

use serde::{Deserialize, Serialize};

use crate::domain::{Digest, Reference};

/// An image of one service in one repository, whose digest its registry knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedImage {
    /// The service's path; empty for the repository as a whole.
    pub service: String,
    /// Its repository and tag.
    pub reference: Reference,
    /// Its version.
    pub version: String,
}

/// A record of the images file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRecord {
    service: String,
    reference: String,
    digest: String,
    version: String,
    commit: String,
}

impl ImageRecord {
    /// The record of `image`, which is `digest` and whose label `revision` names `commit`; empty if it names none.
    pub fn new(image: &NamedImage, digest: &Digest, commit: &str) -> Self {
        ImageRecord {
            service: image.service.clone(),
            reference: image.reference.to_string(),
            digest: digest.to_string(),
            version: image.version.clone(),
            commit: commit.to_owned(),
        }
    }
}
