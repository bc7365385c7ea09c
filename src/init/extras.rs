//! The files besides `imgver.yaml`: Taskfiles and the workflow, for what is proposed.

use std::collections::{BTreeMap, BTreeSet};

use super::templates::{
    Registry, ServiceTaskfile, SetupAction, UTILS_TASKFILE, WORKFLOW, WorkflowFacts, push_paths,
    service_taskfile, tag_globs, utils_taskfile, workflow,
};
use super::{Proposal, Sources};
use crate::domain::{ImageRepository, TagFormat};
use crate::filters::DEFAULT_FILE;
use crate::workspace::taskfile::{self, below, directory_of};

/// The branch that is built where nothing says which is the main one.
const BRANCH: &str = "main";

/// The shared tasks, and a Taskfile for each service whose directory has none; paths and texts.
///
/// The tasks in a directory are about the service that is named after it, so that of the root, and a second service of a
/// directory, get none.
pub fn task_files(proposal: &Proposal, sources: &Sources) -> Vec<(String, String)> {
    let with_taskfile: BTreeSet<&str> = sources
        .tracked
        .iter()
        .filter(|file| taskfile::is_named_so(file))
        .map(|file| directory_of(file))
        .collect();
    let directories = proposal.sure_services().filter(|service| service.name == service.directory);
    let missing = directories.map(|service| &*service.directory).filter(|it| !with_taskfile.contains(it));
    let thin = missing.map(|directory| {
        let text = service_taskfile(&ServiceTaskfile { directory, image: None });
        (below(directory, "Taskfile.yaml"), text)
    });
    std::iter::once((UTILS_TASKFILE.to_owned(), utils_taskfile().to_owned())).chain(thin).collect()
}

/// The workflow that builds what is proposed; path and text.
pub fn workflow_file(proposal: &Proposal, sources: &Sources) -> (String, String) {
    let mut services: BTreeMap<&str, &str> = BTreeMap::new();
    services.extend(proposal.taskfiles.keys().map(|directory| (&**directory, &**directory)));
    services.extend(proposal.sure_services().map(|service| (&*service.name, &*service.directory)));
    let names: Vec<&str> = services.keys().copied().collect();
    let directories: BTreeSet<&str> = services.values().copied().collect();
    let directories: Vec<&str> = directories.into_iter().collect();
    let formats: Vec<TagFormat> = proposal.formats.iter().filter_map(|format| format.parse().ok()).collect();
    let formats = if formats.is_empty() { vec![TagFormat::default()] } else { formats };
    // A filter file may name any path: without `paths`, every push starts a run, and the plan says what there is to build.
    let has_filters = proposal.filters.is_some() || sources.has(DEFAULT_FILE);
    let is_anywhere = has_filters || directories.contains(&"");
    let images = proposal.sure_services().flat_map(|service| service.images.iter());
    let images = images.chain(proposal.taskfiles.values().flatten());
    let registries: BTreeSet<Registry> = images
        .filter_map(|image| image.parse::<ImageRepository>().ok())
        .map(|image| Registry::of(&image))
        .collect();
    let branch = sources.repository.main_branch.as_ref().map_or(BRANCH, |(branch, _)| branch);
    let facts = WorkflowFacts {
        services: names.iter().map(|&name| name.to_owned()).collect(),
        main_branch: branch.to_owned(),
        tags: tag_globs(&formats, &names),
        paths: if is_anywhere { Vec::new() } else { push_paths(&directories, &[WORKFLOW]) },
        registries: registries.into_iter().collect(),
        setup: SetupAction::of_this_build(),
    };
    (WORKFLOW.to_owned(), workflow(&facts))
}
