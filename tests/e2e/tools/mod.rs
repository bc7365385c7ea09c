//! What needs a single tool: Task, act, curl.

mod act;
mod layouts;
mod own_tasks;
mod setup_dependencies;
mod task;
