//! Names of images, and the sources they come from.

use std::collections::BTreeSet;

use super::subject::Subject;
use crate::domain::{ImageRepository, ImageTag, short_name};
use crate::error::{Context as _, Error, Kind, Result};
use crate::workspace::taskfile::ImageRepo;
use crate::workspace::{Service, ServiceImage};

/// Sources of the image repository that override what the repository says; the first one that is set counts.
#[derive(Debug, Clone, Default)]
pub struct RepositoryRequest {
    /// `--repo`.
    pub flag: Option<String>,
    /// The environment variable `IMAGE_REPO`.
    pub variable: Option<String>,
}

/// The error if nothing names the image of `subject`.
pub(super) fn no_image(subject: &Subject) -> Error {
    if let Some(service) = &subject.service {
        let (place, path) = (service.place(), &service.path);
        return Error::new(Kind::Input, format!("{place}: the service {path} has no image"))
            .hint(format!("set image there: image: ghcr.io/acme/{}", short_name(path)))
            .hint("or, at the top of imgver.yaml, for all services: image: ghcr.io/acme/{name}");
    }
    Error::new(Kind::Input, format!("cannot determine the image repository of {}", subject.name()))
        .hint("pass a service, or set the repository with --repo REPO or the environment variable IMAGE_REPO")
}

/// The value of `--set-version` as an image tag.
pub(super) fn tag_given(version: &str) -> Result<ImageTag> {
    version.parse().context(Kind::Input, || "--set-version is not a valid image tag")
}

/// The main image repository of `service`; none if nothing names any.
pub(super) fn main_image(service: &Service) -> Result<Option<ImageRepository>> {
    service.built_images().first().map(repository).transpose()
}

/// All image repositories of `service`, the main one first; empty if nothing names any.
pub(super) fn images_of(service: &Service) -> Result<Vec<ImageRepository>> {
    service.built_images().iter().map(repository).collect()
}

/// The repositories, each once, however they are spelled.
pub(super) fn distinct(repositories: impl IntoIterator<Item = ImageRepository>) -> Vec<ImageRepository> {
    let mut known = BTreeSet::new();
    repositories.into_iter().filter(|repository| known.insert(repository.in_full())).collect()
}

fn repository(image: &ServiceImage) -> Result<ImageRepository> {
    let (place, key) = (image.place(), image.source.key());
    match &image.repo {
        ImageRepo::Plain { text, .. } => {
            text.parse().context(Kind::Input, || format!("{place}: {key} is not a valid image repository"))
        }
        ImageRepo::Computed { kind, .. } => {
            Err(Error::new(Kind::Input, format!("{place}: {key} is {kind}, which only Task can resolve"))
                .hint("set the environment variable IMAGE_REPO to this service's image repository")
                .hint("imgver version, extended and tag also accept --repo REPO"))
        }
    }
}
