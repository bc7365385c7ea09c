//! Making releases: the message of a release tag, and the git commands that create and push it.

mod git;
mod message;

pub use git::{Git, RemoteRefs, TagCommand, push, set};
pub use message::{CHANGES_MAX, ChangelogEntry, message, skips_workflows};
