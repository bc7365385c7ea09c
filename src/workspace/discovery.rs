//! Finds services.
//!
//! All services are those whose Taskfile git tracks, and those of the configuration: the index lists the Taskfiles, and the
//! Dockerfiles that wildcards look for, without a walk of the file system.
//! A service that is named by its path, or that encloses the current directory, is looked up on disk, so a new
//! one can be worked on before its first `git add`.

use std::collections::BTreeMap;
use std::path::Path;

use super::configured::{self, Configured, Conflict};
use super::service::{DOCKERFILE, Service};
use super::taskfile::{self, ImageRepo, below, directory_of};
use crate::config::Config;
use crate::domain::{ImageTemplate, service_name_fault};
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::history::git;
use crate::yaml::YamlError;

/// The services of a work tree.
#[derive(Debug, Default)]
pub struct Services {
    /// Sorted by path.
    pub services: Vec<Service>,
    /// Taskfiles that cannot be read, and may define more of them; sorted by path.
    pub malformed: Vec<MalformedTaskfile>,
    /// Directories that would be services if their paths could name one; sorted by path.
    pub unnameable: Vec<UnnameableService>,
}

impl Services {
    /// The services, and those of `others` that are not among them: a new one need not be tracked yet. Sorted by path.
    pub fn with<'s>(self, others: impl IntoIterator<Item = &'s Service>) -> Vec<Service> {
        let mut all = self.services;
        for other in others {
            if let Err(at) = all.binary_search_by(|known| known.path.cmp(&other.path)) {
                all.insert(at, other.clone());
            }
        }
        all
    }
}

/// A directory whose Taskfile makes it a service, but whose path no command line, tag or CI system can name it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnnameableService {
    /// The Taskfile, from the root of the work tree.
    pub taskfile: String,
    /// What is wrong with the path, e.g. `begins with '-'`.
    pub reason: &'static str,
}

impl UnnameableService {
    /// The directory's path.
    pub fn directory(&self) -> &str {
        directory_of(&self.taskfile)
    }
}

/// A Taskfile that makes its directory no service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoService {
    /// It sets no image.
    NoImage(String),
    /// git tracks it, and it is not in the work tree.
    Deleted(String),
}

/// A Taskfile that may make its directory a service, but cannot be read.
#[derive(Debug)]
pub struct MalformedTaskfile {
    /// The directory's path.
    pub path: String,
    /// The Taskfile, from the root of the work tree.
    pub file: String,
    /// What is wrong with it, and where in it.
    pub reason: YamlError,
    /// The same as the failure of a command that needs it.
    pub error: Error,
}

impl MalformedTaskfile {
    fn new(directory: &str, file: String, reason: YamlError, error: Error) -> Box<Self> {
        Box::new(MalformedTaskfile { path: directory.to_owned(), file, reason, error })
    }
}

/// What may come of a look at a Taskfile.
type Look<T> = std::result::Result<T, Box<MalformedTaskfile>>;

/// The work tree of a repository.
pub struct Workspace<'r> {
    pub(super) root: &'r Path,
    pub(super) repository: &'r git::Repository,
    pub(super) configured: Configured<'r>,
}

impl<'r> Workspace<'r> {
    /// The work tree of `repository`, with what its configuration says and with the image that takes the place of all others;
    /// none if it is bare.
    pub fn of(
        repository: &'r git::Repository,
        config: &'r Config,
        replacement: Option<&'r ImageTemplate>,
    ) -> Option<Self> {
        let configured = Configured { config, replacement };
        repository.workdir().map(|root| Workspace { root, repository, configured })
    }

    /// All services, sorted by path: those of the configuration, and those whose Taskfile git tracks.
    ///
    /// # Errors
    /// An index that cannot be read; a configuration that contradicts itself or a Taskfile.
    pub fn services(&self) -> Result<Services> {
        let (found, conflicts) = self.services_in_conflict()?;
        configured::sole((found, conflicts.into_iter().next()))
    }

