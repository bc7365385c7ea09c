//! What changed between two commits.

use std::collections::HashSet;

use gix::ObjectId;
use gix::diff::tree::{Recorder, State, recorder};
use gix::objs::TreeRefIter;
use gix::objs::tree::EntryMode;

use super::{CommitId, FSCK, Repository, unreadable};
use crate::domain::{ChangeKind, ChangeKinds, Changes};
use crate::error::{Context as _, Error, Kind, Result};

impl Repository {
    /// The commit whose id is `hash`, in full; none if this clone has no such commit.
    ///
    /// # Errors
    /// An object that is there but cannot be read.
    pub fn find_commit(&self, hash: &str) -> Result<Option<CommitId>> {
        let found = self.object(hash)?;
        Ok(found.and_then(|(id, kind)| (kind == gix::objs::Kind::Commit).then_some(CommitId(id))))
    }

    /// Whether this clone has an object whose id is `hash`, in full.
    ///
    /// # Errors
    /// As [`Repository::find_commit`].
    pub fn has_object(&self, hash: &str) -> Result<bool> {
        Ok(self.object(hash)?.is_some())
    }

    fn object(&self, hash: &str) -> Result<Option<(ObjectId, gix::objs::Kind)>> {
        let id = ObjectId::from_hex(hash.as_bytes()).ok().filter(|id| id.kind() == self.inner.object_hash());
        let Some(id) = id else { return Ok(None) };
        let found = self.inner.try_find_header(id).context(Kind::Repository, || unreadable("object", &id));
        Ok(found.map_err(repairable)?.map(|header| (id, header.kind())))
    }

    /// What differs between the trees of `old` and `new`.
    ///
    /// Only trees are read. So what counts as renamed is a path that is gone while its very content is new elsewhere, and
    /// the other way round; a file that was moved and edited is gone and new. `git diff -M100%` looks for the same, and
    /// chooses one where several paths hold the same content.
    ///
    /// # Errors
    /// A tree that cannot be read.
    pub fn diff(&self, old: CommitId, new: CommitId) -> Result<Changes> {
        self.diff_of_trees(Some(old), new).map_err(repairable)
    }

    /// What `commit` changes: how it differs from its first parent; all it has where it has none.
    ///
    /// # Errors
    /// As [`Repository::diff`].
    pub fn changes_of(&self, commit: CommitId) -> Result<Changes> {
        let unreadable = || unreadable("commit", &commit.0);
        let object = self.inner.find_commit(commit.0).context(Kind::Repository, unreadable)?;
        let parent = object.parent_ids().next().map(|parent| CommitId(parent.detach()));
        self.diff_of_trees(parent, commit).map_err(repairable)
    }

    fn diff_of_trees(&self, old: Option<CommitId>, new: CommitId) -> Result<Changes> {
        let unreadable = || match old {
            Some(old) => format!("the changes from {old} to {new} cannot be read"),
            None => format!("what {new} brings cannot be read"),
        };
        let tree = |commit: CommitId| -> Result<gix::Tree<'_>> {
            let commit = self.inner.find_commit(commit.0).context(Kind::Repository, unreadable)?;
            commit.tree().context(Kind::Repository, unreadable)
        };
        let (old_tree, new_tree) = (old.map_or(Ok(self.inner.empty_tree()), tree)?, tree(new)?);
        let hash = self.inner.object_hash();
        let mut recorder = Recorder::default();
        gix::diff::tree(
            TreeRefIter::from_bytes(&old_tree.data, hash),
            TreeRefIter::from_bytes(&new_tree.data, hash),
            State::default(),
            &self.inner.objects,
            &mut recorder,
        )
        .context(Kind::Repository, unreadable)?;
        Ok(changes(recorder.records))
    }
}

fn repairable(error: Error) -> Error {
    error.hint(FSCK).hint("a clone without trees needs them: git fetch --refetch --filter=blob:none")
}

/// The changes of files, links and submodules among `records`.
fn changes(records: Vec<recorder::Change>) -> Changes {
    let mut changes = Changes::default();
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    // What makes a path the same as another: content and type. Whether a file can be executed does not matter.
    let identity = |mode: EntryMode, id: ObjectId| (mode.is_link(), mode.is_commit(), id);
    for record in records {
        match record {
            recorder::Change::Addition { entry_mode, oid, path, .. } if !entry_mode.is_tree() => {
                new.push((identity(entry_mode, oid), path));
            }
            recorder::Change::Deletion { entry_mode, oid, path, .. } if !entry_mode.is_tree() => {
                gone.push((identity(entry_mode, oid), path));
            }
            recorder::Change::Modification { previous_entry_mode, entry_mode, path, .. }
                if !entry_mode.is_tree() && !previous_entry_mode.is_tree() =>
            {
                changes.add(path, ChangeKind::Modified);
            }
            _ => {}
        }
    }
    let identities = |side: &[(_, _)]| side.iter().map(|(identity, _)| *identity).collect::<HashSet<_>>();
    let (all_gone, all_new) = (identities(&gone), identities(&new));
    for (kind, side, other) in [(ChangeKind::Deleted, gone, all_new), (ChangeKind::Added, new, all_gone)] {
        for (identity, path) in side {
            let moved = other.contains(&identity).then_some(ChangeKind::Renamed);
            changes.add(path, ChangeKinds::from_iter([kind].into_iter().chain(moved)));
        }
    }
    changes
}
