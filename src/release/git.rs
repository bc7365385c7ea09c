//! The git program, which creates and pushes tags according to the user's own configuration: identity, signature, credentials,
//! hooks.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Output;

use crate::display::{shell_word, url_without_credentials};
use crate::error::{Error, Kind, Result};
use crate::programs::{Program, ProgramFailure, Programs, end};

/// How the name of a file ends with which git locks a ref, where git quotes it.
const LOCK: &[u8] = b".lock'";

/// A git command that creates or pushes one tag, as data until it runs.
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
    /// The command line for a POSIX shell, without what is read from standard input, and without credentials.
    pub fn to_shell(&self) -> String {
        let words = self.args.iter().map(|arg| to_word(arg));
        words.fold("git".to_owned(), |line, word| line + " " + &word)
    }
}

/// What a remote has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RemoteRefs {
    /// Its default branch, if it says which one that is.
    pub default_branch: Option<String>,
    /// The names of all its tags.
    pub tags: BTreeSet<String>,
    /// By the name of a tag, the hash of what that points at: a commit, with all tag objects in between left out.
    pub targets: BTreeMap<String, String>,
}

impl RemoteRefs {
    /// What git-ls-remote(1) prints with `--symref`: a hash or `ref: REF`, a tab, and the ref.
    fn parse(listed: &str) -> Self {
        let mut refs = RemoteRefs::default();
        for (value, name) in listed.lines().filter_map(|line| line.split_once('\t')) {
            if let (Some(branch), "HEAD") = (value.strip_prefix("ref: refs/heads/"), name) {
                refs.default_branch = Some(branch.to_owned());
            }
            let Some(tag) = name.strip_prefix("refs/tags/") else { continue };
            // An annotated tag is listed again, after itself, with what it points at.
            let tag = tag.strip_suffix("^{}").unwrap_or(tag);
            refs.tags.insert(tag.to_owned());
            refs.targets.insert(tag.to_owned(), value.to_owned());
        }
        refs
    }
}

/// `word` for a POSIX shell. A remote's URL with credentials, which only `remote.pushDefault` can have brought here, is read
/// from there.
fn to_word(word: &str) -> String {
    if url_without_credentials(word) == word {
        shell_word(word)
    } else {
        "\"$(git config remote.pushDefault)\"".to_owned()
    }
}

/// Creates the annotated tag `tag` at `commit` (a full hash), with a message that git leaves as it is.
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
                "git is not on PATH, but imgver needs it to list the tags of a remote, and to create and push tags",
            )
            .because(cause)
            .hint("install git, or add its directory to PATH")
        })
    }

    /// Asks `remote` for its tags and its default branch.
    ///
    /// # Errors
    /// Its refs cannot be listed.
    pub fn refs_of(&self, remote: &str) -> Result<RemoteRefs> {
        let hint = || format!("git ls-remote {} shows what git says", to_word(remote));
        self.refs_at(remote, || format!("the remote {}", url_without_credentials(remote)), hint)
    }

    /// Asks the same where a push to `remote` goes to, `url`.
    ///
    /// # Errors
    /// As there.
    pub fn refs_behind(&self, remote: &str, url: &str) -> Result<RemoteRefs> {
        let place = || format!("{}, where {remote} pushes to", url_without_credentials(url));
        let hint = || format!("git remote get-url --push --all {} shows where that is", shell_word(remote));
        self.refs_at(url, place, hint)
    }

    fn refs_at(
        &self,
        repository: &str,
        place: impl Fn() -> String,
        hint: impl Fn() -> String,
    ) -> Result<RemoteRefs> {
        let args = ["ls-remote", "--symref", "--quiet", "--", repository, "HEAD", "refs/tags/*"];
        let answer = self.ask(&args, None)?;
        if !answer.status.success() {
            let failure = ProgramFailure { what: "git ls-remote", output: &answer };
            return Err(Error::new(Kind::Repository, format!("cannot list the tags of {}", place()))
                .because(failure)
                .hint(hint()));
        }
        Ok(RemoteRefs::parse(&String::from_utf8_lossy(&answer.stdout)))
    }

    /// Runs `command`, which creates a tag.
    ///
    /// # Errors
    /// git refuses.
    pub fn set(&self, command: &TagCommand) -> Result<()> {
        let answer = self.ask(&command.args, command.input.as_deref())?;
        if answer.status.success() {
            return Ok(());
        }
        let failure = ProgramFailure { what: "git tag", output: &answer };
        let error =
            Error::new(Kind::Repository, format!("cannot create the tag {}", command.tag)).because(failure);
        // git leaves its lock if it is killed, and then refuses for ever. It names the file in every language.
        let is_locked = answer.stderr.windows(LOCK.len()).any(|part| part == LOCK);
        Err(match is_locked {
            true => error.hint("if no git runs in this repository, one was killed: remove its lock file"),
            false => error,
        })
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
            format!("the tag {tag} is in this clone, but was not pushed: git push {}", end(status)),
        )
        .hint(format!("to try again: the same imgver release, or {}", command.to_shell()))
        .hint(format!("to undo this: git tag --delete {tag}")))
    }

    fn ask(&self, args: &[impl AsRef<std::ffi::OsStr>], input: Option<&str>) -> Result<Output> {
        self.0.ask(args, input).map_err(|cause| self.not_run(cause))
    }

    fn not_run(&self, cause: std::io::Error) -> Error {
        Error::new(Kind::Unexpected, format!("cannot run {}", self.0.path().display())).because(cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_says_what_it_has() {
        let listed = "ref: refs/heads/develop\tHEAD\n1f\tHEAD\n1f\trefs/tags/a@1.0.0\n2f\trefs/tags/a@1.0.0^{}\n\
                      3f\trefs/remotes/x/HEAD\n";
        let refs = RemoteRefs::parse(listed);
        assert_eq!(refs.default_branch.as_deref(), Some("develop"));
        assert_eq!(refs.tags.into_iter().collect::<Vec<_>>(), ["a@1.0.0"]);
        assert_eq!(refs.targets.into_iter().collect::<Vec<_>>(), [("a@1.0.0".to_owned(), "2f".to_owned())]);
        assert_eq!(RemoteRefs::parse("1f\tHEAD\n").default_branch, None, "HEAD may be detached");
    }

    #[test]
    fn a_command_line_has_no_credentials() {
        assert_eq!(
            push("https://ada:s3cret@example.org/repo", "a@1.0.0").to_shell(),
            "git push --no-follow-tags -- \"$(git config remote.pushDefault)\" refs/tags/a@1.0.0:refs/tags/a@1.0.0"
        );
        assert!(push("git@example.org:repo", "a@1.0.0").to_shell().contains(" git@example.org:repo "));
    }
}
