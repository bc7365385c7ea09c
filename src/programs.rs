//! The one file that runs other programs, through duct: no shell, ever.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
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

/// The environment that other programs are found and run in.
#[derive(Debug, Clone)]
pub struct Programs {
    directory: PathBuf,
    env: BTreeMap<OsString, OsString>,
}

impl Programs {
    /// Programs on the `PATH` of `env`, which run in `directory` with the variables of `env`.
    pub fn new(directory: &Path, env: &BTreeMap<OsString, OsString>) -> Self {
        Programs { directory: directory.to_owned(), env: env.clone() }
    }

    /// The variable `name`, which may be empty.
    pub fn var(&self, name: &str) -> Option<&OsStr> {
        self.env.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Finds the program `name`.
    ///
    /// # Errors
    /// It is not on `PATH`.
    pub fn find(&self, name: &str) -> Result<Program, which::Error> {
        let path = which::which_in(name, self.env.get(OsStr::new("PATH")), &self.directory)?;
        Ok(Program { path, world: self.clone() })
    }
}

/// A program that was found on `PATH`.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    world: Programs,
}

impl Program {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same program with further variables.
    #[must_use]
    pub fn with_env(mut self, env: &[(&str, &str)]) -> Self {
        self.world.env.extend(env.iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Runs a quick query or a small task and captures its output; `input` is its standard input.
    ///
    /// # Errors
    /// It cannot be run. The caller checks the exit status.
    pub fn ask(&self, args: &[impl AsRef<OsStr>], input: Option<&str>) -> io::Result<Output> {
        let expression = match input {
            Some(text) => self.expression(args).stdin_bytes(text.as_bytes()),
            None => self.expression(args).stdin_null(),
        };
        expression.stdout_capture().stderr_capture().unchecked().run()
    }

    /// Runs it with the terminal to itself, unless it reads `input`. An interrupt or a request to end reaches it, and it has
    /// the time it takes to clean up.
    ///
    /// # Errors
    /// It cannot be run, or signals cannot be watched. The caller checks the exit status.
    pub fn run(&self, args: &[impl AsRef<OsStr>], input: Option<&str>) -> io::Result<ExitStatus> {
        let expression = self.expression(args);
        run(input.into_iter().fold(expression, |expression, text| expression.stdin_bytes(text.as_bytes())))
    }

    /// As [`Program::run`], with all its output on standard error.
    ///
    /// # Errors
    /// As there.
    pub fn run_aside(&self, args: &[impl AsRef<OsStr>]) -> io::Result<ExitStatus> {
        run(self.expression(args).stdout_to_stderr())
    }

    fn expression(&self, args: &[impl AsRef<OsStr>]) -> Expression {
        let args = args.iter().map(|arg| arg.as_ref().to_owned());
        duct::cmd(&self.path, args).dir(&self.world.directory).full_env(&self.world.env)
    }
}

fn run(expression: Expression) -> io::Result<ExitStatus> {
    let signals = SignalsInfo::<WithOrigin>::new([SIGINT, SIGTERM])?;
    let handle = expression.unchecked().start()?;
    wait(&handle, signals)
}

/// Waits for the program's end, passing on signals from other processes. It gets those of the terminal itself.
fn wait(handle: &Handle, mut signals: SignalsInfo<WithOrigin>) -> io::Result<ExitStatus> {
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
pub fn end(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("failed with status {code}"),
        (None, Some(signal)) => {
            let name = signal_name(signal).map_or_else(|| format!("signal {signal}"), ToOwned::to_owned);
            format!("was killed by {name}")
        }
        (None, None) => "ended in an unknown way".to_owned(),
    }
}

/// How a program failed, and the first line of what it printed.
pub struct ProgramFailure<'a> {
    /// The command, in short.
    pub what: &'a str,
    /// Its output and exit status.
    pub output: &'a Output,
}

impl fmt::Display for ProgramFailure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stderr = String::from_utf8_lossy(&self.output.stderr);
        let mut lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty());
        write!(f, "{} {}", self.what, end(self.output.status))?;
        // Enough for a sentence; a broken program may print anything.
        lines.next().map_or(Ok(()), |line| write!(f, ": {}", line.chars().take(500).collect::<String>()))
    }
}

impl From<ProgramFailure<'_>> for anyhow::Error {
    fn from(failure: ProgramFailure<'_>) -> Self {
        anyhow::Error::msg(failure.to_string())
    }
}
