//! `imgver init`.

use anstyle::Style;

use super::args::InitArgs;
use super::reply::Reply;
use super::table;
use crate::config::FILE;
use crate::display::{count, on_one_line};
use crate::error::{Error, Kind, Result};
use crate::init::templates::{WORKFLOW, needed_settings};
use crate::init::{Discovery, Sureness};
use crate::ops::Checkout;
use crate::ops::init::{self as op, Answer, FileState, ProposedFile, Request};
use crate::paint::{ATTENTION, FAINT, GOOD, HEADING, Painter};

const HEADINGS: [&str; 4] = ["FOUND", "WHERE", "BECOMES", "HOW SURE"];

pub(super) fn init(args: &InitArgs, checkout: &Checkout, painter: Painter) -> Result<Reply> {
    let request =
        Request { task: args.task, workflow: args.workflow, force: args.force, dry_run: args.dry_run };
    let outcome = op::init(&request, checkout)?;
    let (mut reply, answer) = Reply::of(String::new(), outcome);
    let mut stdout = String::new();
    if !answer.discoveries.is_empty() {
        stdout.push_str(&found(&answer.discoveries, painter));
    }
    for (file, diff) in answer.different() {
        stdout.push_str(&titled(
            &format!("{} already exists, and this would change:", file.file),
            diff,
            painter,
        ));
    }
    let is_refused = !args.force && answer.different().next().is_some();
    if args.dry_run {
        let absent = answer.files.iter().filter(|file| file.state == FileState::Absent);
        for file in absent {
            stdout.push_str(&titled(&format!("{} would be:", file.file), &file.text, painter));
        }
    }
    if is_refused {
        reply.failure = Some(refusal(&answer, args));
    } else {
        reply.report = report(&answer, args.dry_run);
    }
    reply.stdout = stdout.into_bytes();
    Ok(reply)
}

/// What was found, as a table.
fn found(discoveries: &[Discovery], painter: Painter) -> String {
    let row = |discovery: &Discovery| {
        let Discovery { spot, what, becomes, sureness } = discovery;
        let style = match sureness {
            Sureness::Sure => GOOD,
            Sureness::Likely => Style::new(),
            Sureness::Unsure => ATTENTION,
        };
        let place = spot.as_ref().map_or(("-".to_owned(), FAINT), |spot| (spot.to_string(), Style::new()));
        let plain = |text: &str| (text.to_owned(), Style::new());
        [plain(what), place, plain(becomes), (sureness.to_string(), style)]
    };
    let headings = HEADINGS.map(|heading| (heading.to_owned(), HEADING));
    table::aligned(std::iter::once(headings).chain(discoveries.iter().map(row)), painter)
}

/// `text` below a title, line by line made safe to print.
fn titled(title: &str, text: &str, painter: Painter) -> String {
    let lines = text.lines().map(|line| on_one_line(line) + "\n");
    format!("\n{}\n{}", painter.paint(HEADING, &on_one_line(title)), lines.collect::<String>())
}

/// The error where a file says something else: nothing was written.
fn refusal(answer: &Answer, args: &InitArgs) -> Error {
    let files: Vec<&str> = answer.different().map(|(file, _)| file.file.as_str()).collect();
    let what = match files.as_slice() {
        [only] => format!("{only} already exists and differs: nothing was written"),
        several => format!("{} already exist and differ: nothing was written", several.join(" and ")),
    };
    let wanted = [(args.task, " --task"), (args.workflow, " --workflow")];
    let flags: String = wanted.iter().filter(|(is_wanted, _)| *is_wanted).map(|(_, flag)| *flag).collect();
    Error::new(Kind::VersionRule, what).hint(format!(
        "merge what you want of the difference by hand, or replace the file: imgver init{flags} --force"
    ))
}

/// What was done.
fn report(answer: &Answer, dry_run: bool) -> Vec<String> {
    let line = |ProposedFile { file, state, text }: &ProposedFile| {
        let done = match (state, dry_run) {
            (FileState::Equal, _) => return format!("{file} is up to date: nothing to do"),
            (FileState::Kept, _) => {
                return format!("{file} is kept as it is: the other files follow from it");
            }
            (FileState::Absent, false) => "wrote",
            (FileState::Absent, true) => "would write",
            (FileState::Different { .. }, false) => "replaced",
            (FileState::Different { .. }, true) => "would replace",
        };
        match file.as_str() {
            FILE => format!("{done} {file}: {}", contents(answer)),
            WORKFLOW if answer.imageless < answer.services => format!("{done} {file}{}", needs(text)),
            _ => format!("{done} {file}"),
        }
    };
    let mut report: Vec<String> = answer.files.iter().map(line).collect();
    let is_changed = |file: &&ProposedFile| !matches!(file.state, FileState::Equal | FileState::Kept);
    let changed: Vec<&ProposedFile> = answer.files.iter().filter(is_changed).collect();
    if answer.files.is_empty() {
        report.push("nothing to write: the Taskfiles and the defaults say everything".to_owned());
    } else if !changed.is_empty() && !dry_run {
        report.extend(next_steps(answer, &changed));
    }
    report
}

/// What only a person can do, once `written` is there.
fn next_steps(answer: &Answer, written: &[&ProposedFile]) -> Vec<String> {
    let is_written = |name: &str| written.iter().any(|file| file.file == name);
    let comments = if is_written(FILE) { format!("read the comments in {FILE}, ") } else { String::new() };
    // A check reads what git tracks.
    let add = if written.iter().any(|file| file.file != FILE) { "git add what was written, " } else { "" };
    let then = if comments.is_empty() && add.is_empty() { "" } else { "then " };
    let mut steps = vec![format!("next: {comments}{add}{then}run imgver list and imgver check")];
    if is_written(WORKFLOW) && answer.imageless > 0 {
        steps.push(format!(
            "then: once {FILE} names the images, let the workflow log in to their registries: imgver init --workflow --force"
        ));
    }
    if is_written(WORKFLOW) && !answer.builders.is_empty() {
        let builders = answer.builders.join(", ");
        steps.push(format!("then: take out what builds the same images in {builders}, or both push them"));
    }
    steps
}

/// What a workflow needs that no file has, as the end of a sentence.
fn needs(workflow: &str) -> String {
    match needed_settings(workflow).as_slice() {
        [] => String::new(),
        needed => format!(": it needs {}, in the settings of the repository", needed.join(" and ")),
    }
}

/// What the configuration has in it.
fn contents(answer: &Answer) -> String {
    let services = count(answer.services, "service");
    let images = match answer.imageless {
        0 => "",
        imageless if imageless == answer.services => " without an image",
        imageless => &format!(", {imageless} without an image"),
    };
    match answer.doubtful {
        0 => format!("{services}{images}"),
        doubtful => format!("{services}{images}, and {} as comments", count(doubtful, "doubtful one")),
    }
}
