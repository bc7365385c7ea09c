//! How releases follow one another in history.

use gix::objs::Kind as ObjectKind;

use super::reader::CommitReader;
use super::{CommitId, Repository, Tags};
use crate::error::Result;
use crate::history::{Behind, Hidden, Highest, Precedence, Release, precedence};

impl Repository {
    /// The highest release among `commit` and its ancestors. `release` says what each of `tags` releases, all of one service.
    ///
    /// # Errors
    /// A commit that cannot be read.
    pub fn highest_release<'t, T>(
        &self,
        commit: CommitId,
        tags: &'t Tags<T>,
        release: impl Fn(&'t str, &'t T) -> Option<Release<'t>>,
    ) -> Result<Highest<'t>> {
        let start = |graph| CommitReader::new(self, graph, tags, &release, false);
        self.ask(start, |reader| {
            let Some(tip) = reader.number(commit.0)? else {
                return Ok(Highest { seen: None, hidden: Some(Hidden { possible: None }) });
            };
            let behind = Behind::read(reader, tip)?;
            if behind.is_whole() {
                return Ok(behind.seen());
            }
            let (mut released, mut absent) = (Vec::with_capacity(tags.len()), None);
            for (position, target) in tags.targets().enumerate() {
                match self.kind(target.0)? {
                    Some(ObjectKind::Commit) => released.extend(reader.number(target.0)?),
                    Some(_) => {}
                    None => {
                        let here = tags.get(position).and_then(|(name, chosen)| release(name, chosen));
                        absent = absent.into_iter().chain(here).reduce(Release::higher);
                    }
                }
            }
            behind.with_hidden(reader, &released, absent)
        })
    }

    /// How the releases of `services` services follow one another in the whole history. Tags of other objects than commits
    /// are ignored.
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
            if self.kind(target.0)? == Some(ObjectKind::Commit) {
                commits.push(CommitId(target.0));
            }
        }
        commits.sort_unstable();
        commits.dedup();
        self.precedence_below(&commits, services, tags, release)
    }

    /// Those of `tags` that do not point at a commit, with what they were selected for and the kind of object (`tree`, `blob`).
    ///
    /// # Errors
    /// An object that cannot be read.
    pub fn tags_of_no_commit<'t, T>(&self, tags: &'t Tags<T>) -> Result<Vec<(&'t str, &'t T, String)>> {
        let mut others = Vec::new();
        for (position, target) in tags.targets().enumerate() {
            let kind = self.kind(target.0)?;
            if let Some(kind) = kind.filter(|kind| *kind != ObjectKind::Commit)
                && let Some((name, chosen)) = tags.get(position)
            {
                others.push((name, chosen, kind.to_string()));
            }
        }
        others.sort_by_key(|(name, ..)| *name);
        Ok(others)
    }

    fn precedence_below<'t, T>(
        &self,
        commits: &[CommitId],
        services: usize,
        tags: &'t Tags<T>,
        release: impl Fn(&'t str, &'t T) -> Option<Release<'t>>,
    ) -> Result<Precedence<'t>> {
        let start = |graph| CommitReader::new(self, graph, tags, &release, false);
        self.ask(start, |reader| {
            let mut tips = Vec::with_capacity(commits.len());
            for commit in commits {
                tips.extend(reader.number(commit.0)?);
            }
            precedence(reader, &tips, services)
        })
    }
}
