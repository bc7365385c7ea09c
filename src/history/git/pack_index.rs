//! Whether packs have an object, without opening them.
//!
//! gix checks all of an index that it opens, which takes longer than most versions do. One object is found by the table at
//! the start of the index and the names that begin with the same byte (gitformat-pack(5), version 2).

use std::cmp::Ordering;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use gix::oid;

use super::Repository;

/// The signature and the version.
const HEADER: [u8; 8] = [0xff, b't', b'O', b'c', 0, 0, 0, 2];

/// How many names begin with each byte or a lower one, as 256 numbers.
const TABLE: usize = 256 * 4;

/// The indices of all packs.
pub(super) struct PackIndices(Vec<File>);

impl PackIndices {
    /// Those of `repository`. Any that cannot be opened is skipped.
    pub(super) fn open(repository: &Repository) -> Self {
        let paths = repository.pack_indices().into_iter();
        PackIndices(paths.filter_map(|path| File::open(path).ok()).collect())
    }

    /// Whether a pack has the object `id`. If none has, it may still be elsewhere.
    pub(super) fn contain(&self, id: &oid) -> bool {
        self.0.iter().any(|index| contains(index, id).unwrap_or(false))
    }
}

fn contains(index: &File, id: &oid) -> io::Result<bool> {
    let mut start = [0; HEADER.len() + TABLE];
    index.read_exact_at(&mut start, 0)?;
    let Some(table) = start.strip_prefix(&HEADER) else { return Ok(false) };
    let names_to = |byte: u8| {
        let number = table.as_chunks::<4>().0.get(usize::from(byte));
        number.map_or(0, |number| u64::from(u32::from_be_bytes(*number)))
    };
    let first = id.first_byte();
    let from = first.checked_sub(1).map_or(0, names_to);
    let size = id.as_bytes().len();
    let length = names_to(first).saturating_sub(from).saturating_mul(size as u64);
    // The table may lie.
    if length > index.metadata()?.len() {
        return Ok(false);
    }
    let mut names = vec![0; usize::try_from(length).unwrap_or_default()];
    index.read_exact_at(&mut names, start.len() as u64 + from * size as u64)?;
    let (mut low, mut high) = (0, names.len() / size);
    while low < high {
        let middle = low + (high - low) / 2;
        let name = names.get(middle * size..(middle + 1) * size).unwrap_or_default();
        match name.cmp(id.as_bytes()) {
            Ordering::Equal => return Ok(true),
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
        }
    }
    Ok(false)
}
