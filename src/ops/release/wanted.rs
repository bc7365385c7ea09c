//! What is to be released: the services that a request names, and those that their tags release as well.

use super::super::requested_tags::{formats_of, requested};
use super::super::subject::{self, All, NO_SERVICE, Subject, refuse_malformed};
use super::super::{Checkout, SubjectRequest};
use super::{Request, Wanted};
use crate::error::{Error, Kind, Result};

/// The subjects that a request is about.
pub(super) struct Asked {
    /// Those that it names, or all services; sorted by path, at least one.
    pub(super) subjects: Vec<Subject>,
    /// Whether one tag releases all services, because its format does not contain the service.
    pub(super) is_shared: bool,
    /// The services that such a tag releases beside the subjects.
    pub(super) others: Vec<Subject>,
    /// Warnings about what looks like a service and is none.
    pub(super) warnings: Vec<String>,
}

/// Finds them.
///
/// # Errors
/// A service that does not exist; no service at all, or a Taskfile that may be one, where all are asked for.
pub(super) fn find(request: &Request, checkout: &Checkout) -> Result<Asked> {
    let mut warnings = Vec::new();
    let subjects = match &request.wanted {
        Wanted::Subject(choice) => {
            let subject = SubjectRequest {
                choice: choice.clone(),
                tag_format: request.tag_format.clone(),
                ..SubjectRequest::default()
            };
            vec![subject::one(&subject, checkout)?]
        }
        Wanted::Services(names) => subject::several(names, request.tag_format.as_ref(), checkout)?,
        Wanted::Changed => {
            let All { subjects, malformed, unnameable } =
                subject::all(request.tag_format.as_ref(), checkout)?;
            // One that cannot be read may have changed, and would be left out without a word.
            refuse_malformed(malformed.into_iter().map(|(_, found)| found))?;
            if subjects.is_empty() {
                return Err(Error::new(Kind::Input, NO_SERVICE)
                    .hint("imgver release --whole releases the repository as a whole"));
            }
            warnings.extend(unnameable.iter().map(subject::left_aside));
            subjects
        }
    };
    let is_shared = is_shared(&subjects, request, checkout)?;
    let others = if is_shared { others(&subjects, request, checkout)? } else { Vec::new() };
    Ok(Asked { subjects, is_shared, others, warnings })
}

/// Whether the tag that is to be set releases all services.
fn is_shared(subjects: &[Subject], request: &Request, checkout: &Checkout) -> Result<bool> {
    if subjects.iter().all(|subject| subject.service.is_none()) {
        return Ok(false);
    }
    let requested = requested(request.tag_format.as_ref(), checkout)?;
    Ok(requested.is_some_and(|requested| !requested.formats.first().names_service()))
}

/// All services but `subjects`.
fn others(subjects: &[Subject], request: &Request, checkout: &Checkout) -> Result<Vec<Subject>> {
    let found = subject::services(checkout)?;
    // One that cannot be read would be released without a word.
    refuse_malformed(found.malformed)?;
    let mut others = found.services;
    others.retain(|service| subjects.iter().all(|subject| subject.path() != Some(&*service.path)));
    let requested = requested(request.tag_format.as_ref(), checkout)?;
    Ok(subject::with_formats(&others, &formats_of(requested.as_deref())))
}
