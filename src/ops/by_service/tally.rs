//! The count of the commits that touch one service.

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
    /// Number of commits that count, without one that only brings the base release.
    counted: u64,
    /// These commits, the newest first, if they are wanted.
    changes: Option<Vec<CommitId>>,
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
        Tally { base, end, is_brought: false, wants_last: false, counted: 0, changes: None, last, cut }
    }

    /// The same, which also notes the commits that count, if they are `wanted`.
    pub(super) fn with_changes(self, wanted: bool) -> Self {
        Tally { changes: wanted.then(Vec::new), ..self }
    }

    /// Whether what the commit at position `at` of the line changes counts.
    fn counts(&self, at: usize) -> bool {
        self.end.is_none_or(|end| at < end)
    }

    /// Whether it matters what that commit changes.
    pub(super) fn needs(&self, at: usize) -> bool {
        self.counts(at) || self.looks_behind_base()
    }

    /// The position from which on it needs nothing, unless it looks behind the base release.
    pub(super) fn end(&self) -> usize {
        self.end.unwrap_or(usize::MAX)
    }

    /// Whether the last touching commit is wanted, and none is known that counts.
    fn looks_behind_base(&self) -> bool {
        self.wants_last && !self.is_brought && self.last.is_none()
    }

    /// Notes that `commit`, at position `at` of the line, touches the service. Newer ones come first.
    pub(super) fn touch(&mut self, at: usize, commit: CommitId) {
        if self.needs(at) {
            if self.counts(at) {
                self.counted += 1;
                self.changes.iter_mut().for_each(|changes| changes.push(commit));
            }
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
        if self.looks_behind_base() || self.cut.is_some_and(|cut| self.counts(cut)) {
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
