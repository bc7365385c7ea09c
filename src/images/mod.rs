//! Building images: what `docker buildx` is told, as data, and the one file that runs it.
//!
//! [`Command`] turns images and options into arguments and, for several images, a bake definition. [`inspect`] reads
//! what docker says of itself. Only [`docker`] starts a process.

mod bake;
mod cache;
mod command;
pub mod docker;
pub mod inspect;
mod labels;
mod platform;
mod target;

pub use cache::{Cache, CacheError};
pub use command::Command;
pub use labels::{SourceCommit, labels};
pub use platform::{Platform, PlatformError};
pub use target::{Options, Output, Target};
