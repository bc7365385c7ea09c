//! Commits straight from packs.
//!
//! A walk without a commit-graph spends most of its time inflating commits. Nearly all of them are stored whole, and these are
//! inflated here in one call, with room to spare (see [`SLACK`]). Anything else (deltas, loose objects, many packs) is left to
//! gix.

use gix::odb::Store;
use gix::odb::pack::{data, index};
use gix::{hash, oid};
use zlib_rs::{Inflate, InflateFlush, Status};

/// With more packs than this, trying one after another is no faster than gix.
const PACKS_MAX: usize = 8;

/// Largest commit to read here. Larger ones are rare, and the size may just be damaged.
const SIZE_MAX: usize = 1 << 20;

/// Spare room behind a commit. The inflater's fast loop runs only while the longest match (258 bytes) and some more would fit,
/// and most commits are shorter than that: without spare room, inflating them takes half as long again.
const SLACK: usize = 300;

/// The window of a zlib stream as large as the format allows, in bits ([RFC 1950](https://www.rfc-editor.org/rfc/rfc1950)).
const WINDOW_BITS: u8 = 15;

/// The packs of a repository.
pub(super) struct Packs {
    packs: Vec<(index::File, data::File)>,
    inflate: Inflate,
}

impl Packs {
    /// Opens the packs of `store` and its alternates. Those that cannot be opened are skipped: gix reports them.
    pub(super) fn open(store: &Store, kind: hash::Kind) -> Self {
        let alternates = store.alternate_db_paths().unwrap_or_default();
        let directories = std::iter::once(store.path().to_owned()).chain(alternates);
        let mut packs = Vec::new();
        for directory in directories {
            let entries = std::fs::read_dir(directory.join("pack")).into_iter().flatten().flatten();
            for path in
                entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "idx"))
            {
                let pack = index::File::at(&path, kind)
                    .and_then(|index| Ok((index, data::File::at(path.with_extension("pack"), kind)?)));
                packs.extend(pack.ok());
            }
        }
        if packs.len() > PACKS_MAX {
            packs.clear();
        }
        Packs { packs, inflate: Inflate::new(true, WINDOW_BITS) }
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
        commit.resize(size + SLACK, 0);
        self.inflate.reset(true);
        let status = self.inflate.decompress(compressed, commit, InflateFlush::Finish).ok()?;
        commit.truncate(size);
        (status == Status::StreamEnd && self.inflate.total_out() == size as u64).then_some(())
    }
}
