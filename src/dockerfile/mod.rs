//! What a build reads from its context.

mod ignore;
mod pattern;

pub use ignore::{DockerIgnore, InvalidLine};
