//! The metadata of a commit, and files in it.

use std::cell::OnceCell;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::index::entry::Mode;
use gix::objs::TreeRefIter;

use super::view::Objects;
use super::{CommitId, FSCK, Repository, unreadable};
use crate::error::{Context as _, Kind, Result};
use crate::history::commit_header;

/// The metadata of a commit, to be shown: what is not UTF-8 has replacement characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitDetails {
    /// Number of parents.
    pub parents: usize,
    /// Name of the author.
    pub author: String,
    /// Email address of the author.
    pub email: String,
    /// Committer date, in seconds since 1970.
    pub time: i64,
    /// The first paragraph of its message, on one line.
    pub subject: String,
    /// The whole message.
    pub message: String,
}

/// A file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedFile {
    /// Its path from the root.
    pub path: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// The files and directories that are in the work tree or in the commit at `HEAD`.
pub struct KnownPaths<'r> {
    repository: &'r Repository,
    /// The tree of that commit; none if there is none that can be read.
    head: OnceCell<Option<ObjectId>>,
}

impl KnownPaths<'_> {
    /// Whether there is a file or a directory at `path`, from the root. What cannot be read is not there.
    pub fn contain(&self, path: &[u8]) -> bool {
        self.is_checked_out(path) || self.is_committed(path)
    }

    fn is_checked_out(&self, path: &[u8]) -> bool {
        let path = path.to_path().ok().filter(|path| path.is_relative());
        let in_root = self.repository.workdir().zip(path).map(|(root, path)| root.join(path));
        in_root.is_some_and(|path| path.symlink_metadata().is_ok())
    }

    fn is_committed(&self, path: &[u8]) -> bool {
        let tree = || self.repository.head().ok().and_then(|head| self.repository.tree_of(head).ok());
        let tree = self.head.get_or_init(tree).as_ref();
        tree.is_some_and(|tree| matches!(self.repository.entry_at(tree, path.into()), Ok(Some(_))))
    }
}

