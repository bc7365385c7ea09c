//! The words imgver works with: versions, release tags, image references and changes.
//!
//! Everything here is a pure function over text. Nothing knows of a repository, a file or the environment.

mod change;
mod image;
mod image_version;
mod service_name;
mod tag_format;
mod version;

pub use change::{ChangeKind, ChangeKinds, Changes};
pub use image::{ImageTag, ImageTagError, Repository, RepositoryError};
pub use image_version::{ImageVersion, split_reference};
pub use service_name::{did_you_mean, nearest, short_name};
pub use tag_format::{TagFormat, TagFormatError, TagPattern};
pub use version::{Bump, Extended, Version, VersionError};
