//! Makes untrusted text safe to print: anyone may have chosen the names in a repository or an event.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;

/// No language stacks more marks on a letter; more of them cover the lines above and below.
const MARKS_MAX: usize = 4;

/// `1 thing`, or `2 things`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

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

/// `text` without the credentials in any URL of it, as git and its remotes spell them: `https://user:password@host/`,
/// `https://token@host/`, `user:password@host:path`, `?token=…`, and all of an address that another program understands
/// (`ext::…`, gitremote-helpers(7)). A user name alone is no secret over SSH.
///
/// Rather too much is taken out than too little: a password that is not percent-encoded may contain any character but a
/// space.
pub(crate) fn without_credentials(text: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '<' | '>' | '`');
    // A command line, up to its end.
    let command = text
        .match_indices("ext::")
        .map(|(at, _)| at)
        .find(|at| text.get(..*at).is_some_and(|before| !before.ends_with(char::is_alphanumeric)));
    let (text, command) = command.map_or((text, ""), |at| (text.get(..at).unwrap_or_default(), "ext::***"));
    let words = text.split_inclusive(is_end).map(|word| {
        let end = word.trim_end_matches(is_end);
        let (word, after) = word.split_at(end.len());
        address_without_credentials(word) + after
    });
    words.collect::<String>() + command
}

/// `url`, an address as a whole, without the credentials in it, whatever characters these have.
pub(crate) fn url_without_credentials(url: &str) -> String {
    without_credentials(&address_without_credentials(url))
}

/// In place of what must not be shown.
const SECRET: &str = "***";

fn address_without_credentials(word: &str) -> String {
    if let Some((scheme, rest)) = word.split_once("://") {
        let is_ssh = scheme.ends_with("ssh") || scheme.ends_with("git");
        let (user, rest) = rest.rsplit_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
        let (rest, query) = rest.find(['?', '#']).map_or((rest, ""), |at| rest.split_at(at));
        let query = query.get(..1).map(|mark| format!("{mark}{SECRET}")).unwrap_or_default();
        return match user {
            None => format!("{scheme}://{rest}{query}"),
            // Whether this is a password or a query cannot be told.
            Some(user) if user.contains(['?', '#']) => format!("{scheme}://{SECRET}"),
            Some(user) if is_ssh && !user.contains(':') => format!("{scheme}://{user}@{rest}{query}"),
            Some(_) => format!("{scheme}://{SECRET}@{rest}{query}"),
        };
    }
    if let Some((helper, _)) =
        word.split_once("::").filter(|(helper, rest)| is_name(helper) && !rest.is_empty())
    {
        return format!("{helper}::{SECRET}");
    }
    match word.rsplit_once('@') {
        // An image's digest comes after an `@` as well.
        Some((user, host))
            if user.contains(':') && host.contains([':', '/']) && !host.starts_with("sha256:") =>
        {
            format!("{SECRET}@{host}")
        }
        _ => word.to_owned(),
    }
}

/// Whether `text` can be the name of a remote helper.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// `word` as a POSIX shell reads it back, whatever is in it. What a reader could not see is spelled out, or a command would not
/// be what it looks like; tabs and line breaks stay.
pub(crate) fn shell_quoted(word: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(word.len() + 2);
    let mut seen = Vec::new();
    for chunk in word.utf8_chunks() {
        for character in chunk.valid().chars() {
            let mut bytes = [0; 4];
            let bytes = character.encode_utf8(&mut bytes).as_bytes();
            if is_hidden(character) && !matches!(character, '\0' | '\t' | '\n') {
                hide(bytes, &mut seen, &mut quoted);
            } else {
                seen.extend_from_slice(bytes);
            }
        }
        hide(chunk.invalid(), &mut seen, &mut quoted);
    }
    if quoted.is_empty() || !seen.is_empty() {
        quoted.extend(literal(&seen));
    }
    quoted
}

/// Adds what was `seen` so far to what is `quoted`, and then `bytes` as octal numbers.
fn hide(bytes: &[u8], seen: &mut Vec<u8>, quoted: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    if !seen.is_empty() {
        quoted.extend(literal(&std::mem::take(seen)));
    }
    let numbers: String = bytes.iter().map(|byte| format!("\\{byte:03o}")).collect();
    quoted.extend(format!("\"$(printf '{numbers}')\"").into_bytes());
}

/// `text` in the quotes that it needs.
fn literal(text: &[u8]) -> Vec<u8> {
    // Only a NUL is beyond a shell. None reaches this: no process can be given one, and no ref has one in its name.
    let quoted = shlex::bytes::Quoter::new().allow_nul(true).quote(text);
    quoted.map_or_else(|_| text.to_vec(), Cow::into_owned)
}

