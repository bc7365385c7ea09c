//! The changed-path Bloom filters of a commit-graph (gitformat-commit-graph(5), chunks `BIDX` and `BDAT`): for each commit, what
//! differs from its first parent, as a set that knows for certain what is not in it. `git commit-graph write --changed-paths`
//! writes them.
//!
//! A filter holds the path of every file that differs, and of every directory around it. Whatever does not look right is no
//! filter, and then trees are compared.

use std::path::Path;

use super::Repository;
use super::graph_chunks::Chunks;
use super::paths::{DirectoryId, Interest, Paths};

/// The largest chunks that are read.
const SIZE_MAX: u64 = 1 << 27;

/// The most hashes of a path that are believed to make sense; git makes 7.
const HASHES_MAX: u32 = 64;

/// Which filters may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accepted {
    /// None.
    Nothing,
    /// Those of any version that is known.
    Any,
    /// Those of this version.
    Version(u32),
}

impl Repository {
    /// Which filters git would use: `commitGraph.readChangedPaths` and `commitGraph.changedPathsVersion` (git-config(1)).
    pub(super) fn accepted_filters(&self) -> Accepted {
        let config = self.inner.config_snapshot();
        let is_read = config.boolean("commitGraph.readChangedPaths").unwrap_or(true);
        match config.integer("commitGraph.changedPathsVersion") {
            None | Some(-1) if is_read => Accepted::Any,
            Some(1) => Accepted::Version(1),
            Some(2) => Accepted::Version(2),
            _ => Accepted::Nothing,
        }
    }
}

/// The filters of one file of a commit-graph.
pub(super) struct Filters {
    version: u32,
    hashes: u32,
    /// By commit, where its filter ends in `data`, as big-endian numbers.
    ends: Vec<u8>,
    data: Vec<u8>,
}

impl Filters {
    /// Those of the file at `path` with `commits` commits; none if it has none that make sense and are `accepted`.
    pub(super) fn open(path: &Path, commits: u32, accepted: Accepted) -> Option<Self> {
        let mut chunks = Chunks::open(path).ok()?;
        let mut chunk = |name| {
            let chunk = chunks.read(name, SIZE_MAX).ok()?.filter(|chunk| chunk.is_whole)?;
            Some(chunk.content)
        };
        let ends = chunk(b"BIDX").filter(|ends| ends.len() == commits as usize * 4)?;
        let mut data = chunk(b"BDAT")?;
        let (settings, _) = data.split_first_chunk::<12>()?;
        let [version, hashes, _] = *settings.as_chunks::<4>().0 else { return None };
        let (version, hashes) = (u32::from_be_bytes(version), u32::from_be_bytes(hashes));
        data.drain(..12);
        let is_accepted = match accepted {
            Accepted::Nothing => false,
            Accepted::Any => version == 1 || version == 2,
            Accepted::Version(only) => version == only,
        };
        let makes_sense = (1..=HASHES_MAX).contains(&hashes);
        (is_accepted && makes_sense).then_some(Filters { version, hashes, ends, data })
    }

    /// The filter of the commit at `position`; none if it was not worked out.
    pub(super) fn of(&self, position: u32) -> Option<Filter<'_>> {
        let end = |at: usize| Some(u32::from_be_bytes(*self.ends.as_chunks::<4>().0.get(at)?) as usize);
        let at = position as usize;
        let from = at.checked_sub(1).map_or(Some(0), end)?;
        let bits = self.data.get(from..end(at)?).filter(|bits| !bits.is_empty())?;
        Some(Filter { version: self.version, hashes: self.hashes, bits })
    }
}

/// What a commit changes, perhaps with more.
#[derive(Clone, Copy)]
pub(super) struct Filter<'f> {
    version: u32,
    hashes: u32,
    bits: &'f [u8],
}

impl Filter<'_> {
    /// Whether something at the path of `key` may differ.
    fn may_have(self, key: &Key) -> bool {
        // Of such paths, the first version has what the compiler's `char` makes of them.
        if self.version == 1 && !key.is_ascii {
            return true;
        }
        let Ok(size) = u32::try_from(self.bits.len() * 8) else { return true };
        (0..self.hashes).all(|number| {
            let hash = key.first.wrapping_add(number.wrapping_mul(key.second));
            let bit = hash % size;
            self.bits.get((bit / 8) as usize).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
        })
    }

    /// Finds out where anything may differ at `paths`, whose `keys` these are.
    pub(super) fn look(self, paths: &Paths, keys: &Keys, looks: &mut Looks) {
        let Looks { all, hits } = looks;
        all.clear();
        all.resize(paths.nodes().len(), false);
        hits.clear();
        hits.push(0);
        let mut next = 0;
        while let Some(id) = hits.get(next).copied() {
            next += 1;
            let at = id as usize;
            let Some((node, here)) = paths.nodes().get(at).zip(keys.0.get(at)) else { continue };
            if let Some(may_differ) = all.get_mut(at) {
                *may_differ =
                    node.interest != Interest::Parts || here.files.iter().any(|file| self.may_have(file));
            }
            let hit = |child: &DirectoryId| {
                let child = keys.0.get(*child as usize);
                child.is_some_and(|child| self.may_have(&child.directory))
            };
            hits.extend(node.children().filter(hit));
        }
        // Those in a directory come behind it.
        for id in hits.iter().rev().copied() {
            let may_differ = all.get(id as usize) == Some(&true);
            let parent = paths.nodes().get(id as usize).and_then(|node| all.get_mut(node.parent as usize));
            if let Some(parent) = parent {
                *parent |= may_differ;
            }
        }
    }
}

