//! Tags that cannot both be: git keeps a ref either as a file, or as a directory of others.

use std::collections::BTreeSet;

use super::super::Checkout;
use super::super::formats;
use super::candidate::Candidate;
use crate::error::{Error, Kind, Result};

/// Refuses `candidates` whose tags could not be set beside those of this clone, or beside each other.
///
/// # Errors
/// There are such; refs that cannot be read.
pub(super) fn refuse_here(candidates: &[Candidate<'_>], checkout: &Checkout) -> Result<()> {
    let mut names = formats::tag_names(&checkout.repository)?;
    names.extend(candidates.iter().map(|candidate| candidate.tag.clone()));
    let mut new = candidates.iter().filter(|candidate| !candidate.is_set);
    new.try_for_each(|candidate| refuse_beside(&candidate.tag, &names, ""))
}

/// Refuses a `tag` that could not be pushed to where `names` are, at `place` for the error.
///
/// # Errors
/// One of them is in its way.
pub(super) fn refuse_beside(tag: &str, names: &BTreeSet<String>, place: &str) -> Result<()> {
    let Some(other) = in_the_way(tag, names) else { return Ok(()) };
    Err(Error::new(Kind::VersionRule, format!("the tags {tag} and {other} cannot both be{place}"))
        .hint("git cannot have a tag whose name is that of another up to a slash")
        .hint("another tag format avoids this, such as {service}@{version}"))
}

/// The one of `names` that `tag` continues after a slash, or that continues `tag`.
fn in_the_way<'n>(tag: &str, names: &'n BTreeSet<String>) -> Option<&'n str> {
    let mut above = tag.match_indices('/').filter_map(|(end, _)| names.get(tag.get(..end)?));
    let directory = format!("{tag}/");
    let below = || names.range(directory.clone()..).next().filter(|name| name.starts_with(&directory));
    above.next().or_else(below).map(String::as_str)
}
