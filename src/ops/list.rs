//! `imgver list`: every service in one pass.

use std::collections::BTreeSet;

use super::comparison;
use super::facts::{self, Facts, HistoryRequest, Rev};
use super::formats;
use super::image::{images_of, main_image};
use super::presence::{self, Asked, Presence};
use super::requested_tags::{RequestedFormat, requested};
use super::selection::FilterSet;
use super::subject::{self, All, NO_SERVICE, Subject, refuse_malformed};
use super::{Checkout, Compared, FilterRequest, Outcome, Selection, VersionAnswer, VersionForm, answer};
use crate::domain::{Digest, Reference};
use crate::error::{Kind, Result};
use crate::filters::Detail;
use crate::history::git::BrokenTag;
use crate::registry::Registries;
use crate::workspace::{MalformedTaskfile, Service};

/// Which services are listed, and at which commit.
#[derive(Debug, Clone)]
pub struct Request {
    /// The format of release tags; none means the default.
    pub tag_format: Option<RequestedFormat>,
    /// The commit that is versioned.
    pub history: HistoryRequest,
    /// The form of extended versions.
    pub form: VersionForm,
    /// Lists only the services that changed; none means all of them.
    pub changed_since: Option<ChangedSince>,
}

/// The commit to compare with.
#[derive(Debug, Clone)]
pub struct ChangedSince {
    /// The commit to compare with.
    pub base: String,
    /// The filters to apply.
    pub filters: FilterRequest,
    /// Whether to collect all files that affect a service, or only the first.
    pub detail: Detail,
}

/// The services.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// Each with its version and image, sorted by path.
    pub services: Vec<VersionAnswer>,
    /// Where all images of each service are in its version, if registries were asked; nowhere if one of its repositories is not known.
    pub presences: Option<Vec<Presence<Digest>>>,
    /// The comparison and what it selected; none if nothing was compared.
    pub comparison: Option<(Compared, Selection)>,
}

/// Lists the services. `registries` are asked whether they have the images.
///
/// # Errors
/// Those of commits and history; with a comparison also those of filters and Taskfiles; a registry that does not answer.
pub fn list(
    request: &Request,
    checkout: &Checkout,
    registries: Option<&Registries>,
) -> Result<Outcome<Answer>> {
    let All { mut subjects, malformed, unnameable } = subject::all(request.tag_format.as_ref(), checkout)?;
    let malformed = malformed.into_iter().map(|(_, found)| found);
    let mut warnings = Vec::new();
    if subjects.is_empty() {
        warnings.push(NO_SERVICE.to_owned());
    }
    warnings.extend(unnameable.iter().map(subject::left_aside));
    let mut compared = None;
    match &request.changed_since {
        Some(since) => {
            let made = compare(since, &request.history.rev, &subjects, malformed, checkout)?;
            let (comparison, selection, more) = made;
            let changed: Vec<&str> = selection.paths().collect();
            subjects.retain(|subject| changed.contains(&subject.key()));
            warnings.extend(more);
            compared = Some((comparison, selection));
        }
        None => warnings.extend(malformed.map(|found| found.error.to_string())),
    }
    let services = answers(&subjects, request, checkout, &mut warnings)?;
    let presences = registries.map(|registries| presences(&subjects, &services, registries)).transpose()?;
    warnings.extend(unreleased(&services));
    let is_format_given = requested(request.tag_format.as_ref(), checkout)?.is_some();
    if !is_format_given && services.iter().all(|answer| answer.base_tag.is_none()) {
        warnings.extend(formats::any_proposal(&subjects, checkout)?.as_ref().map(formats::warning));
    }
    Ok(Outcome::of(Answer { services, presences, comparison: compared }, warnings))
}

