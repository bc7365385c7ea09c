//! The path filter of a workflow compared with what services watch.

use std::collections::{BTreeMap, HashSet};

use super::{At, Finding, Rule, Setup};
use crate::ci::github::{Push, Workflow};
use crate::domain::{ChangeKind, ChangeKinds, Changes};
use crate::filters::pattern::Pattern;
use crate::filters::{Detail, Match, Rules, ServiceMatches, Watch, Watches};
use crate::workspace::taskfile::below;

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
        held_back(workflow, push, &selected, &Known { setup, negated: negated(watches) }, findings);
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

/// What else is known about the services, and what they watch.
struct Known<'s> {
    setup: &'s Setup<'s>,
    negated: HashSet<&'s str>,
}

impl Known<'_> {
    /// Why a file that matches no pattern selects the service `path`.
    fn reason(&self, path: &str, file: &[u8]) -> String {
        match self.setup.service(path) {
            Some(service) if file == service.build.dockerfile.as_bytes() => "as its Dockerfile".to_owned(),
            Some(service) if service.watches_inputs => "as an input of its image (watch-inputs)".to_owned(),
            _ => "as part of its directory".to_owned(),
        }
    }
}

/// Files that select a service, but do not start the workflow.
fn held_back(
    workflow: &Workflow,
    push: &Push,
    selected: &[ServiceMatches<'_>],
    known: &Known<'_>,
    findings: &mut Vec<Finding>,
) {
    let Some(list) = push.paths.as_ref().or(push.paths_ignore.as_ref()) else { return };
    let at = || At::file(workflow.file(), list.written.place);
    let key = if push.paths.is_some() { "paths" } else { "paths-ignore" };
    let passes = |path: &[u8]| push.lets_path_through(&String::from_utf8_lossy(path)).unwrap_or(true);
    let mut by_reason: BTreeMap<String, (String, Vec<&str>)> = BTreeMap::new();
    for ServiceMatches { service, files: matches, watch } in selected {
        let directory = known.setup.service(service).map_or(*service, |service| &service.directory);
        let own = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let mut own = matches.iter().filter(|found| found.path.starts_with(own.as_bytes())).peekable();
        if own.peek().is_some() && !own.any(|found| passes(found.path)) {
            findings.push(
                Finding::error(Rule::WorkflowPaths, at(), format!("{key} lets no file of {service} through"))
                    .why(
                        "a push that changes only this service starts no run, so it is never built from a branch",
                    )
                    .fix(format!("let {} through", below(directory, "**"))),
            );
            continue;
        }
        let is_by_negation = |found: &Match<'_>| {
            !found.patterns.is_empty() && found.patterns.iter().all(|pattern| known.negated.contains(pattern))
        };
        let is_held_back = |found: &&Match<'_>| !passes(found.path) && !is_by_negation(found);
        for found in matches.iter().filter(is_held_back) {
            let reason = match (found.patterns.first(), watch) {
                (Some(pattern), Watch::Filter { .. }) => format!("by the filter pattern '{pattern}'"),
                (Some(pattern), Watch::OwnDirectory) => format!("by the pattern '{pattern}' of `watch`"),
                (None, _) => known.reason(service, found.path),
            };
            let file = String::from_utf8_lossy(found.path).into_owned();
            let (_, selected) = by_reason.entry(reason).or_insert_with(|| (file, Vec::new()));
            if !selected.contains(service) {
                selected.push(service);
            }
        }
    }
    for (reason, (file, services)) in by_reason {
        let services = services.join(", ");
        let message = format!("{key} does not let {file} through, which selects {services} {reason}");
        findings.push(
            Finding::warning(Rule::WorkflowPaths, at(), message)
                .why("a push that changes nothing else starts no run, so the services are built with a later push at best")
                .fix("let it through here; or make the service watch less, if that is intended"),
        );
    }
}
