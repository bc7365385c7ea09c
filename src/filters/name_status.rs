//! Changes as git lists them: `git diff --name-only` and `git diff --name-status`, in lines or with `-z`.

use std::fmt;

use super::foreign::{Exists, FROM_ROOT, Foreign, backslashed, foreign, several};
use super::quoted;
use crate::domain::{ChangeKind, ChangeKinds, Changes};

/// A record that is neither a path nor a status with its paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListError {
    /// Its number, from 1: the line, or with NUL the record.
    pub number: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it, where that does not follow from the message.
    pub hints: Vec<&'static str>,
}

/// What is wrong with a record, and what to do about it.
struct Fault {
    message: String,
    hints: Vec<&'static str>,
}

impl Fault {
    fn new(message: impl Into<String>) -> Self {
        Fault { message: message.into(), hints: Vec::new() }
    }

    fn foreign(record: &[u8], Foreign { what, hint }: Foreign) -> Self {
        Fault { message: format!("'{}' is {what}", shown(record)), hints: vec![hint] }
    }

    /// The same fault of a record that may nevertheless be a path.
    fn or_path(mut self) -> Self {
        self.hints.push(WITH_STATUS);
        self
    }

    fn at(self, number: usize) -> ListError {
        ListError { number, message: self.message, hints: self.hints }
    }
}

/// The hint for what may be a path nevertheless.
const WITH_STATUS: &str =
    "if it is a path that no longer exists, list it with its status: git diff --name-status";

/// How the records of a list are set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// By line ends. Unusual paths stand in quotes, as git prints them (`core.quotePath` in git-config(1)).
    Lines,
    /// By NUL, paths as they are (`-z` in git-diff(1)).
    Nul,
}

/// Reads a list of changed paths, from the root of the repository. A path without a status is modified.
///
/// Lines in which other commands print paths are refused, unless `exists` says that there is a file or directory of that
/// name: some names look like such a line.
///
/// With [`Records::Nul`] the first record says what the list is: a status alone begins one of `git diff --name-status -z`.
/// A list of bare paths looks like that only if its first is a file at the root called `A` or `M`.
///
/// # Errors
/// A status that git does not have or that lacks a path, quotes that are not git's, a path that cannot be one of the
/// repository's, output of another command, the wrong separator.
pub fn parse_changes(
    list: &[u8],
    records: Records,
    exists: &dyn Fn(&[u8]) -> bool,
) -> Result<Changes, ListError> {
    let list = list.strip_prefix(b"\xef\xbb\xbf").unwrap_or(list);
    let exists: Exists<'_> = &|path| exists(without_dots(path));
    let whole = |message: &str| Err(Fault::new(message).at(1));
    match records {
        _ if is_utf16(list) => whole("the list is in UTF-16: convert it to UTF-8"),
        Records::Lines if list.contains(&0) => whole("the list has NUL in it: pass --null"),
        Records::Lines => lines(list, exists),
        Records::Nul if !list.contains(&0) && list.contains(&b'\n') => {
            whole("the list is separated by line ends, not by NUL: omit --null")
        }
        Records::Nul => {
            let list = list.strip_suffix(b"\0").unwrap_or(list);
            let fields: Vec<&[u8]> = list.split(|byte| *byte == 0).collect();
            match fields.first() {
                Some(first) if is_status(first) => statuses(&fields),
                _ => raw(&fields, exists),
            }
        }
    }
}

/// Whether `list` is text as a shell of Windows may write it: two bytes for each character, a mark before all of them.
fn is_utf16(list: &[u8]) -> bool {
    let is_ascii = |high: usize| {
        let mut pairs = list.chunks(2);
        pairs.all(|pair| pair.get(high) == Some(&0) && pair.get(1 - high).is_some_and(|low| *low != 0))
    };
    let has_line_end = || list.windows(2).any(|pair| matches!(pair, [b'\n' | b'\t', 0] | [0, b'\n' | b'\t']));
    matches!(list, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
        || matches!(list, [0, _, ..] | [_, 0, ..]) && has_line_end() && (is_ascii(0) || is_ascii(1))
}

fn lines(list: &[u8], exists: Exists<'_>) -> Result<Changes, ListError> {
    let mut changes = Changes::default();
    for (line, number) in list.split(|byte| *byte == b'\n').zip(1..) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.is_empty() {
            record(line, &mut changes, unquoted, exists).map_err(|fault| fault.at(number))?;
        }
    }
    Ok(changes)
}

