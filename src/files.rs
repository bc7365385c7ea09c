//! Files that others name: read whole, or appended to.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal as _, Read, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

/// The largest YAML file that is read, in bytes: far more than a person writes.
pub(crate) const YAML_MAX: u64 = 1 << 20;

/// All of the regular file at `path`, which the user named: it may be anywhere.
///
/// # Errors
/// It cannot be read, is not a regular file, or is larger than `size_max` bytes.
pub(crate) fn read(path: &Path, size_max: u64) -> io::Result<Vec<u8>> {
    read_regular(open_now(path)?, size_max)
}

/// All of the regular file at `file`, which the repository whose work tree is `root` names: as git does for its own files,
/// no symbolic link is followed out of the work tree, nor into a git directory.
///
/// # Errors
/// As [`read`], and a file that is outside.
pub(crate) fn read_within(root: &Path, file: &str, size_max: u64) -> io::Result<Vec<u8>> {
    let path = root.join(file);
    let opened = match open_without_links(file, &path) {
        Some(opened) => opened?,
        None => {
            let opened = open_now(&path)?;
            regular_length(&opened)?;
            refuse_outside(root, &path, &opened)?;
            opened
        }
    };
    read_regular(opened, size_max)
}

/// The file at `path`, at once: a pipe that nobody writes to, or a terminal, would block.
fn open_now(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(at_once().bits() as i32).open(path)
}

fn at_once() -> OFlags {
    OFlags::NONBLOCK | OFlags::NOCTTY
}

/// The file at `path` if `file`, its end, is a plain path below and no link is on the way; none if that is not sure.
#[cfg(target_os = "linux")]
fn open_without_links(file: &str, path: &Path) -> Option<io::Result<File>> {
    use rustix::fs::{CWD, Mode, ResolveFlags, openat2};
    if !Path::new(file).components().all(is_plain) {
        return None;
    }
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | at_once();
    match openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS) {
        Ok(opened) => Some(Ok(opened.into())),
        Err(error) if io::Error::from(error).kind() == io::ErrorKind::NotFound => Some(Err(error.into())),
        // There is a link, or the system is too old for this call.
        Err(_) => None,
    }
}

#[cfg(not(target_os = "linux"))]
fn open_without_links(_: &str, _: &Path) -> Option<io::Result<File>> {
    None
}

fn is_plain(component: Component<'_>) -> bool {
    matches!(component, Component::Normal(name) if !name.eq_ignore_ascii_case(".git"))
}

/// Refuses `opened` unless it is, behind all links, the file at a path below `root`.
fn refuse_outside(root: &Path, path: &Path, opened: &File) -> io::Result<()> {
    let real = path.canonicalize()?;
    let root = root.canonicalize()?;
    if !real.strip_prefix(root).is_ok_and(|below| below.components().all(is_plain)) {
        return Err(io::Error::other("it is outside of the work tree"));
    }
    let (expected, found) = (fs::symlink_metadata(&real)?, opened.metadata()?);
    if (expected.dev(), expected.ino()) != (found.dev(), found.ino()) {
        return Err(io::Error::other("it was replaced while it was read"));
    }
    Ok(())
}

fn read_regular(mut file: File, size_max: u64) -> io::Result<Vec<u8>> {
    let length = regular_length(&file)?.min(size_max) as usize;
    read_into(Vec::with_capacity(length + 1), &mut file, size_max)
}

fn regular_length(file: &File) -> io::Result<u64> {
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok(metadata.len()) } else { Err(not_regular()) }
}

/// All that comes from `path`, which the user named and which may be a pipe.
///
/// # Errors
/// It cannot be read, is a device, or is larger than `size_max` bytes.
pub(crate) fn read_any(path: &Path, size_max: u64) -> io::Result<Vec<u8>> {
    let kind = fs::metadata(path)?.file_type();
    // The other end of a pipe may still be to come.
    let mut file = if kind.is_fifo() { File::open(path)? } else { open_now(path)? };
    if kind.is_char_device() || kind.is_block_device() {
        // A device has no end, except for /dev/null.
        let is_empty = !file.is_terminal() && file.read(&mut [0])? == 0;
        return if is_empty { Ok(Vec::new()) } else { Err(io::Error::other("it is a device")) };
    }
    read_all(&mut file, size_max)
}

