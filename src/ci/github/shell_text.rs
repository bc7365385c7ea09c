//! What of a script its shell runs: text in here-documents and in quotes over several lines is no command.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::compile;

/// The start of a here-document: its dash, its delimiter with quotes.
static HEREDOC: LazyLock<Regex> =
    LazyLock::new(|| compile(r#"\A<<(-?)[ \t]*(?:'([^'\n]+)'|"([^"\n]+)"|\\?([A-Za-z_][A-Za-z0-9_]*))"#));

/// What is before a quote or a here-document whose text a shell runs.
static SHELL: LazyLock<Regex> = LazyLock::new(|| {
    compile(r"(?:\A|[ \t;|&(/])(?:ba|da|z|k)?sh(?:[ \t]+[-+][^ \t]*|[ \t]+pipefail)*[ \t]*\z")
});

/// What is before a quote that a shell runs: `bash -c`, `eval`.
static RUNS_TEXT: LazyLock<Regex> =
    LazyLock::new(|| compile(r"(?:\A|[ \t;|&(/])(?:(?:ba|da|z|k)?sh[ \t](?:.*[ \t])?-[a-z]*c|eval)[ \t]+\z"));

/// What runs a here-document, after its start.
static INTO_SHELL: LazyLock<Regex> =
    LazyLock::new(|| compile(r"\|[ \t]*(?:sudo[ \t]+)?(?:ba|da|z|k)?sh(?:[ \t]|\z)"));

/// `script` without comments and without text that is no command. Text that a shell reads from a here-document stays, and so do
/// command substitutions. What has no end is left as it is.
pub(super) fn code(script: &str) -> String {
    let mut code = String::new();
    // The bodies of here-documents start with the next line.
    let mut heredocs: Vec<Heredoc<'_>> = Vec::new();
    let mut rest = script;
    while let Some(letter) = rest.chars().next() {
        let line = code.rsplit('\n').next().unwrap_or_default();
        let taken = match letter {
            '\\' => rest.chars().take(2).map(char::len_utf8).sum(),
            '#' if line.is_empty() || line.ends_with([' ', '\t', ';']) => {
                rest = rest.get(rest.find('\n').unwrap_or(rest.len())..).unwrap_or_default();
                continue;
            }
            '\'' | '"' => quoted(rest, letter, line.ends_with('$')).unwrap_or(1),
            _ => letter.len_utf8(),
        };
        let Some((text, after)) = rest.split_at_checked(taken) else { break };
        if let Some(heredoc) = Heredoc::at(rest, line) {
            heredocs.push(heredoc);
        }
        let is_text = text.contains('\n') && matches!(letter, '\'' | '"');
        match is_text {
            true if RUNS_TEXT.is_match(line) => {
                let inner = text.get(1..taken.saturating_sub(1)).unwrap_or_default();
                code.push_str(&format!("\n{}\n", self::code(inner)));
            }
            true => code.push_str(&without_commands(text, letter == '"')),
            // After `<<`, a third one is another thing.
            false => code.push_str(text),
        }
        rest = if rest.starts_with("<<<") && letter == '<' {
            code.push_str("<<");
            rest.get(3..).unwrap_or_default()
        } else {
            after
        };
        if letter == '\n' {
            for heredoc in heredocs.drain(..) {
                let Some((body, after)) = heredoc.body(rest) else { continue };
                code.push_str(&heredoc.commands(&body));
                rest = after;
            }
        }
    }
    code
}

/// A here-document that a line starts.
struct Heredoc<'s> {
    delimiter: &'s str,
    is_indented: bool,
    /// Whether command substitutions in it are run.
    is_expanded: bool,
    /// Whether a shell reads it.
    is_code: bool,
}

impl<'s> Heredoc<'s> {
    /// The one that starts with `rest`, behind `before` on its line.
    fn at(rest: &'s str, before: &str) -> Option<Self> {
        let found = HEREDOC.captures(rest)?;
        let quoted = found.get(2).or_else(|| found.get(3));
        let line = rest.lines().next().unwrap_or_default();
        Some(Heredoc {
            delimiter: quoted.or_else(|| found.get(4))?.as_str(),
            is_indented: found.get(1).is_some_and(|dash| !dash.is_empty()),
            is_expanded: quoted.is_none() && !found.get(0)?.as_str().contains('\\'),
            is_code: SHELL.is_match(before) || INTO_SHELL.is_match(line),
        })
    }

    /// Its text, and what follows its end; none if it has no end.
    fn body(&self, rest: &'s str) -> Option<(String, &'s str)> {
        let (mut body, mut rest) = (String::new(), rest);
        while !rest.is_empty() {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            let line = line.trim_end_matches('\r');
            let line = if self.is_indented { line.trim_start_matches('\t') } else { line };
            if line == self.delimiter {
                return Some((body, after));
            }
            body.push_str(line);
            body.push('\n');
            rest = after;
        }
        None
    }

    /// What of its text `body` are commands.
    fn commands(&self, body: &str) -> String {
        if self.is_code {
            code(body)
        } else if self.is_expanded && (body.contains("$(") || body.contains('`')) {
            format!("echo {}\n", without_commands(body, true))
        } else {
            String::new()
        }
    }
}

/// How long the quoted text at the start of `rest` is, quotes included; none if it has no end.
fn quoted(rest: &str, quote: char, has_escapes: bool) -> Option<usize> {
    let mut letters = rest.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' && (quote == '"' || has_escapes) {
            letters.next();
        } else if quote == '"' && rest.get(at..).is_some_and(|rest| rest.starts_with("$(")) {
            let end = at + substitution(rest.get(at..)?)?;
            while letters.next().is_some_and(|(at, _)| at + 1 < end) {}
        } else if letter == quote {
            return Some(at + 1);
        }
    }
    None
}

