//! The operations, called without starting the program: real repositories, made by git, and typed requests and answers.
//!
//! What is decided is tested here, what the program alone shows (streams, exit codes, variables, files, colour) beside this.

mod build;
mod by_service;
pub(crate) mod check;
mod identity;
mod isolation;
mod list;
mod locate;
pub(crate) mod plan;
mod racing;
mod release;
mod release_refused;
pub(crate) mod releases;
mod revisions;
mod services;
mod shallow;
mod task_call;

use std::path::Path;

use imgver::domain::TagFormat;
use imgver::error::{Error, Kind};
use imgver::ops::{Checkout, FormatSource, RequestedFormat};

use crate::support::Repo;

/// The repository as an operation is given it, with nothing of this process's surroundings.
#[track_caller]
pub(crate) fn checkout(repo: &Repo) -> Checkout {
    checkout_in(repo, "")
}

/// As [`checkout`], in this directory of it.
#[track_caller]
pub(crate) fn checkout_in(repo: &Repo, directory: impl AsRef<Path>) -> Checkout {
    let directory = repo.path().join(directory).canonicalize().expect("the directory is there");
    Checkout::open_isolated(&directory).unwrap_or_else(|error| panic!("{}", shown(&error)))
}

/// A tag format that a flag asks for.
#[track_caller]
pub(crate) fn tag_format(format: &str) -> RequestedFormat {
    let format: TagFormat = format.parse().expect("a tag format");
    RequestedFormat { formats: format.into(), source: FormatSource::Flag }
}

/// The error as the program would print it.
pub(crate) fn shown(error: &Error) -> String {
    let mut text = Vec::new();
    error.render(&mut text, imgver::paint::Painter::PLAIN).expect("a vector takes all");
    String::from_utf8(text).expect("errors are text")
}

/// The error, which must be of `kind`, as the program would print it.
#[track_caller]
pub(crate) fn refused<A: std::fmt::Debug>(result: imgver::error::Result<A>, kind: Kind) -> String {
    let error = result.expect_err("it is refused");
    assert_eq!(error.kind(), kind, "{}", shown(&error));
    shown(&error)
}
