//! Which release a commit stands on, and how far behind it.
//!
//! The walk answers for any number of services in one pass over plain numbers; it knows neither git nor
//! ids. [`git`] is the one place that reads a repository.

mod commit_header;
pub mod git;
mod labels;
mod proof;
mod walk;

#[cfg(test)]
mod tests;

pub use walk::{CommitSource, Expansion, Node, Rank, Release, Standing, standings};
