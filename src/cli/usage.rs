//! Usage errors and help, as clap words them. An error repeats arguments, which anyone may have chosen.

use std::error::Error as _;

use anstyle::Style;
use clap::builder::{StyledStr, Styles};
use clap::error::{ContextKind, ContextValue};

use crate::display::on_one_line;
use crate::paint::{ADVICE, ATTENTION, FAILURE, GOOD, HEADING, Painter};

/// How clap colours what it prints.
pub(super) const STYLES: Styles = Styles::plain()
    .header(HEADING)
    .usage(HEADING)
    .literal(ADVICE)
    .placeholder(Style::new().fg_color(ADVICE.get_fg_color()))
    .error(FAILURE)
    .valid(GOOD)
    .invalid(ATTENTION);

/// The error as text, or the help or version that was asked for: no argument moves the cursor, begins a line or colours.
pub(super) fn text(mut error: clap::Error, painter: Painter) -> String {
    if !error.use_stderr() {
        return painted(&error.render(), painter);
    }
    make_safe(&mut error);
    let mut text = painted(&error.render(), painter);
    // The reason of a value's own parser is printed as it is.
    if let Some(reason) = error.source().map(ToString::to_string) {
        text = text.replace(&reason, &on_one_line(&reason));
    }
    text.split_inclusive('\n').map(safe_line).collect()
}

fn painted(text: &StyledStr, painter: Painter) -> String {
    if painter.is_on() { text.ansi().to_string() } else { text.to_string() }
}

/// Makes what the error repeats of the command line safe to print.
fn make_safe(error: &mut clap::Error) {
    let named = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    // Suggestions repeat these in a text of their own.
    let repeated: Vec<String> =
        [ContextKind::InvalidArg, ContextKind::InvalidSubcommand].into_iter().filter_map(named).collect();
    let styled = |text: &StyledStr| {
        let text = text.ansi().to_string();
        StyledStr::from(repeated.iter().fold(text, |text, word| text.replace(word, &on_one_line(word))))
    };
    let context: Vec<_> = error.context().map(|(kind, value)| (kind, value.clone())).collect();
    for (kind, value) in context {
        let safe = match value {
            ContextValue::String(text) => ContextValue::String(on_one_line(&text)),
            ContextValue::Strings(texts) => {
                ContextValue::Strings(texts.iter().map(|text| on_one_line(text)).collect())
            }
            ContextValue::StyledStr(text) if kind != ContextKind::Usage => {
                ContextValue::StyledStr(styled(&text))
            }
            ContextValue::StyledStrs(texts) => ContextValue::StyledStrs(texts.iter().map(styled).collect()),
            other => other,
        };
        error.insert(kind, safe);
    }
}

/// A line in which nothing but colours is left of what moves the cursor.
fn safe_line(line: &str) -> String {
    let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
    let mut parts = text.split('\u{1b}');
    let mut safe = on_one_line(parts.next().unwrap_or_default());
    for part in parts {
        let code = part.find('m').and_then(|end| part.split_at_checked(end + 1));
        let is_colour = |code: &str| {
            let digits = code.strip_prefix('[').and_then(|code| code.strip_suffix('m'));
            digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'))
        };
        match code.filter(|(code, _)| is_colour(code)) {
            Some((code, text)) => {
                safe.push('\u{1b}');
                safe.push_str(code);
                safe.push_str(&on_one_line(text));
            }
            None => safe.push_str(&on_one_line(&format!("\u{1b}{part}"))),
        }
    }
    safe + end
}
