//! The hermetic tests: they make their own repositories with the git on PATH and need no network, no other tools and no root.
//! A test that does is ignored here, with what it needs; `scripts/e2e` runs those.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing"
)]

mod architecture;
mod build;
mod changed;
mod check;
mod cli;
mod completions;
mod configuration;
mod contexts;
mod demo;
mod determinism;
mod dockerignore;
mod docs;
mod errors;
mod float;
mod history;
mod init;
mod inputs;
mod inputs_oracle;
mod links;
mod list;
mod locate;
mod next;
mod ops;
mod ordering;
mod outside;
mod packaging;
mod patterns;
mod plan;
mod prereleases;
mod progress;
mod promote;
mod proportion;
mod reference;
mod release;
mod releases;
mod repositories;
mod scope;
mod shallow;
mod support;
mod templates;
mod terminal;
mod two_services;
mod untracked;
mod workflows;
