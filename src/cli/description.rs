//! What an image is told of the commit that it is built from: its labels and build arguments.

use std::collections::BTreeMap;

use super::Place;
use super::subject::Subject;
use crate::build::{Commit, labels};
use crate::domain::{ImageRepository, short_name};
use crate::error::Result;
use crate::history::git::CommitId;

/// The build argument that carries the version.
pub(super) const VERSION: &str = "VERSION";

/// What holds for all images of one commit.
pub(super) struct Description {
    commit: Commit,
    source: Option<String>,
}

impl Description {
    pub(super) fn of(commit: CommitId, place: &Place) -> Result<Self> {
        let time = place.repository.commit_time(commit)?;
        Ok(Description {
            commit: Commit::new(commit.to_string(), time),
            source: place.repository.source_url(),
        })
    }

    /// The labels of the image of `subject`.
    pub(super) fn labels(
        &self,
        subject: &Subject,
        repository: &ImageRepository,
        version: &str,
    ) -> BTreeMap<String, String> {
        let title = match &subject.service {
            Some(service) => short_name(&service.path),
            None => short_name(repository.as_str()),
        };
        labels(title, version, &self.commit, self.source.as_deref())
    }

    /// The build arguments that every image is given.
    pub(super) fn build_args(&self, version: &str) -> BTreeMap<String, String> {
        BTreeMap::from([
            (VERSION.to_owned(), version.to_owned()),
            // Reproducible builds' name for the time that replaces the clock's; BuildKit knows it.
            ("SOURCE_DATE_EPOCH".to_owned(), self.commit.seconds().to_string()),
        ])
    }
}
