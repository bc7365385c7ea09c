//! Runs docker: queries about buildx, builder and daemon, and the build itself.

use std::process::Output;

use super::inspect::{Builder, Daemon};
use super::{Buildx, DockerCommand, ImageCopy, Presence};
use crate::error::{Error, Kind, Result};
use crate::programs::{Program, ProgramFailure, Programs, Ran};

/// The question whether there is buildx, for messages.
const BUILDX_VERSION: &str = "docker buildx version";

/// The docker on `PATH`.
#[derive(Debug, Clone)]
pub struct Docker(Program);

impl Docker {
    /// Finds docker.
    ///
    /// # Errors
    /// It is not on `PATH`.
    pub fn find(programs: &Programs) -> Result<Self> {
        programs.find("docker").map(Docker).map_err(|cause| {
            Error::new(Kind::DockerMissing, "docker is not on PATH")
                .because(cause)
                .hint("install docker (https://docs.docker.com/get-docker/), or add its directory to PATH")
        })
    }

    /// The buildx that docker has.
    ///
    /// # Errors
    /// docker has no buildx, is podman under another name, or cannot be run.
    pub fn buildx(&self) -> Result<Buildx> {
        let answer = self.ask(&["buildx", "version"])?;
        // podman 5 answers with the version of the library that it builds with.
        let is_podman = match answer.status.success() {
            true => mentions(&answer, &["buildah", "podman"]),
            false => mentions(&answer, &["podman"]) || mentions(&self.ask(&["version"])?, &["podman"]),
        };
        if is_podman {
            return Err(self.podman(&answer));
        }
        if answer.status.success() {
            return Ok(Buildx::parse(&String::from_utf8_lossy(&answer.stdout)));
        }
        let failure = ProgramFailure { what: BUILDX_VERSION, output: &answer };
        Err(Error::new(Kind::DockerMissing, "docker has no buildx")
            .because(failure)
            .hint("install the buildx plugin (https://docs.docker.com/go/buildx/)"))
    }

    fn podman(&self, answer: &Output) -> Error {
        let cause = match answer.status.success() {
            true => anyhow::Error::msg(format!(
                "{BUILDX_VERSION} says {}",
                String::from_utf8_lossy(&answer.stdout).trim()
            )),
            false => ProgramFailure { what: BUILDX_VERSION, output: answer }.into(),
        };
        let message = format!("{} is podman, which has no buildx", self.0.path().display());
        Error::new(Kind::DockerMissing, message)
            .because(cause)
            .hint("put docker's own command line with buildx first on PATH; it needs no docker daemon here to build and push with a BuildKit elsewhere: --builder B --push")
            .hint("or build one image with podman: podman build --tag \"$(imgver tag SERVICE)\" DIRECTORY")
    }

    /// The builder called `builder`, or the selected one.
    ///
    /// # Errors
    /// There is no such builder, or docker fails.
    pub fn builder(&self, builder: Option<&str>) -> Result<Builder> {
        let mut args = vec!["buildx", "inspect"];
        args.extend(builder.iter().flat_map(|builder| ["--builder", builder]));
        let answer = self.ask(&args)?;
        if answer.status.success() {
            return Ok(Builder::parse(&String::from_utf8_lossy(&answer.stdout)));
        }
        let name =
            builder.map_or_else(|| "the selected builder".to_owned(), |name| format!("the builder '{name}'"));
        let failure = ProgramFailure { what: "docker buildx inspect", output: &answer };
        Err(Error::new(Kind::DockerFailed, format!("cannot use {name}"))
            .because(failure)
            .hint("docker buildx ls lists the builders; --builder B selects one"))
    }

    /// The local docker.
    ///
    /// # Errors
    /// The daemon cannot be reached.
    pub fn daemon(&self) -> Result<Daemon> {
        let answer = self.ask(&["info", "--format", Daemon::FORMAT])?;
        let daemon = Daemon::parse(&String::from_utf8_lossy(&answer.stdout));
        let failure = ProgramFailure { what: "docker info", output: &answer };
        let error = match daemon.error {
            None if answer.status.success() => return Ok(daemon),
            None => failure.to_string(),
            Some(error) => error,
        };
        Err(Error::new(Kind::DockerMissing, "cannot connect to the docker daemon")
            .because(anyhow::Error::msg(error))
            .hint("start it, or select another one with DOCKER_HOST or docker context use")
            .hint("a remote builder does not need a local daemon: --builder B --push"))
    }

