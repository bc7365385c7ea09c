//! The files besides `imgver.yaml`: Taskfiles and the workflow, for what is proposed or configured.

use std::collections::BTreeSet;

use super::templates::{
    Registry, ServiceTaskfile, SetupAction, UTILS_TASKFILE, WORKFLOW, WorkflowFacts, push_paths,
    service_taskfile, tag_globs, utils_taskfile, workflow,
};
use super::{Proposal, Sources};
use crate::config::{self, BuildContext, Config};
use crate::domain::{ImageRepository, PreReleases, TagFormats};
use crate::filters::DEFAULT_FILE;
use crate::workspace::Service;
use crate::workspace::taskfile::{self, below, directory_of};

/// The branch that is built where nothing says which is the main one.
const BRANCH: &str = "main";

/// What the files depend on.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SetUp {
    /// The services, sorted by name.
    services: Vec<SetUpService>,
    /// The formats of release tags.
    formats: TagFormats,
    /// The pre-releases that there are.
    prereleases: PreReleases,
    /// Whether a filter file that is not the default one says what services watch.
    has_filters: bool,
}

/// A service, as far as the files depend on it.
#[derive(Debug, PartialEq, Eq)]
struct SetUpService {
    name: String,
    /// Its directory; empty for the root.
    directory: String,
    /// Its images, as far as they are plain.
    images: Vec<String>,
    /// What it watches besides its directory, as patterns of a filter file.
    watched: Vec<String>,
}

impl SetUp {
    /// What is proposed.
    pub fn proposed(proposal: &Proposal) -> Self {
        let found = proposal.sure_services().map(|service| SetUpService {
            name: service.name.clone(),
            directory: service.directory.clone(),
            images: service.images.clone(),
            watched: Vec::new(),
        });
        let mut services: Vec<SetUpService> = found.collect();
        for (directory, image) in &proposal.taskfiles {
            match services.iter_mut().find(|service| service.name == *directory) {
                Some(service) => service.images.extend(image.clone()),
                None => services.push(SetUpService {
                    name: directory.clone(),
                    directory: directory.clone(),
                    images: image.iter().cloned().collect(),
                    watched: Vec::new(),
                }),
            }
        }
        services.sort_by(|a, b| a.name.cmp(&b.name));
        SetUp {
            services,
            formats: TagFormats::new(proposal.formats.iter().filter_map(|format| format.parse().ok()))
                .unwrap_or_default(),
            prereleases: PreReleases::new(proposal.prereleases.iter().map(String::as_str)),
            has_filters: proposal.filters.is_some(),
        }
    }

    /// What a person has configured: `services` are all of the repository, sorted by path.
    pub fn configured(services: &[Service], config: &Config) -> Self {
        let service = |service: &Service| {
            let watcher = service.watcher(None);
            // What a build reads is not known here: all that it could read starts a run.
            let local = service.build.contexts.values().filter_map(|context| match &context.value {
                BuildContext::Directory(directory) => Some(directory),
                BuildContext::Image(_) | BuildContext::Remote(_) => None,
            });
            let contexts = local.chain([&service.build.context]).filter(|_| service.watches_inputs);
            let directories =
                contexts.filter(|it| **it != service.directory).map(|directory| below(directory, "**"));
            let files = watcher.files.iter().map(|file| (*file).to_owned());
            let patterns = watcher.patterns.iter().map(|pattern| pattern.value.as_str().to_owned());
            SetUpService {
                name: service.path.clone(),
                directory: service.directory.clone(),
                images: service
                    .images
                    .iter()
                    .filter_map(|image| image.plain().map(ToOwned::to_owned))
                    .collect(),
                watched: directories.chain(files).chain(patterns).collect(),
            }
        };
        SetUp {
            services: services.iter().map(service).collect(),
            formats: config.formats().unwrap_or_default(),
            prereleases: config.prereleases(),
            has_filters: config.filters.is_some(),
        }
    }
}

/// The shared tasks, and a Taskfile for each service whose directory has none; paths and texts.
///
/// The tasks in a directory are about the service that is named after it, so that of the root, and a second service of a
/// directory, get none.
pub fn task_files(set_up: &SetUp, sources: &Sources) -> Vec<(String, String)> {
    let with_taskfile: BTreeSet<&str> = sources
        .tracked
        .iter()
        .filter(|file| taskfile::is_named_so(file))
        .map(|file| directory_of(file))
        .collect();
    let directories = set_up.services.iter().filter(|service| service.name == service.directory);
    let missing = directories.map(|service| &*service.directory).filter(|it| !with_taskfile.contains(it));
    let thin = missing.map(|directory| {
        let text = service_taskfile(&ServiceTaskfile { directory, image: None });
        (below(directory, "Taskfile.yaml"), text)
    });
    std::iter::once((UTILS_TASKFILE.to_owned(), utils_taskfile().to_owned())).chain(thin).collect()
}

/// The workflow that builds the services; path and text.
pub fn workflow_file(set_up: &SetUp, sources: &Sources) -> (String, String) {
    let services = &set_up.services;
    let names: Vec<&str> = services.iter().map(|service| &*service.name).collect();
    let directories: BTreeSet<&str> = services.iter().map(|service| &*service.directory).collect();
    let directories: Vec<&str> = directories.into_iter().collect();
    // A filter file may name any path: without `paths`, every push starts a run, and the plan says what there is to build.
    let has_filters = set_up.has_filters || sources.has(DEFAULT_FILE);
    let is_anywhere = has_filters || directories.contains(&"");
    let watched = services.iter().flat_map(|service| &service.watched).map(String::as_str);
    // With versions by service, a change of the settings alone makes new ones.
    let watched: Vec<&str> = [WORKFLOW, config::FILE].into_iter().chain(watched).collect();
    let images = services.iter().flat_map(|service| &service.images);
    let registries: BTreeSet<Registry> = images
        .filter_map(|image| image.parse::<ImageRepository>().ok())
        .map(|image| Registry::of(&image))
        .filter(|registry| !registry.is_for_tests())
        .collect();
    let branch = sources.repository.main_branch.as_ref().map_or(BRANCH, |(branch, _)| branch);
    let facts = WorkflowFacts {
        services: names.iter().map(|&name| name.to_owned()).collect(),
        main_branch: branch.to_owned(),
        tags: tag_globs(set_up.formats.iter(), &names, &set_up.prereleases),
        paths: if is_anywhere { Vec::new() } else { push_paths(&directories, &watched) },
        registries: registries.into_iter().collect(),
        setup: SetupAction::of_this_build(),
    };
    (WORKFLOW.to_owned(), workflow(&facts))
}
