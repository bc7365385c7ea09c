//! The files of a commit that settings are read from.

use std::collections::{BTreeMap, BTreeSet};

use super::settings::Settings;
use crate::config;
use crate::domain::short_name;
use crate::error::Result;
use crate::history::git::{LineCommit, Paths, TreeChange, TreeEntry, Trees};
use crate::workspace::taskfile::{self, below};
use crate::workspace::{DOCKERFILE, is_dockerfile_of_directory, taskfile_of};

/// Of which services the sources are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extent {
    /// Of those that are asked about.
    Asked,
    /// Of all that share a short name with one of them, too.
    Namesakes,
    /// Of all.
    All,
}

/// The configuration, and the Taskfiles and Dockerfiles that make services of directories.
pub(super) struct Sources {
    pub(super) config: TreeEntry,
    /// By directory, the Taskfiles in Task's order.
    taskfiles: BTreeMap<String, BTreeMap<usize, (String, TreeEntry)>>,
    dockerfiles: BTreeSet<String>,
    /// The services that are asked about.
    services: BTreeSet<String>,
    /// The short names of those that have another name.
    short_names: BTreeSet<String>,
    pub(super) extent: Extent,
}

impl Sources {
    /// Those of `commit` for `services`.
    pub(super) fn of(commit: &LineCommit, services: &[&str], trees: &mut Trees<'_>) -> Result<Self> {
        let by_short_name = services.iter().filter(|service| short_name(service) != **service);
        let mut sources = Sources {
            config: TreeEntry::Absent,
            taskfiles: BTreeMap::new(),
            dockerfiles: BTreeSet::new(),
            services: services.iter().map(|service| (*service).to_owned()).collect(),
            short_names: by_short_name.map(|service| short_name(service).to_owned()).collect(),
            extent: Extent::Asked,
        };
        let files: Vec<String> = services
            .iter()
            .flat_map(|service| Self::files_of(service))
            .chain([config::FILE.to_owned()])
            .collect();
        sources.read(commit, &Paths::new([], [], files.iter().map(String::as_bytes)), trees)?;
        Ok(sources)
    }

    /// The files that may make a service of `directory`.
    pub(super) fn files_of(directory: &str) -> impl Iterator<Item = String> {
        taskfile::NAMES.into_iter().chain([DOCKERFILE]).map(move |name| below(directory, name))
    }

    /// Makes those of the services in `extent` known, as `commit` has them.
    pub(super) fn extend_to(
        &mut self,
        extent: Extent,
        commit: &LineCommit,
        trees: &mut Trees<'_>,
    ) -> Result<()> {
        let before = std::mem::replace(&mut self.extent, extent);
        let (mut taskfiles, mut dockerfiles) =
            (std::mem::take(&mut self.taskfiles), std::mem::take(&mut self.dockerfiles));
        if extent > before {
            // Of services that nobody needs any more, what was known may be out of date.
            return self.read(commit, &Paths::all(), trees);
        }
        taskfiles.retain(|directory, _| self.matters(directory));
        dockerfiles.retain(|path| self.matters(taskfile::directory_of(path)));
        (self.taskfiles, self.dockerfiles) = (taskfiles, dockerfiles);
        Ok(())
    }

    fn read(&mut self, commit: &LineCommit, paths: &Paths, trees: &mut Trees<'_>) -> Result<()> {
        for (path, entry) in trees.files(commit, paths)? {
            self.set(&path, entry);
        }
        Ok(())
    }

    /// Goes back to the first parent, from which its commit has these `differences`. Returns whether `settings` may not be those
    /// of the parent.
    pub(super) fn go_back(&mut self, differences: &[TreeChange], settings: &Settings) -> bool {
        let mut may_differ = false;
        for change in differences {
            let is_set = self.set(&change.path, change.before());
            may_differ |= is_set | settings.go_back(change);
        }
        may_differ
    }

    /// Notes what is at `path`, if that matters.
    fn set(&mut self, path: &[u8], entry: TreeEntry) -> bool {
        let Ok(path) = std::str::from_utf8(path) else { return false };
        if path == config::FILE {
            self.config = entry;
            return true;
        }
        let taskfile = taskfile_of(path);
        if taskfile.is_none() && !is_dockerfile_of_directory(path)
            || !self.matters(taskfile::directory_of(path))
        {
            return false;
        }
        match (taskfile, entry) {
            (Some((directory, rank)), TreeEntry::Absent) => {
                self.taskfiles.get_mut(directory).and_then(|here| here.remove(&rank)).is_some()
            }
            (Some((directory, rank)), entry) => {
                let here = self.taskfiles.entry(directory.to_owned()).or_default();
                here.insert(rank, (path.to_owned(), entry));
                true
            }
            // Only whether it is there matters.
            (None, TreeEntry::File(_)) => self.dockerfiles.insert(path.to_owned()),
            (None, TreeEntry::Absent | TreeEntry::Other) => self.dockerfiles.remove(path),
        }
    }

    fn matters(&self, directory: &str) -> bool {
        let is_asked = self.services.contains(directory);
        match self.extent {
            Extent::Asked => is_asked,
            Extent::Namesakes => is_asked || self.short_names.contains(short_name(directory)),
            Extent::All => true,
        }
    }

    /// The Taskfile of each directory, sorted by directory.
    pub(super) fn taskfiles(&self) -> impl Iterator<Item = &(String, TreeEntry)> {
        self.taskfiles.values().filter_map(|here| here.values().next())
    }

    /// The Taskfile at `path`.
    pub(super) fn taskfile(&self, path: &str) -> TreeEntry {
        let known = taskfile_of(path).and_then(|(directory, rank)| self.taskfiles.get(directory)?.get(&rank));
        known.map_or(TreeEntry::Absent, |(_, entry)| *entry)
    }

    /// The Dockerfiles, sorted.
    pub(super) fn dockerfiles(&self) -> impl Iterator<Item = &str> {
        self.dockerfiles.iter().map(String::as_str)
    }

    /// Whether the service at `path` is asked about.
    pub(super) fn is_asked(&self, path: &str) -> bool {
        self.services.contains(path)
    }

    /// Whether a filter of this name may be that of a service asked about, depending on which other services there are.
    pub(super) fn is_short_name(&self, name: &str) -> bool {
        self.short_names.contains(name)
    }
}
