//! What a CI event asks for: which services, for which environment, and whether to push.
//!
//! Everything here is a pure function of the event and of what the repository holds. All text of an event may come from
//! strangers: nothing of it is taken for a service, a version or a revision unless it is exactly one.

mod calls;
mod event;
mod outputs;
mod payload;
mod plan;
mod summary;
mod workflow;
mod workflow_filter;

pub use calls::Call;
pub use event::{Event, Hash, Surroundings};
pub use outputs::{Matrix, output_lines};
pub use payload::Payload;
pub use plan::{Decision, Environment, Plan, PlannedService, SERVICES_MAX, Scope, decide};
pub use summary::summary;
pub use workflow::{Duplicate, Job, Push, Step, Text, Texts, WORKFLOWS, Workflow, action_steps, is_workflow};
pub use workflow_filter::{WorkflowFilter, WorkflowFilterError};
