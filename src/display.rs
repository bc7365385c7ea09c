//! Makes untrusted text safe to print: anyone may have chosen the names in a repository or an event.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;

/// No language stacks more marks on a letter; more of them cover the lines above and below.
const MARKS_MAX: usize = 4;

/// `text` on one line that neither a terminal nor a CI runner interprets as a command.
///
/// Invisible characters are escaped; so is the beginning of a workflow command of GitHub's: `::` at the start of a
/// line, `##[` anywhere ("Workflow commands" in its documentation of Actions, and the runner's older form).
pub(crate) fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut marks = 0;
    for character in text.chars() {
        marks = if is_combining_mark(character) { marks + 1 } else { 0 };
        let is_hidden = is_hidden(character) || marks > MARKS_MAX;
        if is_hidden || (character == '[' && line.ends_with("##")) {
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

/// Whether a CI runner could interpret a line that begins with `text` as a command.
pub(crate) fn is_workflow_command(text: &str) -> bool {
    text.trim_start().starts_with("::") || text.contains("##[")
}

/// Whether a character moves the cursor, changes the direction of text or is invisible: controls, those that Unicode calls
/// default-ignorable (`DerivedCoreProperties.txt`), separators of lines, annotations and blanks that are letters.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
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
        for hidden in [
            '\0',
            '\r',
            '\u{1b}',
            '\u{85}',
            '\u{9b}',
            '\u{ad}',
            '\u{200f}',
            '\u{2028}',
            '\u{2066}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{e0041}',
            '\u{e0100}',
        ] {
            let escaped = format!("a{}b", hidden.escape_unicode());
            assert_eq!(on_one_line(&format!("a{hidden}b")), escaped, "{hidden:?}");
        }
        for plain in ["Vie\u{302}\u{323}t", "\u{5e9}\u{5dc}\u{5d5}\u{5dd}", "\u{645}", "日本", "🐳"] {
            assert_eq!(on_one_line(plain), plain);
        }
        let stacked = format!("a{}", "\u{301}".repeat(6));
        assert_eq!(on_one_line(&stacked), format!("a{}\\u{{301}}\\u{{301}}", "\u{301}".repeat(4)));
        assert_eq!(on_one_line("  ::error::x"), "  \\u{3a}:error::x");
        assert_eq!(on_one_line("a ##[error]x"), "a ##\\u{5b}error]x");
        for text in ["::x", " ::x", "##[x]", "a\n::b"] {
            assert!(!is_workflow_command(&on_one_line(text)), "{text}");
        }
    }
}
