//! What a command has to say, and the one place that carries out what is to be done.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::display::on_one_line;
use crate::error::{Context as _, Error, Kind, Result};
use crate::files::{self, PendingAppend};
use crate::images::docker::Docker;
use crate::ops::{Effect, Outcome};
use crate::programs::Programs;
use crate::release::Git;
use crate::world::World;

/// What a command has to say, and what is to be done.
#[derive(Default)]
pub(super) struct Reply {
    /// The answer, for standard output. It follows what is to be done: it says that this is done.
    pub(super) stdout: Vec<u8>,
    /// How the answer came about, for standard error.
    pub(super) explanation: Vec<String>,
    /// What the reader should know before anything is done.
    pub(super) warnings: Vec<String>,
    /// What is to be done, in this order.
    pub(super) effects: Vec<Effect>,
    /// What has been done then, for standard error.
    pub(super) report: Vec<String>,
    /// Why the command fails although it has an answer.
    pub(super) failure: Option<Error>,
}

impl Reply {
    /// An answer as text.
    pub(super) fn text(text: impl Into<Vec<u8>>) -> Self {
        Reply { stdout: text.into(), ..Reply::default() }
    }

    /// The warnings and effects of `outcome` around `stdout`, and its answer.
    pub(super) fn of<A>(stdout: impl Into<Vec<u8>>, outcome: Outcome<A>) -> (Self, A) {
        let Outcome { answer, warnings, effects } = outcome;
        (Reply { stdout: stdout.into(), warnings, effects, ..Reply::default() }, answer)
    }
}

/// Where the names of the files that are appended to come from.
const STEP_FILES: &str = "GITHUB_OUTPUT and GITHUB_STEP_SUMMARY name the files that a step writes to";

/// Prints every warning, carries out all effects, and prints the answer; or gives the first error, with nothing of the
/// answer printed and, as far as that is possible, nothing appended.
pub(super) fn deliver(reply: Reply, world: &mut World<'_>) -> Result<()> {
    let mut appends = reply.effects.iter().filter_map(open).collect::<Result<Vec<_>>>()?;
    // Standard error may be closed; the rest is worth doing all the same.
    for line in &reply.explanation {
        let _ = writeln!(world.stderr, "{}", on_one_line(line));
    }
    for warning in &reply.warnings {
        let _ = writeln!(world.stderr, "warning: {}", on_one_line(warning));
    }
    let programs = || Programs::new(&world.directory, &world.env);
    let mut pending = appends.iter_mut();
    let mut effects = reply.effects.iter();
    let done = effects.try_for_each(|effect| carry_out(effect, &mut pending, programs));
    let delivered = done.and_then(|()| print(world.stdout, &reply.stdout));
    if delivered.is_err() {
        appends.iter_mut().for_each(PendingAppend::undo);
    }
    delivered?;
    for line in &reply.report {
        let _ = writeln!(world.stderr, "{}", on_one_line(line));
    }
    reply.failure.map_or(Ok(()), Err)
}

/// Makes ready to append, if that is the effect: what cannot be appended to must be known before anything is done.
fn open(effect: &Effect) -> Option<Result<PendingAppend>> {
    let Effect::Append { path, text } = effect else { return None };
    let opened = PendingAppend::open(path.clone(), text.clone());
    let opened = opened.context(Kind::Unexpected, || cannot_write(path));
    Some(opened.map_err(|error| error.hint(STEP_FILES)))
}

/// Carries out `effect`; `pending` has what was made ready for the appends, in their order.
fn carry_out<'p>(
    effect: &Effect,
    pending: &mut impl Iterator<Item = &'p mut PendingAppend>,
    programs: impl Fn() -> Programs,
) -> Result<()> {
    match effect {
        Effect::Append { path, .. } => {
            let written = pending.next().map_or(Ok(()), PendingAppend::write);
            let written = written.context(Kind::Unexpected, || cannot_write(path));
            written.map_err(|error| error.hint(STEP_FILES))
        }
        Effect::Write { path, content } => {
            files::write(path, content).context(Kind::Unexpected, || cannot_write(path))
        }
        Effect::SetTag(command) => Git::find(&programs())?.set(command),
        Effect::PushTag(command) => Git::find(&programs())?.push(command),
        Effect::RunDocker(command) => Docker::find(&programs())?.run(command),
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

/// Writes all of `text`. A reader that has gone away is no failure: it has what it wanted.
pub(super) fn print(out: &mut dyn Write, text: &[u8]) -> Result<()> {
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(Kind::Unexpected, "cannot write to standard output").because(error))
        }
        _ => Ok(()),
    }
}

/// `value` as one line of JSON.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    let text =
        serde_json::to_string(value).context(Kind::Unexpected, || "the answer cannot be written as JSON")?;
    Ok(text + "\n")
}
