//! Whether answers are coloured, and how.
//!
//! Sources: <https://no-color.org>, <https://bixense.com/clicolors>. The flag decides before the variables do.

use anstyle::{AnsiColor, Style};

use super::args::{ColorArg, ColorArgs};
use crate::world::World;

/// What stands out in a table.
pub(super) const HEADING: Style = Style::new().bold();
/// What is as it should be.
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
/// What deserves a look.
pub(super) const ODD: Style = AnsiColor::Yellow.on_default().bold();
/// What is not there, or matters least.
pub(super) const FAINT: Style = Style::new().dimmed();

/// Colours text, or leaves it as it is.
#[derive(Clone, Copy)]
pub(super) struct Painter(bool);

impl Painter {
    /// Whether `args` and `world` want colour.
    pub(super) fn new(args: &ColorArgs, world: &World<'_>) -> Self {
        let is = |name: &str, value: &str| world.var(name).is_some_and(|set| set == value);
        Painter(match args.color {
            ColorArg::Always => true,
            ColorArg::Never => false,
            ColorArg::Auto if world.var("NO_COLOR").is_some() => false,
            ColorArg::Auto if world.var("CLICOLOR_FORCE").is_some_and(|set| set != "0") => true,
            ColorArg::Auto => world.is_terminal && !is("CLICOLOR", "0") && !is("TERM", "dumb"),
        })
    }

    /// `text` in this style.
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        if self.0 && !style.is_plain() && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}
