//! The services of a commit.

use std::collections::BTreeMap;

use super::Services;
use super::configured::{Configured, Conflict, is_dockerfile_of_directory, sole};
use super::discovery::{is_taskfile_of_directory, service_by};
use super::taskfile::{self, ImageRepo, directory_of};
use crate::config::Config;
use crate::domain::{ImageTemplate, service_name_fault};
use crate::error::Result;
use crate::history::git::{CommitId, Repository};
use crate::yaml::YamlError;

/// All services of `commit`, sorted by path: those whose Taskfile it has, and those of `config`, with the image that takes the
/// place of all others.
///
/// # Errors
/// A commit whose files cannot be read; a configuration that contradicts itself or a Taskfile.
pub fn committed_services(
    repository: &Repository,
    commit: CommitId,
    config: &Config,
    replacement: Option<&ImageTemplate>,
) -> Result<Services> {
    let mut taskfiles: BTreeMap<String, (usize, String, Vec<u8>)> = BTreeMap::new();
    for file in repository.all_files(commit, is_taskfile_of_directory)? {
        let Some((directory, rank)) = taskfile_of(&file.path) else { continue };
        let here = (rank, file.path.clone(), file.content);
        match taskfiles.get_mut(directory) {
            Some(first) if first.0 <= rank => {}
            Some(first) => *first = here,
            None => {
                taskfiles.insert(directory.to_owned(), here);
            }
        }
    }
    let configured = Configured { config, replacement };
    let dockerfiles = match configured.has_wildcards() {
        true => repository.all_files(commit, is_dockerfile_of_directory)?,
        false => Vec::new(),
    };
    let taskfiles = taskfiles.into_values().map(|(_, file, content)| (file, taskfile::image_in(content)));
    let (found, conflicts) = services_by(taskfiles, configured, dockerfiles.iter().map(|file| &*file.path));
    sole((found, conflicts.into_iter().next()))
}

/// The services of a commit, sorted by path, and the contradictions about them: by the Taskfile of each directory with what it
/// says about its image, sorted by directory, by `config`, and by the Dockerfiles that its wildcards look for.
pub fn services_of_files<'d>(
    taskfiles: impl Iterator<Item = (String, std::result::Result<Option<ImageRepo>, YamlError>)>,
    config: &Config,
    dockerfiles: impl Iterator<Item = &'d str>,
) -> (Services, Vec<Conflict>) {
    services_by(taskfiles, Configured { config, replacement: None }, dockerfiles)
}

fn services_by<'d>(
    taskfiles: impl Iterator<Item = (String, std::result::Result<Option<ImageRepo>, YamlError>)>,
    configured: Configured<'_>,
    dockerfiles: impl Iterator<Item = &'d str>,
) -> (Services, Vec<Conflict>) {
    let mut found = Services::default();
    for (file, image) in taskfiles {
        let directory = directory_of(&file).to_owned();
        if service_name_fault(&directory).is_some() {
            continue;
        }
        match service_by(&directory, file, image) {
            Ok(service) => found.services.extend(service),
            Err(malformed) => found.malformed.push(*malformed),
        }
    }
    let conflicts = configured.add_to(&mut found, dockerfiles.map(directory_of));
    (found, conflicts)
}

/// The directory of `path`, if it is a Taskfile below the root, and which of the names it has in Task's order: the first one that
/// is there counts.
pub fn taskfile_of(path: &str) -> Option<(&str, usize)> {
    let (directory, name) = path.rsplit_once('/')?;
    Some((directory, taskfile::NAMES.iter().position(|known| *known == name)?))
}
