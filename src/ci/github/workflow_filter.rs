//! Which names a workflow's `branches`, `tags` and `paths` let through.
//!
//! Source: "Workflow syntax for GitHub Actions" in GitHub's documentation, its "Filter pattern cheat sheet" and what it
//! says of `on.push`. What it gives no meaning is refused, not guessed: a `+` or `?` without a character before it (so
//! at the start, behind a `*`, behind another `+` or `?`), anything in brackets but ASCII letters, digits and their
//! ranges, an empty pattern.

use std::fmt;
use std::iter::Peekable;

/// The patterns of one filter, in their order: the last that matches a name decides.
///
/// - `*` is any text without a slash, `**` any text; `**/` where a path component begins is nothing, too.
/// - `[a-z0-9]` is one of those characters.
/// - `?` and `+` behind a character or brackets: at most once, at least once.
/// - `\` takes the special meaning from what follows, and all else stands for itself.
/// - `!` before a pattern takes away again what it matches.
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
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Characters out of a set.
    Characters(Set, Times),
    /// `**/` where a component begins: nothing, or any text that ends with a slash.
    Folders,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Set {
    One(char),
    Ranges(Vec<(char, char)>),
    NotSlash,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Times {
    Once,
    AtMostOnce,
    AtLeastOnce,
    Any,
}

/// The column of what has no meaning, and what is said of it.
type Refused = (usize, String);

impl WorkflowFilter {
    /// Reads the patterns of a filter, as YAML gives them.
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
    /// A pattern must match the whole of it, upper and lower case told apart. A filter without a pattern that includes
    /// lets nothing through (GitHub demands one); so does an empty one, which is not the same as none.
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        self.patterns.iter().rfind(|pattern| pattern.matches(&name)).is_some_and(|pattern| !pattern.excludes)
    }

    /// Whether the filter lets any of `paths` through: what `paths` asks of the changed files.
    pub fn matches_any<P: AsRef<str>>(&self, paths: impl IntoIterator<Item = P>) -> bool {
        paths.into_iter().any(|path| self.matches(path.as_ref()))
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, WorkflowFilterError> {
        let (excludes, body) = text.strip_prefix('!').map_or((false, text), |body| (true, body));
        let first = 1 + usize::from(excludes);
        let refused = |(column, what)| WorkflowFilterError { pattern: text.to_owned(), column, what };
        Ok(Pattern { excludes, parts: parts(body, first).map_err(refused)? })
    }

    /// Follows all ways to match at once, part by part: the time is that of parts times characters.
    fn matches(&self, name: &[char]) -> bool {
        let mut reached = vec![false; name.len() + 1];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        for part in &self.parts {
            reached = part.advance(&reached, name);
            if !reached.contains(&true) {
                return false;
            }
        }
        reached.last() == Some(&true)
    }
}

impl Part {
    /// The places of `name` that are reached when this part is matched from those in `reached`.
    fn advance(&self, reached: &[bool], name: &[char]) -> Vec<bool> {
        let Part::Characters(set, times) = self else {
            let inside = Part::Characters(Set::All, Times::Any).advance(reached, name);
            let behind = Part::Characters(Set::One('/'), Times::Once).advance(&inside, name);
            return behind.into_iter().zip(reached).map(|(behind, before)| behind || *before).collect();
        };
        let may_be_none = matches!(times, Times::AtMostOnce | Times::Any);
        let may_repeat = matches!(times, Times::AtLeastOnce | Times::Any);
        let mut here = reached.first() == Some(&true) && may_be_none;
        let mut places = Vec::with_capacity(reached.len());
        places.push(here);
        for ((character, before), behind) in name.iter().zip(reached).zip(reached.iter().skip(1)) {
            let begins = *before || (may_repeat && here);
            here = (begins && set.contains(*character)) || (may_be_none && *behind);
            places.push(here);
        }
        places
    }
}

impl Set {
    fn contains(&self, character: char) -> bool {
        match self {
            Set::One(one) => *one == character,
            Set::Ranges(ranges) => ranges.iter().any(|(first, last)| (*first..=*last).contains(&character)),
            Set::NotSlash => character != '/',
            Set::All => true,
        }
    }
}

/// Reads a pattern without its `!`; `first` is the column that it begins at.
fn parts(body: &str, first: usize) -> Result<Vec<Part>, Refused> {
    if body.is_empty() {
        return Err((first, "it is empty; `**` is every name".to_owned()));
    }
    let mut rest = body.chars().zip(first..).peekable();
    let mut parts = Vec::new();
    while let Some((character, column)) = rest.next() {
        let part = match character {
            '*' => stars(&mut rest, parts.last()),
            '[' => Part::Characters(Set::Ranges(ranges(&mut rest, column)?), Times::Once),
            '\\' => {
                let next = rest.next().ok_or_else(|| (column, "a `\\` ends it; write `\\\\`".to_owned()))?;
                Part::Characters(Set::One(next.0), Times::Once)
            }
            '?' | '+' => {
                let Some(Part::Characters(set, Times::Once)) = parts.pop() else {
                    let needs = "needs a plain character or brackets just before it";
                    return Err((column, format!("`{character}` {needs}; write `\\{character}` for itself")));
                };
                Part::Characters(set, if character == '?' { Times::AtMostOnce } else { Times::AtLeastOnce })
            }
            other => Part::Characters(Set::One(other), Times::Once),
        };
        parts.push(part);
    }
    Ok(parts)
}

/// Reads what follows a first `*`.
fn stars(rest: &mut Peekable<impl Iterator<Item = (char, usize)>>, before: Option<&Part>) -> Part {
    if rest.next_if(|(next, _)| *next == '*').is_none() {
        return Part::Characters(Set::NotSlash, Times::Any);
    }
    let slash = Part::Characters(Set::One('/'), Times::Once);
    let begins_component = before.is_none_or(|part| *part == Part::Folders || *part == slash);
    if begins_component && rest.next_if(|(next, _)| *next == '/').is_some() {
        return Part::Folders;
    }
    Part::Characters(Set::All, Times::Any)
}

/// Reads brackets, the first of which stands at column `open`.
fn ranges(
    rest: &mut Peekable<impl Iterator<Item = (char, usize)>>,
    open: usize,
) -> Result<Vec<(char, char)>, Refused> {
    let unclosed = || (open, "the `[` is not closed; write `\\[` for the character itself".to_owned());
    let mut ranges = Vec::new();
    loop {
        let (first, column) = rest.next().ok_or_else(unclosed)?;
        if first == ']' && !ranges.is_empty() {
            return Ok(ranges);
        }
        let last = match rest.next_if(|(next, _)| *next == '-') {
            Some(_) => rest.next().ok_or_else(unclosed)?.0,
            None => first,
        };
        let kinds = ['a'..='z', 'A'..='Z', '0'..='9'];
        if first > last || !kinds.iter().any(|kind| kind.contains(&first) && kind.contains(&last)) {
            let found = if first == last { first.to_string() } else { format!("{first}-{last}") };
            let only = "brackets hold a-z, A-Z, 0-9 and ranges within one of these";
            return Err((column, format!("{only}, not `{found}`; write several patterns")));
        }
        ranges.push((first, last));
    }
}

impl WorkflowFilterError {
    /// The pattern as it is written.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Where it is wrong: characters into the pattern, from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for WorkflowFilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the pattern '{}' is wrong at column {}: {}", self.pattern, self.column, self.what)
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
    fn release_tags_of_services_are_told() {
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
        assert!(filter(&["**"]).matches(""));
        assert!(!filter(&[]).matches("a"));
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
