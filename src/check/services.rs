//! Taskfiles and the images that they name.

use std::collections::HashMap;

use super::{At, Finding, Setup, Source};
use crate::domain::{ImageRepository, TagPattern};
use crate::yaml::YamlError;
use crate::yaml::tree::{self, Place};

/// A service.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its path from the root of the repository.
    pub path: String,
    /// Its Taskfile.
    pub taskfile: Source,
    /// What its Taskfile says of its image.
    pub image: Image,
    /// What its release tags look like.
    pub pattern: TagPattern,
}

/// What a Taskfile says of the image repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// This text.
    Named(String),
    /// Something that only Task can work out: what it is, e.g. `a template`.
    Computed(&'static str),
}

/// A directory with a Taskfile that cannot be read.
#[derive(Debug, Clone)]
pub struct Broken {
    /// The directory's path.
    pub path: String,
    /// The Taskfile.
    pub file: String,
    /// What is wrong with it.
    pub error: YamlError,
}

pub(super) fn check(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    for Broken { file, error, .. } in setup.broken {
        findings.push(
            Finding::error(
                "taskfile",
                At::error(file, error),
                format!("the Taskfile cannot be read: {error}"),
            )
            .why("it may make its directory a service, so imgver plan refuses to choose services")
            .fix(format!("task --list --taskfile {file} shows what Task makes of it")),
        );
    }
    if setup.services.is_empty() && setup.broken.is_empty() {
        findings.push(
            Finding::warning("no-service", At::Repository, "git tracks no Taskfile below the root that sets vars.IMAGE_REPO")
                .why("a service is a directory with such a Taskfile; without one, nothing can be versioned or built")
                .fix("give a service's directory a Taskfile.yaml with vars.IMAGE_REPO, and git add it"),
        );
    }
    let mut owners: HashMap<String, &str> = HashMap::new();
    for service in setup.services {
        images(service, &mut owners, findings);
    }
    shared_tags(setup, findings);
}

fn images<'s>(service: &'s Service, owners: &mut HashMap<String, &'s str>, findings: &mut Vec<Finding>) {
    let at = At::file(&service.taskfile.file, place_of_image(&service.taskfile));
    let text = match &service.image {
        Image::Named(text) => text,
        Image::Computed(kind) => {
            findings.push(
                Finding::warning("image-repository", at, format!("vars.IMAGE_REPO is {kind}, which only Task can work out"))
                    .why("imgver plan gives no image for this service, and imgver called without Task does not know it")
                    .fix("write the repository out, e.g. IMAGE_REPO: example/name; or set the environment variable IMAGE_REPO wherever imgver is called"),
            );
            return;
        }
    };
    let repository: ImageRepository = match text.parse() {
        Ok(repository) => repository,
        Err(error) => {
            findings.push(
                Finding::error("image-repository", at, format!("vars.IMAGE_REPO is wrong: {error}"))
                    .why("no image of this service can be named, built or pushed")
                    .fix("write REGISTRY/PATH or PATH without a tag, e.g. sidpalas/demo-api-node"),
            );
            return;
        }
    };
    match owners.get(&repository.in_full()) {
        None => drop(owners.insert(repository.in_full(), &service.path)),
        Some(other) => findings.push(
            Finding::error(
                "duplicate-image",
                at,
                format!("{} and {other} have one image repository, {}", service.path, repository.in_full()),
            )
            .why("each overwrites the other's images wherever their versions are equal")
            .fix("give one of them a repository of its own"),
        ),
    }
}

/// Where the Taskfile says what the image repository is.
fn place_of_image(taskfile: &Source) -> Place {
    let tree = taskfile.text.as_ref().ok().and_then(|text| tree::parse(text).ok().flatten());
    let value = tree.as_ref().and_then(|tree| tree.get("vars")?.get("IMAGE_REPO"));
    value.map_or(Place { line: 1, column: 1 }, |value| value.place)
}

/// A tag format that spells the tags of different services alike, although it names them.
fn shared_tags(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    if !setup.tags.names_services {
        return;
    }
    let mut owners: HashMap<&TagPattern, &str> = HashMap::new();
    for service in setup.services {
        if let Some(other) = owners.insert(&service.pattern, &service.path) {
            let tag = service.pattern.tag_of("1.2.3");
            findings.push(
                Finding::error(
                    "tag-format",
                    At::file(&service.taskfile.file, Place { line: 1, column: 1 }),
                    format!("the tag {tag} releases {other} as well as {}", service.path),
                )
                .why("the tag format tells services apart by their short names, and these have the same")
                .fix("use {service} in the tag format, which is the whole path; or rename one directory"),
            );
        }
    }
}
