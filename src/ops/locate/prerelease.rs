//! The commit of a pre-release: that of its tag, which is all that makes it one.

use super::super::subject::Subject;
use super::super::{Checkout, facts, prerelease_tags};
use super::{Found, LocatedService, Request, facts_of, how_to_choose, may_lack_releases, subjects};
use crate::domain::{ImageRepository, PreRelease, PreReleases, Reference};
use crate::error::{Context as _, Error, Kind, Result};
use crate::history::git::{self, CommitId};

/// The commit of the pre-release that `request` asks about, and its services; none if it asks about something else.
///
/// # Errors
/// No commit carries it, or several do.
pub(super) fn find(request: &Request, checkout: &Checkout) -> Result<Option<Found>> {
    let prereleases = checkout.config()?.prereleases();
    let Some((prerelease, subjects)) = asked(request, &prereleases, checkout)? else { return Ok(None) };
    let (mut tags, mut commits, mut tagged) = (Vec::new(), Vec::new(), Vec::new());
    let may_lack = may_lack_releases(&subjects, checkout);
    let name = subjects.first().filter(|_| subjects.len() == 1).map(|only| only.name().to_owned());
    for subject in subjects {
        let found = prerelease_tags::tags_of(&subject, &prerelease, checkout)?;
        let before = commits.len();
        for (tag, commit) in found {
            tags.push(tag);
            commits.extend(commit);
        }
        if commits.len() > before {
            tagged.push(subject);
        }
    }
    commits.sort_unstable();
    commits.dedup();
    match commits.as_slice() {
        [_] if may_lack => Err(too_shallow(&prerelease).hint(how_to_choose("or ", checkout))),
        [only] => Ok(Some((*only, located(*only, &tagged, request, checkout)?))),
        [] => Err(Error::new(
            Kind::Repository,
            format!(
                "this clone has no pre-release {prerelease} of {}",
                name.as_deref().unwrap_or("any service")
            ),
        )
        .hint("git fetch --tags gets missing tags")),
        _ => {
            tags.dedup();
            let tags = tags.join(" and ");
            Err(Error::new(Kind::Input, format!("{prerelease} is ambiguous: it matches {tags}"))
                .hint(how_to_choose("", checkout)))
        }
    }
}

/// The pre-release that is asked about, as a git tag or as that of an image, and those that it may be of.
fn asked(
    request: &Request,
    prereleases: &PreReleases,
    checkout: &Checkout,
) -> Result<Option<(PreRelease, Vec<Subject>)>> {
    let text = &request.image_tag;
    // Nothing else has the time of looking for services.
    if prereleases.is_empty() || !text.contains('-') {
        return Ok(None);
    }
    let (repository, tag) = Reference::split(text);
    if let Some(prerelease) = tag.and_then(|tag| prereleases.parse(tag)) {
        let repository: Option<ImageRepository> = repository
            .map(str::parse)
            .transpose()
            .context(Kind::Input, || format!("{text} is not a valid image reference"))?;
        return Ok(Some((prerelease, subjects(request, repository.as_ref(), checkout)?)));
    }
    let is_tag = |end: &str| PreRelease::parse(end).is_some();
    let starts = text.match_indices(|character: char| character.is_ascii_digit()).map(|(at, _)| at);
    if !starts.filter_map(|at| text.get(at..)).any(is_tag) {
        return Ok(None);
    }
    let of = |subject: &Subject| {
        subject.patterns.iter().find_map(|pattern| pattern.prerelease_of(text, prereleases))
    };
    let subjects = subjects(request, None, checkout)?;
    let Some(prerelease) = subjects.iter().find_map(of) else { return Ok(None) };
    Ok(Some((prerelease, subjects.into_iter().filter(|subject| of(subject).is_some()).collect())))
}

/// The services with the pre-release at `commit`, with the release before it.
fn located(
    commit: CommitId,
    tagged: &[Subject],
    request: &Request,
    checkout: &Checkout,
) -> Result<Vec<LocatedService>> {
    let scope = facts::scope(None, checkout)?;
    let facts = facts_of(tagged, scope, commit, request.first_parent, |_| true, checkout)?;
    Ok(tagged.iter().zip(&facts).map(|(subject, facts)| LocatedService::new(subject, facts)).collect())
}

fn too_shallow(prerelease: &PreRelease) -> Error {
    Error::new(
        Kind::Repository,
        format!(
            "this clone is too shallow to tell which pre-release {prerelease} is meant: it may lack others"
        ),
    )
    .hint(git::UNSHALLOW)
}
