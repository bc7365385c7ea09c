//! Reading tags: loose refs through gix, packed ones by a scan of `packed-refs`.

use std::collections::HashMap;
use std::fs;
use std::io::Read as _;
use std::ops::Range;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;

use super::{CommitId, Repository, Target};
use crate::error::{Context as _, Error, Kind, Result};

/// Longer than any header of `packed-refs`.
const HEADER_MAX: u64 = 256;

const TAGS: &str = "refs/tags/";

/// Selected tags, in no particular order.
#[derive(Debug)]
pub struct Tags<T> {
    names: String,
    tags: Vec<(Range<u32>, T, Target)>,
}

impl<T> Default for Tags<T> {
    /// No tags.
    fn default() -> Self {
        Tags { names: String::new(), tags: Vec::new() }
    }
}

impl<T> Tags<T> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.tags.len()
    }

    /// The name, without `refs/tags/`, of the tag at this position, and what it was selected for.
    pub(super) fn get(&self, position: usize) -> Option<(&str, &T)> {
        let (name, chosen, _) = self.tags.get(position)?;
        Some((self.names.get(name.start as usize..name.end as usize)?, chosen))
    }

    /// What each is about.
    pub(super) fn targets(&self) -> impl Iterator<Item = Target> {
        self.tags.iter().map(|(_, _, target)| *target)
    }

    /// Each name, without `refs/tags/`, with what it was selected for.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        (0..self.len()).filter_map(|position| self.get(position))
    }

    /// The names, without `refs/tags/`, of the tags of `commit`, each with what it was selected for.
    pub fn of(&self, commit: CommitId) -> impl Iterator<Item = (&str, &T)> {
        let tags = self.targets().enumerate().filter(move |(_, target)| target.0 == commit.0);
        tags.filter_map(|(position, _)| self.get(position))
    }

    fn push(&mut self, name: &str, chosen: &mut Vec<T>, target: ObjectId) {
        // Names of 4 GiB would not fit into a packed-refs file that can be read.
        let start = self.names.len() as u32;
        self.names.push_str(name);
        let name = start..self.names.len() as u32;
        self.tags.extend(chosen.drain(..).map(|chosen| (name.clone(), chosen, Target(target))));
    }
}

impl Repository {
    /// The tags whose name (without `refs/tags/`) begins with `prefix`, once for each thing that `select` chooses
    /// them for, with the object each is about after following tags of tags.
    ///
    /// Names that are not UTF-8 are passed over: no service is called so. Objects are read only for loose refs
    /// and where `packed-refs` does not promise peeled values.
    ///
    /// # Errors
    /// Refs that cannot be read.
    pub fn tags<T>(&self, prefix: &str, mut select: impl FnMut(&str, &mut Vec<T>)) -> Result<Tags<T>> {
        let mut tags = Tags::default();
        let mut chosen = Vec::new();
        let loose = self.loose_tags(prefix)?;
        for (name, id) in &loose {
            select(name, &mut chosen);
            if !chosen.is_empty() {
                tags.push(name, &mut chosen, self.peel_tag(*id, name)?);
            }
        }
        let packed = self.inner.refs.cached_packed_buffer();
        let Some(packed) = packed.context(Kind::Repository, || "packed-refs cannot be read")? else {
            return Ok(tags);
        };
        let packed: &[u8] = (**packed).as_ref();
        let all_peeled = self.packed_refs_are_peeled();
        let hex = self.inner.object_hash().len_in_hex();
        let full_prefix = format!("{TAGS}{prefix}");
        let mut records = Records::from(packed, hex, full_prefix.as_bytes());
        while let Some(record) = records.next() {
            let unreadable = |cause: anyhow::Error| {
                Error::new(Kind::Repository, "a line of packed-refs is no ref")
                    .because(cause)
                    .hint("git fsck shows what is broken; git pack-refs --all writes the file anew")
            };
            let (id, name, peeled) =
                record.map_err(|line| unreadable(anyhow::Error::msg(line.to_str_lossy().into_owned())))?;
            if !name.starts_with(full_prefix.as_bytes()) {
                break;
            }
            let Some(name) = name.strip_prefix(TAGS.as_bytes()) else { continue };
            let Ok(name) = name.to_str() else { continue };
            if loose.contains_key(name) {
                continue;
            }
            select(name, &mut chosen);
            if chosen.is_empty() {
                continue;
            }
            let id = ObjectId::from_hex(peeled.unwrap_or(id))
                .map_err(|cause| unreadable(anyhow::Error::new(cause)))?;
            let id = if peeled.is_some() || all_peeled { id } else { self.peel_tag(id, name)? };
            tags.push(name, &mut chosen, id);
        }
        Ok(tags)
    }

