//! `imgver build` with a docker of our own on `PATH`: what docker is told, and what comes of docker failing. What
//! the real docker makes of it is tested by `scripts/e2e`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing"
)]

#[path = "../support/mod.rs"]
mod support;

mod arguments;
mod dry_run;
mod failures;
mod fake;
mod refusals;
mod signals;
mod versions;
