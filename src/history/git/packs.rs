//! Commits straight from packs.
//!
//! A walk without a commit-graph spends most of its time inflating commits. Nearly all of them are stored whole, and
//! libdeflate inflates those in about half the time that a streaming decompressor takes, which is a sixth of a whole `list`:
//! more than zlib-rs and miniz_oxide save by not needing a C compiler. Anything else (deltas, loose objects, many packs) is
//! left to gix.

use std::cell::RefCell;
use std::path::PathBuf;

use gix::odb::pack::{data, index};
use gix::oid;

use super::Repository;

/// With more packs than this, trying one after another is no faster than gix.
const PACKS_MAX: usize = 8;

/// Largest commit to read here. Larger ones are rare, and the size may just be damaged.
const SIZE_MAX: usize = 1 << 20;

/// The packs of a repository.
pub(super) struct Packs {
    packs: Vec<(index::File, data::File)>,
    inflate: libdeflater::Decompressor,
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
        let packs = indices.into_iter().filter_map(open).collect();
        Packs { packs, inflate: libdeflater::Decompressor::new() }
    }

    /// Fills `commit` with the commit `id`, if a pack has it undeltified.
    pub(super) fn read(&mut self, id: &oid, commit: &mut Vec<u8>) -> Option<()> {
        let found = |(at, (index, _)): (usize, &(index::File, data::File))| Some((at, index.lookup(id)?));
        let (at, entry) = self.packs.iter().enumerate().find_map(found)?;
        // Commits of one pack tend to be found together.
        self.packs.swap(0, at);
        let (index, pack) = self.packs.first()?;
        let entry = pack.entry(index.pack_offset_at_index(entry)).ok()?;
        if entry.header != data::entry::Header::Commit {
            return None;
        }
        let compressed = pack.entry_slice(entry.data_offset..pack.pack_end() as u64)?;
        let size = usize::try_from(entry.decompressed_size).ok().filter(|size| *size <= SIZE_MAX)?;
        commit.clear();
        commit.resize(size, 0);
        let length = self.inflate.zlib_decompress(compressed, commit).ok()?;
        (length == commit.len()).then_some(())
    }
}
