//! A service, and everything that is said about it.

use std::collections::BTreeMap;

use super::configured::Conflict;
use super::taskfile::{ImageRepo, below};
use crate::config::{self, BuildContext, Placed, ServiceSettings};
use crate::domain::{ImageRepository, ImageTemplate, PathSet, Platform, short_name};
use crate::filters::Watcher;
use crate::filters::pattern::Pattern;
use crate::yaml::Place;

/// The name of a Dockerfile that docker looks for.
pub const DOCKERFILE: &str = "Dockerfile";

/// Whether `file` has the name of a Dockerfile, as tools go by it: `Dockerfile.web`, `web.dockerfile`, `Containerfile`.
pub fn is_called_dockerfile(file: &str) -> bool {
    let name = short_name(file).to_ascii_lowercase();
    (name.contains("dockerfile") || name.contains("containerfile")) && !name.ends_with(".dockerignore")
}

/// What images are built of and released: a directory whose Taskfile sets `vars.IMAGE_REPO`, or an entry of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name: the path of its directory from the root of the work tree, with `/`, unless the configuration says otherwise.
    pub path: String,
    /// Its directory, from the root of the work tree, with `/`; empty for the root.
    pub directory: String,
    /// What makes it a service.
    pub origin: Origin,
    /// Its images, the main one first; empty if nothing names any.
    pub images: Vec<ServiceImage>,
    /// What its Taskfile sets `vars.IMAGE_REPO` to, if only Task can work that out and the configuration names its images.
    pub computed: Option<ServiceImage>,
    /// The image that takes the place of all of them, for this user.
    pub replacement: Option<ServiceImage>,
    /// How it is built.
    pub build: BuildSettings,
    /// What it watches besides its own directory.
    pub watch: Vec<Placed<Pattern>>,
    /// Whether it watches what its image is made of, in place of its own directory.
    pub watches_inputs: bool,
}

/// What makes a service: a Taskfile, an entry of the configuration, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its Taskfile, from the root of the work tree: the first one that git tracks, so that a clone with another one of its
    /// own has the same services.
    pub taskfile: Option<String>,
    /// Where its entry in the configuration is, or the wildcard that it is by.
    pub entry: Option<Place>,
}

/// An image repository of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceImage {
    /// The repository.
    pub repo: ImageRepo,
    /// What names it.
    pub source: ImageOrigin,
}

/// What names an image repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageOrigin {
    /// `vars.IMAGE_REPO` in this Taskfile.
    Taskfile(String),
    /// The configuration.
    Config,
    /// The environment variable `IMGVER_IMAGE`.
    Variable,
}

/// How a service is built. All paths are from the root of the work tree, with `/`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuildSettings {
    /// The directory that a build reads; empty for the root.
    pub context: String,
    /// Where the configuration names the context.
    pub context_place: Option<Place>,
    /// The Dockerfile.
    pub dockerfile: String,
    /// Where the configuration names the Dockerfile.
    pub dockerfile_place: Option<Place>,
    /// The stage of the Dockerfile; none means the last.
    pub target: Option<String>,
    /// The platforms; empty means the builder's own.
    pub platforms: Vec<Platform>,
    /// Values for the Dockerfile's `ARG`s.
    pub args: BTreeMap<String, String>,
    /// Additional contexts, by name.
    pub contexts: BTreeMap<String, Placed<BuildContext>>,
}

impl ImageOrigin {
    /// The file that it is in; none if it is not in a file.
    pub fn file(&self) -> Option<&str> {
        match self {
            ImageOrigin::Taskfile(file) => Some(file),
            ImageOrigin::Config => Some(config::FILE),
            ImageOrigin::Variable => None,
        }
    }

    /// The setting that it is, for messages.
    pub fn key(&self) -> &'static str {
        match self {
            ImageOrigin::Taskfile(_) => "vars.IMAGE_REPO",
            ImageOrigin::Config => "image",
            ImageOrigin::Variable => "the template",
        }
    }
}

impl BuildSettings {
    /// Those of a service in `directory` about which nothing is said.
    pub fn of_directory(directory: &str) -> Self {
        BuildSettings {
            context: directory.to_owned(),
            dockerfile: below(directory, DOCKERFILE),
            ..BuildSettings::default()
        }
    }

