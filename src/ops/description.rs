//! The labels and build arguments that describe the commit of an image.
//!
//! It is the last one that changed what the image is of. Every commit changes the repository; with versions by service, a
//! release of a service that nothing touched since is described as the build of the last commit that did.

use std::collections::BTreeMap;

use super::Checkout;
use super::context::settings;
use super::facts::{self, HistoryRequest};
use super::subject::Subject;
use crate::config::Scope;
use crate::domain::{ImageRepository, short_name};
use crate::error::Result;
use crate::history::git::CommitId;
use crate::images::{SourceCommit, VERSION, labels};

/// The commit that the image of each of `subjects` is described by.
///
/// # Errors
/// History that cannot be read, or does not tell.
pub(super) fn commits_of(
    subjects: &[Subject],
    history: &HistoryRequest,
    checkout: &Checkout,
) -> Result<Vec<CommitId>> {
    if history.scope_of(subjects, checkout)? == Scope::Repository {
        return Ok(vec![history.rev.resolve(&checkout.repository)?; subjects.len()]);
    }
    let history = HistoryRequest { last_change: true, dirty: false, ..history.clone() };
    let facts = facts::of_all(checkout, subjects, &history)?;
    subjects.iter().zip(&facts).map(|(subject, facts)| facts.last_change_of(subject)).collect()
}

/// The commit of an image, and the URL of its source.
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
