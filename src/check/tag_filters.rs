//! The tag filters of workflows compared with the release tags of the services, by GitHub's rules.

use super::plans::takes_its_event;
use super::task_runs::UNKNOWN;
use super::{At, CheckedService, Finding, Rule, Setup};
use crate::ci::github::{Patterns, Push, Text, Texts, Workflow, WorkflowFilter, WorkflowFilterError};
use crate::display::count;
use crate::domain::{TagPattern, short_name};
use crate::yaml::tree::Place;

/// Versions that a filter for release tags must let through.
pub(super) const RELEASES: [&str; 3] = ["1.2.3", "10.20.30", "0.1.0"];

/// Texts in place of a version that make a tag no release.
const OTHERS: [&str; 4] = ["1.2.3-rc.1", "1.2", "1.2.3.4", "v1.2.3"];

/// The commands that use a release tag.
pub(super) const COMMANDS: [&str; 3] = ["plan", "tag", "build"];

/// The commands that may be about anything: the filter shows whether it is meant for release tags.
const VERSIONS: [&str; 2] = ["version", "extended"];

pub(super) fn check(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    for workflow in setup.flows.workflows() {
        let Some(push) = &workflow.push else { continue };
        let Ok(own) = setup.formats.services(workflow, setup) else { continue };
        let setup = &match &own {
            // Releases were looked for in the common format.
            Some(services) => Setup { services, releases: &[], ..*setup },
            None => Setup { ..*setup },
        };
        let Some(concerned) = concerned(workflow, push, setup) else { continue };
        for (rule, texts) in [
            (Rule::TagFilter, &push.tags),
            (Rule::TagFilter, &push.tags_ignore),
            (Rule::BranchFilter, &push.branches),
            (Rule::BranchFilter, &push.branches_ignore),
            (Rule::WorkflowPaths, &push.paths),
            (Rule::WorkflowPaths, &push.paths_ignore),
        ] {
            for (text, error) in texts.iter().flat_map(Patterns::invalid) {
                findings.push(invalid(rule, workflow, text, &error));
            }
        }
        for (rule, key, only, ignored) in [
            (Rule::TagFilter, "tags", &push.tags, &push.tags_ignore),
            (Rule::BranchFilter, "branches", &push.branches, &push.branches_ignore),
            (Rule::WorkflowPaths, "paths", &push.paths, &push.paths_ignore),
        ] {
            if let (Some(_), Some(ignored)) = (only, ignored) {
                findings.push(both(rule, key, At::file(workflow.file(), ignored.written.place)));
            }
        }
        if push.tags.is_some() && push.tags_ignore.is_some() {
            continue;
        }
        let is_valid = |of: &Option<Patterns>| of.as_ref().is_none_or(|patterns| patterns.filter().is_ok());
        if is_valid(&push.tags) && is_valid(&push.tags_ignore) {
            too_narrow(workflow, push, &concerned, setup, findings);
            too_wide(workflow, push, setup, findings);
        }
    }
}

/// A filter next to the one that is its opposite.
fn both(rule: Rule, key: &str, at: At) -> Finding {
    Finding::error(rule, at, format!("the event has both {key} and {key}-ignore"))
        .why("GitHub rejects the file, so nothing starts this workflow")
        .fix(format!("keep {key}, and exclude from it with patterns that start with !"))
}

/// The services, by their positions, whose release tags should start `workflow`; none if it has nothing to do with them.
fn concerned(workflow: &Workflow, push: &Push, setup: &Setup<'_>) -> Option<Vec<usize>> {
    let calls = setup.flows.calls_of(workflow);
    let all = || (0..setup.services.len()).collect();
    let mut named = Vec::new();
    let mut is_vague = calls.iter().any(|call| VERSIONS.contains(&&*call.command));
    for call in calls.iter().filter(|call| COMMANDS.contains(&&*call.command)) {
        if call.command == "plan" {
            return Some(all());
        }
        let args = || call.args.iter().map(String::as_str);
        let is_named = |(_, service): &(usize, &CheckedService<'_>)| {
            args().any(|arg| arg == service.path() || arg == short_name(service.path()))
        };
        let services = setup.services.iter().enumerate().filter(is_named).map(|(position, _)| position);
        let before = named.len();
        named.extend(services);
        if named.len() > before {
            continue;
        }
        if args().any(|arg| arg.contains(UNKNOWN)) {
            is_vague = true;
        } else {
            return Some(all());
        }
    }
    if !named.is_empty() {
        return Some(named);
    }
    (is_vague && nearly_starts(push, setup)).then(all)
}

