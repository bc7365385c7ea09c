//! What each service watches: the filter that is named after it, or its own directory.

use std::collections::HashMap;
use std::fmt;

use super::file::{Filter, FilterFile, FilterRule};
use super::pattern::Pattern;
use crate::domain::{ChangeKinds, PathSet, did_you_mean, nearest, short_name};
use crate::yaml::{Place, Placed};

/// Where more filters than this are named wrong, most are no misspellings.
const SUGGESTED_MAX: usize = 100;

/// A service, and what it watches if no filter names it.
#[derive(Clone)]
pub struct Watcher<'a> {
    /// The service's path.
    pub service: &'a str,
    /// Directories, with all that is in them; the empty string is the root.
    pub directories: Vec<&'a str>,
    /// Single files.
    pub files: Vec<&'a str>,
    /// Patterns for more of them.
    pub patterns: &'a [Placed<Pattern>],
    /// What its image is made of, if it watches that.
    pub inputs: Option<&'a dyn PathSet>,
}

impl fmt::Debug for Watcher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").field("service", &self.service).finish_non_exhaustive()
    }
}

/// What each service of a repository watches.
#[derive(Debug)]
pub struct Watches<'a> {
    pub(super) file: &'a FilterFile,
    /// In the order in which the services were given.
    pub(super) services: Vec<(&'a Watcher<'a>, Watch<'a>)>,
}

/// What makes a service count as changed.
#[derive(Debug, Clone, Copy)]
pub enum Watch<'a> {
    /// No filter names the service: what it watches by itself, usually any change in its own directory.
    OwnDirectory,
    /// A filter names the service: only what its rules select.
    Filter {
        /// The filter's name as written: the service's path or short name.
        name: &'a str,
        /// Where the name is written.
        place: Place,
        /// Its rules.
        rules: Rules<'a>,
    },
}

/// The rules of one filter.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    file: &'a FilterFile,
    pub(super) rules: &'a [FilterRule],
}

/// A pattern of a filter.
#[derive(Debug, Clone, Copy)]
pub struct RulePattern<'a> {
    /// The pattern.
    pub pattern: &'a Pattern,
    /// The kinds of change that it is for; none means any.
    pub kinds: Option<ChangeKinds>,
    /// Where it is written.
    pub place: Place,
}

/// A filter whose name does not lead to exactly one service of its own.
///
/// Displays as one line for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameProblem<'a> {
    /// No service has this name.
    Unknown {
        /// The filter.
        filter: &'a Filter,
        /// Services with a similar name, the most similar first.
        near: Vec<&'a str>,
    },
    /// Several services share this short name.
    Ambiguous {
        /// The filter.
        filter: &'a Filter,
        /// The services.
        services: Vec<&'a str>,
    },
    /// An earlier filter names the same service, so its rules cannot be determined.
    Duplicate {
        /// The filter.
        filter: &'a Filter,
        /// The earlier one.
        first: &'a Filter,
        /// The service.
        service: &'a str,
    },
}

impl<'a> Watcher<'a> {
    /// A service that watches its own directory, which it is named after.
    pub fn new(service: &'a str) -> Self {
        Watcher { service, directories: vec![service], files: Vec::new(), patterns: &[], inputs: None }
    }
}

impl FilterFile {
    /// What each of `watchers` (sorted by path) watches, and which filters are named wrong.
    ///
    /// A filter's name is a service's path, or its last component if no other service shares it.
    pub fn assign<'a>(&'a self, watchers: &'a [Watcher<'a>]) -> (Watches<'a>, Vec<NameProblem<'a>>) {
        let services: Vec<&'a str> = watchers.iter().map(|watcher| watcher.service).collect();
        let mut by_short_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (position, path) in services.iter().enumerate() {
            by_short_name.entry(short_name(path)).or_default().push(position);
        }
        let mut problems = Vec::new();
        let mut owners: Vec<Option<&Filter>> = vec![None; services.len()];
        for filter in &self.filters {
            let name = filter.name();
            let named = match services.binary_search(&name) {
                Ok(position) => &[position][..],
                Err(_) => by_short_name.get(name).map(Vec::as_slice).unwrap_or_default(),
            };
            match named {
                [] => {
                    let is_typo = problems.len() < SUGGESTED_MAX;
                    let near = if is_typo { nearest(name, services.iter().copied()) } else { Vec::new() };
                    problems.push(NameProblem::Unknown { filter, near });
                }
                [position] => {
                    let (Some(owner), Some(service)) = (owners.get_mut(*position), services.get(*position))
                    else {
                        continue;
                    };
                    match owner {
                        Some(first) => problems.push(NameProblem::Duplicate { filter, first, service }),
                        None => *owner = Some(filter),
                    }
                }
                several => {
                    let services = several.iter().filter_map(|at| services.get(*at)).copied().collect();
                    problems.push(NameProblem::Ambiguous { filter, services });
                }
            }
        }
        let watch = |filter: Option<&'a Filter>| match filter {
            None => Watch::OwnDirectory,
            Some(Filter { name, place, rules, .. }) => {
                Watch::Filter { name, place: *place, rules: Rules { file: self, rules } }
            }
        };
        let services = watchers.iter().zip(owners.into_iter().map(watch)).collect();
        (Watches { file: self, services }, problems)
    }
}

