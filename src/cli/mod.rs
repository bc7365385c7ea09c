//! The commands: gather facts, decide, print.

mod answer;
mod args;
mod gather;
mod list;
mod subject;
mod version;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Parser as _;

use crate::error::{Context as _, Error, Kind, Result, on_one_line};
use crate::history::git::Repository;
use crate::world::World;
use args::{Cli, Command};

/// Runs the command line of `world` and gives the exit code.
///
/// Nothing is written to standard output unless all of the answer is known.
pub fn run(world: &mut World<'_>) -> u8 {
    let cli = match Cli::try_parse_from(&world.args) {
        Ok(cli) => cli,
        Err(error) => return report_usage(world, &error),
    };
    let answer = enter(&cli, world).and_then(|()| execute(&cli, world)).and_then(|answer| {
        for warning in &answer.warnings {
            // Standard error may be closed; the answer is worth printing all the same.
            let _ = writeln!(world.stderr, "warning: {}", on_one_line(warning));
        }
        print(world.stdout, &answer.stdout)
    });
    match answer {
        Ok(()) => 0,
        Err(error) => {
            let _ = error.render(world.stderr);
            error.kind().exit_code()
        }
    }
}

/// What a command has to say.
struct Reply {
    stdout: String,
    warnings: Vec<String>,
}

fn enter(cli: &Cli, world: &mut World<'_>) -> Result<()> {
    for directory in std::iter::once(&PathBuf::new()).chain(cli.directories()) {
        let named = world.directory.join(directory);
        world
            .enter(directory)
            .context(Kind::Repository, || format!("the directory {} cannot be entered", named.display()))?;
    }
    Ok(())
}

fn execute(cli: &Cli, world: &World<'_>) -> Result<Reply> {
    let place = Place::open(&world.directory)?;
    match &cli.command {
        Command::Version(args) => version::version(args, &place, world),
        Command::Extended(args) => version::extended(args, &place, world),
        Command::Tag(args) => version::tag(args, &place, world),
        Command::List(args) => list::list(args, &place, world),
    }
}

/// A directory, and the repository it is in.
struct Place {
    repository: Repository,
    /// The directory's path from the root of the work tree, with `/`; empty at the root and in a bare repository.
    prefix: String,
}

impl Place {
    fn open(directory: &Path) -> Result<Self> {
        let repository = Repository::discover(directory)?;
        let root = repository.workdir().and_then(|root| root.canonicalize().ok());
        let below_root = root.and_then(|root| directory.strip_prefix(root).ok().map(ToOwned::to_owned));
        let components = below_root.iter().flat_map(|path| path.iter());
        let prefix = components.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
        Ok(Place { repository, prefix })
    }
}

fn report_usage(world: &mut World<'_>, error: &clap::Error) -> u8 {
    let text = error.render();
    if error.use_stderr() {
        let _ = write!(world.stderr, "{text}");
        return Kind::Usage.exit_code();
    }
    print(world.stdout, &text.to_string()).map_or_else(|error| error.kind().exit_code(), |()| 0)
}

/// Writes all of `text`. A reader that has gone away is no failure: it has what it wanted.
fn print(out: &mut dyn Write, text: &str) -> Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(Kind::Unexpected, "standard output cannot be written").because(error))
        }
        _ => Ok(()),
    }
}
