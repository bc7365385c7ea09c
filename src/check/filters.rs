//! The filter file against the services and the files of the repository.

use std::collections::HashSet;

use super::{At, Finding, Setup, Source, count};
use crate::domain::{ChangeKind, ChangeKinds};
use crate::filters::pattern::{PathText, Pattern};
use crate::filters::{
    DEFAULT_FILE, FilterFile, NameProblem, Quantifier, RulePattern, Rules, Watch, Watches, YAML_HINT,
};
use crate::yaml::Place;

/// A filter file that could be read.
pub(super) struct Filters<'s> {
    name: &'s str,
    pub(super) file: FilterFile,
}

impl<'s> Filters<'s> {
    pub(super) fn read(source: &'s Source, findings: &mut Vec<Finding>) -> Option<Self> {
        let text = source.read("filter-file", findings)?;
        match FilterFile::parse(text) {
            Ok(file) => Some(Filters { name: &source.file, file }),
            Err(error) => {
                let at = At::error(&source.file, &error);
                let finding =
                    Finding::error("filter-file", at, format!("the filter file cannot be read: {error}"));
                findings.push(
                    finding.why("imgver plan and imgver changed fail, so nothing is built").fix(YAML_HINT),
                );
                None
            }
        }
    }

    fn at(&self, place: Place) -> At {
        At::file(self.name, place)
    }
}

