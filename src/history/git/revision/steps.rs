//! The suffixes of a revision: `~N`, `^N`, `^{TYPE}`, `^{/TEXT}`.

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::Kind as ObjectKind;

use super::{Resolver, Wanted};
use crate::error::{Context as _, Kind, Result};
use crate::history::git::{CommitId, unreadable};

/// A step from one object to another.
enum Step<'t> {
    /// `^N`: a parent by number; the commit itself for 0.
    Parent(usize),
    /// `~N`: so many first parents back.
    Ancestor(usize),
    /// `^{TYPE}` and `^{/TEXT}`.
    Peel(Target<'t>),
    /// A number that no commit has.
    Never,
}

/// What a `^{…}` leads to.
#[derive(Clone, Copy)]
enum Target<'t> {
    /// `^{}`: the first object that is not a tag.
    NoTag,
    /// `^{object}`: any that exists.
    Object,
    Kind(ObjectKind),
    /// `^{/TEXT}`: the newest commit whose message matches.
    Message(&'t [u8]),
}

impl Target<'_> {
    /// What an abbreviated hash before it is taken for.
    fn wanted(self) -> Wanted {
        match self {
            Target::Kind(ObjectKind::Commit) | Target::Message(_) => Wanted::Committish,
            Target::Kind(ObjectKind::Tree) => Wanted::Treeish,
            _ => Wanted::Any,
        }
    }
}

impl Resolver<'_> {
    /// The object that `name` stands for.
    ///
    /// The suffixes are taken off from the end and then followed from the start: there may be thousands.
    pub(super) fn lookup(&self, name: &[u8], wanted: Wanted) -> Result<Option<ObjectId>> {
        let (mut rest, mut wanted, mut steps) = (name, wanted, Vec::new());
        while let Some((before, step)) = last_step(rest) {
            wanted = match &step {
                Step::Peel(target) => target.wanted(),
                Step::Parent(_) | Step::Ancestor(_) | Step::Never => Wanted::Committish,
            };
            steps.push((step, rest));
            rest = before;
        }
        let mut found = self.name(rest, wanted)?;
        while let Some((step, whole)) = steps.pop() {
            let next = match (found, &step) {
                (None, _) | (_, Step::Never) => None,
                (Some(id), Step::Parent(number)) => self.parent(id, *number)?,
                (Some(id), Step::Ancestor(number)) => self.ancestor(id, *number)?,
                (Some(id), Step::Peel(target)) => self.target(id, *target)?,
            };
            found = match step {
                // git tries the whole as a name then; of the names, only `@{-N}` goes on behind its brace.
                Step::Peel(_) if next.is_none() && whole.starts_with(b"@{-") => self.name(whole, wanted)?,
                _ => next,
            };
        }
        Ok(found)
    }

    fn parent(&self, id: ObjectId, number: usize) -> Result<Option<ObjectId>> {
        let Some(commit) = self.commit(id)? else { return Ok(None) };
        let Some(index) = number.checked_sub(1) else { return Ok(Some(commit.id)) };
        if let Some(parent) = commit.parents.get(index) {
            return Ok(Some(*parent));
        }
        Ok(self.absent(match commit.parents.len() {
            0 => format!("the commit {} has no parent in this clone", commit.id),
            1 => format!("the commit {} has only one parent", commit.id),
            count => format!("the commit {} has only {count} parents", commit.id),
        }))
    }

    fn ancestor(&self, id: ObjectId, number: usize) -> Result<Option<ObjectId>> {
        let Some(mut commit) = self.commit(id)? else { return Ok(None) };
        let start = commit.id;
        for made in 0..number {
            let parent = match commit.parents.first() {
                Some(&parent) => self.commit(parent)?,
                None => None,
            };
            let Some(parent) = parent else {
                let plural = if made == 1 { "" } else { "s" };
                return Ok(self.absent(format!(
                    "the commit {start} has {made} first-parent ancestor{plural} in this clone"
                )));
            };
            commit = parent;
        }
        Ok(Some(commit.id))
    }

    fn target(&self, id: ObjectId, target: Target<'_>) -> Result<Option<ObjectId>> {
        match target {
            Target::Object => Ok(self.repository.kind(id)?.map(|_| id)),
            Target::Kind(kind) if self.repository.kind(id)? == Some(kind) => Ok(Some(id)),
            Target::NoTag | Target::Kind(_) => {
                let Some((id, found)) = self.peeled(id)? else { return Ok(None) };
                match target {
                    Target::NoTag => Ok(Some(id)),
                    Target::Kind(kind) if kind == found => Ok(Some(id)),
                    Target::Kind(ObjectKind::Tree) if found == ObjectKind::Commit => self.tree(id).map(Some),
                    Target::Kind(kind) => Ok(self.absent(format!("{id} is a {found}, not a {kind}"))),
                    Target::Object | Target::Message(_) => Ok(None),
                }
            }
            Target::Message(text) => match self.commit(id)? {
                Some(commit) => self.newest_matching(commit, text),
                None => Ok(None),
            },
        }
    }

    fn tree(&self, id: ObjectId) -> Result<ObjectId> {
        let unreadable = || unreadable("commit", &id);
        self.repository.tree_of(CommitId(id)).context(Kind::Repository, unreadable)
    }
}

/// The last suffix of `name`, and what is before it.
fn last_step(name: &[u8]) -> Option<(&[u8], Step<'_>)> {
    let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (head, digits) = name.split_at(name.len() - digits);
    match head.split_last() {
        Some((sign @ (b'^' | b'~'), before)) => {
            let number = std::str::from_utf8(digits).ok().map(|digits| match digits {
                "" => Some(1),
                // git counts parents and generations in an `int`.
                digits => digits.parse::<i32>().ok().and_then(|number| usize::try_from(number).ok()),
            });
            let step = match (number.flatten(), sign) {
                (Some(number), b'^') => Step::Parent(number),
                (Some(number), _) => Step::Ancestor(number),
                (None, _) => Step::Never,
            };
            Some((before, step))
        }
        _ => last_peel(name),
    }
}

fn last_peel(name: &[u8]) -> Option<(&[u8], Step<'_>)> {
    let inner = name.strip_suffix(b"}")?;
    let open = inner.rfind(b"^{").filter(|&open| open > 0)?;
    let (before, inner) = (name.get(..open)?, inner.get(open + 2..)?);
    let whole = name.get(open + 2..)?;
    let target = match inner {
        b"" => Target::NoTag,
        [b'/', text @ ..] => Target::Message(text),
        // git compares only the beginning, so that more may follow.
        _ if whole.starts_with(b"commit}") => Target::Kind(ObjectKind::Commit),
        _ if whole.starts_with(b"tag}") => Target::Kind(ObjectKind::Tag),
        _ if whole.starts_with(b"tree}") => Target::Kind(ObjectKind::Tree),
        _ if whole.starts_with(b"blob}") => Target::Kind(ObjectKind::Blob),
        _ if whole.starts_with(b"object}") => Target::Object,
        _ if whole.starts_with(b"}") => Target::NoTag,
        _ => return None,
    };
    Some((before, Step::Peel(target)))
}
