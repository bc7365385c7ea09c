//! The formats of release tags that count together.

use std::fmt;

use super::{PreReleases, TagFormat, TagPattern};

/// One format of release tags or more. All of them count; new tags are in the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFormats {
    first: TagFormat,
    others: Vec<TagFormat>,
}

impl TagFormats {
    /// Those of a list; none if it is empty. What is listed again counts once.
    pub fn new(formats: impl IntoIterator<Item = TagFormat>) -> Option<Self> {
        let mut formats = formats.into_iter();
        let mut all = TagFormats::from(formats.next()?);
        for format in formats {
            if !all.iter().any(|known| *known == format) {
                all.others.push(format);
            }
        }
        Some(all)
    }

    /// The one that new tags are in.
    pub fn first(&self) -> &TagFormat {
        &self.first
    }

    /// All of them, the first one first.
    pub fn iter(&self) -> impl Iterator<Item = &TagFormat> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The patterns of the release tags of the service at `path`, that of new ones first.
    pub fn patterns(&self, path: &str) -> Vec<TagPattern> {
        self.iter().map(|format| format.pattern(path)).collect()
    }

    /// Those that name no service, with which one tag releases all services and the repository as a whole.
    pub fn of_repository(&self) -> impl Iterator<Item = &TagFormat> {
        self.iter().filter(|format| !format.names_service())
    }

    /// As [`TagFormat::service_in`], by the first format that `tag` fits.
    pub fn service_in<'t>(&self, tag: &'t str) -> Option<&'t str> {
        self.iter().find_map(|format| format.service_in(tag))
    }

    /// As [`TagFormat::service_before_release`], by the first format that `tag` fits.
    pub fn service_before_release<'t>(&self, tag: &'t str, prereleases: &PreReleases) -> Option<&'t str> {
        self.iter().find_map(|format| format.service_before_release(tag, prereleases))
    }
}

impl From<TagFormat> for TagFormats {
    fn from(format: TagFormat) -> Self {
        TagFormats { first: format, others: Vec::new() }
    }
}

impl Default for TagFormats {
    /// The default format alone.
    fn default() -> Self {
        TagFormat::default().into()
    }
}

/// As a list: `{service}@{version}, v{version}`.
impl fmt::Display for TagFormats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)?;
        self.others.iter().try_for_each(|format| write!(f, ", {format}"))
    }
}
