//! What changed between two commits.

use std::collections::HashSet;

use gix::ObjectId;
use gix::diff::tree::{Recorder, State, recorder};
use gix::objs::TreeRefIter;
use gix::objs::tree::EntryMode;

use super::view::Objects;
use super::{CommitId, Repository, with_repair_hints};
use crate::domain::{ChangeKind, ChangeKinds, Changes};
use crate::error::{Context as _, Kind, Result};

impl Repository {
    /// What differs between the trees of `old` and `new`.
    ///
    /// Only trees are read. So a path counts as renamed where it was deleted while the same content was added elsewhere, or
    /// the other way round; a file that was moved and edited counts as deleted and added. `git diff -M100%` looks for the same,
    /// but pairs paths where several have the same content.
    ///
    /// # Errors
    /// A tree that cannot be read.
    pub fn diff(&self, old: CommitId, new: CommitId) -> Result<Changes> {
        self.diff_of_trees(Some(old), new).map_err(with_repair_hints)
    }

    /// What `commit` changes: how it differs from its first parent, or all its files where it has no parent.
    ///
    /// # Errors
    /// As [`Repository::diff`].
    pub fn changes_of(&self, commit: CommitId) -> Result<Changes> {
        let parent = self.parents(commit)?.first().copied();
        self.diff_of_trees(parent, commit).map_err(with_repair_hints)
    }

    fn diff_of_trees(&self, old: Option<CommitId>, new: CommitId) -> Result<Changes> {
        let unreadable = || match old {
            Some(old) => format!("cannot read the changes from {old} to {new}"),
            None => format!("cannot read the changes of {new}"),
        };
        let tree = |commit| self.tree_of(commit).and_then(|id| self.tree(&id));
        let old_tree = old.map_or(Ok(Vec::new()), tree).context(Kind::Repository, unreadable)?;
        let new_tree = tree(new).context(Kind::Repository, unreadable)?;
        let hash = self.inner.object_hash();
        let mut recorder = Recorder::default();
        gix::diff::tree(
            TreeRefIter::from_bytes(&old_tree, hash),
            TreeRefIter::from_bytes(&new_tree, hash),
            State::default(),
            Objects(self),
            &mut recorder,
        )
        .context(Kind::Repository, unreadable)?;
        Ok(changes(recorder.records))
    }
}

/// The changes of files, links and submodules among `records`.
fn changes(records: Vec<recorder::Change>) -> Changes {
    let mut changes = Changes::default();
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    // Two paths are the same by content and type, whether executable or not.
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
