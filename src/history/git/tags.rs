//! Reading tags: loose refs through gix, packed ones by a scan of `packed-refs`.

use std::collections::HashMap;
use std::fs;
use std::io::Read as _;
use std::ops::Range;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;

use super::{CommitId, FSCK, Repository, TagTarget, unreadable};
use crate::error::{Context as _, Error, Kind, Result};

/// Longer than any header of `packed-refs`.
const HEADER_MAX: u64 = 256;

const TAGS: &str = "refs/tags/";

/// Selected tags, unordered.
#[derive(Debug)]
pub struct Tags<T> {
    names: String,
    tags: Vec<(Range<u32>, T, TagTarget)>,
}

impl<T> Default for Tags<T> {
    /// No tags.
    fn default() -> Self {
        Tags { names: String::new(), tags: Vec::new() }
    }
}

impl<T> Tags<T> {
    pub(super) fn len(&self) -> usize {
        self.tags.len()
    }

    /// The name (without `refs/tags/`) of the tag at `position`, and what it was selected for.
    pub(super) fn get(&self, position: usize) -> Option<(&str, &T)> {
        let (name, chosen, _) = self.tags.get(position)?;
        Some((self.names.get(name.start as usize..name.end as usize)?, chosen))
    }

    /// What each points at, in order of position.
    pub(super) fn targets(&self) -> impl Iterator<Item = TagTarget> {
        self.tags.iter().map(|(_, _, target)| *target)
    }

    /// The names (without `refs/tags/`) of the tags that point at `commit`, each with what it was selected for.
    pub fn of(&self, commit: CommitId) -> impl Iterator<Item = (&str, &T)> {
        let tags = self.targets().enumerate().filter(move |(_, target)| target.0 == commit.0);
        tags.filter_map(|(position, _)| self.get(position))
    }

    /// The names (without `refs/tags/`) of all tags, each with what it was selected for and what it points at.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T, TagTarget)> {
        let targets = self.targets().enumerate();
        targets.filter_map(|(at, target)| self.get(at).map(|(name, chosen)| (name, chosen, target)))
    }

    fn push(&mut self, name: &str, chosen: &mut Vec<T>, target: ObjectId) {
        // A packed-refs file with 4 GiB of names could not be read in the first place.
        let start = self.names.len() as u32;
        self.names.push_str(name);
        let name = start..self.names.len() as u32;
        self.tags.extend(chosen.drain(..).map(|chosen| (name.clone(), chosen, TagTarget(target))));
    }
}

impl Repository {
    /// The tags whose name (without `refs/tags/`) begins with `prefix`. `select` gets each name and a list to fill with what
    /// the tag is selected for; the result has the tag once for each of these.
    ///
    /// Names that are not UTF-8 are skipped: no service has such a name. Objects are read only for loose refs, and where
    /// `packed-refs` does not promise peeled values.
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
        let packed = packed.context(Kind::Repository, || "cannot read packed-refs in the git directory");
        let Some(packed) = packed.map_err(|error| error.hint(FSCK))? else {
            return Ok(tags);
        };
        let packed: &[u8] = (**packed).as_ref();
        let all_peeled = self.packed_refs_are_peeled();
        let hex = self.inner.object_hash().len_in_hex();
        let full_prefix = format!("{TAGS}{prefix}");
        let mut records = Records::from(packed, hex, full_prefix.as_bytes());
        while let Some(record) = records.next() {
            let unreadable = |cause: anyhow::Error| {
                Error::new(Kind::Repository, "packed-refs in the git directory has a line that is not a ref")
                    .because(cause)
                    .hint("git fsck shows what is damaged; git pack-refs --all rewrites the file")
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
            let id = peeled.unwrap_or(id);
            let id = ObjectId::from_hex(id).map_err(|_| {
                unreadable(anyhow::anyhow!(
                    "'{}', the target of the tag {name}, is not a hash",
                    id.to_str_lossy()
                ))
            })?;
            let id = if peeled.is_some() || all_peeled { id } else { self.peel_tag(id, name)? };
            tags.push(name, &mut chosen, id);
        }
        Ok(tags)
    }

    /// Whether the header of `packed-refs` promises a peeled value for every annotated tag.
    fn packed_refs_are_peeled(&self) -> bool {
        let file = fs::File::open(self.inner.refs.packed_refs_path());
        let mut header = Vec::new();
        let read = file.and_then(|file| file.take(HEADER_MAX).read_to_end(&mut header));
        let line =
            header.lines().next().filter(|line| read.is_ok() && line.starts_with(b"#")).unwrap_or_default();
        line.fields().any(|word| matches!(word, b"peeled" | b"fully-peeled"))
    }

    /// The commit that a tag points at; none if it points at another object.
    ///
    /// # Errors
    /// An object that cannot be read.
    pub fn commit_of(&self, target: TagTarget) -> Result<Option<CommitId>> {
        let header = self.inner.find_header(target.0);
        let header = header.context(Kind::Repository, || unreadable("object", &target.0))?;
        Ok((header.kind() == gix::objs::Kind::Commit).then_some(CommitId(target.0)))
    }

    /// Whether there is a tag called `name`, whatever it points at.
    ///
    /// # Errors
    /// A name that git does not allow (git-check-ref-format(1)), or refs that cannot be read.
    pub fn has_tag(&self, name: &str) -> Result<bool> {
        let full = gix::refs::FullName::try_from(format!("refs/tags/{name}"));
        let full = full.map_err(|cause| {
            // The causes below describe the parser, not the name.
            let cause = cause.to_string();
            Error::new(Kind::Input, format!("git rejects the tag name '{name}'"))
                .because(anyhow::Error::msg(cause))
                .hint("it is made of the tag format (--tag-format, IMGVER_TAG_FORMAT), the service's directory and the version")
        })?;
        let found = self.inner.try_find_reference(full.as_ref());
        Ok(found.context(Kind::Repository, || format!("cannot read the tag {name}"))?.is_some())
    }

    /// The object that the tag called `name` points at, through tags of tags.
    fn peel_tag(&self, id: ObjectId, name: &str) -> Result<ObjectId> {
        let (id, _) = self.peel(id).map_err(|cause| {
            Error::new(Kind::Repository, format!("cannot read the target of the tag {name}"))
                .because(cause)
                .hint(format!(
                    "git fetch --tags --force fetches it again; git tag --delete {name} removes it"
                ))
        })?;
        Ok(id)
    }

    /// Loose refs by their name without `refs/tags/`.
    fn loose_tags(&self, prefix: &str) -> Result<HashMap<String, ObjectId>> {
        let unreadable = || "cannot read a loose ref in refs/tags";
        let broken = |cause: gix::Error| {
            Error::new(Kind::Repository, unreadable())
                .because(cause)
                .hint("git fsck shows what is damaged; git fetch --tags --force fetches tags again")
        };
        let mut loose = HashMap::new();
        let full_prefix = format!("{TAGS}{prefix}");
        // gix refuses prefixes that are not a valid path everywhere (`a.`, `aux/`), though refs may have them.
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
                    let symbolic = self.inner.find_reference(reference.name.as_ref());
                    let id = symbolic.and_then(|mut symbolic| Ok(symbolic.peel_to_id()?.detach()));
                    id.map_err(|cause| {
                        Error::new(
                            Kind::Repository,
                            format!("cannot read what the symbolic ref of the tag {name} names"),
                        )
                        .because(cause)
                        .hint(format!("git symbolic-ref --delete {TAGS}{name} removes it"))
                    })?
                }
            };
            loose.insert(name.to_owned(), id);
        }
        Ok(loose)
    }
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