impl<'a> Watches<'a> {
    /// Each service with what it watches, in the order in which the services were given.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Watch<'a>)> {
        self.services.iter().map(|(watcher, watch)| (watcher.service, *watch))
    }
}

impl<'a> Rules<'a> {
    /// Its rules as they are written, wherever that is: the kinds of change that each is for, and its patterns.
    pub fn said(self) -> Vec<(Option<ChangeKinds>, Vec<&'a str>)> {
        let patterns = |rule: &'a FilterRule| {
            let patterns = rule.patterns.iter().filter_map(|listed| self.pattern(listed.position));
            patterns.map(Pattern::as_str).collect()
        };
        self.rules.iter().map(|rule| (rule.kinds, patterns(rule))).collect()
    }

    /// The pattern at this position among those of the file.
    pub(super) fn pattern(self, position: usize) -> Option<&'a Pattern> {
        self.file.patterns.get(position)
    }

    /// All patterns in the order of the file.
    pub fn patterns(self) -> impl Iterator<Item = RulePattern<'a>> {
        let listed =
            self.rules.iter().flat_map(|rule| rule.patterns.iter().map(|listed| (rule.kinds, listed)));
        listed.filter_map(move |(kinds, listed)| {
            let pattern = self.pattern(listed.position)?;
            Some(RulePattern { pattern, kinds, place: listed.place })
        })
    }
}

impl<'a> NameProblem<'a> {
    /// The filter that is named wrong.
    pub fn filter(&self) -> &'a Filter {
        match self {
            NameProblem::Unknown { filter, .. }
            | NameProblem::Ambiguous { filter, .. }
            | NameProblem::Duplicate { filter, .. } => filter,
        }
    }
}

impl fmt::Display for NameProblem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.filter().name();
        match self {
            NameProblem::Unknown { near, .. } => {
                write!(f, "the filter '{name}' names no service and selects nothing")?;
                let suggestion = did_you_mean(name, near.iter().copied());
                suggestion.map_or(Ok(()), |suggestion| write!(f, ": {suggestion}"))
            }
            NameProblem::Ambiguous { services, .. } => write!(
                f,
                "the filter '{name}' selects nothing: it is the short name of several services, {}",
                services.join(", ")
            ),
            NameProblem::Duplicate { first, service, .. } => {
                write!(f, "the filters '{}' and '{name}' both name the service {service}", first.name())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_paths_or_short_names() {
        let file = |text: &str| FilterFile::parse(text).unwrap();
        let wrong = |text: &str, services: &[&str]| -> Vec<String> {
            let file = file(text);
            let watchers: Vec<Watcher<'_>> = services.iter().copied().map(Watcher::new).collect();
            let (watches, wrong) = file.assign(&watchers);
            assert_eq!(watches.iter().count(), services.len());
            wrong.iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            wrong("api: a\nservices/go/api: b", &["services/go/api", "services/node/web"]),
            ["the filters 'api' and 'services/go/api' both name the service services/go/api"]
        );
        assert_eq!(
            wrong("web: a\nwebb: b\nshared: c", &["services/go/api", "services/node/web"]),
            [
                "the filter 'webb' names no service and selects nothing: did you mean services/node/web?",
                "the filter 'shared' names no service and selects nothing"
            ]
        );
        assert!(wrong("api: a", &["a/api", "b/api"])[0].contains("a/api, b/api"));
    }
}
