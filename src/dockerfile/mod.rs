//! What a build reads from its context.

mod ignore;
mod pattern;
mod reads;
mod text;

pub use ignore::{DockerIgnore, InvalidLine};
pub use reads::{
    BuildOptions, Dockerfile, ImageUse, Instruction, Reads, Source, Trigger, Unreadable, Unresolved, Wildcard,
};
pub use text::Expanded;
