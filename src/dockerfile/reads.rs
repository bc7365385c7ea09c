//! What the build of one image reads, as its Dockerfile says it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;

use super::evaluation::Evaluation;
use super::lines;
use super::statement::Statement;
use super::{Expanded, Wildcard};
use crate::domain::Platform;

/// The most stages that are read.
const STAGES_MAX: usize = 500;

/// A Dockerfile.
#[derive(Debug)]
pub struct Dockerfile {
    /// The build arguments in front of the first stage: names, and default values.
    pub(super) args: Vec<(String, Option<String>)>,
    pub(super) stages: Vec<Stage>,
    /// The character that escapes.
    pub(super) escape: char,
}

/// A stage of a Dockerfile.
#[derive(Debug)]
pub(super) struct Stage {
    pub line: usize,
    /// What it begins from, with variables.
    pub base: String,
    /// In small letters.
    pub name: Option<String>,
    /// What follows, with its lines.
    pub statements: Vec<(usize, Statement)>,
}

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
    /// The names of those that are given with values that differ from build to build: words without a slash, such as a version.
    pub open_args: &'a [&'a str],
    /// The platforms; empty means that any may be built.
    pub platforms: &'a [Platform],
    /// The names of additional contexts.
    pub contexts: &'a BTreeSet<&'a str>,
    /// What `ONBUILD` has left in an image, or a context that is one, that a stage begins from.
    pub triggers: &'a dyn Fn(&Expanded) -> Vec<Trigger>,
}

/// An instruction that an image runs at the beginning of each stage that is built from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    pub(super) text: String,
}

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
    /// The line of the instruction, from 1; of a trigger, that of the stage that runs it.
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

/// An image that a stage begins from, or that files are copied or mounted from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageUse {
    /// The line, from 1; of a trigger, that of the stage that runs it.
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
        let (commands, escape) = lines::read(content)?;
        let mut file = Dockerfile { args: Vec::new(), stages: Vec::new(), escape };
        for command in &commands {
            let error = |why: String| Unreadable { line: command.line, why };
            let statement = Statement::parse(command, escape).map_err(error)?;
            match (statement, file.stages.last_mut()) {
                (Statement::From { base, name }, _) => {
                    if file.stages.len() == STAGES_MAX {
                        return Err(error(format!("it has more than {STAGES_MAX} stages")));
                    }
                    let (line, statements) = (command.line, Vec::new());
                    file.stages.push(Stage { line, base, name, statements });
                }
                (Statement::Arg(args), None) => file.args.extend(args),
                (_, None) => return Err(error(format!("{} is in front of the first FROM", command.keyword))),
                (statement, Some(stage)) => stage.statements.push((command.line, statement)),
            }
        }
        if file.stages.is_empty() {
            return Err(Unreadable { line: 1, why: "it has no FROM".to_owned() });
        }
        Ok(file)
    }

    /// What the build with `options` reads.
    pub fn reads(&self, options: &BuildOptions<'_>) -> Reads {
        let mut all = Reads::default();
        let platforms: Vec<_> = options.platforms.iter().map(Some).collect();
        for platform in if platforms.is_empty() { vec![None] } else { platforms } {
            let reads = Evaluation::new(self, options, platform).reads();
            add_new(&mut all.sources, reads.sources);
            add_new(&mut all.images, reads.images);
            add_new(&mut all.unresolved, reads.unresolved);
            add_new(&mut all.triggers, reads.triggers);
        }
        all.sources.sort_by_key(|source| source.line);
        all.images.sort_by_key(|image| image.line);
        all.unresolved.sort_by_key(|unresolved| unresolved.line);
        all
    }
}

fn add_new<T: PartialEq>(all: &mut Vec<T>, new: Vec<T>) {
    for one in new {
        if !all.contains(&one) {
            all.push(one);
        }
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