    /// As [`Workspace::services`], with the contradictions beside them.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn services_in_conflict(&self) -> Result<(Services, Vec<Conflict>)> {
        let (taskfiles, dockerfiles) = self.tracked()?;
        let mut found = self.of_taskfiles(&taskfiles);
        let directories = dockerfiles.iter().map(|file| directory_of(file));
        let conflicts = self.configured.add_to(&mut found, directories);
        Ok((found, conflicts))
    }

    /// The Taskfiles below the root that git tracks and, if the configuration has wildcards, the Dockerfiles.
    fn tracked(&self) -> Result<(Vec<String>, Vec<String>)> {
        let has_wildcards = self.configured.has_wildcards();
        let files = self.repository.tracked_files(|path| {
            is_taskfile_of_directory(path) || has_wildcards && configured::is_dockerfile_of_directory(path)
        })?;
        Ok(files.into_iter().partition(|path| is_taskfile_of_directory(path)))
    }

    fn of_taskfiles(&self, taskfiles: &[String]) -> Services {
        let mut directories: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (directory, name) in taskfiles.iter().filter_map(|path| path.rsplit_once('/')) {
            directories.entry(directory).or_default().push(name);
        }
        let mut found = Services::default();
        for (directory, tracked) in directories {
            let mut by_order = taskfile::NAMES.into_iter().filter(|name| tracked.contains(name));
            let on_disk = by_order.find_map(|name| self.read(directory, name).transpose());
            let found_there = on_disk.unwrap_or_else(|| match self.choose(directory) {
                Some(name) => {
                    self.read(directory, name).map(|found| found.flatten().filter(|it| !self.is_ignored(it)))
                }
                None => self.left_out(directory, &tracked),
            });
            match (found_there, service_name_fault(directory)) {
                (Ok(Some(service)), Some(reason)) => {
                    let taskfile = service.origin.taskfile.unwrap_or_default();
                    found.unnameable.push(UnnameableService { taskfile, reason });
                }
                (_, Some(_)) => {}
                (Ok(service), None) => found.services.extend(service),
                (Err(malformed), None) => found.malformed.push(*malformed),
            }
        }
        found
    }

    /// The Taskfile of the directory `path`, or else of the only directory that is `called` so, if it makes that no service.
    ///
    /// # Errors
    /// As [`Workspace::services`].
    pub fn no_service(&self, path: Option<&str>, called: impl Fn(&str) -> bool) -> Result<Option<NoService>> {
        let tracked = self.repository.tracked_files(is_taskfile_of_directory)?;
        if let Some(path) = path.filter(|path| !path.is_empty())
            && let Some(found) = self.no_service_in(path, &tracked)?
        {
            return Ok(Some(found));
        }
        let mut directories: Vec<&str> = tracked.iter().map(|taskfile| directory_of(taskfile)).collect();
        directories.sort_unstable();
        directories.dedup();
        directories.retain(|directory| called(directory));
        match directories.as_slice() {
            [only] => self.no_service_in(only, &tracked),
            _ => Ok(None),
        }
    }

    fn no_service_in(&self, directory: &str, tracked: &[String]) -> Result<Option<NoService>> {
        if let Some(name) = self.choose(directory) {
            let sets_none = matches!(self.read(directory, name), Ok(Some(None)));
            return Ok(sets_none.then(|| NoService::NoImage(below(directory, name))));
        }
        let Some(file) = tracked.iter().find(|file| directory_of(file) == directory) else { return Ok(None) };
        if self.repository.not_checked_out(file)?.is_some() {
            return Ok(Some(NoService::NoImage(file.clone())));
        }
        let is_link = self.root.join(file).symlink_metadata().is_ok();
        Ok((!is_link).then(|| NoService::Deleted(file.clone())))
    }

    /// One of the services, if there is any: cheaper than all of them.
    ///
    /// # Errors
    /// As [`Workspace::services`].
    pub fn any_service(&self) -> Result<Option<Service>> {
        if let Some(path) = self.configured.any_path() {
            return self.service_at(path);
        }
        for path in self.repository.tracked_files(is_taskfile_of_directory)? {
            let directory = directory_of(&path);
            if service_name_fault(directory).is_none()
                && let Ok(Some(service)) = self.service_in(directory)
            {
                return Ok(Some(service));
            }
        }
        // A sparse checkout may leave all of them out.
        Ok(self.services()?.services.into_iter().next())
    }

    /// `path`, an absolute path, as seen from the root of the work tree; none if it is not below that.
    pub fn below_root(&self, path: &str) -> Option<String> {
        let path = Path::new(path).strip_prefix(self.root).ok()?;
        path.to_str().map(ToOwned::to_owned)
    }

    /// The directory `path`, an absolute path, as seen from the root of the work tree, whatever links lead there; none if it is
    /// not in there.
    pub fn path_of(&self, path: &Path) -> Option<String> {
        let path = path.canonicalize().ok()?;
        let below = path.strip_prefix(self.root.canonicalize().ok()?).ok()?;
        below.to_str().map(ToOwned::to_owned)
    }

    /// The service at exactly `path`, tracked or not, unless git ignores it.
    ///
    /// A path through a symbolic link, or into a repository within the repository, is not a service of this one: git
    /// tracks nothing there.
    ///
    /// # Errors
    /// A Taskfile there that is malformed, and ignore rules that cannot be read.
    pub fn service_at(&self, path: &str) -> Result<Option<Service>> {
        let ancestors = || Path::new(path).ancestors().filter(|inner| !inner.as_os_str().is_empty());
        let is_directory =
            |inner: &Path| self.root.join(inner).symlink_metadata().is_ok_and(|found| found.is_dir());
        let is_repository = |inner: &Path| self.root.join(inner).join(".git").exists();
        if path.is_empty() || service_name_fault(path).is_some() {
            return Ok(None);
        }
        let is_here = ancestors().all(|inner| is_directory(inner) && !is_repository(inner));
        let of_taskfile = match is_here {
            true => self.service_in(path).map_err(|malformed| malformed.error)?,
            false => None,
        };
        let of_taskfile = match of_taskfile {
            Some(service) if self.is_ignored_strictly(&service)? => None,
            service => service,
        };
        let has_dockerfile = || {
            let file = below(path, DOCKERFILE);
            let exists = is_here && self.root.join(&file).is_file();
            Ok(exists && !self.repository.is_ignored(&file)?
                || self.repository.not_checked_out(&file)?.is_some())
        };
        self.configured.service(path, of_taskfile, has_dockerfile)
    }

    fn is_ignored_strictly(&self, service: &Service) -> Result<bool> {
        service.origin.taskfile.as_ref().map_or(Ok(false), |file| self.repository.is_ignored(file))
    }

    /// The nearest service that contains `directory`: of several in one directory, the one that is named after it.
    ///
    /// # Errors
    /// As [`Workspace::service_at`]; several services in the directory, none of which is named after it.
    pub fn enclosing(&self, directory: &str) -> Result<Option<Service>> {
        let ends = directory.match_indices('/').map(|(at, _)| at).chain([directory.len()]);
        // A service of the configuration may be in the root.
        let ends = std::iter::once(0).chain(ends.filter(|end| *end > 0));
        for end in ends.collect::<Vec<_>>().into_iter().rev() {
            let found = self.service_in_directory(directory.get(..end).unwrap_or_default())?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The service whose directory is `directory`: of several, the one that is named after it.
    ///
    /// # Errors
    /// As [`Workspace::enclosing`].
    pub fn service_in_directory(&self, directory: &str) -> Result<Option<Service>> {
        let named = self.service_at(directory)?.filter(|service| service.directory == directory);
        if named.is_some() {
            return Ok(named);
        }
        match &*self.configured.in_directory(directory) {
            [] => Ok(None),
            [only] => self.service_at(only),
            several => Err(configured::ambiguous_directory(directory, several)),
        }
    }

    /// The service of a Taskfile at the root, which sets the image of the repository as a whole.
    ///
    /// # Errors
    /// A Taskfile there that is malformed.
    pub fn root_service(&self) -> Result<Option<Service>> {
        self.service_in("").map_err(|malformed| malformed.error)
    }

    /// The content of `file`, which git tracks: from disk, or from the repository if a sparse checkout leaves it out. None if
    /// there is no such file.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn read_file(&self, file: &str) -> Result<Option<Vec<u8>>> {
        match files::read_within(self.root, file, files::YAML_MAX) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if files::is_absent(&error) => self.repository.not_checked_out(file),
            Err(error) => Err(Error::new(Kind::Input, error.to_string())),
        }
    }

    /// As [`Workspace::read_file`], of a file that somebody means to be there.
    ///
    /// # Errors
    /// As there, and a symbolic link on the way to it whose target is not there.
    pub fn read_meant_file(&self, file: &str) -> Result<Option<Vec<u8>>> {
        let found = self.read_file(file)?;
        match files::dangling_link(self.root, file) {
            Some((link, target)) if found.is_none() => Err(Error::new(
                Kind::Input,
                format!("{link} is a symbolic link to what is not there: {}", target.display()),
            )),
            _ => Ok(found),
        }
    }

    /// The first symbolic link on the way to `file`, itself included: what is written there may end up anywhere.
    pub fn link_on_the_way<'f>(&self, file: &'f str) -> Option<&'f str> {
        files::first_link(self.root, file)
    }

    fn service_in(&self, directory: &str) -> Look<Option<Service>> {
        self.choose(directory).map_or(Ok(None), |name| self.read(directory, name).map(Option::flatten))
    }

    /// The name of the Taskfile that counts in `directory`: the first one in Task's order that git tracks, else the first one
    /// that it does not ignore. Task itself takes the first of all, so that people may put one of their own before it.
    fn choose(&self, directory: &str) -> Option<&'static str> {
        let exists = |name: &&str| self.root.join(directory).join(name).exists();
        let names: Vec<_> = taskfile::NAMES.into_iter().filter(exists).collect();
        // There is usually only one, which saves asking git.
        let [first, _, ..] = names.as_slice() else { return names.first().copied() };
        let tracked = names.iter().find(|name| self.repository.is_tracked(&below(directory, name)));
        let is_visible =
            |name: &&&str| self.repository.is_ignored(&below(directory, name)).is_ok_and(|ignored| !ignored);
        tracked.or_else(|| names.iter().find(is_visible)).or(Some(first)).copied()
    }

    fn is_ignored(&self, service: &Service) -> bool {
        self.is_ignored_strictly(service).unwrap_or_default()
    }

    /// The service in `directory` by one of its `tracked` Taskfiles that a sparse checkout leaves out.
    fn left_out(&self, directory: &str, tracked: &[&str]) -> Look<Option<Service>> {
        for name in taskfile::NAMES.into_iter().filter(|name| tracked.contains(name)) {
            let file = below(directory, name);
            let bytes = self.repository.not_checked_out(&file).map_err(|error| {
                let reason = YamlError::new(error.to_string(), None);
                MalformedTaskfile::new(directory, file.clone(), reason, error)
            })?;
            if let Some(bytes) = bytes {
                return service(directory, file, bytes);
            }
        }
        Ok(None)
    }

    /// The service in `directory`, if the Taskfile `name` makes it one; none if there is no such file.
    fn read(&self, directory: &str, name: &str) -> Look<Option<Option<Service>>> {
        let file = below(directory, name);
        match files::read_within(self.root, &file, files::YAML_MAX) {
            Ok(bytes) => service(directory, file, bytes).map(Some),
            Err(error) if files::is_absent(&error) => Ok(None),
            Err(cause) => {
                let reason = YamlError::new(cause.to_string(), None);
                let error =
                    Error::new(Kind::Input, format!("cannot read the Taskfile {file}")).because(cause);
                Err(MalformedTaskfile::new(directory, file, reason, error))
            }
        }
    }
}

/// The service in `directory`, if the Taskfile `file` makes it one.
fn service(directory: &str, file: String, bytes: Vec<u8>) -> Look<Option<Service>> {
    service_by(directory, file, taskfile::image_in(bytes))
}

/// The service in `directory`, if what its Taskfile `file` says about its image makes it one.
pub(super) fn service_by(
    directory: &str,
    file: String,
    image: std::result::Result<Option<ImageRepo>, YamlError>,
) -> Look<Option<Service>> {
    match image {
        Ok(image) => Ok(image.map(|image| Service::of_taskfile(directory, file, image))),
        Err(reason) => {
            let error = Error::new(Kind::Input, format!("{}: cannot read the Taskfile", reason.place(&file)))
                .because(reason.clone())
                .hint(format!("task --list --taskfile {file} shows how Task reads it"));
            Err(MalformedTaskfile::new(directory, file, reason, error))
        }
    }
}

/// Whether `path` is a Taskfile below the root.
pub(super) fn is_taskfile_of_directory(path: &str) -> bool {
    path.contains('/') && taskfile::is_named_so(path)
}
