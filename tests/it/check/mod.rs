//! `imgver check`: repositories made wrong in one way each, and what is said of them.

mod filters;
mod outputs;
mod services;
mod shop;
mod tags;
mod unreadable;
mod workflows;
