//! Everything outside the process that a run depends on. The one file that reads the environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use crate::meter::Meter;

/// Arguments, environment, current directory and output of one run.
pub struct World<'a> {
    /// The command line, the program's name first.
    pub args: Vec<OsString>,
    /// The environment variables.
    pub env: BTreeMap<OsString, OsString>,
    /// The current directory.
    pub directory: PathBuf,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// Standard error once more, if it is a terminal: for what is painted while the run goes on.
    pub terminal: Option<File>,
    /// Shows how far the run has got; off until somebody knows whether that is wanted.
    pub meter: Meter,
    /// Standard input.
    pub stdin: &'a mut dyn Read,
    /// Where answers go.
    pub stdout: &'a mut dyn Write,
    /// Where warnings and errors go.
    pub stderr: &'a mut dyn Write,
}

impl<'a> World<'a> {
    /// The world this process is in, reading from `stdin` and writing to `stdout` and `stderr`.
    ///
    /// # Errors
    /// The current directory does not exist or may not be read.
    pub fn real(
        stdin: &'a mut dyn Read,
        stdout: &'a mut io::StdoutLock<'_>,
        stderr: &'a mut io::StderrLock<'_>,
    ) -> io::Result<Self> {
        let directory = std::env::current_dir()?;
        let stderr_is_terminal = stderr.is_terminal();
        Ok(World {
            args: std::env::args_os().collect(),
            env: std::env::vars_os().collect(),
            directory,
            stdout_is_terminal: stdout.is_terminal(),
            stderr_is_terminal,
            // One that cannot be had paints nothing.
            terminal: stderr_is_terminal
                .then(|| stderr.as_fd().try_clone_to_owned().ok())
                .flatten()
                .map(File::from),
            meter: Meter::off(),
            stdin,
            stdout,
            stderr,
        })
    }

    /// Makes `directory` the current one, of the process as well: what git's own variables (`GIT_DIR` and the like)
    /// name is relative to that.
    ///
    /// # Errors
    /// It cannot be entered.
    pub fn enter(&mut self, directory: &Path) -> io::Result<()> {
        let entered = self.directory.join(directory).canonicalize()?;
        std::env::set_current_dir(&entered)?;
        self.directory = entered;
        Ok(())
    }

    /// The variable `name`; none where it is unset or empty, as CI systems pass unset values.
    pub fn var(&self, name: &str) -> Option<&OsStr> {
        self.env.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The file that the variable `name` names; none where it is unset or empty.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        self.var(name).map(|path| self.directory.join(path))
    }
}
