//! Refs and their logs as revisions name them.

use std::fs;

use gix::ObjectId;

use super::Resolver;
use crate::error::{Context as _, Kind, Result};
use crate::history::git::refs::{End, is_ref_name};

/// The ref that a name leads to.
pub(super) struct Ref {
    /// Its full name, behind all symbolic refs.
    pub(super) name: Vec<u8>,
    pub(super) id: ObjectId,
}

impl Resolver<'_> {
    /// The ref called `name` in full, behind symbolic refs; none if there is none, or none that git accepts.
    pub(super) fn full_ref(&self, name: &[u8]) -> Result<Option<Ref>> {
        if !is_ref_name(name) {
            return Ok(None);
        }
        let found = self.repository.resolve_ref(name)?;
        Ok(match found.end {
            End::Object(id) => Some(Ref { name: found.name.into(), id }),
            End::Missing | End::Broken(_) | End::Garbled(_) => None,
        })
    }

    /// The branch that `HEAD` is on, whether or not it has a commit.
    pub(super) fn current_branch(&self) -> Result<Option<Vec<u8>>> {
        let head = self.repository.resolve_ref(b"HEAD")?;
        Ok(match head.end {
            End::Object(_) | End::Missing => head.name.strip_prefix(b"refs/heads/").map(ToOwned::to_owned),
            End::Broken(_) | End::Garbled(_) => None,
        })
    }

    /// The log of the ref called `name` in full, if it has one.
    pub(super) fn log(&self, name: &[u8]) -> Result<Option<Vec<u8>>> {
        let path = self.repository.log_path(name);
        if !fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
            return Ok(None);
        }
        fs::read(&path).map(Some).context(Kind::Repository, || format!("cannot read {}", path.display()))
    }

    pub(super) fn hash_length(&self) -> usize {
        self.repository.inner.object_hash().len_in_hex()
    }
}
