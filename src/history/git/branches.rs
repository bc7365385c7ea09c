//! The default branch.

use super::refs::End;
use super::{CommitId, FSCK, Repository};
use crate::error::{Error, Kind, Result};

/// What the default branch is usually called. Counts only in a repository without a remote, where nothing records it.
const USUAL: [&str; 3] = ["main", "master", "trunk"];

/// What a branch beside one of these may be called that is the default one after all.
const RIVALS: [&str; 9] =
    ["main", "master", "trunk", "dev", "develop", "development", "integration", "next", "stable"];

/// The branch that everything is merged into: `main`, for instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultBranch {
    /// Its name.
    pub name: String,
    /// Its tip in this clone, if it has such a branch.
    pub local: Option<CommitId>,
    /// The remote-tracking branch, e.g. `origin/main`, and its tip: where the branch was on the remote at the last fetch.
    pub tracked: Option<(String, CommitId)>,
    /// Whether nothing but its name speaks for it.
    pub by_name: bool,
}

impl Repository {
    /// The default branch, where that is known: `asked`, what the remote that is pushed to just said itself, else what is
    /// recorded of it (`refs/remotes/origin/HEAD`). Without any remote, a branch with a usual name, unless another one may be
    /// it. It is never guessed among the branches of a remote.
    ///
    /// # Errors
    /// Refs that cannot be read.
    pub fn default_branch(&self, asked: Option<&str>) -> Result<Option<DefaultBranch>> {
        let pushed_to = self.push_remote();
        // A URL (`remote.pushDefault` may be one) has no remote-tracking branches.
        let remote = pushed_to.clone().filter(|remote| self.is_remote(remote));
        let is_alone = pushed_to.is_none() && self.inner.remote_names().is_empty();
        let recorded = remote.as_ref().map(|remote| self.head_of(remote)).transpose()?.flatten();
        let known = match (asked, recorded) {
            (Some(asked), _) => Some(asked.to_owned()),
            (None, Some(recorded)) => Some(recorded),
            (None, None) if is_alone => self.usual_branch()?,
            (None, None) => None,
        };
        let Some(name) = known else { return Ok(None) };
        let local = self.branch(&format!("refs/heads/{name}"))?;
        let shorthand = remote.map(|remote| format!("{remote}/{name}"));
        let tracked = match shorthand {
            Some(shorthand) => self.branch(&format!("refs/remotes/{shorthand}"))?.map(|tip| (shorthand, tip)),
            None => None,
        };
        Ok(Some(DefaultBranch { name, local, tracked, by_name: is_alone }))
    }

    /// The branch that is checked out, even if it has no commit yet; none where no branch is.
    ///
    /// # Errors
    /// Refs that cannot be read.
    pub fn current_branch(&self) -> Result<Option<String>> {
        let name = self.resolve_ref(b"HEAD")?.name.to_string();
        Ok(name.strip_prefix("refs/heads/").map(ToOwned::to_owned))
    }

    /// The only local branch that has the name of a default one.
    fn usual_branch(&self) -> Result<Option<String>> {
        let mut found = Vec::new();
        for name in RIVALS {
            if self.branch(&format!("refs/heads/{name}"))?.is_some() {
                found.push(name);
            }
        }
        Ok(match found.as_slice() {
            [only] if USUAL.contains(only) => Some((*only).to_owned()),
            _ => None,
        })
    }

    /// The branch that `HEAD` of `remote` was at when it was cloned, or when git-remote(1) last asked.
    fn head_of(&self, remote: &str) -> Result<Option<String>> {
        let prefix = format!("refs/remotes/{remote}/");
        let head = format!("{prefix}HEAD");
        let target = self.resolve_ref(head.as_bytes())?.name.to_string();
        Ok(target.strip_prefix(&prefix).filter(|_| target != head).map(ToOwned::to_owned))
    }

    fn branch(&self, name: &str) -> Result<Option<CommitId>> {
        match self.resolve_ref(name.as_bytes())?.end {
            End::Missing => Ok(None),
            End::Object(id) => Ok(Some(CommitId(id))),
            End::Broken(why) | End::Garbled(why) => {
                Err(Error::new(Kind::Repository, format!("cannot read {name}"))
                    .because(anyhow::Error::msg(why))
                    .hint(FSCK))
            }
        }
    }
}
