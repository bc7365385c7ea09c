use std::path::PathBuf;

use crate::images;
use crate::release::TagCommand;

/// What a command has found out, and what is to be done about it.
#[derive(Debug)]
pub struct Outcome<A> {
    /// The answer.
    pub answer: A,
    /// What the reader should know before anything is done.
    pub warnings: Vec<String>,
    /// What is to be done, in this order.
    pub effects: Vec<Effect>,
}

impl<A> Outcome<A> {
    /// An answer that changes nothing.
    pub(super) fn of(answer: A, warnings: Vec<String>) -> Self {
        Outcome { answer, warnings, effects: Vec::new() }
    }
}

/// A change to the world outside of the process, as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Append text to a file, such as the one that `GITHUB_OUTPUT` names.
    Append {
        /// The file.
        path: PathBuf,
        /// Whole lines.
        text: String,
    },
    /// Make a file hold this and nothing else.
    Write {
        /// The file.
        path: PathBuf,
        /// Its content.
        content: Vec<u8>,
    },
    /// Set a release tag in this clone.
    SetTag(TagCommand),
    /// Push one tag.
    PushTag(TagCommand),
    /// Build images.
    RunDocker(images::Command),
}
