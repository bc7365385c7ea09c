//! Path patterns answer as picomatch 2.3.1 does: `picomatch/record.mjs` recorded its answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use imgver::filters::pattern::{PathText, Pattern};
use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    versions: [String; 2],
    paths: Vec<String>,
    rows: Vec<Row>,
}

/// A pattern, the answers of the first version unless it throws, and those of the second if they differ.
#[derive(Deserialize)]
struct Row(Vec<Option<String>>);

impl Row {
    fn pattern(&self) -> &str {
        self.0[0].as_deref().expect("a row has a pattern")
    }

    fn answers(&self) -> Option<&str> {
        self.0[1].as_deref()
    }

    fn is_different(&self) -> bool {
        self.0.len() > 2
    }
}

fn table() -> Table {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/picomatch/answers.json");
    let table: Table = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(table.versions, ["2.3.1", "4.0.7"]);
    assert!(table.rows.len() >= 1_000 && table.paths.len() >= 50, "the table has been cut");
    for answers in table.rows.iter().filter_map(Row::answers) {
        assert_eq!(answers.len(), table.paths.len());
    }
    table
}

/// Patterns of the table that are refused, by a part of what the error says.
const REFUSED: &[(&str, &[&str])] = &[
    ("is next to a class", &["[[:digit:]-z]", "[a-[:digit:]]"]),
    (
        "`..` inside braces",
        &["../{a,../b}", "{1..3..2}", "{19..2}", "{9..19..}", "{a,..}", "{a..b,c}", "{a..}"],
    ),
    ("follows a `[`", &["[[a:b]"]),
    ("the NUL at", &["\0"]),
    ("a member of every JavaScript object", &["__proto__", "constructor", "toString", "valueOf"]),
    ("escapes a slash", &["a\\/b"]),
    (
        "begins a group of regular expressions",
        &["!(?(a))", "!(?)", "!(?b)", "(?!a)b", "(?:a)", "(?<n>a)", "(?=a)", "(?a)", "@(?|a)"],
    ),
    ("begins no known class", &["[[:alpha]]", "[[:foo:]]"]),
    ("closes nothing", &["a)", "a}"]),
    ("ends the pattern", &["a/b\\", "a\\"]),
    ("escape of regular expressions", &["\\d", "\\w+/a"]),
    (
        "has a class such as `[:alpha:]`",
        &["[[:alpha:]]|b", "a-b.[[:digit:]]", "a.b[[:alpha:]]", "v1.[[:digit:]].txt"],
    ),
    ("has a range such as `{1..3}`", &["file.{1..3}"]),
    ("has three `*` in a row", &["a.b/***"]),
    ("in a row at", &["\\\\\\\\", "a$$b", "a+++b", "a/\\\\\\\\b", "a\\\\\\\\b", "a^^b", "a||b"]),
    ("is not closed", &["!(a", "(a", "(a}", "@(a", "[a", "{a", "{a,(b}"]),
    ("remove the quotes", &["\"", "\"a\""]),
    ("may begin a group", &["(a)?<b"]),
    ("misreads what follows the `!(…)`", &["!(*a).b|c", "(!(*a).b)", "a/(!(*.d).ts)"]),
    ("picomatch drops the", &["\\\\.a"]),
    ("range that ends before it begins", &["[z-a]"]),
    ("follows something that cannot be repeated", &["(+a|+b)", "(a*+)", "(|+)", "?(a)+", "{+a,b}"]),
    ("which have no comma", &["{@(a)}", "{a$b}", "{a**}", "{a/**/b}", "{a\\,b}", "{a|b}", "{user@host}"]),
];

#[test]
fn every_answer_is_picomatchs() {
    let table = table();
    let paths: Vec<PathText> = table.paths.iter().map(|path| PathText::new(path.as_bytes())).collect();
    let (mut wrong, mut right) = (Vec::new(), 0);
    for row in &table.rows {
        let Ok(pattern) = Pattern::parse(row.pattern()) else { continue };
        let answers = row.answers().unwrap_or_else(|| panic!("picomatch throws on {:?}", row.pattern()));
        for (path, answer) in paths.iter().zip(answers.bytes()) {
            if pattern.matches(path) == (answer == b'1') {
                right += 1;
            } else {
                wrong.push((row.pattern(), path.as_str(), answer == b'1'));
            }
        }
    }
    assert_eq!(wrong, []);
    assert!(right >= 50_000, "{right}");
}

#[test]
fn what_is_refused_is_known() {
    let table = table();
    let known: BTreeMap<&str, &str> = REFUSED
        .iter()
        .flat_map(|(says, patterns)| patterns.iter().map(move |pattern| (*pattern, *says)))
        .collect();
    let patterns: BTreeSet<&str> = table.rows.iter().map(Row::pattern).collect();
    let errors = patterns.iter().filter_map(|pattern| Some((*pattern, Pattern::parse(pattern).err()?)));
    let mut refused = BTreeSet::new();
    for (pattern, error) in errors {
        let message = error.to_string();
        let says = known.get(pattern).unwrap_or_else(|| panic!("{pattern:?} is refused: {message}"));
        assert!(message.contains(says), "{pattern:?}: {message}");
        assert!(!message.contains('\n') && error.column() <= pattern.chars().count().max(1), "{message}");
        refused.insert(pattern);
    }
    assert_eq!(refused, known.into_keys().collect::<BTreeSet<_>>(), "refused, and known to be");
}

/// Newer versions of picomatch answer otherwise here. We stay with the version that the action has.
#[test]
fn the_versions_differ_where_they_are_known_to() {
    let table = table();
    let different = table.rows.iter().filter(|row| row.is_different());
    let patterns: Vec<&str> =
        different.map(Row::pattern).filter(|pattern| Pattern::parse(pattern).is_ok()).collect();
    assert_eq!(
        patterns,
        [
            "!!(a*(||[.a]))",
            "!./*([ab]|+(|1-)|/,a/)",
            "(@(a|b)/**)",
            "(a/**)",
            "+([^/**.]||.)[a-c.]",
            "+(a|+(b))",
            "+(|)!(+/**/!().js)*.*[a-c]",
            "@(a/**)",
            "\\.|+*(|.js[a-c])"
        ]
    );
}
