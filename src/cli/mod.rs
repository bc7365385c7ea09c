//! The command line: turns arguments into requests and answers into text, and carries out effects.

mod args;
mod build;
mod changed;
mod check;
mod color;
mod completions;
mod explain;
mod float;
mod floats;
mod image_builds;
mod image_copies;
mod image_records;
mod init;
mod inputs;
mod list;
mod locate;
mod man;
mod plan;
mod progress;
mod promote;
mod release;
mod reply;
mod requests;
mod table;
mod tag;
mod tag_progress;
mod usage;
mod version;

use std::path::PathBuf;

use clap::Parser as _;

use crate::error::{Context as _, Kind, Result};
use crate::ops::Checkout;
use crate::paint::Painter;
use crate::world::World;
use args::{Cli, Command};
use color::Painters;
use reply::{Reply, deliver, print};

/// Runs the command line of `world` and gives the exit code.
///
/// Nothing is written until the whole answer is known.
pub fn run(world: &mut World<'_>) -> u8 {
    if let Some(candidates) = completions::answer(world) {
        // Completion never fails, not even if the shell no longer listens.
        let _ = print(world.stdout, candidates.as_bytes());
        return 0;
    }
    let cli = match Cli::try_parse_from(&world.args) {
        Ok(cli) => cli,
        Err(error) => return report_usage(world, error),
    };
    let painters = Painters::new(cli.color, world);
    world.meter = progress::meter(&cli, world);
    let reply = enter(&cli, world).and_then(|()| execute(&cli, painters.stdout, world));
    match reply.and_then(|reply| deliver(reply, painters.stderr, world)) {
        Ok(()) => 0,
        Err(error) => {
            let _alone = world.meter.pause();
            let _ = error.render(world.stderr, painters.stderr);
            error.kind().exit_code()
        }
    }
}

fn enter(cli: &Cli, world: &mut World<'_>) -> Result<()> {
    for directory in std::iter::once(&PathBuf::new()).chain(cli.directories()) {
        let named = world.directory.join(directory);
        world
            .enter(directory)
            .context(Kind::Repository, || format!("cannot enter the directory {}", named.display()))
            .map_err(|error| {
                error.hint("-C DIR is relative to the current directory, or to the -C before it")
            })?;
    }
    Ok(())
}

/// `painter` colours the answer.
fn execute(cli: &Cli, painter: Painter, world: &mut World<'_>) -> Result<Reply> {
    let open = |world: &World<'_>| {
        let checkout = Checkout::open(&world.directory, &requests::programs(world))?;
        Ok(checkout.with_replacement(requests::replacement(world)?))
    };
    match &cli.command {
        Command::Version(args) => version::version(args, &open(world)?, world),
        Command::Extended(args) => version::extended(args, &open(world)?, world),
        Command::Tag(args) => tag::tag(args, &open(world)?, world),
        Command::List(args) => list::list(args, &open(world)?, painter, world),
        Command::Changed(args) => changed::changed(args, &open(world)?, world),
        Command::Plan(args) => plan::plan(args, &open(world)?, world),
        Command::Build(args) => {
            let is_elsewhere = cli.directories().next().is_some();
            build::build(args, is_elsewhere, open(world), world)
        }
        Command::Promote(args) => promote::promote(args, open(world), world),
        Command::Float(args) => float::float(args, &open(world)?, world),
        Command::Inputs(args) => inputs::inputs(args, &open(world)?),
        Command::Init(args) => init::init(args, &open(world)?, painter),
        Command::Check(args) => check::check(args, &open(world)?, painter, world),
        Command::Locate(args) => locate::locate(args, &open(world)?, world),
        Command::Release(args) => release::release(args, &open(world)?, world),
        Command::Completions(args) => Ok(completions::script(args)),
        Command::Man(args) => man::man(args, world),
    }
}

fn report_usage(world: &mut World<'_>, error: clap::Error) -> u8 {
    let painters = Painters::new(color::as_written(&world.args), world);
    if error.use_stderr() {
        let _ = std::io::Write::write_all(world.stderr, usage::text(error, painters.stderr).as_bytes());
        return Kind::Usage.exit_code();
    }
    let help = usage::text(error, painters.stdout);
    print(world.stdout, help.as_bytes()).map_or_else(|error| error.kind().exit_code(), |()| 0)
}
