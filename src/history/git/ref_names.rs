//! The names of many refs, without what they lead to.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use gix::bstr::ByteSlice as _;

use super::Repository;
use super::packed_refs::PackedRefs;
use crate::error::{Context as _, Kind, Result};

/// Where branches are.
const BRANCHES: &str = "refs/heads/";

/// Where tags are.
const TAGS: &str = "refs/tags/";

/// Where remote-tracking branches are.
const REMOTES: &str = "refs/remotes/";

impl Repository {
    /// The branches whose name begins with `prefix`, sorted: local ones, then those of remotes. Some may lead to nothing.
    ///
    /// # Errors
    /// Refs that cannot be listed.
    pub fn branch_names(&self, prefix: &str) -> Result<Vec<String>> {
        let mut names = self.ref_names(BRANCHES, prefix)?;
        // That of a remote is but a name for another one.
        let remote = self.ref_names(REMOTES, prefix)?;
        names.extend(remote.into_iter().filter(|name| !name.ends_with("/HEAD")));
        Ok(names)
    }

    /// The tags whose name begins with `prefix`, sorted, whatever they lead to.
    ///
    /// # Errors
    /// Refs that cannot be listed.
    pub fn tag_names(&self, prefix: &str) -> Result<Vec<String>> {
        self.ref_names(TAGS, prefix)
    }

    /// The names of the refs in `namespace` (`refs/tags/`) that begin with `prefix`, without the namespace, sorted. Names that
    /// are not UTF-8 are skipped.
    fn ref_names(&self, namespace: &str, prefix: &str) -> Result<Vec<String>> {
        let mut names = self.loose_refs(namespace, prefix)?;
        let packed = PackedRefs::read(self)?;
        let first = format!("{namespace}{prefix}");
        for packed in packed.from(first.as_bytes()) {
            let packed = packed?;
            if !packed.name.starts_with(first.as_bytes()) {
                break;
            }
            let name = packed.name.strip_prefix(namespace.as_bytes()).and_then(|name| name.to_str().ok());
            names.extend(name.map(ToOwned::to_owned));
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// As [`Repository::ref_names`], for loose refs alone and unordered.
    pub(super) fn loose_refs(&self, namespace: &str, prefix: &str) -> Result<Vec<String>> {
        let (directory, _) = prefix.rsplit_once('/').unwrap_or_default();
        let root = self.inner.common_dir().join(namespace);
        let mut found = Vec::new();
        let mut directories = vec![directory.to_owned()];
        while let Some(directory) = directories.pop() {
            list_directory(&root, &directory, prefix, &mut directories, &mut found)
                .context(Kind::Repository, || {
                    format!("cannot list the loose refs in {namespace}{directory}")
                })?;
        }
        Ok(found)
    }
}

/// Adds the directories and the refs in `directory` (below `root`) whose name may begin, or begins, with `prefix`.
fn list_directory(
    root: &Path,
    directory: &str,
    prefix: &str,
    directories: &mut Vec<String>,
    refs: &mut Vec<String>,
) -> std::io::Result<()> {
    let entries = match fs::read_dir(root.join(directory)) {
        Ok(entries) => entries,
        // git deletes a directory with the last ref in it.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        // What git never takes for a ref (git-check-ref-format(1)), such as a lock.
        if name.starts_with('.') || name.ends_with(".lock") {
            continue;
        }
        let path = if directory.is_empty() { name } else { format!("{directory}/{name}") };
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => directories.push(path),
            _ if path.starts_with(prefix) => refs.push(path),
            _ => {}
        }
    }
    Ok(())
}
