//! `check`: repositories made wrong in one way each, and what is found.

mod checkouts;
mod dockerfiles;
mod events;
mod filters;
mod installation;
mod services;
pub(crate) mod shop;
mod tags;
mod taskfiles;
mod tasks;
mod unreadable;
mod workflows;
