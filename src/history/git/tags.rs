//! Reading tags: loose refs first, then packed ones (see [`super::refs`]).

use std::cell::OnceCell;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use gix::bstr::ByteSlice as _;
use gix::objs::Kind as ObjectKind;
use gix::validate::reference;
use gix::{ObjectId, oid};

use super::objects::Peeled;
use super::pack_index::PackIndices;
use super::packed_refs::PackedRefs;
use super::refs::{End, Resolved};
use super::{CommitId, FSCK, Repository, TagTarget, unreadable};
use crate::display::shell_word;
use crate::error::{Error, Kind, Result};

const TAGS: &str = "refs/tags/";

/// Selected tags, unordered.
#[derive(Debug)]
pub struct Tags<T> {
    names: String,
    tags: Vec<Tag<T>>,
    broken: Vec<(BrokenTag, T)>,
}

#[derive(Debug)]
struct Tag<T> {
    name: Range<u32>,
    chosen: T,
    /// What the ref itself names: `target`, or a tag object.
    object: ObjectId,
    target: TagTarget,
}

/// A tag that names no object of the repository, which git ignores with a warning.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BrokenTag {
    /// Its name, without `refs/tags/`.
    pub name: String,
    /// What is wrong with it.
    pub why: String,
    /// The command that removes it.
    pub removal: String,
}

impl fmt::Display for BrokenTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BrokenTag { name, why, removal } = self;
        write!(
            f,
            "the tag {name} is broken, and ignored as git ignores it: {why} ({removal} removes it, git fetch --tags gets it again)"
        )
    }
}

/// Some of the selected tags that turned out to be broken.
#[derive(Debug, Default)]
pub struct BrokenTags(Vec<(usize, BrokenTag)>);

impl BrokenTags {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for Tags<T> {
    /// No tags.
    fn default() -> Self {
        Tags { names: String::new(), tags: Vec::new(), broken: Vec::new() }
    }
}

impl<T> Tags<T> {
    pub(super) fn len(&self) -> usize {
        self.tags.len()
    }

    /// The name (without `refs/tags/`) of the tag at `position`, and what it was selected for.
    pub(super) fn get(&self, position: usize) -> Option<(&str, &T)> {
        let tag = self.tags.get(position)?;
        Some((self.names.get(tag.name.start as usize..tag.name.end as usize)?, &tag.chosen))
    }

    /// What each points at, in order of position.
    pub(super) fn targets(&self) -> impl Iterator<Item = TagTarget> {
        self.tags.iter().map(|tag| tag.target)
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

    /// The tags that were selected, but that git ignores, each with what it was selected for. They are not among the others.
    pub fn broken(&self) -> impl Iterator<Item = (&BrokenTag, &T)> {
        self.broken.iter().map(|(tag, chosen)| (tag, chosen))
    }

    /// Ignores those that turned out to be `broken`.
    pub fn ignore(&mut self, broken: BrokenTags) {
        // From the last one on, so that the positions of those that are left stay right.
        for (position, tag) in broken.0.into_iter().rev() {
            self.broken.push((tag, self.tags.swap_remove(position).chosen));
        }
    }

    fn push_broken(&mut self, tag: &BrokenTag, chosen: &mut Vec<T>) {
        self.broken.extend(chosen.drain(..).map(|chosen| (tag.clone(), chosen)));
    }

    fn push(&mut self, name: &str, chosen: &mut Vec<T>, object: ObjectId, target: ObjectId) {
        // A packed-refs file with 4 GiB of names could not be read in the first place.
        let start = self.names.len() as u32;
        self.names.push_str(name);
        let name = start..self.names.len() as u32;
        let tag = |chosen| Tag { name: name.clone(), chosen, object, target: TagTarget(target) };
        self.tags.extend(chosen.drain(..).map(tag));
    }
}

impl Repository {
    /// The tags whose name (without `refs/tags/`) begins with `prefix`. `select` gets each name and a list to fill with what
    /// the tag is selected for; the result has the tag once for each of these.
    ///
    /// Names that are not UTF-8 are skipped: no service has such a name. Of tags that are not selected nothing is read. Objects
    /// are read only for loose refs, and where `packed-refs` does not promise peeled values.
    ///
    /// # Errors
    /// Refs that cannot be read.
    pub fn tags<T>(&self, prefix: &str, mut select: impl FnMut(&str, &mut Vec<T>)) -> Result<Tags<T>> {
        let mut tags = Tags::default();
        let mut chosen = Vec::new();
        let mut loose = HashSet::new();
        for name in self.loose_refs(TAGS, prefix)? {
            select(&name, &mut chosen);
            if chosen.is_empty() {
                continue;
            }
            let full = format!("{TAGS}{name}");
            let Resolved { name: last, end } = self.resolve_ref(full.as_bytes())?;
            match end {
                // It was deleted, or packed, since it was listed.
                End::Missing if last == full => {
                    chosen.clear();
                    continue;
                }
                End::Missing => {
                    let why = format!("it leads to {last}, which does not exist");
                    tags.push_broken(&broken_tag(&name, why), &mut chosen);
                }
                End::Broken(why) => tags.push_broken(&broken_tag(&name, why), &mut chosen),
                End::Garbled(why) => {
                    let file = self.inner.common_dir().join(TAGS).join(&name);
                    let removal = format!("rm {}", shell_word(&file.to_string_lossy()));
                    tags.push_broken(&BrokenTag { name: name.clone(), why, removal }, &mut chosen);
                }
                End::Object(id) if id.is_null() => {
                    tags.push_broken(&broken_tag(&name, "the hash is all zeros".to_owned()), &mut chosen);
                }
                End::Object(id) => self.add_tag(&mut tags, &name, &mut chosen, id)?,
            }
            loose.insert(name);
        }
        let packed = PackedRefs::read(self)?;
        let all_peeled = self.packed_refs_are_peeled();
        let full_prefix = format!("{TAGS}{prefix}");
        for packed in packed.from(full_prefix.as_bytes()) {
            let packed = packed?;
            if !packed.name.starts_with(full_prefix.as_bytes()) {
                break;
            }
            let Some(name) = packed.name.strip_prefix(TAGS.as_bytes()) else { continue };
            let Ok(name) = name.to_str() else { continue };
            select(name, &mut chosen);
            if chosen.is_empty() {
                continue;
            }
            if loose.contains(name) {
                chosen.clear();
                continue;
            }
            let id = packed.id()?;
            match packed.peeled()? {
                Some(target) => tags.push(name, &mut chosen, id, target),
                None if all_peeled => tags.push(name, &mut chosen, id, id),
                None => self.add_tag(&mut tags, name, &mut chosen, id)?,
            }
        }
        Ok(tags)
    }

