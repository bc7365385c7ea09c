//! What a commit says of itself, what it changes and what it holds.

use gix::bstr::ByteSlice as _;
use gix::objs::Kind as ObjectKind;

use super::{CommitId, Repository, unreadable};
use crate::error::{Context as _, Kind, Result};

/// A commit, for people. Text in another encoding than UTF-8 is shown as far as it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitDetails {
    /// How many parents it has.
    pub parents: usize,
    /// Who wrote it.
    pub author: String,
    /// Their address.
    pub email: String,
    /// When it was committed, in seconds since 1970.
    pub time: i64,
    /// The first paragraph of its message, on one line.
    pub subject: String,
    /// All of its message.
    pub message: String,
}

/// A file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedFile {
    /// Its path from the root.
    pub path: String,
    /// What it holds.
    pub content: Vec<u8>,
}

impl Repository {
    /// What `commit` says of itself.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn details(&self, commit: CommitId) -> Result<CommitDetails> {
        let malformed = || unreadable("commit", &commit.0);
        let object = self.inner.find_commit(commit.0).context(Kind::Repository, malformed)?;
        let author = object.author().context(Kind::Repository, malformed)?;
        let message = object.message_raw().context(Kind::Repository, malformed)?;
        let summary = gix::objs::commit::MessageRef::from_bytes(message).summary();
        Ok(CommitDetails {
            parents: object.parent_ids().count(),
            author: author.name.to_str_lossy().into_owned(),
            email: author.email.to_str_lossy().into_owned(),
            time: self.commit_time(commit)?,
            subject: summary.to_str_lossy().trim().to_owned(),
            message: message.to_str_lossy().into_owned(),
        })
    }

    /// The files directly in `directory` (from the root) of `commit` for whose names `select` holds, sorted by name. None
    /// where there is no such directory.
    ///
    /// # Errors
    /// A tree or file that cannot be read.
    pub fn files_in(
        &self,
        commit: CommitId,
        directory: &str,
        select: impl Fn(&str) -> bool,
    ) -> Result<Vec<CommittedFile>> {
        let what = || format!("{directory} of the commit {commit} cannot be read");
        let object = self.inner.find_commit(commit.0).context(Kind::Repository, what)?;
        let root = object.tree().context(Kind::Repository, what)?;
        let entry = root.lookup_entry_by_path(directory).context(Kind::Repository, what)?;
        let Some(entry) = entry.filter(|entry| entry.mode().is_tree()) else { return Ok(Vec::new()) };
        let tree = entry.object().context(Kind::Repository, what)?.into_tree();
        let mut files = Vec::new();
        for entry in tree.iter() {
            let entry = entry.context(Kind::Repository, what)?;
            let name = entry.filename().to_str_lossy();
            if !entry.mode().is_blob() || !select(&name) {
                continue;
            }
            let path = format!("{directory}/{name}");
            let object = entry.object().context(Kind::Repository, || unreadable("file", entry.oid()))?;
            files.push(CommittedFile { path, content: object.detach().data });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// The commits whose hash begins with `digits` (hex), sorted.
    ///
    /// # Errors
    /// An object database that cannot be read.
    pub fn commits_beginning(&self, digits: &str) -> Result<Vec<CommitId>> {
        let what = || format!("the objects whose hash begins with {digits} cannot be looked up");
        let Ok(prefix) = gix::hash::Prefix::from_hex(digits) else { return Ok(Vec::new()) };
        let mut candidates = std::collections::HashSet::default();
        self.inner.objects.lookup_prefix(prefix, Some(&mut candidates)).context(Kind::Repository, what)?;
        let mut commits = Vec::new();
        for id in candidates {
            let header =
                self.inner.find_header(id).context(Kind::Repository, || unreadable("object", &id))?;
            if header.kind() == ObjectKind::Commit {
                commits.push(CommitId(id));
            }
        }
        commits.sort_unstable();
        Ok(commits)
    }
}
