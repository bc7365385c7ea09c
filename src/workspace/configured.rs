//! Services of the configuration, and what it says about those of Taskfiles.

use std::collections::{BTreeMap, BTreeSet};

use super::discovery::Services;
use super::service::{DOCKERFILE, Service, ServiceImage};
use crate::config::{Config, EntryName, FILE, ServiceEntry};
use crate::domain::{ImageTemplate, service_name_fault};
use crate::error::{Error, Kind, Result};
use crate::filters::pattern::PathText;
use crate::yaml::Place;

/// What the configuration says, and what takes the place of it for this user.
#[derive(Clone, Copy)]
pub(super) struct Configured<'c> {
    pub(super) config: &'c Config,
    /// The image that takes the place of all others.
    pub(super) replacement: Option<&'c ImageTemplate>,
}

impl<'c> Configured<'c> {
    pub(super) fn has_wildcards(self) -> bool {
        self.config.services.iter().any(|entry| matches!(entry.name, EntryName::Wildcard(_)))
    }

    /// The name of any service that is configured by its name.
    pub(super) fn any_path(self) -> Option<&'c str> {
        self.exact().next().map(|(path, _)| path)
    }

    fn exact(self) -> impl Iterator<Item = (&'c str, &'c ServiceEntry)> {
        self.config.services.iter().filter_map(|entry| match &entry.name {
            EntryName::Exact(path) => Some((&**path, entry)),
            EntryName::Wildcard(_) => None,
        })
    }

    /// The names of the services that the configuration puts into `directory`.
    pub(super) fn in_directory(self, directory: &str) -> Vec<&'c str> {
        let is_there = |(path, entry): &(&str, &ServiceEntry)| match &entry.settings.directory {
            Some(named) => named.value == directory,
            None => *path == directory,
        };
        self.exact().filter(is_there).map(|(path, _)| path).collect()
    }

    /// Completes the services of Taskfiles with what the configuration says about them, and adds its own; `directories` are
    /// those with a tracked Dockerfile. Contradictions are given back: of two wildcards the first counts then, of a Taskfile and
    /// an entry the entry.
    pub(super) fn add_to<'d>(
        self,
        found: &mut Services,
        directories: impl Iterator<Item = &'d str>,
    ) -> Vec<Conflict> {
        // Most repositories have no entries, and nothing to sort anew.
        let has_entries = !self.config.services.is_empty();
        let conflicts = if has_entries { self.merge_into(found, directories) } else { Vec::new() };
        found.services.iter_mut().for_each(|service| self.fill(service));
        conflicts
    }

    fn merge_into<'d>(
        self,
        found: &mut Services,
        directories: impl Iterator<Item = &'d str>,
    ) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        let exact: BTreeSet<&str> = self.exact().map(|(path, _)| path).collect();
        let mut entries = Vec::with_capacity(exact.len());
        for (path, entry) in self.exact() {
            entries.push(Service::of_entry(path, entry.place, &entry.settings));
        }
        for path in directories.filter(|path| !exact.contains(path) && service_name_fault(path).is_none()) {
            let (entry, conflict) = self.wildcard(path);
            conflicts.extend(conflict);
            entries.extend(entry.map(|entry| Service::of_entry(path, entry.place, &entry.settings)));
        }
        // What its Taskfile says is not known.
        entries.retain(|entry| found.malformed.iter().all(|malformed| malformed.path != entry.path));
        let of_taskfiles = found.services.drain(..).map(|service| (service.path.clone(), service));
        let mut services: BTreeMap<String, Service> = of_taskfiles.collect();
        for entry in entries {
            let service = match services.remove(&entry.path) {
                Some(service) => {
                    let (service, conflict) = service.with_entry(entry);
                    conflicts.extend(conflict);
                    service
                }
                None => entry,
            };
            services.insert(service.path.clone(), service);
        }
        found.services.extend(services.into_values());
        conflicts
    }

    /// The service at `path`, of which `of_taskfile` is what a Taskfile says; none if nothing makes it one.
    ///
    /// # Errors
    /// Two wildcards for it; a Taskfile and the configuration that name different images.
    pub(super) fn service(
        self,
        path: &str,
        of_taskfile: Option<Service>,
        has_dockerfile: impl FnOnce() -> Result<bool>,
    ) -> Result<Option<Service>> {
        let exact = self.exact().find(|(exact, _)| *exact == path).map(|(_, entry)| entry);
        let entry = match exact {
            Some(entry) => Some(entry),
            None => match sole(self.wildcard(path))? {
                Some(entry) if has_dockerfile()? => Some(entry),
                _ => None,
            },
        };
        let entry = entry.map(|entry| Service::of_entry(path, entry.place, &entry.settings));
        let service = match (of_taskfile, entry) {
            (Some(service), Some(entry)) => Some(sole(service.with_entry(entry))?),
            (service, entry) => service.or(entry),
        };
        Ok(service.map(|mut service| {
            self.fill(&mut service);
            service
        }))
    }

    /// The wildcard that the directory `path` is by: the first, and what is wrong if there are two.
    fn wildcard(self, path: &str) -> (Option<&'c ServiceEntry>, Option<Conflict>) {
        let text = PathText::new(path.as_bytes());
        let mut fitting = self.config.services.iter().filter_map(|entry| match &entry.name {
            EntryName::Wildcard(pattern) if pattern.matches(&text) => Some((pattern, entry)),
            _ => None,
        });
        let (first, second) = (fitting.next(), fitting.next());
        let conflict = first.zip(second).map(|((first, entry), (second, other))| Conflict {
            service: path.to_owned(),
            place: other.place,
            message: format!(
                "the service {path} is configured twice, by '{}' and by '{}' (line {})",
                second.as_str(),
                first.as_str(),
                entry.place.line
            ),
            repair: format!("give {path} an entry of its own, which replaces both"),
        });
        (first.map(|(_, entry)| entry), conflict)
    }

    /// Adds what holds for all services.
    fn fill(self, service: &mut Service) {
        if service.images.is_empty()
            && let Some(template) = &self.config.image
        {
            service.images.push(ServiceImage::of_template(template, &service.path));
        }
        let replacement = self.replacement.map(|template| ServiceImage::of_variable(template, &service.path));
        service.replacement = replacement;
    }
}

/// What is said about a service twice, and differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Its path.
    pub service: String,
    /// Where the configuration says the one of it.
    pub place: Place,
    /// What contradicts what.
    pub message: String,
    /// What to do.
    pub repair: String,
}

impl Conflict {
    /// The same as the failure of a command.
    pub(super) fn into_error(self) -> Error {
        let Conflict { place, message, repair, .. } = self;
        Error::new(Kind::Input, format!("{FILE}:{place}: {message}")).hint(repair)
    }
}

/// What was found, unless it is in conflict.
pub(super) fn sole<T>((found, conflict): (T, Option<Conflict>)) -> Result<T> {
    conflict.map_or(Ok(found), |conflict| Err(conflict.into_error()))
}

/// Whether `path` is a Dockerfile below the root, as wildcards look for it.
pub fn is_dockerfile_of_directory(path: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(_, name)| name == DOCKERFILE)
}

/// The error of a `directory` that is that of several services.
pub(super) fn ambiguous_directory(directory: &str, services: &[&str]) -> Error {
    let shown = if directory.is_empty() { "the root of the repository" } else { directory };
    Error::new(
        Kind::Input,
        format!(
            "{shown} is the directory of several services, and none is named after it: {}",
            services.join(", ")
        ),
    )
    .hint("name one of them")
}
