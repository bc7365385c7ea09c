//! What git ignores: the rules of gitignore(5), with what git makes of files that are not there or may not be read.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gix::bstr::{BStr, BString, ByteSlice};
use gix::glob::pattern::Case;
use gix::ignore::Search;
use gix::ignore::search::Ignore;

use super::{Repository, environment};
use crate::error::{Context as _, Kind, Result};

/// The largest file of rules that is read, in bytes.
const RULES_MAX: u64 = 64 << 20;

/// The rules of a work tree, each file read when it is first needed.
pub(super) struct IgnoreRules<'r> {
    repository: &'r Repository,
    root: &'r Path,
    /// Whether a sparse checkout may have left rules in the index.
    is_sparse: bool,
    case: Case,
    /// Those for the whole work tree: of the repository and of the user.
    general: Search,
    /// Those of the `.gitignore` in each directory; the root is the empty path.
    of_directories: RefCell<HashMap<BString, Option<Search>>>,
}

impl<'r> IgnoreRules<'r> {
    /// The rules for the work tree at `root`. Those that a sparse checkout omits count only where the index is read anyway, as
    /// `has_index` says.
    pub(super) fn new(repository: &'r Repository, root: &'r Path, has_index: bool) -> Result<Self> {
        let config = repository.inner.config_snapshot();
        let unreadable = || "cannot read git's ignore rules";
        let personal = match config.trusted_path("core.excludesFile").context(Kind::Repository, unreadable)? {
            Some(file) => Some(root.join(file)),
            None => repository
                .programs
                .as_ref()
                .and_then(|programs| environment::personal_file("ignore", programs)),
        };
        let own = repository.inner.common_dir().join("info/exclude");
        let mut general = Search::default();
        // The later, the more they count.
        for file in personal.into_iter().chain([own]) {
            if let Some(bytes) = read(&file, true).context(Kind::Repository, unreadable)? {
                add(&mut general, &bytes, file, None).context(Kind::Repository, unreadable)?;
            }
        }
        let ignores_case = config.boolean("core.ignoreCase") == Some(true);
        let case = if ignores_case { Case::Fold } else { Case::Sensitive };
        Ok(IgnoreRules {
            repository,
            root,
            is_sparse: has_index,
            case,
            general,
            of_directories: RefCell::default(),
        })
    }

    /// Whether `path`, or a directory that it is in, is ignored.
    pub(super) fn exclude(&self, path: &BStr, is_directory: bool) -> Result<bool> {
        // A rule such as `*` is not for the root.
        if path.is_empty() {
            return Ok(false);
        }
        for at in path.find_iter(b"/") {
            if self.exclude_itself(path.get(..at).unwrap_or_default().as_bstr(), true)? {
                return Ok(true);
            }
        }
        self.exclude_itself(path, is_directory)
    }

    /// Whether `path` is ignored, where the directories that it is in are not.
    pub(super) fn exclude_itself(&self, path: &BStr, is_directory: bool) -> Result<bool> {
        let mut directory = path;
        while let Some(above) = parent(directory) {
            if let Some(is_excluded) = self.in_directory(above, path, is_directory)? {
                return Ok(is_excluded);
            }
            directory = above;
        }
        Ok(self.verdict(&self.general, path, is_directory).unwrap_or(false))
    }

    /// What the last of the rules that match says; none where none matches.
    fn verdict(&self, rules: &Search, path: &BStr, is_directory: bool) -> Option<bool> {
        let found = rules.pattern_matching_relative_path(path, Some(is_directory), self.case);
        found.map(|found| !found.pattern.is_negative())
    }

    fn in_directory(&self, directory: &BStr, path: &BStr, is_directory: bool) -> Result<Option<bool>> {
        if let Some(rules) = self.of_directories.borrow().get(directory) {
            return Ok(rules.as_ref().and_then(|rules| self.verdict(rules, path, is_directory)));
        }
        let rules = self.read(directory)?;
        let verdict = rules.as_ref().and_then(|rules| self.verdict(rules, path, is_directory));
        self.of_directories.borrow_mut().insert(directory.to_owned(), rules);
        Ok(verdict)
    }

    /// The rules of the `.gitignore` in `directory`, from the index if a sparse checkout omits it.
    fn read(&self, directory: &BStr) -> Result<Option<Search>> {
        let mut name = directory.to_owned();
        if !name.is_empty() {
            name.push(b'/');
        }
        name.extend_from_slice(b".gitignore");
        let unreadable = || format!("cannot read {name}");
        let relative =
            gix::path::from_bstr(name.as_bstr()).context(Kind::Repository, unreadable)?.into_owned();
        let on_disk = self.root.join(&relative);
        let bytes = match read(&on_disk, false).context(Kind::Repository, unreadable)? {
            None if self.is_sparse && on_disk.symlink_metadata().is_err() => match name.to_str() {
                Ok(name) => self.repository.not_checked_out(name)?,
                Err(_) => None,
            },
            found => found,
        };
        let Some(bytes) = bytes else { return Ok(None) };
        let mut rules = Search::default();
        add(&mut rules, &bytes, relative, Some(Path::new(""))).context(Kind::Repository, unreadable)?;
        Ok(Some(rules))
    }
}

fn add(rules: &mut Search, bytes: &[u8], file: PathBuf, root: Option<&Path>) -> io::Result<()> {
    rules.add_patterns_buffer(bytes, file, root, Ignore { support_precious: false })
}

/// The directory that `path` is in; none for the root itself.
fn parent(path: &BStr) -> Option<&BStr> {
    if path.is_empty() {
        return None;
    }
    let end = path.rfind_byte(b'/').unwrap_or(0);
    path.get(..end).map(ByteSlice::as_bstr)
}

/// The bytes of `file`. As to git, one that may not be read is not there, nor is a link in the work tree.
fn read(file: &Path, follow: bool) -> io::Result<Option<Vec<u8>>> {
    let metadata = if follow { file.metadata() } else { file.symlink_metadata() };
    let read = match metadata {
        Ok(metadata) if !metadata.is_file() => return Ok(None),
        Ok(metadata) if metadata.len() > RULES_MAX => {
            return Err(io::Error::other(format!("{} is larger than {RULES_MAX} bytes", file.display())));
        }
        Ok(_) => fs::read(file),
        Err(error) => Err(error),
    };
    let is_absent = |error: &io::Error| {
        use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
        matches!(error.kind(), NotFound | NotADirectory | PermissionDenied)
    };
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}
