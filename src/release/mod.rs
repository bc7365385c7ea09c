//! Making releases: what a release tag says, and the git that sets and pushes it.

mod git;
mod message;

pub use git::{Git, TagCommand, push, set};
pub use message::{CHANGES_MAX, ChangelogEntry, message, skips_workflows};