/// Whether the release tags of no service start a workflow, although its filter is made for such tags: it lets them through
/// without their directories, or where `*` stops at no slash.
fn nearly_starts(push: &Push, setup: &Setup<'_>) -> bool {
    let Some(texts) = push.tags.as_ref().map(|patterns| &patterns.written) else { return false };
    let starts = |tag: &str| push.starts_for_tag(tag).unwrap_or(true);
    let tags: Vec<String> = setup
        .services
        .iter()
        .flat_map(|service| RELEASES.map(|version| service.pattern.tag_of(version)))
        .collect();
    let without_directories = |tag: &String| tag.rsplit_once('/').is_some_and(|(_, tag)| starts(tag));
    !tags.iter().any(|tag| starts(tag))
        && tags.iter().any(|tag| without_directories(tag) || matches_widened(texts, tag))
}

/// Whether the patterns would match `tag` if `*` did not stop at a slash.
fn matches_widened(texts: &Texts, tag: &str) -> bool {
    matches_changed(texts, tag, |text| text.replace("**", "*").replace('*', "**"))
}

fn matches_changed(texts: &Texts, tag: &str, change: fn(&str) -> String) -> bool {
    let changed = WorkflowFilter::parse(texts.texts.iter().map(|text| change(&text.text)));
    changed.is_ok_and(|filter| filter.matches(tag))
}

/// A pattern that GitHub gives no meaning.
fn invalid(rule: Rule, workflow: &Workflow, text: &Text, error: &WorkflowFilterError) -> Finding {
    let column = text.place.column + error.column() - 1 + usize::from(text.is_quoted);
    Finding::error(rule, At::file(workflow.file(), Place { column, ..text.place }), error.to_string())
        .why("GitHub rejects the file, or matches something other than intended")
        .fix("write what GitHub's filter pattern cheat sheet lists: *, **, ?, +, [a-z0-9], \\ and !")
}

fn list(push: &Push) -> Option<&Texts> {
    push.tags.as_ref().or(push.tags_ignore.as_ref()).map(|patterns| &patterns.written)
}

/// Release tags that do not start a workflow, although it starts for tags.
fn too_narrow(
    workflow: &Workflow,
    push: &Push,
    concerned: &[usize],
    setup: &Setup<'_>,
    findings: &mut Vec<Finding>,
) {
    let Some(texts) = list(push) else { return };
    let starts = |tag: &str| push.starts_for_tag(tag).unwrap_or(true);
    let mut missed: Vec<(usize, String)> = Vec::new();
    let services = setup.services.iter().enumerate().filter(|(position, _)| concerned.contains(position));
    for (position, CheckedService { pattern, .. }) in services {
        let probes = RELEASES.iter().map(|version| pattern.tag_of(version));
        // Those in other formats are of an earlier time.
        let is_new = |(of, tag): &&(usize, String)| *of == position && pattern.version_of(tag).is_some();
        let existing = setup.releases.iter().filter(is_new).map(|(_, tag)| tag.clone());
        if let Some(tag) = probes.chain(existing).find(|tag| !starts(tag))
            && !is_started_elsewhere(pattern, workflow, push, setup)
        {
            missed.push((position, tag));
        }
    }
    let Some((position, tag)) = missed.first() else { return };
    let service = setup.services.get(*position).map_or("", CheckedService::path);
    let others = match missed.len() - 1 {
        0 => String::new(),
        more => format!(", nor do those of {}", count(more, "other service")),
    };
    let (reason, fix) = reason(texts, push, tag, setup);
    let message = format!("the release tag {tag} of {service} does not start this workflow{reason}{others}");
    findings.push(
        Finding::error(Rule::TagFilter, At::file(workflow.file(), texts.place), message)
            .why("pushing the tag does nothing at all: no run, no image, no error")
            .fix(fix),
    );
}

