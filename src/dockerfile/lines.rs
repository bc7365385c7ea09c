//! The commands of a Dockerfile: lines that are continued, comments and heredocs, by the rules of BuildKit's package
//! `parser`.
//!
//! `parse-dockerfile`, the one crate that is maintained, refuses heredocs that do not begin their command, and reads flags,
//! words and directives in its own way; what the builder accepts would have to be compared case by case. This is its reader's
//! behaviour, and what it refuses is refused here.

use super::directives::Directives;
use super::heredoc::{self, Heredoc};
use super::reads::Unreadable;

/// The longest Dockerfile that is read; the builder takes 16 MB.
const SIZE_MAX: usize = 1 << 20;

/// The longest line, its end included: the builder's limit.
const LINE_MAX: usize = 64 * 1024 - 1;

/// An instruction's text, in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// The line that it begins on, from 1.
    pub line: usize,
    /// In capital letters.
    pub keyword: String,
    /// Its flags, such as `--from=build`, without quotes.
    pub flags: Vec<String>,
    /// What follows the flags.
    pub rest: String,
    /// All of it, without the ends of its lines.
    pub text: String,
    pub heredocs: Vec<Heredoc>,
}

/// Reads the commands of a Dockerfile, and finds which character escapes in it.
pub(super) fn read(content: &[u8]) -> Result<(Vec<Command>, char), Unreadable> {
    if content.len() > SIZE_MAX {
        return Err(Unreadable { line: 1, why: format!("it is larger than {SIZE_MAX} bytes") });
    }
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let content = String::from_utf8_lossy(content);
    super::directives::check_syntax(&content)?;
    let mut reader =
        Reader { lines: content.split_inclusive('\n'), number: 0, directives: Directives::new() };
    let mut commands = Vec::new();
    while let Some(command) = reader.command()? {
        commands.push(command);
    }
    Ok((commands, reader.directives.escape))
}

struct Reader<'a> {
    lines: std::str::SplitInclusive<'a, char>,
    /// The number of the line that was read last.
    number: usize,
    directives: Directives,
}

impl<'a> Reader<'a> {
    fn error<T>(&self, why: &str) -> Result<T, Unreadable> {
        Err(Unreadable { line: self.number, why: why.to_owned() })
    }

    /// The next line, without its end.
    fn line(&mut self) -> Result<Option<&'a str>, Unreadable> {
        let Some(line) = self.lines.next() else { return Ok(None) };
        self.number += 1;
        if line.len() > LINE_MAX {
            return self.error("the line is too long");
        }
        Ok(Some(line.trim_end_matches(['\r', '\n'])))
    }

    fn command(&mut self) -> Result<Option<Command>, Unreadable> {
        while let Some(line) = self.line()? {
            let line = line.trim_start();
            self.directives.take(line, self.number)?;
            let line = if line.starts_with('#') { "" } else { line };
            let (line, is_continued) = self.without_continuation(line);
            if is_continued || !line.is_empty() {
                let start = self.number;
                let text = self.continued(line.to_owned(), is_continued)?;
                let mut command = split(&text, start, self.directives.escape);
                for mut heredoc in heredoc::of(&command, self.directives.escape)
                    .map_err(|why| Unreadable { line: start, why })?
                {
                    self.read_heredoc(&mut heredoc)?;
                    command.heredocs.push(heredoc);
                }
                return Ok(Some(command));
            }
        }
        Ok(None)
    }

    /// `text` and the lines that continue it: comments and empty lines between them are passed over.
    fn continued(&mut self, mut text: String, mut is_continued: bool) -> Result<String, Unreadable> {
        while is_continued {
            let Some(line) = self.line()? else { break };
            self.directives.take(line, self.number)?;
            if line.trim_start().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            let (line, goes_on) = self.without_continuation(line);
            text.push_str(line);
            is_continued = goes_on;
        }
        Ok(text)
    }

    /// The line without the character that continues it, and whether there is one: the last but blanks, and not escaped itself.
    fn without_continuation<'b>(&self, line: &'b str) -> (&'b str, bool) {
        let escape = self.directives.escape;
        match line.trim_end_matches([' ', '\t']).strip_suffix(escape) {
            Some(before) if !before.ends_with(escape) => (before, true),
            _ => (line, false),
        }
    }

    fn read_heredoc(&mut self, heredoc: &mut Heredoc) -> Result<(), Unreadable> {
        let start = self.number;
        while let Some(line) = self.line()? {
            let end = if heredoc.strips_tabs { line.trim_start_matches('\t') } else { line };
            if end == heredoc.name {
                return Ok(());
            }
            heredoc.content.push_str(line);
            heredoc.content.push('\n');
        }
        Err(Unreadable { line: start, why: format!("the heredoc '{}' has no end", heredoc.name) })
    }
}

/// What separates words.
pub(super) fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\x0b' | '\x0c' | '\r' | ' ')
}

