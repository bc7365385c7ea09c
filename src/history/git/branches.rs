//! The branch that everything is merged into, where it is pushed to, and which refs are taken.

use gix::bstr::ByteSlice as _;
use gix::refs::FullName;
use gix::refs::TargetRef;
use gix::remote::Direction;

use super::{CommitId, MergeBases, Repository};
use crate::error::{Context as _, Error, Kind, Result};

/// What the default branch is called where nobody says so.
const USUAL: [&str; 3] = ["main", "master", "trunk"];

/// The branch that everything is merged into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultBranch {
    /// Its name, e.g. `main`.
    pub name: String,
    /// Where it is in this clone, if it is.
    pub local: Option<CommitId>,
    /// Where it was on the remote when that was last asked, with the name for that: `origin/main`.
    pub tracked: Option<(String, CommitId)>,
}

impl Repository {
    /// The default branch: what the remote that is pushed to calls so (`refs/remotes/origin/HEAD`), else the first of the
    /// usual names that there is. None where neither tells.
    ///
    /// # Errors
    /// Refs that cannot be read.
    pub fn default_branch(&self) -> Result<Option<DefaultBranch>> {
        let remote = self.push_remote();
        let said = remote.as_ref().map(|remote| self.head_of(remote)).transpose()?.flatten();
        for name in said.iter().map(String::as_str).chain(USUAL) {
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

    /// The remote that is pushed to: `remote.pushDefault`, else the only one, else `origin` (git-config(1)).
    pub fn push_remote(&self) -> Option<String> {
        self.inner.remote_default_name(Direction::Push).map(|name| name.to_str_lossy().into_owned())
    }

    /// What `remote` had as its `HEAD` when it was cloned or last asked.
    fn head_of(&self, remote: &str) -> Result<Option<String>> {
        let name = format!("refs/remotes/{remote}/HEAD");
        let unreadable = || format!("{name} cannot be read");
        let head = self.inner.try_find_reference(&*name).context(Kind::Repository, unreadable)?;
        let branch = head.as_ref().and_then(|head| match head.target() {
            TargetRef::Symbolic(target) => target.as_bstr().to_str().ok(),
            TargetRef::Object(_) => None,
        });
        let prefix = format!("refs/remotes/{remote}/");
        Ok(branch.and_then(|branch| branch.strip_prefix(&prefix)).map(ToOwned::to_owned))
    }

    fn branch(&self, name: &str) -> Result<Option<CommitId>> {
        let unreadable = || format!("{name} cannot be read");
        let found = self.inner.try_find_reference(name).context(Kind::Repository, unreadable)?;
        let Some(mut found) = found else { return Ok(None) };
        let id = found.peel_to_id().context(Kind::Repository, unreadable)?;
        Ok(Some(CommitId(id.detach())))
    }

    /// Whether there is a tag called `name`, of whatever it may be.
    ///
    /// # Errors
    /// No ref can be called so (git-check-ref-format(1)), or refs cannot be read.
    pub fn has_tag(&self, name: &str) -> Result<bool> {
        let full = FullName::try_from(format!("refs/tags/{name}"));
        let full = full.map_err(|cause| {
            // The causes below tell of the parser, not of the name.
            let cause = cause.to_string();
            Error::new(Kind::Input, format!("git takes no tag called '{name}'"))
                .because(anyhow::Error::msg(cause))
                .hint("the tag format (--tag-format, IMGVER_TAG_FORMAT) and the service's directory make the name")
        })?;
        let found = self.inner.try_find_reference(full.as_ref());
        Ok(found.context(Kind::Repository, || format!("the tag {name} cannot be read"))?.is_some())
    }

    /// Whether `tip` is `commit` or reaches it.
    ///
    /// # Errors
    /// A commit that cannot be read, a clone that is too shallow to tell.
    pub fn contains(&self, tip: CommitId, commit: CommitId) -> Result<bool> {
        match self.merge_bases(tip, commit)? {
            MergeBases::Known(bases) => Ok(bases == [commit]),
            MergeBases::Unrelated => Ok(false),
            MergeBases::Shallow => Err(Error::new(
                Kind::Repository,
                format!("this clone is too shallow to tell whether {tip} contains {commit}"),
            )
            .hint("git fetch --unshallow --tags")),
        }
    }
}