/// All that comes from `source`.
///
/// # Errors
/// It cannot be read, or is larger than `size_max` bytes.
pub(crate) fn read_all(source: &mut dyn Read, size_max: u64) -> io::Result<Vec<u8>> {
    read_into(Vec::new(), source, size_max)
}

fn read_into(mut bytes: Vec<u8>, source: &mut dyn Read, size_max: u64) -> io::Result<Vec<u8>> {
    source.take(size_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > size_max {
        return Err(io::Error::other(format!("it is larger than {size_max} bytes")));
    }
    Ok(bytes)
}

/// The first symbolic link on the way from `root` to `file` whose target is not there, and that target.
pub(crate) fn dangling_link<'f>(root: &Path, file: &'f str) -> Option<(&'f str, PathBuf)> {
    let ends = file.match_indices('/').map(|(at, _)| at).chain([file.len()]);
    let steps = ends.filter_map(|end| file.get(..end));
    let mut links = steps.filter_map(|step| Some((step, fs::read_link(root.join(step)).ok()?)));
    links.find(|(link, _)| fs::metadata(root.join(link)).is_err_and(|error| is_absent(&error)))
}

/// Whether there is no such file.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Makes the file at `path` hold `bytes` and nothing else.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::write(path, bytes)
}

/// What reading `file` below `root` goes by: the symbolic links on the way, and then what they lead to, whether or not that is
/// there. What is outside of `root` is left out.
pub(crate) fn way_to(root: &Path, file: &str) -> Vec<String> {
    let parts = |path: &str| path.split('/').rev().map(ToOwned::to_owned).collect::<Vec<_>>();
    let (mut way, mut here, mut left) = (Vec::new(), Vec::<String>::new(), parts(file));
    while let Some(part) = left.pop() {
        match &*part {
            "" | "." => continue,
            ".." if here.pop().is_none() => break,
            ".." => continue,
            _ => here.push(part),
        }
        let path = here.join("/");
        let Ok(target) = fs::read_link(root.join(&path)) else {
            if left.is_empty() {
                way.push(path);
            }
            continue;
        };
        way.push(path);
        here.pop();
        let inner = match target.is_absolute() {
            false => Some(target),
            true => {
                here.clear();
                let real = root.canonicalize().ok();
                let roots = [Some(root), real.as_deref()];
                let inner = roots.into_iter().flatten().find_map(|root| target.strip_prefix(root).ok());
                inner.map(Path::to_owned)
            }
        };
        let Some(inner) = inner.filter(|_| way.len() < LINKS_MAX) else { break };
        left.extend(parts(&inner.to_string_lossy()));
    }
    way
}

/// As many as Linux follows.
const LINKS_MAX: usize = 40;

/// The regular file that `path` stands for, behind symbolic links. It need not exist yet.
///
/// # Errors
/// It is something else than a regular file, or the links lead nowhere.
pub(crate) fn behind_links(path: &Path) -> io::Result<PathBuf> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => return Err(not_regular()),
        // What a link of /proc says is not always a path that exists.
        Ok(_) if is_link(path) => return path.canonicalize(),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(_) | Err(_) => {}
    }
    let mut target = path.to_owned();
    for _ in 0..LINKS_MAX {
        match fs::read_link(&target) {
            Ok(next) => target = target.with_file_name(next),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("there are too many symbolic links"))
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

fn not_regular() -> io::Error {
    io::Error::other("it is not a regular file")
}

/// As [`write`], so that nobody sees a part of it: another file takes the place of the one at `path`, which
/// [`behind_links`] gives where it may be a link.
///
/// # Errors
/// It cannot be written, or there is something else than a regular file.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(not_regular());
    }
    let name = path.file_name().ok_or_else(|| io::Error::other("it is not the name of a file"))?;
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(format!(".imgver-{}", std::process::id()));
    let beside = path.with_file_name(beside);
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A file that was not there before.
pub(crate) struct CreatedFile {
    path: PathBuf,
    /// The directories that were made for it, outermost first.
    directories: Vec<PathBuf>,
}

