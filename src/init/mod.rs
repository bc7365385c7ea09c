//! What `imgver init` makes of a repository: which images are built from which Dockerfiles, and the `imgver.yaml` that says so.
//!
//! Pure: the texts of files go in, findings and the contents of files come out. Readers turn compose files, workflows, bake
//! files and Dockerfiles into [`BuildFact`]s, which `services` merges and `render` writes down. What no reader can be sure
//! of becomes a comment in the file, never a guess.

mod bake;
mod command;
mod compose;
mod discovery;
mod dockerfiles;
mod env_file;
mod extras;
mod fact;
mod hcl;
mod images;
mod naming;
mod proposal;
mod render;
mod services;
mod sources;
mod tags;
pub mod templates;
mod value;
mod workflow;

pub use discovery::{Discovery, Sureness};
pub use extras::{SetUp, task_files, workflow_file};
pub use fact::{BuildFact, FactSource, Spot};
pub use proposal::{Proposal, propose};
pub use services::ProposedService;
pub use sources::{Age, RepositoryFacts, Sources, is_wanted};
