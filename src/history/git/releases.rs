//! How releases follow one another in history.

use gix::objs::Kind as ObjectKind;

use super::commits::History;
use super::{CommitId, Repository, Tags, unreadable};
use crate::error::{Context as _, Kind, Result};
use crate::history::{Precedence, Release, precedence};

impl Repository {
    /// The highest release of each of `services` services among `commit` and its ancestors, by `tags`, of which `release`
    /// says what they release.
    ///
    /// In a shallow clone, a release that it lacks may be higher.
    ///
    /// # Errors
    /// A commit that cannot be read.
    pub fn highest_releases<'t, T>(
        &self,
        commit: CommitId,
        services: usize,
        tags: &'t Tags<T>,
        release: impl Fn(&'t str, &'t T) -> Option<Release<'t>>,
    ) -> Result<Vec<Option<Release<'t>>>> {
        Ok(self.precedence_below(&[commit], services, tags, release)?.highest)
    }

    /// How the releases of `services` services follow one another in all of history. A tag of something that is no commit
    /// has no say.
    ///
    /// # Errors
    /// An object that cannot be read.
    pub fn precedence<'t, T>(
        &self,
        services: usize,
        tags: &'t Tags<T>,
        release: impl Fn(&'t str, &'t T) -> Option<Release<'t>>,
    ) -> Result<Precedence<'t>> {
        let mut commits: Vec<CommitId> = Vec::with_capacity(tags.len());
        for target in tags.targets() {
            if self.kind(CommitId(target.0))? == Some(ObjectKind::Commit) {
                commits.push(CommitId(target.0));
            }
        }
        commits.sort_unstable();
        commits.dedup();
        self.precedence_below(&commits, services, tags, release)
    }

    /// Those of `tags`, with what they were selected for, that are about something else than a commit, and what that is.
    ///
    /// # Errors
    /// An object that cannot be read.
    pub fn tags_of_no_commit<'t, T>(&self, tags: &'t Tags<T>) -> Result<Vec<(&'t str, &'t T, String)>> {
        let mut others = Vec::new();
        for (position, target) in tags.targets().enumerate() {
            let kind = self.kind(CommitId(target.0))?;
            if let Some(kind) = kind.filter(|kind| *kind != ObjectKind::Commit)
                && let Some((name, chosen)) = tags.get(position)
            {
                others.push((name, chosen, kind.to_string()));
            }
        }
        others.sort_by_key(|(name, ..)| *name);
        Ok(others)
    }

    /// What kind of object it is; none where this clone lacks it.
    fn kind(&self, CommitId(id): CommitId) -> Result<Option<ObjectKind>> {
        let found = self.inner.try_find_header(id);
        let found = found.context(Kind::Repository, || unreadable("object", &id))?;
        Ok(found.map(|header| header.kind()))
    }

    fn precedence_below<'t, T>(
        &self,
        commits: &[CommitId],
        services: usize,
        tags: &'t Tags<T>,
        release: impl Fn(&'t str, &'t T) -> Option<Release<'t>>,
    ) -> Result<Precedence<'t>> {
        let start = |graph| History::new(self, graph, tags, &release, false);
        self.ask(start, |history| {
            let mut tips = Vec::with_capacity(commits.len());
            for commit in commits {
                tips.extend(history.number(commit.0)?);
            }
            precedence(history, &tips, services)
        })
    }
}
