//! Where files are read from: the work tree, or a commit.

use std::cell::OnceCell;
use std::path::Path;

use crate::error::{Error, Kind, Result};
use crate::files;
use crate::history::git::{CommitId, PathKind, Repository, TrackedPath};

/// The largest file that is read, in bytes.
const FILE_MAX: u64 = 4 << 20;

/// What git tracks at one moment.
pub trait Snapshot {
    /// All tracked paths, sorted.
    ///
    /// # Errors
    /// What lists them cannot be read.
    fn paths(&self) -> Result<&[TrackedPath]>;

    /// The content of the tracked file at `path`, or what the symbolic link there says; none if there is neither.
    ///
    /// # Errors
    /// It is there, and cannot be read.
    fn content(&self, path: &str) -> Result<Option<Vec<u8>>>;
}

impl dyn Snapshot + '_ {
    /// What is at `path`; none if git tracks nothing there.
    pub(super) fn kind_of(&self, path: &str) -> Result<Option<PathKind>> {
        let paths = self.paths()?;
        let found = paths.binary_search_by(|tracked| (*tracked.path).cmp(path)).ok();
        Ok(found.and_then(|at| paths.get(at)).map(|tracked| tracked.kind))
    }

    /// The tracked paths in `directory`; all for the root, which is the empty string.
    pub(super) fn below(&self, directory: &str) -> Result<&[TrackedPath]> {
        let paths = self.paths()?;
        if directory.is_empty() {
            return Ok(paths);
        }
        let prefix = format!("{directory}/");
        let begin = paths.partition_point(|tracked| *tracked.path < *prefix);
        let rest = paths.get(begin..).unwrap_or_default();
        let length = rest.partition_point(|tracked| tracked.path.starts_with(&prefix));
        Ok(rest.get(..length).unwrap_or_default())
    }
}

/// What git tracks in the work tree: paths as in the index, contents as they are there. What a sparse checkout omits is read
/// from the repository.
pub struct WorkTree<'r> {
    repository: &'r Repository,
    root: &'r Path,
    paths: OnceCell<Vec<TrackedPath>>,
}

impl<'r> WorkTree<'r> {
    /// That of `repository`; none if it is bare.
    pub fn of(repository: &'r Repository) -> Option<Self> {
        let root = repository.workdir()?;
        Some(WorkTree { repository, root, paths: OnceCell::new() })
    }

    fn link(&self, path: &str) -> Option<Vec<u8>> {
        use std::os::unix::ffi::OsStringExt as _;
        let target = std::fs::read_link(self.root.join(path)).ok()?;
        Some(target.into_os_string().into_vec())
    }
}

impl Snapshot for WorkTree<'_> {
    fn paths(&self) -> Result<&[TrackedPath]> {
        if self.paths.get().is_none() {
            let _ = self.paths.set(self.repository.tracked_paths()?);
        }
        Ok(self.paths.get().map(Vec::as_slice).unwrap_or_default())
    }

    fn content(&self, path: &str) -> Result<Option<Vec<u8>>> {
        if (self as &dyn Snapshot).kind_of(path)? == Some(PathKind::Link)
            && let Some(target) = self.link(path)
        {
            return Ok(Some(target));
        }
        match files::read_within(self.root, path, FILE_MAX) {
            Ok(content) => Ok(Some(content)),
            Err(error) if files::is_absent(&error) => self.repository.not_checked_out(path),
            Err(error) => Err(Error::new(Kind::Input, format!("cannot read {path}")).because(error)),
        }
    }
}

/// What is in a commit.
pub struct Commit<'r> {
    repository: &'r Repository,
    commit: CommitId,
    paths: OnceCell<Vec<TrackedPath>>,
}

impl<'r> Commit<'r> {
    /// `commit` of `repository`. Nothing is read before it is needed.
    pub fn of(repository: &'r Repository, commit: CommitId) -> Self {
        Commit { repository, commit, paths: OnceCell::new() }
    }
}

impl Snapshot for Commit<'_> {
    fn paths(&self) -> Result<&[TrackedPath]> {
        if self.paths.get().is_none() {
            let _ = self.paths.set(self.repository.committed_paths(self.commit)?);
        }
        Ok(self.paths.get().map(Vec::as_slice).unwrap_or_default())
    }

    fn content(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.repository.committed_content(self.commit, path)
    }
}
