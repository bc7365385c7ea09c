//! Patterns of which the last one that matches decides, by the rules of Go's package `moby/patternmatcher`.

use super::pattern::Pattern;

/// Patterns in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct PatternList(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    pattern: Pattern,
    /// Whether what it matches is not in the list, as `!PATTERN` says.
    is_exception: bool,
}

impl PatternList {
    /// The patterns of flags; none where one of them is not valid, or means something that is not defined.
    pub(super) fn of_flags<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut list = PatternList::default();
        for text in patterns.into_iter().map(str::trim).filter(|text| !text.is_empty()) {
            let text = clean(text);
            let (text, is_exception) = text.strip_prefix('!').map_or((&*text, false), |text| (text, true));
            let pattern = Pattern::parse(text).filter(|pattern| !text.is_empty() && pattern.is_defined())?;
            list.push(pattern, is_exception);
        }
        Some(list)
    }

    pub(super) fn push(&mut self, pattern: Pattern, is_exception: bool) {
        self.0.push(Rule { pattern, is_exception });
    }

    /// What no pattern matches so far.
    pub(super) fn no_matches(&self) -> Vec<bool> {
        vec![false; self.0.len()]
    }

    /// Whether `path` is in the list. `inherited` is which patterns match its directory, and becomes which match itself.
    pub(super) fn step(&self, path: &str, inherited: &mut [bool]) -> bool {
        let mut has = false;
        for (rule, matches) in self.0.iter().zip(inherited) {
            // A pattern that would change nothing is not tried, and so not inherited either.
            if !*matches && rule.is_exception == has {
                // What is not defined takes nothing in.
                *matches = rule.pattern.matches(path).unwrap_or(rule.is_exception);
            }
            if *matches {
                has = !rule.is_exception;
            }
        }
        has
    }

    /// Whether the file at `path` is in the list, in a walk that enters every directory.
    pub(super) fn has(&self, path: &str) -> bool {
        let mut matches = self.no_matches();
        prefixes(path).fold(false, |_, path| self.step(path, &mut matches))
    }
}

/// The directories of `path` and itself.
pub(super) fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.filter_map(|end| path.get(..end))
}

/// The shortest spelling of `path`, as Go's `filepath.Clean` gives it, patterns or not.
pub(super) fn clean(path: &str) -> String {
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
    use super::*;

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
    fn the_last_pattern_that_matches_decides() {
        for (patterns, paths, others) in [
            (vec!["a"], vec!["a", "a/b"], vec!["b", "b/a"]),
            (vec!["*.md", "!x.md"], vec!["a.md"], vec!["x.md", "b/a.md"]),
            (vec!["a", "!a/b"], vec!["a", "a/c"], vec!["a/b", "a/b/c"]),
            (vec!["**/*.o"], vec!["a.o", "b/c/a.o"], vec!["a.c"]),
            (vec![" a/ "], vec!["a", "a/b"], vec!["ab"]),
            (vec!["/a"], vec![], vec!["a"]),
            (vec![""], vec![], vec!["a"]),
        ] {
            let list = PatternList::of_flags(patterns.iter().copied()).unwrap();
            for path in paths {
                assert!(list.has(path), "{patterns:?} {path}");
            }
            for path in others {
                assert!(!list.has(path), "{patterns:?} {path}");
            }
        }
        for pattern in ["[", "!", "a|*"] {
            assert_eq!(PatternList::of_flags([pattern]), None, "{pattern}");
        }
    }
}
