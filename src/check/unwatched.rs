//! What images are made of compared with what services watch.

use std::collections::HashSet;

use super::{At, Finding, Rule, START, Setup, several};
use crate::config::FILE;
use crate::display::count;
use crate::domain::{ChangeKind, ChangeKinds, Changes};
use crate::filters::{Detail, ServiceMatches, Watch, Watches};
use crate::inputs::{Circle, Inputs, Why};
use crate::workspace::Service;
use crate::workspace::taskfile::directory_of;
use crate::yaml::Place;

/// `filters` is the name of the filter file.
pub(super) fn check(
    setup: &Setup<'_>,
    filters: Option<&str>,
    watches: &Watches<'_>,
    findings: &mut Vec<Finding>,
) {
    // As if every file of the repository had been added, or modified: what is there is changed by modifying it.
    let (mut added, mut modified) = (Changes::default(), Changes::default());
    for tracked in setup.paths {
        added.add(tracked.path.as_bytes(), ChangeKinds::from_iter([ChangeKind::Added]));
        modified.add(tracked.path.as_bytes(), ChangeKinds::from_iter([ChangeKind::Modified]));
    }
    let added = watches.select(&added, setup.quantifier, Detail::All);
    let modified = watches.select(&modified, setup.quantifier, Detail::All);
    for (checked, inputs) in setup.services.iter().zip(setup.inputs) {
        let (service, Some(inputs)) = (checked.service, inputs) else { continue };
        if let Some(circle) = &inputs.circle {
            findings.push(circular(service, circle));
            continue;
        }
        let of_service = |matches: &&ServiceMatches<'_>| matches.service == service.path;
        let Some(matches) = modified.iter().find(of_service) else { continue };
        let is_added = added.iter().find(of_service).is_some_and(|matches| !matches.files.is_empty());
        // A filter that selects nothing is told as such.
        if matches.files.is_empty() && !is_added {
            continue;
        }
        let watched: HashSet<&[u8]> = matches.files.iter().map(|file| file.path).collect();
        let mut unwatched = inputs.certain_files(setup.paths);
        unwatched.retain(|(path, _)| !watched.contains(path.as_bytes()));
        let filter = match (matches.watch, filters) {
            (Watch::Filter { name, place, .. }, Some(file)) => Some((file, name, place)),
            _ => None,
        };
        findings.extend(unwatched_files(service, inputs, &unwatched, filter));
    }
}

fn unwatched_files(
    service: &Service,
    inputs: &Inputs,
    unwatched: &[(&str, Why)],
    filter: Option<(&str, &str, Place)>,
) -> Option<Finding> {
    let (_, first) = unwatched.first()?;
    let files: Vec<&str> = unwatched.iter().map(|(path, _)| *path).collect();
    let (file, line) = first.place.clone().unwrap_or_else(|| (inputs.dockerfile().to_owned(), START.line));
    let read_by = match &first.through {
        Some(through) => format!(" ({file}:{line}, through {through})"),
        None => format!(" ({file}:{line})"),
    };
    let pattern = pattern(&files);
    let watch_inputs = format!("watch-inputs: true for {} in {FILE}", service.path);
    let (at, fix) = match filter {
        Some((name, filter, place)) => (
            At::file(name, place),
            format!("add {pattern} to the filter '{filter}'; or remove the filter, and set {watch_inputs}"),
        ),
        None => (
            At::file(&file, Place { line, ..START }),
            format!("set {watch_inputs}; or add {pattern} to what it watches (watch)"),
        ),
    };
    let message = format!(
        "the image of {} is made of {} that it does not watch: {}{read_by}",
        service.path,
        count(files.len(), "file"),
        several(&files)
    );
    let finding = Finding::warning(Rule::UnwatchedInput, at, message);
    Some(
        finding
            .why("a change there changes the image, and imgver plan does not build it")
            .fix(format!("{fix}; what the image does not need belongs in .dockerignore")),
    )
}

/// A pattern that matches `files`: their directory, if that is not the root.
fn pattern(files: &[&str]) -> String {
    let (first, rest) = files.split_first().unwrap_or((&"", &[]));
    let mut directory = directory_of(first);
    while !directory.is_empty() && rest.iter().any(|file| !file.starts_with(&format!("{directory}/"))) {
        directory = directory_of(directory);
    }
    match directory {
        _ if rest.is_empty() => format!("'{first}'"),
        "" => "their paths".to_owned(),
        directory => format!("'{directory}/**'"),
    }
}

fn circular(service: &Service, Circle(edges): &Circle) -> Finding {
    let mut names: Vec<&str> = edges.iter().map(|(service, _)| &**service).collect();
    names.extend(names.first().copied());
    let at = edges.first().map(|(_, edge)| At::file(&edge.file, Place { line: edge.line, ..START }));
    let at = at.unwrap_or(At::Repository);
    let message = format!("images are made of each other: {}", names.join(" -> "));
    Finding::error(Rule::ImageCircle, at, message)
        .why(format!(
            "none of them can be the first to be built, and what {} is made of is not known",
            service.path
        ))
        .fix("name one of these images by a release or a digest, which no later build changes")
}