impl CreatedFile {
    /// Creates the file at `path` with `bytes`, and the directories on the way to it.
    ///
    /// # Errors
    /// There is something at `path` already, or it cannot be written; then nothing of it stays.
    pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<Self> {
        let parents = path.ancestors().skip(1).take_while(|parent| !parent.exists());
        let mut directories: Vec<PathBuf> = parents.map(ToOwned::to_owned).collect();
        directories.reverse();
        let created = CreatedFile { path: path.to_owned(), directories };
        let written = created.directories.iter().try_for_each(fs::create_dir).and_then(|()| {
            let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
            file.write_all(bytes).inspect_err(|_| remove(path))
        });
        match written {
            Ok(()) => Ok(created),
            Err(error) => {
                created.remove_directories();
                Err(error)
            }
        }
    }

    /// Removes it again.
    pub(crate) fn undo(self) {
        remove(&self.path);
        self.remove_directories();
    }

    /// Removes its directories, unless something else is in them by now.
    fn remove_directories(&self) {
        for directory in self.directories.iter().rev() {
            let _ = fs::remove_dir(directory);
        }
    }
}

/// The first symbolic link on the way from `root` to `file`, itself included.
pub(crate) fn first_link<'f>(root: &Path, file: &'f str) -> Option<&'f str> {
    let ends = file.match_indices('/').map(|(at, _)| at).chain([file.len()]);
    let mut steps = ends.filter_map(|end| file.get(..end));
    steps.find(|step| is_link(&root.join(step)))
}

/// Removes the file at `path`, if it can be removed.
pub(crate) fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// Text to append to a file.
pub(crate) struct PendingAppend {
    path: PathBuf,
    text: String,
    destination: Destination,
}

/// The kind of file to append to.
enum Destination {
    /// A file that does not exist yet.
    Absent,
    /// A file that was created for the text.
    Created(File),
    /// An existing file, and its length in bytes.
    Present(File, u64),
    /// A terminal or a pipe.
    Stream(File),
}

impl PendingAppend {
    /// Prepares to append `text` to the file at `path`, without writing it yet.
    ///
    /// # Errors
    /// The file cannot be opened for reading and writing.
    pub(crate) fn open(path: PathBuf, mut text: String) -> io::Result<Self> {
        let destination = match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Destination::Absent,
            Err(error) => return Err(error),
            Ok(found) if !found.is_file() => {
                Destination::Stream(OpenOptions::new().append(true).open(&path)?)
            }
            Ok(_) => {
                let mut file = OpenOptions::new().read(true).append(true).open(&path)?;
                let length = file.metadata()?.len();
                // An unfinished last line must not absorb our first one.
                if length > 0 && last_byte(&mut file)? != b'\n' {
                    text.insert(0, '\n');
                }
                Destination::Present(file, length)
            }
        };
        Ok(PendingAppend { path, text, destination })
    }

    /// Writes the text.
    ///
    /// # Errors
    /// It cannot be written; call [`PendingAppend::undo`] then.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        if let Destination::Absent = self.destination {
            self.destination =
                Destination::Created(OpenOptions::new().append(true).create(true).open(&self.path)?);
        }
        match &mut self.destination {
            Destination::Absent => Ok(()),
            Destination::Created(file) | Destination::Present(file, _) | Destination::Stream(file) => {
                file.write_all(self.text.as_bytes())
            }
        }
    }

    /// Undoes the append as far as possible: a full disk that has just refused more bytes may refuse this, too.
    pub(crate) fn undo(&mut self) {
        match &self.destination {
            Destination::Created(_) => drop(fs::remove_file(&self.path)),
            Destination::Present(file, length) => {
                let ours = length + self.text.len() as u64;
                // Keep what others have appended since.
                if file.metadata().is_ok_and(|now| now.len() <= ours) {
                    let _ = file.set_len(*length);
                }
            }
            Destination::Absent | Destination::Stream(_) => {}
        }
    }
}

fn last_byte(file: &mut File) -> io::Result<u8> {
    let mut last = 0;
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(std::slice::from_mut(&mut last))?;
    Ok(last)
}

/// What was `read` of a file that somebody wrote, as text, or why it is none; none if there is no such file.
pub(crate) fn text<E: ToString>(read: Result<Option<Vec<u8>>, E>) -> Option<Result<String, String>> {
    match read {
        Ok(None) => None,
        Ok(Some(bytes)) => Some(String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())),
        Err(error) => Some(Err(error.to_string())),
    }
}
