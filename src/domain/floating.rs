//! Tags that move with releases: which there are, and to which release each belongs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Digest, ImageTag, Version};

/// A tag that moves with releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Floating {
    /// `latest`.
    Latest,
    /// `X.Y`.
    Minor,
    /// `X`, unless that is `0`: before 1.0.0, anything may change ([SemVer, item 4](https://semver.org/#spec-item-4)), so nobody
    /// can follow a line of that name.
    Major,
}

impl Floating {
    /// Whether `tag` moves with some release.
    pub fn is_kind_of(self, tag: &str) -> bool {
        let release = match self {
            Floating::Latest => Version::parse("1.0.0"),
            Floating::Minor => Version::parse(&format!("{tag}.0")),
            Floating::Major => Version::parse(&format!("{tag}.0.0")),
        };
        release.and_then(|release| self.tag_of(release)).is_some_and(|moving| moving.as_str() == tag)
    }

    /// The tag that moves with `release`, if there is one.
    fn tag_of(self, release: Version) -> Option<ImageTag> {
        let Version { major, minor, .. } = release;
        let text = match self {
            Floating::Latest => "latest".to_owned(),
            Floating::Minor => format!("{major}.{minor}"),
            Floating::Major if major == 0 => return None,
            Floating::Major => major.to_string(),
        };
        text.parse().ok()
    }
}

/// The releases of one service in one repository, while it becomes known which of them have an image.
///
/// Each line of releases, such as all of 1.2, is asked about from the highest release down, until one has an image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReleaseLines {
    /// By floating tag, the releases of its line.
    lines: BTreeMap<ImageTag, BTreeSet<Version>>,
    /// What is known: the digest of the image, or that there is none.
    images: BTreeMap<Version, Option<Digest>>,
}

impl ReleaseLines {
    /// The lines of `releases` that `kinds` of tags move with.
    pub fn new(kinds: &[Floating], releases: impl IntoIterator<Item = Version>) -> Self {
        let mut lines: BTreeMap<ImageTag, BTreeSet<Version>> = BTreeMap::new();
        for release in releases {
            for tag in kinds.iter().filter_map(|kind| kind.tag_of(release)) {
                lines.entry(tag).or_default().insert(release);
            }
        }
        ReleaseLines { lines, images: BTreeMap::new() }
    }

    /// The floating tags.
    pub fn tags(&self) -> impl Iterator<Item = &ImageTag> {
        self.lines.keys()
    }

    /// The releases to ask about next: of each line that is still open, the next `width` below those that are known. None once
    /// everything is known that matters.
    pub fn open(&self, width: usize) -> BTreeSet<Version> {
        let has_image = |release: &Version| matches!(self.images.get(release), Some(Some(_)));
        let of_line = |releases: &BTreeSet<Version>| -> Vec<Version> {
            let above = releases.iter().rev().copied().take_while(|release| !has_image(release));
            above.filter(|release| !self.images.contains_key(release)).take(width).collect()
        };
        self.lines.values().flat_map(of_line).collect()
    }

    /// Notes which image `release` has, if any.
    pub fn note(&mut self, release: Version, image: Option<Digest>) {
        self.images.insert(release, image);
    }

    /// By floating tag, the highest release of its line that has an image; none where none has.
    pub fn targets(&self) -> impl Iterator<Item = (&ImageTag, Option<(Version, &Digest)>)> {
        self.lines.iter().map(|(tag, releases)| (tag, self.highest(releases)))
    }

    /// The highest of `releases` that is known to have an image. Those above it are known to have none: they were asked about
    /// before it, or together with it.
    fn highest(&self, releases: &BTreeSet<Version>) -> Option<(Version, &Digest)> {
        let known = releases
            .iter()
            .rev()
            .map_while(|release| self.images.get(release).map(|image| (*release, image)));
        known.filter_map(|(release, image)| Some((release, image.as_ref()?))).next()
    }
}

#[cfg(test)]
mod tests;
