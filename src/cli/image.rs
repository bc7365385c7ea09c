//! Which image belongs to a subject.

use super::Place;
use super::subject::Subject;
use crate::domain::{ImageTag, Repository};
use crate::error::{Context as _, Error, Kind, Result};
use crate::workspace::taskfile::ImageRepo;
use crate::workspace::{Service, Workspace};
use crate::world::World;

/// The image repository: what is given, else `IMAGE_REPO`, else what the Taskfile says.
pub(super) fn image(
    given: Option<&str>,
    place: &Place,
    subject: &Subject,
    world: &World<'_>,
) -> Result<Option<Repository>> {
    let variable = world.var("IMAGE_REPO").map(|value| value.to_string_lossy().into_owned());
    let (text, source) = match (given, variable) {
        (Some(text), _) => (text.to_owned(), "--repo"),
        (None, Some(text)) => (text, "the environment variable IMAGE_REPO"),
        (None, None) => {
            let root = || Workspace::of(&place.repository).map(|workspace| workspace.root_service());
            let service = match &subject.service {
                Some(service) => Some(service.clone()),
                None => root().transpose()?.flatten(),
            };
            return service.as_ref().map(taskfile_image).transpose();
        }
    };
    text.parse().map(Some).context(Kind::Input, || format!("{source} names no image repository"))
}

pub(super) fn no_image(subject: &Subject) -> Error {
    Error::new(Kind::Input, format!("no image repository is known for {}", subject.name())).hint(
        "name a service, or pass the repository with --repo REPO or in the environment variable IMAGE_REPO",
    )
}

/// Refuses a version given by hand that no image tag can be.
pub(super) fn refuse_no_tag(version: &str) -> Result<()> {
    let tag: Result<ImageTag> = version.parse().context(Kind::Input, || "--set-version is no image tag");
    tag.map(drop)
}

/// `REPOSITORY:VERSION`, if that is an image reference.
pub(super) fn reference(repository: &Repository, version: &str) -> Result<String> {
    let tag: ImageTag =
        version.parse().context(Kind::Input, || format!("{repository} cannot have this tag"))?;
    Ok(repository.with_tag(&tag))
}

/// The image repository that the Taskfile of `service` names.
pub(super) fn taskfile_image(service: &Service) -> Result<Repository> {
    let file = &service.taskfile;
    match &service.image {
        ImageRepo::Plain { text, place } => text
            .parse()
            .context(Kind::Input, || format!("{file}:{place}: vars.IMAGE_REPO names no image repository")),
        ImageRepo::Computed { kind, place } => Err(Error::new(
            Kind::Input,
            format!("{file}:{place}: vars.IMAGE_REPO is {kind}, which only Task can work out"),
        )
        .hint("name the image of this one service in the environment variable IMAGE_REPO")
        .hint("imgver version, extended and tag also take it with --repo REPO")),
    }
}
