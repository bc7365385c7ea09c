//! Which images a Dockerfile becomes.

use super::fact::{BuildFact, FactSource, Spot};
use super::templates::Registry;
use super::value::NamedImage;
use crate::domain::{ImageRepository, short_name};

/// The images of a service.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Images {
    /// Those that are sure, the main one first.
    pub(super) known: Vec<String>,
    /// Where the main one is named.
    pub(super) place: String,
    /// Names that only a build knows, or that are only this machine's.
    pub(super) open: Vec<(String, Spot)>,
    /// Other names, in files that say otherwise; all of them where they contradict each other.
    pub(super) others: Vec<(String, Spot)>,
    /// Whether they do.
    pub(super) is_contradicted: bool,
}

/// The most that are worth mentioning.
const MENTIONED_MAX: usize = 3;

/// The images of `facts`, the likeliest release first.
///
/// What a workflow pushes is sure, and so is what all other files agree on: those that name an image in another namespace
/// contradict it, and none of them counts.
pub(super) fn images(facts: &[&BuildFact]) -> Images {
    let mut images = Images::default();
    let mut named: Vec<(String, &BuildFact)> = Vec::new();
    for fact in facts {
        for image in fact.images.iter().filter_map(|value| value.image()) {
            match image {
                // Without a namespace it is a name on this machine, and what a workflow does not push may be one for a test.
                NamedImage::Known(image)
                    if image.contains('/') && fact.is_pushed && !is_for_tests(&image) =>
                {
                    named.push((image, fact));
                }
                NamedImage::Known(image) | NamedImage::Open(image) => {
                    mention(&mut images.open, image, &fact.spot);
                }
            }
        }
    }
    let Some((first, main)) = named.first() else { return images };
    images.place = main.spot.to_string();
    for (image, fact) in &named {
        // One step pushes to all registries that it names; another one of a workflow, to those of the same name.
        let is_same_build = fact.spot == main.spot && fact.label == main.label;
        let is_also =
            is_of_workflow(fact) && fact.source == main.source && short_name(first) == short_name(image);
        if images.known.contains(image) {
            continue;
        }
        if is_same_build || is_also {
            images.known.push(image.clone());
        } else {
            mention(&mut images.others, image.clone(), &fact.spot);
        }
    }
    let of_main = |image: &String| images.known.iter().any(|known| namespace(known) == namespace(image));
    if !is_of_workflow(main) && images.others.iter().any(|(image, _)| !of_main(image)) {
        let known = std::mem::take(&mut images.known).into_iter().map(|image| (image, main.spot.clone()));
        images.others = known.chain(std::mem::take(&mut images.others)).collect();
        images.is_contradicted = true;
    }
    images
}

/// Whether a workflow builds it.
fn is_of_workflow(fact: &BuildFact) -> bool {
    matches!(fact.source, FactSource::Action | FactSource::Script)
}

/// The registry and all of an image's name but its last part.
fn namespace(image: &str) -> Option<String> {
    let full = image.parse::<ImageRepository>().ok()?.in_full();
    full.rsplit_once('/').map(|(namespace, _)| namespace.to_owned())
}

fn is_for_tests(image: &str) -> bool {
    image.parse::<ImageRepository>().is_ok_and(|image| Registry::of(&image).is_for_tests())
}

fn mention(list: &mut Vec<(String, Spot)>, image: String, spot: &Spot) {
    if list.len() < MENTIONED_MAX && list.iter().all(|(known, _)| *known != image) {
        list.push((image, spot.clone()));
    }
}
