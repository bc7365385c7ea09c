//! The default branch.

use gix::bstr::ByteSlice as _;
use gix::refs::TargetRef;

use super::{CommitId, Repository};
use crate::error::{Context as _, Kind, Result};

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
        let name = format!("refs/remotes/{remote}/HEAD");
        let unreadable = || format!("cannot read {name}");
        let head = self.inner.try_find_reference(&*name).context(Kind::Repository, unreadable)?;
        let branch = head.as_ref().and_then(|head| match head.target() {
            TargetRef::Symbolic(target) => target.as_bstr().to_str().ok(),
            TargetRef::Object(_) => None,
        });
        let prefix = format!("refs/remotes/{remote}/");
        Ok(branch.and_then(|branch| branch.strip_prefix(&prefix)).map(ToOwned::to_owned))
    }

    fn branch(&self, name: &str) -> Result<Option<CommitId>> {
        let unreadable = || format!("cannot read {name}");
        let found = self.inner.try_find_reference(name).context(Kind::Repository, unreadable)?;
        let Some(mut found) = found else { return Ok(None) };
        let id = found.peel_to_id().context(Kind::Repository, unreadable)?;
        Ok(Some(CommitId(id.detach())))
    }
}