impl Repository {
    /// The metadata of `commit`.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn details(&self, commit: CommitId) -> Result<CommitDetails> {
        let time = self.commit_time(commit)?;
        let details = self.read(|repository| {
            let object = repository.find_commit(commit.0)?;
            let (author, message) = (object.author()?, object.message_raw()?);
            let summary = gix::objs::commit::MessageRef::from_bytes(message).summary();
            Ok(CommitDetails {
                parents: object.parent_ids().count(),
                author: author.name.to_str_lossy().into_owned(),
                email: author.email.to_str_lossy().into_owned(),
                time,
                subject: summary.to_str_lossy().trim().to_owned(),
                message: message.to_str_lossy().into_owned(),
            })
        });
        details.context(Kind::Repository, || unreadable("commit", &commit.0))
    }

    /// The parents that `commit` names. A shallow clone does not have those of the commits that it ends at.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn parents(&self, commit: CommitId) -> Result<Vec<CommitId>> {
        let parents = self.read(|repository| {
            let object = repository.find_commit(commit.0)?;
            Ok(object.parent_ids().map(|parent| CommitId(parent.detach())).collect())
        });
        parents.context(Kind::Repository, || unreadable("commit", &commit.0))
    }

    /// What is in the work tree and in the commit at `HEAD`, which is read once it is needed.
    pub fn known_paths(&self) -> KnownPaths<'_> {
        KnownPaths { repository: self, head: OnceCell::new() }
    }

    /// The files directly in `directory` (from the root) of `commit` whose names `select` accepts, sorted by name. Empty where
    /// there is no such directory.
    ///
    /// # Errors
    /// A tree or file that cannot be read.
    pub fn files_in(
        &self,
        commit: CommitId,
        directory: &str,
        select: impl Fn(&str) -> bool,
    ) -> Result<Vec<CommittedFile>> {
        let what = || format!("cannot read {directory} in {commit}");
        let hash = self.inner.object_hash();
        let root = self.tree_of(commit).and_then(|root| self.tree(&root)).context(Kind::Repository, what)?;
        let mut buffer = Vec::new();
        let root = TreeRefIter::from_bytes(&root, hash);
        let entry = root.lookup_entry_by_path(Objects(self), &mut buffer, directory);
        let entry = entry.context(Kind::Repository, what)?;
        let Some(entry) = entry.filter(|entry| entry.mode.is_tree()) else { return Ok(Vec::new()) };
        let tree = self.tree(&entry.oid).context(Kind::Repository, what)?;
        let mut files = Vec::new();
        for entry in TreeRefIter::from_bytes(&tree, hash) {
            let entry = entry.context(Kind::Repository, what)?;
            let name = entry.filename.to_str_lossy();
            if !entry.mode.is_blob() || !select(&name) {
                continue;
            }
            let content = self.blob(entry.oid).context(Kind::Repository, || unreadable("file", entry.oid))?;
            files.push(CommittedFile { path: format!("{directory}/{name}"), content });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// Whether `commit` has a directory at `path` (from the root).
    ///
    /// # Errors
    /// A tree that cannot be read.
    pub fn has_directory(&self, commit: CommitId, path: &str) -> Result<bool> {
        if path.is_empty() {
            return Ok(true);
        }
        let what = || format!("cannot read {path} in {commit}");
        let root = self.tree_of(commit).and_then(|root| self.tree(&root)).context(Kind::Repository, what)?;
        let root = TreeRefIter::from_bytes(&root, self.inner.object_hash());
        let entry = root.lookup_entry_by_path(Objects(self), &mut Vec::new(), path);
        let entry = entry.context(Kind::Repository, what)?;
        Ok(entry.is_some_and(|entry| entry.mode.is_tree()))
    }

    /// All files of `commit` whose paths `select` accepts, sorted by path, without symbolic links and submodules.
    ///
    /// # Errors
    /// A tree or file that cannot be read.
    pub fn all_files(&self, commit: CommitId, select: impl Fn(&str) -> bool) -> Result<Vec<CommittedFile>> {
        let what = || format!("cannot read the files of {commit}");
        let with_hint = super::with_file_hints;
        let tree = self.tree_of(commit).context(Kind::Repository, what).map_err(with_hint)?;
        let listed = self.index_of_tree(&tree).context(Kind::Repository, what).map_err(with_hint)?;
        let mut files = Vec::new();
        for entry in listed.entries().iter().filter(|entry| entry.mode.contains(Mode::FILE)) {
            let Some(path) = entry.path(&listed).to_str().ok().filter(|path| select(path)) else { continue };
            let content = self.blob(&entry.id).context(Kind::Repository, what).map_err(with_hint)?;
            files.push(CommittedFile { path: path.to_owned(), content });
        }
        Ok(files)
    }

    /// The content of `file`, a path from the root, in the commit at `HEAD`; none if there is no such commit or no such file.
    ///
    /// # Errors
    /// A tree or file that cannot be read.
    pub fn file_at_head(&self, file: &str) -> Result<Option<Vec<u8>>> {
        let Ok(head) = self.head() else { return Ok(None) };
        let what = || format!("cannot read {file} in {head}");
        let tree = self.tree_of(head).context(Kind::Repository, what)?;
        let entry = self.entry_at(&tree, file.into()).context(Kind::Repository, what)?;
        let Some((_, id)) = entry.filter(|(mode, _)| mode.is_blob()) else { return Ok(None) };
        self.blob(&id).map(Some).context(Kind::Repository, what)
    }

    /// Committer date of `commit`, in seconds since 1970; 0 where its header has none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn commit_time(&self, commit: CommitId) -> Result<i64> {
        let seconds = self.read(|repository| {
            let object = repository.find_object(commit.0)?;
            Ok(commit_header::parse(&object.data).map(|(_, seconds)| seconds))
        });
        let seconds = seconds.context(Kind::Repository, || unreadable("commit", &commit.0));
        Ok(seconds.map_err(|error| error.hint(FSCK))?.unwrap_or(0))
    }
}