fn raw(fields: &[&[u8]], exists: Exists<'_>) -> Result<Changes, ListError> {
    let mut changes = Changes::default();
    for (field, number) in fields.iter().zip(1..) {
        // Unlike a line, a record can be a path with a tab in it.
        let tab = field.iter().position(|byte| *byte == b'\t');
        let has_status = tab.and_then(|tab| field.get(..tab)).is_some_and(is_status);
        let read = if has_status {
            record(field, &mut changes, |path| Ok(path.to_vec()), exists)
        } else if field.is_empty() {
            Ok(())
        } else {
            bare(field, &mut changes, exists)
        };
        read.map_err(|fault| fault.at(number))?;
    }
    Ok(changes)
}

/// Reads what `git diff --name-status -z` prints: a status, then its paths, each a record.
fn statuses(fields: &[&[u8]]) -> Result<Changes, ListError> {
    let mut changes = Changes::default();
    let mut fields = fields.iter().zip(1..);
    while let Some((status, number)) = fields.next() {
        let error = |fault: Fault| fault.at(number);
        let mut path = || {
            let (path, number) = fields.next().ok_or_else(|| error(Fault::new("the status has no path")))?;
            in_repository(path).map_err(|fault| fault.at(number))
        };
        match Status::read(status).map_err(error)? {
            Status::One(kind) => changes.add(path()?, kind),
            Status::Two(pair) => pair.add(path()?, path()?, &mut changes),
        }
    }
    Ok(changes)
}

/// Reads a status, a tab and one or two paths, or a bare path.
fn record(
    record: &[u8],
    changes: &mut Changes,
    path: impl Fn(&[u8]) -> Result<Vec<u8>, Fault>,
    exists: Exists<'_>,
) -> Result<(), Fault> {
    let or_foreign = |fault| foreign(record).map_or(fault, |found| Fault::foreign(record, found));
    let mut parts = record.split(|byte| *byte == b'\t');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&[u8]> = parts.collect();
    if rest.is_empty() {
        let path = path(first).map_err(or_foreign)?;
        return if path == first { bare(&path, changes, exists) } else { modified(&path, changes) };
    }
    let status = Status::read(first).map_err(or_foreign)?;
    // git puts paths with a backslash in quotes.
    let unquoted = rest.iter().filter(|rest| !rest.starts_with(b"\""));
    if let Some(fault) =
        unquoted.filter_map(|raw| Some(Fault::foreign(raw, backslashed(raw, exists)?))).next()
    {
        return Err(fault);
    }
    let paths = rest.iter().map(|rest| path(rest)).collect::<Result<Vec<_>, _>>()?;
    let paths = paths.iter().map(|path| in_repository(path)).collect::<Result<Vec<_>, _>>()?;
    let wrong_number =
        |wanted: &str| Fault::new(format!("the status {} takes {wanted}, not {}", shown(first), paths.len()));
    match (status, paths.as_slice()) {
        (Status::One(kind), [only]) => changes.add(*only, kind),
        (Status::Two(pair), [from, to]) => pair.add(from, to, changes),
        (Status::One(_), _) => return Err(wrong_number("one path")),
        (Status::Two(_), _) => return Err(wrong_number("two paths")),
    }
    Ok(())
}

/// Reads a path that stands by itself and as it is.
fn bare(path: &[u8], changes: &mut Changes, exists: Exists<'_>) -> Result<(), Fault> {
    let found = foreign(path).filter(|_| !exists(path));
    match found.or_else(|| backslashed(path, exists)).or_else(|| several(path, exists)) {
        Some(found) => Err(Fault::foreign(path, found).or_path()),
        None => modified(path, changes),
    }
}

fn modified(path: &[u8], changes: &mut Changes) -> Result<(), Fault> {
    in_repository(path).map(|path| changes.add(path, ChangeKind::Modified))
}

