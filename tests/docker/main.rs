//! `imgver build`, this repository's services and its workflows with the real docker, buildx, BuildKit, registry and act.
//! `scripts/with-docker` starts what must run. `scripts/e2e` runs this.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing"
)]

#[path = "../support/mod.rs"]
mod support;

mod builders;
mod builds;
mod definitions;
mod failures;
mod reproducible;
mod services;
mod shop;
mod stack;
mod workflows;
