//! The work tree: what git tracks in it, ignores, and what differs from `HEAD`.

use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::index::entry::{Flags, Mode, Stage};
use gix::objs::tree::EntryMode;
use gix::status::index_worktree::Item as StatusItem;
use gix::status::plumbing::index_as_worktree::{Change, EntryStatus};
use gix::{ObjectId, oid};
use rustix::fs::FileType;
use rustix::io::Errno;

use super::metadata::{Metadata, file_mode, index_stat};
use super::{FSCK, Repository};
use crate::error::{Context as _, Error, Kind, Result};

impl Repository {
    fn index(&self) -> Result<&gix::index::File> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let (path, hash) = (self.inner.index_path(), self.inner.object_hash());
        // Like git, leave the checksum of the file alone: to verify it takes longer than to read the index.
        let index = gix::index::File::at_or_default(path, hash, true, Default::default());
        let index = index.context(Kind::Repository, || {
            format!("the index {} cannot be read", self.inner.index_path().display())
        });
        let index = index.map_err(|error| error.hint("remove it, and git reset makes it anew"))?;
        Ok(self.index.get_or_init(|| index))
    }

    /// The files that git tracks for which `select` holds, as the index has them, sorted. A sparse checkout may leave some
    /// out of the work tree.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn tracked_files(&self, mut select: impl FnMut(&str) -> bool) -> Result<Vec<String>> {
        let index = self.index()?;
        let mut files = Vec::new();
        for entry in index.entries() {
            let path = entry.path(index);
            if entry.mode == Mode::DIR {
                let inner = self.inner.index_from_tree(&entry.id);
                let inner = inner.context(Kind::Repository, || not_readable(path));
                let inner = inner.map_err(|error| error.hint(FSCK))?;
                let paths =
                    inner.entries().iter().map(|entry| [path.as_bytes(), entry.path(&inner)].concat());
                files.extend(
                    paths.filter_map(|path| String::from_utf8(path).ok()).filter(|path| select(path)),
                );
            } else if let Some(path) = path.to_str().ok().filter(|path| select(path)) {
                files.push(path.to_owned());
            }
        }
        Ok(files)
    }

    /// What `file` holds, if git tracks it and a sparse checkout leaves it out of the work tree (git-sparse-checkout(1)).
    ///
    /// # Errors
    /// An index or object that cannot be read.
    pub fn not_checked_out(&self, file: &str) -> Result<Option<Vec<u8>>> {
        let index = self.index()?;
        let id = match index.entry_by_path(file.into()) {
            Some(entry) => entry.flags.contains(Flags::SKIP_WORKTREE).then_some(entry.id),
            None => self.in_collapsed(index, file)?,
        };
        let Some(id) = id else { return Ok(None) };
        let blob = self.inner.find_blob(id).context(Kind::Repository, || {
            format!("{file}, which a sparse checkout leaves out, cannot be read from the repository")
        });
        let blob =
            blob.map_err(|error| error.hint(FSCK).hint("git sparse-checkout disable checks everything out"))?;
        Ok(Some(blob.detach().data))
    }

    /// The first file or directory below `directory` (the empty string is the root) that git tracks and a sparse checkout
    /// leaves out of the work tree.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn first_left_out(&self, directory: &str) -> Result<Option<String>> {
        let index = self.index()?;
        let is_absent = |path: &BStr| {
            let path = path.to_path().ok().zip(self.workdir()).map(|(path, root)| root.join(path));
            path.is_some_and(|path| path.symlink_metadata().is_err())
        };
        let mut left_out = index.entries().iter().filter(|entry| entry.flags.contains(Flags::SKIP_WORKTREE));
        let found = left_out.find(|entry| {
            let path = entry.path(index);
            let holds = entry.mode == Mode::DIR && format!("{directory}/").as_bytes().starts_with(path);
            // Whoever hides a change of their own from git (git-update-index(1)) has the file.
            (holds || is_below(path, directory)) && is_absent(path)
        });
        Ok(found.map(|entry| entry.path(index).to_string()))
    }

    fn in_collapsed(&self, index: &gix::index::State, file: &str) -> Result<Option<ObjectId>> {
        for entry in index.entries().iter().filter(|entry| entry.mode == Mode::DIR) {
            let path = entry.path(index);
            if let Some(rest) = file.as_bytes().strip_prefix(&**path) {
                let found = self.entry_at(&entry.id, rest.into());
                let found = found.context(Kind::Repository, || not_readable(path));
                let found = found.map_err(|error| error.hint(FSCK))?;
                return Ok(found.map(|(_, id)| id));
            }
        }
        Ok(None)
    }

    /// Whether git's ignore rules leave `file` (from the root of the work tree) out, and it is not tracked all the
    /// same.
    ///
    /// # Errors
    /// Ignore rules or an index that cannot be read.
    pub fn is_ignored(&self, file: &str) -> Result<bool> {
        self.is_excluded(file).map_err(|error| error.hint(format!("git check-ignore -v {file} asks git")))
    }

    fn is_excluded(&self, file: &str) -> Result<bool> {
        let unreadable = || format!("whether git ignores {file} cannot be told");
        let no_index = gix::index::State::new(self.inner.object_hash());
        let source = gix::worktree::stack::state::ignore::Source::WorktreeThenIdMappingIfNotSkipped;
        let mut rules = self.inner.excludes(&no_index, None, source).context(Kind::Input, unreadable)?;
        let platform = rules.at_path(file, Some(Mode::FILE)).context(Kind::Input, unreadable)?;
        if !platform.is_excluded() {
            return Ok(false);
        }
        Ok(self.index()?.entry_by_path(file.into()).is_none())
    }

    /// The tracked files below any of `directories` (the empty string is the root) that differ from `HEAD`, staged
    /// or not, as paths from the root of the work tree. None in a bare repository.
    ///
    /// # Errors
    /// An index, tree or file that cannot be read.
    pub fn changed_files(&self, directories: &[&str]) -> Result<Vec<Vec<u8>>> {
        let Some(workdir) = self.workdir() else {
            return Ok(Vec::new());
        };
        let unreadable = || "changes in the work tree cannot be told";
        let index = self.index()?;
        let staged = self.staged_files(index, directories);
        let mut changed = staged.map_err(|error| error.hint(FSCK))?;
        let mut uncertain = Vec::new();
        let mut look = Look {
            metadata: Metadata::new(workdir).context(Kind::Repository, unreadable).map_err(visible)?,
            stat: self.inner.stat_options().context(Kind::Repository, unreadable).map_err(visible)?,
            file_system: self
                .inner
                .filesystem_options()
                .context(Kind::Repository, unreadable)
                .map_err(visible)?,
            index,
        };
        let entries = directories.iter().filter(|inner| {
            !directories.iter().any(|outer| inner != &outer && is_below(inner.as_bytes(), outer))
        });
        let entries = entries.flat_map(|directory| match *directory {
            "" => index.entries(),
            _ => index.prefixed_entries(format!("{directory}/").as_str().into()).unwrap_or_default(),
        });
        for entry in entries {
            let path = entry.path(index);
            match look.at(entry, path) {
                Seen::Unchanged => {}
                Seen::Changed => changed.push(path.to_vec()),
                Seen::Uncertain => uncertain.push(path.to_owned()),
            }
        }
        uncertain.sort_unstable();
        changed.extend(self.changed_contents(&uncertain).map_err(visible)?);
        Ok(changed)
    }

    /// The files below `directories` whose entry in the index is not that of `HEAD`.
    fn staged_files(&self, index: &gix::index::State, directories: &[&str]) -> Result<Vec<Vec<u8>>> {
        let unreadable = || "the tree of HEAD cannot be read";
        let tree = self.inner.head_tree_id_or_empty().context(Kind::Repository, unreadable)?;
        // The index remembers the tree it was last equal to, unless something was staged since.
        let unstaged = index.tree().is_some_and(|cached| cached.num_entries.is_some() && cached.id == tree);
        let mut staged = Vec::new();
        if unstaged {
            return Ok(staged);
        }
        let head = self.inner.index_from_tree(&tree).context(Kind::Repository, unreadable)?;
        let mut committed = head.entries().iter().peekable();
        for entry in index.entries() {
            let path = entry.path(index);
            while let Some(gone) = committed.next_if(|entry| entry.path(&head) < path) {
                staged.push(gone.path(&head).to_vec());
            }
            if entry.mode == Mode::DIR {
                // A sparse index has one entry for all of a directory that is not checked out.
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

    /// What is at `path` (which may end with a slash) in the tree `root`.
    fn entry_at(
        &self,
        root: &oid,
        path: &BStr,
    ) -> std::result::Result<Option<(EntryMode, ObjectId)>, gix::Error> {
        let components = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
        let entry = self.inner.find_tree(root)?.lookup_entry(components)?;
        Ok(entry.map(|entry| (entry.mode(), entry.object_id())))
    }

    /// Those of `paths` whose content, after all conversions that git would make, is not what the index has.
    fn changed_contents(&self, paths: &[BString]) -> Result<Vec<Vec<u8>>> {
        // Each pattern is tried on each file, so with many it is quicker to look at all files.
        const PATTERNS_MAX: usize = 50;
        let patterns = match paths.len() {
            0 => return Ok(Vec::new()),
            1..=PATTERNS_MAX => {
                paths.iter().map(|path| [b":(top,literal)", path.as_slice()].concat().into()).collect()
            }
            _ => vec![BString::from(":(top)")],
        };
        let unreadable = || "changes in the work tree cannot be told";
        let status = self.inner.status(gix::progress::Discard).context(Kind::Repository, unreadable)?;
        let items = status
            .index_worktree_rewrites(None)
            .index_worktree_submodules(gix::status::Submodule::AsConfigured { check_dirty: false })
            .index_worktree_options_mut(|options| options.dirwalk_options = None)
            .into_index_worktree_iter(patterns)
            .context(Kind::Repository, unreadable)?;
        let mut changed = Vec::new();
        for item in items {
            let item = item.context(Kind::Repository, unreadable)?;
            if is_change(&item) && paths.binary_search(&item.rela_path().to_owned()).is_ok() {
                changed.push(item.rela_path().to_vec());
            }
        }
        Ok(changed)
    }
}

fn visible(error: Error) -> Error {
    error.hint("git status shows what git makes of them")
}

/// What to say of a directory that a sparse index has a single entry for.
fn not_readable(directory: &BStr) -> String {
    format!("the directory {directory}, which is not checked out, cannot be read")
}

/// What a look at a file's metadata says about its content.
enum Seen {
    Unchanged,
    Changed,
    Uncertain,
}

/// How files are compared with what the index remembers of them.
struct Look<'i> {
    metadata: Metadata,
    stat: gix::index::entry::stat::Options,
    file_system: gix::fs::Capabilities,
    index: &'i gix::index::State,
}

impl Look<'_> {
    /// Compares metadata only, which settles nearly all files of nearly all work trees.
    fn at(&mut self, entry: &gix::index::Entry, path: &BStr) -> Seen {
        if entry.flags.intersects(Flags::ASSUME_VALID | Flags::SKIP_WORKTREE) {
            return Seen::Unchanged;
        }
        if entry.stage() != Stage::Unconflicted || entry.flags.contains(Flags::INTENT_TO_ADD) {
            return Seen::Changed;
        }
        if entry.mode == Mode::COMMIT {
            return Seen::Uncertain;
        }
        let metadata = match self.metadata.of(path) {
            Ok(metadata) => metadata,
            Err(error) if is_gone(error) => return Seen::Changed,
            Err(_) => return Seen::Uncertain,
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
        // git marks a file it could not tell apart from its index entry with the size zero.
        if same && (entry.stat.size != 0 || entry.id.is_empty_blob()) {
            Seen::Unchanged
        } else {
            Seen::Uncertain
        }
    }
}

/// Whether there is no such file, or a directory on the way to it is none (any more).
fn is_gone(error: Errno) -> bool {
    matches!(error, Errno::NOENT | Errno::NOTDIR | Errno::LOOP)
}

/// Whether more than untracked files is behind `item`. They make a submodule's status, but no tracked file differs.
fn is_change(item: &StatusItem) -> bool {
    let StatusItem::Modification { status, .. } = item else { return false };
    let EntryStatus::Change(Change::SubmoduleModification(submodule)) = status else {
        return item.summary().is_some();
    };
    let inside = |change: &gix::status::Item| match change {
        gix::status::Item::IndexWorktree(item) => is_change(item),
        gix::status::Item::TreeIndex(_) => true,
    };
    submodule.index_id != submodule.checked_out_head_id || submodule.changes.iter().flatten().any(inside)
}

/// Whether the path `path` is below `directory`; all paths are below the root, which is the empty string.
pub fn is_below(path: &[u8], directory: &str) -> bool {
    let rest = path.strip_prefix(directory.as_bytes());
    directory.is_empty() || rest.is_some_and(|rest| rest.first() == Some(&b'/'))
}