/// The first column of `git diff --name-status`.
enum Status {
    One(ChangeKind),
    Two(Pair),
}

/// A status with two paths.
enum Pair {
    Rename,
    Copy,
}

/// Whether `text` looks like a status of git's, that of a change or another.
fn is_status(text: &[u8]) -> bool {
    matches!(text, [b'A' | b'B' | b'C' | b'D' | b'M' | b'R' | b'T' | b'U' | b'X', score @ ..] if is_score(score))
}

/// Whether `text` is a likeness in percent, which only some statuses have.
fn is_score(text: &[u8]) -> bool {
    text.len() <= 3 && text.iter().all(u8::is_ascii_digit)
}

impl Status {
    fn read(text: &[u8]) -> Result<Self, Fault> {
        let known = match text.split_first() {
            Some((letter, score)) if is_score(score) => match (letter, score.is_empty()) {
                (b'A', true) => Some(Status::One(ChangeKind::Added)),
                (b'D', true) => Some(Status::One(ChangeKind::Deleted)),
                // A rewritten file is a modification with a score (-B in git-diff(1)).
                (b'M', _) | (b'T', true) => Some(Status::One(ChangeKind::Modified)),
                (b'R', false) => Some(Status::Two(Pair::Rename)),
                (b'C', false) => Some(Status::Two(Pair::Copy)),
                _ => None,
            },
            _ => None,
        };
        known.ok_or_else(|| {
            let shown = shown(text);
            Fault::new(format!("'{shown}' is not the status of a change: A, M, D, T, or R or C with a score"))
        })
    }
}

impl Pair {
    fn add(self, from: &[u8], to: &[u8], changes: &mut Changes) {
        match self {
            Pair::Rename => changes.add_rename(from, to),
            Pair::Copy => changes.add(to, ChangeKinds::from_iter([ChangeKind::Added, ChangeKind::Copied])),
        }
    }
}

/// `path` without the `./` that other tools than git begin it with.
fn without_dots(mut path: &[u8]) -> &[u8] {
    while let Some(inner) = path.strip_prefix(b"./") {
        path = inner;
    }
    path
}

/// `path`, from the root of the repository.
fn in_repository(path: &[u8]) -> Result<&[u8], Fault> {
    let path = without_dots(path);
    // Some tools list directories, too, and mark them so.
    let mut components = path.strip_suffix(b"/").unwrap_or(path).split(|byte| *byte == b'/');
    if components.any(|name| matches!(name, b"" | b"." | b"..")) {
        let message = format!("'{}' is not a path from the root of the repository", shown(path));
        return Err(Fault { message, hints: vec![FROM_ROOT] });
    }
    Ok(path)
}

fn unquoted(path: &[u8]) -> Result<Vec<u8>, Fault> {
    quoted::unquoted(path).ok_or_else(|| {
        let shown = shown(path);
        Fault::new(format!(
            "{shown} is not quoted as git quotes paths; list paths as they are with NUL between them and --null"
        ))
    })
}

