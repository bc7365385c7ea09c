//! Which services changed, and through which files.

use std::collections::{BTreeSet, HashMap};

use super::file::{FilterFile, FilterRule, Matches, Quantifier};
use super::pattern::Pattern;
use super::watch::{Watch, Watches};
use crate::domain::{ChangeKinds, Changes, PathSet};
use crate::yaml::Placed;

/// How much of an answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Whether a service changed: one file is enough.
    First,
    /// All files that concern a service.
    All,
}

/// A service and the changed files that concern it.
#[derive(Debug, Clone)]
pub struct ServiceMatches<'a> {
    /// The service's path.
    pub service: &'a str,
    /// What it watches.
    pub watch: Watch<'a>,
    /// The files, sorted by path; none if the service did not change.
    pub files: Vec<Match<'a>>,
}

/// A changed file that concerns a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'a> {
    /// Its path.
    pub path: &'a [u8],
    /// How it changed.
    pub kinds: ChangeKinds,
    /// The patterns that made it count; none if the service watches its own directory.
    pub patterns: Vec<&'a str>,
}

impl ServiceMatches<'_> {
    /// Whether any changed file concerns the service.
    pub fn is_changed(&self) -> bool {
        !self.files.is_empty()
    }
}

impl<'a> Watches<'a> {
    /// Every service with the files among `changes` that concern it, in the order of the services.
    pub fn select(
        &self,
        changes: &'a Changes,
        quantifier: Quantifier,
        detail: Detail,
    ) -> Vec<ServiceMatches<'a>> {
        let index = self.index(quantifier, |_| true);
        let unchanged = |(service, watch)| ServiceMatches { service, watch, files: Vec::new() };
        let mut selected: Vec<ServiceMatches<'a>> = self.iter().map(unchanged).collect();
        for (path, kinds) in changes.iter() {
            let is_done = |position: usize| {
                detail == Detail::First && selected.get(position).is_some_and(|found| found.is_changed())
            };
            for (position, patterns) in index.concerned(path, kinds, is_done) {
                if let Some(ServiceMatches { files, .. }) = selected.get_mut(position)
                    && (detail == Detail::All || files.is_empty())
                    && files.last().is_none_or(|last| last.path != path)
                {
                    files.push(Match { path, kinds, patterns });
                }
            }
        }
        selected
    }

    /// Those of the services that `is_wanted` accepts by position, prepared for many changes.
    pub fn index(&self, quantifier: Quantifier, is_wanted: impl Fn(usize) -> bool) -> WatchIndex<'a> {
        let mut owners: HashMap<&'a [u8], Vec<usize>> = HashMap::new();
        let mut waiting = Vec::new();
        let wanted = self.services.iter().enumerate().filter(|(position, _)| is_wanted(*position));
        for (position, (watcher, watch)) in wanted {
            match watch {
                Watch::OwnDirectory => {
                    for path in watcher.directories.iter().chain(&watcher.files) {
                        owners.entry(path.as_bytes()).or_default().push(position);
                    }
                    if !watcher.patterns.is_empty() || watcher.inputs.is_some() {
                        waiting.push((position, Conditions::Own(watcher.patterns, watcher.inputs)));
                    }
                }
                Watch::Filter { rules, .. } => waiting.push((position, Conditions::Rules(rules.rules))),
            }
        }
        let lengths = owners.keys().map(|directory| directory.len()).collect();
        WatchIndex { file: self.file, quantifier, owners, waiting, lengths }
    }
}

/// Services by what they watch.
pub struct WatchIndex<'a> {
    file: &'a FilterFile,
    quantifier: Quantifier,
    /// By directory or file, the services that watch all that is there.
    owners: HashMap<&'a [u8], Vec<usize>>,
    /// The services that watch what meets conditions.
    waiting: Vec<(usize, Conditions<'a>)>,
    /// The lengths of the paths in `owners`.
    lengths: BTreeSet<usize>,
}

impl<'a> WatchIndex<'a> {
    /// The services that a change of `path` concerns, each with the patterns that made it count, in no order and perhaps
    /// twice. The patterns of those for which `is_done` holds are not tried.
    pub fn concerned(
        &self,
        path: &[u8],
        kinds: ChangeKinds,
        is_done: impl Fn(usize) -> bool,
    ) -> Vec<(usize, Vec<&'a str>)> {
        let everywhere = self.owners.get(&b""[..]).into_iter().flatten();
        let owned = at_and_above(path, &self.lengths).filter_map(|directory| self.owners.get(directory));
        let mut concerned: Vec<_> =
            owned.flatten().chain(everywhere).map(|position| (*position, Vec::new())).collect();
        if self.waiting.is_empty() {
            return concerned;
        }
        let mut matches = Matches::new(self.file, path);
        for (position, conditions) in self.waiting.iter().filter(|(position, _)| !is_done(*position)) {
            let patterns: Option<Vec<&'a Pattern>> = match conditions {
                Conditions::Rules(rules) => {
                    let patterns = self.quantifier.counts(rules, kinds, &mut matches);
                    let file = self.file;
                    patterns.map(|all| all.into_iter().filter_map(|at| file.patterns.get(at)).collect())
                }
                Conditions::Own(patterns, inputs) => {
                    let first = patterns.iter().find(|pattern| pattern.value.matches(matches.path()));
                    let is_watched = first.is_some() || inputs.is_some_and(|inputs| inputs.has(path));
                    is_watched.then(|| first.map(|first| &first.value).into_iter().collect())
                }
            };
            let patterns = patterns.map(|patterns| patterns.into_iter().map(Pattern::as_str).collect());
            concerned.extend(patterns.map(|patterns| (*position, patterns)));
        }
        concerned
    }
}

