//! `imgver check`: repositories made wrong in one way each, and what is said of them.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing"
)]

#[path = "../support/mod.rs"]
mod support;

mod filters;
mod outputs;
mod services;
mod shop;
mod tags;
mod unreadable;
mod workflows;
