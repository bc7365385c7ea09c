//! An image repository that a call is given, and the errors about it.

use std::fmt;

use crate::domain::ImageRepository;
use crate::error::{Context as _, Error, Kind, Result};
use crate::ops::RepositoryRequest;
use crate::ops::image::main_image;
use crate::workspace::taskfile::ImageRepo;
use crate::workspace::{Service, ServiceImage};

/// An image repository with its source.
#[derive(Clone)]
pub(super) struct Given {
    text: String,
    pub(super) source: Source,
}

/// Where a repository comes from.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// `--repo`, which is meant for this call.
    Flag,
    /// `--to`, which is meant for this call as well.
    Destination,
    /// `IMAGE_REPO`, which Task sets for the service whose Taskfile runs.
    Variable,
    /// This Taskfile, at the root of the repository.
    Root(String),
}

impl Given {
    pub(super) fn of(request: &RepositoryRequest) -> Option<Self> {
        let flag = request.flag.clone().map(|text| Given { text, source: Source::Flag });
        flag.or_else(|| request.variable.as_ref().map(|text| Given::variable(text)))
    }

    pub(super) fn destination(text: &str) -> Self {
        Given { text: text.to_owned(), source: Source::Destination }
    }

    pub(super) fn variable(text: &str) -> Self {
        Given { text: text.to_owned(), source: Source::Variable }
    }

    pub(super) fn root(taskfile: &Service, image: &ImageRepository) -> Self {
        let file = taskfile.origin.taskfile.clone().unwrap_or_default();
        Given { text: image.to_string(), source: Source::Root(file) }
    }

    /// The repository.
    pub(super) fn parse(&self) -> Result<ImageRepository> {
        let source = match &self.source {
            Source::Flag => "--repo",
            Source::Destination => "--to",
            Source::Variable => "the environment variable IMAGE_REPO",
            Source::Root(taskfile) => taskfile,
        };
        self.text.parse().context(Kind::Input, || format!("{source} is not a valid image repository"))
    }

    /// Whether it is the image of `service`, as far as the Taskfile says without Task.
    pub(super) fn is_image_of(&self, service: &Service) -> bool {
        // Most are spelled the same, and need no grammar to see it.
        service.known_images().any(|image| image.plain() == Some(&self.text))
            || self.parse().is_ok_and(|image| is_image_of(&image, service))
    }

    /// Whether it is the main image of `service`.
    pub(super) fn is_main_image_of(&self, service: &Service) -> bool {
        let main = service.images.first().and_then(ServiceImage::plain);
        main == Some(&self.text)
            || main.is_some_and(|main| self.parse().is_ok_and(|image| is_same(&image, main)))
    }

    /// The error if it is the image of `owners` and not that of `subject`, where none is the repository as a whole.
    pub(super) fn of_others(&self, owners: &[&Service], subject: Option<&Service>) -> Error {
        let name = subject.map_or("the repository as a whole", |subject| &subject.path);
        let either = listed(owners, " or ");
        let what = format!("{self} is the image of {}, not of {name}", listed(owners, ", "));
        let error = Error::new(Kind::Input, what).hint(self.instead(subject)).hint(match subject {
            Some(_) => format!("or name {either}"),
            None => format!("or name {either} in place of --whole"),
        });
        match owners {
            [owner] => self.with_include_hint(error, owner),
            _ => error,
        }
    }

    /// `error` with what repairs it if a task of `owner` ran in another directory.
    fn with_include_hint(&self, error: Error, owner: &Service) -> Error {
        if self.source != Source::Variable {
            return error;
        }
        error.hint(format!("if Task sets it, include the Taskfile of {0} with dir: {0}", owner.path))
    }

    /// The error if it is the image of all of `owners`, and nothing says which of them is meant.
    pub(super) fn of_several(&self, owners: &[&Service]) -> Error {
        let what = format!("{self} is the image of several services: {}", listed(owners, ", "));
        Error::new(Kind::Input, what).hint("name one of them, or run imgver in its directory")
    }

    /// The error if it may be the image of `other`, whose Taskfile computes it.
    pub(super) fn of_unknown(&self, other: &Service) -> Error {
        let error = Error::new(Kind::Input, format!("{self} may be the image of {}", other.path));
        let error = match main_image(other) {
            Err(cause) => error.because(cause),
            Ok(_) => error,
        };
        self.with_include_hint(error, other)
    }

    /// The hint that keeps `subject`, where none is the repository as a whole, and does without this repository.
    pub(super) fn instead(&self, subject: Option<&Service>) -> String {
        let without = match &self.source {
            Source::Flag => "leave out --repo".to_owned(),
            Source::Destination => "leave out --to".to_owned(),
            Source::Variable => "unset IMAGE_REPO".to_owned(),
            Source::Root(taskfile) => format!("change vars.IMAGE_REPO in {taskfile}"),
        };
        match subject {
            Some(subject) => format!("{without} to use the image of {}", subject.path),
            None => without,
        }
    }

    /// The hint that makes this an override, whatever else it may be.
    pub(super) fn as_override(&self) -> String {
        format!("or pass --repo {}, which overrides any image (version, extended and tag)", self.text)
    }

    /// The hint that makes this the image of the repository as a whole.
    pub(super) fn of_whole(&self) -> String {
        match self.source {
            Source::Flag | Source::Destination | Source::Root(_) => {
                "or pass --whole, if it is that of the repository as a whole".to_owned()
            }
            Source::Variable => format!(
                "or pass --whole --repo {}, if it is that of the repository as a whole (version, extended and tag)",
                self.text
            ),
        }
    }
}

/// Whether `image` is the image of `service`, however the two are spelled.
pub(super) fn is_image_of(image: &ImageRepository, service: &Service) -> bool {
    service.known_images().filter_map(ServiceImage::plain).any(|text| is_same(image, text))
}

fn is_same(image: &ImageRepository, text: &str) -> bool {
    text.parse::<ImageRepository>().is_ok_and(|own| own.in_full() == image.in_full())
}

/// Whether `image` may be the image of `service`, which only Task knows.
pub(super) fn may_be_image_of(image: &ImageRepository, service: &Service) -> bool {
    service.known_images().any(|known| match &known.repo {
        ImageRepo::Computed { end, .. } => image.in_full().ends_with(end),
        ImageRepo::Plain { .. } => false,
    })
}

fn listed(services: &[&Service], separator: &str) -> String {
    let paths: Vec<&str> = services.iter().map(|service| &*service.path).collect();
    paths.join(separator)
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Flag => write!(f, "--repo {}", self.text),
            Source::Destination => write!(f, "--to {}", self.text),
            Source::Variable => write!(f, "IMAGE_REPO={} in the environment", self.text),
            Source::Root(taskfile) => write!(f, "{}, vars.IMAGE_REPO in {taskfile},", self.text),
        }
    }
}
