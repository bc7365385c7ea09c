//! Paths below a context, as an instruction names them.
//!
//! The rules are those of BuildKit (`dockerfile2llb/convert_copy.go`, and `copy` of its package `fsutil`): a path is cleaned and
//! cannot leave the context, wildcards are Go's, and a directory means everything below it. `--exclude` and the patterns of
//! `--parents` are those of a `.dockerignore`, from the directory that is copied, and do not concern a source that is a
//! file itself.

use std::fmt;

use super::glob::Glob;
use super::pattern_list::{PatternList, clean};
use super::text::{Expanded, Part};

/// Paths below a context, as one instruction names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wildcard {
    written: String,
    /// It names what any of them does.
    roots: Vec<Root>,
    /// What is copied of a directory, and what is not; none means everything.
    included: Option<PatternList>,
    /// The pattern that says what is copied, as `--parents` has it.
    inner: Option<String>,
    excluded: Option<PatternList>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Root {
    /// The whole context.
    All,
    /// What this matches from the context's root.
    From(Glob),
    /// What this matches in any directory, or at any place: what is in front of it is not known.
    Below { glob: Glob, at_any_place: bool },
}

impl Wildcard {
    /// The whole context.
    pub(super) fn all(written: &str) -> Self {
        Wildcard {
            written: written.to_owned(),
            roots: vec![Root::All],
            included: None,
            inner: None,
            excluded: None,
        }
    }

    /// The source of a mount, in which no character is a wildcard.
    pub(super) fn literal(written: &str, path: &Expanded) -> Self {
        let root = match path.text().map(from_root) {
            Some(path) if !path.is_empty() && is_read(&path) => Root::From(Glob::literal(&path)),
            _ => Root::All,
        };
        Wildcard { roots: vec![root], ..Wildcard::all(written) }
    }

    /// A source of `COPY` or `ADD`; none where it is not a pattern. `may_be_windows`: a backslash may separate directories.
    pub(super) fn source(written: &str, source: &Expanded, may_be_windows: bool) -> Option<Self> {
        let mut roots = vec![root(source)?];
        if let Some(text) = source.text().filter(|text| may_be_windows && text.contains('\\')) {
            let text = text.replace('\\', "/");
            let (_, path) = text.split_once(':').unwrap_or(("", &text));
            roots.push(known_root(&from_root(path))?);
        }
        Some(Wildcard { roots, ..Wildcard::all(written) })
    }

    /// A source of `COPY --parents`: what follows `/./` is a pattern.
    pub(super) fn parents(written: &str, source: &Expanded) -> Option<Self> {
        let Some(text) = source.text().filter(|text| !text.contains('\\')) else {
            return Some(Wildcard::all(written));
        };
        let (directory, pattern) = text.split_once("/./").unwrap_or(("/", text));
        let pattern = match pattern.strip_prefix('/') {
            Some(pattern) => pattern.to_owned(),
            None => from_root(pattern),
        };
        let included =
            PatternList::of_flags([&*pattern]).filter(|_| !pattern.is_empty() && is_read(&pattern));
        let roots = vec![known_root(&from_root(directory))?];
        let inner = included.is_some().then(|| clean(&pattern));
        Some(Wildcard { roots, included, inner, ..Wildcard::all(written) })
    }

    /// Without what the values of `--exclude` match.
    #[must_use]
    pub(super) fn excluding(mut self, patterns: &[String]) -> Self {
        // Some versions of the builder may replace variables there.
        let are_known = patterns.iter().all(|pattern| is_read(pattern) && !pattern.contains('$'));
        self.excluded = PatternList::of_flags(patterns.iter().map(String::as_str)).filter(|_| are_known);
        self
    }

    /// Whether it is the whole context.
    pub(super) fn is_all(&self) -> bool {
        self.roots.contains(&Root::All) && self.included.is_none()
    }

