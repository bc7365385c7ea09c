//! Errors for a person at 2 a.m.: what failed, on which input, why, and what to do about it.

use std::fmt;
use std::io::{self, Write};

use crate::display::on_one_line;
use crate::paint::{ADVICE, FAILURE, HEADING, Painter};

/// The result of anything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// The kinds of failure, each with an exit code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Something that should not happen, e.g. output that cannot be written.
    Unexpected = 1,
    /// An invalid command line.
    Usage = 2,
    /// The repository cannot give the answer: there is none, it has no commit, is too shallow or unreadable.
    Repository = 3,
    /// A version rule does not hold: not on a release, uncommitted changes, no release at all.
    VersionRule = 4,
    /// Bad input: a service, a reference, a Taskfile.
    Input = 5,
    /// No docker, no buildx, or no daemon.
    DockerMissing = 6,
    /// docker was run, and failed.
    DockerFailed = 7,
    /// A registry could not be asked, or refused.
    Registry = 8,
}

impl Kind {
    /// The exit code of the process.
    pub fn exit_code(self) -> u8 {
        self as u8
    }
}

/// A failure: an `error:` line, its causes, and hints that name a repair.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    cause: Option<anyhow::Error>,
    hints: Vec<String>,
}

impl Error {
    /// A failure of `kind`; `message` says what failed, and on which input.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), cause: None, hints: Vec::new() }
    }

    /// The same failure with its cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The same failure with one more thing that the reader can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The causes, each without those beneath it, which some errors repeat.
    fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = Vec::new();
        let chain: Vec<String> =
            self.cause.iter().flat_map(anyhow::Error::chain).map(ToString::to_string).collect();
        for (at, cause) in chain.iter().enumerate() {
            let below = chain.get(at + 1..).unwrap_or_default().join(": ");
            let own = cause.strip_suffix(&below).and_then(|own| own.strip_suffix(": ")).unwrap_or(cause);
            if causes.last().is_none_or(|last| last != own) {
                causes.push(own.to_owned());
            }
        }
        causes
    }

    /// Writes the `error:` line, a `caused by:` line per cause and a `hint:` line per hint.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn render(&self, out: &mut dyn Write, painter: Painter) -> io::Result<()> {
        writeln!(out, "{} {}", painter.paint(FAILURE, "error:"), on_one_line(&self.message))?;
        for cause in self.causes() {
            writeln!(out, "{} {}", painter.paint(HEADING, "caused by:"), on_one_line(&cause))?;
        }
        for hint in &self.hints {
            writeln!(out, "{} {}", painter.paint(ADVICE, "hint:"), on_one_line(hint))?;
        }
        Ok(())
    }
}

/// The whole failure on one line, as a warning shows it.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in self.cause.iter().flat_map(anyhow::Error::chain) {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(AsRef::as_ref)
    }
}

/// Turns any error into an [`Error`], keeping it as the cause.
pub trait Context<T> {
    /// Says what was being done, and on which input, when this failed.
    ///
    /// # Errors
    /// The failure, with `message` above it.
    fn context<M: Into<String>>(self, kind: Kind, message: impl FnOnce() -> M) -> Result<T>;
}

impl<T, E: Into<anyhow::Error>> Context<T> for std::result::Result<T, E> {
    fn context<M: Into<String>>(self, kind: Kind, message: impl FnOnce() -> M) -> Result<T> {
        self.map_err(|cause| Error::new(kind, message()).because(cause))
    }
}
