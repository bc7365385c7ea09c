//! Changes as git lists them: `git diff --name-only` and `git diff --name-status`, in lines or with `-z`.

use std::fmt;

use crate::domain::{ChangeKind, ChangeKinds, Changes};

/// A record that is neither a path nor a status with its paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListError {
    /// Its number, from 1: the line, or with NUL the record.
    pub number: usize,
    /// What is wrong.
    pub message: String,
}

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
/// With [`Records::Nul`] a list in which every record can be read as a status with its paths is one of `git diff
/// --name-status -z`; a list of bare paths looks like that only if files at the root are called `A` or `M`.
///
/// # Errors
/// A status that git has not, or that lacks a path; quotes that are not git's.
pub fn parse_changes(list: &[u8], records: Records) -> Result<Changes, ListError> {
    match records {
        Records::Lines => lines(list),
        Records::Nul => {
            let list = list.strip_suffix(b"\0").unwrap_or(list);
            let fields: Vec<&[u8]> =
                list.split(|byte| *byte == 0).filter(|field| !field.is_empty()).collect();
            statuses(&fields).map_or_else(|| raw(&fields), Ok)
        }
    }
}

fn lines(list: &[u8]) -> Result<Changes, ListError> {
    let mut changes = Changes::default();
    for (line, number) in list.split(|byte| *byte == b'\n').zip(1..) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.is_empty() {
            record(line, &mut changes, unquoted).map_err(|message| ListError { number, message })?;
        }
    }
    Ok(changes)
}

fn raw(fields: &[&[u8]]) -> Result<Changes, ListError> {
    let mut changes = Changes::default();
    for (field, number) in fields.iter().zip(1..) {
        let status = field.split(|byte| *byte == b'\t').next().and_then(Status::read);
        // Unlike a line, a record can be a path with a tab in it.
        if status.is_none() {
            changes.add(from_root(field), ChangeKind::Modified);
            continue;
        }
        let as_it_is = |path: &[u8]| Ok(path.to_vec());
        record(field, &mut changes, as_it_is).map_err(|message| ListError { number, message })?;
    }
    Ok(changes)
}

/// Reads a status, a tab and one or two paths, or a bare path.
fn record(
    record: &[u8],
    changes: &mut Changes,
    path: impl Fn(&[u8]) -> Result<Vec<u8>, String>,
) -> Result<(), String> {
    let mut parts = record.split(|byte| *byte == b'\t');
    let first = parts.next().unwrap_or_default();
    let paths: Vec<&[u8]> = parts.collect();
    if paths.is_empty() {
        changes.add(from_root(&path(first)?), ChangeKind::Modified);
        return Ok(());
    }
    let shown = String::from_utf8_lossy(first);
    let status = Status::read(first)
        .ok_or_else(|| format!("'{shown}' is no status: A, M, D, T, R and C with a score are"))?;
    let paths = paths.into_iter().map(path).collect::<Result<Vec<_>, _>>()?;
    if paths.iter().any(Vec::is_empty) {
        return Err(format!("the status {shown} has an empty path"));
    }
    match (status, paths.as_slice()) {
        (Status::One(kind), [only]) => changes.add(from_root(only), kind),
        (Status::Two(pair), [from, to]) => pair.add(from_root(from), from_root(to), changes),
        (Status::One(_), _) => {
            return Err(format!("the status {shown} has one path, here are {}", paths.len()));
        }
        (Status::Two(_), _) => {
            return Err(format!("the status {shown} has two paths, here are {}", paths.len()));
        }
    }
    Ok(())
}

/// What `git diff --name-status -z` prints: a status, then its paths, each a record. None if it is something else.
fn statuses(fields: &[&[u8]]) -> Option<Changes> {
    let mut changes = Changes::default();
    let mut fields = fields.iter();
    while let Some(status) = fields.next() {
        match Status::read(status)? {
            Status::One(kind) => changes.add(from_root(fields.next()?), kind),
            Status::Two(pair) => {
                pair.add(from_root(fields.next()?), from_root(fields.next()?), &mut changes);
            }
        }
    }
    Some(changes)
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

impl Status {
    fn read(text: &[u8]) -> Option<Self> {
        let (letter, score) = text.split_first()?;
        let is_score = (1..=3).contains(&score.len()) && score.iter().all(u8::is_ascii_digit);
        Some(match (letter, score.is_empty()) {
            (b'A', true) => Status::One(ChangeKind::Added),
            (b'D', true) => Status::One(ChangeKind::Deleted),
            (b'M' | b'T', true) => Status::One(ChangeKind::Modified),
            // A rewritten file is a modification with a score (-B in git-diff(1)).
            (b'M', false) if is_score => Status::One(ChangeKind::Modified),
            (b'R', false) if is_score => Status::Two(Pair::Rename),
            (b'C', false) if is_score => Status::Two(Pair::Copy),
            _ => return None,
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
fn from_root(mut path: &[u8]) -> &[u8] {
    while let Some(inner) = path.strip_prefix(b"./") {
        path = inner;
    }
    path
}

/// A path as git quotes it: in double quotes with C's escapes, or as it is.
fn unquoted(path: &[u8]) -> Result<Vec<u8>, String> {
    let Some(rest) = path.strip_prefix(b"\"") else { return Ok(path.to_vec()) };
    let malformed = || {
        let shown = String::from_utf8_lossy(path);
        format!(
            "{shown} is not quoted as git quotes paths; list paths as they are with NUL between them and --null"
        )
    };
    let inner = rest.strip_suffix(b"\"").ok_or_else(malformed)?;
    let mut plain = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return Err(malformed()),
            b'\\' => plain.push(escaped(&mut bytes).ok_or_else(malformed)?),
            _ => plain.push(byte),
        }
    }
    Ok(plain)
}

/// What stands behind a backslash: a letter of C's, a quote, a backslash, or three octal digits.
fn escaped(bytes: &mut impl Iterator<Item = u8>) -> Option<u8> {
    Some(match bytes.next()? {
        b'a' => 0x07,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0b,
        b'f' => 0x0c,
        b'r' => b'\r',
        byte @ (b'"' | b'\\') => byte,
        first @ b'0'..=b'3' => {
            let digit = |byte: u8| (b'0'..=b'7').contains(&byte).then(|| byte - b'0');
            let (second, third) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
            (first - b'0') << 6 | second << 3 | third
        }
        _ => return None,
    })
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
        let changes = parse_changes(list.as_bytes(), records)?;
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
        assert_eq!(read("A\0b\0c\0", Records::Nul).unwrap(), ["A: modified", "b: modified", "c: modified"]);
        assert_eq!(read("D\ta\0b\tc", Records::Nul).unwrap(), ["a: deleted", "b\\tc: modified"]);
    }

    #[test]
    fn what_git_does_not_print_is_refused() {
        for wrong in ["Q\ta", "R\ta\tb", "R1000\ta\tb", "A\ta\tb", "R100\ta", "M\t", "U\ta", "X\ta", "a\tb"] {
            let error = read(&format!("fine\n{wrong}\n"), Records::Lines).unwrap_err();
            assert_eq!(error.number, 2, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_paths_or_an_error(list: Vec<u8>) {
            for records in [Records::Lines, Records::Nul] {
                if let Ok(changes) = parse_changes(&list, records) {
                    prop_assert!(changes.len() <= list.len());
                }
            }
        }
    }
}
