//! `imgver build` with a docker of our own on `PATH`: what docker is told, and what comes of docker failing. What
//! the real docker makes of it is tested by `scripts/e2e`.

mod arguments;
mod dry_run;
mod failures;
pub(crate) mod fake;
mod refusals;
mod settings;
pub(crate) mod signals;
mod versions;
