//! Where BuildKit looks for a Dockerfile and for what it leaves out.

use crate::dockerfile::DockerIgnore;
use crate::domain::short_name;
use crate::error::{Error, Kind, Result};
use crate::workspace::DOCKERFILE;
use crate::workspace::taskfile::{below, directory_of};

/// The name that BuildKit takes where there is no [`DOCKERFILE`].
pub const IN_LOWER_CASE: &str = "dockerfile";

/// What a context leaves out, at its root.
const IGNORE_FILE: &str = ".dockerignore";

/// Files that people track for nothing but to keep a directory, of which git ignores the rest.
const PLACEHOLDERS: [&str; 4] = [".gitkeep", ".keep", ".gitignore", ".placeholder"];

/// Whether the file at `path` is called like one that only keeps its directory.
pub fn is_called_placeholder(path: &str) -> bool {
    PLACEHOLDERS.contains(&short_name(path))
}

/// The files that say what the context `directory` leaves out, the first that is there counts: that of the Dockerfile, which
/// is beside it, and that of the context
/// ([`.dockerignore` files](https://docs.docker.com/build/concepts/context/#dockerignore-files)).
pub fn ignore_files(directory: &str, dockerfile: Option<&str>) -> Vec<String> {
    let of_dockerfile = dockerfile.map(|path| format!("{path}{IGNORE_FILE}"));
    of_dockerfile.into_iter().chain([below(directory, IGNORE_FILE)]).collect()
}

/// The other name of the Dockerfile at `path`; none if it has been given a name of its own.
pub(super) fn in_lower_case(path: &str) -> Option<String> {
    let directory = directory_of(path);
    (path == below(directory, DOCKERFILE)).then(|| below(directory, IN_LOWER_CASE))
}

/// Reads the `content` of the ignore file `name`.
///
/// # Errors
/// A line with which no build can begin.
pub fn parse_ignore_file(name: &str, content: &[u8]) -> Result<DockerIgnore> {
    DockerIgnore::parse(content).map_err(|error| {
        Error::new(Kind::Input, format!("{name}:{}: the line {error}", error.line))
            .hint("no build can begin with it: remove or correct the line")
    })
}