    /// Whether the header of `packed-refs` promises that what has no peeled value needs none.
    fn packed_refs_are_peeled(&self) -> bool {
        let file = fs::File::open(self.inner.refs.packed_refs_path());
        let mut header = Vec::new();
        let read = file.and_then(|file| file.take(HEADER_MAX).read_to_end(&mut header));
        let line =
            header.lines().next().filter(|line| read.is_ok() && line.starts_with(b"#")).unwrap_or_default();
        line.fields().any(|word| matches!(word, b"peeled" | b"fully-peeled"))
    }

    /// What the tag called `name` is about.
    fn peel_tag(&self, id: ObjectId, name: &str) -> Result<ObjectId> {
        let (id, _) = self.peel(id).map_err(|cause| {
            Error::new(Kind::Repository, format!("what the tag {name} is about cannot be read"))
                .because(cause)
                .hint("git fetch --tags --force brings it anew; git tag --delete removes it")
        })?;
        Ok(id)
    }

    /// Loose refs by their name without `refs/tags/`.
    fn loose_tags(&self, prefix: &str) -> Result<HashMap<String, ObjectId>> {
        let unreadable = || "a loose ref below refs/tags cannot be read";
        let broken = |cause: gix::Error| {
            Error::new(Kind::Repository, unreadable()).because(cause).hint("git fsck shows what is broken")
        };
        let mut loose = HashMap::new();
        let full_prefix = format!("{TAGS}{prefix}");
        // Prefixes that could not be a path everywhere (`a.`, `aux/`) are refused by gix, though refs may have them.
        let path = full_prefix.as_bytes().try_into().or_else(|_| TAGS.as_bytes().try_into());
        let path = path.context(Kind::Unexpected, unreadable)?;
        for reference in self.inner.refs.loose_iter_prefixed(path).context(Kind::Repository, unreadable)? {
            let reference = reference.map_err(broken)?;
            let name =
                reference.name.as_bstr().strip_prefix(TAGS.as_bytes()).and_then(|name| name.to_str().ok());
            let Some(name) = name.filter(|name| name.starts_with(prefix)) else { continue };
            let id = match &reference.target {
                gix::refs::Target::Object(id) => *id,
                gix::refs::Target::Symbolic(_) => {
                    let mut symbolic = self.inner.find_reference(reference.name.as_ref()).map_err(broken)?;
                    symbolic.peel_to_id().map_err(broken)?.detach()
                }
            };
            loose.insert(name.to_owned(), id);
        }
        Ok(loose)
    }
}

/// The refs in sorted `packed-refs` without its header: a line `<id> <name>` each, and below it `^<id>` where it is an
/// annotated tag, with what that is about.
struct Records<'p> {
    rest: &'p [u8],
    /// Digits of an id.
    hex: usize,
}

/// Id, name and peeled id.
type Record<'p> = (&'p [u8], &'p [u8], Option<&'p [u8]>);

impl<'p> Records<'p> {
    /// Those whose name is not below `first`.
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

    /// The next ref, or a line that is none.
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
