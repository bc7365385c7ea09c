//! Taskfiles, and the image repositories that they name.

use std::collections::HashMap;

use super::{At, Finding, Rule, START, Setup};
use crate::config;
use crate::domain::{ImageRepository, TagFormat, TagFormats, TagPattern, short_name};
use crate::workspace::taskfile::ImageRepo;
use crate::workspace::{MalformedTaskfile, Service};

/// A service, and what its release tags look like.
#[derive(Debug, Clone)]
pub struct CheckedService<'s> {
    /// The service.
    pub service: &'s Service,
    /// The pattern of its new release tags.
    pub pattern: TagPattern,
    /// The patterns of others, which count as well.
    pub others: Vec<TagPattern>,
}

impl<'s> CheckedService<'s> {
    /// `service` with release tags in these formats.
    pub fn new(service: &'s Service, formats: &TagFormats) -> Self {
        let pattern = |format: &TagFormat| format.pattern(&service.path);
        CheckedService {
            service,
            pattern: pattern(formats.first()),
            others: formats.iter().skip(1).map(pattern).collect(),
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.service.path
    }
}

pub(super) fn check(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    for MalformedTaskfile { file, reason: error, .. } in setup.unreadable {
        findings.push(
            Finding::error(
                Rule::Taskfile,
                At::error(file, error),
                format!("cannot read the Taskfile: {error}"),
            )
            .why("it may define a service, so imgver plan refuses to select services")
            .fix(format!("task --list --taskfile {file} shows how Task reads it")),
        );
    }
    if setup.services.is_empty() && setup.unreadable.is_empty() {
        findings.push(
            Finding::warning(Rule::NoService, At::Repository, "git tracks no Taskfile below the root that sets vars.IMAGE_REPO")
                .why("a service is a directory with such a Taskfile; without one, there is nothing to version or build")
                .fix("give a service's directory a Taskfile.yaml that sets vars.IMAGE_REPO, and git add it"),
        );
    }
    let mut owners: HashMap<String, &str> = HashMap::new();
    for CheckedService { service, .. } in setup.services {
        findings.extend(image(service, &mut owners));
    }
    shared_tags(setup, findings);
}

/// What makes `service` one.
pub(super) fn at(service: &Service) -> At {
    match (&service.origin.entry, &service.origin.taskfile) {
        (None, Some(taskfile)) => At::file(taskfile, START),
        (entry, _) => At::file(config::FILE, *entry),
    }
}

/// What is wrong with the image repository of `service`. `owners` are the services before it, by their repositories.
fn image<'s>(service: &'s Service, owners: &mut HashMap<String, &'s str>) -> Option<Finding> {
    let main = service.images.first()?;
    let (ImageRepo::Plain { place, .. } | ImageRepo::Computed { place, .. }) = &main.repo;
    let at = main.source.file().map_or(At::Repository, |file| At::file(file, *place));
    let text = match &main.repo {
        ImageRepo::Plain { text, .. } => text,
        ImageRepo::Computed { kind, .. } => {
            let message = format!("vars.IMAGE_REPO is {kind}, which only Task can evaluate");
            return Some(Finding::warning(Rule::ImageRepository, at, message)
                .why("imgver plan outputs no image for this service, and without Task imgver does not know it")
                .fix("write the repository out, e.g. IMAGE_REPO: example/name; or set the environment variable IMAGE_REPO wherever imgver is called"));
        }
    };
    let repository = match text.parse::<ImageRepository>() {
        Ok(repository) => repository.in_full(),
        Err(error) => {
            return Some(
                Finding::error(Rule::ImageRepository, at, format!("vars.IMAGE_REPO is invalid: {error}"))
                    .why("no image of this service can be named, built or pushed")
                    .fix("write REGISTRY/PATH or PATH without a tag, e.g. sidpalas/demo-api-node"),
            );
        }
    };
    let Some(other) = owners.get(&repository) else {
        owners.insert(repository, &service.path);
        return None;
    };
    let message = format!("{} and {other} have the same image repository, {repository}", service.path);
    Some(
        Finding::error(Rule::DuplicateImage, at, message)
            .why("wherever their versions are equal, one overwrites the other's image")
            .fix("give one of them its own repository"),
    )
}

/// A tag format with a placeholder for services that still gives two of them the same tags.
fn shared_tags(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    if !setup.tags.names_services {
        return;
    }
    let mut owners: HashMap<&TagPattern, &str> = HashMap::new();
    let patterns = setup.services.iter().flat_map(|CheckedService { service, pattern, others }| {
        let name = short_name(&service.path);
        let names_service =
            move |pattern: &&TagPattern| pattern.prefix().contains(name) || pattern.suffix().contains(name);
        std::iter::once(pattern).chain(others).filter(names_service).map(move |pattern| (service, pattern))
    });
    for (service, pattern) in patterns {
        if let Some(other) = owners.insert(pattern, &service.path) {
            let message =
                format!("the tag {} releases both {other} and {}", pattern.tag_of("1.2.3"), service.path);
            findings.push(
                Finding::error(Rule::TagFormat, at(service), message)
                    .why(
                        "the tag format distinguishes services by their short names, and these have the same",
                    )
                    .fix("use {service} in the tag format, which is the whole path; or rename one directory"),
            );
        }
    }
}
