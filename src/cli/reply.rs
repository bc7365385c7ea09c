//! The reply of a command, and the one place that prints it and carries out its effects.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::floats::{self, Moved};
use super::image_copies::{self, Copier};
use super::tag_progress::TagProgress;
use super::{image_builds, image_records};
use crate::display::on_one_line;
use crate::error::{Context as _, Error, Kind, Result};
use crate::files::{self, CreatedFile, PendingAppend};
use crate::images;
use crate::meter::Meter;
use crate::ops::float::Floats;
use crate::ops::{Effect, Outcome};
use crate::paint::{ATTENTION, Painter};
use crate::programs::Programs;
use crate::registry::Registries;
use crate::release::{Git, TagCommand};
use crate::world::World;

/// Everything that a command prints and does.
#[derive(Default)]
pub(super) struct Reply {
    /// The answer, for standard output. Printed last, so it means that all effects have happened.
    pub(super) stdout: Vec<u8>,
    /// How the answer was found (`--explain`), for standard error.
    pub(super) explanation: Vec<String>,
    /// Warnings, printed before the first effect.
    pub(super) warnings: Vec<String>,
    /// Effects, in the order to carry them out.
    pub(super) effects: Vec<Effect>,
    /// The registries that the effects are about, and which the command has asked; none where it has asked none.
    pub(super) registries: Option<Registries>,
    /// What was done, for standard error.
    pub(super) report: Vec<String>,
    /// The error of a command that prints its answer and fails, such as `check` with errors.
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

/// Explains where the path of a file that cannot be appended to comes from.
const STEP_FILES: &str = "GITHUB_OUTPUT and GITHUB_STEP_SUMMARY name the files that a step writes to";

/// Prints every warning, carries out all effects, and prints the answer. On the first error, nothing of the answer is
/// printed and appends are undone as far as possible.
///
/// `painter` colours what goes to standard error.
pub(super) fn deliver(reply: Reply, painter: Painter, world: &mut World<'_>) -> Result<()> {
    let mut steps = reply.effects.into_iter().map(PreparedEffect::of).collect::<Result<Vec<_>>>()?;
    let alone = world.meter.pause();
    // Standard error may be closed; go on regardless.
    for line in &reply.explanation {
        let _ = writeln!(world.stderr, "{}", on_one_line(line));
    }
    for warning in &reply.warnings {
        let _ = writeln!(world.stderr, "{}", warning_line(warning, painter));
    }
    drop(alone);
    let mut run = Run {
        directory: &world.directory,
        env: &world.env,
        meter: &world.meter,
        registries: reply.registries.as_ref(),
        copier: None,
        stdout: reply.stdout,
        report: reply.report.iter().map(|line| on_one_line(line)).collect(),
        painter,
        unfinished: BTreeSet::new(),
        was_stopped: false,
        tags: TagProgress::default(),
    };
    let done = steps.iter().try_for_each(PreparedEffect::begin);
    let (done, later) = done.map_or_else(|error| (Err(error), Vec::new()), |()| run.carry_out(&mut steps));
    let _alone = world.meter.pause();
    for error in later {
        let _ = writeln!(world.stderr, "{}", warning_line(&error.to_string(), painter));
    }
    let delivered = done.and_then(|()| print(world.stdout, &run.stdout));
    if delivered.is_err() {
        steps.iter_mut().for_each(PreparedEffect::undo);
    }
    delivered?;
    for line in &run.report {
        let _ = writeln!(world.stderr, "{line}");
    }
    reply.failure.map_or(Ok(()), Err)
}

/// The effects of one reply, while they are carried out.
struct Run<'r> {
    directory: &'r Path,
    env: &'r BTreeMap<OsString, OsString>,
    meter: &'r Meter,
    registries: Option<&'r Registries>,
    /// What copies from one repository to another; none if nothing is to be copied.
    copier: Option<Copier>,
    /// The answer. What only an effect tells is added to it.
    stdout: Vec<u8>,
    /// What was done, as lines for standard error. What only an effect tells is added to it.
    report: Vec<String>,
    /// Colours these lines.
    painter: Painter,
    /// The references under which images were to be, and are not known to be.
    unfinished: BTreeSet<String>,
    /// Whether somebody wanted a program to end, or one is not there, so that nothing else should be started.
    was_stopped: bool,
    /// How far the tags of releases have come.
    tags: TagProgress,
}

