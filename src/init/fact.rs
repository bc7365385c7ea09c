//! What readers find: builds of images.

use std::collections::BTreeMap;
use std::fmt;

use super::value::Value;
use crate::yaml::Place;

/// A line of a file. Displays as `FILE:LINE`, or `FILE` if it is about the whole file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The file, from the root of the repository.
    pub file: String,
    /// The line, from 1; none for the whole file.
    pub line: Option<usize>,
}

impl Spot {
    pub(super) fn file(file: &str) -> Self {
        Spot { file: file.to_owned(), line: None }
    }

    pub(super) fn line(file: &str, line: usize) -> Self {
        Spot { file: file.to_owned(), line: Some(line) }
    }

    pub(super) fn at(file: &str, place: Place) -> Self {
        Spot::line(file, place.line)
    }
}

impl BuildFact {
    /// Whether it is how an image is released, rather than tested or developed.
    pub(super) fn is_release(&self) -> bool {
        self.is_pushed && matches!(self.source, FactSource::Action | FactSource::Bake)
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// What kind of file says that an image is built. A later one is less likely to be what is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactSource {
    /// A step of a workflow that builds with an action of docker's.
    Action,
    /// A bake file.
    Bake,
    /// `docker build` in a script of a workflow.
    Script,
    /// A compose file.
    Compose,
}

/// That an image is built of a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildFact {
    /// Where that is said.
    pub spot: Spot,
    /// By what kind of file.
    pub source: FactSource,
    /// Whether the image goes to a registry, as far as that is known.
    pub is_pushed: bool,
    /// The Dockerfile, which git tracks, from the root of the repository.
    pub dockerfile: String,
    /// The directory that the build reads, from the root of the repository; empty for the root.
    pub context: String,
    /// The stage; none for the last.
    pub target: Option<String>,
    /// Values of `ARG`s.
    pub args: BTreeMap<String, Value>,
    /// Platforms as written.
    pub platforms: Vec<String>,
    /// Images as written, with tags.
    pub images: Vec<Value>,
    /// What the file calls the build: the service of a compose file, the target of a bake file.
    pub label: Option<String>,
}
