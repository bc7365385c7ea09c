//! The chunks of a commit-graph's file (gitformat-commit-graph(5)), for what gix does not read of them.

use std::fs;
use std::io::{Read as _, Result, Seek as _, SeekFrom};
use std::path::Path;

/// Header: signature, version, hash version, number of chunks, number of base graphs.
const HEADER: usize = 8;

/// An entry of the table of contents: the chunk's name, and where it begins.
const ENTRY: usize = 12;

/// The chunks of one file.
pub(super) struct Chunks {
    file: fs::File,
    /// The table of contents, which may lie.
    contents: Vec<u8>,
}

/// A chunk.
pub(super) struct Chunk {
    pub(super) content: Vec<u8>,
    /// Whether that is as long as the table of contents says.
    pub(super) is_whole: bool,
}

impl Chunks {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut file = fs::File::open(path)?;
        let mut header = [0; HEADER];
        file.read_exact(&mut header)?;
        let [.., chunks, _] = header;
        let mut contents = vec![0; (usize::from(chunks) + 1) * ENTRY];
        file.read_exact(&mut contents)?;
        Ok(Chunks { file, contents })
    }

    fn entries(&self) -> &[[u8; ENTRY]] {
        self.contents.as_chunks::<ENTRY>().0
    }

    fn find(&self, name: &[u8; 4]) -> Option<usize> {
        self.entries().iter().position(|entry| entry.starts_with(name))
    }

    pub(super) fn has(&self, name: &[u8; 4]) -> bool {
        self.find(name).is_some()
    }

    /// The chunk `name`, as far as it is in the file; none if there is none, or more than `size_max` bytes of it.
    pub(super) fn read(&mut self, name: &[u8; 4], size_max: u64) -> Result<Option<Chunk>> {
        let offset = |at: usize| {
            let offset = self.entries().get(at).and_then(|entry| entry.last_chunk::<8>());
            offset.map(|offset| u64::from_be_bytes(*offset))
        };
        let ends = self.find(name).and_then(|at| offset(at).zip(offset(at + 1)));
        let Some((from, to)) = ends else { return Ok(None) };
        let length = to.saturating_sub(from);
        let there = length.min(self.file.metadata()?.len());
        if there > size_max {
            return Ok(None);
        }
        let mut content = Vec::with_capacity(usize::try_from(there).unwrap_or_default());
        self.file.seek(SeekFrom::Start(from))?;
        (&mut self.file).take(there).read_to_end(&mut content)?;
        let is_whole = content.len() as u64 == length;
        Ok(Some(Chunk { content, is_whole }))
    }
}
