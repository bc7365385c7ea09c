//! What changed between two commits, and since when their histories differ.

use std::collections::HashSet;

use gix::ObjectId;
use gix::diff::tree::{Recorder, State, recorder};
use gix::objs::TreeRefIter;

use super::{CommitId, Repository};
use crate::domain::{ChangeKind, Changes};
use crate::error::{Context as _, Kind, Result};

/// The best common ancestors of two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeBases {
    /// These, sorted; several where branches were merged into each other.
    Known(Vec<CommitId>),
    /// The histories have nothing in common.
    Unrelated,
    /// The clone is shallow, and what it lacks could hold a better one.
    Shallow,
}

impl Repository {
    /// The commit whose id is `hash`, in full; none if this clone has no such commit.
    ///
    /// # Errors
    /// An object that is there but cannot be read.
    pub fn find_commit(&self, hash: &str) -> Result<Option<CommitId>> {
        let id = ObjectId::from_hex(hash.as_bytes()).ok().filter(|id| id.kind() == self.inner.object_hash());
        let Some(id) = id else { return Ok(None) };
        let unreadable = || format!("the object {id} cannot be read");
        let found = self.inner.try_find_header(id).context(Kind::Repository, unreadable)?;
        Ok(found.filter(|header| header.kind() == gix::objs::Kind::Commit).map(|_| CommitId(id)))
    }

    /// What differs between the trees of `old` and `new`.
    ///
    /// Only trees are read. So what counts as a rename is a path that is gone while its very content is new
    /// elsewhere, which is what `git diff -M100%` looks for; a file that was moved and edited is gone and new.
    ///
    /// # Errors
    /// A tree that cannot be read.
    pub fn diff(&self, old: CommitId, new: CommitId) -> Result<Changes> {
        let unreadable = || format!("the changes from {old} to {new} cannot be read");
        let tree = |commit: CommitId| -> Result<gix::Tree<'_>> {
            let commit = self.inner.find_commit(commit.0).context(Kind::Repository, unreadable)?;
            commit.tree().context(Kind::Repository, unreadable)
        };
        let (old_tree, new_tree) = (tree(old)?, tree(new)?);
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

    /// The best common ancestors of `one` and `other` (git-merge-base(1)).
    ///
    /// # Errors
    /// A commit that cannot be read.
    pub fn merge_bases(&self, one: CommitId, other: CommitId) -> Result<MergeBases> {
        let unreadable = || format!("the common ancestors of {one} and {other} cannot be found");
        let bases = self.inner.merge_bases_many(one.0, &[other.0]).context(Kind::Repository, unreadable)?;
        let mut bases: Vec<CommitId> = bases.into_iter().map(|id| CommitId(id.detach())).collect();
        bases.sort_unstable();
        if self.is_shallow() && self.meets_boundary([one, other], &bases)? {
            return Ok(MergeBases::Shallow);
        }
        Ok(if bases.is_empty() { MergeBases::Unrelated } else { MergeBases::Known(bases) })
    }

    /// Whether history is cut off anywhere between `tips` and `bases`. If it is not, all that is hidden lies behind the
    /// bases, where nothing better can be.
    fn meets_boundary(&self, tips: [CommitId; 2], bases: &[CommitId]) -> Result<bool> {
        let unreadable = || "history cannot be read";
        let boundary = self.inner.shallow_commits().context(Kind::Repository, unreadable)?;
        let boundary: HashSet<ObjectId> = boundary.iter().flat_map(|ids| ids.iter()).copied().collect();
        let walk = self.inner.rev_walk(tips.map(|tip| tip.0)).with_hidden(bases.iter().map(|base| base.0));
        for commit in walk.all().context(Kind::Repository, unreadable)? {
            if boundary.contains(&commit.context(Kind::Repository, unreadable)?.id) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The changes of files, links and submodules among `records`.
fn changes(records: Vec<recorder::Change>) -> Changes {
    let mut changes = Changes::default();
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for record in records {
        match record {
            recorder::Change::Addition { entry_mode, oid, path, .. } if !entry_mode.is_tree() => {
                new.push((oid, path));
            }
            recorder::Change::Deletion { entry_mode, oid, path, .. } if !entry_mode.is_tree() => {
                gone.push((oid, path));
            }
            recorder::Change::Modification { previous_entry_mode, entry_mode, path, .. }
                if !entry_mode.is_tree() && !previous_entry_mode.is_tree() =>
            {
                changes.add(path, ChangeKind::Modified);
            }
            _ => {}
        }
    }
    let ids = |side: &[(ObjectId, _)]| side.iter().map(|(id, _)| *id).collect::<HashSet<_>>();
    let (gone_ids, new_ids) = (ids(&gone), ids(&new));
    for (kind, side, other) in [(ChangeKind::Deleted, gone, new_ids), (ChangeKind::Added, new, gone_ids)] {
        for (id, path) in side {
            if other.contains(&id) {
                changes.add(path.clone(), ChangeKind::Renamed);
            }
            changes.add(path, kind);
        }
    }
    changes
}
