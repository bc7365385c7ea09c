//! The files that `imgver init` writes besides the configuration: what this repository uses itself, rendered for another.
//!
//! Each has one source. The shared tasks are this repository's very file; the others are templates, which rendered for this
//! repository give its own files, as tests check.

mod globs;
mod lines;
mod logins;
pub(in crate::init) mod scalar;
mod setup;
mod taskfiles;
mod workflow;

pub use globs::{literal_glob, push_paths, tag_globs};
pub use logins::Registry;
pub use setup::{ActionRelease, SetupAction};
pub use taskfiles::{ServiceTaskfile, UTILS_TASKFILE, root_taskfile, service_taskfile, utils_taskfile};
pub use workflow::{WORKFLOW, WorkflowFacts, needed_settings, workflow};
