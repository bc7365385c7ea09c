//! `check`: repositories made wrong in one way each, and what is found.

mod checkouts;
pub(crate) mod configuration;
mod dockerfiles;
mod events;
mod filters;
mod inputs;
mod installation;
mod services;
mod settings;
pub(crate) mod shop;
mod tags;
mod taskfiles;
mod tasks;
mod unreadable;
mod workflows;
