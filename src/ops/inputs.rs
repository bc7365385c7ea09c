//! `imgver inputs`: what an image is made of.

use std::path::Path;

use super::build::no_dockerfile;
use super::input_sets::refuse_circle;
use super::subject::{self, refuse_malformed};
use super::{Checkout, Outcome, SubjectChoice};
use crate::display::shell_word;
use crate::error::{Error, Kind, Result};
use crate::history::git::{PathKind, TrackedPath, is_below};
use crate::inputs::{Edge, Inputs, Reader, Reading, Snapshot as _, Unresolved, Why, WorkTree};

/// What the image of a service is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its path.
    pub service: String,
    /// Its Dockerfile.
    pub dockerfile: String,
    /// The directories that its build reads, the context itself first.
    pub contexts: Vec<Context>,
    /// The tracked files that the build can read, with the reasons; sorted by path.
    pub files: Vec<(String, Vec<Why>)>,
    /// What each instruction reads.
    pub readings: Vec<Reading>,
    /// What is not resolved.
    pub unresolved: Vec<Unresolved>,
    /// Images of other services whose inputs count, too.
    pub edges: Vec<Use>,
    /// Images of services that stay what they are.
    pub pins: Vec<Use>,
}

/// A directory that a build reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Its path; empty for the root.
    pub directory: String,
    /// The file that says what is left out, if there is one.
    pub ignore_file: Option<String>,
    /// How many tracked files that leaves out.
    pub left_out: usize,
}

/// An image of a service that a build is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// What the Dockerfile says.
    pub edge: Edge,
    /// The service whose Dockerfile that is, if it is another one.
    pub through: Option<String>,
}

/// Finds the files that the image of the service of `choice` is made of.
///
/// # Errors
/// No service; a Dockerfile that is not there; services that are built from each other; a Taskfile that cannot be read, which
/// may define a service whose image this one is built from.
pub fn inputs(choice: &SubjectChoice, checkout: &Checkout) -> Result<Outcome<Answer>> {
    let Some(snapshot) = WorkTree::of(&checkout.repository) else {
        return Err(subject::no_work_tree("cannot read any Dockerfile"));
    };
    let not_given = || {
        Error::new(Kind::Input, "no service given, and the current directory is not in one")
            .hint("name a service: imgver list shows all of them")
    };
    let service = subject::chosen(choice, checkout)?.ok_or_else(not_given)?;
    let mut found = subject::services(checkout)?;
    refuse_malformed(std::mem::take(&mut found.malformed))?;
    let services = found.with([&service]);
    let reader = Reader::new(&services, &snapshot);
    let inputs = reader.inputs(&service.path)?.ok_or_else(not_given)?;
    if inputs.is_missing() {
        let root = checkout.repository.workdir().unwrap_or(&checkout.directory);
        return Err(no_dockerfile(&service, inputs.dockerfile(), root, checkout)?);
    }
    refuse_circle(&inputs)?;
    let tracked = snapshot.paths()?;
    let used = |(through, edge): (Option<&str>, &Edge)| Use {
        edge: edge.clone(),
        through: through.map(ToOwned::to_owned),
    };
    let answer = Answer {
        service: service.path,
        dockerfile: inputs.dockerfile().to_owned(),
        contexts: inputs
            .contexts(tracked)
            .into_iter()
            .map(|(directory, ignore_file, left_out)| Context { directory, ignore_file, left_out })
            .collect(),
        files: inputs.files(tracked).into_iter().map(|(path, why)| (path.to_owned(), why)).collect(),
        readings: inputs.readings(tracked),
        unresolved: inputs.unresolved(),
        edges: inputs.edges().map(used).collect(),
        pins: inputs.pins().map(used).collect(),
    };
    let root = checkout.repository.workdir().unwrap_or(&checkout.directory);
    Ok(Outcome::of(answer, untracked(&inputs, tracked, root)))
}

/// Warnings of files that a build begins with, and that are in the work tree alone.
fn untracked(inputs: &Inputs, tracked: &[TrackedPath], root: &Path) -> Vec<String> {
    let is_tracked = |file: &str| {
        tracked.iter().any(|tracked| {
            *tracked.path == *file
                || (tracked.kind == PathKind::Submodule && is_below(file.as_bytes(), &tracked.path))
        })
    };
    let is_there = |file: &str| root.join(file).symlink_metadata().is_ok_and(|about| !about.is_dir());
    let files = inputs.named_files().into_iter().filter(|file| !is_tracked(file) && is_there(file));
    files
        .map(|file| {
            format!(
                "git does not track {file}, so it is no input, and a clone builds without it: git add {}",
                shell_word(&format!(":/{file}"))
            )
        })
        .collect()
}
