//! What is to be built, and how.

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
    /// The directory that is sent to the builder. It begins with `.` or `/`, so that nobody takes it for an option or
    /// a URL.
    pub context: String,
    /// What the image is called.
    pub reference: Reference,
    /// Values for the Dockerfile's `ARG`s.
    pub args: BTreeMap<String, String>,
    /// What the image says of itself.
    pub labels: BTreeMap<String, String>,
}

/// Where the image goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Into the local docker.
    Load,
    /// To its registry.
    Push,
    /// Where the further arguments say.
    AsGiven,
}

/// What holds for all images of one run.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the images run on; none means what the builder itself runs on.
    pub platforms: Vec<Platform>,
    /// Where they go.
    pub output: Output,
    /// Where layers are kept.
    pub cache: Cache,
    /// The buildx builder; none means the one in use.
    pub builder: Option<String>,
    /// Where buildx describes what it has built, as JSON.
    pub metadata_file: Option<PathBuf>,
    /// Further arguments for buildx.
    pub extra: Vec<OsString>,
}
