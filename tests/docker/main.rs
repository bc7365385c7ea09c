//! `imgver build` and this repository's services with the real docker, buildx, BuildKit and a registry, which
//! `scripts/with-docker` starts. `scripts/e2e` runs this.
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
