//! Files that others name: read whole, or appended to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Far more bytes than any YAML that a person writes.
pub(crate) const YAML_MAX: u64 = 1 << 20;

/// All of the ordinary file at `path`.
///
/// # Errors
/// It cannot be read, is no ordinary file, or is larger than `size_max` bytes.
pub(crate) fn read(path: &Path, size_max: u64) -> io::Result<Vec<u8>> {
    // A pipe that nobody writes to would be waited for.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    read_any(path, size_max)
}

/// All that comes from `path`, which may be a pipe.
///
/// # Errors
/// It cannot be read, or is larger than `size_max` bytes.
pub(crate) fn read_any(path: &Path, size_max: u64) -> io::Result<Vec<u8>> {
    read_all(&mut File::open(path)?, size_max)
}

/// All that comes from `source`.
///
/// # Errors
/// It cannot be read, or is larger than `size_max` bytes.
pub(crate) fn read_all(source: &mut dyn Read, size_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(size_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > size_max {
        return Err(io::Error::other(format!("it is larger than {size_max} bytes")));
    }
    Ok(bytes)
}

/// Whether there is no such file.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Text that is to stand at the end of a file.
pub(crate) struct Appendix {
    path: PathBuf,
    text: String,
    /// The file as it is; none if there is no such file yet.
    file: Option<File>,
    /// How long it is.
    length: u64,
}

impl Appendix {
    /// Makes ready to append `text` to the file at `path`, without writing it yet.
    ///
    /// # Errors
    /// The file cannot be opened for reading and writing.
    pub(crate) fn open(path: PathBuf, mut text: String) -> io::Result<Self> {
        let mut file = match OpenOptions::new().read(true).append(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Appendix { path, text, file: None, length: 0 });
            }
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        if length > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            // A line that somebody left unfinished must not swallow our first one.
            if last != *b"\n" {
                text.insert(0, '\n');
            }
        }
        Ok(Appendix { path, text, file: Some(file), length })
    }

    /// Where the text goes.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the text.
    ///
    /// # Errors
    /// It cannot be written; call [`Appendix::undo`] then.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(OpenOptions::new().append(true).create_new(true).open(&self.path)?),
        };
        file.write_all(self.text.as_bytes())
    }

    /// Takes back what was written.
    pub(crate) fn undo(&mut self) {
        if let Some(file) = &self.file {
            // A full disk that has just refused more bytes may refuse this, too. Then no more can be done.
            let _ = file.set_len(self.length);
        }
    }
}
