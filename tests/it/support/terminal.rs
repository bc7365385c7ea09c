//! imgver on a terminal of its own, which script(1) of util-linux makes. Without that program, tests that need it fail.

use std::io::Read as _;
use std::process::Stdio;

use super::{Output, Repo, Run};

/// The program as a word of a shell's.
pub(crate) const IMGVER: &str = concat!("'", env!("CARGO_BIN_EXE_imgver"), "'");

/// The stream of the two that is not the terminal, as a redirection of a shell's.
pub(crate) const APART: [&str; 2] = [">apart", "2>apart"];

impl Repo {
    /// `imgver ARGS` on a terminal, not yet run; `redirection` of a shell's takes streams off it.
    pub(crate) fn terminal(&self, args: &str, redirection: &str) -> Terminal {
        self.shell(&format!("exec {IMGVER} {args} {redirection}"))
    }

    /// A command of a shell's on a terminal, not yet run.
    pub(crate) fn shell(&self, command: &str) -> Terminal {
        let run = self.program("script").args(["--quiet", "--return", "--command", command, "/dev/null"]);
        Terminal(run.env("SHELL", "/bin/sh").env("TERM", "xterm").env("GIT_CONFIG_GLOBAL", "/dev/null"))
    }
}

/// A command line for a terminal that has not run yet.
pub(crate) struct Terminal(Run);

impl Terminal {
    /// Sets a variable.
    pub(crate) fn env(self, name: &str, value: &str) -> Self {
        Terminal(self.0.env(name, value))
    }

    /// Runs to the end: all that reached the terminal is its output.
    pub(crate) fn run(mut self) -> Output {
        let what = self.0.shown();
        let command = self.0.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start script(1): {error}"));
        // Open until the end: script(1) passes on an end of input, which the terminal shows.
        let stdin = child.stdin.take();
        let mut shown = Vec::new();
        child.stdout.take().expect("stdout is piped").read_to_end(&mut shown).expect("it can be read");
        let status = child.wait().expect("script(1) ends");
        drop(stdin);
        let stdout = String::from_utf8(shown).expect("it is text").replace("\r\n", "\n");
        Output { what, stdout, stderr: String::new(), code: status.code().unwrap_or(-1) }
    }
}

/// `text` without what colours it.
pub(crate) fn plain(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').expect("a colour ends").1)
}
