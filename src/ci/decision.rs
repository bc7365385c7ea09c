//! From an event to what it asks for.

use super::event::{Base, Event, Hash};
use super::plan::Environment;
use crate::domain::{
    ImageTag, TagPattern, TagSpelling, TagSpellings, Version, did_you_mean, nearest, tag_format_setting,
};
use crate::error::{Error, Kind, Result};

/// Which services an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// None, for this reason.
    Nothing(String),
    /// These, by path, in the order in which they were given to [`decide`].
    Services(Vec<String>),
    /// Those that differ between two commits.
    Since {
        /// The older one; none if there is nothing to compare with.
        base: Option<Base>,
        /// The newer one; none means the commit that is checked out.
        tip: Option<Hash>,
    },
    /// Those that differ between the merge base of two commits and the newer one.
    SinceMergeBase {
        /// The target branch.
        base: Base,
        /// What is proposed for it: the first commit that the clone has.
        tips: Vec<Hash>,
    },
}

/// What an event asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Which services.
    pub scope: Scope,
    /// What the images are for.
    pub environment: Environment,
    /// Whether the images may be pushed.
    pub push: bool,
    /// The version that the event itself names.
    pub version: Option<ImageTag>,
}

/// Decides what `event` asks for, in a repository with these services: paths and the pattern of their release tags.
///
/// `local` says that the run is on somebody's own machine,
/// which never pushes.
///
/// # Errors
/// The tag is not a release of any service, or the service asked for does not exist.
pub fn decide(event: Event, services: &[(&str, &TagPattern)], local: bool) -> Result<Decision> {
    let (scope, environment, push, version) = match event {
        Event::TagPushed { tag } => {
            let (released, version) = released_by(&tag, services)?;
            (Scope::Services(released), Environment::Production, true, Some(version))
        }
        Event::Deleted { reference } => {
            let is_tag = reference.starts_with("refs/tags/");
            let environment = if is_tag { Environment::Production } else { Environment::Staging };
            let why = format!("{reference} was deleted: there is nothing to build");
            (Scope::Nothing(why), environment, false, None)
        }
        Event::BranchPushed { base, tip, .. } => {
            (Scope::Since { base, tip }, Environment::Staging, true, None)
        }
        Event::Dispatched { service, version } => {
            (Scope::Services(vec![exactly(service, services)?]), Environment::Development, true, version)
        }
        Event::ChangeProposed { base, tips } => {
            (Scope::SinceMergeBase { base, tips }, Environment::Development, false, None)
        }
    };
    Ok(Decision { scope, environment, push: push && !local, version })
}

impl Decision {
    /// A warning about a version that looks like a release and is not built as one.
    pub fn warning(&self) -> Option<String> {
        let version = self.version.as_ref().filter(|_| self.environment != Environment::Production)?;
        replaces_release(version.as_str())
    }
}

/// The warning about a version that was given by hand, is not built as a release, and looks like one.
pub fn replaces_release(version: &str) -> Option<String> {
    Version::parse(version)?;
    Some(format!(
        "the version {version} looks like a release: the image would replace the one that was released as {version}"
    ))
}

/// The services that `tag` releases and their version. Several services have one tag only where the tag format names none.
fn released_by(tag: &str, services: &[(&str, &TagPattern)]) -> Result<(Vec<String>, ImageTag)> {
    let releases = services.iter().filter_map(|(path, pattern)| Some((*path, pattern.version_of(tag)?)));
    let (paths, versions): (Vec<_>, Vec<_>) =
        releases.map(|(path, version)| (path.to_owned(), version)).unzip();
    if let Some(version) = versions.first() {
        return Ok((paths, (*version).into()));
    }
    let begun = services.iter().filter(|(_, pattern)| tag.starts_with(pattern.prefix()));
    if let Some((path, pattern)) = begun.max_by_key(|(_, pattern)| pattern.prefix().len()) {
        return Err(Error::new(Kind::Input, format!("the tag '{tag}' is malformed and releases nothing"))
            .hint(spelling(path, pattern)));
    }
    let error =
        Error::new(Kind::Input, format!("the tag '{tag}' does not name a service of this repository"));
    let named = tag.rsplit_once('@').map_or(tag, |(name, _)| name);
    let near = nearest(named, services.iter().map(|(path, _)| *path)).first().copied();
    let example = services.iter().find(|(path, _)| near.is_none_or(|near| *path == near));
    let error = or_nearest(error, named, services);
    let error = match TagSpellings::new(services.iter().map(|(path, _)| *path)).of(tag) {
        Some(TagSpelling { format, .. }) => {
            error.hint(format!("{} reads it as a release", tag_format_setting(&format)))
        }
        None => error,
    };
    Err(match example {
        Some((path, pattern)) => error.hint(spelling(path, pattern)),
        None => error,
    })
}

/// What release tags of the service at `path` look like, and what changes that.
fn spelling(path: &str, pattern: &TagPattern) -> String {
    let tag = pattern.tag_of("1.2.3");
    format!("a release tag of {path} looks like {tag}; --tag-format or IMGVER_TAG_FORMAT sets another format")
}

/// `service`, if it is the path of one. Short names are for people; an event's service comes from a list of paths.
fn exactly(service: String, services: &[(&str, &TagPattern)]) -> Result<String> {
    if services.iter().any(|(path, _)| *path == service) {
        return Ok(service);
    }
    let error = Error::new(
        Kind::Input,
        format!("the event asks for the service '{service}', which is not the path of a service"),
    );
    Err(or_nearest(error, &service, services))
}

fn or_nearest(error: Error, wanted: &str, services: &[(&str, &TagPattern)]) -> Error {
    match did_you_mean(wanted, services.iter().map(|(path, _)| *path)) {
        Some(suggestion) => error.hint(suggestion),
        None => error.hint("imgver list shows all services"),
    }
}
