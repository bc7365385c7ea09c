//! Which services a build is of.

use super::{Request, ServiceChoice};
use crate::error::{Error, Kind, Result};
use crate::ops::facts::Rev;
use crate::ops::identity::{self, Identity};
use crate::ops::subject::{self, All, NO_SERVICE, SubjectChoice, refuse_malformed};
use crate::ops::{Checkout, RepositoryRequest, SubjectRequest};

/// Whether a build without names is one of all services: what is missing is a question about all of them, except where the
/// current directory or the environment names one.
fn means_all(request: &Request, checkout: &Checkout) -> Result<bool> {
    if !request.missing || request.image_variable.is_some() {
        return Ok(false);
    }
    subject::chosen(&SubjectChoice::Here, checkout).map(|here| here.is_none())
}

/// What is built, each with the source of its image.
pub(super) fn identities(request: &Request, checkout: &Checkout) -> Result<Vec<Identity>> {
    let format = request.tag_format.as_ref();
    let variable = request.image_variable.as_ref();
    if request.services != ServiceChoice::All && checkout.is_bare() {
        return Err(subject::no_work_tree("cannot build anything"));
    }
    let services = match &request.services {
        ServiceChoice::Named(wanted) if wanted.is_empty() && means_all(request, checkout)? => {
            &ServiceChoice::All
        }
        services => services,
    };
    let choice = match services {
        ServiceChoice::All => {
            let All { subjects, malformed, .. } = subject::all(format, checkout)?;
            // The set of images must not depend on which Taskfiles happen to be readable.
            refuse_malformed(malformed.into_iter().map(|(_, found)| found))?;
            if subjects.is_empty() {
                return Err(Error::new(Kind::Input, NO_SERVICE)
                    .hint("git add the Taskfile of a new service, or give the service's path"));
            }
            return identity::several(subjects, false, variable, checkout);
        }
        ServiceChoice::Named(wanted) if !wanted.is_empty() => {
            let subjects = subject::several(wanted, format, checkout)?;
            return identity::several(subjects, true, variable, checkout);
        }
        ServiceChoice::Named(_) => SubjectChoice::Here,
        ServiceChoice::Whole => SubjectChoice::Whole,
    };
    let subject = SubjectRequest { choice, tag_prefix: None, tag_format: request.tag_format.clone() };
    let repository = RepositoryRequest { flag: None, variable: request.image_variable.clone() };
    Ok(vec![identity::one(&subject, &repository, &Rev::Head, checkout)?])
}
