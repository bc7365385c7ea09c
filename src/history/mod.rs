//! The base release of a commit, its distance from it, and the merge bases of two commits.
//!
//! The walks work on plain numbers and know neither git nor hashes; the one for releases answers for any number of services
//! in one pass. Only [`git`] reads a repository.

mod commit_header;
pub mod git;
mod graph;
mod highest;
mod labels;
mod line;
mod merge_base;
mod precedence;
mod proof;
mod range;
mod walk;

#[cfg(test)]
mod tests;

pub use graph::{CommitSource, Expansion, Node, Rank, Release};
pub use highest::{Behind, Hidden, Highest};
pub use line::{LineSource, Missing, Place, Placing, Wanted, places};
pub use merge_base::merge_bases;
pub use precedence::{Precedence, precedence};
pub use range::ranges;
pub use walk::{Standing, standing, standings};
