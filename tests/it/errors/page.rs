//! A page of scenarios: a row is what is wrong, the exit code that SPEC's section on errors promises for it, and a
//! command line for `sh`.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;

use crate::support::{Output, Repo};

/// How much of a line of a file is shown, and how many lines of it.
const SHOWN_MAX: usize = 76;
const LINES_MAX: usize = 8;

/// A scenario.
pub(crate) struct Row {
    exit: i32,
    what: &'static str,
    /// With `TMP` for the test's directory.
    line: String,
    files: Vec<(&'static str, Vec<u8>)>,
}

/// A row: `what` is wrong, so that `line` ends with `exit`.
pub(crate) fn row(exit: i32, what: &'static str, line: impl Into<String>) -> Row {
    Row { exit, what, line: line.into(), files: Vec::new() }
}

impl Row {
    /// The same, with this file in the repository while it runs.
    pub(crate) fn with(mut self, file: &'static str, text: impl Into<Vec<u8>>) -> Self {
        self.files.push((file, text.into()));
        self
    }
}

/// The scenarios of an area, and what came of them.
pub(crate) struct Page {
    text: String,
    wrong: Vec<String>,
    /// Text that is another one in each run, and what is shown for it.
    hidden: Vec<(String, &'static str)>,
}

impl Page {
    pub(crate) fn new(title: &str) -> Self {
        Page { text: format!("\n\n== {title} ==\n"), wrong: Vec::new(), hidden: Vec::new() }
    }

    /// Shows `name` in place of `text`, which is another one in each run.
    pub(crate) fn hide(&mut self, text: &str, name: &'static str) {
        self.hidden.push((text.to_owned(), name));
    }

    /// The text, and what is wrong with it whatever it says.
    pub(crate) fn finish(self) -> (String, Vec<String>) {
        let text = self.hidden.iter().fold(self.text, |text, (hidden, name)| text.replace(hidden, name));
        (text, self.wrong)
    }

    /// Runs `rows`, one after another, in `repo`.
    pub(crate) fn rows(&mut self, repo: &Repo, rows: impl IntoIterator<Item = Row>) {
        self.rows_on(repo, &std::env::var_os("PATH").unwrap_or_default(), rows);
    }

    /// The same, with this `PATH`.
    pub(crate) fn rows_on(&mut self, repo: &Repo, path: &OsString, rows: impl IntoIterator<Item = Row>) {
        for row in rows {
            let before: Vec<_> =
                row.files.iter().map(|(file, _)| fs::read(repo.path().join(file)).ok()).collect();
            row.files.iter().for_each(|(file, text)| repo.write(file, text));
            let output = run(repo, path, &row.line);
            for ((file, _), before) in row.files.iter().zip(before) {
                match before {
                    Some(text) => repo.write(file, text),
                    None => fs::remove_file(repo.path().join(file)).unwrap(),
                }
            }
            self.wrong.extend(fault(&row, &output).map(|fault| format!("{}: {fault}: {output}", row.what)));
            self.note(&row, &stable(&output.stderr, repo));
        }
    }

    fn note(&mut self, row: &Row, stderr: &str) {
        let Row { exit, what, line, files } = row;
        write!(self.text, "\n{what}\n").unwrap();
        for (file, text) in files {
            let text = String::from_utf8_lossy(text).replace('\0', "␀");
            let lines = text.lines().take(LINES_MAX).map(|line| shortened(line, SHOWN_MAX));
            let more = (text.lines().count() > LINES_MAX).then(|| "…".to_owned());
            let none = text.is_empty().then(String::new);
            for line in lines.chain(more).chain(none) {
                writeln!(self.text, "{}", format!("{file} | {line}").trim_end()).unwrap();
            }
        }
        let line = shortened(line, 3 * SHOWN_MAX);
        write!(self.text, "$ {line}\nexit {exit}\n{stderr}").unwrap();
    }
}

/// No more of `line` than a reader needs.
fn shortened(line: &str, length_max: usize) -> String {
    let shown: String = line.chars().take(length_max).collect();
    if shown.len() < line.len() { shown + "…" } else { shown }
}

fn run(repo: &Repo, path: &OsString, line: &str) -> Output {
    let tmp = repo.sandbox().to_str().expect("a temporary directory is UTF-8");
    let program = env!("CARGO_BIN_EXE_imgver");
    let script = line.replace("TMP", tmp).replace("imgver ", &format!("'{program}' "));
    repo.program("/bin/sh")
        .args(["-c", &script])
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("PATH", path)
        .run()
}

/// What is wrong with `output`, whatever it says.
fn fault(row: &Row, output: &Output) -> Option<&'static str> {
    let begins = |line: &str| KINDS.iter().any(|kind| line.starts_with(kind));
    let count = |kind: &str| output.stderr.lines().filter(|line| line.starts_with(kind)).count();
    // The words of clap, which explain themselves on several lines.
    let is_claps = row.exit == 2 && output.stderr.ends_with("\n\nFor more information, try '--help'.\n");
    if output.code != row.exit {
        Some("another exit code")
    } else if row.exit == 0 && count("warning: ") == 0 {
        Some("no warning")
    } else if row.exit != 0 && count("error: ") != 1 {
        Some("not one error")
    } else if row.exit != 0 && !output.stdout.is_empty() {
        Some("something on standard output")
    } else if !is_claps && !output.stderr.lines().all(begins) {
        Some("a message of several lines")
    } else {
        None
    }
}

/// What the lines of messages begin with.
const KINDS: [&str; 5] = ["error: ", "caused by: ", "hint: ", "warning: ", "building "];

/// `stderr`, the same on every machine.
fn stable(stderr: &str, repo: &Repo) -> String {
    let stderr = stderr.replace(repo.sandbox().to_str().expect("UTF-8"), "TMP");
    let lines = stderr.lines().map(|line| match line.split_once("caused by: ") {
        Some(("", cause)) if cause.contains("(os error ") => "caused by: …\n".to_owned(),
        _ => format!("{line}\n"),
    });
    lines.collect()
}
