//! Questions about the history of a commit.

use gix::commitgraph::Graph;

use super::reader::CommitReader;
use super::{CommitId, Repository, Tags, UNSHALLOW};
use crate::error::{Error, Kind, Result};
use crate::history::{Node, Release, Standing, merge_bases, ranges, standing, standings};

/// The best common ancestors of two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeBases {
    /// These, sorted. There are several where branches were merged into each other.
    Known(Vec<CommitId>),
    /// The histories have no commit in common.
    Unrelated,
    /// The clone is shallow and may lack a better one.
    Shallow,
}

impl Repository {
    /// How `tip` stands to the releases of each of `services` services. `release` says what each of `tags` releases.
    ///
    /// With `first_parent`, only the first parent of each commit counts.
    ///
    /// # Errors
    /// A commit that cannot be read.
    pub fn standings<'t, T>(
        &self,
        tip: CommitId,
        services: usize,
        tags: &'t Tags<T>,
        release: impl Fn(&'t str, &'t T) -> Option<Release<'t>>,
        first_parent: bool,
    ) -> Result<Vec<Standing<'t>>> {
        let start = |graph| CommitReader::new(self, graph, tags, &release, first_parent);
        self.ask(start, |reader| {
            reader.number(tip.0)?;
            standings(reader, services)
        })
    }

    /// As [`Repository::standings`], for one service.
    ///
    /// # Errors
    /// A commit that cannot be read.
    pub fn standing<'t, T>(
        &self,
        tip: CommitId,
        tags: &'t Tags<T>,
        release: impl Fn(&'t str, &'t T) -> Option<Release<'t>>,
        first_parent: bool,
    ) -> Result<Standing<'t>> {
        let start = |graph| CommitReader::new(self, graph, tags, &release, first_parent);
        self.ask(start, |reader| {
            reader.number(tip.0)?;
            standing(reader)
        })
    }

    /// The best common ancestors of `one` and `other`: what `git merge-base --all` prints, but whatever the commits' dates are.
    ///
    /// # Errors
    /// A commit that cannot be read.
    pub fn merge_bases(&self, one: CommitId, other: CommitId) -> Result<MergeBases> {
        let (tags, release) = (Tags::<()>::default(), |_: &str, (): &()| None);
        let start = |graph| CommitReader::new(self, graph, &tags, &release, false);
        let bases: Option<Vec<CommitId>> = self.ask(start, |reader| {
            let (Some(one), Some(other)) = (reader.number(one.0)?, reader.number(other.0)?) else {
                return Ok(None);
            };
            let bases = merge_bases(reader, one, other)?;
            let ids = |bases: Vec<Node>| bases.into_iter().filter_map(|base| reader.id(base)).collect();
            Ok(bases.map(ids))
        })?;
        Ok(match bases {
            None => MergeBases::Shallow,
            Some(bases) if bases.is_empty() => MergeBases::Unrelated,
            Some(mut bases) => {
                bases.sort_unstable();
                MergeBases::Known(bases)
            }
        })
    }

    /// The commits that `tip` reaches and `base` does not, children before parents, otherwise latest first.
    ///
    /// # Errors
    /// A commit that cannot be read.
    pub fn commits_since(&self, base: CommitId, tip: CommitId) -> Result<Vec<CommitId>> {
        Ok(self.commits_since_each(&[base], tip)?.pop().unwrap_or_default())
    }

    /// As [`Repository::commits_since`], for each of `bases`, in one pass over history.
    ///
    /// # Errors
    /// A commit that cannot be read.
    pub fn commits_since_each(&self, bases: &[CommitId], tip: CommitId) -> Result<Vec<Vec<CommitId>>> {
        let (tags, release) = (Tags::<()>::default(), |_: &str, (): &()| None);
        let start = |graph| CommitReader::new(self, graph, &tags, &release, false);
        self.ask(start, |reader| {
            let bases = bases.iter().map(|base| reader.number(base.0)).collect::<Result<Vec<_>>>()?;
            let Some(tip) = reader.number(tip.0)? else { return Ok(vec![Vec::new(); bases.len()]) };
            let listed = ranges(reader, tip, &bases)?;
            let ids = reader.ids();
            let id = |node: Node| ids.get(node as usize).copied().map(CommitId);
            Ok(listed.into_iter().map(|nodes| nodes.into_iter().filter_map(id).collect()).collect())
        })
    }

    /// Whether `tip` is `commit` or reaches it.
    ///
    /// # Errors
    /// A commit that cannot be read, or a clone that is too shallow.
    pub fn contains(&self, tip: CommitId, commit: CommitId) -> Result<bool> {
        match self.merge_bases(tip, commit)? {
            MergeBases::Known(bases) => Ok(bases == [commit]),
            MergeBases::Unrelated => Ok(false),
            MergeBases::Shallow => Err(Error::new(
                Kind::Repository,
                format!("this clone is too shallow to determine whether {tip} contains {commit}"),
            )
            .hint(UNSHALLOW)),
        }
    }

    /// Whether `commit` is `tip` or one of its first parents, one after another; none if the clone is too shallow to tell.
    ///
    /// # Errors
    /// A commit that cannot be read.
    pub fn is_on_line(&self, tip: CommitId, commit: CommitId) -> Result<Option<bool>> {
        let mut at = tip;
        while at != commit {
            match self.parents(at)?.first() {
                None => return Ok(Some(false)),
                Some(parent) if self.is_shallow() && self.kind(parent.0)?.is_none() => return Ok(None),
                Some(parent) => at = *parent,
            }
        }
        Ok(Some(true))
    }

    /// Asks a question with the commit-graph, if there is one, and again without it should it turn out to be inconsistent.
    pub(super) fn ask<'r, 't, T: 't, F: 'r, A>(
        &'r self,
        start: impl Fn(Option<Graph>) -> CommitReader<'r, 't, T, F>,
        question: impl Fn(&mut CommitReader<'r, 't, T, F>) -> Result<A>,
    ) -> Result<A> {
        let graph = self.commit_graph()?;
        if graph.is_some() {
            let mut reader = start(graph);
            match question(&mut reader) {
                // The commit-graph is a cache; the commits themselves are right.
                Err(_) if reader.graph_is_unsound => {}
                answer => return answer,
            }
        }
        question(&mut start(None))
    }
}
