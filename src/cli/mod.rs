//! The commands: gather facts, decide, print.

mod answer;
mod args;
mod gather;
mod list;
mod subject;
mod version;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Parser as _;

use crate::error::{Error, Kind, Result};
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
    let answer = execute(&cli, world).and_then(|answer| {
        for warning in &answer.warnings {
            // Standard error may be closed; the answer is worth printing all the same.
            let _ = writeln!(world.stderr, "warning: {warning}");
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

fn execute(cli: &Cli, world: &World<'_>) -> Result<Reply> {
    let directory = cli.directories.iter().fold(world.directory.clone(), |at, next| at.join(next));
    let place = Place::open(directory)?;
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
    fn open(directory: PathBuf) -> Result<Self> {
        let entered = directory.canonicalize().map_err(|cause| {
            Error::new(Kind::Repository, format!("the directory {} cannot be entered", directory.display()))
                .because(cause)
        })?;
        let repository = Repository::discover(&entered)?;
        let root = repository.workdir().and_then(|root| root.canonicalize().ok());
        let below_root = root.and_then(|root| entered.strip_prefix(root).ok().map(ToOwned::to_owned));
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
