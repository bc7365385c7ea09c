//! What a CI event asks for: which services, for which environment, and whether to push.
//!
//! Everything here is a pure function of the event and of what the repository holds. Any text of an event may come from
//! strangers: none of it is taken for a service, a version or a revision unless it is exactly one.
//!
//! What one CI system alone has is in a module of its own, e.g. [`github`]: it makes an [`Event`] of that system's
//! variables and writes a [`Plan`] the way that system reads it.

mod decision;
mod event;
pub mod github;
mod plan;
mod released;

pub use decision::{Decision, Names, Scope, decide, replaces_release};
pub use event::{Asked, Base, Event, Hash, Merge};
pub use plan::{Environment, Plan, PlannedService};
