//! From an event to what it asks for.

use super::event::{Asked, Base, Event, Hash, Merge};
use super::plan::Environment;
use super::released::{Released, is_prerelease, release_started, released_by, started_again};
use crate::domain::{ImageTag, PreReleases, TagFormats, TagPattern, Version, did_you_mean, short_name};
use crate::error::{Error, Kind, Result};

/// Which services an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// None, for this reason.
    Nothing(String),
    /// These, by path, in the order in which they were given to [`decide`].
    Services(Vec<String>),
    /// All of them.
    All,
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
        /// The commit that may be its merge into the target branch. If it is, it is compared with its first parent instead.
        merge: Option<Merge>,
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
    /// What may be other than intended.
    pub warnings: Vec<String>,
}

/// What an event may name.
#[derive(Debug, Clone, Copy)]
pub struct Names<'n> {
    /// The services: paths and the patterns of their release tags, that of new ones first.
    pub services: &'n [(&'n str, &'n [TagPattern])],
    /// The formats that the patterns are of.
    pub formats: &'n TagFormats,
    /// The pre-releases that there are.
    pub prereleases: &'n PreReleases,
}

/// Decides what `event` asks for, in a repository with these `names`. `local` says that the run is on somebody's own machine,
/// which never pushes.
///
/// # Errors
/// The tag is not a release of any service, the service asked for does not exist, or a tag and what was entered beside it
/// contradict each other.
pub fn decide(event: Event, names: Names<'_>, local: bool) -> Result<Decision> {
    let services = names.services;
    let is_all = matches!(&event, Event::Dispatched { asked: Some(Asked::All), .. });
    let hidden = (is_all && services.iter().any(|(path, _)| *path == Asked::ALL)).then(|| {
        "the input 'service' is all, which means all services, and not only the one at the path all: rename that to start it by itself"
            .to_owned()
    });
    let (scope, environment, push, version) = match event {
        Event::TagPushed { tag } | Event::ReleasePublished { tag } => {
            let Released { services, version, environment } = released_by(&tag, names)?;
            (Scope::Services(services), environment, true, Some(version))
        }
        Event::Deleted { reference } => {
            let environment = match reference.strip_prefix("refs/tags/") {
                Some(tag) if is_prerelease(tag, names) => Environment::Candidate,
                Some(_) => Environment::Production,
                None => Environment::Staging,
            };
            let why = format!("{reference} was deleted: there is nothing to build");
            (Scope::Nothing(why), environment, false, None)
        }
        Event::BranchPushed { base, tip, .. } => {
            (Scope::Since { base, tip }, Environment::Staging, true, None)
        }
        Event::Dispatched { asked, version, tag } => {
            let release = tag.as_ref().map(|tag| release_started(tag, names));
            let release = release.transpose().map_err(|error| with_act_hint(error, local))?.flatten();
            match tag.zip(release) {
                Some((tag, release)) => {
                    let again = started_again(&tag, release, asked, version, services);
                    let Released { services, version, environment } =
                        again.map_err(|error| with_act_hint(error, local))?;
                    (Scope::Services(services), environment, true, Some(version))
                }
                None => (asked_for(asked, services)?, Environment::Development, true, version),
            }
        }
        Event::Scheduled => (Scope::All, Environment::Staging, true, None),
        Event::Requested => (Scope::All, Environment::Development, true, None),
        Event::ChangeProposed { base, tips, merge } => {
            (Scope::SinceMergeBase { base, tips, merge }, Environment::Development, false, None)
        }
    };
    let by_hand = version.as_ref().filter(|_| !environment.is_of_tags());
    let replaced = by_hand.and_then(|version| replaces_release(version.as_str()));
    let warnings = replaced.into_iter().chain(hidden).collect();
    Ok(Decision { scope, environment, push: push && !local, version, warnings })
}

/// The warning about a version that was given by hand, is not built as a release, and looks like one.
pub fn replaces_release(version: &str) -> Option<String> {
    Version::parse(version)?;
    Some(format!(
        "the version {version} looks like a release: the image would replace the one that was released as {version}"
    ))
}

/// `error` about the tag of a run, with the hint for one on somebody's own machine, who may not have chosen any tag.
fn with_act_hint(error: Error, local: bool) -> Error {
    if !local {
        return error;
    }
    error.hint(
        "act takes a tag of the commit if the event file has no ref: add \"ref\": \"refs/heads/BRANCH\"",
    )
}

/// The services that somebody asked for by hand.
fn asked_for(asked: Option<Asked>, services: &[(&str, &[TagPattern])]) -> Result<Scope> {
    match asked {
        Some(Asked::All) => Ok(Scope::All),
        Some(Asked::Service(service)) => Ok(Scope::Services(vec![exactly(service, services)?])),
        None => Err(Error::new(
            Kind::Input,
            "the run was started by hand, but its input 'service' (inputs.service in the event) is missing or empty",
        )
        .hint("declare it in the workflow, under on.workflow_dispatch.inputs; its options are `all` and the paths that imgver list shows")
        .hint("a run that is started on a release tag needs none")),
    }
}

/// `service`, if it is the path of one. Short names are for people; an event's service comes from a list of paths.
pub(super) fn exactly(service: String, services: &[(&str, &[TagPattern])]) -> Result<String> {
    if services.iter().any(|(path, _)| *path == service) {
        return Ok(service);
    }
    let error = Error::new(
        Kind::Input,
        format!("the event asks for the service '{service}', which is not the path of a service"),
    );
    let mut namesakes = services.iter().filter(|(path, _)| short_name(path) == service);
    match (namesakes.next(), namesakes.next()) {
        (Some((path, _)), None) => {
            Err(error.hint(format!("an event names a service by its full path: {path}")))
        }
        _ => Err(or_nearest(error, &service, services)),
    }
}

pub(super) fn or_nearest(error: Error, wanted: &str, services: &[(&str, &[TagPattern])]) -> Error {
    match did_you_mean(wanted, services.iter().map(|(path, _)| *path)) {
        Some(suggestion) => error.hint(suggestion),
        None => error.hint("imgver list shows all services"),
    }
}