    /// Whether the file at `path`, from the root of the context, is among them, or would be if it existed.
    ///
    /// A source may go through symbolic links, which is not seen here: [`goes_through`](Self::goes_through).
    pub fn has(&self, path: &str) -> bool {
        self.roots.iter().any(|root| match root {
            Root::All => self.copies(path),
            Root::From(glob) => {
                glob.ends(path, 0).into_iter().any(|end| self.copies(path.get(end + 1..).unwrap_or_default()))
            }
            Root::Below { glob, at_any_place } => {
                let mut starts = path.char_indices().filter(|(at, _)| {
                    *at_any_place
                        || path.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with('/'))
                });
                starts.any(|(at, _)| !glob.ends(path, at).is_empty())
            }
        })
    }

    /// Whether what is at `path` is named itself or may be a directory on the way to what is named: where it is a symbolic
    /// link, the builder follows it, and reads what it leads to.
    pub fn goes_through(&self, path: &str) -> bool {
        self.roots.iter().any(|root| match root {
            Root::All => false,
            Root::From(glob) => glob.goes_below(path) || glob.ends(path, 0).contains(&path.len()),
            Root::Below { .. } => true,
        })
    }

    /// Whether something below the directory `path` may be named: it is a submodule, and what is in it is not known.
    pub fn may_reach_into(&self, path: &str) -> bool {
        let Some(pattern) = &self.inner else { return self.has(path) || self.goes_through(path) };
        self.roots.iter().any(|root| match root {
            Root::All => may_match_below(pattern, path),
            Root::From(glob) => {
                let rest = |end: usize| path.get(end + 1..).unwrap_or_default();
                glob.goes_below(path)
                    || glob.ends(path, 0).into_iter().any(|end| may_match_below(pattern, rest(end)))
            }
            Root::Below { .. } => true,
        })
    }

    /// Whether it is written with `name` as the last part of it.
    pub fn is_written_with(&self, name: &str) -> bool {
        self.written.rsplit('/').next() == Some(name)
    }

    /// Whether the file at `path`, from the directory that is copied, is copied: the empty one is that file itself.
    fn copies(&self, path: &str) -> bool {
        let is_in = |list: &Option<PatternList>| list.as_ref().map(|list| list.has(path));
        path.is_empty() || is_in(&self.included) != Some(false) && is_in(&self.excluded) != Some(true)
    }
}

/// Whether `pattern`, which is one of a `.dockerignore`, may match something below `directory`, or the whole of it.
fn may_match_below(pattern: &str, directory: &str) -> bool {
    // What is not a matter of single parts may match anything.
    if directory.is_empty() || pattern.contains(['[', '!', '\\']) {
        return true;
    }
    for (part, name) in pattern.split('/').zip(directory.split('/')) {
        if part.contains("**") {
            return true;
        }
        let is_matched = Glob::parse(part).is_none_or(|glob| !glob.ends(name, 0).is_empty());
        if !is_matched {
            return false;
        }
    }
    true
}

impl fmt::Display for Wildcard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// Whether the text is what the file has: what is not UTF-8 there is replaced.
fn is_read(text: &str) -> bool {
    !text.contains('\u{fffd}')
}

/// A clean path from the root of the context, without a slash; empty is the root itself.
fn from_root(path: &str) -> String {
    clean(&format!("/{path}")).trim_start_matches('/').to_owned()
}

fn root(source: &Expanded) -> Option<Root> {
    if source.text().is_none()
        && let Some(pattern) = with_words(source)
    {
        return known_root(&from_root(&pattern));
    }
    let mut parts = source.parts().iter().rev();
    match (parts.next(), parts.next()) {
        (None, _) => Some(Root::All),
        (Some(Part::Known(text)), None) => known_root(&from_root(text)),
        (Some(Part::Known(text)), Some(_)) => Some(behind_unknown(text)),
        (Some(Part::Unknown(_) | Part::Word(_)), _) => Some(Root::All),
    }
}

/// The pattern of a source in which nothing is unknown but whole words: these are `*`.
fn with_words(source: &Expanded) -> Option<String> {
    let text = |part: &Part| match part {
        Part::Known(text) if !text.contains(['[', ']', '\\', '\u{fffd}']) => Some(text.clone()),
        Part::Word(_) => Some("*".to_owned()),
        Part::Known(_) | Part::Unknown(_) => None,
    };
    source.parts().iter().map(text).collect()
}

fn known_root(path: &str) -> Option<Root> {
    if path.is_empty() || !is_read(path) { Some(Root::All) } else { Glob::parse(path).map(Root::From) }
}

/// What `text` names behind text that is not known. That may have any directories, also such as lead up again, and may make
/// what follows part of a class or escape it.
fn behind_unknown(text: &str) -> Root {
    if text.contains(['[', ']', '\\', '\u{fffd}']) {
        return Root::All;
    }
    let (first, rest) = text.split_once('/').unwrap_or((text, ""));
    let rest = clean(rest);
    // What has nothing but dots may be `..` together with what is in front of it.
    let is_part = first.contains(|character| character != '.') && !rest.starts_with("..");
    let rest = rest.trim_start_matches("../");
    let rest = if matches!(rest, "." | "..") { "" } else { rest };
    let path = match (is_part, rest) {
        (false, rest) => rest.to_owned(),
        (true, "") => first.to_owned(),
        (true, rest) => format!("{first}/{rest}"),
    };
    match Glob::parse(&path) {
        Some(glob) if !path.is_empty() => Root::Below { glob, at_any_place: is_part },
        _ => Root::All,
    }
}
