//! The line of first parents from a commit, and the releases on it.

use gix::ObjectId;
use gix::commitgraph::Position;

use super::reader::{CommitReader, MALFORMED, MISSING, corrupt, read_commit};
use super::{CommitId, FileId, Repository, Tags, Trees, unreadable};
use crate::error::{Context as _, Kind, Result};
use crate::history::{Placing, Release, Wanted, commit_header, places};

/// A commit of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCommit {
    /// The commit.
    pub id: CommitId,
    /// Its tree.
    pub(super) tree: ObjectId,
    /// The next commit of the line.
    pub parent: FirstParent,
    /// Where it is in the commit-graph, if it is there.
    pub(super) position: Option<Position>,
}

/// The first parent of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstParent {
    /// It has none.
    Root,
    /// This one.
    Commit(CommitId),
    /// It has one that a shallow clone lacks.
    Missing,
}

impl Trees<'_> {
    /// The commit `id` of a line.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn line_commit(&self, id: CommitId) -> Result<LineCommit> {
        let in_graph = self.graph.as_ref().and_then(|graph| graph.commit(id));
        in_graph.map_or_else(|| self.repository.line_commit(id), Ok)
    }
}

impl Repository {
    /// What is `wanted` of the releases of each service about the line of first parents from `tip`. `release` says what each of
    /// `tags` releases.
    ///
    /// With `first_parent`, releases that only merges reach do not count.
    ///
    /// # Errors
    /// A commit that cannot be read.
    pub fn places<'t, T>(
        &self,
        tip: CommitId,
        wanted: &[Wanted],
        tags: &'t Tags<T>,
        release: impl Fn(&'t str, &'t T) -> Option<Release<'t>>,
        first_parent: bool,
    ) -> Result<Vec<Placing<'t>>> {
        let start = |graph| CommitReader::new(self, graph, tags, &release, first_parent);
        self.ask(start, |reader| {
            reader.number(tip.0)?;
            places(reader, wanted)
        })
    }

    fn line_commit(&self, id: CommitId) -> Result<LineCommit> {
        let mut buffer = Vec::new();
        if !read_commit(self, &id.0, &mut buffer)? {
            return Err(corrupt(&id.0, MISSING));
        }
        let hash = |text: &[u8]| ObjectId::from_hex(text).ok().filter(|hash| hash.kind() == id.0.kind());
        let malformed = || corrupt(&id.0, MALFORMED);
        let tree = commit_header::tree(&buffer).and_then(hash).ok_or_else(malformed)?;
        let (mut parents, _) = commit_header::parse(&buffer).ok_or_else(malformed)?;
        let parent = match parents.next().map(|parent| hash(parent).ok_or_else(malformed)).transpose()? {
            None => FirstParent::Root,
            Some(parent) if self.is_shallow() && self.kind(parent)?.is_none() => FirstParent::Missing,
            Some(parent) => FirstParent::Commit(CommitId(parent)),
        };
        Ok(LineCommit { id, tree, parent, position: None })
    }

    /// The content of the file `id`.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn file_of(&self, id: FileId) -> Result<Vec<u8>> {
        let blob = self.blob(&id.0).context(Kind::Repository, || unreadable("file", &id.0));
        blob.map_err(super::with_file_hints)
    }
}
