//! `imgver plan`: an event goes in, and what to build, for what and whether to push it comes out.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing"
)]

#[path = "../support/mod.rs"]
mod support;

mod clones;
mod delivery;
mod events;
mod fields;
mod github;
mod hostile;
mod image_tag;
mod pushes;
mod shop;
mod tags;
