//! The labels and build arguments that describe the commit of an image.

use std::collections::BTreeMap;

use super::Checkout;
use super::context::settings;
use super::subject::Subject;
use crate::domain::{ImageRepository, short_name};
use crate::error::Result;
use crate::history::git::CommitId;
use crate::images::{SourceCommit, VERSION, labels};

/// The commit and source URL that all images of one build share.
pub(super) struct Description {
    commit: SourceCommit,
    source: Option<String>,
}

impl Description {
    pub(super) fn of(commit: CommitId, checkout: &Checkout) -> Result<Self> {
        let time = checkout.repository.commit_time(commit)?;
        Ok(Description {
            commit: SourceCommit::new(commit.to_string(), time),
            source: checkout.repository.source_url(),
        })
    }

    /// The labels of the image of `subject`.
    pub(super) fn labels(
        &self,
        subject: &Subject,
        repository: &ImageRepository,
        version: &str,
    ) -> BTreeMap<String, String> {
        let title = short_name(subject.path().unwrap_or(repository.as_str()));
        labels(title, version, &self.commit, self.source.as_deref())
    }

    /// The build arguments of the image of `subject`: those that every image is given, and its own.
    pub(super) fn build_args(&self, subject: &Subject, version: &str) -> BTreeMap<String, String> {
        let mut args = settings(subject).map(|settings| settings.args.clone()).unwrap_or_default();
        args.insert(VERSION.to_owned(), version.to_owned());
        // The name that reproducible builds give to the time that replaces the clock's; BuildKit knows it.
        args.insert("SOURCE_DATE_EPOCH".to_owned(), self.commit.seconds().to_string());
        args
    }
}
