//! Files that a build could read although its commit has not, or has otherwise.
//!
//! What a service watches decides whether it is dirty. A release must have nothing that its commit has not, so for a release
//! everything counts that could get into the image: untracked files, and changes in a context that is wider than what the
//! service watches.

use super::Checkout;
use super::context::BuildContext;
use super::subject::Subject;
use crate::config::FILE;
use crate::display::on_one_line;
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::history::git::is_below;
use crate::images::Given;
use crate::workspace::taskfile::directory_of;

/// How many files an error names.
const NAMED_MAX: usize = 3;

/// Refuses files of no commit that the build of any of `subjects` could read: an image would have what its commit has not.
///
/// # Errors
/// There are any; an ignore file that cannot be used.
pub(super) fn refuse_uncommitted<'s>(
    subjects: impl IntoIterator<Item = &'s Subject>,
    given: &Given,
    checkout: &Checkout,
) -> Result<()> {
    let read =
        |subject: &'s Subject| Ok(Read { context: BuildContext::of(subject, given, checkout)?, subject });
    let builds = subjects.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    refuse_configuration(checkout)?;
    refuse_untracked(&builds, checkout)?;
    refuse_changed(&builds, checkout)
}

/// The one of `subjects` whose build could read a file at `path` (from the root of the work tree) that git does not ignore, were
/// it there.
///
/// # Errors
/// An ignore file that cannot be used.
pub(super) fn reader_of<'s>(
    path: &str,
    subjects: impl IntoIterator<Item = &'s Subject>,
    given: &Given,
    checkout: &Checkout,
) -> Result<Option<&'s Subject>> {
    if checkout.repository.is_ignored(path)? {
        return Ok(None);
    }
    for subject in subjects {
        if BuildContext::of(subject, given, checkout)?.has(path.as_bytes()) {
            return Ok(Some(subject));
        }
    }
    Ok(None)
}

/// Refuses a configuration that the commit has not, or has otherwise: images are named and built by it. It may be a symbolic link
/// to what has changed.
fn refuse_configuration(checkout: &Checkout) -> Result<()> {
    if !checkout.has_config()? {
        return Ok(());
    }
    let Some(root) = checkout.repository.workdir() else { return Ok(()) };
    let way = files::way_to(root, FILE);
    for path in &way {
        if is_untracked(path, checkout)? {
            return Err(refused_configuration(path, "is not committed"));
        }
    }
    let changed = checkout.repository.changed_files(&[""])?;
    match way.iter().find(|path| changed.iter().any(|changed| changed == path.as_bytes())) {
        Some(path) => Err(refused_configuration(path, "has uncommitted changes")),
        None => Ok(()),
    }
}

/// The error of the file at `path`, which is the configuration or what that leads to.
fn refused_configuration(path: &str, what: &str) -> Error {
    let subject = match path == FILE {
        true => FILE.to_owned(),
        false => format!("{FILE} leads to {}, which", on_one_line(path)),
    };
    let message = format!("{subject} {what}, and a release is named and built by it");
    Error::new(Kind::VersionRule, message).hint("commit it, or stash it")
}

/// What is built, and what that reads.
struct Read<'s> {
    subject: &'s Subject,
    context: BuildContext,
}

impl Read<'_> {
    /// Whether the build reads anything beyond the directory of the service.
    fn is_wider(&self) -> bool {
        let directory = self.subject.directory();
        let mut outside = self.context.outside();
        let mut directories = self.context.directories();
        directories.any(|read| !is_below(format!("{read}/").as_bytes(), directory))
            || outside.any(|file| !is_below(file.as_bytes(), directory))
    }

    /// The untracked files that the build could read, sorted.
    fn untracked(&self, checkout: &Checkout) -> Result<Vec<Vec<u8>>> {
        let context = &self.context;
        let mut found = Vec::new();
        for directory in context.directories() {
            found.extend(checkout.repository.untracked_files(directory, |path| context.has(path))?);
        }
        found.extend(self.untracked_outside(checkout)?);
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Those of them that are outside of the context.
    fn untracked_outside(&self, checkout: &Checkout) -> Result<Vec<Vec<u8>>> {
        let mut found = Vec::new();
        for file in self.context.outside() {
            if is_untracked(file, checkout)? {
                found.push(file.as_bytes().to_vec());
            }
        }
        Ok(found)
    }
}

fn refuse_untracked(builds: &[Read<'_>], checkout: &Checkout) -> Result<()> {
    let mut directories: Vec<&str> = builds.iter().flat_map(|build| build.context.directories()).collect();
    directories.sort_unstable();
    directories.dedup();
    let mut is_clean = true;
    for directory in directories {
        // One walk for all builds with this context.
        let of_directory: Vec<&Read<'_>> =
            builds.iter().filter(|build| build.context.directories().any(|it| it == directory)).collect();
        let is_read = |path: &[u8]| of_directory.iter().any(|build| build.context.has(path));
        is_clean &= checkout.repository.untracked_files(directory, is_read)?.is_empty();
    }
    for build in builds {
        is_clean &= build.untracked_outside(checkout)?.is_empty();
    }
    for build in builds.iter().filter(|_| !is_clean) {
        let found = build.untracked(checkout)?;
        if !found.is_empty() {
            let (name, ignore_file) = (build.subject.name(), &build.context.ignore_file);
            return Err(Error::new(
                Kind::VersionRule,
                format!("{name} has untracked files that its build could read: {}", named(&found)),
            )
            .hint(format!("commit them, or list them in .gitignore or {ignore_file}")));
        }
    }
    Ok(())
}

fn is_untracked(file: &str, checkout: &Checkout) -> Result<bool> {
    let is_there =
        checkout.repository.workdir().is_some_and(|root| root.join(file).symlink_metadata().is_ok());
    Ok(is_there && !checkout.repository.is_tracked(file) && !checkout.repository.is_ignored(file)?)
}

/// Refuses uncommitted changes to what a build reads beyond the directory of its service.
fn refuse_changed(builds: &[Read<'_>], checkout: &Checkout) -> Result<()> {
    let wider: Vec<&Read<'_>> = builds.iter().filter(|build| build.is_wider()).collect();
    if wider.is_empty() {
        return Ok(());
    }
    let of_build = |build: &&Read<'_>| {
        let outside = build.context.outside().map(|file| directory_of(file).to_owned());
        outside.chain(build.context.directories().map(ToOwned::to_owned)).collect::<Vec<_>>()
    };
    let mut directories: Vec<String> = wider.iter().flat_map(of_build).collect();
    directories.sort_unstable();
    directories.dedup();
    let directories: Vec<&str> = directories.iter().map(String::as_str).collect();
    let mut changed = checkout.repository.changed_files(&directories)?;
    changed.sort_unstable();
    changed.dedup();
    for build in wider {
        let found: Vec<Vec<u8>> = changed.iter().filter(|path| build.context.has(path)).cloned().collect();
        if !found.is_empty() {
            let (name, ignore_file) = (build.subject.name(), &build.context.ignore_file);
            return Err(Error::new(
                Kind::VersionRule,
                format!("{name} has uncommitted changes that its build could read: {}", named(&found)),
            )
            .hint(format!("commit or stash them, or list what the build does not need in {ignore_file}")));
        }
    }
    Ok(())
}

/// The first of `files`, and how many more there are.
fn named(files: &[Vec<u8>]) -> String {
    let named = files.iter().take(NAMED_MAX).map(|path| on_one_line(&String::from_utf8_lossy(path)));
    let named = named.collect::<Vec<_>>().join(", ");
    match files.len().saturating_sub(NAMED_MAX) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
