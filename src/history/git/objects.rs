//! From hashes to the objects they name.

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::{Kind as ObjectKind, TagRef};

use super::refs::End;
use super::{CommitId, FSCK, Repository, unreadable, with_repair_hints};
use crate::error::{Context as _, Error, Kind, Result};

/// Where a chain of tags ends.
pub(super) enum Peeled {
    /// At this object, which is no tag.
    Object(ObjectId, ObjectKind),
    /// At this one, which this clone lacks.
    Missing(ObjectId),
    /// At this tag, which git refuses.
    Malformed(ObjectId),
}

impl Repository {
    /// The commit that `HEAD` is at.
    ///
    /// # Errors
    /// There is no commit yet, or it cannot be read.
    pub fn head(&self) -> Result<CommitId> {
        let head = self.resolve_ref(b"HEAD")?;
        match head.end {
            // The walk begins here and finds out whether it is a commit.
            End::Object(id) => Ok(CommitId(id)),
            End::Missing => {
                let branch = head.name.strip_prefix(b"refs/heads/").unwrap_or(&head.name).as_bstr();
                let what = format!("there is no commit yet on branch {branch}");
                Err(Error::new(Kind::Repository, what).hint("commit something first: git commit"))
            }
            End::Broken(why) => {
                Err(unreadable_head(why).hint("git symbolic-ref HEAD refs/heads/BRANCH sets it to a branch"))
            }
            End::Garbled(why) => Err(unreadable_head(why).hint(FSCK)),
        }
    }

    /// Follows tags of tags to the object that they point at.
    ///
    /// # Errors
    /// An object that exists but cannot be read.
    pub(super) fn peel(&self, mut id: ObjectId) -> Result<Peeled> {
        // Far deeper than anybody nests tags; forged ones may form a cycle.
        const DEPTH_MAX: usize = 100;
        let mut tag: Option<(ObjectId, ObjectKind)> = None;
        for _ in 0..DEPTH_MAX {
            let Some(kind) = self.kind(id)? else { return Ok(Peeled::Missing(id)) };
            // git refuses a tag that calls its target something else.
            if let Some((tag, _)) = tag.filter(|(_, promised)| *promised != kind) {
                return Ok(Peeled::Malformed(tag));
            }
            if kind != ObjectKind::Tag {
                return Ok(Peeled::Object(id, kind));
            }
            let data = self.read(|repository| Ok(repository.find_tag(id)?.detach().data));
            let data = data.context(Kind::Repository, || unreadable("tag object", &id))?;
            let Ok(parsed) = TagRef::from_bytes(&data, id.kind()) else { return Ok(Peeled::Malformed(id)) };
            tag = Some((id, parsed.target_kind));
            id = parsed.target();
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

    /// What the object whose full hash is `hash` is: a `blob`, `tree`, `commit` or `tag`; none if this clone lacks it.
    ///
    /// # Errors
    /// As [`Repository::find_commit`].
    pub fn object_kind(&self, hash: &str) -> Result<Option<String>> {
        Ok(self.find_object(hash)?.map(|(_, kind)| kind.to_string()))
    }

    fn find_object(&self, hash: &str) -> Result<Option<(ObjectId, ObjectKind)>> {
        let id = ObjectId::from_hex(hash.as_bytes()).ok().filter(|id| id.kind() == self.inner.object_hash());
        let Some(id) = id else { return Ok(None) };
        let kind = self.kind(id).map_err(with_repair_hints)?;
        Ok(kind.map(|kind| (id, kind)))
    }

    /// The kind of an object; none if this clone lacks it.
    pub(super) fn kind(&self, id: ObjectId) -> Result<Option<ObjectKind>> {
        self.try_kind(&id).context(Kind::Repository, || unreadable("object", &id))
    }
}

fn unreadable_head(why: String) -> Error {
    Error::new(Kind::Repository, "cannot read HEAD").because(anyhow::Error::msg(why))
}
