//! Which names a workflow's `branches`, `tags` and `paths` let through.
//!
//! Source: "Workflow syntax for GitHub Actions" in GitHub's documentation, its "Filter pattern cheat sheet" and what it
//! says about `on.push`. A pattern that it gives no meaning is refused, not guessed at: a `+` or `?` without a character
//! before it (so at the start, after a `*`, after another `+` or `?`), anything in brackets but ASCII letters, digits and
//! their ranges, an empty pattern.

use std::fmt;
use std::iter::Peekable;

use regex::Regex;

/// Far more characters than a branch, a tag or a path can have.
const LENGTH_MAX: usize = 4096;

/// The patterns of one filter in their order: the last one that matches a name decides.
///
/// - `*` matches any text without a slash, `**` any text; `**/` at the start of a path component also matches nothing.
/// - `[a-z0-9]` matches one of these characters.
/// - `?` and `+` after a character or brackets: at most once, at least once.
/// - `\` makes the next character an ordinary one; all other characters match themselves.
/// - `!` at the start of a pattern excludes what the rest of it matches.
#[derive(Debug, Clone)]
pub struct WorkflowFilter {
    patterns: Vec<Pattern>,
}

/// A pattern that GitHub's documentation gives no meaning.
///
/// Displays as one line: the pattern, what is wrong with it and where, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowFilterError {
    pattern: String,
    column: usize,
    what: String,
}

#[derive(Debug, Clone)]
struct Pattern {
    excludes: bool,
    regex: Regex,
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A character or brackets, as a regular expression, and a `?` or `+` behind it.
    Character(String, Option<char>),
    /// `*`
    Star,
    /// `**`
    Stars,
    /// `**/` at the start of a component.
    Folders,
}

/// The column of what has no meaning, and what to say about it.
type Refused = (usize, String);

impl WorkflowFilter {
    /// Parses the patterns of a filter, as YAML gives them.
    ///
    /// # Errors
    /// The first pattern that has no meaning.
    pub fn parse<P: AsRef<str>>(patterns: impl IntoIterator<Item = P>) -> Result<Self, WorkflowFilterError> {
        let patterns = patterns.into_iter().map(|pattern| Pattern::parse(pattern.as_ref()));
        Ok(WorkflowFilter { patterns: patterns.collect::<Result<_, _>>()? })
    }

    /// Whether the filter lets `name` through: a branch or tag without `refs/heads/` or `refs/tags/`, or a path from the
    /// root of the repository.
    ///
    /// A pattern must match the whole name, case-sensitively. A filter with exclusions only lets nothing through (GitHub
    /// demands one pattern that includes); nor does an empty filter, which is not the same as none.
    pub fn matches(&self, name: &str) -> bool {
        let decides = self.patterns.iter().rfind(|pattern| pattern.regex.is_match(name));
        decides.is_some_and(|pattern| !pattern.excludes)
    }

