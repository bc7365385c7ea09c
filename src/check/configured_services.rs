//! The services of the configuration compared with the files of the repository.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{At, Finding, Rule, Setup, several};
use crate::config::{EntryName, FILE, ServiceSettings};
use crate::domain::{nearest, service_name_fault, short_name};
use crate::filters::pattern::{PathText, Pattern};
use crate::workspace::taskfile::{below, directory_of};
use crate::workspace::{DOCKERFILE, Service, is_called_dockerfile, is_dockerfile_of_directory};
use crate::yaml::{Place, Placed};

/// Compares each service with the files, and each wildcard and pattern. `filtered` are the services with a filter, if the
/// filters are known.
pub(super) fn check(setup: &Setup<'_>, filtered: Option<&HashSet<&str>>, findings: &mut Vec<Finding>) {
    if setup.config.config.services.is_empty() {
        return;
    }
    let tree = Tree::of(setup.files);
    let mut ignored_by: BTreeMap<&str, Vec<&Service>> = BTreeMap::new();
    for service in setup.services.iter().map(|checked| checked.service) {
        let Some((entry, settings)) = setup.config.entry(service).map(|entry| (entry.place, &entry.settings))
        else {
            continue;
        };
        let is_filtered = filtered.is_none_or(|filtered| filtered.contains(&*service.path));
        let is_directory_missing = !tree.has_directory(&service.directory);
        let is_dockerfile_missing =
            is_built(service, settings) && !tree.has_dockerfile(&service.build.dockerfile);
        if is_directory_missing && settings.dockerfile.is_none() {
            findings.push(no_directory(service, settings, entry, &tree));
        } else if is_dockerfile_missing && !is_named_by_taskfile(setup, service) {
            findings.push(no_dockerfile(service, settings, entry, &tree));
        } else if is_directory_missing && !is_filtered && service.watch.is_empty() && !service.watches_inputs
        {
            findings.push(watches_nothing(service, settings, entry));
        }
        findings.extend(settings.context.as_ref().and_then(|context| no_context(service, context, &tree)));
        if !is_dockerfile_missing && is_built(service, settings) && tree.lacks_ignore_file(service) {
            ignored_by.entry(&service.build.context).or_default().push(service);
        }
    }
    findings.extend(
        ignored_by.into_iter().filter_map(|(context, services)| unbounded(context, &services, setup)),
    );
    let entries = &setup.config.config.services;
    let watches_more = entries.iter().any(|entry| !entry.settings.watch.is_empty());
    let files = setup.files.iter().filter(|_| watches_more);
    let files: Vec<PathText> = files.map(|file| PathText::new(file.as_bytes())).collect();
    let mut seen = HashSet::new();
    for entry in entries {
        if let EntryName::Wildcard(pattern) = &entry.name {
            findings.extend(wildcard(pattern, entry.place, &tree));
        }
        let patterns = entry.settings.watch.iter().filter(|pattern| seen.insert(pattern.place));
        findings.extend(patterns.filter_map(|pattern| watch(pattern, &files, &tree)));
    }
}

/// All files that git tracks, and the directories that they are in.
struct Tree<'f> {
    files: &'f [String],
    directories: BTreeSet<&'f str>,
}

impl<'f> Tree<'f> {
    fn of(files: &'f [String]) -> Self {
        let mut directories = BTreeSet::new();
        for file in files {
            let mut directory = directory_of(file);
            while !directory.is_empty() && directories.insert(directory) {
                directory = directory_of(directory);
            }
        }
        Tree { files, directories }
    }

    /// Whether git tracks `file`, or may: it cannot tell what is behind a link, or in a repository of its own (a submodule).
    fn has_file(&self, file: &str) -> bool {
        let is_tracked = |path: &str| self.files.binary_search_by(|known| known.as_str().cmp(path)).is_ok();
        let mut ends = file.match_indices('/').filter_map(|(end, _)| file.get(..end));
        is_tracked(file) || ends.any(is_tracked)
    }

    /// As [`Tree::has_file`], for any file in `directory`.
    fn has_directory(&self, directory: &str) -> bool {
        directory.is_empty() || self.directories.contains(directory) || self.has_file(directory)
    }

    /// BuildKit takes a file in lower case where `Dockerfile` is not there.
    fn has_dockerfile(&self, file: &str) -> bool {
        let lower = || Some(format!("{}dockerfile", file.strip_suffix(DOCKERFILE)?));
        self.has_file(file) || lower().is_some_and(|lower| self.has_file(&lower))
    }

