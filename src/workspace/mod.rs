//! Where the services are: directories with a Taskfile that sets `vars.IMAGE_REPO`.

mod committed;
mod discovery;
pub mod taskfile;

pub use committed::committed_services;
pub use discovery::{MalformedTaskfile, Service, Services, Workspace};
