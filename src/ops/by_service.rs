//! Versions by service: what each commit of the first-parent line changes.

use super::Checkout;
use super::facts::{Fit, Found};
use super::subject::Subject;
use crate::error::{Error, Kind, Result};
use crate::history::Release;
use crate::history::git::{CommitId, Tags};

/// What is asked about every service.
pub(super) struct Question {
    /// The commit to version.
    pub(super) commit: CommitId,
    /// Whether a release that only a merge brings does not count.
    pub(super) first_parent: bool,
    /// Whether the last commit that changed each service is wanted in any case.
    pub(super) last_change: bool,
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
    let _ = (question.commit, question.first_parent, question.last_change, subjects, tags, checkout);
    let _ = counted;
    Err(Error::new(Kind::Unexpected, "versions by service are not there yet"))
}
