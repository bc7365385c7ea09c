//! Which services a list of changes concerns.

mod file;
mod name_status;
pub mod pattern;
mod reader;
mod selection;

pub use file::{FilterFile, Quantifier};
pub use name_status::{ListError, Records, parse_changes};
pub use selection::{Detail, Match, Watch, assign, select};
