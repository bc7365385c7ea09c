//! What images are made of, commit by commit: worked out anew only where it can be something else.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::sources::Sources;
use crate::domain::PathSet;
use crate::error::Result;
use crate::history::git::{LineCommit, Repository, TrackedPath, TreeChange, TreeEntry};
use crate::inputs::{self, Inputs, Snapshot as _, is_called_placeholder};
use crate::workspace::Service;

/// What the image of a service is made of, and how long that holds.
#[derive(Debug)]
pub(super) struct WatchedInputs {
    pub(super) inputs: Inputs,
    /// Whether something is not resolved: a file that comes or goes may resolve it.
    has_gaps: bool,
    /// How many files may go before an instruction reads none, and so is not resolved.
    spare: Cell<usize>,
    /// Whether it must be worked out anew.
    is_stale: Cell<bool>,
}

/// Those of the services that are asked about and watch them, by path.
pub(super) type InputsByService = BTreeMap<String, Rc<WatchedInputs>>;

/// The last ones, and all services that they were worked out for.
#[derive(Default)]
pub(super) struct Known {
    services: Vec<Service>,
    inputs: InputsByService,
}

impl Known {
    /// Those of `commit`, which has `services`.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub(super) fn at(
        &mut self,
        commit: &LineCommit,
        services: &[Service],
        sources: &Sources,
        repository: &Repository,
    ) -> Result<InputsByService> {
        let watches = |service: &&Service| service.watches_inputs && sources.is_asked(&service.path);
        if !services.iter().any(|service| watches(&service)) {
            *self = Known::default();
            return Ok(InputsByService::new());
        }
        // An image may be that of any service.
        if self.services != services {
            *self = Known { services: services.to_vec(), inputs: InputsByService::new() };
        }
        self.inputs.retain(|_, known| !known.is_stale.get());
        let snapshot = inputs::Commit::of(repository, commit.id);
        let reader = inputs::Reader::new(services, &snapshot);
        for service in services.iter().filter(watches) {
            if !self.inputs.contains_key(&service.path)
                && let Some(inputs) = reader.inputs(&service.path)?
            {
                let made = WatchedInputs::of(inputs, snapshot.paths()?);
                self.inputs.insert(service.path.clone(), Rc::new(made));
            }
        }
        Ok(self.inputs.clone())
    }
}

impl WatchedInputs {
    fn of(inputs: Inputs, tracked: &[TrackedPath]) -> Self {
        // What only keeps a directory may not make a source count as one that is there.
        let files: Vec<TrackedPath> =
            tracked.iter().filter(|tracked| !is_called_placeholder(&tracked.path)).cloned().collect();
        let read = inputs.readings(&files).into_iter().map(|reading| reading.files);
        let spare = Cell::new(read.min().unwrap_or(usize::MAX));
        let has_gaps = !inputs.unresolved().is_empty();
        WatchedInputs { inputs, has_gaps, spare, is_stale: Cell::new(false) }
    }

    /// Notes that the first parent differs in `change`. Returns whether its image is made of something else.
    fn go_back(&self, change: &TreeChange, services: &[Service]) -> bool {
        if !self.is_stale.get() && self.depends_on(change, services) {
            self.is_stale.set(true);
        }
        self.is_stale.get()
    }

    fn depends_on(&self, change: &TreeChange, services: &[Service]) -> bool {
        let path = String::from_utf8_lossy(&change.path);
        let is_dockerfile = || services.iter().any(|service| service.build.dockerfile == path);
        if self.inputs.is_named(&path)
            // What a pinned base leaves to be run is that of today's Dockerfile.
            || self.inputs.pins().next().is_some() && is_dockerfile()
        {
            return true;
        }
        if change.is_of_content() {
            return false;
        }
        // Where links lead, and what submodules have, is another matter than which files there are.
        if !change.is_of_files() {
            return true;
        }
        if !self.inputs.has(&change.path) {
            return false;
        }
        if self.has_gaps {
            return true;
        }
        if change.before() == TreeEntry::Absent {
            self.spare.set(self.spare.get().saturating_sub(1));
        }
        self.spare.get() == 0
    }
}

/// Notes that the first parent differs in `change`. Returns whether any image is made of something else.
pub(super) fn go_back(inputs: &InputsByService, change: &TreeChange, services: &[Service]) -> bool {
    let mut is_any_stale = false;
    // All of them have to know.
    for watched in inputs.values() {
        is_any_stale |= watched.go_back(change, services);
    }
    is_any_stale
}