/// As much of `record` as a message needs.
fn shown(record: &[u8]) -> String {
    const LENGTH_MAX: usize = 200;
    match record.get(..LENGTH_MAX) {
        Some(beginning) => String::from_utf8_lossy(beginning).into_owned() + "…",
        None => String::from_utf8_lossy(record).into_owned(),
    }
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ListError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(list: &str, records: Records) -> Result<Vec<String>, ListError> {
        let changes = parse_changes(list.as_bytes(), records, &|path| path == b"M x" || path == b"a")?;
        let shown = |(path, kinds): (&[u8], ChangeKinds)| format!("{}: {kinds}", path.escape_ascii());
        Ok(changes.iter().map(shown).collect())
    }

    fn lines(list: &str) -> Vec<String> {
        read(list, Records::Lines).unwrap()
    }

    #[test]
    fn lines_are_paths_or_statuses() {
        assert_eq!(lines(""), [""; 0]);
        assert_eq!(lines("b\n\na\r\n./c"), ["a: modified", "b: modified", "c: modified"]);
        assert_eq!(
            lines("A\ta\nM\tm\nT\tt\nD\td\nM100\tmm\n"),
            ["a: added", "d: deleted", "m: modified", "mm: modified", "t: modified"]
        );
        assert_eq!(lines("R087\told\tnew\n"), ["new: added, renamed", "old: deleted, renamed"]);
        assert_eq!(lines("C100\tfrom\tto\n"), ["to: added, copied"]);
        assert_eq!(lines("D\ta\nA\ta\n"), ["a: added, deleted"]);
    }

    #[test]
    fn quotes_are_gits() {
        assert_eq!(lines(r#""a\303\244\t\"\\\001""#), [r#"a\xc3\xa4\t\"\\\x01: modified"#]);
        assert_eq!(lines("M\t\"a\\nb\"\n"), [r"a\nb: modified"]);
        for wrong in [r#""a"#, r#""a\q""#, r#""a\40""#, r#""a\477""#, r#""a"b""#, r#""a\""#] {
            assert_eq!(read(wrong, Records::Lines).unwrap_err().number, 1, "{wrong}");
        }
    }

    #[test]
    fn records_may_end_with_nul() {
        assert_eq!(
            read("M\0a b\0R100\0\"x\0y\nz\0", Records::Nul).unwrap(),
            ["\\\"x: deleted, renamed", "a b: modified", "y\\nz: added, renamed"]
        );
        assert_eq!(read("b\0A\0c", Records::Nul).unwrap(), ["A: modified", "b: modified", "c: modified"]);
        for (list, number) in
            [("A\0b\0c\0", 3), ("M\0a\0M\0", 3), ("U\0a\0", 1), ("M\0a\0U\0b\0", 3), ("a\nb\n", 1)]
        {
            assert_eq!(read(list, Records::Nul).unwrap_err().number, number, "{list:?}");
        }
        assert_eq!(read("D\ta\0b\tc", Records::Nul).unwrap(), ["a: deleted", "b\\tc: modified"]);
    }

    #[test]
    fn a_path_that_looks_like_something_else_has_to_be_there() {
        assert_eq!(lines("M x\nD\tM gone\n"), ["M gone: deleted", "M x: modified"]);
        for list in ["a\nM gone\n", "a\nM  x\n", "a\na \n", "a\n./a a\n"] {
            let error = read(list, Records::Lines).unwrap_err();
            assert_eq!((error.number, error.hints.len()), (2, 2), "{list:?}: {error}");
        }
        assert_eq!(read("M x\0", Records::Nul).unwrap(), ["M x: modified"]);
        assert!(read(" M a\0", Records::Nul).is_err());
    }

    #[test]
    fn text_of_two_bytes_a_character_is_recognised() {
        let wide =
            |bytes: fn(u16) -> [u8; 2], text: &str| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        for text in ["\u{feff}M\té\n", "M\ta/b\r\n"] {
            for bytes in [wide(u16::to_le_bytes, text), wide(u16::to_be_bytes, text)] {
                for records in [Records::Lines, Records::Nul] {
                    let error = parse_changes(&bytes, records, &|_| false).unwrap_err();
                    assert!(error.message.contains("UTF-16"), "{text:?}: {error}");
                }
            }
        }
        assert!(read("M\0a\0", Records::Nul).is_ok());
    }

    #[test]
    fn what_git_does_not_print_is_refused() {
        for wrong in ["/", "/a", "../a", "a/./b", "a//b", "a\0b", "M\ta\t"] {
            assert!(read(wrong, Records::Lines).is_err(), "{wrong:?}");
        }
        assert_eq!(lines("\u{feff}a\n"), ["a: modified"]);
        for wrong in ["Q\ta", "R\ta\tb", "R1000\ta\tb", "A\ta\tb", "R100\ta", "M\t", "U\ta", "X\ta", "a\tb"] {
            let error = read(&format!("fine\n{wrong}\n"), Records::Lines).unwrap_err();
            assert_eq!(error.number, 2, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_paths_or_an_error(list: Vec<u8>) {
            for records in [Records::Lines, Records::Nul] {
                if let Ok(changes) = parse_changes(&list, records, &|_| false) {
                    prop_assert!(changes.len() <= list.len());
                }
            }
        }
    }
}
