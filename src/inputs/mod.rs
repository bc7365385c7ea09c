//! What an image is made of: the files that its build can read, and those of the services whose images it is built from.
//!
//! Everything is read through a [`Snapshot`], so that the answer is the same for a work tree and for any commit. Nothing is
//! guessed: what a Dockerfile does not say for certain counts as everything that could be read there.

mod edges;
mod links;
mod local;
mod own;
mod place;
mod reader;
mod recipe;
mod set;
mod snapshot;

pub use crate::dockerfile::Instruction;
pub use place::{IN_LOWER_CASE, ignore_files, is_called_placeholder, parse_ignore_file};
pub use reader::{Circle, Edge, Pin, Reader};
pub use set::{Inputs, Reading, Role, Unresolved, Why};
pub use snapshot::{Commit, Snapshot, WorkTree};
