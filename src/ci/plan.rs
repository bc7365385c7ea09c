//! From an event to what shall be done about it.

use std::fmt;

use serde::Serialize;

use super::event::{Event, Hash};
use crate::domain::{ImageTag, TagPattern, Version, did_you_mean, nearest};
use crate::error::{Context as _, Error, Kind, Result};

/// The most jobs that a matrix of GitHub's makes ("Usage limits" in its documentation of Actions).
pub const SERVICES_MAX: usize = 256;

/// What images are built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Releases.
    Production,
    /// What is on a branch.
    Staging,
    /// Everything else.
    Development,
}

/// Which services an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// None, for this reason.
    Nothing(String),
    /// These, by path.
    Services(Vec<String>),
    /// Those that changed since the branch was at `before`.
    ChangedSince {
        /// Where it was; none where the event does not say.
        before: Option<Hash>,
        /// Where it is now; none where nothing says so.
        tip: Option<Hash>,
    },
    /// Those that changed since the proposal left the branch it is for.
    ChangedSinceMergeBase {
        /// Where that branch is.
        base: Option<Hash>,
        /// What is proposed, the best candidate first.
        tips: Vec<Hash>,
    },
}

/// What an event asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Which services.
    pub scope: Scope,
    /// What for.
    pub environment: Environment,
    /// Whether the images may be pushed.
    pub push: bool,
    /// The version that the event itself names; empty if it names none.
    pub version: String,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// For these services, sorted by path.
    pub services: Vec<PlannedService>,
    /// What for.
    pub environment: Environment,
    /// Whether the images may be pushed.
    pub push: bool,
    /// The version that the event itself names; empty if it names none.
    pub version: String,
}

/// A service as a job of the matrix gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedService {
    /// Its path.
    pub service: String,
    /// Its short name.
    pub name: String,
    /// The build context: its directory.
    pub context: String,
    /// The image repository; none where only Task can work it out.
    pub image: Option<String>,
}

/// What `event` asks for, in a repository with these services (paths and the pattern of their release tags). `local`
/// says that the run is one on somebody's own machine, which never pushes.
///
/// # Errors
/// A tag that releases no service, an input that names none, a version that is no image tag.
pub fn decide(event: Event, services: &[(&str, &TagPattern)], local: bool) -> Result<Decision> {
    let (scope, environment, push, version) = match event {
        Event::TagPushed { tag } => {
            let (released, version) = released_by(&tag, services)?;
            (Scope::Services(released), Environment::Production, true, version)
        }
        Event::Deleted { reference } => {
            let environment = if reference.starts_with("refs/tags/") {
                Environment::Production
            } else {
                Environment::Staging
            };
            let why = format!("{reference} was deleted: there is nothing to build");
            (Scope::Nothing(why), environment, false, String::new())
        }
        Event::BranchPushed { before, tip, .. } => {
            (Scope::ChangedSince { before, tip }, Environment::Staging, true, String::new())
        }
        Event::Dispatched { service, version } => {
            let service = exactly(service, services)?;
            let version = version.unwrap_or_default();
            if !version.is_empty() {
                let _: ImageTag =
                    version.parse().context(Kind::Input, || "the event's input 'version' is no image tag")?;
            }
            (Scope::Services(vec![service]), Environment::Development, true, version)
        }
        Event::Proposed { base, tips } => {
            (Scope::ChangedSinceMergeBase { base, tips }, Environment::Development, false, String::new())
        }
    };
    Ok(Decision { scope, environment, push: push && !local, version })
}

impl Decision {
    /// What whoever asked for it may not have meant.
    pub fn doubt(&self) -> Option<String> {
        let is_disguised =
            self.environment != Environment::Production && Version::parse(&self.version).is_some();
        is_disguised.then(|| {
            let version = &self.version;
            format!("the version {version} is written as a release's: the image would take the place of the one that was released as {version}")
        })
    }
}

/// The services that `tag` releases, which are several only where the tag format names none, and the version.
fn released_by(tag: &str, services: &[(&str, &TagPattern)]) -> Result<(Vec<String>, String)> {
    let releases = services.iter().filter_map(|(path, pattern)| Some((*path, pattern.version_of(tag)?)));
    let (paths, versions): (Vec<_>, Vec<_>) =
        releases.map(|(path, version)| (path.to_owned(), version)).unzip();
    if let Some(version) = versions.first() {
        return Ok((paths, version.to_string()));
    }
    let begun = services.iter().filter(|(_, pattern)| tag.starts_with(pattern.prefix()));
    if let Some((path, pattern)) = begun.max_by_key(|(_, pattern)| pattern.prefix().len()) {
        return Err(Error::new(Kind::Input, format!("the tag '{tag}' is malformed and releases nothing"))
            .hint(spelling(path, pattern)));
    }
    let error = Error::new(Kind::Input, format!("the tag '{tag}' names no service of this repository"));
    let named = tag.rsplit_once('@').map_or(tag, |(name, _)| name);
    let near = nearest(named, services.iter().map(|(path, _)| *path)).first().copied();
    let example = services.iter().find(|(path, _)| near.is_none_or(|near| *path == near));
    let error = or_nearest(error, named, services);
    Err(match example {
        Some((path, pattern)) => error.hint(spelling(path, pattern)),
        None => error,
    })
}

/// How a release of the service at `path` is spelled, and what says so.
fn spelling(path: &str, pattern: &TagPattern) -> String {
    let tag = pattern.tag_of("1.2.3");
    format!(
        "a release tag of {path} looks like {tag}; --tag-format or IMGVER_TAG_FORMAT sets another spelling"
    )
}

/// `service`, if it is the path of one. Short names are for people; an event comes from a list of paths.
fn exactly(service: String, services: &[(&str, &TagPattern)]) -> Result<String> {
    if services.iter().any(|(path, _)| *path == service) {
        return Ok(service);
    }
    let error = Error::new(
        Kind::Input,
        format!("the event's input 'service' is '{service}', which is no service's path"),
    );
    Err(or_nearest(error, &service, services))
}

fn or_nearest(error: Error, wanted: &str, services: &[(&str, &TagPattern)]) -> Error {
    match did_you_mean(wanted, services.iter().map(|(path, _)| *path)) {
        Some(suggestion) => error.hint(suggestion),
        None => error.hint("imgver list shows all services"),
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Environment::Production => "production",
            Environment::Staging => "staging",
            Environment::Development => "development",
        })
    }
}
