//! The one file that runs another program: docker, through duct.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output};

use duct::unix::HandleExt as _;
use duct::{Expression, Handle};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;
use signal_hook::low_level::signal_name;

use super::Command;
use super::answers::{Builder, Daemon};
use crate::error::{Context as _, Error, Kind, Result};

/// The docker on `PATH`.
#[derive(Debug, Clone)]
pub struct Docker {
    program: PathBuf,
    directory: PathBuf,
    env: BTreeMap<OsString, OsString>,
}

impl Docker {
    /// Finds docker on the `PATH` of `env`. It will run in `directory`, with the variables of `env`.
    ///
    /// # Errors
    /// There is none.
    pub fn find(directory: &Path, env: &BTreeMap<OsString, OsString>) -> Result<Self> {
        let paths = env.get(OsStr::new("PATH"));
        let found = which::which_in("docker", paths, directory);
        let program = found.map_err(|cause| {
            Error::new(Kind::DockerMissing, "docker is not on PATH")
                .because(cause)
                .hint("install docker (https://docs.docker.com/get-docker/), or add its directory to PATH")
        })?;
        Ok(Docker { program, directory: directory.to_owned(), env: env.clone() })
    }

    /// Whether docker has buildx.
    ///
    /// # Errors
    /// It has not, or cannot be run.
    pub fn require_buildx(&self) -> Result<()> {
        let answer = self.ask(&["buildx", "version"])?;
        if answer.status.success() {
            return Ok(());
        }
        let said = Said { what: "docker buildx version", answer: &answer };
        Err(Error::new(Kind::DockerMissing, "docker has no buildx")
            .because(anyhow::Error::msg(said.to_string()))
            .hint("install the plugin docker-buildx (https://docs.docker.com/go/buildx/)"))
    }

    /// What docker says of `builder`, or of the builder in use.
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
        let name = builder.map_or_else(|| "in use".to_owned(), |name| format!("'{name}'"));
        let said = Said { what: "docker buildx inspect", answer: &answer };
        Err(Error::new(Kind::DockerFailed, format!("the builder {name} cannot be used"))
            .because(anyhow::Error::msg(said.to_string()))
            .hint("docker buildx ls shows the builders there are; --builder B takes one of them"))
    }

    /// The local docker.
    ///
    /// # Errors
    /// Its daemon does not answer.
    pub fn daemon(&self) -> Result<Daemon> {
        let answer = self.ask(&["info", "--format", Daemon::FORMAT])?;
        let daemon = Daemon::parse(&String::from_utf8_lossy(&answer.stdout));
        let said = Said { what: "docker info", answer: &answer };
        let error = match daemon.error {
            None if answer.status.success() => return Ok(daemon),
            None => said.to_string(),
            Some(error) => error,
        };
        Err(Error::new(Kind::DockerMissing, "no docker daemon answers")
            .because(anyhow::Error::msg(error))
            .hint("start it, or name another one in DOCKER_HOST or with docker context use")
            .hint("a builder elsewhere needs none here: --builder B --push"))
    }

    /// Runs `command`, with the terminal to itself. An interrupt or a request to end reaches docker, and docker has the
    /// time it takes to clean up.
    ///
    /// # Errors
    /// docker fails or is killed.
    pub fn run(&self, command: &Command) -> Result<()> {
        let mut env = self.env.clone();
        env.extend(command.env.iter().map(|(name, value)| (name.into(), value.into())));
        let mut expression = self.expression(&command.args, &env);
        if let Some(text) = &command.stdin {
            expression = expression.stdin_bytes(text.as_bytes());
        }
        let unwatched = || "signals cannot be watched";
        let signals = SignalsInfo::<WithOrigin>::new([SIGINT, SIGTERM]);
        let signals = signals.context(Kind::Unexpected, unwatched)?;
        let handle = expression.unchecked().start().map_err(|cause| self.not_run(cause))?;
        let status = wait(&handle, signals).map_err(|cause| self.not_run(cause))?;
        if status.success() {
            return Ok(());
        }
        let error = Error::new(Kind::DockerFailed, format!("{} {}", command.title, end(status)));
        // Whoever ended it knows why; 128 and more is how a program says that a signal did.
        Err(match status.code() {
            Some(1..128) => {
                error.hint("what docker printed above says why; imgver build --dry-run prints the command")
            }
            _ => error,
        })
    }

    /// The answer to `args`, a question that takes moments.
    fn ask(&self, args: &[&str]) -> Result<Output> {
        let expression = self.expression(args, &self.env).stdin_null().stdout_capture().stderr_capture();
        expression.unchecked().run().map_err(|cause| self.not_run(cause))
    }

    fn expression(&self, args: &[impl AsRef<OsStr>], env: &BTreeMap<OsString, OsString>) -> Expression {
        let args = args.iter().map(|arg| arg.as_ref().to_owned());
        duct::cmd(&self.program, args).dir(&self.directory).full_env(env)
    }

    fn not_run(&self, cause: std::io::Error) -> Error {
        Error::new(Kind::DockerMissing, format!("{} cannot be run", self.program.display()))
            .because(cause)
            .hint("it is the first docker on PATH; docker version has to work")
    }
}

/// Waits for docker's end, passing on what other processes tell this one. What the terminal says, docker hears itself.
fn wait(handle: &Handle, mut signals: SignalsInfo<WithOrigin>) -> std::io::Result<ExitStatus> {
    let watch = signals.handle();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for origin in signals.forever() {
                let is_terminals = origin.signal == SIGINT && !matches!(origin.cause, Cause::Sent(_));
                if !is_terminals {
                    // It may have ended meanwhile.
                    let _ = handle.send_signal(origin.signal);
                }
            }
        });
        let status = handle.wait().map(|output| output.status);
        watch.close();
        status
    })
}

/// How a process ended: `failed with status 1`, `was killed by SIGKILL`.
fn end(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("failed with status {code}"),
        (None, Some(signal)) => {
            let name = signal_name(signal).map_or_else(|| format!("signal {signal}"), ToOwned::to_owned);
            format!("was killed by {name}")
        }
        (None, None) => "ended in an unknown way".to_owned(),
    }
}

/// What docker said when it failed.
struct Said<'a> {
    what: &'a str,
    answer: &'a Output,
}

impl std::fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stderr = String::from_utf8_lossy(&self.answer.stderr);
        let mut lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty());
        write!(f, "{} {}", self.what, end(self.answer.status))?;
        // Enough for a sentence; what a broken docker prints may be anything.
        lines.next().map_or(Ok(()), |line| write!(f, ": {}", line.chars().take(500).collect::<String>()))
    }
}
