//! One run of docker.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::Options;
use crate::display::{json_seen, shell_quoted};

/// A run of docker: data until the last moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerCommand {
    /// A description for messages: `docker buildx build of services/go/api-golang`.
    pub title: String,
    /// The arguments.
    pub args: Vec<OsString>,
    /// Additional environment variables.
    pub env: Vec<(&'static str, &'static str)>,
    /// Its standard input; none means that of the caller.
    pub stdin: Option<String>,
}

impl DockerCommand {
    /// The command line for a POSIX shell, without a line break at its end; what is read from standard input follows as
    /// [`DockerCommand::here_document`].
    pub(super) fn to_shell(&self) -> Vec<u8> {
        let quoted = |arg: &OsStr| shell_quoted(arg.as_bytes());
        let mut line = Vec::new();
        for (name, value) in &self.env {
            line.extend_from_slice(format!("{name}={value} ").as_bytes());
        }
        line.extend_from_slice(b"docker");
        for arg in &self.args {
            line.push(b' ');
            line.extend(quoted(arg));
        }
        if self.stdin.is_some() {
            // No line of JSON equals this word: strings contain no line breaks.
            line.extend_from_slice(b" <<'DEFINITION'");
        }
        line
    }

    /// The lines of the here-document that the command line announces.
    pub(super) fn here_document(&self) -> Option<String> {
        self.stdin.as_ref().map(|text| format!("{}DEFINITION\n", json_seen(text)))
    }
}

/// Arguments for buildx.
pub(super) struct Args(pub(super) Vec<OsString>);

impl Args {
    /// The command, and what it takes in both forms.
    pub(super) fn new(command: &str, options: &Options) -> Self {
        let mut args = Args(vec!["buildx".into(), command.into()]);
        args.options("--builder", options.builder.as_ref());
        args.switch("--pull", options.pull);
        args.options("--provenance", options.provenance.as_ref());
        args.options("--sbom", options.sbom.as_ref());
        args
    }

    pub(super) fn switch(&mut self, name: &str, is_on: bool) {
        if is_on {
            self.0.push(name.into());
        }
    }

    pub(super) fn option(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.0.push(name.into());
        self.0.push(value.as_ref().to_owned());
    }

    pub(super) fn options(&mut self, name: &str, values: impl IntoIterator<Item = impl AsRef<OsStr>>) {
        for value in values {
            self.option(name, value);
        }
    }
}
