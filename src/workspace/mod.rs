//! Where the services are: directories with a Taskfile that sets `vars.IMAGE_REPO`, and entries of the configuration.

mod committed;
mod configured;
mod discovery;
pub mod includes;
mod service;
mod spelling;
mod task_chain;
pub mod task_command;
pub mod taskfile;
pub mod tasks;

pub use committed::{committed_services, services_of_files, taskfile_of};
pub use configured::{Conflict, is_dockerfile_of_directory};
pub use discovery::{MalformedTaskfile, NoService, Services, UnnameableService, Workspace};
pub use service::{
    BuildSettings, DOCKERFILE, ImageOrigin, Origin, Service, ServiceImage, is_called_dockerfile,
};
pub use spelling::is_other_spelling;
pub use task_chain::{TaskChain, find_taskfile};
