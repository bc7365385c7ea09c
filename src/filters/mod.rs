//! Which services a list of changes concerns.

mod file;
mod name_status;
pub mod pattern;
mod reader;
mod selection;
mod watch;

/// Where the filters are unless somebody says otherwise, from the root of the repository.
pub const DEFAULT_FILE: &str = ".github/utils/file-filters.yaml";

/// What to tell somebody whose filter file cannot be read.
pub const YAML_HINT: &str =
    "put quotes around patterns: to YAML, *, !, &, @, [ and { mean something else where they begin one";

pub use file::{Filter, FilterFile, Quantifier};
pub use name_status::{ListError, Records, parse_changes};
pub use selection::{Detail, Match, ServiceMatches};
pub use watch::{NameProblem, RulePattern, Rules, Watch, Watches};
