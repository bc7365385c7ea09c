//! Which tags start workflows, by GitHub's rules, against the release tags of the services.

use super::{At, Finding, Setup, count};
use crate::ci::github::{Patterns, Push, Text, Texts, Workflow, WorkflowFilter, WorkflowFilterError};
use crate::domain::TagPattern;
use crate::yaml::tree::Place;

const RULE: &str = "tag-filter";

/// Versions that any filter of release tags has to let through.
const RELEASES: [&str; 3] = ["1.2.3", "10.20.30", "0.1.0"];

/// What stands in their place in tags that release nothing.
const OTHERS: [&str; 4] = ["1.2.3-rc.1", "1.2", "1.2.3.4", "v1.2.3"];

/// The commands that make something of a release tag.
const COMMANDS: [&str; 3] = ["plan", "tag", "build"];

pub(super) fn check(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    for workflow in setup.flows.calling(&COMMANDS) {
        let Some(push) = &workflow.push else { continue };
        for (rule, texts) in [
            (RULE, &push.tags),
            (RULE, &push.tags_ignore),
            ("branch-filter", &push.branches),
            ("branch-filter", &push.branches_ignore),
            ("workflow-paths", &push.paths),
            ("workflow-paths", &push.paths_ignore),
        ] {
            for (text, error) in texts.iter().flat_map(Patterns::invalid) {
                findings.push(invalid(rule, workflow, text, &error));
            }
        }
        if let (Some(_), Some(ignored)) = (&push.tags, &push.tags_ignore) {
            let at = At::file(workflow.file(), ignored.written.place);
            findings.push(
                Finding::error(RULE, at, "tags and tags-ignore stand in one event")
                    .why("GitHub refuses the file, so nothing starts this workflow")
                    .fix("keep tags, and take away from it with patterns that begin with !"),
            );
            continue;
        }
        let is_valid = |of: &Option<Patterns>| of.as_ref().is_none_or(|patterns| patterns.filter().is_ok());
        if is_valid(&push.tags) && is_valid(&push.tags_ignore) {
            too_narrow(workflow, push, setup, findings);
            too_wide(workflow, push, setup, findings);
        }
    }
}

/// A pattern that GitHub gives no meaning.
fn invalid(rule: &'static str, workflow: &Workflow, text: &Text, error: &WorkflowFilterError) -> Finding {
    let column = text.place.column + error.column() - 1 + usize::from(text.is_quoted);
    Finding::error(rule, At::file(workflow.file(), Place { column, ..text.place }), error.to_string())
        .why("GitHub refuses the file, or matches something else than was meant")
        .fix("write what GitHub's filter pattern cheat sheet knows: *, **, ?, +, [a-z0-9], \\ and !")
}

fn list(push: &Push) -> Option<&Texts> {
    push.tags.as_ref().or(push.tags_ignore.as_ref()).map(|patterns| &patterns.written)
}

/// Release tags that do not start a workflow which starts for tags.
fn too_narrow(workflow: &Workflow, push: &Push, setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    let Some(texts) = list(push) else { return };
    let starts = |tag: &str| push.starts_for_tag(tag).unwrap_or(true);
    let mut missed: Vec<(usize, String)> = Vec::new();
    for (position, service) in setup.services.iter().enumerate() {
        let probes = RELEASES.iter().map(|version| service.pattern.tag_of(version));
        let existing = setup.releases.iter().filter(|(of, _)| *of == position).map(|(_, tag)| tag.clone());
        if let Some(tag) = probes.chain(existing).find(|tag| !starts(tag))
            && !is_started_elsewhere(&service.pattern, workflow, push, setup)
        {
            missed.push((position, tag));
        }
    }
    let Some((position, tag)) = missed.first() else { return };
    let service = setup.services.get(*position).map_or("", |service| &*service.path);
    let others = match missed.len() - 1 {
        0 => String::new(),
        more => format!(", nor do those of {}", count(more, "other service")),
    };
    let (reason, fix) = reason(texts, push, tag, setup);
    let message = format!("the release tag {tag} of {service} does not start this workflow{reason}{others}");
    findings.push(
        Finding::error(RULE, At::file(workflow.file(), texts.place), message)
            .why("pushing the tag does nothing at all: no run, no image, no error")
            .fix(fix),
    );
}

