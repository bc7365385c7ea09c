//! When to colour.
//!
//! Sources: <https://no-color.org>, <https://bixense.com/clicolors>. The flag overrides the variables.

use std::ffi::OsString;

use clap::ValueEnum as _;

use super::args::ColorArg;
use crate::paint::Painter;
use crate::world::World;

/// What colours each stream: either may be a terminal without the other.
#[derive(Clone, Copy)]
pub(super) struct Painters {
    /// For answers.
    pub(super) stdout: Painter,
    /// For warnings and errors.
    pub(super) stderr: Painter,
}

impl Painters {
    /// They colour if `when`, or else the environment, asks for it.
    pub(super) fn new(when: ColorArg, world: &World<'_>) -> Self {
        let is = |name: &str, value: &str| world.var(name).is_some_and(|set| set == value);
        let is_wanted = |is_terminal: bool| match when {
            ColorArg::Always => true,
            ColorArg::Never => false,
            ColorArg::Auto if world.var("NO_COLOR").is_some() => false,
            ColorArg::Auto if world.var("CLICOLOR_FORCE").is_some_and(|set| set != "0") => true,
            ColorArg::Auto => is_terminal && !is("CLICOLOR", "0") && !is("TERM", "dumb"),
        };
        Painters {
            stdout: Painter::new(is_wanted(world.stdout_is_terminal)),
            stderr: Painter::new(is_wanted(world.stderr_is_terminal)),
        }
    }
}

/// What `--color` says on a command line that cannot be parsed, or asks for help.
pub(super) fn as_written(args: &[OsString]) -> ColorArg {
    let mut when = ColorArg::default();
    let mut words = args.iter().skip(1).take_while(|word| *word != "--").filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        let value = if word == "--color" { words.next() } else { word.strip_prefix("--color=") };
        when = value.and_then(|value| ColorArg::from_str(value, false).ok()).unwrap_or(when);
    }
    when
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_is_found_in_what_cannot_be_parsed() {
        for (line, when) in [
            ("imgver", ColorArg::Auto),
            ("imgver --colour always", ColorArg::Auto),
            ("imgver --color", ColorArg::Auto),
            ("imgver --color sometimes", ColorArg::Auto),
            ("imgver --color always", ColorArg::Always),
            ("imgver nonsense --color=never", ColorArg::Never),
            ("imgver --color=always list --color never", ColorArg::Never),
            ("imgver list -- --color always", ColorArg::Auto),
        ] {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(as_written(&args), when, "{line}");
        }
    }
}
