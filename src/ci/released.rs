//! What a tag releases, and before which release it is.

use super::decision::{Names, exactly, or_nearest};
use super::event::{Asked, is_like_release};
use super::plan::Environment;
use crate::domain::{
    ImageTag, PreRelease, PreReleases, TagPattern, TagSpelling, TagSpellings, nearest, tag_format_setting,
};
use crate::error::{Context as _, Error, Kind, Result};

/// A service: its path, and the patterns of its release tags.
type Service<'n> = (&'n str, &'n [TagPattern]);

/// What a tag releases.
pub(super) struct Released {
    /// By path. Several have one tag only where the tag format names no service.
    pub(super) services: Vec<String>,
    /// The version that the tag names.
    pub(super) version: ImageTag,
    /// What its images are for.
    pub(super) environment: Environment,
}

/// What `tag` releases, or what it is a pre-release of.
///
/// # Errors
/// It releases nothing, or is a pre-release that imgver.yaml does not name.
pub(super) fn released_by(tag: &str, names: Names<'_>) -> Result<Released> {
    let Names { services, .. } = names;
    if let Some(released) = found(tag, names)? {
        return Ok(released);
    }
    if let Some(error) = refused(tag, services.iter(), names) {
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

/// What the tag that a run was started on releases; none if it is no release tag, as any tag may be that a run is started on.
///
/// # Errors
/// It begins like a release tag, or is one of a service that there is not.
pub(super) fn release_started(tag: &str, names: Names<'_>) -> Result<Option<Released>> {
    if let Some(released) = found(tag, names)? {
        return Ok(Some(released));
    }
    let is_like = |(path, patterns): &&Service<'_>| is_like_release(tag, path, patterns);
    if let Some(error) = refused(tag, names.services.iter().filter(is_like), names) {
        return Err(error);
    }
    let Names { formats, prereleases, .. } = names;
    let is_of_another =
        formats.service_in(tag).or_else(|| formats.service_before_release(tag, prereleases)).is_some();
    is_of_another.then(|| released_by(tag, names)).transpose()
}

/// The release that was started by hand on its own `tag`, as far as it is asked for.
///
/// # Errors
/// What was entered beside it contradicts the tag.
pub(super) fn started_again(
    tag: &str,
    release: Released,
    asked: Option<Asked>,
    version: Option<ImageTag>,
    all: &[Service<'_>],
) -> Result<Released> {
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
            return Ok(Released { services: vec![service], ..release });
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

/// Whether `tag` is one of a pre-release of any service.
pub(super) fn is_prerelease(tag: &str, Names { services, prereleases, .. }: Names<'_>) -> bool {
    let mut patterns = services.iter().flat_map(|(_, patterns)| *patterns);
    patterns.any(|pattern| pattern.prerelease_of(tag, prereleases).is_some())
}

/// What `tag` releases, or what it is a pre-release of, if it is either.
///
/// # Errors
/// A pre-release whose name is too long for an image.
fn found(tag: &str, Names { services, prereleases, .. }: Names<'_>) -> Result<Option<Released>> {
    if let Some((services, version)) = by_pattern(services, |pattern| pattern.version_of(tag)) {
        let (version, environment) = (version.into(), Environment::Production);
        return Ok(Some(Released { services, version, environment }));
    }
    let Some((services, version)) = by_pattern(services, |pattern| pattern.prerelease_of(tag, prereleases))
    else {
        return Ok(None);
    };
    let version = ImageTag::try_from(&version);
    let version = version.context(Kind::Input, || format!("cannot tag an image as the tag '{tag}' says"))?;
    Ok(Some(Released { services, version, environment: Environment::Candidate }))
}

/// The paths of those of `services` for which `version` finds one by a pattern, and the first that it finds.
fn by_pattern<V>(
    services: &[Service<'_>],
    version: impl Fn(&TagPattern) -> Option<V>,
) -> Option<(Vec<String>, V)> {
    let of = |(path, patterns): &Service<'_>| Some(((*path).to_owned(), patterns.iter().find_map(&version)?));
    let (paths, versions): (Vec<_>, Vec<_>) = services.iter().filter_map(of).unzip();
    Some((paths, versions.into_iter().next()?))
}

/// The error about a tag that begins like one of `services` and releases nothing.
fn refused<'s>(
    tag: &str,
    services: impl Iterator<Item = &'s Service<'s>>,
    names: Names<'_>,
) -> Option<Error> {
    let patterns = services.flat_map(|(path, patterns)| patterns.iter().map(move |pattern| (*path, pattern)));
    let begun: Vec<_> = patterns.filter(|(_, pattern)| tag.starts_with(pattern.prefix())).collect();
    let unnamed = begun.iter().find_map(|(path, pattern)| {
        Some(unnamed(tag, path, &PreRelease::parse(pattern.version_text(tag)?)?, names.prereleases))
    });
    if unnamed.is_some() {
        return unnamed;
    }
    let (path, pattern) = begun.into_iter().max_by_key(|(_, pattern)| pattern.prefix().len())?;
    let error = Error::new(Kind::Input, format!("the tag '{tag}' is malformed and releases nothing"));
    Some(error.hint(spelling(path, pattern)))
}

/// The error about the tag of a pre-release with an identifier that is not among `known`.
fn unnamed(tag: &str, path: &str, prerelease: &PreRelease, known: &PreReleases) -> Error {
    let identifier = &prerelease.identifier;
    let setting = known.setting_with(identifier);
    Error::new(
        Kind::Input,
        format!("the tag '{tag}' is a pre-release of {path}, and imgver.yaml names no pre-releases called '{identifier}'"),
    )
    .hint(format!("{setting} in imgver.yaml lets such tags make images, for the environment candidate"))
    .hint("without it they release nothing: leave them out of the tag filter of the workflow")
}

/// What release tags of the service at `path` look like, and what changes that.
fn spelling(path: &str, pattern: &TagPattern) -> String {
    let tag = pattern.tag_of("1.2.3");
    format!(
        "a release tag of {path} looks like {tag}; tag-format in imgver.yaml, --tag-format or IMGVER_TAG_FORMAT sets another format"
    )
}
