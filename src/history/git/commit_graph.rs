//! The commit-graph (gitformat-commit-graph(5)): opened, and checked as far as gix does not.
//!
//! It is a cache, so one that git ignores is ignored: everything in it is in the commits as well. One that makes git give up is
//! an error here, too.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::commitgraph::{File, Graph, Position};

use super::Repository;
use super::graph_chunks::Chunks;
use crate::error::{Error, Kind, Result};

/// What a chain has at most, as git writes it.
const CHAIN_MAX: u64 = 1 << 16;

/// A commit-graph, and its files, the base first: where each is, and how many commits it has.
pub(super) struct GraphInFiles {
    pub(super) graph: Graph,
    pub(super) files: Vec<(PathBuf, u32)>,
}

impl Repository {
    /// The commit-graph, if there is one that can be used.
    ///
    /// # Errors
    /// One that git refuses.
    pub(super) fn commit_graph(&self) -> Result<Option<Graph>> {
        Ok(self.commit_graph_in_files()?.map(|found| found.graph))
    }

    /// The same with its files.
    ///
    /// # Errors
    /// As there.
    pub(super) fn commit_graph_in_files(&self) -> Result<Option<GraphInFiles>> {
        // Like git, ignore it in a shallow repository: it has parents that the clone lacks.
        let is_enabled = self.inner.config_snapshot().boolean("core.commitGraph").unwrap_or(true);
        if !is_enabled || self.is_shallow() {
            return Ok(None);
        }
        let info = self.inner.objects.store_ref().path().join("info");
        let single = info.join("commit-graph");
        let paths = match File::at(&single) {
            Ok(file) if file.base_graph_count() == 0 => {
                return self.assembled(vec![file], &[single]);
            }
            Ok(_) => return Ok(None),
            Err(error) if error.is_not_found() => chain(&info.join("commit-graphs")),
            Err(_) => return Ok(None),
        };
        // git may be replacing files of the chain; without them, commits are read.
        let files: Vec<File> = paths.iter().map_while(|path| File::at(path).ok()).collect();
        if files.is_empty() || files.len() < paths.len() || !is_chain(&files) {
            return Ok(None);
        }
        self.assembled(files, &paths)
    }

    fn assembled(&self, files: Vec<File>, paths: &[PathBuf]) -> Result<Option<GraphInFiles>> {
        if files.iter().any(|file| file.object_hash() != self.inner.object_hash()) {
            return Ok(None);
        }
        for path in paths {
            if lacks_overflow(path).unwrap_or(false) {
                return Err(refused(
                    path,
                    "it promises a list of large generation numbers that it does not have",
                ));
            }
        }
        let sizes = paths.iter().zip(&files).map(|(path, file)| (path.clone(), file.num_commits()));
        let files_of_graph = sizes.collect();
        Ok(Graph::new(files).ok().map(|graph| GraphInFiles { graph, files: files_of_graph }))
    }

    /// The error of a commit-graph whose parents are not in it.
    pub(super) fn damaged_graph(&self) -> Error {
        let info = self.inner.objects.store_ref().path().join("info");
        let single = info.join("commit-graph");
        let path = if single.exists() { single } else { info.join("commit-graphs") };
        refused(&path, "it has a commit whose parents are not in it")
    }
}

fn refused(path: &Path, why: &str) -> Error {
    Error::new(Kind::Repository, format!("the commit-graph {} is damaged", path.display()))
        .because(anyhow::Error::msg(why.to_owned()))
        .hint(format!(
            "it is a cache: remove it (rm -r {}), and git commit-graph write --reachable makes another",
            path.display()
        ))
}

/// The files of a chain, the base first.
fn chain(directory: &Path) -> Vec<PathBuf> {
    let mut lines = String::new();
    let file = fs::File::open(directory.join("commit-graph-chain"));
    if file.and_then(|file| file.take(CHAIN_MAX).read_to_string(&mut lines)).is_err() {
        return Vec::new();
    }
    lines.lines().map(|line| directory.join(format!("graph-{line}.graph"))).collect()
}

/// Whether each of `files` is based on those before it, as they are: they are named by their checksums.
fn is_chain(files: &[File]) -> bool {
    let names: Vec<ObjectId> = files.iter().map(|file| file.checksum().to_owned()).collect();
    files.iter().enumerate().all(|(position, file)| {
        let bases = names.get(..position).unwrap_or_default();
        usize::from(file.base_graph_count()) == position
            && file.iter_base_graph_ids().eq(bases.iter().map(|id| &**id))
    })
}

/// Whether `graph` finds all commits that are in it: whether they are sorted, and the table of first bytes leads to them.
///
/// Otherwise a commit could be taken for two: one that a child in the graph refers to by its position, and one that is read
/// since it is not found.
pub(super) fn finds_all(graph: &Graph) -> bool {
    let mut before: Option<&gix::oid> = None;
    (0..graph.num_commits()).all(|position| {
        let id = graph.id_at(Position(position));
        // In a chain, each file begins anew.
        let is_next = before.is_some_and(|before| before < id && before.first_byte() == id.first_byte());
        before = Some(id);
        is_next || is_found(graph, position) && (position == 0 || is_found(graph, position - 1))
    })
}

fn is_found(graph: &Graph, position: u32) -> bool {
    graph.lookup(graph.id_at(Position(position))) == Some(Position(position))
}

/// Whether generation numbers (the chunk `GDA2`) refer to larger ones (`GDO2`) that are not there.
fn lacks_overflow(path: &Path) -> std::io::Result<bool> {
    let mut chunks = Chunks::open(path)?;
    if chunks.has(b"GDO2") {
        return Ok(false);
    }
    let Some(generations) = chunks.read(b"GDA2", u64::MAX)? else { return Ok(false) };
    // The highest bit of each number says that it is a position in the other list.
    Ok(generations.content.as_chunks::<4>().0.iter().any(|[first, ..]| first & 0x80 != 0))
}