/// Which of `subjects` differ between the commit of `since` and the one that is versioned.
fn compare(
    since: &ChangedSince,
    rev: &Rev,
    subjects: &[Subject],
    malformed: impl Iterator<Item = MalformedTaskfile>,
    checkout: &Checkout,
) -> Result<(Compared, Selection, Vec<String>)> {
    refuse_malformed(malformed)?;
    let head = match rev {
        Rev::Head => "HEAD".to_owned(),
        Rev::Named(name) => name.clone(),
        Rev::Commit(commit) => commit.to_string(),
    };
    let compared = comparison::between(checkout, &since.base, &head, false)?;
    let filters = FilterSet::load(&since.filters, checkout)?;
    let services = subjects.iter().filter_map(|subject| subject.service.as_ref());
    let (selection, warnings) = filters.select(services, &compared.changes, since.detail, checkout)?;
    Ok((compared, selection, warnings))
}

fn answers(
    subjects: &[Subject],
    request: &Request,
    checkout: &Checkout,
    warnings: &mut Vec<String>,
) -> Result<Vec<VersionAnswer>> {
    let facts = facts::of_all(checkout, subjects, &request.history)?;
    // One tag may release several services.
    let broken: BTreeSet<&BrokenTag> = facts.iter().flat_map(|facts| &facts.broken).collect();
    warnings.extend(broken.into_iter().map(ToString::to_string));
    let form = request.form.or_configured(checkout)?;
    let mut answers = Vec::with_capacity(subjects.len());
    for (subject, facts) in subjects.iter().zip(&facts) {
        let (mut answer, no_next) = next_or_base(subject, facts, form)?;
        if let Some(warning) = no_next {
            warnings.push(warning.clone());
            answer.warnings.push(warning);
        }
        let version = answer.extended.clone();
        let image = subject.service.as_ref().map(main_image).transpose().map(Option::flatten);
        let image = image.and_then(|image| image.map(|image| answer.set_image(&image, &version)).transpose());
        if let Err(error) = image {
            warnings.push(error.to_string());
            answer.warnings.push(error.to_string());
        }
        answers.push(answer);
    }
    Ok(answers)
}

/// Where the images of `subjects` are in the versions of `answers`.
fn presences(
    subjects: &[Subject],
    answers: &[VersionAnswer],
    registries: &Registries,
) -> Result<Vec<Presence<Digest>>> {
    let asked = subjects.iter().zip(answers).map(|(subject, answer)| {
        let references = subject.service.as_ref().map(|service| references(service, &answer.extended));
        Asked { service: subject.key().to_owned(), references: references.unwrap_or_default() }
    });
    let asked: Vec<Asked> = asked.collect();
    let answers = registries.digests(&presence::references(&asked));
    // Nobody who is denied access may know.
    Ok(presence::read(asked, answers, |_| false)?.presences)
}

/// All images of `service` in `version`; none if one of them cannot be named, of which others than the first are seldom asked.
fn references(service: &Service, version: &str) -> Vec<Reference> {
    let named = images_of(service).and_then(|repositories| {
        repositories.iter().map(|repository| answer::reference(repository, version)).collect()
    });
    named.unwrap_or_default()
}

/// The answer in `form`; where a service has no next version, counted from its release, and a warning that says so: the other
/// services have one.
fn next_or_base(
    subject: &Subject,
    facts: &Facts,
    form: VersionForm,
) -> Result<(VersionAnswer, Option<String>)> {
    let error = match VersionAnswer::new(subject, facts, form) {
        Ok(answer) => return Ok((answer, None)),
        Err(error) => error,
    };
    if error.kind() != Kind::VersionRule {
        return Err(error);
    }
    let answer = VersionAnswer::new(subject, facts, VersionForm { next: None, ..form })?;
    Ok((answer, Some(format!("{}: {error}; it is counted from the release itself", subject.name()))))
}

/// One warning for all services without a release: in a young repository, that is every service.
fn unreleased(answers: &[VersionAnswer]) -> Option<String> {
    let names: Vec<&str> = answers
        .iter()
        .filter(|answer| answer.base_tag.is_none())
        .filter_map(|answer| answer.service.as_deref())
        .collect();
    let subject = match names.as_slice() {
        [] => return None,
        [only] => format!("{only} has"),
        several => format!("{} services have", several.len()),
    };
    Some(format!("{subject} no reachable release tag: counting from 0.0.0"))
}
