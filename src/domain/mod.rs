//! The words imgver works with: versions, release tags and image references.
//!
//! Everything here is a pure function over text. Nothing knows of a repository, a file or the environment.

mod image;
mod tag_format;
mod version;

pub use image::{ImageTag, ImageTagError, Repository, RepositoryError};
pub use tag_format::{TagFormat, TagFormatError, TagPattern, short_name};
pub use version::{Extended, Version};
