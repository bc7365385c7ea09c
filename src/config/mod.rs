//! `imgver.yaml`: what a team says once about its services, instead of in shells, Taskfiles and workflows.

mod build_contexts;
mod field;
mod keys;
mod name;
mod path;
mod reader;
mod service;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

pub use crate::domain::Floating;
use crate::domain::{Bump, ImageTemplate, Platform, PreReleases, TagFormat, TagFormats};
use crate::filters::Quantifier;
use crate::filters::pattern::Pattern;
pub use crate::yaml::Placed;
use crate::yaml::{Place, YamlError};

pub use keys::{ServiceKey, TopKey};
pub use service::OWN_ARGS;

/// The configuration's file, at the root of the repository.
pub const FILE: &str = "imgver.yaml";

/// What repairs a configuration that is not valid YAML, where that is likely.
pub fn syntax_hint(error: &YamlError) -> Option<&'static str> {
    let is_about = |word: &str| error.is_syntax() && error.message.contains(word);
    if is_about("tab") {
        Some("indent with spaces")
    } else {
        // YAML takes a brace for the beginning of a map.
        is_about("flow mapping").then_some("put quotes around text with braces: 'ghcr.io/acme/{name}'")
    }
}

/// The configuration of a repository. All paths in it are from the root of the repository, without `.` and `..`; the root
/// itself is the empty string.
#[derive(Debug)]
pub struct Config {
    /// How release tags are spelled; the first is for new ones. Empty if nothing is said.
    pub tag_formats: Vec<Placed<TagFormat>>,
    /// The image of services that name none.
    pub image: Option<Placed<ImageTemplate>>,
    /// The identifiers of pre-releases.
    pub prereleases: Vec<Placed<String>>,
    /// The tags that move with releases.
    pub floating: Vec<Placed<Floating>>,
    /// What a distance counts.
    pub scope: Option<Placed<Scope>>,
    /// Which part of the release extended versions count from is incremented.
    pub next: Option<Bump>,
    /// Whether only first-parent history counts.
    pub first_parent: Option<bool>,
    /// The filter file.
    pub filters: Option<Placed<String>>,
    /// How the rules of a filter are combined.
    pub quantifier: Option<Quantifier>,
    /// The services, in the order of the file.
    pub services: Vec<ServiceEntry>,
}

impl Config {
    /// What a file that says nothing comes to.
    pub const NONE: Config = Config {
        tag_formats: Vec::new(),
        image: None,
        prereleases: Vec::new(),
        floating: Vec::new(),
        scope: None,
        next: None,
        first_parent: None,
        filters: None,
        quantifier: None,
        services: Vec::new(),
    };

    /// How release tags are spelled; none if nothing is said.
    pub fn formats(&self) -> Option<TagFormats> {
        TagFormats::new(self.tag_formats.iter().map(|format| format.value.clone()))
    }

    /// Which pre-releases there are.
    pub fn prereleases(&self) -> PreReleases {
        PreReleases::new(self.prereleases.iter().map(|identifier| &*identifier.value))
    }
}

/// That of a file that says nothing.
impl Default for Config {
    fn default() -> Self {
        Config::NONE
    }
}

/// What the distance of a version counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// All commits of the repository.
    Repository,
    /// The commits that touch the service.
    Service,
}

impl Scope {
    /// All of them by their names.
    pub const NAMES: [(&'static str, Scope); 2] =
        [("repository", Scope::Repository), ("service", Scope::Service)];
}

/// An entry below `services`.
#[derive(Debug)]
pub struct ServiceEntry {
    /// Which services it is about.
    pub name: EntryName,
    /// Where its name is written.
    pub place: Place,
    /// What it says.
    pub settings: ServiceSettings,
}

/// An additional context of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildContext {
    /// A directory of the repository, from its root; empty for the root.
    Directory(String),
    /// An image, by its reference.
    Image(String),
    /// A repository or archive elsewhere, by its URL.
    Remote(String),
}

/// Which services an entry is about.
#[derive(Debug)]
pub enum EntryName {
    /// The one of this name.
    Exact(String),
    /// Every directory with a tracked Dockerfile that the pattern matches.
    Wildcard(Pattern),
}

/// What is said about a service. Everything that is not said is as in [`ServiceSettings::default`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceSettings {
    /// Its images, the main one first; empty if nothing is said.
    pub images: Vec<Placed<ImageTemplate>>,
    /// Its directory; none means the one that it is named after.
    pub directory: Option<Placed<String>>,
    /// The directory that a build reads; none means its directory.
    pub context: Option<Placed<String>>,
    /// Its Dockerfile; none means `Dockerfile` in its directory.
    pub dockerfile: Option<Placed<String>>,
    /// The stage of the Dockerfile; none means the last.
    pub target: Option<String>,
    /// The platforms; empty means the builder's own.
    pub platforms: Vec<Platform>,
    /// Values for the Dockerfile's `ARG`s.
    pub build_args: BTreeMap<String, String>,
    /// Additional contexts of its build, by name.
    pub build_contexts: BTreeMap<String, Placed<BuildContext>>,
    /// What it watches besides its own directory.
    pub watch: Vec<Placed<Pattern>>,
    /// Whether it watches all that its build can read, in place of its directory.
    pub watch_inputs: bool,
}
