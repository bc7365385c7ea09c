//! When and how to colour answers.
//!
//! Sources: <https://no-color.org>, <https://bixense.com/clicolors>. The flag overrides the variables.

use anstyle::{AnsiColor, Style};

use super::args::{ColorArg, ColorArgs};
use crate::world::World;

/// Table headings.
pub(super) const HEADING: Style = Style::new().bold();
/// Good news, such as a release.
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
/// Something to look at, such as uncommitted changes.
pub(super) const ATTENTION: Style = AnsiColor::Yellow.on_default().bold();
/// What is missing, or matters least.
pub(super) const FAINT: Style = Style::new().dimmed();

/// Colours text, or leaves it as it is.
#[derive(Clone, Copy)]
pub(super) struct Painter(bool);

impl Painter {
    /// Colours if `args`, or else the environment, ask for it.
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

    /// `text` in `style`, if this painter colours.
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        if self.0 && !style.is_plain() && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}
