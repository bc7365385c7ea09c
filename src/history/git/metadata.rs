//! Metadata of tracked files, without following a symbolic link on the way to them.
//!
//! Where a directory was replaced by a link, files with the same names may be found behind it, but to git they are deleted.
//! Descending directory by directory notices that. It is also faster: for each file the kernel resolves one name instead of a
//! whole path.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, openat, statat};
use rustix::io::Errno;

/// Looks files up in the work tree, and keeps the directory of the last one open, with those above it.
pub(super) struct Metadata {
    root: OwnedFd,
    /// The open directories below the root, each with the length of its part of `path`.
    open: Vec<(usize, OwnedFd)>,
    /// The path of the last of them, with a slash after each component.
    path: Vec<u8>,
}

impl Metadata {
    pub(super) fn new(root: &Path) -> Result<Self, Errno> {
        let root = rustix::fs::open(root, directory_flags() & !OFlags::NOFOLLOW, Mode::empty())?;
        Ok(Metadata { root, open: Vec::new(), path: Vec::new() })
    }

    /// The metadata of the file at `path`, from the root and separated by `/`. Sorted order is fastest.
    pub(super) fn of(&mut self, path: &[u8]) -> Result<Stat, Errno> {
        let name_at = path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
        let (directory, name) = path.split_at(name_at);
        self.enter(directory)?;
        statat(self.here(), name, AtFlags::SYMLINK_NOFOLLOW)
    }

    fn here(&self) -> impl AsFd {
        self.open.last().map_or(self.root.as_fd(), |(_, directory)| directory.as_fd())
    }

    /// Opens `directory`, which is empty or ends with a slash.
    fn enter(&mut self, directory: &[u8]) -> Result<(), Errno> {
        while !directory.starts_with(&self.path) {
            self.open.pop();
            self.path.truncate(self.open.last().map_or(0, |(length, _)| *length));
        }
        let below = directory.get(self.path.len()..).unwrap_or_default();
        for component in below.split_inclusive(|&byte| byte == b'/') {
            let name = component.strip_suffix(b"/").unwrap_or(component);
            let next = openat(self.here(), name, directory_flags(), Mode::empty())?;
            self.path.extend_from_slice(component);
            self.open.push((self.path.len(), next));
        }
        Ok(())
    }
}

fn directory_flags() -> OFlags {
    // To look files up, the right to list a directory is not needed.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let access = OFlags::PATH;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let access = OFlags::RDONLY;
    access | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

/// What the index stores of a file with this metadata. Numbers are truncated as in git.
pub(super) fn index_stat(stat: &Stat) -> gix::index::entry::Stat {
    use gix::index::entry::stat::Time;
    gix::index::entry::Stat {
        mtime: Time { secs: stat.st_mtime as u32, nsecs: stat.st_mtime_nsec as u32 },
        ctime: Time { secs: stat.st_ctime as u32, nsecs: stat.st_ctime_nsec as u32 },
        dev: stat.st_dev as u32,
        ino: stat.st_ino as u32,
        uid: stat.st_uid,
        gid: stat.st_gid,
        size: stat.st_size as u32,
    }
}

/// The type of a file, and whether its owner may execute it.
pub(super) fn file_mode(stat: &Stat) -> (FileType, bool) {
    let kind = FileType::from_raw_mode(stat.st_mode);
    (kind, kind == FileType::RegularFile && Mode::from_raw_mode(stat.st_mode).contains(Mode::XUSR))
}
