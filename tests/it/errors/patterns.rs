//! Patterns that cannot be matched as picomatch matches them, one for each thing that is refused.

use super::page::{Page, row};
use crate::support::Repo;

/// What is wrong, and a pattern with it.
const REFUSED: [(&str, &str); 32] = [
    ("an empty pattern", ""),
    ("a pattern with the name of a member of every object", "constructor"),
    ("a bracket that is not closed", "a/[b"),
    ("a brace that is not closed", "a/{b,c"),
    ("a parenthesis that is not closed", "a/@(b"),
    ("a brace that closes nothing", "a}"),
    ("a parenthesis that closes nothing", "a)"),
    ("a quote", "\"a\""),
    ("a backslash at the end", "a\\"),
    ("many backslashes", "a\\\\\\\\b"),
    ("a backslash that picomatch drops", "\\\\.a"),
    ("a backslash before a slash", "a\\/b"),
    ("an escape of regular expressions", "a/\\d"),
    ("a group of regular expressions", "a/(?:b)"),
    ("what may be a group of regular expressions", "(a)?<b"),
    ("nothing to repeat", "(+a|+b)"),
    ("an operator several times", "a||b"),
    ("a range that ends before it begins", "[z-a]"),
    ("a class that is none", "[[:foo:]]"),
    ("a colon in brackets", "[[a:b]"),
    ("a dash next to a class", "[[:digit:]-z]"),
    ("two dots in braces", "{a..b,c}"),
    ("a range with steps", "{1..3..2}"),
    ("braces without a comma", "{a|b}"),
    ("a negation before a dot", "!(*a).b|c"),
    ("a range that changes the text before it", "file.{1..3}"),
    ("a class that changes the text before it", "v1.[[:digit:]].txt"),
    ("three stars that distort the text before them", "a.b/***"),
    ("a path with a variable", "{user@host}"),
    ("letters with accents before it", "é/{a,b"),
    ("a negated pattern", "!(a"),
    ("a plus behind a plus", "a+++b"),
];

pub(crate) fn fill(page: &mut Page) {
    const FILTERS: &str = ".github/utils/file-filters.yaml";
    let repo = Repo::new();
    repo.service("web");
    repo.commit("begin");
    let filter = |pattern: &str| format!("web:\n  - web/**\n  - '{pattern}'\n");
    let changed = "imgver changed --base HEAD";
    page.rows(&repo, REFUSED.map(|(what, pattern)| row(5, what, changed).with(FILTERS, filter(pattern))));
    page.rows(
        &repo,
        [
            row(5, "a pattern that is too long", changed).with(FILTERS, filter(&"x".repeat(10_001))),
            row(5, "groups that are too deep", changed)
                .with(FILTERS, filter(&format!("{}a{}", "@(".repeat(101), ")".repeat(101)))),
            row(5, "a NUL", changed).with(FILTERS, "web: \"a\\0b\"\n"),
        ],
    );
}