    /// Adds the tag called `name` of the object `id`, unless that is missing.
    fn add_tag<T>(&self, tags: &mut Tags<T>, name: &str, chosen: &mut Vec<T>, id: ObjectId) -> Result<()> {
        let peeled = self.peel(id).map_err(|cause| {
            Error::new(Kind::Repository, format!("cannot read the target of the tag {name}"))
                .because(cause)
                .hint(FSCK)
                .hint(format!("git tag --delete {name} removes the tag"))
        })?;
        match peeled {
            Peeled::Object(target, _) => tags.push(name, chosen, id, target),
            Peeled::Missing(missing) => {
                self.refuse_damage(&missing)?;
                tags.push_broken(&missing_target(name, &missing), chosen);
            }
            Peeled::Malformed(id) => {
                tags.push_broken(&broken_tag(name, format!("the tag object {id} is malformed")), chosen);
            }
        }
        Ok(())
    }

    /// Those of `tags` that git ignores, as far as `matters` says that it matters: [`Repository::tags`] does not look for the
    /// objects that packed tags name.
    ///
    /// # Errors
    /// An object that exists but cannot be read.
    pub fn broken_tags<T>(
        &self,
        tags: &Tags<T>,
        mut matters: impl FnMut(&str, &T) -> bool,
    ) -> Result<BrokenTags> {
        let indices = OnceCell::new();
        let is_packed = |id: &oid| indices.get_or_init(|| PackIndices::open(self)).contain(id);
        let mut broken = Vec::new();
        for (position, tag) in tags.tags.iter().enumerate() {
            let Some((name, chosen)) = tags.get(position) else { continue };
            if !matters(name, chosen) {
                continue;
            }
            let full = format!("{TAGS}{name}");
            if reference::name(full.as_bytes().as_bstr()).is_err() {
                broken.push((position, broken_tag(name, "git rejects its name".to_owned())));
                continue;
            }
            for id in [tag.object, tag.target.0] {
                if !is_packed(&id) && self.kind(id)?.is_none() {
                    self.refuse_damage(&id)?;
                    broken.push((position, missing_target(name, &id)));
                    break;
                }
            }
        }
        Ok(BrokenTags(broken))
    }

    /// Refuses to take a tag for broken because of `missing`, its commit, if the commit-graph has that: it was here, and so it
    /// is not the tag that is damaged.
    fn refuse_damage(&self, missing: &oid) -> Result<()> {
        match self.commit_graph()? {
            Some(graph) if graph.lookup(missing).is_some() => {
                Err(Error::new(Kind::Repository, unreadable("commit", missing))
                    .because(anyhow::Error::msg("the commit-graph has it, but the object database does not"))
                    .hint(FSCK))
            }
            _ => Ok(()),
        }
    }

    /// The commit that a tag points at; none if it points at another object.
    ///
    /// # Errors
    /// An object that cannot be read.
    pub fn commit_of(&self, target: TagTarget) -> Result<Option<CommitId>> {
        let kind = self.kind(target.0)?;
        Ok((kind == Some(ObjectKind::Commit)).then_some(CommitId(target.0)))
    }

    /// Whether there is a tag called `name`, whatever it points at, broken ones included.
    ///
    /// # Errors
    /// A name that git does not allow (git-check-ref-format(1)), or refs that cannot be read.
    pub fn has_tag(&self, name: &str) -> Result<bool> {
        let full = format!("{TAGS}{name}");
        if let Err(cause) = reference::name(full.as_bytes().as_bstr()) {
            // The causes below describe the parser, not the name.
            let cause = cause.to_string();
            return Err(Error::new(Kind::Input, format!("git rejects the tag name '{name}'"))
                .because(anyhow::Error::msg(cause))
                .hint("it is made of the tag format (tag-format in imgver.yaml, --tag-format, IMGVER_TAG_FORMAT), the service's directory and the version"));
        }
        let found = self.resolve_ref(full.as_bytes())?;
        Ok(found.end != End::Missing || found.name != full)
    }
}

fn broken_tag(name: &str, why: String) -> BrokenTag {
    // git tag --delete refuses those that it cannot follow.
    let removal = format!("git update-ref --no-deref -d {}", shell_word(&format!("{TAGS}{name}")));
    BrokenTag { name: name.to_owned(), why, removal }
}

fn missing_target(name: &str, id: &gix::oid) -> BrokenTag {
    broken_tag(name, format!("the object {id} does not exist"))
}
