//! `.dockerignore` files, by the rules of BuildKit: those of Go's package `moby/patternmatcher`, as the builder's client
//! applies them while it walks the context.

use std::fmt;

use super::pattern::Pattern;

/// The longest line that the client reads, its end included.
const LINE_MAX: usize = 64 * 1024;

/// Which files of a context are left out of it.
#[derive(Debug, Default)]
pub struct DockerIgnore {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    pattern: Pattern,
    /// The pattern's text without `/**` and `/*` at its end.
    beginning: String,
    /// Whether it takes files back in, as `!PATTERN` does.
    is_exception: bool,
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
        let mut rules = Vec::new();
        for (line, text) in (1..).zip(content.split(|&byte| byte == b'\n')) {
            let invalid = InvalidLine { line };
            if text.len() >= LINE_MAX {
                return Err(invalid);
            }
            let text = String::from_utf8_lossy(text);
            // A comment begins in the first column.
            let text = if text.starts_with('#') { "" } else { text.trim() };
            if !text.is_empty() {
                rules.push(Rule::parse(text).ok_or(invalid)?);
            }
        }
        Ok(DockerIgnore { rules })
    }

    /// Whether the file at `path`, from the context's root and separated by `/`, is left out of the context.
    ///
    /// Where that depends on what no documentation defines, it is not.
    pub fn excludes(&self, path: &str) -> bool {
        let mut is_excluded = false;
        // Which of the rules match the directory that the walk is in: they match everything below it.
        let mut inherited = vec![false; self.rules.len()];
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for path in ends.filter_map(|end| path.get(..end)) {
            if is_excluded && !self.is_entered(path) {
                return true;
            }
            is_excluded = false;
            for (rule, matches) in self.rules.iter().zip(&mut inherited) {
                // A rule that would change nothing is not tried, and so not inherited either.
                if !*matches && rule.is_exception == is_excluded {
                    *matches = rule.matches(path);
                }
                if *matches {
                    is_excluded = !rule.is_exception;
                }
            }
        }
        is_excluded
    }

    /// Whether the walk comes to `path`, although its directory is left out: not where all exceptions name paths elsewhere.
    fn is_entered(&self, path: &str) -> bool {
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let mut exceptions = self.rules.iter().filter(|rule| rule.is_exception);
        exceptions.any(|rule| {
            rule.beginning.contains(['*', '[', ']', '?', '^', '\\'])
                || is_below_or_at(&rule.beginning, directory)
        })
    }
}

fn is_below_or_at(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Rule {
    fn parse(text: &str) -> Option<Self> {
        let text = match text.strip_prefix('!') {
            Some(text) => format!("!{}", from_root(text.trim())),
            None => from_root(text),
        };
        // The builder cleans it a second time, with the mark: `./!x` is an exception.
        let text = clean(&text);
        let (text, is_exception) = match text.strip_prefix('!') {
            Some(text) => (text, true),
            None => (&*text, false),
        };
        // What no header of a request can have cannot be sent to the builder.
        if text.is_empty() || text.contains(|character: char| character.is_ascii_control()) {
            return None;
        }
        let beginning = text.strip_suffix("/**").unwrap_or(text);
        let beginning = beginning.strip_suffix("/*").unwrap_or(beginning).to_owned();
        Some(Rule { pattern: Pattern::parse(text)?, beginning, is_exception })
    }

    fn matches(&self, path: &str) -> bool {
        self.pattern.matches(path).unwrap_or(self.is_exception)
    }
}

/// A pattern without the slash for the context's root.
fn from_root(text: &str) -> String {
    let path = if text.is_empty() { String::new() } else { clean(text) };
    path.strip_prefix('/').filter(|rest| !rest.is_empty()).map_or(path.clone(), ToOwned::to_owned)
}

/// The shortest spelling of `path`, as Go's `filepath.Clean` gives it, patterns or not.
fn clean(path: &str) -> String {
    let is_rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if is_rooted => {}
            _ => parts.push(part),
        }
    }
    match (is_rooted, parts.join("/")) {
        (true, path) => format!("/{path}"),
        (false, path) if path.is_empty() => ".".to_owned(),
        (false, path) => path,
    }
}

#[cfg(test)]
mod tests {
    use super::{DockerIgnore, clean};

    #[test]
    fn paths_are_cleaned_as_by_go() {
        for (path, expected) in [
            ("a", "a"),
            ("a/", "a"),
            ("./a", "a"),
            ("a//b/./c", "a/b/c"),
            ("a/../b", "b"),
            ("../a", "../a"),
            ("a/../../b", "../b"),
            ("/../a", "/a"),
            ("/", "/"),
            (".", "."),
            ("a/..", "."),
            ("**/../x", "x"),
        ] {
            assert_eq!(clean(path), expected, "{path}");
        }
    }

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
