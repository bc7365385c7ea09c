//! The default branch.

use super::refs::End;
use super::{CommitId, FSCK, Repository};
use crate::error::{Error, Kind, Result};

/// Usual names of the default branch, for clones that do not know which one it is.
const USUAL: [&str; 3] = ["main", "master", "trunk"];

/// The branch that everything is merged into: `main`, for instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultBranch {
    /// Its name.
    pub name: String,
    /// Its tip in this clone, if it has such a branch.
    pub local: Option<CommitId>,
    /// The remote-tracking branch, e.g. `origin/main`, and its tip: where the branch was on the remote at the last fetch.
    pub tracked: Option<(String, CommitId)>,
}

impl Repository {
    /// The default branch: that of the remote that is pushed to (`refs/remotes/origin/HEAD`), else the first of the usual
    /// names that exists. None where there is neither.
    ///
    /// # Errors
    /// Refs that cannot be read.
    pub fn default_branch(&self) -> Result<Option<DefaultBranch>> {
        let remote = self.push_remote();
        let recorded = remote.as_ref().map(|remote| self.head_of(remote)).transpose()?.flatten();
        for name in recorded.iter().map(String::as_str).chain(USUAL) {
            let local = self.branch(&format!("refs/heads/{name}"))?;
            let shorthand = remote.as_ref().map(|remote| format!("{remote}/{name}"));
            let tracked = match shorthand {
                Some(shorthand) => {
                    self.branch(&format!("refs/remotes/{shorthand}"))?.map(|tip| (shorthand, tip))
                }
                None => None,
            };
            if local.is_some() || tracked.is_some() {
                return Ok(Some(DefaultBranch { name: name.to_owned(), local, tracked }));
            }
        }
        Ok(None)
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
