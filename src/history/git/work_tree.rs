//! Uncommitted changes: how the index differs from `HEAD`, and the work tree from the index.

use std::path::Path;

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::index::entry::{Flags, Mode, Stage};
use rustix::fs::FileType;
use rustix::io::Errno;

use super::metadata::{Metadata, file_mode, index_stat};
use super::refs::End;
use super::{CommitId, FSCK, Repository, is_below};
use crate::error::{Context as _, Error, Kind, Result};

const UNKNOWN: &str = "cannot determine the uncommitted changes";

impl Repository {
    /// The tracked files in any of `directories` (the empty string is the root) that differ from `HEAD`, staged or not, as
    /// paths from the root of the work tree. Empty in a bare repository.
    ///
    /// # Errors
    /// An index, tree or file that cannot be read.
    pub fn changed_files(&self, directories: &[&str]) -> Result<Vec<Vec<u8>>> {
        let Some(workdir) = self.workdir() else {
            return Ok(Vec::new());
        };
        let index = self.index()?;
        let staged = self.staged_files(index, directories);
        let mut changed = staged.map_err(|error| error.hint(FSCK))?;
        let (mut uncertain, mut within) = (Vec::new(), Vec::new());
        let mut comparison = self.index_comparison(workdir, index).map_err(with_status_hint)?;
        let entries = directories.iter().filter(|inner| {
            !directories.iter().any(|outer| inner != &outer && is_below(inner.as_bytes(), outer))
        });
        let entries = entries.flat_map(|directory| match *directory {
            "" => index.entries(),
            _ => index.prefixed_entries(format!("{directory}/").as_str().into()).unwrap_or_default(),
        });
        for entry in entries {
            let path = entry.path(index);
            match comparison.of(entry, path) {
                Comparison::Unchanged => {}
                Comparison::Changed => changed.push(path.to_vec()),
                Comparison::Uncertain => uncertain.push(path.to_owned()),
                Comparison::Within => within.push(path.to_owned()),
            }
        }
        changed.extend(self.changed_contents(index, uncertain, within).map_err(with_status_hint)?);
        Ok(changed)
    }

    fn index_comparison<'i>(
        &self,
        workdir: &Path,
        index: &'i gix::index::State,
    ) -> Result<IndexComparison<'i>> {
        let unknown = || UNKNOWN;
        Ok(IndexComparison {
            metadata: Metadata::new(workdir).context(Kind::Repository, unknown)?,
            stat: self.inner.stat_options().context(Kind::Repository, unknown)?,
            file_system: self.inner.filesystem_options().context(Kind::Repository, unknown)?,
            index,
        })
    }

    /// The files in `directories` whose entry in the index differs from that of `HEAD`.
    fn staged_files(&self, index: &gix::index::State, directories: &[&str]) -> Result<Vec<Vec<u8>>> {
        let unreadable = || "cannot read the tree of HEAD";
        let tree = self.head_tree()?;
        // The index stores the tree that it equals, until something is staged.
        let unstaged = index.tree().is_some_and(|cached| cached.num_entries.is_some() && cached.id == tree);
        let mut staged = Vec::new();
        if unstaged {
            return Ok(staged);
        }
        let head = self.index_of_tree(&tree).context(Kind::Repository, unreadable)?;
        let mut committed = head.entries().iter().peekable();
        for entry in index.entries() {
            let path = entry.path(index);
            while let Some(gone) = committed.next_if(|entry| entry.path(&head) < path) {
                staged.push(gone.path(&head).to_vec());
            }
            if entry.mode == Mode::DIR {
                // A sparse index has a single entry for a whole directory that is not checked out.
                while committed.next_if(|entry| entry.path(&head).starts_with(path)).is_some() {}
                let before = self.entry_at(&tree, path).context(Kind::Repository, unreadable)?;
                if before.is_none_or(|(mode, id)| !mode.is_tree() || id != entry.id) {
                    staged.push(path.to_vec());
                }
                continue;
            }
            let before = committed.next_if(|entry| entry.path(&head) == path);
            if before.is_none_or(|before| (before.id, before.mode) != (entry.id, entry.mode)) {
                staged.push(path.to_vec());
            }
        }
        staged.extend(committed.map(|gone| gone.path(&head).to_vec()));
        staged.retain(|path| directories.iter().any(|directory| is_below(path, directory)));
        Ok(staged)
    }

    /// The tree of `HEAD`; the empty one where there is no commit yet.
    fn head_tree(&self) -> Result<ObjectId> {
        let unreadable = || "cannot read the tree of HEAD";
        match self.resolve_ref(b"HEAD")?.end {
            End::Object(id) => self.tree_of(CommitId(id)).context(Kind::Repository, unreadable),
            End::Missing => Ok(ObjectId::empty_tree(self.inner.object_hash())),
            End::Broken(why) | End::Garbled(why) => {
                Err(anyhow::Error::msg(why)).context(Kind::Repository, unreadable)
            }
        }
    }

    /// Those of `uncertain` whose content, after all conversions that git would apply, differs from the index, and those of
    /// `within`, repositories in the repository, that are changed.
    fn changed_contents(
        &self,
        index: &gix::index::File,
        uncertain: Vec<BString>,
        within: Vec<BString>,
    ) -> Result<Vec<Vec<u8>>> {
        if uncertain.is_empty() {
            return self.changed_by_git(&within);
        }
        let all: Vec<BString> = uncertain.iter().chain(&within).cloned().collect();
        let compared = self.by_attributes(index, &uncertain).and_then(|(of_git, mut others)| {
            others.sort_unstable();
            Ok((of_git, self.converted(index, &others)?))
        });
        match compared {
            Ok((mut of_git, mut changed)) => {
                of_git.extend(within);
                changed.extend(self.changed_by_git(&of_git)?);
                Ok(changed)
            }
            // git warns of what it may not read, and goes on.
            Err(cause) => {
                self.changed_by_git(&all).or_else(|_| Err(cause).context(Kind::Repository, || UNKNOWN))
            }
        }
    }

    /// Those of `paths`, in sorted order, whose content differs from the index once it is converted.
    fn converted(&self, index: &gix::index::File, paths: &[BString]) -> gix::Result<Vec<Vec<u8>>> {
        // Each pattern is tried on each file, so with many of them it is faster to compare all files.
        const PATTERNS_MAX: usize = 50;
        let patterns: Vec<BString> = match paths.len() {
            0 => return Ok(Vec::new()),
            1..=PATTERNS_MAX => {
                paths.iter().map(|path| [b":(top,literal)", path.as_slice()].concat().into()).collect()
            }
            _ => vec![BString::from(":(top)")],
        };
        // It reads objects, which git may be moving.
        self.read(|repository| {
            let status = repository.status(gix::progress::Discard)?;
            // It would look for the index itself, and elsewhere if a variable names it.
            let index = gix::worktree::IndexPersistedOrInMemory::InMemory(index.clone());
            let items = status
                .index(index)
                .index_worktree_rewrites(None)
                .index_worktree_submodules(None)
                .index_worktree_options_mut(|options| options.dirwalk_options = None)
                .into_index_worktree_iter(patterns.clone())?;
            let mut changed = Vec::new();
            for item in items {
                let item = item?;
                if item.summary().is_some() && paths.binary_search(&item.rela_path().to_owned()).is_ok() {
                    changed.push(item.rela_path().to_vec());
                }
            }
            Ok(changed)
        })
    }
}

