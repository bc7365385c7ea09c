//! Files in the work tree that git neither tracks nor ignores, as `git status --untracked-files=all` lists them, whatever
//! settings hide.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::index::AccelerateLookup;
use gix::index::entry::Mode;

use super::Repository;
use super::ignore::IgnoreRules;
use crate::error::{Context as _, Kind, Result};

impl Repository {
    /// The untracked files in `directory` (the empty string is the root) that `select` accepts, sorted, as paths from the root
    /// of the work tree. A repository of its own among them is one path that ends with a slash. Empty in a bare repository.
    ///
    /// # Errors
    /// A directory, the index or ignore rules that cannot be read.
    pub fn untracked_files(
        &self,
        directory: &str,
        select: impl FnMut(&[u8]) -> bool,
    ) -> Result<Vec<Vec<u8>>> {
        let unknown = || format!("cannot determine the untracked files in {}", shown(directory));
        let Some(root) = self.workdir() else { return Ok(Vec::new()) };
        let index = self.index()?;
        let ignores_case = self.inner.config_snapshot().boolean("core.ignoreCase") == Some(true);
        let walk = Walk {
            repository: self,
            root,
            index,
            rules: IgnoreRules::new(self, root, true)?,
            any_case: ignores_case.then(|| index.prepare_icase_backing()),
            select,
        };
        let found = walk.run(directory).context(Kind::Repository, unknown);
        found.map_err(|error| error.hint("git status --untracked-files=all shows what git says"))
    }
}

fn shown(directory: &str) -> &str {
    if directory.is_empty() { "the work tree" } else { directory }
}

struct Walk<'r, F> {
    repository: &'r Repository,
    root: &'r Path,
    index: &'r gix::index::File,
    rules: IgnoreRules<'r>,
    /// The index as it is searched where case does not count.
    any_case: Option<AccelerateLookup<'r>>,
    select: F,
}

impl<F: FnMut(&[u8]) -> bool> Walk<'_, F> {
    fn run(mut self, directory: &str) -> anyhow::Result<Vec<Vec<u8>>> {
        let mut found = Vec::new();
        if self.rules.exclude(directory.into(), true)? {
            return Ok(found);
        }
        let begin = if directory.is_empty() { BString::default() } else { format!("{directory}/").into() };
        let mut directories = vec![begin];
        while let Some(directory) = directories.pop() {
            for entry in self.entries(directory.as_bstr())? {
                let entry = entry?;
                let (name, kind) = (entry.file_name(), entry.file_type()?);
                let mut path = directory.clone();
                path.extend_from_slice(name.as_bytes());
                // Pipes and devices are nothing to git, nor is what it keeps for itself.
                if name == ".git" || !(kind.is_dir() || kind.is_file() || kind.is_symlink()) {
                    continue;
                }
                if !kind.is_dir() {
                    let is_new = !self.is_tracked(path.as_bstr())?;
                    if is_new && !self.rules.exclude_itself(path.as_bstr(), false)? && (self.select)(&path) {
                        found.push(path.into());
                    }
                    continue;
                }
                if self.is_submodule(path.as_bstr()) {
                    if self.is_repository(path.as_bstr()) {
                        found.extend(self.found_within(path.as_bstr())?);
                    }
                    continue;
                }
                if self.rules.exclude_itself(path.as_bstr(), true)? {
                    continue;
                }
                path.push(b'/');
                if !self.is_repository(path.as_bstr())
                    || self.index.prefixed_entries(path.as_bstr()).is_some()
                {
                    directories.push(path);
                } else if self.holds_selected(path.as_bstr())? {
                    found.push(path.into());
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// The entries of `directory`; none where it is gone.
    fn entries(
        &self,
        directory: &BStr,
    ) -> io::Result<impl Iterator<Item = io::Result<fs::DirEntry>> + use<F>> {
        match fs::read_dir(self.on_disk(directory)) {
            Ok(entries) => Ok(Some(entries).into_iter().flatten()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None.into_iter().flatten()),
            Err(error) => Err(error),
        }
    }

    fn on_disk(&self, path: &BStr) -> PathBuf {
        self.root.join(gix::path::from_bstr(path).unwrap_or_default())
    }

    fn is_tracked(&self, path: &BStr) -> anyhow::Result<bool> {
        // In any stage: a conflict is no untracked file.
        let first = self.index.prefixed_entries(path).and_then(<[_]>::first);
        let is_there = first.is_some_and(|entry| entry.path(self.index) == path)
            || self
                .any_case
                .as_ref()
                .is_some_and(|lookup| self.index.entry_by_path_icase(path, true, lookup).is_some());
        let Ok(name) = path.to_str() else { return Ok(is_there) };
        Ok(is_there || self.repository.in_collapsed(self.index, name)?.is_some())
    }

    fn is_submodule(&self, path: &BStr) -> bool {
        let first = self.index.prefixed_entries(path).and_then(<[_]>::first);
        first.is_some_and(|entry| entry.mode == Mode::COMMIT && entry.path(self.index) == path)
    }

    /// The untracked files of a submodule.
    fn found_within(&mut self, submodule: &BStr) -> Result<Vec<Vec<u8>>> {
        let inner = Repository::within(&self.on_disk(submodule))?;
        let outside = |path: &[u8]| [submodule.as_bytes(), b"/", path].concat();
        // Of one type, or there would be another for each level.
        let select: &mut dyn FnMut(&[u8]) -> bool = &mut |path| (self.select)(&outside(path));
        let found = inner.untracked_files("", select)?;
        Ok(found.iter().map(|path| outside(path)).collect())
    }

    fn is_repository(&self, directory: &BStr) -> bool {
        gix::discover::is_git(&self.on_disk(directory).join(".git")).is_ok()
    }

    /// Whether `select` accepts anything in `directory`, a repository of its own, whose ignore rules are not this one's.
    fn holds_selected(&mut self, directory: &BStr) -> io::Result<bool> {
        let mut directories = vec![directory.to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in self.entries(directory.as_bstr())? {
                let entry = entry?;
                let mut path = directory.clone();
                path.extend_from_slice(entry.file_name().as_bytes());
                if entry.file_type()?.is_dir() {
                    path.push(b'/');
                    directories.push(path);
                } else if (self.select)(&path) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}
