//! Building images: the commands for `docker buildx`, as data, and the one file that runs them.
//!
//! [`DockerCommand`] turns images and options into arguments and, for several images, a bake definition. [`inspect`] parses
//! docker's descriptions of builders and daemon. Only [`docker`] starts a process.

mod bake;
mod cache;
mod command;
pub mod docker;
pub mod inspect;
mod labels;
mod platform;
mod target;

pub use cache::{Cache, CacheError};
pub use command::DockerCommand;
pub use labels::{SourceCommit, labels};
pub use platform::{Platform, PlatformError};
pub use target::{Options, Output, Target};
