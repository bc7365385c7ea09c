//! `packed-refs`: all refs that are not loose, in one file (git-pack-refs(1)).

use std::fs;
use std::io::Read as _;

use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice as _};
use gix::refs::packed::Buffer;

use super::{FSCK, Repository};
use crate::error::{Context as _, Error, Kind, Result};

/// Longer than any header of `packed-refs`.
const HEADER_MAX: u64 = 256;

/// The file as it is now.
pub(super) struct PackedRefs {
    /// None where there is no such file.
    buffer: Option<Buffer>,
    /// Number of hex digits of an id.
    hex: usize,
}

/// A ref.
pub(super) struct PackedRef<'p> {
    pub(super) name: &'p BStr,
    id: &'p [u8],
    peeled: Option<&'p [u8]>,
}

impl PackedRef<'_> {
    /// The object that it names.
    pub(super) fn id(&self) -> Result<ObjectId> {
        ObjectId::from_hex(self.id).map_err(|_| unreadable(self.id))
    }

    /// What that object, a tag, points at, through tags of tags, where the file says so.
    pub(super) fn peeled(&self) -> Result<Option<ObjectId>> {
        let hash = |hex| ObjectId::from_hex(hex).map_err(|_| unreadable(hex));
        self.peeled.map(hash).transpose()
    }
}

impl PackedRefs {
    /// Reads the file anew, since a copy may lack what was packed meanwhile.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn read(repository: &Repository) -> Result<Self> {
        let buffer = repository.inner.refs.open_packed_buffer();
        let buffer = buffer.context(Kind::Repository, || "cannot read packed-refs in the git directory");
        let buffer = buffer.map_err(|error| error.hint(FSCK))?;
        let packed = PackedRefs { buffer, hex: repository.inner.object_hash().len_in_hex() };
        // git refuses a file that was cut off.
        let last = packed.content().lines_with_terminator().next_back();
        match last.filter(|line| !line.ends_with(b"\n")) {
            Some(line) => Err(unreadable(line)),
            None => Ok(packed),
        }
    }

    fn content(&self) -> &[u8] {
        self.buffer.as_ref().map_or(&[], |buffer| buffer.as_ref())
    }

    /// The object that the ref `name` (in full) names.
    ///
    /// # Errors
    /// A line that is not a ref.
    pub(super) fn find(&self, name: &BStr) -> Result<Option<ObjectId>> {
        let first = self.from(name).next().transpose()?;
        first.filter(|found| found.name == name).map(|found| found.id()).transpose()
    }

    /// The refs whose name is `first` or comes after it, sorted by name.
    pub(super) fn from(&self, first: &[u8]) -> impl Iterator<Item = Result<PackedRef<'_>>> {
        let mut records = Records::from(self.content(), self.hex, first);
        std::iter::from_fn(move || records.next()).map(|record| {
            let (id, name, peeled) = record.map_err(unreadable)?;
            Ok(PackedRef { name: name.as_bstr(), id, peeled })
        })
    }
}

impl Repository {
    /// Whether the header of `packed-refs` promises a peeled value for every annotated tag.
    pub(super) fn packed_refs_are_peeled(&self) -> bool {
        let file = fs::File::open(self.inner.refs.packed_refs_path());
        let mut header = Vec::new();
        let read = file.and_then(|file| file.take(HEADER_MAX).read_to_end(&mut header));
        let line =
            header.lines().next().filter(|line| read.is_ok() && line.starts_with(b"#")).unwrap_or_default();
        line.fields().any(|word| matches!(word, b"peeled" | b"fully-peeled"))
    }
}

fn unreadable(line: &[u8]) -> Error {
    Error::new(Kind::Repository, "packed-refs in the git directory has a line that is not a ref")
        .because(anyhow::Error::msg(line.to_str_lossy().into_owned()))
        .hint(FSCK)
}

/// The refs in a sorted `packed-refs`, without its header: a line `<id> <name>` for each, and for an annotated tag another
/// one, `^<id>`, with the object that it points at (git-pack-refs(1)).
struct Records<'p> {
    rest: &'p [u8],
    /// Number of hex digits of an id.
    hex: usize,
}

/// Id, name and peeled id.
type Record<'p> = (&'p [u8], &'p [u8], Option<&'p [u8]>);

impl<'p> Records<'p> {
    /// Those whose name is `first` or comes after it.
    fn from(packed: &'p [u8], hex: usize, first: &[u8]) -> Self {
        let line_start =
            |at: usize| packed.get(..at).and_then(|before| before.rfind_byte(b'\n')).map_or(0, |end| end + 1);
        let (mut low, mut high) = (0, packed.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let mut at = line_start(middle);
            if packed.get(at) == Some(&b'^') {
                at = line_start(at.saturating_sub(1));
            }
            let mut records = Records { rest: packed.get(at..).unwrap_or_default(), hex };
            match records.next() {
                Some(Ok((_, name, _))) if name < first => low = packed.len() - records.rest.len(),
                _ => high = at,
            }
        }
        Records { rest: packed.get(low..).unwrap_or_default(), hex }
    }

    fn take_line(&mut self) -> &'p [u8] {
        let end = self.rest.find_byte(b'\n').unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        line
    }

    /// The next ref, or a line that is not one.
    fn next(&mut self) -> Option<std::result::Result<Record<'p>, &'p [u8]>> {
        if self.rest.is_empty() {
            return None;
        }
        let line = self.take_line();
        let parts = line.split_at_checked(self.hex);
        let name = parts.and_then(|(_, name)| name.strip_prefix(b" ")).filter(|name| !name.is_empty());
        let Some(((id, _), name)) = parts.zip(name) else { return Some(Err(line)) };
        let peeled = if self.rest.first() == Some(&b'^') { self.take_line().get(1..) } else { None };
        Some(Ok((id, name, peeled)))
    }
}

#[cfg(test)]
mod tests {
    use super::Records;

    #[test]
    fn every_place_in_a_file_is_found() {
        let names: Vec<String> = (0..60).map(|number| format!("refs/tags/{number:02}")).collect();
        let line = |(index, name): (usize, &String)| {
            format!("{index:04} {name}\n{}", if index % 3 == 0 { "^ffff\n" } else { "" })
        };
        let packed: String = names.iter().enumerate().map(line).collect();
        for (first, name) in names.iter().enumerate() {
            for wanted in [name.clone(), format!("{}!", names[first.saturating_sub(1)])] {
                let mut records = Records::from(packed.as_bytes(), 4, wanted.as_bytes());
                let expected = names.iter().filter(|name| **name >= wanted).count();
                let mut found = 0;
                while let Some(record) = records.next() {
                    let (_, name, peeled) = record.unwrap();
                    assert!(name >= wanted.as_bytes());
                    assert_eq!(peeled.is_some(), (names.len() - expected + found).is_multiple_of(3));
                    found += 1;
                }
                assert_eq!(found, expected, "from {wanted}");
            }
        }
        assert!(Records::from(packed.as_bytes(), 4, b"refs/z").next().is_none());
        assert!(Records::from(b"", 4, b"refs/").next().is_none());
        assert!(Records::from(b"^ffff\n", 4, b"refs/").next().is_some_and(|record| record.is_err()));
        assert!(Records::from(b"no refs\nat all", 4, b"refs/").next().is_some_and(|record| record.is_err()));
    }
}
