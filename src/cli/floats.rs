//! Carries out the setting of floating tags.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::Reference;
use crate::error::{Error, Kind, Result};
use crate::ops::float::{self, Floats, Survey};
use crate::programs::Programs;
use crate::registry::{Registries, RegistryError, RegistryFault};
use crate::release::Git;

/// How often a run looks again. It does so once if nobody else writes, and once more for each other run that does meanwhile.
const ROUNDS_MAX: usize = 32;

/// How many tags may be different right after they were set, or impossible to set, before that is taken for a fault.
const DISPUTES_MAX: usize = 8;

/// What became of floating tags.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// What was set, a line each, in order.
    pub(super) lines: Vec<String>,
    /// Warnings about tags that nothing can be done about.
    pub(super) warnings: Vec<String>,
    /// Why nothing was set, if nothing was.
    pub(super) nothing: Option<String>,
}

/// Sets the tags until there is nothing left to set.
///
/// A registry cannot set a tag on a condition, so a run may replace what a faster one has just set by what it saw earlier. But a
/// run ends only after it has looked and found nothing to set, and it has looked after each of its own writes. So whoever writes
/// a tag last looks at remote and registry after that, finds the tag as it left it, and would write again if that were wrong. It
/// sees at least every release and image that was there when it wrote; whoever pushes or deletes one later has a run of their own
/// to follow, which looks later still. Hence the last write is right, whatever the order of the others. A run that is stopped
/// leaves tags that are set and tags that are not: the next run sets the rest.
///
/// # Errors
/// A remote or a registry that does not answer or refuses; others who set other tags all the time.
pub(super) fn carry_out(floats: &Floats, registries: &Registries, programs: &Programs) -> Result<Moved> {
    settle(floats, registries, programs).map_err(|error| {
        let command = floats.command();
        let (images, then) = match floats.after_push {
            true => ("the images are pushed; ", "sets the tags that move with them"),
            false => ("", "goes on from here"),
        };
        error.hint(format!("{images}{command} {then}"))
    })
}

fn settle(floats: &Floats, registries: &Registries, programs: &Programs) -> Result<Moved> {
    let mut floats = floats.clone();
    let (mut lines, mut disputes) = (Vec::new(), 0);
    // Neither a tag that cannot be set nor a registry that does not answer keeps the others from being right.
    let (mut refused, mut failures) = (BTreeSet::<Reference>::new(), Vec::new());
    for _ in 0..ROUNDS_MAX {
        let mut survey = look(&floats, registries, programs)?;
        for (repository, error) in survey.failures.drain(..) {
            let others = |service: &mut float::FloatingService| {
                service.repositories.retain(|other| *other != repository);
            };
            floats.services.iter_mut().for_each(others);
            failures.push(error);
        }
        survey.moves.retain(|movement| !refused.contains(&movement.reference));
        if survey.moves.is_empty() {
            let nothing = lines.is_empty().then(|| survey.nothing());
            let moved = Moved { lines, warnings: survey.warnings, nothing };
            return failed(failures, &moved.lines).map_or(Ok(moved), Err);
        }
        for movement in survey.moves {
            let reference = &movement.reference;
            match registries.tag(&reference.repository, &movement.digest, &reference.tag) {
                Ok(()) => lines.push(movement.to_string()),
                // The next look says what is right by now.
                Err(error) if may_be_overtaken(&error.fault) && disputes < DISPUTES_MAX => disputes += 1,
                Err(error) => {
                    refused.insert(movement.reference);
                    failures.push(error);
                }
            }
        }
    }
    let message = format!("floating tags do not stay as they are set: they changed {ROUNDS_MAX} times");
    Err(Error::new(Kind::Registry, message)
        .hint("something else sets them, too: another pipeline, or an imgver that sees other release tags"))
}

/// The error about all of `failures`, if there are any: the first, with the others as hints, and with what was set all the same.
fn failed(failures: Vec<RegistryError>, lines: &[String]) -> Option<Error> {
    let mut failures = failures.into_iter();
    let mut error = failures.next()?.into_error();
    let mut others: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for RegistryError { subject, fault, .. } in failures {
        others.entry(fault.to_string()).or_default().push(subject);
    }
    for (fault, subjects) in others {
        error = error.hint(format!("the same command failed for {}: {fault}", subjects.join(", ")));
    }
    let set = lines.iter().map(|line| format!("set all the same: {line}"));
    Some(set.fold(error, Error::hint))
}

/// Whether the fault may be that of another run, which set the tag meanwhile or deleted the image.
fn may_be_overtaken(fault: &RegistryFault) -> bool {
    matches!(fault, RegistryFault::Broken(_) | RegistryFault::NotKept(..) | RegistryFault::Status(404, _))
}

/// What is to be done by what remote and registries say now.
fn look(floats: &Floats, registries: &Registries, programs: &Programs) -> Result<Survey> {
    let refs = Git::find(programs)?.refs_of(&floats.remote)?;
    Ok(float::survey(floats, &refs.tags, registries))
}

/// What would be done: a run that only looks.
///
/// # Errors
/// A remote or a registry that does not answer.
pub(super) fn preview(floats: &Floats, registries: &Registries, programs: &Programs) -> Result<Survey> {
    let mut survey = look(floats, registries, programs)?;
    let failures = survey.failures.drain(..).map(|(_, error)| error).collect();
    failed(failures, &[]).map_or(Ok(survey), Err)
}
