//! What an image is made of, as a set of paths with a reason for each.

use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;

use super::local::Local;
use super::own::Reason;
use super::reader::{Build, Circle, Edge, Pin};
use crate::dockerfile::Instruction;
use crate::domain::PathSet;
use crate::history::git::TrackedPath;

/// What the image of a service is made of.
///
/// As a set, it has all paths that the build can read, whether or not they are there.
#[derive(Clone)]
pub struct Inputs {
    /// The build of the service itself first, then those of others.
    pub(super) members: Vec<Member>,
    /// The services that are built from each other, if there are any.
    pub circle: Option<Circle>,
}

/// A build that an image is made by.
#[derive(Clone)]
pub(super) struct Member {
    /// The service, if it is another one.
    pub(super) through: Option<String>,
    /// Whether the image certainly is made by it.
    pub(super) is_certain: bool,
    pub(super) build: Rc<Build>,
}

/// Why a path is among the inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// What it is to the build.
    pub role: Role,
    /// The Dockerfile that says so, and the line; none where it is not a matter of any line.
    pub place: Option<(String, usize)>,
    /// The service whose build reads it, if that is another one.
    pub through: Option<String>,
}

/// What a file is to a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The Dockerfile.
    Dockerfile,
    /// What says what a context leaves out.
    IgnoreFile,
    /// A symbolic link or a submodule on the way to a context, the Dockerfile or an ignore file.
    OnTheWay,
    /// An instruction reads it.
    Read(Instruction),
    /// It may be read, or what is read may be made of it: something is not resolved.
    Unresolved,
}

/// Something that cannot be resolved, so that all contexts and the directory of the service count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// The Dockerfile.
    pub file: String,
    /// The line, if it is a matter of one.
    pub line: Option<usize>,
    /// The instruction, if it is a matter of one.
    pub instruction: Option<Instruction>,
    /// What is not known, and why.
    pub why: String,
    /// The service whose build it is, if that is another one.
    pub through: Option<String>,
}

/// What one instruction reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The Dockerfile.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The instruction.
    pub instruction: Instruction,
    /// What it names.
    pub paths: String,
    /// The context; empty for the root.
    pub context: String,
    /// How many tracked files that is.
    pub files: usize,
    /// The service whose build it is, if that is another one.
    pub through: Option<String>,
}

/// As a reason for a file to count.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.role, &self.place) {
            (Role::Dockerfile, _) => f.write_str("input, the Dockerfile")?,
            (Role::IgnoreFile, _) => f.write_str("input, says what is left out")?,
            (Role::OnTheWay, _) => f.write_str("input, on the way to a context or Dockerfile")?,
            (Role::Read(_), Some((file, line))) => write!(f, "input, {file}:{line}")?,
            (Role::Unresolved, Some((file, line))) => write!(f, "input, {file}:{line} is not resolved")?,
            (Role::Read(_), None) => f.write_str("input")?,
            (Role::Unresolved, None) => f.write_str("input, not resolved")?,
        }
        self.through.as_ref().map_or(Ok(()), |service| write!(f, ", through {service}"))
    }
}

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inputs").field("circle", &self.circle).finish_non_exhaustive()
    }
}

impl Member {
    fn why(&self, path: &str) -> Vec<Why> {
        let own = &self.build.own;
        let at = |line: Option<usize>| line.map(|line| (own.dockerfile.clone(), line));
        let mut all = Vec::new();
        for reason in own.reasons(path) {
            let (role, place) = match reason {
                Reason::Dockerfile => (Role::Dockerfile, None),
                Reason::IgnoreFile => (Role::IgnoreFile, None),
                Reason::OnTheWay => (Role::OnTheWay, None),
                Reason::Reading(reading) => (Role::Read(reading.instruction), at(Some(reading.line))),
                Reason::Gap(gap) => (Role::Unresolved, at(gap.line)),
            };
            let why = Why { role, place, through: self.through.clone() };
            if !all.contains(&why) {
                all.push(why);
            }
        }
        all
    }
}

impl PathSet for Inputs {
    fn has(&self, path: &[u8]) -> bool {
        let path = String::from_utf8_lossy(path);
        self.members.iter().any(|member| member.build.own.has(&path))
    }
}

impl Inputs {
    /// All reasons for which `path` is among them.
    pub fn why(&self, path: &str) -> Vec<Why> {
        self.members.iter().flat_map(|member| member.why(path)).collect()
    }