/// What a change must meet to concern a service, apart from where it is.
enum Conditions<'a> {
    Rules(&'a [FilterRule]),
    /// The patterns, and what its image is made of, if it watches that.
    Own(&'a [Placed<Pattern>], Option<&'a dyn PathSet>),
}

/// `path` and the directories around it that have one of `lengths`: a path may have any number of them. A service among them
/// is one whose `DIRECTORY/**` matches, with nothing special in the directory's name.
fn at_and_above<'p>(path: &'p [u8], lengths: &BTreeSet<usize>) -> impl Iterator<Item = &'p [u8]> {
    let ends = lengths.iter().filter(|end| path.get(**end).is_none_or(|byte| *byte == b'/'));
    ends.filter_map(|end| path.get(..*end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ChangeKind;
    use crate::filters::Quantifier::{Every, Some as SomeOf, SomeWithExcludes};
    use crate::filters::Watcher;

    const API: &str = "services/go/api";
    const SERVICES: [&str; 2] = [API, "services/node/web"];

    /// The files that make `services/go/api` count as changed.
    fn selected(filters: &str, quantifier: Quantifier) -> Vec<String> {
        let file = FilterFile::parse(filters).unwrap();
        let mut changes = Changes::default();
        changes.add("docs/a.md", ChangeKind::Added);
        changes.add("services/go/api/main.go", ChangeKind::Modified);
        changes.add("services/go/api/notes.md", ChangeKind::Deleted);
        changes.add_rename("services/go/api/old.go", "services/node/web/new.go");
        let watchers = SERVICES.map(Watcher::new);
        let (watches, problems) = file.assign(&watchers);
        assert_eq!(problems, []);
        let selected = watches.select(&changes, quantifier, Detail::All);
        let first = watches.select(&changes, quantifier, Detail::First);
        for (all, first) in selected.iter().zip(first) {
            assert_eq!(all.service, first.service);
            assert_eq!(all.files.get(..1).unwrap_or_default(), first.files);
        }
        selected[0].files.iter().map(|file| String::from_utf8_lossy(file.path).into_owned()).collect()
    }

    #[test]
    fn a_service_without_a_filter_watches_its_directory() {
        let all = ["services/go/api/main.go", "services/go/api/notes.md", "services/go/api/old.go"];
        assert_eq!(selected("", SomeOf), all);
        assert_eq!(selected("web: docs/**", Every), all);
        let above: Vec<&[u8]> = at_and_above(b"services/[go]/a", &(0..99).collect()).collect();
        assert_eq!(above, [&b"services"[..], b"services/[go]", b"services/[go]/a"]);
    }

    #[test]
    fn quantifiers_combine_rules() {
        let rules = "api: ['services/go/**', '!**/*.md']";
        assert_eq!(selected(rules, Every), ["services/go/api/main.go", "services/go/api/old.go"]);
        assert_eq!(selected(rules, SomeWithExcludes), selected(rules, Every));
        // As a rule of its own, a negated pattern holds for everything else.
        assert_eq!(selected(rules, SomeOf).last().map(String::as_str), Some("services/node/web/new.go"));
        let any = "api: ['docs/**', 'services/go/**', '!**/*.md']";
        assert_eq!(selected(any, Every), [""; 0]);
        assert_eq!(selected(any, SomeWithExcludes), ["services/go/api/main.go", "services/go/api/old.go"]);
        assert_eq!(selected("api: []", SomeOf), [""; 0]);
        assert_eq!(selected("api: []", Every).len(), 5);
        assert_eq!(selected("api: '!docs/**'", SomeWithExcludes), [""; 0]);
    }

    #[test]
    fn change_types_narrow_a_rule() {
        for (rule, expected) in [
            ("added: '**'", vec!["docs/a.md", "services/node/web/new.go"]),
            ("deleted: '**'", vec!["services/go/api/notes.md", "services/go/api/old.go"]),
            ("renamed: '**'", vec!["services/go/api/old.go", "services/node/web/new.go"]),
            ("copied: '**'", vec![]),
            (
                " Added | modified : ['services/**', 'docs/**']",
                vec!["docs/a.md", "services/go/api/main.go", "services/node/web/new.go"],
            ),
            ("{added: 'docs/**', deleted: '**/*.go'}", vec!["docs/a.md", "services/go/api/old.go"]),
        ] {
            assert_eq!(selected(&format!("api: [{rule}]"), SomeOf), expected, "{rule}");
        }
    }
}
