//! Images of services, as Dockerfiles refer to them.

use crate::dockerfile::Expanded;
use crate::domain::{ImageRepository, Reference, Version};
use crate::workspace::Service;
use crate::workspace::taskfile::ImageRepo;

/// Stands for text of a reference that is not known.
const UNKNOWN: char = '\0';

/// Stands for any tag or digest, which has no slash.
const TAG: char = '\u{1}';

/// The images of all services.
pub(super) struct Images {
    /// Each with the index of its service.
    names: Vec<(usize, Name)>,
}

/// What is known of an image repository.
enum Name {
    /// All of it, in full.
    Known(String),
    /// What it ends with.
    End(String),
}

/// What a reference is to the services.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// The services that have such an image, by index, sorted.
    pub(super) services: Vec<usize>,
    /// Whether the reference names one image, whatever is built later.
    pub(super) is_pinned: bool,
    /// Whether it certainly is an image of theirs.
    pub(super) is_certain: bool,
}

impl Images {
    pub(super) fn of(services: &[Service]) -> Self {
        let mut names = Vec::new();
        for (at, service) in services.iter().enumerate() {
            for image in service.known_images() {
                let name = match &image.repo {
                    ImageRepo::Plain { text, .. } => match text.parse::<ImageRepository>() {
                        Ok(repository) => Name::Known(repository.in_full()),
                        Err(_) => continue,
                    },
                    ImageRepo::Computed { end, .. } => Name::End(end.clone()),
                };
                names.push((at, name));
            }
        }
        Images { names }
    }

    /// Whose image `image` is.
    pub(super) fn fit(&self, image: &Expanded) -> Fit {
        let text = image.with_unknown(UNKNOWN);
        let known = repository_of(&text).and_then(|repository| repository.parse::<ImageRepository>().ok());
        let full = known.map(|repository| repository.in_full());
        let (mut services, mut is_certain) = (Vec::new(), true);
        for (at, name) in &self.names {
            let fits = match (name, &full) {
                (Name::Known(name), Some(full)) => name == full,
                (Name::End(end), Some(full)) => full.ends_with(end),
                (_, None) if !text.contains(UNKNOWN) => false,
                (Name::Known(name), None) => spellings(name).iter().any(|name| may_name(&text, name)),
                (Name::End(end), None) => may_name(&text, &format!("{UNKNOWN}{end}")),
            };
            if fits {
                is_certain &= full.is_some() && matches!(name, Name::Known(_));
                services.push(*at);
            }
        }
        services.sort_unstable();
        services.dedup();
        Fit { services, is_pinned: is_pinned(&text), is_certain }
    }
}

/// The repository of the reference `text`.
fn repository_of(text: &str) -> Option<&str> {
    match Reference::split(text) {
        (Some(repository), _) => Some(repository),
        (None, word) => word,
    }
}

/// Whether a reference has a digest, or the version of a release as its tag. Any other tag moves.
fn is_pinned(text: &str) -> bool {
    let (Some(_), Some(tag)) = Reference::split(text) else { return text.contains("@sha") };
    text.contains("@sha") || Version::parse(tag).is_some()
}

/// All spellings of the repository that is called `name` in full.
fn spellings(name: &str) -> Vec<String> {
    let mut spellings = vec![name.to_owned()];
    if let Some(path) = name.strip_prefix("docker.io/") {
        let short = path.strip_prefix("library/").filter(|short| !short.contains('/'));
        for path in [Some(path), short].into_iter().flatten() {
            spellings.push(path.to_owned());
            spellings.extend(["docker.io", "index.docker.io"].map(|registry| format!("{registry}/{path}")));
        }
    }
    spellings
}

/// Whether `text` can be a reference to the repository `name`. Unknown parts of either can be anything.
fn may_name(text: &str, name: &str) -> bool {
    let text: Vec<char> = text.to_ascii_lowercase().chars().collect();
    let ends = [String::new(), format!(":{TAG}"), format!("@{TAG}")];
    ends.iter().any(|end| meet(&text, &format!("{name}{end}").chars().collect::<Vec<_>>()))
}

/// Whether some text fits both `one` and `other`.
fn meet(one: &[char], other: &[char]) -> bool {
    // For each end of `other`, whether it meets what follows in `one`; from the end of both.
    let mut below: Vec<bool> = Vec::new();
    for at in (0..=one.len()).rev() {
        let first = one.get(at);
        let mut row = vec![false; other.len() + 1];
        for with in (0..=other.len()).rev() {
            let second = other.get(with);
            let is_after = |row: &[bool], at: usize| row.get(at).copied().unwrap_or_default();
            let fits = match (first, second) {
                (None, None) => true,
                (Some(&UNKNOWN), _) if is_after(&below, with) || is_after(&row, with + 1) => true,
                (_, Some(&UNKNOWN)) if is_after(&row, with + 1) || is_after(&below, with) => true,
                (_, Some(&TAG)) if is_after(&row, with + 1) => true,
                (Some(first), Some(&TAG)) => *first != '/' && is_after(&below, with),
                (Some(first), Some(second)) => first == second && is_after(&below, with + 1),
                _ => false,
            };
            if let Some(cell) = row.get_mut(with) {
                *cell = fits;
            }
        }
        below = row;
    }
    below.first().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_with_unknown_parts_fit_what_they_can_become() {
        for (text, name, expected) in [
            ("\0/base:\0", "docker.io/acme/base", true),
            ("\0/base", "ghcr.io/acme/base", true),
            ("\0/base:latest", "ghcr.io/acme/database", false),
            ("\0base:latest", "ghcr.io/acme/database", true),
            ("ghcr.io/\0", "ghcr.io/acme/web", true),
            ("ghcr.io/\0", "docker.io/acme/web", false),
            ("\0", "docker.io/acme/web", true),
            ("node:\0", "docker.io/acme/web", false),
            ("web:\0", "docker.io/library/web", true),
            ("acme/\0-base", "docker.io/acme/go-base", true),
            // As a tag: acme/base:1-base.
            ("acme/\0-base", "docker.io/acme/base", true),
            ("acme/\0-base", "docker.io/acme/web/base", true),
            ("acme/\0-base", "ghcr.io/acme/web-base", false),
        ] {
            assert_eq!(spellings(name).iter().any(|name| may_name(text, name)), expected, "{text:?} {name}");
        }
    }

    #[test]
    fn a_digest_or_a_release_is_a_pin() {
        for (text, expected) in [
            ("acme/base", false),
            ("acme/base:latest", false),
            ("acme/base:1.2", false),
            ("acme/base:1.2.3", true),
            ("base:1.2.3", true),
            ("base", false),
            ("localhost:5000/base", false),
            ("acme/base:1.2.3-rc.1", false),
            ("acme/base@sha256:00", true),
            ("base@sha256:00", true),
            ("\0/base:1.2.3", true),
            ("\0/base:\0", false),
            ("acme/base:\0.2.3", false),
            ("acme/base:\0@sha256:00", true),
        ] {
            assert_eq!(is_pinned(text), expected, "{text:?}");
        }
    }
}
