//! What is where a release is pushed to.

use super::super::Checkout;
use crate::error::{Error, Result};
use crate::history::git::CommitId;
use crate::release::{Git, RemoteRefs};

/// What a remote has: one URL to fetch from, and often the same to push to.
pub(super) struct Theirs {
    /// All that is known of it, wherever it is.
    pub(super) all: RemoteRefs,
    /// What is at each of the URLs that are pushed to; none where `all` is at the only one.
    pushed_to: Vec<RemoteRefs>,
}

impl Theirs {
    /// Asks `remote`, and with `push`, all URLs that a push goes to.
    ///
    /// # Errors
    /// One of them cannot be asked; `explain` adds to the error why the remote itself must be.
    pub(super) fn ask(
        remote: &str,
        push: bool,
        git: &Git,
        checkout: &Checkout,
        explain: impl FnOnce(Error) -> Error,
    ) -> Result<Self> {
        let mut all = git.refs_of(remote).map_err(explain)?;
        let urls = if push { checkout.repository.push_urls(remote) } else { Vec::new() };
        let pushed_to = urls.iter().map(|url| git.refs_behind(remote, url));
        let pushed_to = pushed_to.collect::<Result<Vec<_>>>()?;
        for there in &pushed_to {
            all.tags.extend(there.tags.iter().cloned());
            for (tag, target) in &there.targets {
                all.targets.entry(tag.clone()).or_insert_with(|| target.clone());
            }
        }
        Ok(Theirs { all, pushed_to })
    }

    /// Whether `tag` is wherever a push would bring it.
    pub(super) fn have_everywhere(&self, tag: &str) -> bool {
        self.places().all(|there| there.tags.contains(tag))
    }

    /// What `tag` points at in some place, if it is there for anything but `commit`.
    pub(super) fn other_target(&self, tag: &str, commit: CommitId) -> Option<&str> {
        let commit = commit.to_string();
        let mut targets = [&self.all].into_iter().chain(&self.pushed_to).filter_map(|it| it.targets.get(tag));
        targets.find(|target| **target != commit).map(String::as_str)
    }

    /// Each place that is pushed to.
    fn places(&self) -> impl Iterator<Item = &RemoteRefs> {
        let only = self.pushed_to.is_empty().then_some(&self.all);
        only.into_iter().chain(&self.pushed_to)
    }
}
