//! Single refs, by git's rules (files backend, gitrepository-layout(5)).
//!
//! A loose ref is read before packed-refs, never after: `git pack-refs` writes that file before it deletes loose refs, so what
//! is in neither is in no ref at all, however many run meanwhile.

use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _};

use super::Repository;
use super::packed_refs::PackedRefs;
use crate::error::{Context as _, Kind, Result};

/// How many refs git reads on the way from a symbolic ref to an object.
const DEPTH_MAX: usize = 5;

/// Far more than a ref holds; `FETCH_HEAD`, which may be longer, counts with its first hash.
const CONTENT_MAX: u64 = 1 << 16;

/// Where a ref leads to, through symbolic refs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    /// The full name of the last ref on the way.
    pub(super) name: BString,
    pub(super) end: End,
}

/// What a ref leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// This object, whether it exists or not.
    Object(ObjectId),
    /// There is no ref of that name.
    Missing,
    /// Nothing, and why.
    Broken(String),
    /// Nothing: the content of its file is nothing that git could parse, so that git cannot delete it either.
    Garbled(String),
}

/// What one ref says.
enum Content {
    End(End),
    Symbolic(BString),
}

impl Repository {
    /// Follows the ref `name` (in full) to the object that it names.
    ///
    /// # Errors
    /// Refs that may not be read.
    pub(super) fn resolve_ref(&self, name: &[u8]) -> Result<Resolved> {
        let mut at = BString::from(name);
        for _ in 0..DEPTH_MAX {
            match self.ref_content(at.as_bstr())? {
                Content::Symbolic(target) => at = target,
                Content::End(End::Broken(why) | End::Garbled(why)) if at != name => {
                    let why = format!("it leads to {at}: {why}");
                    return Ok(Resolved { name: at, end: End::Broken(why) });
                }
                Content::End(end) => return Ok(Resolved { name: at, end }),
            }
        }
        let why = format!("symbolic refs form a loop, or a chain of more than {DEPTH_MAX}");
        Ok(Resolved { name: name.into(), end: End::Broken(why) })
    }

    fn ref_content(&self, name: &BStr) -> Result<Content> {
        let unreadable = || format!("cannot read the ref {name}");
        let path = self.ref_path(name);
        let mut found = fs::symlink_metadata(&path);
        if found.as_ref().is_ok_and(fs::Metadata::is_symlink) {
            // Very old versions of git made symbolic refs of symbolic links.
            let target = fs::read_link(&path).map(|target| BString::from(target.as_os_str().as_bytes()));
            match target {
                Ok(target) if target.starts_with(b"refs/") && is_ref_name(&target) => {
                    return Ok(Content::Symbolic(target));
                }
                _ => found = fs::metadata(&path),
            }
        }
        let content = found.and_then(|found| match found.is_dir() {
            true => Err(ErrorKind::IsADirectory.into()),
            // Opening a pipe that nobody writes to would block.
            false if !found.is_file() => Err(ErrorKind::Unsupported.into()),
            false => content_of(&path),
        });
        match content {
            Ok(content) => Ok(self.parse_ref(&content)),
            // There may be refs below a directory, and empty ones remain.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory) => {
                let packed = PackedRefs::read(self)?.find(name)?;
                Ok(Content::End(packed.map_or(End::Missing, End::Object)))
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotADirectory | ErrorKind::InvalidFilename) => {
                Ok(Content::End(End::Missing))
            }
            Err(error) if error.kind() == ErrorKind::Unsupported => Ok(broken("it is not a file")),
            Err(error) => Err(error).context(Kind::Repository, unreadable),
        }
    }

    fn ref_path(&self, name: &[u8]) -> PathBuf {
        let (directory, name) = self.place_of_ref(name);
        directory.join(native(name))
    }

    /// The file of the log of the ref `name` (in full).
    pub(super) fn log_path(&self, name: &[u8]) -> PathBuf {
        let (directory, name) = self.place_of_ref(name);
        directory.join("logs").join(native(name))
    }

    /// The directory that holds the ref `name`, and its path there: each work tree has some of its own (git-worktree(1),
    /// "REFS").
    fn place_of_ref<'n>(&self, name: &'n [u8]) -> (PathBuf, &'n [u8]) {
        let common = || self.inner.common_dir().to_owned();
        if let Some(own) = name.strip_prefix(b"main-worktree/").filter(|own| is_of_work_tree(own)) {
            return (common(), own);
        }
        let other = name.strip_prefix(b"worktrees/").and_then(|rest| rest.split_once_str("/"));
        if let Some((id, own)) = other.filter(|(id, own)| !id.is_empty() && is_of_work_tree(own)) {
            return (common().join("worktrees").join(native(id)), own);
        }
        if is_of_work_tree(name) { (self.inner.git_dir().to_owned(), name) } else { (common(), name) }
    }

    fn parse_ref(&self, content: &[u8]) -> Content {
        let content = content.trim_end();
        if let Some(target) = content.strip_prefix(b"ref:") {
            let target = BString::from(target.trim_start());
            return match is_ref_name(&target) {
                true => Content::Symbolic(target),
                false => broken(&format!("the target '{target}' is not a valid name")),
            };
        }
        let id = content.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
        let garbled = |why: &str| End::Garbled(why.to_owned());
        Content::End(match ObjectId::from_hex(id) {
            Ok(id) if id.kind() != self.inner.object_hash() => garbled(NO_HASH),
            Ok(id) => End::Object(id),
            Err(_) if content.is_empty() => garbled("the file is empty"),
            Err(_) => garbled(NO_HASH),
        })
    }
}

const NO_HASH: &str = "the file has no hash of an object";

/// A ref is replaced by renaming another file over it, so whatever can be opened is whole.
fn content_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    fs::File::open(path)?.take(CONTENT_MAX).read_to_end(&mut content)?;
    Ok(content)
}

fn broken(why: &str) -> Content {
    Content::End(End::Broken(why.to_owned()))
}

fn native(name: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(name))
}

/// Whether each work tree has a ref of this name.
fn is_of_work_tree(name: &[u8]) -> bool {
    let own = ["refs/worktree/", "refs/bisect/", "refs/rewritten/"];
    name.iter().all(|byte| byte.is_ascii_uppercase() || b"-_".contains(byte))
        || own.iter().any(|prefix| name.starts_with(prefix.as_bytes()))
}

/// Whether git accepts `name` as the name of a ref (git-check-ref-format(1)).
pub(super) fn is_ref_name(name: &[u8]) -> bool {
    let is_component = |part: &[u8]| !part.is_empty() && !part.ends_with(b".lock") && !part.starts_with(b".");
    let is_forbidden = |byte: &u8| *byte <= b' ' || b"~^:?[\\*\x7f".contains(byte);
    let mut components = name.split(|&byte| byte == b'/');
    name != b"@"
        && !name.ends_with(b".")
        && !name.iter().any(is_forbidden)
        && !name.contains_str("..")
        && !name.contains_str("@{")
        && components.all(is_component)
}
