//! Making releases: what a release tag says, and the git that sets and pushes it.

mod git;
mod message;

pub use git::{Call, Git, push, set};
pub use message::{CHANGES_MAX, Change, message, skips_workflows};
