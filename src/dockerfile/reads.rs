//! What the build of one image reads, as its Dockerfile says it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Expanded;
use crate::domain::Platform;

/// A Dockerfile.
#[derive(Debug)]
pub struct Dockerfile {}

/// Why a Dockerfile cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there, or not understood.
    pub why: String,
}

/// One way to build an image of a Dockerfile.
pub struct BuildOptions<'a> {
    /// The stage to build; none means the last.
    pub target: Option<&'a str>,
    /// The build arguments whose values are known.
    pub args: &'a BTreeMap<String, String>,
    /// The names of those that are given with values that differ from build to build.
    pub open_args: &'a [&'a str],
    /// The platforms; empty means that any may be built.
    pub platforms: &'a [Platform],
    /// The names of additional contexts.
    pub contexts: &'a BTreeSet<&'a str>,
    /// What `ONBUILD` has left in an image that a stage begins from.
    pub triggers: &'a dyn Fn(&Expanded) -> Vec<Trigger>,
}

/// An instruction that an image runs at the beginning of each stage that is built from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {}

/// What a build reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reads {
    /// What instructions of the stages that are needed read from contexts, in the order of the file.
    pub sources: Vec<Source>,
    /// The images that these stages are made of and that no stage or context is called, in the order of the file.
    pub images: Vec<ImageUse>,
    /// What cannot be determined: any file of any context may be read there.
    pub unresolved: Vec<Unresolved>,
    /// The triggers that the image leaves to those that are built from it.
    pub triggers: Vec<Trigger>,
}

/// What one instruction reads from one context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The line of the instruction, from 1.
    pub line: usize,
    /// Which instruction it is.
    pub instruction: Instruction,
    /// The name of the context; none means the main one.
    pub context: Option<String>,
    /// What it reads there.
    pub paths: Wildcard,
}

/// An instruction that can read a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instruction {
    /// `FROM`, of a context.
    From,
    /// `COPY`.
    Copy,
    /// `ADD`.
    Add,
    /// `RUN --mount=type=bind`.
    Run,
}

/// Paths below a context, as one instruction names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wildcard {}

/// An image that a stage begins from, or that files are copied or mounted from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageUse {
    /// The line, from 1.
    pub line: usize,
    /// Which instruction it is.
    pub instruction: Instruction,
    /// Its reference.
    pub image: Expanded,
}

/// A part of a Dockerfile whose meaning is not known before it is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// The line, from 1.
    pub line: usize,
    /// What is not known, and why.
    pub why: String,
}

impl Dockerfile {
    /// Reads the content of a Dockerfile.
    ///
    /// # Errors
    /// It is not in the form of one, or only another frontend understands it.
    pub fn parse(content: &[u8]) -> Result<Self, Unreadable> {
        let _ = content;
        Ok(Dockerfile {})
    }

    /// What the build with `options` reads.
    pub fn reads(&self, options: &BuildOptions<'_>) -> Reads {
        let _ = options;
        Reads::default()
    }
}

impl Wildcard {
    /// Whether the file at `path`, from the root of the context, is among them, or would be if it existed.
    pub fn has(&self, path: &str) -> bool {
        let _ = path;
        true
    }
}

impl fmt::Display for Wildcard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(".")
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Instruction::From => "FROM",
            Instruction::Copy => "COPY",
            Instruction::Add => "ADD",
            Instruction::Run => "RUN",
        })
    }
}