impl Run<'_> {
    /// Carries out `steps` in their order, up to the first that fails: of those after it, only the ones that do not need it.
    /// What these fail with comes second.
    fn carry_out(&mut self, steps: &mut [PreparedEffect]) -> (Result<()>, Vec<Error>) {
        // Looked for before anything is written: the first repositories would have their image, and the others not.
        let (mut first, mut later) = (self.find_copier(steps).err(), Vec::new());
        self.was_stopped = first.is_some();
        steps.iter().filter_map(PreparedEffect::tag).for_each(|tag| self.tags.plan(tag));
        for step in steps {
            let is_next = match step {
                _ if first.is_none() => true,
                PreparedEffect::CopyImage(_) => !self.was_stopped,
                // What is there must be known all the more.
                PreparedEffect::RecordImages(..) => true,
                _ => false,
            };
            let done = if is_next { step.carry_out(self) } else { Ok(()) };
            if let (PreparedEffect::CopyImage(copy), true) = (&step, done.is_err() || !is_next) {
                self.unfinished.insert(copy.target.to_string());
            }
            if let (PreparedEffect::BuildImages(build), false) = (&step, is_next) {
                self.unfinished.extend(build.images.iter().flat_map(|image| image.references.clone()));
            }
            match done {
                Err(error) if first.is_none() => first = Some(error),
                Err(error) => later.push(error),
                Ok(()) => {}
            }
        }
        (first.map_or(Ok(()), Err), later)
    }

    /// Notes the outcome of an effect about the tag of a release. An error gets to say how far all of them have come.
    fn advance_tags(&mut self, done: Result<()>) -> Result<()> {
        match (done, self.tags.hint()) {
            (Ok(()), _) => {
                self.tags.advance();
                Ok(())
            }
            (Err(error), hint) => Err(hint.into_iter().fold(error, Error::hint)),
        }
    }

    /// Finds what copies images, if any of `steps` needs it.
    fn find_copier(&mut self, steps: &[PreparedEffect]) -> Result<()> {
        let needs_it =
            |step: &PreparedEffect| matches!(step, PreparedEffect::CopyImage(copy) if !copy.is_tag());
        if steps.iter().any(needs_it) {
            self.copier = Some(Copier::find(&self.programs())?);
        }
        Ok(())
    }

    /// The programs that effects run. Most replies have none.
    fn programs(&self) -> Programs {
        Programs::new(self.directory, self.env).with_meter(self.meter.clone())
    }

    fn registries(&self) -> Result<&Registries> {
        self.registries.ok_or_else(|| Error::new(Kind::Unexpected, "no registry was to be asked"))
    }
}

/// An effect that is ready to be carried out.
enum PreparedEffect {
    /// A file that is already open: one that cannot be opened must fail before anything is done.
    Append(PathBuf, PendingAppend),
    Write(PathBuf, Vec<u8>),
    Create(PathBuf, Vec<u8>, Option<CreatedFile>),
    Replace(PathBuf, Vec<u8>),
    SetTag(TagCommand),
    PushTag(TagCommand),
    BuildImages(Box<images::Build>),
    CopyImage(images::ImageCopy),
    RecordImages(PathBuf, Vec<images::NamedImage>),
    Float(Floats),
}

impl PreparedEffect {
    fn of(effect: Effect) -> Result<Self> {
        Ok(match effect {
            Effect::Append { path, text } => {
                let opened = PendingAppend::open(path.clone(), text);
                let opened = opened.context(Kind::Unexpected, || cannot_write(&path));
                PreparedEffect::Append(path, opened.map_err(|error| error.hint(STEP_FILES))?)
            }
            Effect::Write { path, content } => PreparedEffect::Write(path, content),
            Effect::Create { path, content } => PreparedEffect::Create(path, content, None),
            Effect::Replace { path, content } => PreparedEffect::Replace(path, content),
            Effect::SetTag(command) => PreparedEffect::SetTag(command),
            Effect::PushTag(command) => PreparedEffect::PushTag(command),
            Effect::BuildImages(build) => PreparedEffect::BuildImages(build),
            Effect::CopyImage(copy) => PreparedEffect::CopyImage(copy),
            Effect::RecordImages { path, images } => PreparedEffect::RecordImages(path, images),
            Effect::Float(floats) => PreparedEffect::Float(floats),
        })
    }