    /// The directory that `directory` was probably meant to be: one of the same name or else with a similar path; those with a
    /// Dockerfile first. What begins with a dot is for tools.
    fn nearest_directory(&self, directory: &str) -> Option<&str> {
        let built =
            self.files.iter().filter(|file| is_called_dockerfile(file)).map(|file| directory_of(file));
        let built: BTreeSet<&str> = built.filter(|directory| !directory.is_empty()).collect();
        let visible = self.directories.iter().copied().filter(|known| !known.starts_with('.')).collect();
        [built, visible].into_iter().find_map(|known| {
            let mut called = known.iter().filter(|known| short_name(known) == short_name(directory));
            match (called.next(), called.next()) {
                (Some(only), None) => Some(*only),
                _ => nearest(directory, known.iter().copied()).first().copied(),
            }
        })
    }

    /// The Dockerfile that `file` was probably meant to be: in its directory, or else in the one that was meant.
    fn nearest_dockerfile(&self, file: &str) -> Option<&str> {
        let inside = |directory: &str| {
            let mut files = self.files.iter().filter(|file| is_called_dockerfile(file));
            files.find(|file| directory_of(file) == directory).map(String::as_str)
        };
        let directory = directory_of(file);
        inside(directory).or_else(|| inside(self.nearest_directory(directory)?))
    }

    /// Whether `service` is built of a directory that has more than its own, all of which is sent to the builder.
    fn lacks_ignore_file(&self, service: &Service) -> bool {
        let context = &service.build.context;
        let is_wider = context.is_empty()
            || service.directory.strip_prefix(&**context).is_some_and(|rest| rest.starts_with('/'));
        let of_dockerfile = format!("{}.dockerignore", service.build.dockerfile);
        is_wider && !self.has_file(&of_dockerfile) && !self.has_file(&below(context, ".dockerignore"))
    }
}

/// Whether images are built of `service`. One that has none may only be versioned.
fn is_built(service: &Service, settings: &ServiceSettings) -> bool {
    !service.images.is_empty() || settings.dockerfile.is_some()
}

/// Whether the tasks of `service` may build it with a Dockerfile of their own choice.
fn is_named_by_taskfile(setup: &Setup<'_>, service: &Service) -> bool {
    let mut taskfiles = setup.taskfiles.iter().filter(|known| directory_of(&known.file) == service.directory);
    service.build.dockerfile_place.is_none()
        && taskfiles.any(|known| super::dockerfiles::names_dockerfile(&known.text))
}

fn no_directory(service: &Service, settings: &ServiceSettings, entry: Place, tree: &Tree<'_>) -> Finding {
    let directory = &service.directory;
    let place = settings.directory.as_ref().map_or(entry, |directory| directory.place);
    let fix = match tree.nearest_directory(directory) {
        Some(near) => {
            format!("write {near}, if that is meant; else git add the directory, or remove the entry")
        }
        None => {
            "correct the path, which is from the root of the repository; or git add the directory".to_owned()
        }
    };
    Finding::error(
        Rule::ServiceDirectory,
        At::file(FILE, place),
        format!("git tracks no file in {directory}, the directory of the service {}", service.path),
    )
    .why("no change makes the service count as changed, and nothing can be built of it")
    .fix(fix)
}

fn watches_nothing(service: &Service, settings: &ServiceSettings, entry: Place) -> Finding {
    let Service { path, directory, .. } = service;
    let place = settings.directory.as_ref().map_or(entry, |directory| directory.place);
    let message =
        format!("{path} watches its Dockerfile only: git tracks no file in its directory, {directory}");
    Finding::warning(Rule::ServiceDirectory, At::file(FILE, place), message)
        .why("a change to its sources does not build it")
        .fix("set `directory` to where its sources are, or `watch` to patterns for them")
}

fn no_dockerfile(service: &Service, settings: &ServiceSettings, entry: Place, tree: &Tree<'_>) -> Finding {
    let file = &service.build.dockerfile;
    let written = settings.dockerfile.as_ref();
    let place = written.map_or(entry, |written| written.place);
    // As docker's own options and compose files have it.
    let from_context = [&service.build.context, &service.directory].map(|from| below(from, file));
    let meant = from_context.iter().find(|path| written.is_some() && tree.has_file(path));
    let fix = match (meant, tree.nearest_dockerfile(file), written) {
        (Some(path), ..) => {
            format!("write {path}: paths in {FILE} are from the root of the repository")
        }
        (None, Some(near), Some(_)) => format!("write {near}, if that is meant; or git add {file}"),
        (None, Some(near), None) => format!("set `dockerfile: {near}`, if that is meant; or git add {file}"),
        (None, None, _) => {
            format!("git add {file}; or set `dockerfile` to the path from the root of the repository")
        }
    };
    Finding::error(
        Rule::Dockerfile,
        At::file(FILE, place),
        format!("git tracks no {file}, the Dockerfile of the service {}", service.path),
    )
    .why("every build of the service fails")
    .fix(fix)
}

