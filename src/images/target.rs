//! The images to build, and the options of the build.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::{Cache, Platform};
use crate::domain::Reference;

/// One image to build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The service's path; empty for the repository as a whole.
    pub service: String,
    /// The directory that is sent to the builder. It begins with `.` or `/`, so it cannot be mistaken for an option or
    /// a URL.
    pub context: String,
    /// The image's repository and tag.
    pub reference: Reference,
    /// Values for the Dockerfile's `ARG`s.
    pub args: BTreeMap<String, String>,
    /// The image's labels.
    pub labels: BTreeMap<String, String>,
}

/// Where the image goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Into the local docker.
    Load,
    /// To its registry.
    Push,
    /// Wherever the extra arguments say.
    AsGiven,
}

/// The options for all images of one build.
#[derive(Debug, Clone)]
pub struct Options {
    /// The target platforms; none means the builder's own.
    pub platforms: Vec<Platform>,
    /// Where the images go.
    pub output: Output,
    /// The cache for layers.
    pub cache: Cache,
    /// The buildx builder; none means the selected one.
    pub builder: Option<String>,
    /// The file for buildx's metadata of the images, as JSON.
    pub metadata_file: Option<PathBuf>,
    /// Extra arguments for buildx.
    pub extra: Vec<OsString>,
}
