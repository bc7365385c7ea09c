//! The tests that need real tools. `cargo test` compiles and ignores them; `scripts/e2e` installs the tools and runs each module
//! where it has what it needs.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing"
)]

mod classic;
mod docker;
mod registry;
#[path = "../it/support/mod.rs"]
#[expect(dead_code, reason = "these tests use only a part of it")]
mod support;
mod tools;