/// Whether the release tags of a service that do not concern `workflow` at all start another one.
fn is_started_elsewhere(pattern: &TagPattern, workflow: &Workflow, push: &Push, setup: &Setup<'_>) -> bool {
    let tags = RELEASES.map(|version| pattern.tag_of(version));
    if tags.iter().any(|tag| push.starts_for_tag(tag).unwrap_or(true)) {
        return false;
    }
    let mut others = setup.flows.calling(&COMMANDS).filter(|other| other.file() != workflow.file());
    others.any(|other| tags.iter().all(|tag| other.starts_for_tag(tag)))
}

/// Why `tag` is not let through, and what would do it.
fn reason(texts: &Texts, push: &Push, tag: &str, setup: &Setup<'_>) -> (&'static str, String) {
    let common = common_prefix(setup);
    let suggestion = format!("write tags: ['{common}**@[0-9]+.[0-9]+.[0-9]+']");
    let at_first = setup.services.first().is_some_and(|service| {
        service.pattern.prefix() == format!("{}@", service.path) && service.pattern.suffix().is_empty()
    });
    let general = if at_first {
        suggestion
    } else {
        format!("make the patterns match {tag}: ** is any text, * stops at a slash, [0-9]+ is a number")
    };
    if push.tags.is_none() {
        return ("", "take the pattern that matches it out of tags-ignore".to_owned());
    }
    let matches = |change: fn(&str) -> String| {
        let changed = WorkflowFilter::parse(texts.texts.iter().map(|text| change(&text.text)));
        changed.is_ok_and(|filter| filter.matches(tag))
    };
    if texts.texts.iter().all(|text| text.text.starts_with('!')) {
        (": there is no pattern that includes anything", general)
    } else if matches(|text| text.replace("**", "*").replace('*', "**")) {
        (": * stops at a slash", "write ** where any number of directories may stand".to_owned())
    } else if matches(|text| text.replace("[0-9]+", "[0-9]").replace("[0-9]", "[0-9]+")) {
        (": [0-9] is one digit", "write [0-9]+ for a number".to_owned())
    } else {
        ("", general)
    }
}

/// The directory that all services are in, with its slash.
fn common_prefix<'s>(setup: &Setup<'s>) -> &'s str {
    let mut paths = setup.services.iter().map(|service| &*service.path);
    let first = paths.next().unwrap_or_default();
    let rest: Vec<&str> = paths.collect();
    let ends = first.match_indices('/').map(|(at, _)| at + 1).rev();
    let mut prefixes = ends.filter_map(|end| first.get(..end));
    prefixes.find(|prefix| rest.iter().all(|path| path.starts_with(prefix))).unwrap_or_default()
}

/// Tags that release nothing and start a workflow all the same.
fn too_wide(workflow: &Workflow, push: &Push, setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    if !setup.flows.calls(workflow, &["plan"]) {
        return;
    }
    let starts = |tag: &String| push.starts_for_tag(tag).unwrap_or(false);
    let found = setup.services.iter().find_map(|service| {
        let tags: Vec<String> =
            OTHERS.iter().map(|other| service.pattern.tag_of(other)).filter(starts).collect();
        (!tags.is_empty()).then_some(tags)
    });
    let Some(tags) = found else { return };
    let place = list(push).map_or(push.place, |texts| texts.place);
    let message = format!("tags that release nothing start this workflow, e.g. {}", tags.join(" and "));
    findings.push(
        Finding::warning("tag-filter-too-wide", At::file(workflow.file(), place), message)
            .why("imgver plan refuses them, so the run of a release candidate or of a misspelled tag fails")
            .fix("let nothing but X.Y.Z through, in GitHub's patterns [0-9]+.[0-9]+.[0-9]+ at the end, or name branches where tags are not meant to start it"),
    );
}
