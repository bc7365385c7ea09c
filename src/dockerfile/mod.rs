//! What a build reads from its context.

mod contexts;
mod directives;
mod evaluation;
mod glob;
mod heredoc;
mod ignore;
mod lexer;
mod lines;
mod mount;
mod pattern;
mod pattern_list;
mod reads;
mod shell_pattern;
mod statement;
#[cfg(test)]
mod tests;
mod text;
mod variables;
mod wildcard;

pub use ignore::{DockerIgnore, InvalidLine};
pub use reads::{
    BuildOptions, Dockerfile, ImageUse, Instruction, Reads, Source, Trigger, Unreadable, Unresolved,
};
pub use text::Expanded;
pub use wildcard::Wildcard;
