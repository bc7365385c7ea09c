//! Files that no commit has, but that a build could read.

use std::path::Path;

use super::Checkout;
use super::subject::Subject;
use crate::display::on_one_line;
use crate::dockerfile::DockerIgnore;
use crate::error::{Context as _, Error, Kind, Result};
use crate::files;

/// The Dockerfile in a context.
const DOCKERFILE: &str = "Dockerfile";

/// What a Dockerfile's context leaves out; the first replaces the second.
const IGNORE_FILES: [&str; 2] = ["Dockerfile.dockerignore", ".dockerignore"];

/// The largest file of patterns that is read, in bytes.
const IGNORE_FILE_MAX: u64 = 1 << 20;

/// How many files an error names.
const NAMED_MAX: usize = 3;

/// Refuses untracked files that the build of `subject` could read: an image would have what its commit has not.
pub(super) fn refuse_untracked(subject: &Subject, checkout: &Checkout) -> Result<()> {
    refuse_untracked_in(subject.name(), subject.directory(), checkout)
}

/// As [`refuse_untracked`], for what is called `name` and built in `directory`.
pub(super) fn refuse_untracked_in(name: &str, directory: &str, checkout: &Checkout) -> Result<()> {
    let Some(root) = checkout.repository.workdir() else { return Ok(()) };
    let context = Context::read(&root.join(directory), directory)?;
    let found = checkout.repository.untracked_files(directory, |path| context.has(path))?;
    if found.is_empty() {
        return Ok(());
    }
    let named = found.iter().take(NAMED_MAX).map(|path| on_one_line(&String::from_utf8_lossy(path)));
    let named = named.collect::<Vec<_>>().join(", ");
    let more = found.len().saturating_sub(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Err(Error::new(
        Kind::VersionRule,
        format!("{name} has untracked files that its build could read: {named}{more}"),
    )
    .hint(format!("commit them, or list them in .gitignore or {}", context.ignore_file)))
}

/// What a build reads in its directory.
struct Context {
    /// The directory, from the root of the repository and with a slash behind it; empty for the root.
    prefix: String,
    /// The file that leaves out something, or that could: its path.
    ignore_file: String,
    ignore: DockerIgnore,
}

impl Context {
    /// The context in `directory`, which is `path` in the repository.
    fn read(directory: &Path, path: &str) -> Result<Self> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let found = IGNORE_FILES.iter().find(|name| is_inside(directory, name));
        let Some(name) = found else {
            let ignore_file = format!("{prefix}.dockerignore");
            return Ok(Context { prefix, ignore_file, ignore: DockerIgnore::default() });
        };
        let ignore_file = format!("{prefix}{name}");
        let content = files::read(&directory.join(name), IGNORE_FILE_MAX);
        let content = content.context(Kind::Input, || format!("cannot read {ignore_file}"))?;
        let ignore = DockerIgnore::parse(&content).map_err(|error| {
            Error::new(Kind::Input, format!("{ignore_file}:{}: the line {error}", error.line))
                .hint("no build can begin with it: remove or correct the line")
        })?;
        Ok(Context { prefix, ignore_file, ignore })
    }

    /// Whether a build could read the file at `path`, from the root of the repository.
    fn has(&self, path: &[u8]) -> bool {
        let path = String::from_utf8_lossy(path);
        let Some(path) = path.strip_prefix(&*self.prefix) else { return true };
        // These are read whatever they say of themselves.
        let is_read = path == DOCKERFILE || self.ignore_file.strip_prefix(&*self.prefix) == Some(path);
        is_read || !self.ignore.excludes(path)
    }
}

/// Whether `directory` has the file `name`, and not by a link to somewhere else.
fn is_inside(directory: &Path, name: &str) -> bool {
    let file = directory.join(name).canonicalize();
    let directory = directory.canonicalize();
    file.ok().zip(directory.ok()).is_some_and(|(file, directory)| file.starts_with(directory))
}
