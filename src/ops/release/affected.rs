//! Which services a commit, or all commits since another one, affect.

use std::collections::{BTreeSet, HashMap};

use super::super::Checkout;
use super::super::selection::FilterSet;
use super::super::subject::{self, Subject};
use super::Request;
use crate::domain::Changes;
use crate::error::Result;
use crate::filters::Detail;
use crate::history::git::CommitId;
use crate::workspace::Service;

/// The services that changes affect, by the filters that a request asks for. Nothing is worked out twice, however many services
/// ask, and the filters are not read unless one does.
pub(super) struct Affected<'c> {
    checkout: &'c Checkout,
    request: &'c Request,
    subjects: &'c [Subject],
    loaded: Option<(FilterSet, Vec<Service>)>,
    by: HashMap<CommitId, BTreeSet<String>>,
    since: HashMap<CommitId, BTreeSet<String>>,
    /// Warnings about the filters.
    pub(super) warnings: Vec<String>,
}

impl<'c> Affected<'c> {
    /// Of all services. A new one among `subjects` counts even if git does not track it yet.
    pub(super) fn new(subjects: &'c [Subject], request: &'c Request, checkout: &'c Checkout) -> Self {
        let (by, since) = (HashMap::new(), HashMap::new());
        Affected { checkout, request, subjects, loaded: None, by, since, warnings: Vec::new() }
    }

    /// The services that `commit` affects, by what it changes against its first parent.
    pub(super) fn by(&mut self, commit: CommitId) -> Result<&BTreeSet<String>> {
        if !self.by.contains_key(&commit) {
            let affected = self.select(&self.checkout.repository.changes_of(commit)?)?;
            self.by.insert(commit, affected);
        }
        Ok(self.by.entry(commit).or_default())
    }

    /// The services in which `tip` differs from `base`, as `imgver changed` tells them.
    pub(super) fn since(&mut self, base: CommitId, tip: CommitId) -> Result<&BTreeSet<String>> {
        if !self.since.contains_key(&base) {
            let affected = self.select(&self.checkout.repository.diff(base, tip)?)?;
            self.since.insert(base, affected);
        }
        Ok(self.since.entry(base).or_default())
    }

    fn select(&mut self, changes: &Changes) -> Result<BTreeSet<String>> {
        let (filters, services) = match &mut self.loaded {
            Some(loaded) => loaded,
            empty => {
                let asked = self.subjects.iter().filter_map(|subject| subject.service.as_ref());
                let services = subject::services(self.checkout)?.with(asked);
                empty.insert((FilterSet::load(&self.request.filters, self.checkout)?, services))
            }
        };
        let (selection, warnings) = filters.select(services.iter(), changes, Detail::First, self.checkout)?;
        // The same each time.
        self.warnings = warnings;
        Ok(selection.paths().map(ToOwned::to_owned).collect())
    }
}
