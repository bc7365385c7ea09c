//! The file `shallow`, which says where a shallow clone ends: the hash of a commit on each line (gitrepository-layout(5)).

use std::fs;
use std::io::Read as _;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;

use crate::error::{Context as _, Error, Kind, Result};

/// Larger than any that git writes: room for a million commits.
const SIZE_MAX: u64 = 1 << 26;

/// Refuses a file with a line that is not a hash, as git does. gix trusts it.
pub(super) fn check(repository: &gix::Repository) -> Result<()> {
    let Ok(path) = repository.shallow_file() else { return Ok(()) };
    let unreadable = || format!("cannot read {}", path.display());
    if !path.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Ok(());
    }
    let mut content = Vec::new();
    let read = fs::File::open(&path).and_then(|file| file.take(SIZE_MAX).read_to_end(&mut content));
    read.context(Kind::Repository, unreadable)?;
    let is_hash =
        |line: &&[u8]| ObjectId::from_hex(line).is_ok_and(|id| id.kind() == repository.object_hash());
    let Some(line) = content.lines().find(|line| !is_hash(line)) else { return Ok(()) };
    let shown = line.get(..80).unwrap_or(line).to_str_lossy();
    Err(Error::new(Kind::Repository, format!("{} has a line that is not a hash", path.display()))
        .because(anyhow::Error::msg(format!("'{shown}'")))
        .hint("delete it if the clone is complete; otherwise make a fresh clone"))
}
