//! What changed between two commits.

use super::{CommitId, Paths, Repository, Trees, kinds_of, with_repair_hints};
use crate::domain::Changes;
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
        let tree = |commit| self.tree_of(commit);
        let old = old.map(tree).transpose().context(Kind::Repository, unreadable)?;
        let new = tree(new).context(Kind::Repository, unreadable)?;
        let mut trees = Trees::without_graph(self);
        let found = trees.changes_between(old, new, &Paths::all(), None);
        let found = found.context(Kind::Repository, unreadable)?;
        let mut changes = Changes::default();
        kinds_of(&found).for_each(|(path, kinds)| changes.add(path, kinds));
        Ok(changes)
    }
}
