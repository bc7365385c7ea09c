//! GitHub Actions, and Gitea's and Forgejo's, which are made after it: the event of a run, its outputs and summary, and workflow files.

mod calls;
mod event_context;
mod outputs;
mod payload;
mod script;
mod shell_text;
mod summary;
mod workflow;
mod workflow_filter;
mod workflow_reader;

pub use calls::Call;
pub use event_context::{
    ALL_SERVICES, EVENT_PATH, EventContext, PLANNED_EVENTS, PLANNED_RELEASE, WORKFLOW_REF, is_local,
    workflow_file,
};
pub use outputs::{Matrix, OUTPUT, output_lines, outputs};
pub use payload::Payload;
pub use script::{Command, Language, commands};
pub use summary::{STEP_SUMMARY, summary};
pub use workflow::{
    Action, Concurrency, Duplicate, Job, Patterns, Push, Script, StartingEvent, Step, Text, Texts, WORKFLOWS,
    Workflow, is_action_file, is_workflow, is_workflow_file,
};
pub use workflow_filter::{WorkflowFilter, WorkflowFilterError};
