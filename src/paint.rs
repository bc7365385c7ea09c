//! Colours for a terminal: the palette, and what colours with it.

use anstyle::{AnsiColor, Style};

/// Headings, and where something is.
pub const HEADING: Style = Style::new().bold();
/// Good news, such as a release.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Something to look at: warnings, uncommitted changes.
pub const ATTENTION: Style = AnsiColor::Yellow.on_default().bold();
/// What failed.
pub const FAILURE: Style = AnsiColor::Red.on_default().bold();
/// What to do about it.
pub const ADVICE: Style = AnsiColor::Cyan.on_default().bold();
/// What is missing, or matters least.
pub const FAINT: Style = Style::new().dimmed();

/// Colours text, or leaves it as it is. Without colours, the text is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Painter {
    is_on: bool,
}

impl Painter {
    /// Leaves all text as it is.
    pub const PLAIN: Painter = Painter { is_on: false };

    /// Colours where `is_on`.
    pub fn new(is_on: bool) -> Self {
        Painter { is_on }
    }

    /// Whether it colours.
    pub fn is_on(self) -> bool {
        self.is_on
    }

    /// `text` in `style`, if this painter colours.
    pub fn paint(self, style: Style, text: &str) -> String {
        if self.is_on && !style.is_plain() && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}
