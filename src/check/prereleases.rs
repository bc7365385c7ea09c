//! The tags of configured pre-releases: whether they start what the tags of releases start, by GitHub's rules.

use super::tag_filters::{COMMANDS, RELEASES, common_prefix};
use super::{At, CheckedService, Finding, Rule, Setup};
use crate::ci::github::Workflow;
use crate::config::{FILE, Placed};

/// Versions of pre-releases, before their identifiers, and their numbers.
const PROBES: [(&str, u64); 2] = [("1.2.3", 1), ("10.20.30", 12)];

pub(super) fn check(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    let identifiers = &setup.config.config.prereleases;
    // A release that is published may start what its tag does not.
    let is_by_release = |workflow: &Workflow| workflow.events.iter().any(|event| event.name == "release");
    let workflows: Vec<&Workflow> = setup.flows.calling(&COMMANDS).collect();
    if identifiers.is_empty() || workflows.iter().any(|workflow| is_by_release(workflow)) {
        return;
    }
    findings.extend(identifiers.iter().filter_map(|identifier| unstarted(identifier, &workflows, setup)));
}

/// The finding if none of `workflows` starts for the pre-releases of some service, whose releases start one.
fn unstarted(identifier: &Placed<String>, workflows: &[&Workflow], setup: &Setup<'_>) -> Option<Finding> {
    let word = &identifier.value;
    let probe = |(version, number): (&str, u64)| format!("{version}-{word}.{number}");
    let missed = |(position, service): (usize, &CheckedService<'_>)| {
        let tag_of = |workflow: &Workflow, version: &str| tag_in(workflow, position, service, version, setup);
        let misses = |workflow: &Workflow, versions: &[String]| {
            let tags = versions.iter().filter_map(|version| tag_of(workflow, version));
            tags.into_iter().find(|tag| !workflow.starts_for_tag(tag))
        };
        let releases = RELEASES.map(str::to_owned);
        let workflow = workflows.iter().find(|workflow| misses(workflow, &releases).is_none())?;
        let probes = PROBES.map(probe);
        let is_started = workflows.iter().any(|workflow| misses(workflow, &probes).is_none());
        let tag = misses(workflow, &probes).filter(|_| !is_started)?;
        Some((position, workflow.file().to_owned(), tag))
    };
    let (position, file, tag) = setup.services.iter().enumerate().find_map(missed)?;
    let service = setup.services.get(position)?;
    let is_default =
        service.pattern.prefix() == format!("{}@", service.path()) && service.pattern.suffix().is_empty();
    let fix = match is_default {
        true => format!(
            "add '{}**@[0-9]+.[0-9]+.[0-9]+-{word}.[0-9]+' to the tags of {file}, or remove {word} here",
            common_prefix(setup)
        ),
        false => format!("make a pattern of the tags of {file} match {tag}, or remove {word} here"),
    };
    let message = format!(
        "no workflow starts for pre-releases called '{word}': {file} starts for releases, but not for {tag}"
    );
    Some(
        Finding::error(Rule::TagFilter, At::file(FILE, identifier.place), message)
            .why("pushing the tag does nothing at all: no run, no image, no error")
            .fix(fix),
    )
}

/// The tag of `version` of the service at this position as `workflow` reads it; none if that is not known before it runs.
fn tag_in(
    workflow: &Workflow,
    position: usize,
    service: &CheckedService<'_>,
    version: &str,
    setup: &Setup<'_>,
) -> Option<String> {
    let own = setup.formats.services(workflow, setup).ok()?;
    let own = own.as_ref().and_then(|services| services.get(position));
    Some(own.unwrap_or(service).pattern.tag_of(version))
}
