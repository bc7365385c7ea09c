//! The git program, which sets and pushes tags as the user's own configuration says: identity, signature, credentials,
//! hooks.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::process::Output;

use crate::error::{Error, Kind, Result};
use crate::programs::{Program, Said, end};

/// A call of git: its arguments, and what it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The arguments.
    pub args: Vec<String>,
    /// Standard input.
    pub input: Option<String>,
}

/// Sets the annotated tag `tag` at `commit` (a full hash), with a message that git leaves as it is.
pub fn set(tag: &str, commit: &str, message: &str) -> Call {
    let args = ["tag", "--annotate", "--cleanup", "verbatim", "--file", "-", "--", tag, commit];
    Call { args: args.map(str::to_owned).to_vec(), input: Some(message.to_owned()) }
}

/// Pushes `tag` and nothing else, whatever `push.followTags` says: GitHub starts no workflow for more than three tags at
/// once ("Events that trigger workflows", `push`).
pub fn push(remote: &str, tag: &str) -> Call {
    let reference = format!("refs/tags/{tag}");
    let refspec = format!("{reference}:{reference}");
    let args = ["push", "--no-follow-tags", "--", remote, &refspec];
    Call { args: args.map(str::to_owned).to_vec(), input: None }
}

/// The git on `PATH`.
#[derive(Debug, Clone)]
pub struct Git(Program);

impl Git {
    /// Finds git on the `PATH` of `env`. It will run in `directory`, with the variables of `env`.
    ///
    /// # Errors
    /// There is none.
    pub fn find(directory: &Path, env: &BTreeMap<OsString, OsString>) -> Result<Self> {
        Program::find("git", directory, env).map(Git).map_err(|cause| {
            Error::new(Kind::Repository, "git is not on PATH, and a release is set and pushed by git")
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
            let said = Said { what: "git ls-remote", answer: &answer };
            return Err(Error::new(
                Kind::Repository,
                format!("the remote {remote} cannot be asked for its tags"),
            )
            .because(said)
            .hint(format!("git ls-remote {remote} shows what git says of it")));
        }
        let listed = String::from_utf8_lossy(&answer.stdout).into_owned();
        let names = listed.lines().filter_map(|line| line.split_once("\trefs/tags/"));
        Ok(names.map(|(_, name)| name.to_owned()).collect())
    }

    /// Sets a tag by `call`.
    ///
    /// # Errors
    /// git refuses.
    pub fn set(&self, tag: &str, call: &Call) -> Result<()> {
        let answer = self.ask(&call.args, call.input.as_deref())?;
        if answer.status.success() {
            return Ok(());
        }
        let said = Said { what: "git tag", answer: &answer };
        Err(Error::new(Kind::Repository, format!("the tag {tag} cannot be set")).because(said))
    }

    /// Pushes a tag by `call`. What git and its hooks say goes to standard error, and questions to the terminal.
    ///
    /// # Errors
    /// git or the remote refuses; the tag stays in this clone.
    pub fn push(&self, tag: &str, call: &Call) -> Result<()> {
        let status = self.0.run_aside(&call.args).map_err(|cause| self.not_run(cause))?;
        if status.success() {
            return Ok(());
        }
        let again = call.args.join(" ");
        Err(Error::new(
            Kind::Repository,
            format!("the tag {tag} is set here, but is not pushed: git push {}", end(status)),
        )
        .hint(format!("git {again} tries again"))
        .hint(format!("git tag --delete {tag} takes it back")))
    }

    fn ask(&self, args: &[impl AsRef<std::ffi::OsStr>], input: Option<&str>) -> Result<Output> {
        self.0.ask(args, input).map_err(|cause| self.not_run(cause))
    }

    fn not_run(&self, cause: std::io::Error) -> Error {
        Error::new(Kind::Unexpected, format!("{} cannot be run", self.0.path().display())).because(cause)
    }
}
