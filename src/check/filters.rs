//! The filter file compared with the services and the files of the repository.

use std::collections::HashSet;

use super::{At, Finding, Rule, START, Setup, Source};
use crate::config;
use crate::display::count;
use crate::domain::{ChangeKind, ChangeKinds};
use crate::filters::pattern::{PathText, Pattern};
use crate::filters::{
    DEFAULT_FILE, FilterFile, NameProblem, Quantifier, RulePattern, Rules, Watch, Watches, YAML_HINT,
};
use crate::workspace::is_other_spelling;
use crate::workspace::taskfile::below;
use crate::yaml::Place;

/// A filter file that could be read.
pub(super) struct Filters<'s> {
    pub(super) name: &'s str,
    pub(super) file: FilterFile,
}

impl<'s> Filters<'s> {
    pub(super) fn read(source: &'s Source, findings: &mut Vec<Finding>) -> Option<Self> {
        let text = source.read(Rule::FilterFile, findings)?;
        match FilterFile::parse(text) {
            Ok(file) => Some(Filters { name: &source.file, file }),
            Err(error) => {
                let at = At::error(&source.file, &error);
                let finding =
                    Finding::error(Rule::FilterFile, at, format!("cannot read the filter file: {error}"));
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

/// Whether `file` has a usual name of a filter file, in a usual place.
fn is_filter_file(file: &str) -> bool {
    let name = file.strip_prefix(".github/").map(|rest| rest.rsplit('/').next().unwrap_or(rest));
    let stem = name.and_then(|name| name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")));
    matches!(stem, Some("filters" | "file-filters" | "path-filters" | "paths-filters"))
}

/// What looks like a filter file, but is not read.
pub(super) fn elsewhere(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    if setup.flows.has_option("--filters") {
        return;
    }
    if let Some(read) = setup.filters.filter(|read| read.file != DEFAULT_FILE) {
        unused_default(read, setup, findings);
        return;
    }
    let is_default_there = setup.filters.is_some();
    if !is_default_there && setup.files.iter().any(|file| file == DEFAULT_FILE) {
        let at = At::file(DEFAULT_FILE, START);
        findings.push(
            Finding::warning(Rule::FilterFile, at, "the filter file is deleted in the work tree")
                .why("without a filter file, each service watches its own directory only")
                .fix(format!("git checkout -- {DEFAULT_FILE} restores it; git rm removes it for good")),
        );
    }
    let found = |file: &String| At::file(file, START);
    let rule = Rule::FilterFileElsewhere;
    for file in setup.files {
        if is_other_spelling(file, DEFAULT_FILE) {
            let finding = if is_default_there {
                let message = format!("imgver does not read this file, but {DEFAULT_FILE}");
                Finding::warning(rule, found(file), message)
                    .why("whoever edits it changes nothing")
                    .fix("merge the two, and remove this one")
            } else {
                let message = format!("imgver reads no filter file but {DEFAULT_FILE}");
                Finding::error(rule, found(file), message)
                    .why("imgver plan and imgver changed fail, so nothing is built")
                    .fix(format!("git mv {file} {DEFAULT_FILE}"))
            };
            findings.push(finding);
        } else if !is_default_there && is_filter_file(file) && file != DEFAULT_FILE {
            let message = "this looks like a filter file, but imgver does not read it";
            findings.push(
                Finding::warning(rule, found(file), message)
                    .why("without a filter file, each service watches its own directory only")
                    .fix(format!("move it to {DEFAULT_FILE}; or name it in imgver.yaml: filters: {file}")),
            );
        }
    }
}

/// The default filter file beside the one that the configuration names.
fn unused_default(read: &Source, setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    let named = setup.config.config.filters.as_ref().filter(|named| named.value == read.file);
    let is_there = setup.files.iter().any(|file| file == DEFAULT_FILE);
    let Some(named) = named.filter(|_| is_there) else { return };
    let message =
        format!("imgver does not read this file, but {} ({}:{})", read.file, config::FILE, named.place);
    findings.push(
        Finding::warning(Rule::FilterFileElsewhere, At::file(DEFAULT_FILE, START), message)
            .why("whoever edits it changes nothing")
            .fix("merge the two, and remove one of them"),
    );
}

/// Services that both a filter and the configuration say something about.
pub(super) fn watched_twice(
    filters: &Filters<'_>,
    setup: &Setup<'_>,
    watches: &Watches<'_>,
    findings: &mut Vec<Finding>,
) {
    for (path, watch) in watches.iter() {
        let (Some(service), Watch::Filter { name, place, .. }) = (setup.service(path), watch) else {
            continue;
        };
        let (at, key) = match service.watch.first() {
            Some(pattern) => (At::file(config::FILE, pattern.place), "watch"),
            None if service.watches_inputs => (super::services::at(service), "watch-inputs"),
            None => continue,
        };
        let message = format!("{path} has both `{key}` and the filter '{name}' ({}:{place})", filters.name);
        findings.push(
            Finding::error(Rule::WatchedTwice, at, message)
                .why("imgver plan and imgver changed refuse it, so nothing is built")
                .fix("say what it watches in one of the two files, and remove it from the other"),
        );
    }
}

/// Filters that do not name exactly one service, and services without a filter.
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
        let rule = Rule::FilterNamesNoService;
        let finding = match problem {
            NameProblem::Unknown { near, .. } => {
                let is_path = filter.name().contains('/');
                if !is_path && filter.is_shared() {
                    continue;
                }
                let fix = match near.first() {
                    Some(near) => format!("rename it to {near}, or remove it"),
                    None => {
                        "rename it to the path of a service (imgver list shows them), or remove it".to_owned()
                    }
                };
                let finding = if is_path {
                    Finding::error(rule, at, message)
                } else {
                    Finding::warning(rule, at, message)
                };
                finding.why("a change to these paths builds nothing, and the run does not report it").fix(fix)
            }
            NameProblem::Ambiguous { services, .. } => Finding::error(rule, at, message)
                .why("it is ambiguous, so these paths select none of them")
                .fix(format!("rename it to the path of one: {}", services.join(", "))),
            NameProblem::Duplicate { .. } => Finding::error(rule, at, message)
                .why("imgver plan and imgver changed reject the filter file, so nothing is built")
                .fix("merge the two filters into one"),
        };
        findings.push(finding);
    }
    let is_own = |watch: Watch<'_>| matches!(watch, Watch::OwnDirectory);
    let without: HashSet<&str> =
        watches.iter().filter(|(_, watch)| is_own(*watch)).map(|(service, _)| service).collect();
    if without.len() == watches.iter().count() {
        return;
    }
    for service in setup.services.iter().map(|checked| checked.service) {
        // Of one with `watch`, somebody said what it watches.
        let is_configured = !service.watch.is_empty() || service.watches_inputs;
        if without.contains(&*service.path) && !is_configured {
            let at = super::services::at(service);
            let message = format!("{} has no filter in {}", service.path, filters.name);
            findings.push(
                Finding::warning(Rule::ServiceWithoutFilter, at, message)
                    .why("it watches its own directory only, whereas other services have filters")
                    .fix(format!(
                        "add a filter {} to {}, e.g. with the pattern {}",
                        service.path,
                        filters.name,
                        below(&service.directory, "**")
                    )),
            );
        }
    }
}

/// Patterns that match too much, or nothing.
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
            // A pattern that a filter repeats, and a list that several filters share, is checked once.
            if !texts.insert(pattern.as_str()) || !seen.insert(place) {
                continue;
            }
            let at = filters.at(place);
            if is_only_for(ChangeKind::Copied, kinds) {
                let message = format!(
                    "the pattern '{}' of the filter '{name}' is for copied files only",
                    pattern.as_str()
                );
                findings.push(
                    Finding::warning(Rule::PatternMatchesNothing, at, message)
                        .why("between commits, imgver plan and imgver changed --base take a copy for an added file, so it matches nothing there")
                        .fix("write added instead of copied, or added|copied"),
                );
            } else if pattern.is_negated() {
                findings.extend(negated(name, pattern, patterns.len(), setup.quantifier, at));
            } else if !is_only_for(ChangeKind::Deleted, kinds)
                && !files.iter().any(|file| pattern.matches(file))
            {
                let message = format!(
                    "the pattern '{}' of the filter '{name}' matches no file that git tracks",
                    pattern.as_str()
                );
                findings.push(
                    Finding::warning(Rule::PatternMatchesNothing, at, message)
                        .why("it may be misspelled, or the files were moved: then changes to them build nothing")
                        .fix("correct or remove it; patterns are relative to the root of the repository, and git ls-files shows the files"),
                );
            }
        }
    }
}

