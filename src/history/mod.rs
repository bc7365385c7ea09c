//! Which release a commit stands on, how far behind it, and where two histories part.
//!
//! The walks go over plain numbers and know neither git nor ids; the one for releases answers for any number of services
//! in one pass. [`git`] is the one place that reads a repository.

mod commit_header;
pub mod git;
mod labels;
mod merge_base;
mod precedence;
mod proof;
mod walk;

#[cfg(test)]
mod tests;

pub use merge_base::merge_bases;
pub use precedence::{Precedence, precedence};
pub use walk::{CommitSource, Expansion, Node, Rank, Release, Standing, standings};
