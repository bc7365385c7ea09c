//! The terms imgver deals in: versions, release tags, image references, names of services and changes.
//!
//! Pure functions over text: nothing here reads a repository, a file or the environment.

mod change;
mod digest;
mod environment;
mod floating;
mod grammar;
mod image;
mod path;
mod path_set;
mod placeholder;
mod platform;
mod prerelease;
mod ref_name;
mod service_name;
mod tag_format;
mod tag_formats;
mod tag_spelling;
mod version;
mod yaml_word;

pub use change::{ChangeKind, ChangeKinds, Changes};
pub use digest::{Digest, DigestError};
pub use environment::EnvironmentName;
pub use floating::{Floating, ReleaseLines};
pub(crate) use grammar::compile;
pub use image::{
    ImageRepository, ImageRepositoryError, ImageTag, ImageTagError, ImageTemplate, ImageTemplateError,
    ImageVersion, REVISION, Reference, VersionMaker, is_registry_name,
};
pub use path::normal_path;
pub use path_set::PathSet;
pub use platform::{Platform, PlatformError};
pub use prerelease::{PreRelease, PreReleases, is_identifier};
pub use ref_name::tag_name_fault;
pub use service_name::{did_you_mean, nearest, service_name_fault, short_name};
pub use tag_format::{TagFormat, TagFormatError, TagPattern};
pub use tag_formats::TagFormats;
pub use tag_spelling::{FormatProposal, TagSpelling, TagSpellings, TagSurvey, tag_format_setting};
pub use version::{Bump, Extended, Version, VersionError};
pub use yaml_word::is_yaml_word;
