//! What each service watches: the filter that is named after it, or its own directory.

use std::collections::HashMap;
use std::fmt;

use super::file::{FilterFile, Rule};
use super::pattern::Pattern;
use crate::domain::{ChangeKinds, nearest, short_name};

/// What each service of a repository watches.
#[derive(Debug)]
pub struct Watches<'a> {
    pub(super) file: &'a FilterFile,
    /// In the order in which the services were given.
    pub(super) services: Vec<(&'a str, Watch<'a>)>,
}

/// What makes a service count as changed.
#[derive(Debug, Clone, Copy)]
pub enum Watch<'a> {
    /// No filter names the service: any change in its own directory.
    OwnDirectory,
    /// A filter names the service: only what its rules select.
    Filter {
        /// The filter's name as written: the service's path or short name.
        name: &'a str,
        /// Its rules.
        rules: Rules<'a>,
    },
}

/// The rules of one filter.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    file: &'a FilterFile,
    pub(super) rules: &'a [Rule],
}

/// A filter whose name does not lead to exactly one service of its own.
///
/// Displays as one line for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameProblem<'a> {
    /// No service has this name.
    Unknown {
        /// The filter.
        filter: &'a str,
        /// Services with a similar name, the most similar first.
        near: Vec<&'a str>,
    },
    /// Several services share this short name.
    Ambiguous {
        /// The filter.
        filter: &'a str,
        /// The services.
        services: Vec<&'a str>,
    },
    /// An earlier filter names the same service, so its rules cannot be determined.
    Duplicate {
        /// The filter.
        filter: &'a str,
        /// The earlier one.
        first: &'a str,
        /// The service.
        service: &'a str,
    },
}

impl FilterFile {
    /// What each of `services` (paths, sorted) watches, and which filters are named wrong.
    ///
    /// A filter's name is a service's path, or its last component if no other service shares it.
    pub fn assign<'a>(&'a self, services: &[&'a str]) -> (Watches<'a>, Vec<NameProblem<'a>>) {
        let mut watches: Vec<_> = services.iter().map(|service| (*service, Watch::OwnDirectory)).collect();
        let mut by_short_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (position, path) in services.iter().enumerate() {
            by_short_name.entry(short_name(path)).or_default().push(position);
        }
        let mut problems = Vec::new();
        for (filter, rules) in &self.filters {
            let filter = &**filter;
            let named = match services.binary_search(&filter) {
                Ok(position) => &[position][..],
                Err(_) => by_short_name.get(filter).map(Vec::as_slice).unwrap_or_default(),
            };
            match named {
                [] => {
                    let near = nearest(filter, services.iter().copied());
                    problems.push(NameProblem::Unknown { filter, near });
                }
                [position] => match watches.get_mut(*position) {
                    Some((service, Watch::Filter { name: first, .. })) => {
                        problems.push(NameProblem::Duplicate { filter, first, service });
                    }
                    Some((_, watch)) => {
                        *watch = Watch::Filter { name: filter, rules: Rules { file: self, rules } };
                    }
                    None => {}
                },
                several => {
                    let services = several.iter().filter_map(|at| services.get(*at)).copied().collect();
                    problems.push(NameProblem::Ambiguous { filter, services });
                }
            }
        }
        (Watches { file: self, services: watches }, problems)
    }
}

impl<'a> Watches<'a> {
    /// Each service with what it watches, in the order in which the services were given.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Watch<'a>)> {
        self.services.iter().copied()
    }
}

impl<'a> Rules<'a> {
    /// All patterns in the order of the file, each with the kinds of change that it is for; none means any.
    pub fn patterns(self) -> impl Iterator<Item = (Option<ChangeKinds>, &'a Pattern)> {
        let patterns = self.rules.iter().flat_map(|rule| rule.patterns.iter().map(|at| (rule.kinds, *at)));
        patterns.filter_map(move |(kinds, at)| Some((kinds, self.file.patterns.get(at)?)))
    }
}

impl<'a> NameProblem<'a> {
    /// The filter that is named wrong.
    pub fn filter(&self) -> &'a str {
        match self {
            NameProblem::Unknown { filter, .. }
            | NameProblem::Ambiguous { filter, .. }
            | NameProblem::Duplicate { filter, .. } => filter,
        }
    }
}

impl fmt::Display for NameProblem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameProblem::Unknown { filter, near } => {
                write!(f, "the filter '{filter}' names no service and selects nothing")?;
                if near.is_empty() { Ok(()) } else { write!(f, ": did you mean {}?", near.join(" or ")) }
            }
            NameProblem::Ambiguous { filter, services } => write!(
                f,
                "the filter '{filter}' selects nothing: it is the short name of several services, {}",
                services.join(", ")
            ),
            NameProblem::Duplicate { filter, first, service } => {
                write!(f, "the filters '{first}' and '{filter}' both name the service {service}")
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
            let (watches, wrong) = file.assign(services);
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
