//! Everything that git tracks, with its kind: files, symbolic links and submodules.

use gix::bstr::ByteSlice as _;
use gix::index::entry::Mode;

use super::{CommitId, FSCK, Repository};
use crate::error::{Context as _, Kind, Result};

/// A path that git tracks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrackedPath {
    /// From the root, with `/`; what is not UTF-8 has replacement characters.
    pub path: String,
    /// What is there.
    pub kind: PathKind,
}

/// What is at a tracked path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathKind {
    /// A file.
    File,
    /// A symbolic link.
    Link,
    /// A commit of another repository.
    Submodule,
}

impl Repository {
    /// Everything in the index, sorted by path, each path once; what a sparse checkout omits included.
    ///
    /// # Errors
    /// An index or tree that cannot be read.
    pub fn tracked_paths(&self) -> Result<Vec<TrackedPath>> {
        let index = self.index()?;
        let mut paths = Vec::with_capacity(index.entries().len());
        for entry in index.entries() {
            let path = entry.path(index);
            if entry.mode == Mode::DIR {
                let what = || format!("cannot read the directory {path}, which is not checked out");
                let inner = self.index_of_tree(&entry.id).context(Kind::Repository, what);
                let inner = inner.map_err(|error| error.hint(FSCK))?;
                paths.extend(inner.entries().iter().filter_map(|below| {
                    TrackedPath::of(&[path.as_bytes(), below.path(&inner)].concat(), below.mode)
                }));
            } else {
                paths.extend(TrackedPath::of(path, entry.mode));
            }
        }
        paths.sort_unstable();
        // A path in conflict has several entries.
        paths.dedup_by(|a, b| a.path == b.path);
        Ok(paths)
    }

    /// Everything in `commit`, sorted by path.
    ///
    /// # Errors
    /// A tree that cannot be read.
    pub fn committed_paths(&self, commit: CommitId) -> Result<Vec<TrackedPath>> {
        let what = || format!("cannot read the files of {commit}");
        let listed = self.tree_of(commit).and_then(|tree| self.index_of_tree(&tree));
        let listed = listed.context(Kind::Repository, what);
        let listed = listed.map_err(super::with_repair_hints)?;
        let of = |entry: &gix::index::Entry| TrackedPath::of(entry.path(&listed), entry.mode);
        let mut paths: Vec<TrackedPath> = listed.entries().iter().filter_map(of).collect();
        paths.sort_unstable();
        Ok(paths)
    }

    /// The content of the file at `path` in `commit`, or what the symbolic link there says; none for anything else.
    ///
    /// # Errors
    /// A tree or file that cannot be read.
    pub fn committed_content(&self, commit: CommitId, path: &str) -> Result<Option<Vec<u8>>> {
        let what = || format!("cannot read {path} in {commit}");
        let found = self.tree_of(commit).and_then(|tree| self.entry_at(&tree, path.into()));
        let found = found.context(Kind::Repository, what).map_err(super::with_repair_hints)?;
        let Some((_, id)) = found.filter(|(mode, _)| mode.is_blob_or_symlink()) else { return Ok(None) };
        let blob = self.blob(&id).context(Kind::Repository, what);
        blob.map(Some).map_err(super::with_file_hints)
    }
}

impl TrackedPath {
    fn of(path: &[u8], mode: Mode) -> Option<Self> {
        let kind = match mode {
            Mode::FILE | Mode::FILE_EXECUTABLE => PathKind::File,
            Mode::SYMLINK => PathKind::Link,
            Mode::COMMIT => PathKind::Submodule,
            _ => return None,
        };
        Some(TrackedPath { path: path.to_str_lossy().into_owned(), kind })
    }
}