    /// Whether the filter lets any of `paths` through, as `paths` demands of the changed files.
    pub fn matches_any<P: AsRef<str>>(&self, paths: impl IntoIterator<Item = P>) -> bool {
        paths.into_iter().any(|path| self.matches(path.as_ref()))
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, WorkflowFilterError> {
        let (excludes, body) = text.strip_prefix('!').map_or((false, text), |body| (true, body));
        let first = 1 + usize::from(excludes);
        let refused = |(column, what)| WorkflowFilterError { pattern: text.to_owned(), column, what };
        let regex = parts(body, first).and_then(|parts| compiled(&parts).ok_or_else(|| too_long(first)));
        Ok(Pattern { excludes, regex: regex.map_err(refused)? })
    }
}

/// The regular expression that matches what `parts` match, one after another; none if it is too large to be compiled.
fn compiled(parts: &[Part]) -> Option<Regex> {
    // `(?s)`: names may contain line breaks.
    let mut regex = r"(?s)\A".to_owned();
    for part in parts {
        match part {
            Part::Character(character, times) => {
                regex.push_str(character);
                regex.extend(*times);
            }
            Part::Star => regex.push_str("[^/]*"),
            Part::Stars => regex.push_str(".*"),
            Part::Folders => regex.push_str("(?:.*/)?"),
        }
    }
    regex.push_str(r"\z");
    Regex::new(&regex).ok()
}

fn too_long(first: usize) -> Refused {
    (first + LENGTH_MAX, format!("it is longer than {LENGTH_MAX} characters; write several patterns"))
}

/// Parses a pattern without its `!`; `first` is the column where it starts.
fn parts(body: &str, first: usize) -> Result<Vec<Part>, Refused> {
    if body.is_empty() {
        return Err((first, "it is empty; write `**` for every name".to_owned()));
    }
    if body.chars().nth(LENGTH_MAX).is_some() {
        return Err(too_long(first));
    }
    let mut rest = body.chars().zip(first..).peekable();
    let mut parts = Vec::new();
    while let Some((character, column)) = rest.next() {
        let part = match character {
            '*' => stars(&mut rest, parts.last()),
            '[' => Part::Character(brackets(&mut rest, column)?, None),
            '\\' => {
                let next =
                    rest.next().ok_or_else(|| (column, "it ends with a `\\`; write `\\\\`".to_owned()))?;
                literal(next.0)
            }
            '?' | '+' => {
                let Some(Part::Character(before, None)) = parts.pop() else {
                    let needs = "needs a plain character or brackets just before it";
                    return Err((column, format!("`{character}` {needs}; write `\\{character}` for itself")));
                };
                // The two mean the same in a regular expression.
                Part::Character(before, Some(character))
            }
            other => literal(other),
        };
        parts.push(part);
    }
    Ok(parts)
}

fn literal(character: char) -> Part {
    Part::Character(regex::escape(character.encode_utf8(&mut [0; 4])), None)
}

/// Parses what follows a first `*`.
fn stars(rest: &mut Peekable<impl Iterator<Item = (char, usize)>>, before: Option<&Part>) -> Part {
    if rest.next_if(|(next, _)| *next == '*').is_none() {
        return Part::Star;
    }
    let starts_component = before.is_none_or(|part| *part == Part::Folders || *part == literal('/'));
    if starts_component && rest.next_if(|(next, _)| *next == '/').is_some() {
        return Part::Folders;
    }
    Part::Stars
}

/// Parses what follows a `[` at column `open`, up to the `]`, into a class of a regular expression.
fn brackets(
    rest: &mut Peekable<impl Iterator<Item = (char, usize)>>,
    open: usize,
) -> Result<String, Refused> {
    let unclosed = || (open, "the `[` is not closed; write `\\[` for the character itself".to_owned());
    let mut class = "[".to_owned();
    loop {
        let (first, column) = rest.next().ok_or_else(unclosed)?;
        if first == ']' && class.len() > 1 {
            class.push(']');
            return Ok(class);
        }
        let last = match rest.next_if(|(next, _)| *next == '-') {
            Some(_) => rest.next().ok_or_else(unclosed)?.0,
            None => first,
        };
        let kinds = ['a'..='z', 'A'..='Z', '0'..='9'];
        if first > last || !kinds.iter().any(|kind| kind.contains(&first) && kind.contains(&last)) {
            let found = if first == last { first.to_string() } else { format!("{first}-{last}") };
            let only = "brackets can hold a-z, A-Z, 0-9 and ranges within one of these";
            return Err((column, format!("{only}, not `{found}`; write several patterns")));
        }
        class.extend([first, '-', last]);
    }
}

impl WorkflowFilterError {
    /// The pattern as it is written.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Where it is wrong, in characters from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for WorkflowFilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the pattern '{}' is invalid at column {}: {}", self.pattern, self.column, self.what)
    }
}

