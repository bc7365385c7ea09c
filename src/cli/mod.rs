//! The commands: gather facts, decide, print.

mod answer;
mod args;
mod build;
mod changed;
mod check;
mod color;
mod comparison;
mod completions;
mod description;
mod explain;
mod gather;
mod github;
mod image;
mod list;
mod locate;
mod man;
mod plan;
mod release;
mod rules;
mod selection;
mod subject;
mod version;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Parser as _;

use crate::build::{self as building, docker::Docker};
use crate::display::on_one_line;
use crate::error::{Context as _, Error, Kind, Result};
use crate::files::{self, Appendix};
use crate::history::git::Repository;
use crate::world::World;
use args::{Cli, Command};

/// Runs the command line of `world` and gives the exit code.
///
/// Nothing is written anywhere unless all of the answer is known.
pub fn run(world: &mut World<'_>) -> u8 {
    if let Some(candidates) = completions::answer(world) {
        // A shell that no longer listens is no failure, nor is anything else here.
        let _ = print(world.stdout, candidates.as_bytes());
        return 0;
    }
    let cli = match Cli::try_parse_from(&world.args) {
        Ok(cli) => cli,
        Err(error) => return report_usage(world, &error),
    };
    let reply = enter(&cli, world).and_then(|()| execute(&cli, world));
    match reply.and_then(|reply| deliver(reply, world)) {
        Ok(()) => 0,
        Err(error) => {
            let _ = error.render(world.stderr);
            error.kind().exit_code()
        }
    }
}

/// What a command has to say.
#[derive(Default)]
struct Reply {
    /// The answer.
    stdout: Vec<u8>,
    /// Lines on how it came about, for standard error.
    explanation: Vec<String>,
    /// What the reader should know.
    warnings: Vec<String>,
    /// Text for the ends of these files.
    appendices: Vec<(PathBuf, String)>,
    /// Files to write, whole.
    files: Vec<(PathBuf, Vec<u8>)>,
    /// Why the command fails although it has an answer.
    failure: Option<Error>,
    /// What to do once all of that is said.
    run: Option<(Docker, building::Command)>,
}

/// Where the names of files to append to come from.
const FILES: &str = "GITHUB_OUTPUT and GITHUB_STEP_SUMMARY name the files that a step writes to";

/// Writes all of `reply`, or an error and nothing of the answer.
fn deliver(reply: Reply, world: &mut World<'_>) -> Result<()> {
    let unwritable = |path: &Path| format!("{} cannot be written", path.display());
    for (path, bytes) in &reply.files {
        files::write(path, bytes).context(Kind::Unexpected, || unwritable(path))?;
    }
    let mut appendices = Vec::new();
    for (path, text) in reply.appendices {
        let opened = Appendix::open(path.clone(), text);
        let opened = opened.context(Kind::Unexpected, || unwritable(&path));
        appendices.push(opened.map_err(|error| error.hint(FILES))?);
    }
    // Standard error may be closed; the answer is worth printing all the same.
    for line in &reply.explanation {
        let _ = writeln!(world.stderr, "{}", on_one_line(line));
    }
    for warning in &reply.warnings {
        let _ = writeln!(world.stderr, "warning: {}", on_one_line(warning));
    }
    let written = appendices.iter_mut().try_for_each(|appendix| {
        let written = appendix.write();
        let written = written.context(Kind::Unexpected, || unwritable(appendix.path()));
        written.map_err(|error| error.hint(FILES))
    });
    let delivered = written.and_then(|()| print(world.stdout, &reply.stdout));
    if delivered.is_err() {
        appendices.iter_mut().for_each(Appendix::undo);
    }
    delivered?;
    if let Some(failure) = reply.failure {
        return Err(failure);
    }
    reply.run.map_or(Ok(()), |(docker, command)| docker.run(&command))
}

fn enter(cli: &Cli, world: &mut World<'_>) -> Result<()> {
    for directory in std::iter::once(&PathBuf::new()).chain(cli.directories()) {
        let named = world.directory.join(directory);
        world
            .enter(directory)
            .context(Kind::Repository, || format!("the directory {} cannot be entered", named.display()))
            .map_err(|error| {
                error.hint("-C names a directory as seen from the current one, or from the -C before it")
            })?;
    }
    Ok(())
}

fn execute(cli: &Cli, world: &mut World<'_>) -> Result<Reply> {
    let is_elsewhere = cli.directories().next().is_some();
    let place = || Ok(Place { is_elsewhere, ..Place::open(&world.directory)? });
    match &cli.command {
        Command::Version(args) => version::version(args, &place()?, world),
        Command::Extended(args) => version::extended(args, &place()?, world),
        Command::Tag(args) => version::tag(args, &place()?, world),
        Command::List(args) => list::list(args, &place()?, world),
        Command::Changed(args) => changed::changed(args, &place()?, world),
        Command::Plan(args) => plan::plan(args, &place()?, world),
        Command::Build(args) => build::build(args, &place()?, world),
        Command::Check(args) => check::check(args, &place()?, world),
        Command::Locate(args) => locate::locate(args, &place()?, world),
        Command::Release(args) => release::release(args, &place()?, world),
        Command::Completions(args) => Ok(completions::script(args)),
        Command::Man(args) => man::man(args, world),
    }
}

/// A directory, and the repository it is in.
struct Place {
    repository: Repository,
    /// The directory's path from the root of the work tree, with `/`; empty at the root and in a bare repository.
    prefix: String,
    /// Whether the command line named it (`-C`), and whoever runs it is somewhere else.
    is_elsewhere: bool,
}

impl Place {
    fn open(directory: &Path) -> Result<Self> {
        let repository = Repository::discover(directory)?;
        let root = repository.workdir().and_then(|root| root.canonicalize().ok());
        let below_root = root.and_then(|root| directory.strip_prefix(root).ok().map(ToOwned::to_owned));
        let components = below_root.iter().flat_map(|path| path.iter());
        let prefix = components.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
        Ok(Place { repository, prefix, is_elsewhere: false })
    }
}

fn report_usage(world: &mut World<'_>, error: &clap::Error) -> u8 {
    let text = error.render();
    if error.use_stderr() {
        let _ = write!(world.stderr, "{text}");
        return Kind::Usage.exit_code();
    }
    print(world.stdout, text.to_string().as_bytes()).map_or_else(|error| error.kind().exit_code(), |()| 0)
}

/// Writes all of `text`. A reader that has gone away is no failure: it has what it wanted.
fn print(out: &mut dyn Write, text: &[u8]) -> Result<()> {
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(Kind::Unexpected, "standard output cannot be written").because(error))
        }
        _ => Ok(()),
    }
}