    /// Makes ready for it, before any other effect.
    fn begin(&self) -> Result<()> {
        match self {
            PreparedEffect::RecordImages(path, _) => image_records::begin(path),
            _ => Ok(()),
        }
    }

    /// The tag of a release that it is about.
    fn tag(&self) -> Option<&str> {
        match self {
            PreparedEffect::SetTag(command) | PreparedEffect::PushTag(command) => Some(&command.tag),
            _ => None,
        }
    }

    fn carry_out(&mut self, run: &mut Run<'_>) -> Result<()> {
        match self {
            PreparedEffect::Append(path, pending) => {
                let written = pending.write().context(Kind::Unexpected, || cannot_write(path));
                written.map_err(|error| error.hint(STEP_FILES))
            }
            PreparedEffect::Write(path, content) => {
                files::write(path, content).context(Kind::Unexpected, || cannot_write(path))
            }
            PreparedEffect::Create(path, content, created) => {
                let file =
                    CreatedFile::create(path, content).context(Kind::Unexpected, || cannot_write(path))?;
                *created = Some(file);
                Ok(())
            }
            PreparedEffect::Replace(path, content) => {
                files::replace(path, content).context(Kind::Unexpected, || cannot_write(path))
            }
            PreparedEffect::SetTag(command) => {
                run.advance_tags(Git::find(&run.programs()).and_then(|git| git.set(command)))
            }
            PreparedEffect::PushTag(command) => {
                run.advance_tags(Git::find(&run.programs()).and_then(|git| git.push(command)))
            }
            PreparedEffect::BuildImages(build) => {
                let built = image_builds::carry_out(build, &run.programs());
                run.unfinished.extend(built.unfinished);
                run.was_stopped |= built.was_stopped;
                built.result
            }
            PreparedEffect::CopyImage(copy) => {
                image_copies::carry_out(copy, run.registries()?, run.copier.as_ref())
            }
            PreparedEffect::RecordImages(path, images) => {
                image_records::carry_out(images, path, run.registries()?, &run.unfinished)
            }
            PreparedEffect::Float(floats) => {
                let Moved { lines, warnings, nothing } =
                    floats::carry_out(floats, run.registries()?, &run.programs())?;
                run.report.extend(warnings.iter().map(|warning| warning_line(warning, run.painter)));
                // The answer of a build is about its images.
                if floats.after_push {
                    run.report.extend(lines.iter().map(|line| on_one_line(line)));
                } else {
                    run.report.extend(nothing.iter().map(|line| on_one_line(line)));
                    run.stdout.extend(lines.into_iter().flat_map(|line| (line + "\n").into_bytes()));
                }
                Ok(())
            }
        }
    }

    /// Takes back what was appended or created; nothing else can be taken back.
    fn undo(&mut self) {
        match self {
            PreparedEffect::Append(_, pending) => pending.undo(),
            PreparedEffect::Create(_, _, created) => created.take().into_iter().for_each(CreatedFile::undo),
            _ => {}
        }
    }
}

/// A warning as a line for standard error.
fn warning_line(warning: &str, painter: Painter) -> String {
    format!("{} {}", painter.paint(ATTENTION, "warning:"), on_one_line(warning))
}

pub(super) fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

/// The file behind `named`, which may be a symbolic link.
///
/// # Errors
/// There is something else than a regular file, such as a pipe or a device; `hint` says what is needed.
pub(super) fn replaceable(named: &Path, hint: &'static str) -> Result<PathBuf> {
    let file = files::behind_links(named).context(Kind::Unexpected, || cannot_write(named));
    file.map_err(|error| error.hint(hint))
}

/// Writes all of `text`. A closed pipe is not an error: the reader has what it wanted.
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
        serde_json::to_string(value).context(Kind::Unexpected, || "cannot write the answer as JSON")?;
    Ok(text + "\n")
}
