//! The paths that somebody wants to know differences of.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::bloom::Keys;

/// Directories with all that is in them, directories of which only matters that something in them differs, and single files;
/// everything else may differ as it likes.
#[derive(Default)]
pub struct Paths {
    /// The directories on the way to what is wanted, the root first, each before those in it.
    nodes: Vec<PathNode>,
    /// The keys of all of them for filters.
    keys: OnceCell<Keys>,
}

/// A directory, by its position among all.
pub(super) type DirectoryId = u32;

/// A directory that has something wanted.
#[derive(Debug, Default)]
pub(super) struct PathNode {
    /// Its path from the root.
    pub(super) path: Vec<u8>,
    /// The one that it is in; that of the root is itself.
    pub(super) parent: DirectoryId,
    /// What is wanted of it.
    pub(super) interest: Interest,
    /// Files that are wanted, by their paths from the root.
    pub(super) files: Vec<Vec<u8>>,
    /// The directories in it, sorted by name.
    children: Vec<(Vec<u8>, DirectoryId)>,
}

/// What is wanted of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Interest {
    /// Some of what is in it.
    #[default]
    Parts,
    /// Whether anything in it differs, and some of what is in it.
    Touch,
    /// All that is in it, so that nothing below it is listed.
    Whole,
}

impl Paths {
    /// All that is in `directories`, whether anything differs in each of `touched`, and `files`; each a path from the root, which is
    /// the empty path itself.
    pub fn new<'p>(
        directories: impl IntoIterator<Item = &'p [u8]>,
        touched: impl IntoIterator<Item = &'p [u8]>,
        files: impl IntoIterator<Item = &'p [u8]>,
    ) -> Self {
        let mut paths = Paths { nodes: vec![PathNode::default()], keys: OnceCell::new() };
        let mut known: BTreeMap<Vec<u8>, DirectoryId> = BTreeMap::from([(Vec::new(), 0)]);
        // Sorted, a directory comes before what is in it.
        for directory in directories.into_iter().collect::<BTreeSet<_>>() {
            if let Some(at) = paths.add(directory, &mut known)
                && let Some(node) = paths.nodes.get_mut(at as usize)
            {
                node.interest = Interest::Whole;
            }
        }
        for directory in touched.into_iter().collect::<BTreeSet<_>>() {
            if let Some(at) = paths.add(directory, &mut known)
                && let Some(node) = paths.nodes.get_mut(at as usize)
                && node.interest == Interest::Parts
            {
                node.interest = Interest::Touch;
            }
        }
        for file in files.into_iter().collect::<BTreeSet<_>>() {
            let slash = file.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
            let directory = file.get(..slash).unwrap_or_default();
            if let Some(at) = paths.add(directory, &mut known)
                && let Some(node) = paths.nodes.get_mut(at as usize)
                && node.interest != Interest::Whole
            {
                node.files.push(file.to_owned());
            }
        }
        paths.nodes.iter_mut().for_each(|node| node.children.sort_unstable());
        paths
    }

    /// Everything.
    pub fn all() -> Self {
        Paths::new([&b""[..]], [], [])
    }

    /// Whether everything is wanted.
    pub fn are_all(&self) -> bool {
        self.nodes.first().is_some_and(|root| root.interest == Interest::Whole)
    }

    /// The node of `directory`; none if it is in one that is wanted as a whole.
    fn add(&mut self, directory: &[u8], known: &mut BTreeMap<Vec<u8>, DirectoryId>) -> Option<DirectoryId> {
        let mut at = 0;
        let ends = (0..directory.len()).filter(|end| directory.get(*end) == Some(&b'/'));
        for end in ends.chain((!directory.is_empty()).then_some(directory.len())) {
            if self.nodes.get(at as usize)?.interest == Interest::Whole {
                return None;
            }
            let path = directory.get(..end)?;
            let Some(next) = known.get(path) else {
                let next = self.nodes.len() as DirectoryId;
                let parent = self.nodes.get_mut(at as usize)?;
                let begin = if parent.path.is_empty() { 0 } else { parent.path.len() + 1 };
                parent.children.push((path.get(begin..)?.to_owned(), next));
                self.nodes.push(PathNode { path: path.to_owned(), parent: at, ..PathNode::default() });
                known.insert(path.to_owned(), next);
                at = next;
                continue;
            };
            at = *next;
        }
        Some(at)
    }

    pub(super) fn keys(&self) -> &Keys {
        self.keys.get_or_init(|| Keys::of(self))
    }

    pub(super) fn nodes(&self) -> &[PathNode] {
        &self.nodes
    }
}

impl PathNode {
    /// The directories in it, by name.
    pub(super) fn children(&self) -> impl Iterator<Item = DirectoryId> {
        self.children.iter().map(|(_, id)| *id)
    }

    /// The directory `name` in this one, if it has something wanted.
    pub(super) fn child(&self, name: &[u8]) -> Option<DirectoryId> {
        let at = self.children.binary_search_by(|(child, _)| (**child).cmp(name)).ok()?;
        self.children.get(at).map(|(_, id)| *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_lead_to_what_is_wanted() {
        let paths = Paths::new(
            [&b"a/b"[..], b"a/b/c", b"d"],
            [&b"a/b"[..], b"e", b"d/g"],
            [&b"imgver.yaml"[..], b"a/x", b"a/b/y", b"e/f/Taskfile.yml"],
        );
        let shown: Vec<_> = paths
            .nodes()
            .iter()
            .map(|node| (String::from_utf8_lossy(&node.path).into_owned(), node.interest, node.files.len()))
            .collect();
        let expected = [
            ("", Interest::Parts, 1),
            ("a", Interest::Parts, 1),
            ("a/b", Interest::Whole, 0),
            ("d", Interest::Whole, 0),
            ("e", Interest::Touch, 0),
            ("e/f", Interest::Parts, 1),
        ];
        assert_eq!(shown, expected.map(|(path, interest, files)| (path.to_owned(), interest, files)));
        let a = paths.nodes()[0].child(b"a").unwrap();
        assert_eq!(paths.nodes()[a as usize].child(b"b"), Some(2));
        assert_eq!((paths.nodes()[a as usize].child(b"c"), paths.are_all()), (None, false));
        assert!(Paths::all().are_all() && Paths::new([&b""[..]], [], [&b"x"[..]]).nodes().len() == 1);
    }
}
