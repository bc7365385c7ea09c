//! The path filter of a workflow compared with what services watch.

use std::collections::{BTreeMap, HashSet};

use super::{At, Finding, Rule, Setup};
use crate::ci::github::{Push, Workflow};
use crate::domain::{ChangeKind, ChangeKinds, Changes};
use crate::filters::pattern::Pattern;
use crate::filters::{Detail, Match, Rules, ServiceMatches, Watch, Watches};

pub(super) fn check(setup: &Setup<'_>, watches: &Watches<'_>, findings: &mut Vec<Finding>) {
    let mut changes: Option<Changes> = None;
    for workflow in setup.flows.calling(&["plan"]) {
        let Some(push) = &workflow.push else { continue };
        if (push.paths.is_none() && push.paths_ignore.is_none()) || !push.starts_for_branches() {
            continue;
        }
        // GitHub refuses both, which is reported as such.
        if push.paths.is_some() && push.paths_ignore.is_some() {
            continue;
        }
        // As if every file of the repository had changed:
        let changes = changes.get_or_insert_with(|| {
            let mut changes = Changes::default();
            let kinds = ChangeKinds::from_iter([ChangeKind::Added, ChangeKind::Modified]);
            setup.files.iter().for_each(|file| changes.add(file.as_bytes(), kinds));
            changes
        });
        let selected = watches.select(changes, setup.quantifier, Detail::All);
        held_back(workflow, push, &selected, &negated(watches), findings);
    }
}

/// The negated patterns of all filters. A file that matches nothing else is left to [`Rule::NegatedPattern`].
fn negated<'a>(watches: &Watches<'a>) -> HashSet<&'a str> {
    let rules = watches.iter().filter_map(|(_, watch)| match watch {
        Watch::Filter { rules, .. } => Some(rules),
        Watch::OwnDirectory => None,
    });
    let patterns = rules.flat_map(Rules::patterns);
    patterns
        .map(|listed| listed.pattern)
        .filter(|pattern| pattern.is_negated())
        .map(Pattern::as_str)
        .collect()
}

/// Files that select a service, but do not start the workflow.
fn held_back(
    workflow: &Workflow,
    push: &Push,
    selected: &[ServiceMatches<'_>],
    negated: &HashSet<&str>,
    findings: &mut Vec<Finding>,
) {
    let Some(list) = push.paths.as_ref().or(push.paths_ignore.as_ref()) else { return };
    let at = || At::file(workflow.file(), list.written.place);
    let key = if push.paths.is_some() { "paths" } else { "paths-ignore" };
    let passes = |path: &[u8]| push.lets_path_through(&String::from_utf8_lossy(path)).unwrap_or(true);
    let mut by_pattern: BTreeMap<String, (String, Vec<&str>)> = BTreeMap::new();
    for ServiceMatches { service, files: matches, .. } in selected {
        let own = format!("{service}/");
        let mut own = matches.iter().filter(|found| found.path.starts_with(own.as_bytes())).peekable();
        if own.peek().is_some() && !own.any(|found| passes(found.path)) {
            findings.push(
                Finding::error(Rule::WorkflowPaths, at(), format!("{key} lets no file of {service} through"))
                    .why(
                        "a push that changes only this service starts no run, so it is never built from a branch",
                    )
                    .fix(format!("let {service}/** through")),
            );
            continue;
        }
        let is_by_negation = |found: &Match<'_>| {
            !found.patterns.is_empty() && found.patterns.iter().all(|pattern| negated.contains(pattern))
        };
        let is_held_back = |found: &&Match<'_>| !passes(found.path) && !is_by_negation(found);
        for found in matches.iter().filter(is_held_back) {
            let pattern =
                found.patterns.first().map_or_else(|| format!("{service}/**"), |first| (*first).to_owned());
            let file = String::from_utf8_lossy(found.path).into_owned();
            let (_, selected) = by_pattern.entry(pattern).or_insert_with(|| (file, Vec::new()));
            if !selected.contains(service) {
                selected.push(service);
            }
        }
    }
    for (pattern, (file, services)) in by_pattern {
        let services = services.join(", ");
        let message = format!(
            "{key} does not let {file} through, which selects {services} by the filter pattern '{pattern}'"
        );
        findings.push(
            Finding::warning(Rule::WorkflowPaths, at(), message)
                .why("a push that changes nothing else starts no run, so the services are built with a later push at best")
                .fix("let it through here; or remove the pattern from the filters, if that is intended"),
        );
    }
}