fn no_context(service: &Service, context: &Placed<String>, tree: &Tree<'_>) -> Option<Finding> {
    let directory = &context.value;
    if tree.has_directory(directory) {
        return None;
    }
    let inside = below(&service.directory, directory);
    let fix = if tree.has_directory(&inside) {
        format!("write {inside}: paths in {FILE} are from the root of the repository")
    } else {
        match tree.nearest_directory(directory) {
            Some(near) => format!("write {near}, if that is meant; leave it if an earlier step makes the directory"),
            None => "correct the path, which is from the root of the repository; leave it if an earlier step makes the directory".to_owned(),
        }
    };
    Some(
        Finding::warning(
            Rule::BuildContext,
            At::file(FILE, context.place),
            format!("git tracks no file in {directory}, the context of the service {}", service.path),
        )
        .why("every build of the service fails where nothing else makes the directory")
        .fix(fix),
    )
}

/// Services whose context is wider than their directories, and not restricted.
fn unbounded(context: &str, services: &[&Service], setup: &Setup<'_>) -> Option<Finding> {
    let entry = setup.config.entry(services.first()?)?;
    let place = entry.settings.context.as_ref().map_or(entry.place, |context| context.place);
    let names: Vec<&str> = services.iter().map(|service| &*service.path).collect();
    let shown = if context.is_empty() { "the root of the repository" } else { context };
    let file = below(context, ".dockerignore");
    let message = format!("{shown}, the context of {}, has no .dockerignore", several(&names));
    Some(
        Finding::warning(Rule::Dockerignore, At::file(FILE, place), message)
            .why("all of it is sent to the builder: .git, secrets in untracked files, other services; and any file there can change the image")
            .fix(format!("git add {file}, e.g. with * and exceptions for what the builds need")),
    )
}

fn wildcard(pattern: &Pattern, place: Place, tree: &Tree<'_>) -> Option<Finding> {
    let is_match = |directory: &str| {
        pattern.matches(&PathText::new(directory.as_bytes())) && service_name_fault(directory).is_none()
    };
    let mut selected = tree.files.iter().filter(|file| is_dockerfile_of_directory(file));
    if selected.any(|file| is_match(directory_of(file))) {
        return None;
    }
    let text = pattern.as_str();
    let other = tree.files.iter().find(|file| is_called_dockerfile(file) && is_match(directory_of(file)));
    let some = tree.directories.iter().find(|directory| is_match(directory));
    let (message, fix) = match (other, some) {
        (Some(file), _) => (
            format!("the wildcard '{text}' selects nothing: {file} is not called {DOCKERFILE}"),
            format!("give {} an entry of its own, with `dockerfile: {file}`", directory_of(file)),
        ),
        (None, Some(directory)) => (
            format!("the wildcard '{text}' selects nothing: git tracks no {DOCKERFILE} in {directory}, nor in others that it matches"),
            format!("git add the Dockerfiles; or give {directory} an entry of its own, with `dockerfile`"),
        ),
        (None, None) => (
            format!("the wildcard '{text}' matches no directory"),
            "correct or remove it; it is from the root of the repository, * stops at a slash, and ** does not".to_owned(),
        ),
    };
    Some(
        Finding::warning(Rule::UnusedWildcard, At::file(FILE, place), message)
            .why("a wildcard makes services of the directories with a tracked Dockerfile only, so there is none by it")
            .fix(fix),
    )
}

fn watch(pattern: &Placed<Pattern>, files: &[PathText], tree: &Tree<'_>) -> Option<Finding> {
    let Placed { value: pattern, place } = pattern;
    if files.iter().any(|file| pattern.matches(file)) {
        return None;
    }
    let text = pattern.as_str();
    let directory = text.trim_end_matches('/');
    let fix = if tree.directories.contains(directory) {
        format!("write {directory}/**, for all files in the directory")
    } else {
        "correct or remove it; patterns are from the root of the repository, and git ls-files shows the files"
            .to_owned()
    };
    Some(
        Finding::warning(
            Rule::PatternMatchesNothing,
            At::file(FILE, *place),
            format!("the pattern '{text}' of `watch` matches no file that git tracks"),
        )
        .why("it may be misspelled, or the files were moved: then changes to them build nothing")
        .fix(fix),
    )
}