impl std::error::Error for WorkflowFilterError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filter(patterns: &[&str]) -> WorkflowFilter {
        WorkflowFilter::parse(patterns).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Patterns, names that they match, names that they do not; in one text each, with blanks between.
    type Row = (&'static str, &'static str, &'static str);

    fn check(rows: &[Row]) {
        for (patterns, matched, others) in rows {
            let filter = filter(&patterns.split(' ').collect::<Vec<_>>());
            for name in matched.split_whitespace() {
                assert!(filter.matches(name), "{patterns} must match {name}");
            }
            for name in others.split_whitespace() {
                assert!(!filter.matches(name), "{patterns} must not match {name}");
            }
        }
    }

    #[test]
    fn the_examples_of_the_documentation_hold() {
        check(&[
            ("Octo*", "Octocat Octo", "octocat Octo/cat"),
            ("[CB]at", "Cat Bat", "at CBat cat"),
            ("[1-2]00", "100 200", "300 00"),
            ("feature/*", "feature/my-branch feature/", "feature feature/beta-a/my-branch"),
            ("feature/**", "feature/my-branch feature/beta-a/my-branch feature/mona/the/octocat", "feature"),
            ("main releases/mona-the-octocat", "main releases/mona-the-octocat", "mainline a/main Main"),
            ("*", "main releases README.md", "all/the/branches"),
            ("**", "main all/the/branches every/tag all/the/files.md", ""),
            ("*feature", "mona-feature feature ver-10-feature", "feature-1 a/feature"),
            ("v2*", "v2 v2.0 v2.9", "v1 v2/a"),
            ("v[12].[0-9]+.[0-9]+", "v1.10.1 v2.0.0", "v3.0.0 v1.10 v1.a.1 v1-10-1"),
            ("releases/** !releases/**-alpha", "releases/10 releases/beta/mona", "releases/beta/3-alpha"),
            ("*.jsx?", "page.js page.jsx", "page.jsxx page.j a/page.js"),
            ("*.js", "app.js index.js", "js/index.js app_js"),
            ("**.js", "index.js js/index.js src/js/app.js", "index.jsx"),
            ("docs/*", "docs/README.md docs/file.txt", "docs/mona/octocat.txt a/docs/file.txt"),
            ("docs/**", "docs/README.md docs/mona/octocat.txt", "docs README.md"),
            ("docs/**/*.md", "docs/README.md docs/mona/a.md docs/a/markdown/file.md", "docsREADME.md"),
            ("**/docs/**", "docs/hello.md dir/docs/my-file.txt space/docs/plan/space.doc", "mydocs/a docs"),
            ("**/README.md", "README.md js/README.md", "MY-README.md"),
            ("**/*src/**", "a/src/app.js my-src/code/js/app.js src/a", "srcs/a src"),
            ("**/*-post.md", "my-post.md path/their-post.md", "my-post.md/a"),
            ("**/migrate-*.sql", "migrate-10.sql db/migrate-v1.0.sql db/sept/migrate-v1.sql", "migrate.sql"),
            ("*.md !README.md", "hello.md", "README.md docs/hello.md"),
            ("*.md !README.md README*", "hello.md README.md README.doc", "docs/hello.md"),
        ]);
    }

    #[test]
    fn release_tags_of_services_are_recognised() {
        check(&[
            (
                "services/**@[0-9]+.[0-9]+.[0-9]+",
                "services/go/api-golang@1.0.9",
                "v1.0.9 services/go/api-golang@1.0 services/go/api-golang@1.0.0-rc.1",
            ),
            ("*@[0-9]+.[0-9]+.[0-9]+", "api-golang@1.0.9", "services/go/api-golang@1.0.9"),
        ]);
    }

    #[test]
    fn what_the_documentation_leaves_open_is_decided() {
        check(&[
            (r"\!a\*\+\[\\", r"!a*+[\", r"a*+[\"),
            (r"a!b]{c,d}^$|()", "a!b]{c,d}^$|()", "a!b]c"),
            ("é?ü+", "ü éü éüü", "éé é"),
            (r"\*+b", "*b **b", "b ab"),
            // Only where a component begins is the slash of `**/` optional.
            ("a**/b", "a/b ax/b ax/y/b", "ab"),
            (r"a\/**/b **/**/c", "a/b a/x/b c x/c x/y/c", "ab xc"),
            ("***", "a a/b", ""),
            ("***/b", "/b a/b", "b"),
            // Where nothing is included, nothing can be excluded; only the first `!` excludes.
            ("!a", "", "a b"),
            ("!a **", "a b", ""),
            ("** !!a", "a", "!a"),
        ]);
        assert!(filter(&["**"]).matches("a\nb"));
        assert!(filter(&["*"]).matches("a\r\nb"));
        // The Kelvin sign and the long s are lower and upper case of ASCII letters to Unicode.
        assert!(!filter(&["[a-z]"]).matches("\u{212a}") && !filter(&["S"]).matches("\u{17f}"));
        assert!(filter(&["**"]).matches(""));
        assert!(!filter(&[]).matches("a"));
    }

    #[test]
    fn a_pattern_has_a_limit() {
        for piece in ["a", "*a", "**", "**/", "\u{10ffff}+", "[a-z]?"] {
            let longest = piece.repeat(LENGTH_MAX / piece.chars().count());
            assert!(WorkflowFilter::parse([&longest]).is_ok(), "{piece}");
        }
        let error = WorkflowFilter::parse(["a".repeat(LENGTH_MAX + 1)]).unwrap_err();
        assert_eq!(error.column(), LENGTH_MAX + 1);
    }

    #[test]
    fn one_path_is_enough() {
        let filter = filter(&["docs/**", "!docs/**.txt"]);
        assert!(filter.matches_any(["a.rs", "docs/a.txt", "docs/a.md"]));
        assert!(!filter.matches_any(["a.rs", "docs/a.txt"]));
        assert!(!filter.matches_any::<&str>([]));
    }

    #[test]
    fn what_has_no_meaning_is_refused() {
        for (pattern, column, hint) in [
            ("", 1, "`**`"),
            ("!", 2, "`**`"),
            ("+a", 1, "`+` needs"),
            ("!?a", 2, "`?` needs"),
            ("é*+", 3, "`+` needs"),
            ("**/+", 4, "`+` needs"),
            ("a+?", 3, "`?` needs"),
            ("a[0-", 2, r"`\[`"),
            ("[]a]", 2, "not `]`"),
            ("[a_]", 3, "not `_`"),
            ("[a-c-e]", 5, "not `-`"),
            ("[a-]", 2, "not `a-]`"),
            ("[A-z]", 2, "not `A-z`"),
            (r"!a\", 3, r"`\\`"),
        ] {
            let error = WorkflowFilter::parse(["a", pattern]).unwrap_err();
            assert_eq!((error.pattern(), error.column()), (pattern, column));
            let message = error.to_string();
            assert!(message.contains(hint) && message.contains(&format!("'{pattern}'")), "{message}");
        }
    }

    proptest! {
        #[test]
        fn an_escaped_name_matches_itself_only(name in "\\PC{1,20}", other in "\\PC{0,20}") {
            let escaped: String = name.chars().flat_map(|character| ['\\', character]).collect();
            let filter = filter(&[&escaped]);
            prop_assert!(filter.matches(&name));
            prop_assert_eq!(filter.matches(&other), name == other);
        }

        #[test]
        fn no_text_panics(pattern in "[]!*?+\\\\/a-c\\[-]{0,20}|\\PC{0,20}", name in "[a-c/]{0,9}|\\PC{0,20}") {
            if let Ok(filter) = WorkflowFilter::parse([pattern]) {
                filter.matches(&name);
            }
        }
    }
}
