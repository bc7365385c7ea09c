//! The filter file: which paths concern which service.
//!
//! The format is that of the action dorny/paths-filter, so that teams keep the file they have: a map from a filter's
//! name to a pattern, a list of them (nested to any depth), or a map from change types to patterns.

use super::pattern::{PathText, Pattern};
use crate::domain::ChangeKinds;
use crate::yaml::Place;

/// All filters of a file, in its order.
#[derive(Debug, Default)]
pub struct FilterFile {
    /// No two have the same name.
    pub(super) filters: Vec<Filter>,
    /// Each different pattern once, however many filters share it.
    pub(super) patterns: Vec<Pattern>,
}

/// A filter: a name, and rules for the changes that concern what has this name.
#[derive(Debug, PartialEq, Eq)]
pub struct Filter {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) is_shared: bool,
    pub(super) rules: Vec<FilterRule>,
}

/// When a change counts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FilterRule {
    /// It must be one of these; none means any.
    pub(super) kinds: Option<ChangeKinds>,
    /// Any of these patterns must match its path.
    pub(super) patterns: Vec<Listed>,
}

/// A pattern of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    /// Which of the file's patterns it is.
    pub(super) position: usize,
    pub(super) place: Place,
}

/// How the rules of one filter are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quantifier {
    /// A change counts if any rule holds. A negated pattern is a rule like any other: it holds for everything else.
    #[default]
    Some,
    /// A change counts if all rules hold.
    Every,
    /// A change counts if any pattern matches its path and no negated one excludes it, in whatever order they stand.
    SomeWithExcludes,
}

impl Quantifier {
    /// All of them, as flags and the action call them.
    pub const NAMES: [(&'static str, Quantifier); 3] = [
        ("some", Quantifier::Some),
        ("every", Quantifier::Every),
        ("some-with-excludes", Quantifier::SomeWithExcludes),
    ];

    /// The one called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, quantifier)| *quantifier)
    }
}

impl FilterFile {
    /// The names of the filters, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.filters.iter().map(|filter| &*filter.name)
    }
}

impl Filter {
    /// Its name as written.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its name is written.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether other filters take over all its patterns, by an alias.
    pub fn is_shared(&self) -> bool {
        self.is_shared
    }
}

impl FilterRule {
    fn positions(&self) -> impl Iterator<Item = usize> {
        self.patterns.iter().map(|listed| listed.position)
    }
}

/// Which patterns match one path, each worked out at most once.
pub(super) struct Matches<'f> {
    patterns: &'f [Pattern],
    known: Vec<Option<bool>>,
    path: PathText,
}

impl<'f> Matches<'f> {
    pub(super) fn new(file: &'f FilterFile, path: &[u8]) -> Self {
        let patterns = &*file.patterns;
        Matches { patterns, known: vec![None; patterns.len()], path: PathText::new(path) }
    }

    /// The path.
    pub(super) fn path(&self) -> &PathText {
        &self.path
    }

    /// Whether the pattern at `position` matches.
    fn holds(&mut self, position: usize) -> bool {
        match (self.patterns.get(position), self.known.get_mut(position)) {
            (Some(pattern), Some(known)) => *known.get_or_insert_with(|| pattern.matches(&self.path)),
            _ => false,
        }
    }

    fn is_negated(&self, position: usize) -> bool {
        self.patterns.get(position).is_some_and(Pattern::is_negated)
    }
}

impl Quantifier {
    /// The patterns, by position, for which a change counts; none if it does not.
    pub(super) fn counts(
        self,
        rules: &[FilterRule],
        kinds: ChangeKinds,
        path: &mut Matches<'_>,
    ) -> Option<Vec<usize>> {
        let concerns = |rule: &&FilterRule| rule.kinds.is_none_or(|wanted| wanted.meets(kinds));
        let first = |rule: &FilterRule, path: &mut Matches<'_>| rule.positions().find(|at| path.holds(*at));
        match self {
            Quantifier::Some => {
                rules.iter().filter(concerns).find_map(|rule| first(rule, path)).map(|at| vec![at])
            }
            Quantifier::Every => rules
                .iter()
                .map(|rule| Some(rule).filter(concerns).and_then(|rule| first(rule, path)))
                .collect(),
            Quantifier::SomeWithExcludes => {
                let patterns = rules.iter().filter(concerns).flat_map(FilterRule::positions);
                let (negated, plain): (Vec<usize>, Vec<usize>) =
                    patterns.partition(|at| path.is_negated(*at));
                // Most paths match no pattern of most filters, and then nothing needs to be excluded.
                let first = plain.into_iter().find(|at| path.holds(*at))?;
                negated.into_iter().all(|at| path.holds(at)).then(|| vec![first])
            }
        }
    }
}
