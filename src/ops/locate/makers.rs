//! Which services an image may be of.

use super::super::subject::{self, All, Subject};
use super::super::{Checkout, SubjectRequest};
use super::Request;
use crate::domain::{ImageRepository, did_you_mean};
use crate::error::{Error, Kind, Result};
use crate::workspace::{Service, ServiceImage};

/// The services that may have built the image.
pub(super) fn subjects(
    request: &Request,
    repository: Option<&ImageRepository>,
    checkout: &Checkout,
) -> Result<Vec<Subject>> {
    let format = request.tag_format.as_ref();
    match (&request.service, repository) {
        (Some(_), _) => {
            let request = SubjectRequest {
                choice: request.service.clone().into(),
                tag_format: format.cloned(),
                ..SubjectRequest::default()
            };
            Ok(vec![subject::one(&request, checkout)?])
        }
        (None, None) => subject::here_or_any(format, checkout),
        (None, Some(repository)) => makers(repository, subject::all(format, checkout)?),
    }
}

/// The services whose image is in `repository`, or may be.
fn makers(repository: &ImageRepository, All { subjects, .. }: All) -> Result<Vec<Subject>> {
    let error = {
        let services = subjects.iter().filter_map(|subject| subject.service.as_ref());
        let images = services.flat_map(|service| service.known_images().filter_map(ServiceImage::plain));
        let near = did_you_mean(repository.as_str(), images);
        let error =
            Error::new(Kind::Input, format!("no service of this repository builds the image {repository}"));
        near.into_iter().fold(error, Error::hint).hint(
            "imgver list shows every service's image; --service SERVICE selects a service whatever its image is",
        )
    };
    let makes = |subject: &Subject| {
        let services = subject.service.iter();
        let texts = services.flat_map(|service| service.known_images().filter_map(ServiceImage::plain));
        let images = texts.filter_map(|text| text.parse::<ImageRepository>().ok());
        images.into_iter().any(|image| image.in_full() == repository.in_full())
    };
    // Only Task knows the image of some services, and it may be this one.
    let may_make = |subject: &Subject| {
        let mut images = subject.service.iter().flat_map(Service::known_images);
        images.any(|image| image.plain().is_none())
    };
    let (makers, others): (Vec<Subject>, Vec<Subject>) = subjects.into_iter().partition(makes);
    let candidates = if makers.is_empty() { others.into_iter().filter(may_make).collect() } else { makers };
    if candidates.is_empty() { Err(error) } else { Ok(candidates) }
}
