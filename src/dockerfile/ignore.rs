//! `.dockerignore` files, by the rules of BuildKit: those of Go's package `moby/patternmatcher`, as the builder's client
//! applies them while it walks the context.

use std::fmt;

use super::pattern::Pattern;
use super::pattern_list::{PatternList, clean, prefixes};

/// The longest line that the client reads, its end included.
const LINE_MAX: usize = 64 * 1024;

/// Which files of a context are left out of it.
#[derive(Debug, Default)]
pub struct DockerIgnore {
    patterns: PatternList,
    /// The texts of the exceptions, `!PATTERN`, without `/**` and `/*` at their ends.
    exceptions: Vec<String>,
}

/// A line on which the builder gives up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidLine {
    /// The number of the line, from 1.
    pub line: usize,
}

impl fmt::Display for InvalidLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not a pattern that docker accepts")
    }
}

impl std::error::Error for InvalidLine {}

impl DockerIgnore {
    /// Reads the content of a `.dockerignore`.
    ///
    /// # Errors
    /// The first line with which no build can begin.
    pub fn parse(content: &[u8]) -> Result<Self, InvalidLine> {
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        let mut ignore = DockerIgnore::default();
        for (line, text) in (1..).zip(content.split(|&byte| byte == b'\n')) {
            let invalid = InvalidLine { line };
            if text.len() >= LINE_MAX {
                return Err(invalid);
            }
            let text = String::from_utf8_lossy(text);
            // A comment begins in the first column.
            let text = if text.starts_with('#') { "" } else { text.trim() };
            if !text.is_empty() {
                ignore.push(text).ok_or(invalid)?;
            }
        }
        Ok(ignore)
    }

    /// Adds a line that is neither blank nor a comment; none where it is not valid.
    fn push(&mut self, text: &str) -> Option<()> {
        let text = match text.strip_prefix('!') {
            Some(text) => format!("!{}", from_root(text.trim())),
            None => from_root(text),
        };
        // The builder cleans it a second time, with the mark: `./!x` is an exception.
        let text = clean(&text);
        let (text, is_exception) = text.strip_prefix('!').map_or((&*text, false), |text| (text, true));
        // What no header of a request can have cannot be sent to the builder.
        if text.is_empty() || text.contains(|character: char| character.is_ascii_control()) {
            return None;
        }
        self.patterns.push(Pattern::parse(text)?, is_exception);
        if is_exception {
            let beginning = text.strip_suffix("/**").unwrap_or(text);
            self.exceptions.push(beginning.strip_suffix("/*").unwrap_or(beginning).to_owned());
        }
        Some(())
    }

    /// Whether the file at `path`, from the context's root and separated by `/`, is left out of the context.
    ///
    /// Where that depends on what no documentation defines, it is not.
    pub fn excludes(&self, path: &str) -> bool {
        let mut is_excluded = false;
        let mut matches = self.patterns.no_matches();
        for path in prefixes(path) {
            if is_excluded && !self.is_entered(path) {
                return true;
            }
            is_excluded = self.patterns.step(path, &mut matches);
        }
        is_excluded
    }

    /// Whether it takes anything back in that it leaves out elsewhere.
    pub fn has_exceptions(&self) -> bool {
        !self.exceptions.is_empty()
    }

    /// Whether the walk comes to `path`, although its directory is left out: not where all exceptions name paths elsewhere.
    fn is_entered(&self, path: &str) -> bool {
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        self.exceptions.iter().any(|beginning| {
            beginning.contains(['*', '[', ']', '?', '^', '\\']) || is_below_or_at(beginning, directory)
        })
    }
}

fn is_below_or_at(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A pattern without the slash for the context's root.
fn from_root(text: &str) -> String {
    let path = if text.is_empty() { String::new() } else { clean(text) };
    path.strip_prefix('/').filter(|rest| !rest.is_empty()).map_or(path.clone(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::DockerIgnore;

    #[test]
    fn a_line_that_no_build_begins_with_is_an_error() {
        for (content, line) in
            [("a\n[\n", 2), ("!\n", 1), ("a\\", 1), ("# x\n\n[]a]", 3), ("a[b-", 1), ("! \t", 1), ("!/", 1)]
        {
            let error = DockerIgnore::parse(content.as_bytes()).expect_err(content);
            assert_eq!(error.line, line, "{content}");
        }
        assert!(DockerIgnore::parse(&vec![b'a'; 70_000]).is_err());
    }
}