/// Whether `file` is called as people call their filters, at a place where they have them.
fn is_filter_file(file: &str) -> bool {
    let name = file.strip_prefix(".github/").map(|rest| rest.rsplit('/').next().unwrap_or(rest));
    let stem = name.and_then(|name| name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")));
    matches!(stem, Some("filters" | "file-filters" | "path-filters" | "paths-filters"))
}

/// A filter file that nobody reads.
pub(super) fn elsewhere(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    if setup.filters.is_some() || setup.flows.has_option("--filters") {
        return;
    }
    for file in setup.files.iter().filter(|file| is_filter_file(file) && *file != DEFAULT_FILE) {
        let at = At::file(file, Place { line: 1, column: 1 });
        let finding = Finding::warning(
            "filter-file-elsewhere",
            at,
            "this looks like a filter file, and imgver does not read it",
        );
        findings.push(
            finding
                .why("without a filter file, every service watches its own directory and nothing else")
                .fix(format!("move it to {DEFAULT_FILE}, or pass --filters {file} wherever imgver plan, changed and check are called")),
        );
    }
}

/// Filters that name no service, and services that no filter names.
pub(super) fn names(
    filters: &Filters<'_>,
    problems: &[NameProblem<'_>],
    setup: &Setup<'_>,
    watches: &Watches<'_>,
    findings: &mut Vec<Finding>,
) {
    for problem in problems {
        let filter = problem.filter();
        let at = filters.at(filter.place());
        let message = problem.to_string();
        let rule = "filter-names-no-service";
        let finding = match problem {
            NameProblem::Unknown { near, .. } => {
                let is_path = filter.name().contains('/');
                if !is_path && filter.is_shared() {
                    continue;
                }
                let fix = match near.first() {
                    Some(near) => format!("call it {near}, or take it out"),
                    None => "call it as imgver list calls a service, or take it out".to_owned(),
                };
                let finding = if is_path {
                    Finding::error(rule, at, message)
                } else {
                    Finding::warning(rule, at, message)
                };
                finding.why("a change to these paths builds nothing, without a word in the run").fix(fix)
            }
            NameProblem::Ambiguous { services, .. } => Finding::error(rule, at, message)
                .why("it cannot be known which one is meant, so none of them is built for these paths")
                .fix(format!("name one by its path: {}", services.join(", "))),
            NameProblem::Duplicate { .. } => Finding::error(rule, at, message)
                .why("imgver plan and imgver changed refuse the filter file, so nothing is built")
                .fix("put all patterns below one name"),
        };
        findings.push(finding);
    }
    let is_own = |watch: Watch<'_>| matches!(watch, Watch::OwnDirectory);
    let without: HashSet<&str> =
        watches.iter().filter(|(_, watch)| is_own(*watch)).map(|(service, _)| service).collect();
    if without.len() == watches.iter().count() {
        return;
    }
    for service in setup.services {
        if without.contains(&*service.path) {
            let at = At::file(&service.taskfile.file, Place { line: 1, column: 1 });
            let message = format!("no filter of {} names the service {}", filters.name, service.path);
            findings.push(
                Finding::warning("service-without-filter", at, message)
                    .why("it watches its own directory only, while other services have filters of their own")
                    .fix(format!(
                        "add a filter {0} to {1}, e.g. with the pattern {0}/**",
                        service.path, filters.name
                    )),
            );
        }
    }
}

/// Patterns that match too much or nothing.
pub(super) fn patterns(
    filters: &Filters<'_>,
    setup: &Setup<'_>,
    watches: &Watches<'_>,
    findings: &mut Vec<Finding>,
) {
    let files: Vec<PathText> = setup.files.iter().map(|file| PathText::new(file.as_bytes())).collect();
    let mut seen = HashSet::new();
    for (_, watch) in watches.iter() {
        let Watch::Filter { name, place, rules } = watch else { continue };
        empty(name, filters.at(place), rules, setup.quantifier, findings);
        let patterns: Vec<_> = rules.patterns().collect();
        let mut texts = HashSet::new();
        for RulePattern { pattern, kinds, place } in patterns.iter().copied() {
            // A pattern that a filter repeats, and a list that several filters share, is looked at once.
            if !texts.insert(pattern.as_str()) || !seen.insert(place) {
                continue;
            }
            let at = filters.at(place);
            if pattern.is_negated() {
                findings.extend(negated(name, pattern, patterns.len(), setup.quantifier, at));
            } else if !is_for_the_gone(kinds) && !files.iter().any(|file| pattern.matches(file)) {
                let message = format!(
                    "the pattern '{}' of the filter '{name}' matches no file that git tracks",
                    pattern.as_str()
                );
                findings.push(
                    Finding::warning("pattern-matches-nothing", at, message)
                        .why("it may be misspelled, or what it was for was moved: then its changes build nothing")
                        .fix("correct it, or take it out; patterns are from the root of the repository, and git ls-files shows what there is"),
                );
            }
        }
    }
}

/// Whether a pattern is only for what is no longer there.
fn is_for_the_gone(kinds: Option<ChangeKinds>) -> bool {
    use ChangeKind::{Added, Copied, Modified, Renamed};
    let there = ChangeKinds::from_iter([Added, Copied, Modified, Renamed]);
    kinds.is_some_and(|kinds| !kinds.meets(there))
}

/// A filter that never selects its service.
fn empty(name: &str, at: At, rules: Rules<'_>, quantifier: Quantifier, findings: &mut Vec<Finding>) {
    let mut patterns = rules.patterns().map(|listed| listed.pattern).peekable();
    let is_empty = patterns.peek().is_none();
    let message = match quantifier {
        Quantifier::Every => return,
        _ if is_empty => format!("the filter '{name}' has no pattern"),
        Quantifier::SomeWithExcludes if patterns.all(Pattern::is_negated) => {
            format!("the filter '{name}' has negated patterns only")
        }
        _ => return,
    };
    findings.push(
        Finding::error("pattern-matches-nothing", at, message)
            .why("its service never counts as changed and is never built for a push")
            .fix("add a pattern of what it is built from, or take the filter out: then it watches its own directory"),
    );
}

fn negated(
    name: &str,
    pattern: &Pattern,
    patterns: usize,
    quantifier: Quantifier,
    at: At,
) -> Option<Finding> {
    if quantifier != Quantifier::Some {
        return None;
    }
    let shown = pattern.as_str();
    let message = format!(
        "the negated pattern '{shown}' of the filter '{name}' matches every other file of the repository"
    );
    let finding = if patterns > 1 {
        let moot = count(patterns - 1, "other pattern");
        Finding::error("negated-pattern", at, format!("{message}, whatever its {moot} say"))
    } else {
        Finding::warning("negated-pattern", at, message)
    };
    Some(finding.why("with the quantifier some, one pattern that matches is enough, so the service is built for nearly every change").fix(
        "pass --quantifier some-with-excludes to imgver plan, changed and check (to dorny/paths-filter, predicate-quantifier), or take it out",
    ))
}
