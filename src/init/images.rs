//! Which images a Dockerfile becomes.

use super::fact::{BuildFact, Spot};
use super::value::NamedImage;
use crate::domain::short_name;

/// The images of a service.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Images {
    /// Those that are sure, the main one first.
    pub(super) known: Vec<String>,
    /// Where the main one is named.
    pub(super) place: String,
    /// Names that only a build knows, or that are only this machine's.
    pub(super) open: Vec<(String, Spot)>,
    /// Other names, in files that say otherwise.
    pub(super) others: Vec<(String, Spot)>,
}

/// The most that are worth mentioning.
const MENTIONED_MAX: usize = 3;

/// The images of `facts`, the likeliest release first. The first that names any counts; another registry's of the same name are
/// images of the same service.
pub(super) fn images(facts: &[&BuildFact]) -> Images {
    let mut images = Images::default();
    let mut first: Option<&BuildFact> = None;
    for fact in facts {
        for named in fact.images.iter().filter_map(|value| value.image()) {
            match named {
                // Without a namespace it is a name on this machine, and what a workflow does not push may be one for a test.
                NamedImage::Known(image) if image.contains('/') && fact.is_pushed => {
                    let main = *first.get_or_insert(fact);
                    if images.known.is_empty() {
                        images.place = fact.spot.to_string();
                    }
                    // One step pushes to all registries that it names; another one, to those of the same name.
                    let is_same = |known: &String| short_name(known) == short_name(&image);
                    let is_also = fact.source == main.source && images.known.iter().any(is_same);
                    if images.known.contains(&image) {
                        continue;
                    }
                    if fact.spot == main.spot && fact.label == main.label || is_also {
                        images.known.push(image);
                    } else {
                        mention(&mut images.others, image, &fact.spot);
                    }
                }
                NamedImage::Known(image) | NamedImage::Open(image) => {
                    mention(&mut images.open, image, &fact.spot);
                }
            }
        }
    }
    images
}

fn mention(list: &mut Vec<(String, Spot)>, image: String, spot: &Spot) {
    if list.len() < MENTIONED_MAX && list.iter().all(|(known, _)| *known != image) {
        list.push((image, spot.clone()));
    }
}