    /// The context as docker's actions take it: from the root of the repository, which is `.`.
    pub fn context_of_action(&self) -> &str {
        if self.context.is_empty() { "." } else { &self.context }
    }

    /// The Dockerfile as docker's actions take it: from the root of the repository; none if it is not named, and where docker
    /// looks for it.
    pub fn dockerfile_of_action(&self) -> Option<&str> {
        let is_told = self.dockerfile_place.is_some() || !self.has_default_dockerfile();
        is_told.then_some(&*self.dockerfile)
    }

    /// The additional contexts as docker's actions take them, by name.
    pub fn contexts_of_action(&self) -> BTreeMap<String, String> {
        let value = |context: &BuildContext| match context {
            BuildContext::Directory(directory) if directory.is_empty() => ".".to_owned(),
            BuildContext::Directory(directory) => format!("./{directory}"),
            BuildContext::Image(image) => format!("docker-image://{image}"),
            BuildContext::Remote(url) => url.clone(),
        };
        self.contexts.iter().map(|(name, context)| (name.clone(), value(&context.value))).collect()
    }

    /// Whether docker finds the Dockerfile without being told: it is called so, and in the context.
    pub fn has_default_dockerfile(&self) -> bool {
        self.dockerfile == below(&self.context, DOCKERFILE)
    }
}

impl Service {
    /// The service of a Taskfile in `directory`.
    pub fn of_taskfile(directory: &str, taskfile: String, image: ImageRepo) -> Self {
        let images = vec![ServiceImage { repo: image, source: ImageOrigin::Taskfile(taskfile.clone()) }];
        Service {
            path: directory.to_owned(),
            directory: directory.to_owned(),
            origin: Origin { taskfile: Some(taskfile), entry: None },
            images,
            computed: None,
            replacement: None,
            build: BuildSettings::of_directory(directory),
            watch: Vec::new(),
            watches_inputs: false,
        }
    }

    /// The service called `path`, by its entry at `place` in the configuration.
    pub(super) fn of_entry(path: &str, place: Place, settings: &ServiceSettings) -> Self {
        let directory = settings.directory.as_ref().map_or(path, |directory| &directory.value);
        let mut build = BuildSettings::of_directory(directory);
        if let Some(context) = &settings.context {
            build.context.clone_from(&context.value);
            build.context_place = Some(context.place);
        }
        if let Some(dockerfile) = &settings.dockerfile {
            build.dockerfile.clone_from(&dockerfile.value);
            build.dockerfile_place = Some(dockerfile.place);
        }
        build.target.clone_from(&settings.target);
        build.platforms.clone_from(&settings.platforms);
        build.args.clone_from(&settings.build_args);
        build.contexts.clone_from(&settings.build_contexts);
        Service {
            path: path.to_owned(),
            directory: directory.to_owned(),
            origin: Origin { taskfile: None, entry: Some(place) },
            images: settings.images.iter().map(|image| ServiceImage::of_template(image, path)).collect(),
            computed: None,
            replacement: None,
            build,
            watch: settings.watch.clone(),
            watches_inputs: settings.watch_inputs,
        }
    }

    /// What it watches if no filter names it: its directory, and its Dockerfile wherever that is; or `inputs` in place of both.
    pub fn watcher<'s>(&'s self, inputs: Option<&'s dyn PathSet>) -> Watcher<'s> {
        let (directories, files) = match inputs {
            Some(_) => (Vec::new(), Vec::new()),
            None => (vec![&*self.directory], vec![&*self.build.dockerfile]),
        };
        Watcher { service: &self.path, directories, files, patterns: &self.watch, inputs }
    }

    /// The images to build: those that are named, unless others take their place.
    pub fn built_images(&self) -> &[ServiceImage] {
        self.replacement.as_ref().map_or(&self.images, std::slice::from_ref)
    }

    /// Adds what the configuration's entry for the same service says to what its Taskfile does. If the two name different
    /// images, the entry's count, and the conflict is given back.
    pub(super) fn with_entry(self, entry: Service) -> (Service, Option<Conflict>) {
        let origin = Origin { taskfile: self.origin.taskfile, entry: entry.origin.entry };
        let mut conflict = None;
        let (images, computed) = match (self.images.into_iter().next(), entry.images.first()) {
            (own, None) => (own.into_iter().collect(), None),
            (None, Some(_)) => (entry.images, None),
            (Some(own), Some(first)) => {
                conflict = (!first.may_be(&own)).then(|| two_images(&entry.path, &own, first));
                let is_computed = matches!(own.repo, ImageRepo::Computed { .. });
                (entry.images, is_computed.then_some(own))
            }
        };
        (Service { origin, images, computed, ..entry }, conflict)
    }

