//! Versions by service: what each commit of the first-parent line changes.
//!
//! A commit of the line *touches* a service where a file that the service watches differs from the first parent, or what is said
//! about the service does: its settings and what it watches. What a commit says is read from that commit: its `imgver.yaml`, its
//! filter file, its Taskfiles. A commit touches a service, too,
//!
//! - where it or its first parent does not have the service, and where it is a root: nobody can say what the service would have
//!   watched there, and two contents must not have one version,
//! - where it brings a release of the service by a merge,
//! - where what it or its first parent says about the service cannot be read or contradicts itself: then nobody can say what the
//!   service watched, and old mistakes must not make today's answer impossible.

mod settings;
mod sources;
mod tally;
mod walk;
mod watched_inputs;

use std::collections::HashSet;

use super::Checkout;
use super::facts::{self, BaseRelease, Found};
use super::release_tags::Fit;
use super::subject::Subject;
use crate::error::Result;
use crate::history::git::{CommitId, Tags};
use crate::history::{Placing, Release, Wanted};
use tally::Tally;

/// What is asked about every service.
pub(super) struct Question {
    /// The commit to version.
    pub(super) commit: CommitId,
    /// Whether a release that only a merge brings does not count.
    pub(super) first_parent: bool,
    /// Whether the last commit that changed each service is wanted in any case.
    pub(super) last_change: bool,
    /// Whether the changes that the base release does not have are wanted.
    pub(super) changes: bool,
}

/// What is found for each of `subjects`, all of which are services, with the releases that `counted` makes of `tags`.
///
/// # Errors
/// Commits, trees or settings on the line that cannot be read; a clone that is too shallow.
pub(super) fn standings<'t, 's>(
    question: &Question,
    subjects: &[Subject],
    tags: &'t Tags<Fit<'s>>,
    counted: impl Fn(&'t str, &'t Fit<'s>) -> Option<Release<'t>>,
    checkout: &Checkout,
) -> Result<Vec<Found>> {
    let Question { commit, first_parent, last_change, changes } = *question;
    let repository = &checkout.repository;
    let places = |wanted: &[Wanted]| repository.places(commit, wanted, tags, &counted, first_parent);
    let mut tallies = Vec::with_capacity(subjects.len());
    for (subject, placing) in subjects.iter().zip(places(&vec![Wanted::Nearest; subjects.len()])?) {
        let tally = match placing {
            Placing::At(place) => Tally::since(place, last_change),
            Placing::Nowhere => Tally::of_all(),
            Placing::Unknown => return Err(facts::too_shallow(subject)),
        };
        tallies.push(match changes {
            true => tally.with_changes(|base| line_since(base, commit, checkout))?,
            false => tally,
        });
    }
    let services: Vec<&str> = subjects.iter().map(Subject::key).collect();
    let line = walk::follow(repository, commit, &services, &mut tallies)?;

    // A merge behind the base release may have brought an older one, and is a change, too.
    let before = |tally: &Tally| match tally.behind_base() {
        Some(end) if !first_parent => Wanted::BroughtBefore(end),
        _ => Wanted::Nothing,
    };
    let wanted: Vec<Wanted> = tallies.iter().map(before).collect();
    if wanted.iter().any(|wanted| *wanted != Wanted::Nothing) {
        for (tally, placing) in tallies.iter_mut().zip(places(&wanted)?) {
            tally.note_brought(placing, &line);
        }
    }
    let found =
        |(subject, tally): (&Subject, Tally)| tally.found(&line).ok_or_else(|| facts::too_shallow(subject));
    subjects.iter().zip(tallies).map(found).collect()
}

/// How many commits of the line of `tip` the release `base` does not have.
fn line_since(base: &BaseRelease, tip: CommitId, checkout: &Checkout) -> Result<usize> {
    let repository = &checkout.repository;
    let since: HashSet<CommitId> =
        repository.commits_since(base.commit(repository)?, tip)?.into_iter().collect();
    let (mut count, mut at) = (0, Some(tip));
    while let Some(commit) = at.filter(|commit| since.contains(commit)) {
        count += 1;
        at = repository.parents(commit)?.first().copied();
    }
    Ok(count)
}