    /// Those of `tracked` that are among them, with the reasons.
    pub fn files<'t>(&self, tracked: &'t [TrackedPath]) -> Vec<(&'t str, Vec<Why>)> {
        let with_why = |tracked: &'t TrackedPath| (&*tracked.path, self.why(&tracked.path));
        tracked.iter().map(with_why).filter(|(_, why)| !why.is_empty()).collect()
    }

    /// Whether builds are made by what is at `path`: a Dockerfile, what says what is left out, or what leads to any of it.
    pub fn is_named(&self, path: &str) -> bool {
        self.members.iter().any(|member| member.build.own.is_named(path))
    }

    /// What cannot be resolved.
    pub fn unresolved(&self) -> Vec<Unresolved> {
        let of_build = |Member { through, build, .. }: &Member| {
            let gaps = build.own.gaps.iter().map(|gap| Unresolved {
                file: build.own.dockerfile.clone(),
                line: gap.line,
                instruction: gap.instruction,
                why: gap.why.clone(),
                through: through.clone(),
            });
            gaps.collect::<Vec<_>>()
        };
        self.members.iter().flat_map(of_build).collect()
    }

    /// What each instruction reads of `tracked`, in the order of the Dockerfiles.
    pub fn readings(&self, tracked: &[TrackedPath]) -> Vec<Reading> {
        let mut all = Vec::new();
        for Member { through, build, .. } in &self.members {
            for reading in &build.own.readings {
                let Some(local) = build.own.contexts.get(reading.context) else { continue };
                let is_read = |tracked: &&TrackedPath| {
                    let within = local.within(&tracked.path);
                    within.is_some_and(|path| reading.has(path) && !local.excludes(path))
                };
                all.push(Reading {
                    file: build.own.dockerfile.clone(),
                    line: reading.line,
                    instruction: reading.instruction,
                    paths: reading.paths.to_string(),
                    context: local.directory.clone(),
                    files: tracked.iter().filter(is_read).count(),
                    through: through.clone(),
                });
            }
        }
        all
    }

    /// The images of other services whose inputs are among them, each with the path of the service whose build names it if
    /// that is another one.
    pub fn edges(&self) -> impl Iterator<Item = (Option<&str>, &Edge)> {
        self.members
            .iter()
            .flat_map(|member| member.build.edges.iter().map(|edge| (member.through.as_deref(), edge)))
    }

    /// The images of services that stay what they are.
    pub fn pins(&self) -> impl Iterator<Item = (Option<&str>, &Pin)> {
        self.members
            .iter()
            .flat_map(|member| member.build.pins.iter().map(|pin| (member.through.as_deref(), pin)))
    }

    /// Those of `tracked` that the image certainly is made of, with the first reason. What an ignore file says may be all the same
    /// to it.
    pub fn certain_files<'t>(&self, tracked: &'t [TrackedPath]) -> Vec<(&'t str, Why)> {
        let certain: Vec<&Member> = self.members.iter().filter(|member| member.is_certain).collect();
        let why = |path: &str| {
            let mut all = certain.iter().flat_map(|member| member.why(path));
            all.find(|why| matches!(why.role, Role::Read(_) | Role::Dockerfile | Role::OnTheWay))
        };
        tracked.iter().filter_map(|tracked| Some((&*tracked.path, why(&tracked.path)?))).collect()
    }

    /// The Dockerfile of the service itself.
    pub fn dockerfile(&self) -> &str {
        self.members.first().map_or("", |member| &member.build.own.dockerfile)
    }

    /// Whether that Dockerfile is not there.
    pub fn is_missing(&self) -> bool {
        self.members.first().is_some_and(|member| member.build.own.is_missing)
    }

    /// The Dockerfiles and the files that say what contexts leave out, whether or not they are there; sorted.
    pub fn named_files(&self) -> BTreeSet<&str> {
        self.members.iter().flat_map(|member| member.build.own.named_files()).collect()
    }

    /// The contexts of the service itself, the main one first: the directory, the file that says what it leaves out if there
    /// is one, and how many of `tracked` it leaves out.
    pub fn contexts(&self, tracked: &[TrackedPath]) -> Vec<(String, Option<String>, usize)> {
        let Some(Member { build, .. }) = self.members.first() else { return Vec::new() };
        let of_context = |local: &Local| {
            let is_left_out = |tracked: &&TrackedPath| {
                let within = local.within(&tracked.path).filter(|_| !build.own.is_named(&tracked.path));
                within.is_some_and(|path| local.excludes(path))
            };
            let left_out = tracked.iter().filter(is_left_out).count();
            (local.directory.clone(), local.ignore_file.clone(), left_out)
        };
        build.own.contexts.iter().map(of_context).collect()
    }
}