/// Whether the release tags of a service never start `workflow`, but always start another one.
fn is_started_elsewhere(pattern: &TagPattern, workflow: &Workflow, push: &Push, setup: &Setup<'_>) -> bool {
    let tags = RELEASES.map(|version| pattern.tag_of(version));
    if tags.iter().any(|tag| push.starts_for_tag(tag).unwrap_or(true)) {
        return false;
    }
    let mut others = setup.flows.calling(&COMMANDS).filter(|other| other.file() != workflow.file());
    others.any(|other| tags.iter().all(|tag| other.starts_for_tag(tag)))
}

/// Why the filter does not let `tag` through, and how to make it.
fn reason(texts: &Texts, push: &Push, tag: &str, setup: &Setup<'_>) -> (&'static str, String) {
    let common = common_prefix(setup);
    let suggestion = format!("write tags: ['{common}**@[0-9]+.[0-9]+.[0-9]+']");
    let at_first = setup.services.first().is_some_and(|service| {
        service.pattern.prefix() == format!("{}@", service.path()) && service.pattern.suffix().is_empty()
    });
    let general = if at_first {
        suggestion
    } else {
        format!(
            "make the patterns match {tag}: ** matches any text, * stops at a slash, [0-9]+ matches a number"
        )
    };
    if push.tags.is_none() {
        return ("", "remove the pattern that matches it from tags-ignore".to_owned());
    }
    if texts.texts.iter().all(|text| text.text.starts_with('!')) {
        (": there is no pattern that includes anything", general)
    } else if matches_widened(texts, tag) {
        (": * stops at a slash", "write ** for any number of directories".to_owned())
    } else if matches_changed(texts, tag, |text| text.replace("[0-9]+", "[0-9]").replace("[0-9]", "[0-9]+")) {
        (": [0-9] is a single digit", "write [0-9]+ for a number".to_owned())
    } else {
        ("", general)
    }
}

/// The directory that contains all services, with a slash at its end.
pub(super) fn common_prefix<'s>(setup: &Setup<'s>) -> &'s str {
    let mut paths = setup.services.iter().map(|checked| &*checked.service.path);
    let first = paths.next().unwrap_or_default();
    let rest: Vec<&str> = paths.collect();
    let ends = first.match_indices('/').map(|(at, _)| at + 1).rev();
    let mut prefixes = ends.filter_map(|end| first.get(..end));
    prefixes.find(|prefix| rest.iter().all(|path| path.starts_with(prefix))).unwrap_or_default()
}

/// Tags that are not releases, but start a workflow that plans releases.
fn too_wide(workflow: &Workflow, push: &Push, setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    if !takes_its_event(setup.flows, workflow) {
        return;
    }
    let starts = |tag: &String| push.starts_for_tag(tag).unwrap_or(false);
    let prereleases = setup.config.config.prereleases();
    let found = setup.services.iter().find_map(|service| {
        // What is no release in one format may be one in another: with `{version}` and `v{version}`, v1.2.3 is.
        let is_release = |tag: &String| {
            let mut patterns = service.patterns.iter();
            patterns.any(|pattern| {
                pattern.version_of(tag).is_some() || pattern.prerelease_of(tag, &prereleases).is_some()
            })
        };
        let tags = OTHERS.iter().map(|other| service.pattern.tag_of(other));
        let tags: Vec<String> = tags.filter(|tag| starts(tag) && !is_release(tag)).collect();
        (!tags.is_empty()).then_some(tags)
    });
    let Some(tags) = found else { return };
    let place = list(push).map_or(push.place, |texts| texts.place);
    let message = format!("tags that are not releases start this workflow, e.g. {}", tags.join(" and "));
    findings.push(
        Finding::warning(Rule::TagFilterTooWide, At::file(workflow.file(), place), message)
            .why("imgver plan refuses them, so a release candidate or a misspelled tag starts a run that fails")
            .fix("let only X.Y.Z through, with [0-9]+.[0-9]+.[0-9]+ at the end of the patterns; or add branches, if tags are not meant to start it"),
    );
}