/// Whether a pattern with these change types applies to `kind` alone.
fn is_only_for(kind: ChangeKind, kinds: Option<ChangeKinds>) -> bool {
    kinds == Some(kind.into())
}

/// A filter that can never select its service.
fn empty(name: &str, at: At, rules: Rules<'_>, quantifier: Quantifier, findings: &mut Vec<Finding>) {
    let mut patterns = rules.patterns().map(|listed| listed.pattern).peekable();
    let is_empty = patterns.peek().is_none();
    let message = match quantifier {
        Quantifier::Every => return,
        _ if is_empty => format!("the filter '{name}' has no patterns"),
        Quantifier::SomeWithExcludes if patterns.all(Pattern::is_negated) => {
            format!("the filter '{name}' has only negated patterns")
        }
        _ => return,
    };
    findings.push(
        Finding::error(Rule::PatternMatchesNothing, at, message)
            .why("its service never counts as changed, so a push never builds it")
            .fix("add a pattern for its sources, or remove the filter: the service then watches its own directory"),
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
        "the negated pattern '{shown}' of the filter '{name}' matches all other files of the repository"
    );
    let finding = if patterns > 1 {
        let others = count(patterns - 1, "other pattern");
        Finding::error(Rule::NegatedPattern, at, format!("{message}, which makes its {others} pointless"))
    } else {
        Finding::warning(Rule::NegatedPattern, at, message)
    };
    Some(finding.why("with the quantifier some, one matching pattern is enough, so nearly every change builds the service").fix(
        "write quantifier: some-with-excludes into imgver.yaml (predicate-quantifier of dorny/paths-filter), or pass --quantifier some-with-excludes to imgver plan, changed and check; or remove the pattern",
    ))
}
