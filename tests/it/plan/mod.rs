//! `imgver plan`: an event goes in, and what to build, for what and whether to push it comes out.

mod clones;
mod delivery;
mod events;
mod fields;
mod forges;
mod github;
mod image_tag;
mod missing;
pub(crate) mod shop;