/// `json` with nothing in its strings that a reader could not see.
pub(crate) fn json_seen(json: &str) -> String {
    let mut seen = String::with_capacity(json.len());
    for character in json.chars() {
        if is_hidden(character) && !character.is_ascii_whitespace() {
            let units = character
                .encode_utf16(&mut [0; 2])
                .iter()
                .map(|unit| format!("\\u{unit:04x}"))
                .collect::<String>();
            seen.push_str(&units);
        } else {
            seen.push(character);
        }
    }
    seen
}

/// As [`shell_quoted`], for a command line that people paste.
pub(crate) fn shell_word(word: &str) -> String {
    String::from_utf8_lossy(&shell_quoted(word.as_bytes())).into_owned()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;
    use std::process::Command;

    use super::*;

    #[test]
    fn no_credentials_are_shown() {
        for (text, shown) in [
            ("https://ada:s3cret@example.org/repo", "https://***@example.org/repo"),
            ("https://s3cret@example.org:8443/repo", "https://***@example.org:8443/repo"),
            ("https://ada:s3%40cr%2Fet@example.org/repo", "https://***@example.org/repo"),
            ("https://ada:s3@cr/et@example.org/repo", "https://***@example.org/repo"),
            ("https://ada:s3?cr#et@example.org/repo", "https://***"),
            ("https://example.org/repo?token=s3cret#x", "https://example.org/repo?***"),
            ("https://example.org/repo", "https://example.org/repo"),
            ("ssh://git@example.org:22/repo", "ssh://git@example.org:22/repo"),
            ("ssh://ada:s3cret@example.org/repo", "ssh://***@example.org/repo"),
            ("git@example.org:team/repo", "git@example.org:team/repo"),
            ("ada:s3cret@example.org:team/repo", "***@example.org:team/repo"),
            ("ext::sh -c s3cret", "ext::***"),
            ("gcrypt::https://ada:s3cret@example.org/x", "gcrypt::https://***@example.org/x"),
            ("fatal: ext::sh -c 's3cret x' failed", "fatal: ext::***"),
            ("context::deadline (next::x) y", "context::*** (next::x) y"),
            ("keys::s3cret", "keys::***"),
            ("[::1]:5000", "[::1]:5000"),
            ("https://example.org/?mail=a@b&token=s3cret", "https://***"),
            ("team/api:1.0.0@sha256:0f", "team/api:1.0.0@sha256:0f"),
            ("origin", "origin"),
            ("/srv/a@b:c", "/srv/a@b:c"),
            ("refs/tags/a@1.0.0:refs/tags/a@1.0.0", "refs/tags/a@1.0.0:refs/tags/a@1.0.0"),
            (
                "fatal: unable to access 'https://ada:s3cret@example.org/repo/': Could not resolve host",
                "fatal: unable to access 'https://***@example.org/repo/': Could not resolve host",
            ),
            ("a::b (x@y)  z\n", "a::*** (x@y)  z\n"),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
    }

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
            assert_eq!(crate::domain::service_name_fault(&on_one_line(text)), None, "{text}");
        }
    }

    #[test]
    fn a_shell_reads_back_what_nobody_sees() {
        assert_eq!(shell_word("a\u{1b}[31m"), "a\"$(printf '\\033')\"'[31m'");
        for word in [
            &b"\x1b[31m x"[..],
            b"",
            b"plain",
            b"two\nlines\n",
            b"\x7f",
            "it's \u{202e}right\u{2066}\u{9b}".as_bytes(),
            b"\xff\x9b\x1b%d\\n$(x)",
            b"last\x1b\n",
            "\u{e0001}!^".as_bytes(),
        ] {
            let quoted = shell_quoted(word);
            let seen = String::from_utf8(quoted.clone()).unwrap();
            assert!(!seen.chars().any(|c| is_hidden(c) && c != '\n'), "{seen}");
            let script = [b"printf %s ", &*quoted].concat();
            let script = OsString::from_vec(script);
            let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
            assert_eq!(output.stdout, word, "{seen}");
        }
    }

    #[test]
    fn json_means_the_same_without_what_nobody_sees() {
        let json = serde_json::to_string_pretty(&["a\u{202e}\u{9b}\u{7f}\u{1b}\n", "\u{e0001}é"]).unwrap();
        let seen = json_seen(&json);
        assert!(!seen.chars().any(|c| is_hidden(c) && c != '\n'), "{seen}");
        let [before, after] = [&json, &seen].map(|text| serde_json::from_str::<Vec<String>>(text).unwrap());
        assert_eq!(before, after);
    }
}
