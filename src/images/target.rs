//! The images to build, and the options of the build.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;

use super::Cache;
use crate::domain::{Platform, Reference};

/// The build argument that is the version of the image's tag.
pub const VERSION: &str = "VERSION";

/// One image to build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The service's path; empty for the repository as a whole.
    pub service: String,
    /// The directory that is sent to the builder. It begins with `.` or `/`, so it cannot be mistaken for an option or
    /// a URL.
    pub context: String,
    /// The Dockerfile, if docker would not find it: otherwise it is called `Dockerfile` and in the context.
    pub dockerfile: Option<Dockerfile>,
    /// Additional contexts, by name: a directory, which begins with `.` or `/`, an image or a URL, as docker takes them.
    pub contexts: BTreeMap<String, String>,
    /// The stage of the Dockerfile to build; none means the last.
    pub stage: Option<String>,
    /// The target platforms; none means the builder's own.
    pub platforms: Vec<Platform>,
    /// The image's repositories and tags, the main one first. There is at least one.
    pub references: Vec<Reference>,
    /// Values for the Dockerfile's `ARG`s.
    pub args: BTreeMap<String, String>,
    /// `ARG`s that take the value of docker's environment variable of the same name, and nothing where there is none.
    pub inherited_args: BTreeSet<String>,
    /// The image's labels.
    pub labels: BTreeMap<String, String>,
}

/// Where a Dockerfile is. Both paths begin with `.` or `/`, so they cannot be mistaken for an option or a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    /// From the directory in which docker runs, as `docker buildx build` takes it.
    pub from_here: String,
    /// From the context, as `docker buildx bake` takes it.
    pub from_context: String,
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
    /// Where the images go.
    pub output: Output,
    /// The cache for layers.
    pub cache: Cache,
    /// The buildx builder; none means the selected one.
    pub builder: Option<String>,
    /// Secrets for the build's steps, as docker takes them: `id=ID[,src=FILE]`.
    pub secrets: Vec<String>,
    /// SSH agents or keys for the build's steps, as docker takes them: `default`, `ID=KEY`.
    pub ssh: Vec<String>,
    /// Whether everything is built anew.
    pub no_cache: bool,
    /// Whether base images are asked for at their registries, although the builder has them.
    pub pull: bool,
    /// The attestation of provenance, as docker takes it: `false`, `mode=max`.
    pub provenance: Option<String>,
    /// The attestation of the bill of materials, as docker takes it: `false`, `true`.
    pub sbom: Option<String>,
    /// Whether the other images are built and pushed if one fails.
    pub keep_going: bool,
    /// The file for the metadata of the images, as JSON.
    pub metadata_file: Option<PathBuf>,
    /// Extra arguments for buildx.
    pub extra: Vec<OsString>,
}

impl Options {
    /// The defaults, with images that go to `output`.
    pub fn new(output: Output) -> Self {
        Options {
            output,
            cache: Cache::None,
            builder: None,
            secrets: Vec::new(),
            ssh: Vec::new(),
            no_cache: false,
            pull: false,
            provenance: None,
            sbom: None,
            keep_going: false,
            metadata_file: None,
            extra: Vec::new(),
        }
    }
}
