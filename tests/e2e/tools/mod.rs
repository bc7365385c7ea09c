//! What needs a single tool: Task, act, curl, an installer.

mod act;
mod layouts;
mod own_tasks;
mod packages;
mod setup_dependencies;
mod task;
