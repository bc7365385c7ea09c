//! Where the services are: directories with a Taskfile that sets `vars.IMAGE_REPO`.

mod discovery;
pub mod taskfile;

pub use discovery::{MalformedTaskfile, Service, Services, Workspace};