/// Where a filter says that a commit may change something.
#[derive(Default)]
pub(super) struct Looks {
    /// By directory, whether it may have what is wanted and differs.
    all: Vec<bool>,
    /// The directories that may differ, each before those in it.
    hits: Vec<DirectoryId>,
}

impl Looks {
    /// Whether the directory must be compared. What a filter says differs is only perhaps so.
    pub(super) fn may_differ(&self, id: DirectoryId) -> bool {
        self.all.get(id as usize).copied().unwrap_or(true)
    }
}

/// The keys of paths, by directory.
pub(super) struct Keys(Vec<NodeKeys>);

struct NodeKeys {
    directory: Key,
    files: Vec<Key>,
}

impl Keys {
    pub(super) fn of(paths: &Paths) -> Self {
        let of_node = |node: &super::paths::PathNode| NodeKeys {
            directory: Key::of(&node.path),
            files: node.files.iter().map(|file| Key::of(file)).collect(),
        };
        Keys(paths.nodes().iter().map(of_node).collect())
    }
}

/// The hashes of a path, from which all others follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    first: u32,
    second: u32,
    is_ascii: bool,
}

impl Key {
    fn of(path: &[u8]) -> Self {
        let (first, second) = (murmur3(0x293a_e76f, path), murmur3(0x7e64_6e2c, path));
        Key { first, second, is_ascii: path.is_ascii() }
    }
}

/// MurmurHash3 of 32 bits, as the second version of the filters has it; the first is the same for ASCII.
fn murmur3(seed: u32, data: &[u8]) -> u32 {
    let mixed = |block: u32| block.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
    let (blocks, tail) = data.as_chunks::<4>();
    let mut hash = seed;
    for block in blocks {
        hash = (hash ^ mixed(u32::from_le_bytes(*block))).rotate_left(13);
        hash = hash.wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    if !tail.is_empty() {
        let last = tail.iter().rev().fold(0, |last, byte| last << 8 | u32::from(*byte));
        hash ^= mixed(last);
    }
    hash ^= data.len() as u32;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_git() {
        // git's own t/t0095-bloom.sh.
        for (text, hash) in [
            ("", 0),
            ("Hello world!", 0x627b_0c2c),
            ("The quick brown fox jumps over the lazy dog", 0x2e4f_f723),
        ] {
            assert_eq!(murmur3(0, text.as_bytes()), hash, "{text}");
        }
        let key = Key::of(b"");
        let hashes: Vec<u32> = (0..7).map(|at| key.first.wrapping_add(key.second.wrapping_mul(at))).collect();
        let expected =
            [0x5615_800c, 0x5b96_6560, 0x6117_4ab4, 0x6698_3008, 0x6c19_155c, 0x7199_fab0, 0x771a_e004];
        assert_eq!(hashes, expected);
    }

    #[test]
    fn filters_are_those_of_git() {
        // What git 2.39 writes for commits that change these paths alone.
        let filter = |version, bits| Filter { version, hashes: 7, bits };
        for (bits, paths) in [
            // The bits of " " alone, which the others happen to share: a filter may be wrong about what it has.
            (&[0x51, 0x55][..], &[" ", "web", "apps/api"][..]),
            (&[0x11, 0x11], &["web"]),
            (&[0xc6, 0x35, 0x04], &["apps", "apps/api"]),
        ] {
            for path in [" ", "web", "apps", "apps/api"] {
                let may_have = filter(1, bits).may_have(&Key::of(path.as_bytes()));
                assert_eq!(may_have, paths.contains(&path), "{path} in {bits:?}");
                assert_eq!(may_have, filter(2, bits).may_have(&Key::of(path.as_bytes())));
            }
        }
        let key = Key::of(b"web");
        assert!(!filter(2, &[0x11, 0x01]).may_have(&key) && !filter(2, &[0]).may_have(&key));
        assert!(filter(2, &[0xff]).may_have(&key));
        let high = Key::of("\u{e9}".as_bytes());
        assert!(filter(1, &[0]).may_have(&high) && !filter(2, &[0]).may_have(&high));
    }
}
