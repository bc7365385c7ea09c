//! Abbreviated hashes.

use std::collections::HashSet;

use gix::ObjectId;
use gix::hash::Prefix;
use gix::objs::Kind as ObjectKind;

use super::{Resolver, Wanted};
use crate::error::{Context as _, Kind, Result};
use crate::history::git::objects::Peeled;
use crate::history::git::{CommitId, Repository};

impl Repository {
    /// The commits whose hash begins with `digits` (hex), sorted.
    ///
    /// # Errors
    /// An object database that cannot be read.
    pub fn commits_beginning(&self, digits: &str) -> Result<Vec<CommitId>> {
        let mut commits = Vec::new();
        for id in self.objects_beginning(digits.as_bytes())? {
            if self.kind(id)? == Some(ObjectKind::Commit) {
                commits.push(CommitId(id));
            }
        }
        Ok(commits)
    }

    /// The objects whose hash begins with `digits`, sorted; none if these are too few, too many or none.
    fn objects_beginning(&self, digits: &[u8]) -> Result<Vec<ObjectId>> {
        let hash = self.inner.object_hash();
        // A prefix longer than the hashes of the repository is beyond gix.
        let is_prefix = (Prefix::MIN_HEX_LEN..=hash.len_in_hex()).contains(&digits.len());
        let mut padded = digits.to_vec();
        padded.resize(hash.len_in_hex(), b'0');
        let Some(id) = ObjectId::from_hex(&padded).ok().filter(|_| is_prefix) else { return Ok(Vec::new()) };
        let unreadable =
            || format!("cannot look up objects whose hash begins with {}", id.to_hex_with_len(digits.len()));
        let prefix = Prefix::new(&id, digits.len()).context(Kind::Repository, unreadable)?;
        let found = self.look(|repository| {
            let mut candidates = HashSet::default();
            let found = repository.objects.lookup_prefix(prefix, Some(&mut candidates))?;
            Ok(found.map(|_| candidates))
        });
        let found = found.context(Kind::Repository, unreadable)?.unwrap_or_default();
        let mut found: Vec<ObjectId> = found.into_iter().collect();
        found.sort_unstable();
        Ok(found)
    }
}

impl Resolver<'_> {
    /// The object whose hash begins with `digits`: the only one, or the only one of those that is `wanted`.
    pub(super) fn beginning(&self, digits: &[u8], wanted: Wanted) -> Result<Option<ObjectId>> {
        let all = self.repository.objects_beginning(digits)?;
        if let [] | [_] = *all {
            return Ok(all.first().copied());
        }
        let wanted = if wanted == Wanted::Any { self.preferred() } else { wanted };
        let mut fitting = Vec::new();
        for &id in &all {
            if self.fits(id, wanted)? {
                fitting.push(id);
            }
        }
        match fitting.as_slice() {
            [only] => Ok(Some(*only)),
            several => {
                let several = if several.is_empty() { &all } else { several };
                let shown: Vec<String> = several.iter().take(5).map(ToString::to_string).collect();
                let more = if several.len() > shown.len() { ", …" } else { "" };
                let digits = String::from_utf8_lossy(digits);
                let cause = format!("several objects begin with {digits}: {}{more}", shown.join(", "));
                Ok(self.nothing(cause, "write more digits of the hash"))
            }
        }
    }

    /// What `core.disambiguate` prefers.
    fn preferred(&self) -> Wanted {
        let preferred = self.repository.inner.config_snapshot().string("core.disambiguate");
        match preferred.as_deref().map(|value| value.to_ascii_lowercase()).as_deref() {
            Some(b"commit") => Wanted::Commit,
            Some(b"committish") => Wanted::Committish,
            Some(b"tree") => Wanted::Tree,
            Some(b"treeish") => Wanted::Treeish,
            Some(b"blob") => Wanted::Blob,
            _ => Wanted::Any,
        }
    }

    fn fits(&self, id: ObjectId, wanted: Wanted) -> Result<bool> {
        let Some(own) = self.repository.kind(id)? else { return Ok(false) };
        let peeled = || match self.repository.peel(id) {
            Ok(Peeled::Object(_, kind)) => Some(kind),
            Ok(Peeled::Missing(_) | Peeled::Malformed(_)) | Err(_) => None,
        };
        Ok(match wanted {
            // Several are several.
            Wanted::Any => true,
            Wanted::Commit => own == ObjectKind::Commit,
            Wanted::Tree => own == ObjectKind::Tree,
            Wanted::Blob => own == ObjectKind::Blob,
            Wanted::Committish => peeled() == Some(ObjectKind::Commit),
            Wanted::Treeish => matches!(peeled(), Some(ObjectKind::Commit | ObjectKind::Tree)),
        })
    }
}