/// How long the command substitution at the start of `rest` is, by its parentheses.
fn substitution(rest: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in rest.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' if depth == 1 => return Some(at + 1),
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// `text` on one line, without what would start a command there; command substitutions stay if it is `expanded`.
fn without_commands(text: &str, expanded: bool) -> String {
    let mut plain = String::new();
    let mut rest = text;
    let mut is_in_backticks = false;
    while let Some(letter) = rest.chars().next() {
        let command = if expanded && rest.starts_with("$(") { substitution(rest) } else { None };
        if let Some((command, after)) = command.and_then(|length| rest.split_at_checked(length)) {
            plain.push_str(command);
            rest = after;
            continue;
        }
        is_in_backticks ^= expanded && letter == '`';
        match letter {
            '`' if expanded => plain.push(letter),
            '\n' | ';' | '|' | '&' | '(' | ')' | '`' if !is_in_backticks => plain.push(' '),
            _ => plain.push(letter),
        }
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    plain
}

/// `script` for PowerShell without block comments and here-strings, and with its lines joined.
pub(super) fn powershell(script: &str) -> String {
    static TEXT: LazyLock<Regex> =
        LazyLock::new(|| compile(r#"(?ms)<#.*?#>|@"[ \t]*$.*?^[ \t]*"@|@'[ \t]*$.*?^[ \t]*'@"#));
    TEXT.replace_all(script, "''").replace("`\r\n", " ").replace("`\n", " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_command() {
        for (script, expected) in [
            ("a <<EOF >x\nb\nEOF\nc", "a <<EOF >x\nc"),
            ("a <<-'EOF'\n\tb $(c)\n\tEOF\nd", "a <<-'EOF'\nd"),
            ("a <<EOF\nb; $(c; d)\nEOF\n", "a <<EOF\necho b  $(c; d) \n"),
            ("sudo bash -e <<EOF\nb\nEOF\nc", "sudo bash -e <<EOF\nb\nc"),
            ("cat <<X | sh\nb\nX\nc", "cat <<X | sh\nb\nc"),
            ("a <<X <<Y\nb\nX\nc\nY\nd", "a <<X <<Y\nd"),
            ("a <<EOF\nb\n", "a <<EOF\nb\n"),
            ("a <<<EOF\nb\nEOF\nc", "a <<<EOF\nb\nEOF\nc"),
            ("echo 'a\nb; c\n'\nd", "echo 'a b  c '\nd"),
            ("echo \"a\nb $(c\nd) \\\"\n\"\ne", "echo \"a b $(c\nd) \\\" \"\ne"),
            ("bash -c 'a\nb'; c", "bash -c \na\nb\n; c"),
            ("python -c 'a\nb'", "python -c 'a b'"),
            ("# don't\na # it's\nb", "\na \nb"),
            ("echo it\\'s\na 'b'", "echo it\\'s\na 'b'"),
            ("a 'b", "a 'b"),
        ] {
            assert_eq!(code(script), expected, "{script}");
        }
    }

    #[test]
    fn powershell_has_texts_of_its_own() {
        assert_eq!(powershell("<#\na\n#>\nb"), "''\nb");
        assert_eq!(powershell("$x = @\"\na\n\"@\nb `\n c"), "$x = ''\nb   c");
    }
}
