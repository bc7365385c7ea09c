//! From hashes to the objects they name.

use gix::ObjectId;
use gix::objs::Kind as ObjectKind;

use super::{CommitId, FSCK, Repository, unreadable, with_repair_hints};
use crate::error::{Context as _, Error, Kind, Result};

impl Repository {
    /// The commit that `HEAD` is at.
    ///
    /// # Errors
    /// There is no commit yet, or it cannot be read.
    pub fn head(&self) -> Result<CommitId> {
        let head = self.inner.head().context(Kind::Repository, || "cannot read HEAD");
        let head = head.map_err(|error| error.hint(FSCK))?;
        let branch = head.referent_name().map(|name| name.shorten().to_string());
        // The walk begins here and finds out whether it is a commit.
        match head.id() {
            Some(id) => Ok(CommitId(id.detach())),
            None => Err(Error::new(
                Kind::Repository,
                format!("there is no commit yet on branch {}", branch.unwrap_or_default()),
            )
            .hint("commit something first: git commit")),
        }
    }

    /// Follows tags of tags to the object that they point at.
    pub(super) fn peel(&self, mut id: ObjectId) -> Result<(ObjectId, ObjectKind)> {
        // Far deeper than anybody nests tags; forged ones may form a cycle.
        const DEPTH_MAX: usize = 100;
        for _ in 0..DEPTH_MAX {
            let header =
                self.inner.find_header(id).context(Kind::Repository, || unreadable("object", &id))?;
            if header.kind() != ObjectKind::Tag {
                return Ok((id, header.kind()));
            }
            let tag = self.inner.find_tag(id).context(Kind::Repository, || unreadable("tag object", &id))?;
            id = tag.target_id().context(Kind::Repository, || unreadable("tag object", &id))?.detach();
        }
        Err(Error::new(
            Kind::Repository,
            format!("the tag object {id} is nested more than {DEPTH_MAX} levels deep"),
        ))
    }

    /// The commit whose full hash is `hash`; none if this clone has no such commit.
    ///
    /// # Errors
    /// An object that exists but cannot be read.
    pub fn find_commit(&self, hash: &str) -> Result<Option<CommitId>> {
        let found = self.find_object(hash)?;
        Ok(found.and_then(|(id, kind)| (kind == ObjectKind::Commit).then_some(CommitId(id))))
    }

    /// Whether this clone has an object whose full hash is `hash`.
    ///
    /// # Errors
    /// As [`Repository::find_commit`].
    pub fn has_object(&self, hash: &str) -> Result<bool> {
        Ok(self.find_object(hash)?.is_some())
    }

    fn find_object(&self, hash: &str) -> Result<Option<(ObjectId, ObjectKind)>> {
        let id = ObjectId::from_hex(hash.as_bytes()).ok().filter(|id| id.kind() == self.inner.object_hash());
        let Some(id) = id else { return Ok(None) };
        let kind = self.kind(id).map_err(with_repair_hints)?;
        Ok(kind.map(|kind| (id, kind)))
    }

    /// The kind of an object; none if this clone lacks it.
    pub(super) fn kind(&self, id: ObjectId) -> Result<Option<ObjectKind>> {
        let found = self.inner.try_find_header(id);
        let found = found.context(Kind::Repository, || unreadable("object", &id))?;
        Ok(found.map(|header| header.kind()))
    }
}