    /// All images that it is known by.
    pub fn known_images(&self) -> impl Iterator<Item = &ServiceImage> {
        self.images.iter().chain(&self.computed).chain(&self.replacement)
    }

    /// What makes it a service, as a place for messages.
    pub fn place(&self) -> String {
        match (&self.origin.entry, &self.origin.taskfile) {
            (Some(place), _) => format!("{}:{place}", config::FILE),
            (None, Some(taskfile)) => taskfile.clone(),
            (None, None) => self.path.clone(),
        }
    }
}

impl ServiceImage {
    pub(super) fn of_template(template: &Placed<ImageTemplate>, path: &str) -> Self {
        let repo = ImageRepo::Plain { text: template.value.text_for(path), place: template.place };
        ServiceImage { repo, source: ImageOrigin::Config }
    }

    pub(super) fn of_variable(template: &ImageTemplate, path: &str) -> Self {
        let place = Place { line: 1, column: 1 };
        let repo = ImageRepo::Plain { text: template.text_for(path), place };
        ServiceImage { repo, source: ImageOrigin::Variable }
    }

    /// The repository as it is written; none if only Task can work it out.
    pub fn plain(&self) -> Option<&str> {
        match &self.repo {
            ImageRepo::Plain { text, .. } => Some(text),
            ImageRepo::Computed { .. } => None,
        }
    }

    /// Whether the two are the same image, or can be, as far as is known without Task.
    fn may_be(&self, other: &ServiceImage) -> bool {
        let ImageRepo::Plain { text, .. } = &self.repo else { return true };
        let full = |text: &str| text.parse::<ImageRepository>().map(|image| image.in_full());
        match &other.repo {
            ImageRepo::Plain { text: other, .. } => {
                text == other || full(text) == full(other) && full(text).is_ok()
            }
            ImageRepo::Computed { end, .. } => text.ends_with(end),
        }
    }

    /// Where it is named, for messages.
    pub fn place(&self) -> String {
        let (ImageRepo::Plain { place, .. } | ImageRepo::Computed { place, .. }) = &self.repo;
        match &self.source {
            ImageOrigin::Taskfile(file) => format!("{file}:{place}"),
            ImageOrigin::Config => format!("{}:{place}", config::FILE),
            ImageOrigin::Variable => "IMGVER_IMAGE".to_owned(),
        }
    }
}

/// A Taskfile and an entry of the configuration that disagree about the image of the service at `path`.
fn two_images(path: &str, taskfile: &ServiceImage, entry: &ServiceImage) -> Conflict {
    let shown = |image: &ServiceImage| match &image.repo {
        ImageRepo::Plain { text, .. } => text.clone(),
        ImageRepo::Computed { kind, .. } => (*kind).to_owned(),
    };
    let (own, first) = (shown(taskfile), shown(entry));
    let (ImageRepo::Plain { place, .. } | ImageRepo::Computed { place, .. }) = entry.repo;
    Conflict {
        service: path.to_owned(),
        place,
        message: format!(
            "the image of {path} is {first}, but vars.IMAGE_REPO is {own} ({})",
            taskfile.place()
        ),
        repair: match taskfile.plain() {
            Some(own) => {
                format!(
                    "put {own} first in the service's list, or name the image in one of the two files only"
                )
            }
            None => "what the template certainly ends with must be the end of both: correct one of the two"
                .to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::is_called_dockerfile;

    #[test]
    fn dockerfiles_go_by_many_names() {
        for name in
            ["Dockerfile", "a/Dockerfile.web", "a/web.dockerfile", "Containerfile", "b/dockerfile-dev"]
        {
            assert!(is_called_dockerfile(name), "{name}");
        }
        for name in ["docker/web", "Dockerfile/readme", "Dockerfile.dockerignore", ".dockerignore", "file"] {
            assert!(!is_called_dockerfile(name), "{name}");
        }
    }
}
