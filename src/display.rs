//! Text from outside, made fit to be shown: names in a repository or an event may be anybody's.

use std::borrow::Cow;

/// `text` on one line that neither a terminal nor a CI runner takes for a command.
///
/// Characters that are not seen are spelled out; so is what begins a workflow command of GitHub's: `::` at the start of a
/// line, `##[` anywhere ("Workflow commands" in its documentation of Actions, and the runner's older form).
pub(crate) fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) || (character == '[' && line.ends_with("##")) {
            line.extend(character.escape_unicode());
        } else {
            line.push(character);
        }
    }
    let begin = line.len() - line.trim_start().len();
    if line.get(begin..).is_some_and(|rest| rest.starts_with("::")) {
        line.replace_range(begin..=begin, "\\u{3a}");
    }
    line
}

/// Whether a CI runner could take a line that begins with `text` for a command.
pub(crate) fn is_workflow_command(text: &str) -> bool {
    text.trim_start().starts_with("::") || text.contains("##[")
}

/// Whether a character moves the cursor, changes the direction of text or is not seen at all: controls, and those of
/// Unicode's format characters that are not part of a script.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// `word` as a POSIX shell reads it back, whatever is in it.
pub(crate) fn shell_quoted(word: &[u8]) -> Vec<u8> {
    // Only a NUL is beyond a shell. None reaches this: no process can be given one, and no ref has one in its name.
    let quoted = shlex::bytes::Quoter::new().allow_nul(true).quote(word);
    quoted.map_or_else(|_| word.to_vec(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor_or_commands_a_runner() {
        assert_eq!(on_one_line("services/go/api: a::b [x] é"), "services/go/api: a::b [x] é");
        assert_eq!(on_one_line("a\nb\u{202e}c"), "a\\u{a}b\\u{202e}c");
        assert_eq!(on_one_line("  ::error::x"), "  \\u{3a}:error::x");
        assert_eq!(on_one_line("a ##[error]x"), "a ##\\u{5b}error]x");
        for text in ["::x", " ::x", "##[x]", "a\n::b"] {
            assert!(!is_workflow_command(&on_one_line(text)), "{text}");
        }
    }
}
