//! `plan`: an event goes in, and what to build, for what and whether to push it comes out.

pub(crate) mod events;
mod hostile;
mod prereleases;
mod proposals;
mod pushes;
mod spelling;
mod started;
mod tags;
