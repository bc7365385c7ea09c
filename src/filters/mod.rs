//! Which services a list of changes concerns.

mod file;
mod foreign;
mod name_status;
pub mod pattern;
mod placed;
mod quoted;
mod reach;
mod reader;
mod selection;
mod watch;

/// The default filter file, from the root of the repository.
pub const DEFAULT_FILE: &str = ".github/utils/file-filters.yaml";

/// The hint for a filter file that is not valid YAML.
pub const YAML_HINT: &str = "put quotes around patterns that begin with *, !, &, @, [ or {: YAML gives these characters another meaning there";

pub use file::{Filter, FilterFile, Quantifier};
pub use name_status::{ListError, Records, parse_changes};
pub(crate) use placed::parse_at;
pub use reach::Reach;
pub use selection::{Detail, Match, ServiceMatches, WatchIndex};
pub use watch::{NameProblem, RulePattern, Rules, Watch, Watcher, Watches};
