//! Versions, image names and builds for the containerised services of one repository.
//!
//! The program is a thin shell around [`run`]. Below it, arrows point one way: [`domain`] (words and their
//! grammar) ← [`history`] (git) ← [`workspace`] (services) ← `cli` (commands), and [`domain`] ← [`filters`] (changes to
//! services), [`ci`] (events to plans) ← [`check`] (what is wrong with the set-up) ← `cli`, and [`domain`] ← [`build`]
//! (images) ← `cli`.

pub mod build;
pub mod check;
pub mod ci;
mod cli;
mod display;
pub mod domain;
pub mod error;
mod files;
pub mod filters;
pub mod history;
pub mod programs;
pub mod release;
pub mod workspace;
mod world;
pub mod yaml;

pub use cli::run;
pub use world::World;
