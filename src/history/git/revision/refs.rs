//! Refs by their full name, as the `files` backend of git keeps them (gitrepository-layout(5)).

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::ByteSlice as _;

use super::Resolver;
use crate::error::{Context as _, Kind, Result};
use crate::history::git::packed_refs::PackedRefs;

/// How many files git reads on the way through symbolic refs.
const DEPTH_MAX: usize = 5;

/// Far more than a ref holds; `FETCH_HEAD`, which may be longer, counts with its first hash.
const SIZE_MAX: u64 = 1 << 16;

/// The ref that a name leads to.
pub(super) struct Ref {
    /// Its full name, behind all symbolic refs.
    pub(super) name: Vec<u8>,
    pub(super) id: ObjectId,
}

/// The content of a ref.
enum Content {
    Object(ObjectId),
    Symbolic(Vec<u8>),
}

impl Resolver<'_> {
    /// The ref called `name` in full, behind symbolic refs; none if there is none, or none that git accepts.
    pub(super) fn full_ref(&self, name: &[u8]) -> Result<Option<Ref>> {
        let mut name = name.to_owned();
        if !is_ref_name(&name) {
            return Ok(None);
        }
        for _ in 0..DEPTH_MAX {
            match self.content(&name)? {
                None => return Ok(None),
                Some(Content::Object(id)) => return Ok(Some(Ref { name, id })),
                Some(Content::Symbolic(target)) if is_ref_name(&target) => name = target,
                Some(Content::Symbolic(_)) => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The branch that `HEAD` is on, whether or not it has a commit.
    pub(super) fn current_branch(&self) -> Result<Option<Vec<u8>>> {
        let mut name = b"HEAD".to_vec();
        for _ in 0..DEPTH_MAX {
            match self.content(&name)? {
                Some(Content::Symbolic(target)) if is_ref_name(&target) => name = target,
                Some(Content::Symbolic(_)) => return Ok(None),
                _ => break,
            }
        }
        Ok(name.strip_prefix(b"refs/heads/").map(ToOwned::to_owned))
    }

    fn content(&self, name: &[u8]) -> Result<Option<Content>> {
        let path = self.path_of(name);
        let found = match fs::symlink_metadata(&path) {
            // The ref may have been packed between two looks, never the other way round.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return self.packed(name),
            Err(_) => return Ok(None),
            Ok(found) => found,
        };
        if found.is_symlink() {
            let target = fs::read_link(&path).ok();
            let target = target.map(|target| target.into_os_string().into_encoded_bytes());
            if let Some(target) = target.filter(|target| target.starts_with(b"refs/") && is_ref_name(target))
            {
                return Ok(Some(Content::Symbolic(target)));
            }
        }
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => self.packed(name),
            // Reading a pipe that nobody writes to would block.
            Ok(found) if found.is_file() => {
                let Ok(file) = fs::File::open(&path) else { return self.packed(name) };
                let mut text = Vec::new();
                Ok(file.take(SIZE_MAX).read_to_end(&mut text).ok().and_then(|_| self.parse(&text)))
            }
            _ => Ok(None),
        }
    }

    fn parse(&self, text: &[u8]) -> Option<Content> {
        let text = text.trim_ascii_end();
        if let Some(target) = text.strip_prefix(b"ref:") {
            return Some(Content::Symbolic(target.trim_ascii_start().to_owned()));
        }
        let (hash, rest) = text.split_at_checked(self.hash_length())?;
        let ends = rest.first().is_none_or(u8::is_ascii_whitespace);
        ObjectId::from_hex(hash).ok().filter(|_| ends).map(Content::Object)
    }

    fn packed(&self, name: &[u8]) -> Result<Option<Content>> {
        if !name.starts_with(b"refs/") {
            return Ok(None);
        }
        let Ok(name) = std::str::from_utf8(name) else { return Ok(None) };
        let found = PackedRefs::read(self.repository)?.find(name)?;
        Ok(found.map(Content::Object))
    }

    /// The log of the ref called `name` in full, if it has one.
    pub(super) fn log(&self, name: &[u8]) -> Result<Option<Vec<u8>>> {
        let (directory, name) = self.place(name);
        let path = directory.join("logs").join(native(name));
        if !fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
            return Ok(None);
        }
        fs::read(&path).map(Some).context(Kind::Repository, || format!("cannot read {}", path.display()))
    }

    fn path_of(&self, name: &[u8]) -> PathBuf {
        let (directory, name) = self.place(name);
        directory.join(native(name))
    }

    /// The directory that holds the ref called `name`, and its path there: each work tree has some of its own
    /// (git-worktree(1), "REFS").
    fn place<'n>(&self, name: &'n [u8]) -> (PathBuf, &'n [u8]) {
        let inner = &self.repository.inner;
        let common = || inner.common_dir().to_owned();
        if let Some(own) = name.strip_prefix(b"main-worktree/").filter(|own| is_of_work_tree(own)) {
            return (common(), own);
        }
        let other = name.strip_prefix(b"worktrees/").and_then(|rest| rest.split_once_str("/"));
        if let Some((id, own)) = other.filter(|(id, own)| !id.is_empty() && is_of_work_tree(own)) {
            return (common().join("worktrees").join(native(id)), own);
        }
        if is_of_work_tree(name) { (inner.git_dir().to_owned(), name) } else { (common(), name) }
    }

    pub(super) fn hash_length(&self) -> usize {
        self.repository.inner.object_hash().len_in_hex()
    }
}

fn native(name: &[u8]) -> &Path {
    Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(name))
}

/// Whether each work tree has a ref of this name.
fn is_of_work_tree(name: &[u8]) -> bool {
    let own = ["refs/worktree/", "refs/bisect/", "refs/rewritten/"];
    name.iter().all(|byte| byte.is_ascii_uppercase() || b"-_".contains(byte))
        || own.iter().any(|prefix| name.starts_with(prefix.as_bytes()))
}

/// Whether git accepts `name` as the name of a ref (git-check-ref-format(1)).
fn is_ref_name(name: &[u8]) -> bool {
    let is_component = |part: &[u8]| {
        let text = part.strip_suffix(b".lock").unwrap_or(part);
        !part.is_empty() && text.len() == part.len() && !part.starts_with(b".")
    };
    let is_forbidden = |byte: &u8| *byte <= b' ' || b"~^:?[\\*\x7f".contains(byte);
    let mut components = name.split(|&byte| byte == b'/');
    name != b"@"
        && !name.ends_with(b".")
        && !name.iter().any(is_forbidden)
        && !name.contains_str("..")
        && !name.contains_str("@{")
        && components.all(is_component)
}
