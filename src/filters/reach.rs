//! Where a change must be to concern a service: wide enough, and cheap to tell.

use super::file::{FilterRule, Quantifier};
use super::pattern::Pattern;
use super::watch::{Rules, Watch, Watches};
use crate::domain::ChangeKind;

/// Where changes may concern a service. What is elsewhere never does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    /// In these directories; the empty string is the root.
    pub directories: Vec<String>,
    /// These files.
    pub files: Vec<String>,
    /// In these directories, where any change does, whatever it is.
    pub touched: Vec<String>,
}

impl Watches<'_> {
    /// Where changes may concern the service at `position`.
    pub fn reach(&self, position: usize, quantifier: Quantifier) -> Reach {
        let mut reach = Reach::default();
        match self.services.get(position) {
            None => {}
            // What an image is made of may be anywhere.
            Some((watcher, Watch::OwnDirectory)) if watcher.inputs.is_some() => {
                reach.directories.push(String::new());
            }
            Some((watcher, Watch::OwnDirectory)) => {
                let (roots, others): (Vec<&str>, _) =
                    watcher.directories.iter().partition(|directory| directory.is_empty());
                reach.directories.extend(roots.into_iter().map(ToOwned::to_owned));
                reach.touched.extend(others.into_iter().map(ToOwned::to_owned));
                reach.files.extend(watcher.files.iter().map(|path| (*path).to_owned()));
                watcher.patterns.iter().for_each(|pattern| reach.add(&pattern.value));
            }
            Some((_, Watch::Filter { rules, .. })) => reach.add_rules(*rules, quantifier),
        }
        reach
    }
}

impl Reach {
    fn add_rules(&mut self, rules: Rules<'_>, quantifier: Quantifier) {
        // Whether a file was moved depends on all others.
        let asks_for_moves =
            |rule: &FilterRule| rule.kinds.is_some_and(|kinds| kinds.meets(ChangeKind::Renamed.into()));
        if rules.rules.iter().any(asks_for_moves) {
            self.directories.push(String::new());
            return;
        }
        let patterns = |rule: &FilterRule| {
            let patterns = rule.patterns.iter();
            patterns.filter_map(|listed| rules.pattern(listed.position)).collect::<Vec<_>>()
        };
        let all = rules.rules.iter().map(patterns);
        match quantifier {
            Quantifier::Some => all.flatten().for_each(|pattern| self.add(pattern)),
            Quantifier::SomeWithExcludes => {
                all.flatten().filter(|pattern| !pattern.is_negated()).for_each(|pattern| self.add(pattern));
            }
            Quantifier::Every => {
                // All rules must hold, so that any one of them says where.
                let mut plain = all.filter(|rule| rule.iter().all(|pattern| !pattern.is_negated()));
                match plain.next() {
                    Some(rule) => rule.into_iter().for_each(|pattern| self.add(pattern)),
                    None => self.directories.push(String::new()),
                }
            }
        }
    }

    /// Adds where `pattern` matches.
    fn add(&mut self, pattern: &Pattern) {
        let text = pattern.as_str();
        if pattern.is_negated() {
            self.directories.push(String::new());
            return;
        }
        // Every pattern matches its own text.
        self.files.push(text.to_owned());
        if is_plain(text) {
            return;
        }
        let directory = match text.strip_suffix("/**").filter(|directory| is_plain(directory)) {
            Some(directory) => {
                self.files.push(directory.to_owned());
                directory.to_owned()
            }
            None => pattern.directory(),
        };
        // Bytes that are not UTF-8 match as this character.
        self.directories.push(if directory.contains('\u{fffd}') { String::new() } else { directory });
    }
}

/// Whether a pattern matches nothing but its own text.
fn is_plain(text: &str) -> bool {
    let is_plain = |part: &str| {
        let mut letters = part.bytes();
        !matches!(part, "" | "." | "..")
            && letters.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    text.split('/').all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filters::{FilterFile, Watcher};

    fn reach(filters: &str, quantifier: Quantifier) -> (Vec<String>, Vec<String>) {
        let file = FilterFile::parse(filters).unwrap();
        let watchers = [Watcher::new("apps/api")];
        let Reach { directories, files, touched } = file.assign(&watchers).0.reach(0, quantifier);
        assert_eq!(touched.is_empty(), filters != "other: x");
        (directories, files)
    }

    #[test]
    fn changes_elsewhere_concern_nobody() {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        for (filters, quantifier, directories, files) in [
            ("other: x", Quantifier::Some, vec![], vec![]),
            ("api: [a/b.txt, lib/**]", Quantifier::Some, vec!["lib"], vec!["a/b.txt", "lib/**", "lib"]),
            ("api: 'lib/ui-*/x/**'", Quantifier::Some, vec!["lib"], vec!["lib/ui-*/x/**"]),
            ("api: '**/*.md'", Quantifier::Some, vec![""], vec!["**/*.md"]),
            ("api: ['a/**', '!**/*.md']", Quantifier::Some, vec!["a", ""], vec!["a/**", "a"]),
            ("api: ['a/**', '!**/*.md']", Quantifier::SomeWithExcludes, vec!["a"], vec!["a/**", "a"]),
            ("api: ['!**/*.md', 'a/**']", Quantifier::Every, vec!["a"], vec!["a/**", "a"]),
            ("api: ['!**/*.md']", Quantifier::Every, vec![""], vec![]),
            ("api: []", Quantifier::Every, vec![""], vec![]),
            ("api: [{renamed: 'a/**'}]", Quantifier::Some, vec![""], vec![]),
            ("api: [{added: 'a/**'}]", Quantifier::Some, vec!["a"], vec!["a/**", "a"]),
        ] {
            assert_eq!(reach(filters, quantifier), (owned(&directories), owned(&files)), "{filters}");
        }
    }
}
