//! What an operation returns: an answer, warnings, and effects as data.

use std::path::PathBuf;

use super::float::Floats;
use crate::images;
use crate::release::TagCommand;

/// The answer of a command, and the effects that carry it out.
#[derive(Debug)]
pub struct Outcome<A> {
    /// The answer.
    pub answer: A,
    /// Warnings, to be printed before anything is done.
    pub warnings: Vec<String>,
    /// The effects, in the order to carry them out.
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
    /// Replace the content of a file.
    Write {
        /// The file.
        path: PathBuf,
        /// Its content.
        content: Vec<u8>,
    },
    /// Create a file, and the directories that it is in. What is there is never touched.
    Create {
        /// The file.
        path: PathBuf,
        /// Its content.
        content: Vec<u8>,
    },
    /// Put another regular file in the place of one, so that nobody sees a part of it.
    Replace {
        /// The file.
        path: PathBuf,
        /// Its content.
        content: Vec<u8>,
    },
    /// Create a release tag in this clone.
    SetTag(TagCommand),
    /// Push one tag.
    PushTag(TagCommand),
    /// Build images, push them if so planned, and write down what became of them.
    BuildImages(Box<images::Build>),
    /// Have an image under another name as well.
    CopyImage(images::ImageCopy),
    /// Write down which images there are, with the digests that their registries have by then.
    RecordImages {
        /// The file.
        path: PathBuf,
        /// The images, in the order of the records.
        images: Vec<images::NamedImage>,
    },
    /// Set the tags that move with releases, by what the registries have by then.
    Float(Floats),
}
