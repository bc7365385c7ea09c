//! Names that a command line can be completed with.

use super::Checkout;
use super::image::images_of;
use super::subject::services;
use crate::domain::Version;
use crate::error::Result;

/// More tags than anybody reads.
const TAGS_MAX: usize = 200;

/// The names that begin with `typed` and that a commit may be asked for by: branches, local ones first, then tags, those of the
/// highest versions first and not all of many.
///
/// # Errors
/// Refs that cannot be read.
pub fn revision_names(checkout: &Checkout, typed: &str) -> Result<Vec<String>> {
    let mut names = checkout.repository.branch_names(typed)?;
    let tags = checkout.repository.tag_names(typed)?.into_iter();
    let mut tags: Vec<(Option<Version>, String)> = tags.map(|tag| (version_in(&tag), tag)).collect();
    tags.sort_by(|a, b| b.cmp(a));
    names.extend(tags.into_iter().take(TAGS_MAX).map(|(_, tag)| tag));
    Ok(names)
}

/// The version that `tag` ends in.
fn version_in(tag: &str) -> Option<Version> {
    let name = tag.trim_end_matches(|end: char| end.is_ascii_digit() || end == '.');
    tag.strip_prefix(name).and_then(Version::parse)
}

/// The image repositories of all services, sorted, each once; only Task knows those of some.
///
/// # Errors
/// There is no work tree, or its index cannot be read.
pub fn image_repositories(checkout: &Checkout) -> Result<Vec<String>> {
    let services = services(checkout)?.services;
    let images = services.iter().filter_map(|service| images_of(service).ok()).flatten();
    let mut images: Vec<String> = images.map(|image| image.to_string()).collect();
    images.sort_unstable();
    images.dedup();
    Ok(images)
}
