//! From an event to what it asks for.

use super::event::{Asked, Base, Event, Hash, Merge, is_like_release};
use super::plan::Environment;
use crate::domain::{
    ImageTag, TagFormats, TagPattern, TagSpelling, TagSpellings, Version, did_you_mean, nearest, short_name,
    tag_format_setting,
};
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

/// What a tag releases.
struct Release {
    /// By path. Several have one tag only where the tag format names no service.
    services: Vec<String>,
    version: ImageTag,
}

/// Decides what `event` asks for, in a repository with these services: paths and the patterns of their release
/// tags, that of new ones first, which are of these `formats`.
///
/// `local` says that the run is on somebody's own machine,
/// which never pushes.
///
/// # Errors
/// The tag is not a release of any service, the service asked for does not exist, or a tag and what was entered beside it
/// contradict each other.
pub fn decide(
    event: Event,
    services: &[(&str, &[TagPattern])],
    formats: &TagFormats,
    local: bool,
) -> Result<Decision> {
    let is_all = matches!(&event, Event::Dispatched { asked: Some(Asked::All), .. });
    let hidden = (is_all && services.iter().any(|(path, _)| *path == Asked::ALL)).then(|| {
        "the input 'service' is all, which means all services, and not only the one at the path all: rename that to start it by itself"
            .to_owned()
    });
    let (scope, environment, push, version) = match event {
        Event::TagPushed { tag } | Event::ReleasePublished { tag } => {
            let Release { services, version } = released_by(&tag, services)?;
            (Scope::Services(services), Environment::Production, true, Some(version))
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
        Event::Dispatched { asked, version, tag } => {
            let release = tag.as_ref().map(|tag| release_started(tag, services, formats));
            let release = release.transpose().map_err(|error| with_act_hint(error, local))?.flatten();
            match tag.zip(release) {
                Some((tag, release)) => {
                    let again = started_again(&tag, release, asked, version, services);
                    let Release { services, version } = again.map_err(|error| with_act_hint(error, local))?;
                    (Scope::Services(services), Environment::Production, true, Some(version))
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
    let by_hand = version.as_ref().filter(|_| environment != Environment::Production);
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

/// What `tag` releases, if it is a release tag.
fn release_of(tag: &str, services: &[(&str, &[TagPattern])]) -> Option<Release> {
    let version_of = |patterns: &[TagPattern]| patterns.iter().find_map(|pattern| pattern.version_of(tag));
    let releases = services.iter().filter_map(|(path, patterns)| Some((*path, version_of(patterns)?)));
    let (services, versions): (Vec<_>, Vec<_>) =
        releases.map(|(path, version)| (path.to_owned(), version)).unzip();
    Some(Release { services, version: (*versions.first()?).into() })
}

/// What the tag that a run was started on releases; none if it is no release tag, as any tag may be that a run is started on.
///
/// # Errors
/// It begins like a release tag, or is one of a service that there is not.
fn release_started(
    tag: &str,
    services: &[(&str, &[TagPattern])],
    formats: &TagFormats,
) -> Result<Option<Release>> {
    let release = release_of(tag, services);
    let is_like = |(path, patterns): &&(&str, &[TagPattern])| is_like_release(tag, path, patterns);
    match malformed(tag, services.iter().filter(is_like)) {
        Some(error) if release.is_none() => Err(error),
        None if release.is_none() && formats.service_in(tag).is_some() => {
            released_by(tag, services).map(Some)
        }
        _ => Ok(release),
    }
}

/// The release that was started by hand on its own `tag`, as far as it is asked for.
fn started_again(
    tag: &str,
    release: Release,
    asked: Option<Asked>,
    version: Option<ImageTag>,
    all: &[(&str, &[TagPattern])],
) -> Result<Release> {
    let refused =
        |what: String| Error::new(Kind::Input, format!("the run was started on the tag {tag}, {what}"));
    if let Some(other) = version.filter(|version| *version != release.version) {
        let what = format!("which is the version {}, but its input 'version' is '{other}'", release.version);
        return Err(refused(what).hint("leave the input empty; or start the run on a branch"));
    }
    let entered = match asked {
        None => return Ok(release),
        Some(Asked::All) if release.services.len() == all.len() => return Ok(release),
        Some(Asked::Service(service)) if release.services.contains(&service) => {
            return Ok(Release { services: vec![service], ..release });
        }
        Some(Asked::Service(service)) => Asked::Service(exactly(service, all)?),
        Some(Asked::All) => Asked::All,
    };
    let released = match release.services.as_slice() {
        [only] => only.clone(),
        several => format!("{} services", several.len()),
    };
    let what = format!("which releases {released}, but its input 'service' is '{entered}'");
    Err(refused(what).hint("choose that service; or start the run on a branch"))
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

/// What `tag` releases.
///
/// # Errors
/// Nothing.
fn released_by(tag: &str, services: &[(&str, &[TagPattern])]) -> Result<Release> {
    if let Some(release) = release_of(tag, services) {
        return Ok(release);
    }
    if let Some(error) = malformed(tag, services.iter()) {
        return Err(error);
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
        Some((path, [pattern, ..])) => error.hint(spelling(path, pattern)),
        _ => error,
    })
}

/// The error about a tag that begins like one of `services`.
fn malformed<'s>(
    tag: &str,
    services: impl Iterator<Item = &'s (&'s str, &'s [TagPattern])>,
) -> Option<Error> {
    let patterns = services.flat_map(|(path, patterns)| patterns.iter().map(move |pattern| (*path, pattern)));
    let begun = patterns.filter(|(_, pattern)| tag.starts_with(pattern.prefix()));
    let (path, pattern) = begun.max_by_key(|(_, pattern)| pattern.prefix().len())?;
    let error = Error::new(Kind::Input, format!("the tag '{tag}' is malformed and releases nothing"));
    Some(error.hint(spelling(path, pattern)))
}

/// What release tags of the service at `path` look like, and what changes that.
fn spelling(path: &str, pattern: &TagPattern) -> String {
    let tag = pattern.tag_of("1.2.3");
    format!(
        "a release tag of {path} looks like {tag}; tag-format in imgver.yaml, --tag-format or IMGVER_TAG_FORMAT sets another format"
    )
}

/// `service`, if it is the path of one. Short names are for people; an event's service comes from a list of paths.
fn exactly(service: String, services: &[(&str, &[TagPattern])]) -> Result<String> {
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

fn or_nearest(error: Error, wanted: &str, services: &[(&str, &[TagPattern])]) -> Error {
    match did_you_mean(wanted, services.iter().map(|(path, _)| *path)) {
        Some(suggestion) => error.hint(suggestion),
        None => error.hint("imgver list shows all services"),
    }
}
