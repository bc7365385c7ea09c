//! What a build reads of the checkout: its context without what an ignore file leaves out, and its Dockerfile.

use std::ffi::OsStr;
use std::path::Path;

use super::Checkout;
use super::subject::Subject;
use crate::config;
use crate::dockerfile::DockerIgnore;
use crate::domain::normal_path;
use crate::error::{Context as _, Kind, Result};
use crate::files;
use crate::history::git::is_below;
use crate::images::{Given, GivenDockerfile};
use crate::inputs::{IN_LOWER_CASE, ignore_files, parse_ignore_file};
use crate::workspace::taskfile::{below, directory_of};
use crate::workspace::{BuildSettings, DOCKERFILE};

/// The largest file of patterns that is read, in bytes.
const IGNORE_FILE_MAX: u64 = 1 << 20;

/// What the build of one image reads. All paths are from the root of the work tree, with `/`.
pub(super) struct BuildContext {
    /// The directory that is sent to the builder; empty for the root.
    pub(super) directory: String,
    /// The Dockerfile; none if it is outside of the work tree.
    pub(super) dockerfile: Option<String>,
    /// The file that leaves out something, or that could.
    pub(super) ignore_file: String,
    /// Whether that file is there.
    pub(super) has_ignore_file: bool,
    /// All directories that it reads, that one first, each with what is left out of it.
    locals: Vec<(String, DockerIgnore)>,
}

impl BuildContext {
    /// That of `subject`, unless `given` says otherwise. Without a work tree, nothing is left out.
    ///
    /// The ignore file is the one that BuildKit takes: that of the Dockerfile, which is beside it, else that of the context.
    ///
    /// # Errors
    /// An ignore file that cannot be read, or with which no build can begin.
    pub(super) fn of(subject: &Subject, given: &Given, checkout: &Checkout) -> Result<Self> {
        let directory = settings(subject).map_or("", |settings| &settings.context).to_owned();
        let root = checkout.repository.workdir().unwrap_or(&checkout.directory);
        let dockerfile = dockerfile(subject, &directory, given, checkout).map(|path| as_spelled(root, path));
        let names = ignore_files(&directory, dockerfile.as_deref());
        let of_context = names.last().cloned().unwrap_or_default();
        let found = names.into_iter().find(|name| is_in_its_directory(root, name, &directory, &of_context));
        let ignore = found.as_ref().map(|name| read(root, name)).transpose()?.unwrap_or_default();
        let has_ignore_file = found.is_some();
        let ignore_file = found.unwrap_or(of_context);
        let mut locals = vec![(directory.clone(), ignore)];
        for context in settings(subject).iter().flat_map(|settings| settings.contexts.values()) {
            let config::BuildContext::Directory(named) = &context.value else { continue };
            let of_named = ignore_files(named, None).into_iter().next();
            let of_named = of_named.filter(|name| is_in_its_directory(root, name, named, name));
            let ignore = of_named.map(|name| read(root, &name)).transpose()?.unwrap_or_default();
            locals.push((named.clone(), ignore));
        }
        Ok(BuildContext { directory, dockerfile, ignore_file, has_ignore_file, locals })
    }

    /// All directories that it reads, the one that is sent to the builder first.
    pub(super) fn directories(&self) -> impl Iterator<Item = &str> {
        self.locals.iter().map(|(directory, _)| &**directory)
    }

    /// Whether the build could read the file at `path`.
    pub(super) fn has(&self, path: &[u8]) -> bool {
        let path = String::from_utf8_lossy(path);
        // These are read whatever they say of themselves.
        if self.dockerfile.as_deref() == Some(&*path) || self.ignore_file == path {
            return true;
        }
        self.locals.iter().any(|(directory, ignore)| {
            let within = match &**directory {
                "" => Some(&*path),
                directory => path.strip_prefix(directory).and_then(|rest| rest.strip_prefix('/')),
            };
            within.is_some_and(|path| !ignore.excludes(path))
        })
    }

    /// What it reads outside of its directory.
    pub(super) fn outside(&self) -> impl Iterator<Item = &str> {
        let files = [self.dockerfile.as_deref(), Some(&*self.ignore_file)];
        files.into_iter().flatten().filter(|file| !is_below(file.as_bytes(), &self.directory))
    }
}

/// How the image of `subject` is built; none for the repository as a whole.
pub(super) fn settings(subject: &Subject) -> Option<&BuildSettings> {
    subject.service.as_ref().map(|service| &service.build)
}

/// The path of the Dockerfile; none if it is outside of the work tree.
fn dockerfile(subject: &Subject, context: &str, given: &Given, checkout: &Checkout) -> Option<String> {
    match &given.dockerfile {
        Some(GivenDockerfile::FromHere(path)) => {
            let root = checkout.repository.workdir()?.canonicalize().ok()?;
            let directory = checkout.directory.strip_prefix(&root).is_ok().then_some(&*checkout.prefix);
            let path = Path::new(path);
            match path.strip_prefix(&root) {
                Ok(below) => normal_path("", below.to_str()?),
                Err(_) if path.is_absolute() || path == OsStr::new("-") => None,
                Err(_) => normal_path(directory?, path.to_str()?),
            }
        }
        Some(GivenDockerfile::FromContext(path)) => normal_path(context, path),
        None => Some(
            settings(subject).map_or_else(|| DOCKERFILE.to_owned(), |settings| settings.dockerfile.clone()),
        ),
    }
}

/// The Dockerfile at `path` in the spelling in which it is there, as BuildKit looks for it.
fn as_spelled(root: &Path, path: String) -> String {
    let directory = directory_of(&path);
    let other = below(directory, IN_LOWER_CASE);
    let is_other = path == below(directory, DOCKERFILE)
        && root.join(&path).symlink_metadata().is_err()
        && root.join(&other).is_file();
    if is_other { other } else { path }
}

/// Whether the ignore file `name` is there, and not by a link that leads out of the directory in which the builder looks: that
/// of the Dockerfile, or the context.
fn is_in_its_directory(root: &Path, name: &str, context: &str, of_context: &str) -> bool {
    let directory = if name == of_context { context } else { directory_of(name) };
    let file = root.join(name).canonicalize();
    let directory = root.join(directory).canonicalize();
    file.ok().zip(directory.ok()).is_some_and(|(file, directory)| file.starts_with(directory))
}

fn read(root: &Path, name: &str) -> Result<DockerIgnore> {
    let content = files::read(&root.join(name), IGNORE_FILE_MAX);
    let content = content.context(Kind::Input, || format!("cannot read {name}"))?;
    parse_ignore_file(name, &content)
}
