//! Making releases: the message of a release tag, the same as Markdown, and the git commands that create and push the tag.

mod git;
mod markdown;
mod message;

pub use git::{Git, RemoteRefs, TagCommand, push, set};
pub use markdown::markdown;
pub use message::{CHANGES_MAX, ChangelogEntry, ReleaseNotes, skips_workflows};
