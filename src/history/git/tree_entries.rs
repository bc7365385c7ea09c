//! The entries of trees (gitformat-loose(5), git-mktree(1)), and how those of two trees differ.

use std::cmp::Ordering;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::TreeRefIter;
use gix::objs::tree::{EntryKind, EntryMode, EntryRef};

use super::{FileId, TreeEntry};

/// A file, a link or a submodule: its type, with whether it is executable, and its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    pub(super) kind: EntryKind,
    pub(super) id: ObjectId,
}

impl Entry {
    pub(super) fn of(entry: &EntryRef<'_>) -> Self {
        Entry { kind: entry.mode.kind(), id: entry.oid.to_owned() }
    }

    /// What two paths have in common where one is the other, moved.
    pub(super) fn identity(self) -> (bool, bool, ObjectId) {
        (self.kind == EntryKind::Link, self.kind == EntryKind::Commit, self.id)
    }

    pub(super) fn as_found(self) -> TreeEntry {
        match self.kind {
            EntryKind::Blob | EntryKind::BlobExecutable => TreeEntry::File(FileId(self.id)),
            EntryKind::Tree | EntryKind::Link | EntryKind::Commit => TreeEntry::Other,
        }
    }
}

/// Calls `differs` for every name that the trees `old` and `new` do not have in common. A directory and a file are never the same
/// path, even where they have the same name.
pub(super) fn compare(
    old: &[u8],
    new: &[u8],
    hash: gix::hash::Kind,
    differs: &mut impl FnMut(&[u8], Option<Entry>, Option<Entry>),
) -> std::result::Result<(), gix::Error> {
    let (mut olds, mut news) = (Entries { rest: old, hash }, Entries { rest: new, hash });
    loop {
        // Most entries are the same, and need not be read to know it.
        if olds.rest == news.rest {
            return Ok(());
        }
        let mut same = common(olds.rest, news.rest);
        while let Some(length) = olds.first_bytes().map(<[u8]>::len).filter(|length| *length <= same) {
            olds.skip(length);
            news.skip(length);
            same -= length;
        }
        let (old, new) = (olds.first()?, news.first()?);
        let order = match (&old, &new) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => git_order(old, new),
        };
        let old = old.filter(|_| order != Ordering::Greater);
        let new = new.filter(|_| order != Ordering::Less);
        let (before, after) = (old.as_ref().map(Entry::of), new.as_ref().map(Entry::of));
        if before != after
            && let Some(either) = new.as_ref().or(old.as_ref())
        {
            differs(either.filename, before, after);
        }
        if old.is_some() {
            olds.skip_first();
        }
        if new.is_some() {
            news.skip_first();
        }
    }
}

/// How many bytes `a` and `b` begin with that are the same.
fn common(a: &[u8], b: &[u8]) -> usize {
    let (a_blocks, b_blocks) = (a.as_chunks::<32>().0, b.as_chunks::<32>().0);
    let blocks = a_blocks.iter().zip(b_blocks).take_while(|(a, b)| a == b).count() * 32;
    let rest = |all: &[u8]| all.len().min(blocks + 32);
    let (a_rest, b_rest) = (a.get(blocks..rest(a)), b.get(blocks..rest(b)));
    let rests = a_rest.unwrap_or_default().iter().zip(b_rest.unwrap_or_default());
    blocks + rests.take_while(|(a, b)| a == b).count()
}

/// The entries of a tree from one on: each a mode, a space, a name, a zero byte and a hash.
struct Entries<'t> {
    rest: &'t [u8],
    hash: gix::hash::Kind,
}

impl<'t> Entries<'t> {
    /// The bytes of the first entry; none if there is none, or it is cut off.
    fn first_bytes(&self) -> Option<&'t [u8]> {
        self.rest.get(..self.rest.find_byte(0)? + 1 + self.hash.len_in_bytes())
    }

    fn first(&self) -> std::result::Result<Option<EntryRef<'t>>, gix::Error> {
        TreeRefIter::from_bytes(self.rest, self.hash).next().transpose()
    }

    fn skip(&mut self, length: usize) {
        self.rest = self.rest.get(length..).unwrap_or_default();
    }

    fn skip_first(&mut self) {
        self.skip(self.first_bytes().map_or(usize::MAX, <[u8]>::len));
    }
}

/// The order of the entries of a tree: by name, as if that of a directory ended with a slash.
fn git_order(a: &EntryRef<'_>, b: &EntryRef<'_>) -> Ordering {
    let common = a.filename.len().min(b.filename.len());
    let (a_start, a_rest) = a.filename.split_at(common);
    let (b_start, b_rest) = b.filename.split_at(common);
    let next =
        |rest: &[u8], mode: EntryMode| rest.first().copied().unwrap_or(if mode.is_tree() { b'/' } else { 0 });
    a_start.cmp(b_start).then_with(|| next(a_rest, a.mode).cmp(&next(b_rest, b.mode))).then_with(|| {
        // Only a name that goes on behind a slash or a zero byte, which none does.
        a_rest.len().cmp(&b_rest.len())
    })
}

#[cfg(test)]
mod tests {
    use super::common;

    #[test]
    fn common_beginnings_are_as_long_as_they_are() {
        for length in [0, 1, 31, 32, 33, 64, 100] {
            let all = vec![7; length];
            assert_eq!(common(&all, &all), length);
            for at in 0..length {
                let mut other = all.clone();
                other[at] = 8;
                assert_eq!((common(&all, &other), common(&all, &all[..at])), (at, at), "{at} of {length}");
            }
        }
    }
}
