//! Single refs, by git's rules (files backend, gitrepository-layout(5)).
//!
//! A loose ref is read before packed-refs, never after: `git pack-refs` writes that file before it deletes loose refs, so what
//! is in neither is in no ref at all, however many run meanwhile.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::PathBuf;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::validate::reference;

use super::Repository;
use super::packed_refs::PackedRefs;
use crate::error::{Context as _, Kind, Result};

/// How many refs git reads on the way from a symbolic ref to an object.
const DEPTH_MAX: usize = 5;

/// No ref is longer: a name has at most as many bytes as a path.
const CONTENT_MAX: u64 = 1 << 16;

/// Where a ref leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    /// To this object, whether it exists or not.
    Object(ObjectId),
    /// There is no ref of this name: the one asked for, or the last of a chain of symbolic refs.
    Missing(String),
    /// Nowhere, and why.
    Broken(String),
    /// Nowhere: the content of its file is nothing that git could parse, so that git cannot delete it either.
    Garbled(String),
}

/// What one ref says.
enum Content {
    Missing,
    Object(ObjectId),
    Symbolic(String),
    Broken(String),
    Garbled(String),
}

impl Repository {
    /// Follows the ref `name` (in full) to the object that it names.
    ///
    /// # Errors
    /// Refs that may not be read.
    pub(super) fn resolve_ref(&self, name: &str) -> Result<Resolved> {
        let mut at = name.to_owned();
        for _ in 0..DEPTH_MAX {
            match self.ref_content(&at)? {
                Content::Missing => return Ok(Resolved::Missing(at)),
                Content::Object(id) => return Ok(Resolved::Object(id)),
                Content::Broken(why) if at == name => return Ok(Resolved::Broken(why)),
                Content::Garbled(why) if at == name => return Ok(Resolved::Garbled(why)),
                Content::Broken(why) | Content::Garbled(why) => {
                    return Ok(Resolved::Broken(format!("it leads to {at}: {why}")));
                }
                Content::Symbolic(target) => at = target,
            }
        }
        let why = format!("symbolic refs form a loop, or a chain of more than {DEPTH_MAX}");
        Ok(Resolved::Broken(why))
    }

    /// The last name in the chain that begins at the symbolic ref `name`; none where there is no such ref, it is not symbolic,
    /// or it leads nowhere.
    ///
    /// # Errors
    /// As [`Repository::resolve_ref`].
    pub(super) fn symbolic_target(&self, name: &str) -> Result<Option<String>> {
        let mut at = name.to_owned();
        for _ in 0..DEPTH_MAX {
            match self.ref_content(&at)? {
                Content::Symbolic(target) => at = target,
                _ => return Ok((at != name).then_some(at)),
            }
        }
        Ok(None)
    }

    fn ref_content(&self, name: &str) -> Result<Content> {
        let unreadable = || format!("cannot read the ref {name}");
        let path = self.ref_path(name);
        // A ref is replaced by renaming another file over it, so whatever can be opened is whole.
        let opened = fs::File::open(&path).and_then(|file| {
            let mut content = Vec::new();
            file.take(CONTENT_MAX).read_to_end(&mut content)?;
            Ok(content)
        });
        match opened {
            Ok(content) => Ok(self.parse_ref(&content)),
            // There may be refs below a directory, and empty ones remain.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory) => {
                // Very old versions of git made symbolic refs of symbolic links.
                if let Ok(target) = fs::read_link(&path) {
                    return Ok(symbolic(target.as_os_str().as_encoded_bytes()));
                }
                let packed = PackedRefs::read(self)?;
                Ok(packed.find(name)?.map_or(Content::Missing, Content::Object))
            }
            Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(Content::Missing),
            Err(error) => Err(error).context(Kind::Repository, unreadable),
        }
    }

    /// Refs below `refs/` are shared by all work trees, except for these (git-worktree(1)).
    fn ref_path(&self, name: &str) -> PathBuf {
        const OWN: [&str; 3] = ["refs/bisect/", "refs/worktree/", "refs/rewritten/"];
        let is_shared = name.starts_with("refs/") && !OWN.iter().any(|own| name.starts_with(own));
        let directory = if is_shared { self.inner.common_dir() } else { self.inner.git_dir() };
        directory.join(name)
    }

    fn parse_ref(&self, content: &[u8]) -> Content {
        let content = content.trim_end();
        if let Some(target) = content.strip_prefix(b"ref:") {
            return symbolic(target.trim_start());
        }
        let id = content.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
        match ObjectId::from_hex(id) {
            Ok(id) if id.kind() != self.inner.object_hash() => Content::Garbled(NO_HASH.to_owned()),
            Ok(id) if id.is_null() => Content::Broken("the hash is all zeros".to_owned()),
            Ok(id) => Content::Object(id),
            Err(_) if content.is_empty() => Content::Garbled("the file is empty".to_owned()),
            Err(_) => Content::Garbled(NO_HASH.to_owned()),
        }
    }
}

fn symbolic(target: &[u8]) -> Content {
    match target.to_str() {
        Ok(name) if reference::name(target.as_bstr()).is_ok() => Content::Symbolic(name.to_owned()),
        _ => Content::Broken(format!("the target '{}' is not a valid name", target.to_str_lossy())),
    }
}

const NO_HASH: &str = "the file has no hash of an object";
