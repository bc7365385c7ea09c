//! The git program, which sets and pushes tags as the user's own configuration says: identity, signature, credentials,
//! hooks.

use std::collections::BTreeSet;
use std::process::Output;

use crate::display::shell_quoted;
use crate::error::{Error, Kind, Result};
use crate::programs::{Program, ProgramFailure, Programs, end};

/// A run of git that sets or pushes one tag: data until the last moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagCommand {
    /// The tag.
    pub tag: String,
    /// The arguments.
    pub args: Vec<String>,
    /// Standard input.
    pub input: Option<String>,
}

impl TagCommand {
    /// The command line for a POSIX shell, without what is read from standard input.
    pub fn to_shell(&self) -> String {
        let words = self.args.iter().map(|arg| shell_quoted(arg.as_bytes()));
        let line = words.fold(b"git".to_vec(), |line, word| [line, word].join(&b' '));
        String::from_utf8_lossy(&line).into_owned()
    }
}

/// Sets the annotated tag `tag` at `commit` (a full hash), with a message that git leaves as it is.
pub fn set(tag: &str, commit: &str, message: &str) -> TagCommand {
    let args = ["tag", "--annotate", "--cleanup", "verbatim", "--file", "-", "--", tag, commit];
    TagCommand {
        tag: tag.to_owned(),
        args: args.map(str::to_owned).to_vec(),
        input: Some(message.to_owned()),
    }
}

/// Pushes `tag` and nothing else, whatever `push.followTags` says: GitHub starts no workflow for more than three tags at
/// once ("Events that trigger workflows", `push`).
pub fn push(remote: &str, tag: &str) -> TagCommand {
    let reference = format!("refs/tags/{tag}");
    let refspec = format!("{reference}:{reference}");
    let args = ["push", "--no-follow-tags", "--", remote, &refspec];
    TagCommand { tag: tag.to_owned(), args: args.map(str::to_owned).to_vec(), input: None }
}

/// The git on `PATH`.
#[derive(Debug, Clone)]
pub struct Git(Program);

impl Git {
    /// Finds git.
    ///
    /// # Errors
    /// It is not on `PATH`.
    pub fn find(programs: &Programs) -> Result<Self> {
        programs.find("git").map(Git).map_err(|cause| {
            Error::new(
                Kind::Repository,
                "git is not on PATH, and imgver release needs it to set and push tags",
            )
            .because(cause)
            .hint("install git, or add its directory to PATH")
        })
    }

    /// The names of all tags that `remote` has.
    ///
    /// # Errors
    /// It cannot be asked.
    pub fn tags_of(&self, remote: &str) -> Result<BTreeSet<String>> {
        let answer = self.ask(&["ls-remote", "--tags", "--refs", "--quiet", "--", remote], None)?;
        if !answer.status.success() {
            let failure = ProgramFailure { what: "git ls-remote", output: &answer };
            return Err(Error::new(
                Kind::Repository,
                format!("the remote {remote} cannot be asked for its tags"),
            )
            .because(failure)
            .hint(format!("git ls-remote {remote} shows what git says of it")));
        }
        let listed = String::from_utf8_lossy(&answer.stdout).into_owned();
        let names = listed.lines().filter_map(|line| line.split_once("\trefs/tags/"));
        Ok(names.map(|(_, name)| name.to_owned()).collect())
    }

    /// Runs `command`, which sets a tag.
    ///
    /// # Errors
    /// git refuses.
    pub fn set(&self, command: &TagCommand) -> Result<()> {
        let answer = self.ask(&command.args, command.input.as_deref())?;
        if answer.status.success() {
            return Ok(());
        }
        let failure = ProgramFailure { what: "git tag", output: &answer };
        Err(Error::new(Kind::Repository, format!("cannot set the tag {}", command.tag)).because(failure))
    }

    /// Runs `command`, which pushes a tag. What git and its hooks print goes to standard error, and questions to the
    /// terminal.
    ///
    /// # Errors
    /// git or the remote refuses; the tag stays in this clone.
    pub fn push(&self, command: &TagCommand) -> Result<()> {
        let status = self.0.run_aside(&command.args).map_err(|cause| self.not_run(cause))?;
        if status.success() {
            return Ok(());
        }
        let tag = &command.tag;
        Err(Error::new(
            Kind::Repository,
            format!("the tag {tag} was set here, but not pushed: git push {}", end(status)),
        )
        .hint(format!("to try again: {}", command.to_shell()))
        .hint(format!("to take it back: git tag --delete {tag}")))
    }

    fn ask(&self, args: &[impl AsRef<std::ffi::OsStr>], input: Option<&str>) -> Result<Output> {
        self.0.ask(args, input).map_err(|cause| self.not_run(cause))
    }

    fn not_run(&self, cause: std::io::Error) -> Error {
        Error::new(Kind::Unexpected, format!("{} cannot be run", self.0.path().display())).because(cause)
    }
}
