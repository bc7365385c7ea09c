//! What to do about an event, once the services are known.

use std::fmt;

use crate::domain::{ImageRepository, ImageTag, Platform};

/// What images are built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Releases.
    Production,
    /// Pre-releases.
    Candidate,
    /// What is on a branch.
    Staging,
    /// Everything else: proposed changes, runs started by hand.
    Development,
}

/// What to build, and whether to push it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Sorted by path.
    pub services: Vec<PlannedService>,
    /// What the images are for.
    pub environment: Environment,
    /// Whether the images may be pushed.
    pub push: bool,
    /// The version that the event itself names; without one, it is that of the commit.
    pub version: Option<ImageTag>,
}

/// A service to build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedService {
    /// Its path.
    pub service: String,
    /// Its short name.
    pub name: String,
    /// The directory of the build context, from the root of the repository.
    pub context: String,
    /// The Dockerfile, from the root of the repository; none if it is where docker looks for it.
    pub dockerfile: Option<String>,
    /// The stage of the Dockerfile; none means the last.
    pub target: Option<String>,
    /// The platforms; empty if nothing is said about them.
    pub platforms: Vec<Platform>,
    /// The image repositories, the main one first; empty if nothing names any, or only Task can determine them.
    pub images: Vec<ImageRepository>,
}

impl Environment {
    /// Whether a tag says what its images are, and not the commit that they are built of.
    pub fn is_of_tags(self) -> bool {
        matches!(self, Environment::Production | Environment::Candidate)
    }
}

impl Plan {
    /// The services' paths, sorted.
    pub fn paths(&self) -> Vec<&str> {
        self.services.iter().map(|service| &*service.service).collect()
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Environment::Production => "production",
            Environment::Candidate => "candidate",
            Environment::Staging => "staging",
            Environment::Development => "development",
        })
    }
}
