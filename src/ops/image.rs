//! Names of images, and the sources they come from.

use super::subject::Subject;
use crate::domain::{ImageRepository, ImageTag};
use crate::error::{Context as _, Error, Kind, Result};
use crate::workspace::Service;
use crate::workspace::taskfile::ImageRepo;

/// Sources of the image repository that override the service's Taskfile; the first one that is set counts.
#[derive(Debug, Clone, Default)]
pub struct RepositoryRequest {
    /// `--repo`.
    pub flag: Option<String>,
    /// The environment variable `IMAGE_REPO`.
    pub variable: Option<String>,
}

/// The error if nothing names the image of `subject`.
pub(super) fn no_image(subject: &Subject) -> Error {
    Error::new(Kind::Input, format!("cannot determine the image repository of {}", subject.name()))
        .hint("pass a service, or set the repository with --repo REPO or the environment variable IMAGE_REPO")
}

/// The value of `--set-version` as an image tag.
pub(super) fn tag_given(version: &str) -> Result<ImageTag> {
    version.parse().context(Kind::Input, || "--set-version is not a valid image tag")
}

/// The image repository that the Taskfile of `service` names.
pub(super) fn taskfile_image(service: &Service) -> Result<ImageRepository> {
    let file = &service.taskfile;
    match &service.image {
        ImageRepo::Plain { text, place } => text.parse().context(Kind::Input, || {
            format!("{file}:{place}: vars.IMAGE_REPO is not a valid image repository")
        }),
        ImageRepo::Computed { kind, place, .. } => Err(Error::new(
            Kind::Input,
            format!("{file}:{place}: vars.IMAGE_REPO is {kind}, which only Task can resolve"),
        )
        .hint("set the environment variable IMAGE_REPO to this service's image repository")
        .hint("imgver version, extended and tag also accept --repo REPO")),
    }
}