/// The parts of a command.
pub(super) fn split(text: &str, line: usize, escape: char) -> Command {
    let trimmed = text.trim();
    let (keyword, rest) = trimmed.split_once(is_blank).unwrap_or((trimmed, ""));
    let (flags, rest) = flags(rest.trim_start_matches(is_blank), escape);
    Command {
        line,
        keyword: keyword.to_uppercase(),
        flags,
        rest: rest.trim().to_owned(),
        text: text.to_owned(),
        heredocs: Vec::new(),
    }
}

/// The flags at the beginning of `text`, and what follows them. The builder takes each byte for a character here.
fn flags(text: &str, escape: char) -> (Vec<String>, String) {
    let is_space = |byte: u8| char::from(byte).is_whitespace();
    let bytes = text.as_bytes();
    let from = |at: usize| String::from_utf8_lossy(bytes.get(at..).unwrap_or_default()).into_owned();
    let mut flags = Vec::new();
    let mut at = 0;
    loop {
        while bytes.get(at).copied().is_some_and(is_space) {
            at += 1;
        }
        if !bytes.get(at..).is_some_and(|rest| rest.starts_with(b"--")) {
            return (flags, from(at));
        }
        let (mut word, mut quote, mut is_quoted) = (String::new(), None, false);
        while let Some(byte) = bytes.get(at).copied() {
            let character = char::from(byte);
            if quote.is_none() && is_space(byte) {
                break;
            }
            at += 1;
            match quote {
                None if matches!(character, '\'' | '"') => (quote, is_quoted) = (Some(character), true),
                Some(end) if character == end => quote = None,
                _ if character == escape => match bytes.get(at) {
                    Some(escaped) => {
                        word.push(char::from(*escaped));
                        at += 1;
                    }
                    None => break,
                },
                _ => word.push(character),
            }
        }
        if word == "--" {
            return (flags, from(at));
        }
        if is_quoted || !word.is_empty() {
            flags.push(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(content: &str) -> Vec<(usize, String)> {
        let (commands, _) = read(content.as_bytes()).expect(content);
        commands.into_iter().map(|command| (command.line, command.text)).collect()
    }

    #[test]
    fn lines_are_continued() {
        for (content, expected) in [
            ("FROM a\nRUN b", vec![(1, "FROM a"), (2, "RUN b")]),
            ("FROM \\\n  a\r\nRUN b\\\r\n c\r\n", vec![(1, "FROM   a"), (3, "RUN b c")]),
            ("\u{feff}FROM a", vec![(1, "FROM a")]),
            ("# x\n\n  FROM a", vec![(3, "FROM a")]),
            ("RUN a \\\n# x\n\n  # y\n b \\  \t\nc", vec![(1, "RUN a  b c")]),
            ("RUN a \\\\\nRUN b", vec![(1, "RUN a \\\\"), (2, "RUN b")]),
            ("# escape=`\nRUN a `\n b\nCOPY c\\ d", vec![(2, "RUN a  b"), (4, "COPY c\\ d")]),
            ("# a\n# escape=`\nRUN a `\nRUN b \\\nc", vec![(3, "RUN a `"), (4, "RUN b c")]),
            ("\\\nFROM a", vec![(1, "FROM a")]),
            ("RUN a \\", vec![(1, "RUN a ")]),
            ("RUN <<A <<-B\nx\nA\n#y\n\tB\nRUN c", vec![(1, "RUN <<A <<-B"), (6, "RUN c")]),
        ] {
            let found = texts(content);
            let found: Vec<_> = found.iter().map(|(line, text)| (*line, &**text)).collect();
            assert_eq!(found, expected, "{content}");
        }
    }

    #[test]
    fn flags_come_before_the_rest() {
        for (text, keyword, expected, rest) in [
            ("copy --from=a b c", "COPY", vec!["--from=a"], "b c"),
            ("COPY\t--from='a b'  --x --  --y c", "COPY", vec!["--from=a b", "--x"], "--y c"),
            (
                "RUN --mount=type=bind,source=\"a b\",target=/c\\ d make",
                "RUN",
                vec!["--mount=type=bind,source=a b,target=/c d"],
                "make",
            ),
            ("RUN a --b", "RUN", vec![], "a --b"),
            ("COPY --exclude=\u{c3}\u{9} a b", "COPY", vec!["--exclude=\u{c3}\u{83}"], "a b"),
            ("FROM", "FROM", vec![], ""),
            ("RUN - a", "RUN", vec![], "- a"),
        ] {
            let command = split(text, 1, '\\');
            assert_eq!(
                (&*command.keyword, command.flags, &*command.rest),
                (keyword, expected.iter().map(ToString::to_string).collect(), rest),
                "{text}"
            );
        }
    }

    #[test]
    fn what_the_builder_refuses_is_an_error_with_its_line() {
        for (content, line) in
            [("FROM a\nRUN <<A\nx\n", 2), ("# escape=x\nFROM a", 1), ("# escape=`\n# escape=`\nFROM a", 2)]
        {
            assert_eq!(read(content.as_bytes()).expect_err(content).line, line, "{content}");
        }
        assert!(read("a".repeat(70_000).as_bytes()).is_err());
    }
}
