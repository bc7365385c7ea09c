//! Whether a line of the terminal says how far a run has got.

use super::args::Cli;
use crate::meter::Meter;
use crate::world::World;

/// The meter of this run: one that is on where standard error is a terminal that somebody watches.
pub(super) fn meter(cli: &Cli, world: &mut World<'_>) -> Meter {
    let is = |name: &str, value: &str| world.var(name).is_some_and(|set| set == value);
    let is_ci = world.var("CI").is_some() && !is("CI", "false");
    if is("TERM", "dumb") || is_ci || cli.is_for_github() {
        return Meter::off();
    }
    world.terminal.take().map_or_else(Meter::off, Meter::on)
}
