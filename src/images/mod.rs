//! Building images: the commands for `docker buildx`, as data, and the one file that runs them.
//!
//! [`Build`] turns images and options into runs of docker and, for several images, a bake definition. [`Progress`] follows
//! the runs and knows what became of each image. [`inspect`] parses docker's descriptions of builders and daemon. Only
//! [`docker`] starts a process.

mod bake;
mod buildx;
mod cache;
mod command;
mod copy;
pub mod docker;
mod extra;
pub mod inspect;
mod labels;
mod plan;

mod presence;
mod progress;
mod record;
mod target;

pub use buildx::Buildx;
pub use cache::{Cache, CacheAttributes, CacheError};
pub use command::DockerCommand;
pub use copy::ImageCopy;
pub use extra::{Given, GivenDockerfile, GivenPlatforms, Pushes, name_output};
pub use labels::{SourceCommit, labels};
pub use plan::{Aim, Build, PlannedImage, Stage};

pub use presence::Presence;
pub use progress::Progress;
pub use record::{ImageRecord, NamedImage};
pub use target::{Dockerfile, Options, Output, Target, VERSION};
