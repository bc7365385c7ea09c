//! The count of the commits that touch one service.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::history::git::CommitId;
use crate::history::{Place, Placing};
use crate::ops::facts::{BaseRelease, Found};

/// What is known of one service, while the line is followed from its newest commit.
pub(super) struct Tally {
    base: Option<BaseRelease>,
    /// The position on the line of the commit that carries or brings the base release; none if there is none.
    end: Option<usize>,
    /// Whether that commit only brings it, and so is the last one that counts.
    is_brought: bool,
    /// Whether the last touching commit is wanted, even behind the base release.
    wants_last: bool,
    /// How many commits of the line the base release does not have; none if it has none of them.
    unreleased: Option<usize>,
    /// Number of commits that count, without one that only brings the base release.
    counted: u64,
    /// The commits that touch and that the base release does not have, if they are wanted. One that only brings it ends what
    /// counts, but not these: what the line had before that merge is in no release.
    changes: Option<BTreeSet<CommitId>>,
    /// The newest commit that touches, and its position.
    last: Option<(usize, CommitId)>,
    /// The position of the last commit of the line that the clone has, if it lacks its first parent.
    cut: Option<usize>,
}

impl Tally {
    /// That of a service whose base release is at `place`.
    pub(super) fn since(place: Place<'_>, wants_last: bool) -> Self {
        Tally {
            base: Some(BaseRelease::of(place.release)),
            end: Some(place.at),
            is_brought: place.is_brought,
            wants_last,
            ..Tally::of_all()
        }
    }

    /// That of a service without any release: everything counts.
    pub(super) fn of_all() -> Self {
        let (base, end, last, cut) = (None, None, None, None);
        let (unreleased, changes) = (None, None);
        Tally { base, end, is_brought: false, wants_last: false, unreleased, counted: 0, changes, last, cut }
    }

    /// The same, which also notes the changes that its base release does not have, where `line_since` says how many commits of the
    /// line that release does not have.
    ///
    /// # Errors
    /// Those of `line_since`.
    pub(super) fn with_changes(self, line_since: impl FnOnce(&BaseRelease) -> Result<usize>) -> Result<Self> {
        let unreleased = match &self.base {
            Some(base) if self.is_brought => Some(line_since(base)?),
            _ => self.end,
        };
        Ok(Tally { changes: Some(BTreeSet::new()), unreleased, ..self })
    }

    /// Whether what the commit at position `at` of the line changes counts.
    fn counts(&self, at: usize) -> bool {
        self.end.is_none_or(|end| at < end)
    }

    /// Whether what that commit changes is in no release.
    fn lists(&self, at: usize) -> bool {
        self.changes.is_some() && self.unreleased.is_none_or(|end| at < end)
    }

    /// Whether it matters what that commit changes.
    pub(super) fn needs(&self, at: usize) -> bool {
        self.counts(at) || self.lists(at) || self.looks_behind_base()
    }

    /// The position from which on it needs nothing, unless it looks behind the base release.
    pub(super) fn end(&self) -> usize {
        let listed = self.unreleased.filter(|_| self.changes.is_some());
        self.end.unwrap_or(usize::MAX).max(listed.unwrap_or(0))
    }

    /// Whether the last touching commit is wanted, and none is known that counts.
    fn looks_behind_base(&self) -> bool {
        self.wants_last && !self.is_brought && self.last.is_none()
    }

    /// Notes that `commit`, at position `at` of the line, touches the service. Newer ones come first.
    pub(super) fn touch(&mut self, at: usize, commit: CommitId) {
        if self.lists(at) {
            self.changes.iter_mut().for_each(|changes| changes.extend([commit]));
        }
        if self.counts(at) || self.looks_behind_base() {
            self.counted += u64::from(self.counts(at));
            self.last.get_or_insert((at, commit));
        }
    }

    /// Notes that the clone lacks the first parent of the commit at position `at`.
    pub(super) fn cut(&mut self, at: usize) {
        self.cut = Some(at);
    }

    /// If the last touching commit is wanted and none counts: the position before which a merge that brings a release would be it.
    pub(super) fn behind_base(&self) -> Option<usize> {
        let is_open = self.wants_last && self.counted == 0 && !self.is_brought;
        is_open.then(|| self.last.map_or(self.cut.map_or(0, |cut| cut + 1), |(at, _)| at))
    }

    /// Notes what is known of such merges, on this `line`.
    pub(super) fn note_brought(&mut self, placing: Placing<'_>, line: &[CommitId]) {
        match placing {
            Placing::At(place) => self.last = line.get(place.at).map(|commit| (place.at, *commit)),
            Placing::Nowhere => {}
            Placing::Unknown => self.last = None,
        }
    }

    /// What was found on `line`, as far as that was followed; none if the clone is too shallow to say.
    pub(super) fn found(self, line: &[CommitId]) -> Option<Found> {
        if self.looks_behind_base() || self.cut.is_some_and(|cut| self.counts(cut) || self.lists(cut)) {
            return None;
        }
        let last = self.last.map(|(_, commit)| commit);
        let at_end = self.end.and_then(|end| line.get(end).copied());
        let named = last.filter(|_| self.counted > 0).or(at_end)?;
        let distance = self.counted + u64::from(self.is_brought);
        let brought = at_end.filter(|_| self.is_brought);
        let last_change = last.or(brought);
        let changes =
            self.changes.map(|changes| changes.into_iter().chain(brought).collect()).unwrap_or_default();
        Some(Found { base: self.base, distance, named, last_change, changes })
    }
}
