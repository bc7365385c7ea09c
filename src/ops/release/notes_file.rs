//! Which files are no place for the notes of releases.

use super::super::uncommitted::reader_of;
use super::super::{Checkout, Rev};
use super::Request;
use super::candidate::Candidate;
use super::rules::released_subjects;
use super::wanted::Asked;
use crate::display::on_one_line;
use crate::error::{Error, Kind, Result};
use crate::images::Given;

/// Refuses notes that would replace what git tracks or keeps itself, and those that a build of `candidates` could read. The same
/// command, started again after a failure, would take them for a change that the release does not contain.
///
/// # Errors
/// They are; ignore files or an index that cannot be read.
pub(super) fn refuse_read(
    candidates: &[Candidate<'_>],
    asked: &Asked,
    request: &Request,
    checkout: &Checkout,
) -> Result<()> {
    let Some(path) = below_root(request, checkout) else { return Ok(()) };
    let shown = on_one_line(&path);
    if path.split('/').any(|part| part == ".git") {
        return Err(refused(format!("{shown} belongs to git itself, so the notes cannot be written there")));
    }
    if checkout.repository.is_tracked(&path) {
        return Err(refused(format!(
            "{shown} is a file that git tracks, so the notes would be a change to it"
        )));
    }
    // A commit that is named is released without what the work tree has.
    if request.rev != Rev::Head {
        return Ok(());
    }
    let subjects = released_subjects(candidates, asked);
    match reader_of(&path, subjects, &Given::default(), checkout)? {
        Some(subject) => {
            let name = subject.name();
            Err(refused(format!("a build of {name} could read {shown}, where the notes are to be written")))
        }
        None => Ok(()),
    }
}

/// The path of the file from the root of the work tree, if it is below it.
fn below_root(request: &Request, checkout: &Checkout) -> Option<String> {
    let file = request.notes_file.as_ref()?;
    let root = checkout.repository.workdir()?.canonicalize().ok()?;
    // Only its directory must be there yet; where that is not, writing says so.
    let file = file.parent()?.canonicalize().ok()?.join(file.file_name()?);
    let below = file.strip_prefix(root).ok()?;
    Some(below.to_str()?.to_owned())
}

fn refused(message: String) -> Error {
    Error::new(Kind::VersionRule, message)
        .hint("--notes-file takes a file outside of the repository, or one that git ignores")
}
