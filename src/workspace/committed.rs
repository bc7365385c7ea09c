//! The services of a commit, for a repository without a work tree.

use std::collections::BTreeMap;

use super::Services;
use super::configured::{Configured, is_dockerfile_of_directory, sole};
use super::discovery::{is_taskfile_of_directory, service};
use super::taskfile::{self, directory_of};
use crate::config::Config;
use crate::domain::{ImageTemplate, service_name_fault};
use crate::error::Result;
use crate::history::git::{CommitId, Repository};

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
    let mut directories: BTreeMap<String, Vec<(usize, String, Vec<u8>)>> = BTreeMap::new();
    for file in repository.all_files(commit, is_taskfile_of_directory)? {
        let Some((directory, name)) = file.path.rsplit_once('/') else { continue };
        let Some(rank) = taskfile::NAMES.iter().position(|known| *known == name) else { continue };
        let taskfiles = directories.entry(directory.to_owned()).or_default();
        taskfiles.push((rank, file.path.clone(), file.content));
    }
    directories.retain(|directory, _| service_name_fault(directory).is_none());
    let mut found = Services::default();
    for (directory, taskfiles) in directories {
        let Some((_, file, content)) = taskfiles.into_iter().min() else { continue };
        match service(&directory, file, content) {
            Ok(service) => found.services.extend(service),
            Err(malformed) => found.malformed.push(*malformed),
        }
    }
    let configured = Configured { config, replacement };
    let dockerfiles = match configured.has_wildcards() {
        true => repository.all_files(commit, is_dockerfile_of_directory)?,
        false => Vec::new(),
    };
    let conflicts = configured.add_to(&mut found, dockerfiles.iter().map(|file| directory_of(&file.path)));
    sole((found, conflicts.into_iter().next()))
}
