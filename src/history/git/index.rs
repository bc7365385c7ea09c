//! What git tracks in the work tree, what a sparse checkout omits from it, and what git ignores.

use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice as _};
use gix::index::entry::{Flags, Mode};
use gix::objs::TreeRefIter;
use gix::objs::tree::EntryMode;
use gix::oid;

use super::ignore::IgnoreRules;
use super::view::Objects;
use super::{FSCK, Repository};
use crate::error::{Context as _, Kind, Result};

impl Repository {
    /// The index, read once.
    pub(super) fn index(&self) -> Result<&gix::index::File> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let (path, hash) = (&*self.index_path, self.inner.object_hash());
        // Like git, skip the checksum of the file: verifying it takes longer than reading the index.
        let index = gix::index::File::at_or_default(path, hash, true, Default::default());
        let index = index.context(Kind::Repository, || format!("cannot read the index {}", path.display()));
        let index = index.map_err(|error| error.hint("delete it, then git reset recreates it"))?;
        Ok(self.index.get_or_init(|| index))
    }

    /// The files that git tracks and `select` accepts, sorted as in the index. A sparse checkout may omit some of them from
    /// the work tree.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn tracked_files(&self, mut select: impl FnMut(&str) -> bool) -> Result<Vec<String>> {
        let index = self.index()?;
        let mut files = Vec::new();
        for entry in index.entries() {
            let path = entry.path(index);
            if entry.mode == Mode::DIR {
                files.extend(self.collapsed_files(path, &entry.id)?.filter(|path| select(path)));
            } else if let Some(path) = path.to_str().ok().filter(|path| select(path)) {
                files.push(path.to_owned());
            }
        }
        Ok(files)
    }

    /// The tracked files that `select` accepts and a sparse checkout may leave out of the work tree. Of the directories that a
    /// sparse index collapses, only those are looked into whose paths, with a slash at the end, `holds` accepts.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn left_out(
        &self,
        holds: impl Fn(&str) -> bool,
        select: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>> {
        let index = self.index()?;
        let mut files = Vec::new();
        for entry in index.entries().iter().filter(|entry| entry.flags.contains(Flags::SKIP_WORKTREE)) {
            let Ok(path) = entry.path(index).to_str() else { continue };
            if entry.mode != Mode::DIR {
                files.extend(select(path).then(|| path.to_owned()));
            } else if holds(path) {
                files.extend(self.collapsed_files(path.into(), &entry.id)?.filter(|path| select(path)));
            }
        }
        Ok(files)
    }

    /// The files in the directory `path`, which ends with a slash and of which a sparse index has only the tree.
    fn collapsed_files(&self, path: &BStr, tree: &oid) -> Result<impl Iterator<Item = String>> {
        let inner = self.index_of_tree(tree);
        let inner = inner.context(Kind::Repository, || collapsed(path));
        let inner = inner.map_err(|error| error.hint(FSCK))?;
        let paths = inner.entries().iter().map(|entry| [path.as_bytes(), entry.path(&inner)].concat());
        Ok(paths.filter_map(|path| String::from_utf8(path).ok()).collect::<Vec<_>>().into_iter())
    }

    /// Whether a sparse checkout may leave files out of the work tree (git-sparse-checkout(1)).
    pub fn is_sparse(&self) -> bool {
        self.inner.config_snapshot().boolean("core.sparseCheckout") == Some(true)
    }

    /// The content of `file`, if git tracks it and a sparse checkout omits it from the work tree (git-sparse-checkout(1)).
    ///
    /// # Errors
    /// An index or object that cannot be read.
    pub fn not_checked_out(&self, file: &str) -> Result<Option<Vec<u8>>> {
        let index = self.index()?;
        let id = match index.entry_by_path(file.into()) {
            Some(entry) => entry.flags.contains(Flags::SKIP_WORKTREE).then_some(entry.id),
            None => self.in_collapsed(index, file)?,
        };
        let Some(id) = id else { return Ok(None) };
        let blob = self.blob(&id).context(Kind::Repository, || {
            format!("cannot read {file}, which the sparse checkout omits, from the repository")
        });
        let blob =
            blob.map_err(|error| error.hint(FSCK).hint("git sparse-checkout disable checks everything out"))?;
        Ok(Some(blob))
    }

    /// The id of `file` where a sparse index has only an entry for one of the directories above it.
    pub(super) fn in_collapsed(&self, index: &gix::index::State, file: &str) -> Result<Option<ObjectId>> {
        for entry in index.entries().iter().filter(|entry| entry.mode == Mode::DIR) {
            let path = entry.path(index);
            if let Some(rest) = file.as_bytes().strip_prefix(&**path) {
                let found = self.entry_at(&entry.id, rest.into());
                let found = found.context(Kind::Repository, || collapsed(path));
                let found = found.map_err(|error| error.hint(FSCK))?;
                return Ok(found.map(|(_, id)| id));
            }
        }
        Ok(None)
    }

    /// The entry at `path` (which may end with a slash) in the tree `root`.
    pub(super) fn entry_at(
        &self,
        root: &oid,
        path: &BStr,
    ) -> std::result::Result<Option<(EntryMode, ObjectId)>, gix::Error> {
        let components = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
        let (tree, mut buffer) = (self.tree(root)?, Vec::new());
        let tree = TreeRefIter::from_bytes(&tree, self.inner.object_hash());
        let entry = tree.lookup_entry(Objects(self), &mut buffer, components)?;
        Ok(entry.map(|entry| (entry.mode, entry.oid)))
    }

    /// Whether git tracks `file`, a path from the root of the work tree. Nothing is tracked in an index that cannot be read.
    pub fn is_tracked(&self, file: &str) -> bool {
        self.index().is_ok_and(|index| index.entry_by_path(file.into()).is_some())
    }

    /// Whether git's ignore rules exclude `file` (a path from the root of the work tree) and git does not track it anyway.
    ///
    /// # Errors
    /// Ignore rules or an index that cannot be read.
    pub fn is_ignored(&self, file: &str) -> Result<bool> {
        self.is_excluded(file)
            .map_err(|error| error.hint(format!("git check-ignore -v {file} shows what git says")))
    }

    fn is_excluded(&self, file: &str) -> Result<bool> {
        let Some(root) = self.workdir() else { return Ok(false) };
        let is_excluded =
            IgnoreRules::new(self, root, false).and_then(|rules| rules.exclude(file.into(), false));
        let is_excluded =
            is_excluded.context(Kind::Input, || format!("cannot determine whether git ignores {file}"))?;
        Ok(is_excluded && self.index()?.entry_by_path(file.into()).is_none())
    }
}

/// The error of a directory that a sparse index has a single entry for.
fn collapsed(directory: &BStr) -> String {
    format!("cannot read the directory {directory}, which is not checked out")
}
