//! A step's outputs and summary: files that GitHub names in the environment.

use std::path::PathBuf;

use super::Reply;
use crate::ci::github::{OUTPUT, output_lines};
use crate::world::World;

/// `outputs` on standard output, and at the end of `GITHUB_OUTPUT`.
pub(super) fn outputs(outputs: &[(&str, &str)], world: &World<'_>) -> Reply {
    let lines = output_lines(outputs.iter().copied());
    let mut reply = Reply { stdout: lines.clone().into_bytes(), ..Reply::default() };
    match file(OUTPUT, world) {
        Some(file) => reply.appendices.push((file, lines)),
        None => reply.warnings.push("GITHUB_OUTPUT is not set: the outputs are only printed".to_owned()),
    }
    reply
}

/// The file that the variable `name` names.
pub(super) fn file(name: &str, world: &World<'_>) -> Option<PathBuf> {
    world.var(name).map(|path| world.directory.join(path))
}
