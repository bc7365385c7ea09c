//! Versions, image names and builds for the containerised services of one repository.
//!
//! This library exists for the program `imgver` and its tests; it promises no stability.
//!
//! The program is a thin shell around [`run`]. Modules depend on one another in one direction: [`domain`] (words and their
//! grammar) is below [`history`] (git), [`workspace`] (services), [`filters`] (changes to services), [`ci`] (events to
//! plans), [`images`] (docker), [`registry`] (registries) and [`check`] (problems in the setup); [`ops`] has an operation for each command, and
//! `cli` turns command lines into requests and answers into text.

pub mod check;
pub mod ci;
mod cli;
pub mod config;
mod display;
pub mod dockerfile;
pub mod domain;
pub mod error;
mod files;
pub mod filters;
pub mod history;
pub mod images;
pub mod init;
pub mod inputs;
pub mod meter;
pub mod ops;
pub mod paint;
pub mod programs;
pub mod registry;
pub mod release;
pub mod workspace;
mod world;
pub mod yaml;

pub use cli::run;
pub use world::World;
