//! Commits and trees straight from packs.
//!
//! A walk without a commit-graph spends most of its time inflating commits. Nearly all of them are stored whole, and
//! libdeflate inflates those in about half the time that a streaming decompressor takes, which is a sixth of a whole `list`:
//! more than zlib-rs and miniz_oxide save by not needing a C compiler. Trees are mostly deltas, whose bases are kept: those of
//! one directory are based on one another. Anything else (loose objects, many packs) is left to gix.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use gix::odb::pack::data::Entry;
use gix::odb::pack::data::entry::Header;
use gix::odb::pack::{data, index};
use gix::oid;

use super::recent::Recent;
use super::{Repository, delta};

/// With more packs than this, trying one after another is no faster than gix.
const PACKS_MAX: usize = 8;

/// Largest commit or tree to read here. Larger ones are rare, and the size may just be damaged.
const SIZE_MAX: usize = 1 << 20;

/// The longest chain of deltas to follow: far longer than any that git makes.
const CHAIN_MAX: usize = 1 << 12;

/// The packs of a repository.
pub(super) struct Packs {
    packs: Vec<Pack>,
    /// Trees by pack and offset.
    bases: Recent<(usize, u64)>,
    inflate: libdeflater::Decompressor,
}

struct Pack {
    /// The number by which its trees are kept.
    number: usize,
    index: index::File,
    data: data::File,
}

impl Repository {
    /// Its packs, opened once: opening the index of a large one takes as long as reading a thousand commits.
    pub(super) fn packs(&self) -> &RefCell<Packs> {
        self.packs.get_or_init(|| RefCell::new(Packs::open(self)))
    }

    /// The indices of its packs.
    pub(super) fn pack_indices(&self) -> Vec<PathBuf> {
        let mut indices = Vec::new();
        for directory in self.all_object_directories() {
            let entries = std::fs::read_dir(directory.join("pack")).into_iter().flatten().flatten();
            let paths = entries.map(|entry| entry.path());
            indices.extend(paths.filter(|path| path.extension().is_some_and(|extension| extension == "idx")));
        }
        indices
    }
}

impl Packs {
    /// Opens the packs of `repository`. Those that cannot be opened are skipped: what is in them is read through views.
    fn open(repository: &Repository) -> Self {
        let kind = repository.inner.object_hash();
        let mut indices = repository.pack_indices();
        if indices.len() > PACKS_MAX {
            indices.clear();
        }
        let open = |path: PathBuf| {
            let index = index::File::at(&path, kind).ok()?;
            let pack = data::File::at(path.with_extension("pack"), kind).ok()?;
            // Otherwise its offsets are those of another pack.
            (index.pack_checksum() == pack.checksum()).then_some((index, pack))
        };
        let opened = indices.into_iter().filter_map(open).enumerate();
        let packs = opened.map(|(number, (index, data))| Pack { number, index, data }).collect();
        Packs { packs, bases: Recent::default(), inflate: libdeflater::Decompressor::new() }
    }

    /// Fills `commit` with the commit `id`, if a pack has it undeltified.
    pub(super) fn read(&mut self, id: &oid, commit: &mut Vec<u8>) -> Option<()> {
        let offset = self.find(id)?;
        let Packs { packs, inflate, .. } = self;
        let entry = packs.first()?.entry(offset)?;
        if entry.header != Header::Commit {
            return None;
        }
        inflate_into(commit, &entry, packs.first()?, inflate)
    }

    /// The tree `id`, if a pack has it.
    pub(super) fn tree(&mut self, id: &oid) -> Option<Rc<[u8]>> {
        let mut offset = self.find(id)?;
        let Packs { packs, bases, inflate } = self;
        let pack = packs.first()?;
        let mut deltas: Vec<(u64, Vec<u8>)> = Vec::new();
        let mut tree = loop {
            if let Some(known) = bases.get(&(pack.number, offset)) {
                break known;
            }
            let entry = pack.entry(offset)?;
            let mut content = Vec::new();
            inflate_into(&mut content, &entry, pack, inflate)?;
            let base = match entry.header {
                Header::Tree => {
                    let tree = Rc::from(content);
                    bases.insert((pack.number, offset), &tree);
                    break tree;
                }
                Header::OfsDelta { base_distance } => offset.checked_sub(base_distance)?,
                Header::RefDelta { base_id } => pack.offset(&base_id)?,
                Header::Commit | Header::Blob | Header::Tag => return None,
            };
            deltas.push((offset, content));
            if deltas.len() > CHAIN_MAX {
                return None;
            }
            offset = base;
        };
        for (offset, delta) in deltas.into_iter().rev() {
            tree = Rc::from(delta::applied(&delta, &tree, SIZE_MAX)?);
            bases.insert((pack.number, offset), &tree);
        }
        Some(tree)
    }

    /// Where the object `id` is in the pack that is the first from now on: objects of one kind tend to be found together.
    fn find(&mut self, id: &oid) -> Option<u64> {
        let found = |(at, pack): (usize, &Pack)| Some((at, pack.offset(id)?));
        let (at, offset) = self.packs.iter().enumerate().find_map(found)?;
        self.packs.swap(0, at);
        Some(offset)
    }
}

impl Pack {
    fn offset(&self, id: &oid) -> Option<u64> {
        self.index.lookup(id).map(|entry| self.index.pack_offset_at_index(entry))
    }

    fn entry(&self, offset: u64) -> Option<Entry> {
        // What is not in the pack may not be looked at.
        (offset < self.data.pack_end() as u64).then(|| self.data.entry(offset).ok())?
    }
}

/// Fills `content` with what `entry` of `pack` has.
fn inflate_into(
    content: &mut Vec<u8>,
    entry: &Entry,
    pack: &Pack,
    inflate: &mut libdeflater::Decompressor,
) -> Option<()> {
    let compressed = pack.data.entry_slice(entry.data_offset..pack.data.pack_end() as u64)?;
    let size = usize::try_from(entry.decompressed_size).ok().filter(|size| *size <= SIZE_MAX)?;
    content.clear();
    content.resize(size, 0);
    let length = inflate.zlib_decompress(compressed, content).ok()?;
    (length == content.len()).then_some(())
}
