//! Heredocs: which of them a command has. Their rules are those of BuildKit's package `parser`.

use super::lexer::{self, Raw, WordError};
use super::lines::{Command, split};
use super::statement::json_words;

/// A heredoc of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heredoc {
    pub name: String,
    /// Whether tabs in front of a line do not count: `<<-`.
    pub strips_tabs: bool,
    pub content: String,
}

/// The heredocs that follow a command, still without content.
pub(super) fn of(command: &Command, escape: char) -> Result<Vec<Heredoc>, String> {
    if !command.text.contains("<<") || !can_have_heredocs(command, escape)? {
        return Ok(Vec::new());
    }
    let raw = Raw { quotes: true, escapes: true };
    match lexer::words(&command.text, raw) {
        Ok(words) => words.iter().filter_map(|word| parse(word).transpose()).collect(),
        // A quote that is not closed: the builder sees no heredoc then.
        Err(WordError::Invalid(_)) => Ok(Vec::new()),
        Err(WordError::TooDeep) => Err("its variables are nested too deeply".to_owned()),
    }
}

fn can_have_heredocs(command: &Command, escape: char) -> Result<bool, String> {
    let inner;
    let command = if command.keyword == "ONBUILD" {
        inner = split(&command.rest, command.line, escape);
        &inner
    } else {
        command
    };
    Ok(matches!(&*command.keyword, "ADD" | "COPY" | "RUN") && json_words(&command.rest)?.is_none())
}

/// The heredoc that a word is: `<<NAME`, `<<-NAME` or `3<<"NAME"`.
pub(super) fn parse(word: &str) -> Result<Option<Heredoc>, String> {
    let Some(rest) = word.trim_start_matches(|digit: char| digit.is_ascii_digit()).strip_prefix("<<") else {
        return Ok(None);
    };
    let (rest, strips_tabs) = rest.strip_prefix('-').map_or((rest, false), |rest| (rest, true));
    let rest = rest.trim_start_matches(['\t', '\n', '\x0c', '\r', ' ']);
    if rest.is_empty() || rest.contains('<') {
        return Ok(None);
    }
    let names = lexer::words(rest, Raw { quotes: false, escapes: false })
        .map_err(|_| format!("'{word}' does not name a heredoc"))?;
    Ok(match names.as_slice() {
        [name] => Some(Heredoc { name: name.clone(), strips_tabs, content: String::new() }),
        _ => None,
    })
}