fn with_status_hint(error: Error) -> Error {
    error.hint("git status shows what git says")
}

/// What a file's metadata says about its content.
enum Comparison {
    Unchanged,
    Changed,
    Uncertain,
    /// It is a repository within the repository.
    Within,
}

/// Compares files with their entries in the index.
struct IndexComparison<'i> {
    metadata: Metadata,
    stat: gix::index::entry::stat::Options,
    file_system: gix::fs::Capabilities,
    index: &'i gix::index::State,
}

impl IndexComparison<'_> {
    /// Compares metadata only, which settles nearly all files of nearly all work trees.
    fn of(&mut self, entry: &gix::index::Entry, path: &BStr) -> Comparison {
        if entry.flags.intersects(Flags::ASSUME_VALID | Flags::SKIP_WORKTREE) {
            return Comparison::Unchanged;
        }
        if entry.stage() != Stage::Unconflicted || entry.flags.contains(Flags::INTENT_TO_ADD) {
            return Comparison::Changed;
        }
        if entry.mode == Mode::COMMIT {
            return self.of_repository(path);
        }
        let metadata = match self.metadata.of(path) {
            Ok(metadata) => metadata,
            Err(error) if is_gone(error) => return Comparison::Changed,
            Err(_) => return Comparison::Uncertain,
        };
        let Self { stat: options, file_system, index, .. } = self;
        let stat = index_stat(&metadata);
        let (kind, is_executable) = file_mode(&metadata);
        let mode = entry.mode.change_to_match_fs_with_values(
            kind == FileType::RegularFile,
            kind == FileType::Directory,
            kind == FileType::Symlink,
            is_executable,
            file_system.symlink,
            file_system.executable_bit,
        );
        let same = mode.is_none()
            && stat.matches(&entry.stat, *options)
            && !stat.is_racy(index.timestamp(), *options);
        // git sets the size to zero where it could not tell the file from its index entry.
        if same && (entry.stat.size != 0 || entry.id.is_empty_blob()) {
            Comparison::Unchanged
        } else {
            Comparison::Uncertain
        }
    }

    /// Compares a repository within the repository: one that is not checked out is as good as unchanged.
    fn of_repository(&mut self, path: &BStr) -> Comparison {
        let is_directory = |stat| file_mode(&stat).0 == FileType::Directory;
        match self.metadata.of(path).map(is_directory) {
            Err(error) if is_gone(error) => Comparison::Changed,
            Ok(true) => match self.metadata.of(&[path.as_bytes(), b"/.git"].concat()) {
                Err(error) if is_gone(error) => Comparison::Unchanged,
                _ => Comparison::Within,
            },
            _ => Comparison::Within,
        }
    }
}

/// Whether the file does not exist, or something on the way to it is no longer a directory.
fn is_gone(error: Errno) -> bool {
    matches!(error, Errno::NOENT | Errno::NOTDIR | Errno::LOOP)
}
