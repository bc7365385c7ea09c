//! What a commit-graph says about commits of a line: parents, trees, and what may differ.

use gix::commitgraph::{Graph, Position};

use super::bloom::{Filter, Filters};
use super::commit_graph::GraphInFiles;
use super::line::{FirstParent, LineCommit};
use super::{CommitId, Repository};
use crate::error::Result;

/// A commit-graph with its filters.
pub(super) struct LineGraph {
    graph: Graph,
    /// For each file, the base first, the position behind its last commit, and its filters.
    filters: Vec<(u32, Option<Filters>)>,
}

impl LineGraph {
    /// That of `repository`, if it has one.
    ///
    /// # Errors
    /// A commit-graph that git refuses.
    pub(super) fn open(repository: &Repository) -> Result<Option<Self>> {
        let Some(GraphInFiles { graph, files }) = repository.commit_graph_in_files()? else {
            return Ok(None);
        };
        let accepted = repository.accepted_filters();
        let mut end = 0;
        let filters = files.into_iter().map(|(path, commits)| {
            end += commits;
            (end, Filters::open(&path, commits, accepted))
        });
        Ok(Some(LineGraph { filters: filters.collect(), graph }))
    }

    /// The commit `id`; none if it is not there, or not as it must be.
    pub(super) fn commit(&self, id: CommitId) -> Option<LineCommit> {
        let position = self.graph.lookup(id.0)?;
        let commit = self.graph.commit_at(position);
        let parent = match commit.parent1().ok()? {
            None => FirstParent::Root,
            Some(parent) if parent.0 < self.graph.num_commits() => {
                let parent = self.graph.commit_at(parent);
                if parent.generation() >= commit.generation() {
                    return None;
                }
                FirstParent::Commit(CommitId(parent.id().to_owned()))
            }
            Some(_) => return None,
        };
        let tree = commit.root_tree_id().to_owned();
        Some(LineCommit { id, tree, parent, position: Some(position) })
    }

    /// The filter of the commit at `position`, if there is one.
    pub(super) fn filter(&self, position: Position) -> Option<Filter<'_>> {
        let mut begin = 0;
        for (end, filters) in &self.filters {
            if position.0 < *end {
                return filters.as_ref()?.of(position.0 - begin);
            }
            begin = *end;
        }
        None
    }
}
