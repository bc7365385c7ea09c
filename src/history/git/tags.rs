//! Reading tags: loose refs through gix, packed ones by a scan of `packed-refs`.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::ops::Range;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;

use super::{Repository, Target};
use crate::error::{Context as _, Error, Kind, Result};

const TAGS: &str = "refs/tags/";

/// Selected tags, in no particular order.
#[derive(Debug)]
pub struct Tags<T> {
    names: String,
    tags: Vec<(Range<u32>, T, Target)>,
}

impl<T> Tags<T> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.tags.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// Each tag's name without `refs/tags/`, what it was selected for, and what it is about.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T, Target)> {
        self.tags.iter().map(|(name, chosen, target)| {
            let name = self.names.get(name.start as usize..name.end as usize).unwrap_or_default();
            (name, chosen, *target)
        })
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
        let mut tags = Tags { names: String::new(), tags: Vec::new() };
        let mut chosen = Vec::new();
        let loose = self.loose_tags(prefix)?;
        for (name, id) in &loose {
            select(name, &mut chosen);
            if !chosen.is_empty() {
                tags.push(name, &mut chosen, self.peel_tag(*id, name)?);
            }
        }
        let path = self.inner.refs.packed_refs_path();
        let packed = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(tags),
            packed => packed.context(Kind::Repository, || format!("{} cannot be read", path.display()))?,
        };
        tags.names.reserve(packed.len() / 2);
        let hex = self.inner.object_hash().len_in_hex();
        let mut records = Records { rest: &packed, hex, line: 0, all_peeled: false };
        while let Some(record) = records.next() {
            let unreadable = |cause: anyhow::Error| {
                Error::new(
                    Kind::Repository,
                    format!("{}:{}: the packed ref cannot be read", path.display(), records.line),
                )
                .because(cause)
                .hint("git fsck shows what is broken; git pack-refs --all writes the file anew")
            };
            let (id, name, peeled) = record.ok_or_else(|| unreadable(anyhow::Error::msg("it is no ref")))?;
            let Some(name) = name.strip_prefix(TAGS.as_bytes()) else { continue };
            if !name.starts_with(prefix.as_bytes()) {
                continue;
            }
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
            let id = if peeled.is_some() || records.all_peeled { id } else { self.peel_tag(id, name)? };
            tags.push(name, &mut chosen, id);
        }
        Ok(tags)
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

/// The refs in the text of a `packed-refs` file: a line `<id> <name>` each, and below it `^<id>` where it is an
/// annotated tag, with what that is about.
struct Records<'p> {
    rest: &'p [u8],
    /// Digits of an id.
    hex: usize,
    /// The line last read, from 1.
    line: usize,
    /// Whether the header promises that what has no peeled value needs none.
    all_peeled: bool,
}

/// Id, name and peeled id; none where the line is malformed.
type Record<'p> = Option<(&'p [u8], &'p [u8], Option<&'p [u8]>)>;

impl<'p> Records<'p> {
    fn take_line(&mut self) -> &'p [u8] {
        let end = self.rest.find_byte(b'\n').unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        self.line += 1;
        line
    }

    fn next(&mut self) -> Option<Record<'p>> {
        while self.rest.first() == Some(&b'#') {
            let header = self.take_line();
            self.all_peeled |= header.fields().any(|word| matches!(word, b"peeled" | b"fully-peeled"));
        }
        if self.rest.is_empty() {
            return None;
        }
        let line = self.take_line();
        let record = line.split_at_checked(self.hex).and_then(|(id, name)| {
            let name = name.strip_prefix(b" ").filter(|name| !name.is_empty())?;
            let peeled = if self.rest.first() == Some(&b'^') { self.take_line().get(1..) } else { None };
            Some((id, name, peeled))
        });
        Some(record)
    }
}