    /// Asks its registry whether it has the image `reference`, as `builder` reaches it, or the selected one.
    ///
    /// # Errors
    /// docker cannot be run.
    pub fn presence(&self, reference: &str, builder: Option<&str>) -> Result<Presence> {
        let mut args = vec!["buildx", "imagetools", "inspect"];
        args.extend(builder.iter().flat_map(|builder| ["--builder", builder]));
        args.push(reference);
        self.ask(&args).map(|answer| Presence::parse(&answer))
    }

    /// Makes `copy`, or what is [aside](ImageCopy::aside) of it where `buildx` would give its tag to parts of the image first. Docker
    /// says nothing about it unless it fails, and no daemon is needed.
    ///
    /// # Errors
    /// docker cannot be run, or fails; its buildx is so old that it would make another image of it.
    pub fn copy(&self, copy: &ImageCopy, buildx: Buildx) -> Result<()> {
        let made = if buildx.tags_last() { copy.clone() } else { copy.aside() };
        let mut answer = self.answer(&made.command())?;
        if !answer.status.success() && mentions(&answer, &["unknown flag: --prefer-index"]) {
            answer = self.answer(&made.question_of_old())?;
            if answer.status.success() {
                if !copy.is_same(&answer.stdout) {
                    return Err(index_around(copy));
                }
                answer = self.answer(&made.command_of_old())?;
            }
        }
        if answer.status.success() {
            return Ok(());
        }
        // Before that, it says what it was about to do.
        let answer = Output { stderr: last_error(&answer.stderr), ..answer };
        let failure = ProgramFailure { what: "docker buildx imagetools create", output: &answer };
        Err(Error::new(Kind::DockerFailed, format!("cannot copy {} to {}", copy.source(), copy.target))
            .because(failure)
            .hint("docker login REGISTRY gives docker the credentials that it needs for both registries"))
    }

    fn answer(&self, command: &DockerCommand) -> Result<Output> {
        self.0.ask(&command.args, None).map_err(|cause| self.not_run(cause))
    }

    /// Runs `command`, with the terminal to itself. An interrupt or a request to end reaches docker, and docker has the
    /// time it takes to clean up.
    ///
    /// # Errors
    /// docker cannot be run.
    pub fn run(&self, command: &DockerCommand) -> Result<Ran> {
        let ran = self.0.clone().with_env(&command.env).run(&command.args, command.stdin.as_deref());
        ran.map_err(|cause| self.not_run(cause))
    }

    /// The answer to `args`, a question that takes moments.
    fn ask(&self, args: &[&str]) -> Result<Output> {
        self.0.ask(args, None).map_err(|cause| self.not_run(cause))
    }

    fn not_run(&self, cause: std::io::Error) -> Error {
        Error::new(Kind::DockerMissing, format!("cannot run {}", self.0.path().display()))
            .because(cause)
            .hint("this is the first docker on PATH; check that docker version works")
    }
}

fn index_around(copy: &ImageCopy) -> Error {
    let message = format!(
        "cannot copy {} to {}: this buildx would make an index around the image, which has another digest",
        copy.source(),
        copy.target
    );
    Error::new(Kind::DockerMissing, message)
        .hint("buildx 0.15 and newer copy an image as it is (https://docs.docker.com/go/buildx/)")
}

/// The last line that is an error; everything if there is none.
fn last_error(stderr: &[u8]) -> Vec<u8> {
    let is_error = |line: &&[u8]| line.get(..6).is_some_and(|begin| begin.eq_ignore_ascii_case(b"error:"));
    let found = stderr.split(|byte| *byte == b'\n').rfind(is_error);
    found.unwrap_or(stderr).to_vec()
}

/// Whether what a program printed contains one of `words`, in any case.
fn mentions(answer: &Output, words: &[&str]) -> bool {
    let printed = [&answer.stdout, &answer.stderr].map(|bytes| String::from_utf8_lossy(bytes).to_lowercase());
    words.iter().any(|word| printed.iter().any(|text| text.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_comes_after_the_progress() {
        for (stderr, expected) in [
            (
                "#1 [internal] pushing a/x:1\n#1 ERROR: 403\n------\n > [internal] pushing a/x:1:\n------\nERROR: unexpected status: 403 Forbidden\n",
                "ERROR: unexpected status: 403 Forbidden",
            ),
            ("error: one\nerror: two\nhint", "error: two"),
            (
                "unknown flag: --x\nSee 'docker buildx --help'\n",
                "unknown flag: --x\nSee 'docker buildx --help'\n",
            ),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(last_error(stderr.as_bytes())).unwrap(), expected);
        }
    }
}
