//! The services of a commit, for a repository without a work tree.

use std::collections::BTreeMap;

use super::Services;
use super::discovery::{is_taskfile_of_directory, service, unnameable};
use super::taskfile;
use crate::error::Result;
use crate::history::git::{CommitId, Repository};

/// All services whose Taskfile is in `commit`, sorted by path.
///
/// # Errors
/// A commit whose files cannot be read.
pub fn committed_services(repository: &Repository, commit: CommitId) -> Result<Services> {
    let mut directories: BTreeMap<String, Vec<(usize, String, Vec<u8>)>> = BTreeMap::new();
    for file in repository.all_files(commit, is_taskfile_of_directory)? {
        let Some((directory, name)) = file.path.rsplit_once('/') else { continue };
        let Some(rank) = taskfile::NAMES.iter().position(|known| *known == name) else { continue };
        let taskfiles = directories.entry(directory.to_owned()).or_default();
        taskfiles.push((rank, file.path.clone(), file.content));
    }
    directories.retain(|directory, _| unnameable(directory).is_none());
    let mut found = Services::default();
    for (directory, taskfiles) in directories {
        let Some((_, file, content)) = taskfiles.into_iter().min() else { continue };
        match service(&directory, file, content) {
            Ok(service) => found.services.extend(service),
            Err(malformed) => found.malformed.push(*malformed),
        }
    }
    Ok(found)
}
