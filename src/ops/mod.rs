//! The operations, one file per command: each takes a plain request and returns an [`Outcome`].
//!
//! Nothing here parses a command line, reads the environment, prints, or changes anything: changes are returned as a list
//! of [`Effect`]s, which the command line carries out once every warning has been printed.

mod answer;
pub mod build;
mod by_service;
pub mod changed;
pub mod check;
mod checkout;
mod comparison;
mod context;
mod description;
mod earlier_versions;
mod effect;
mod facts;
pub mod float;
mod formats;
mod identity;
mod image;
pub mod init;
mod input_sets;
pub mod inputs;
pub mod list;
pub mod locate;
pub mod plan;
mod prerelease_tags;
mod presence;
pub mod promote;
pub mod release;
mod release_tags;
mod replacement;
mod requested_tags;
mod rules;
mod selection;
mod subject;
mod suggestions;
pub mod tag;
mod task_call;
mod uncommitted;
pub mod version;
mod watched;

pub use crate::config::Scope;
pub use answer::{VersionAnswer, VersionForm};
pub use checkout::Checkout;
pub use comparison::Compared;
pub use effect::{Effect, Outcome};
pub use facts::{HistoryRequest, Rev};
pub use image::RepositoryRequest;
pub use presence::{Found, Place, Presence};
pub use requested_tags::{FormatSource, RequestedFormat};
pub use selection::{FilterRequest, MatchedFile, Selection, ServiceSelection};
pub use subject::{NO_SERVICE, SubjectChoice, SubjectRequest, service_paths};
pub use suggestions::{image_repositories, revision_names};
pub use task_call::{ResolvedCall, TaskCall};
