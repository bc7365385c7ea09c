//! `imgver version` and `imgver extended`: the version of one subject.

use super::facts::{self, Facts, HistoryRequest, Rev};
use super::image::{image, no_image};
use super::rules::refuse_inexact;
use super::subject::{self, Subject};
use super::{Checkout, Outcome, RepositoryRequest, SubjectRequest, VersionAnswer, VersionForm};
use crate::error::{Error, Kind, Result};

/// Which version of which subject is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Of what.
    pub subject: SubjectRequest,
    /// At which commit.
    pub history: HistoryRequest,
    /// How the extended version is written.
    pub form: VersionForm,
    /// What must hold.
    pub demands: Demands,
    /// Which of the two versions is the image's tag.
    pub kind: VersionKind,
    /// Whether the image is asked for.
    pub image: ImageUse,
    /// Where the image repository comes from.
    pub repository: RepositoryRequest,
}

/// What must hold for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demands {
    /// The commit carries a release tag, and nothing is uncommitted.
    pub exact: bool,
    /// A release is reachable.
    pub release: bool,
}

/// One of the versions of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionKind {
    /// The base release.
    Base,
    /// Base release, distance and commit.
    Extended,
}

impl VersionKind {
    pub(super) fn of(self, answer: &VersionAnswer) -> &str {
        match self {
            VersionKind::Base => &answer.version,
            VersionKind::Extended => &answer.extended,
        }
    }
}

/// Whether the image is part of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageUse {
    /// It is not.
    Ignored,
    /// It is where it is known; what is wrong with it is a warning.
    IfKnown,
    /// It is what was asked for.
    Required,
}

/// The version, and the line that says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// The whole computation.
    pub answer: VersionAnswer,
    /// The version, or the image reference with it.
    pub line: String,
}

/// Works out the version.
///
/// # Errors
/// Those of services, images, history and of what is demanded.
pub fn version(request: &Request, checkout: &Checkout) -> Result<Outcome<Versioned>> {
    let subject = subject::one(&request.subject, checkout)?;
    let mut answer = answer(&subject, checkout, request.history.clone(), request.form, request.demands)?;
    let mut line = request.kind.of(&answer).to_owned();
    if request.image != ImageUse::Ignored {
        let image = image(&request.repository, checkout, &subject);
        let is_required = request.image == ImageUse::Required;
        match image.and_then(|image| image.map(|image| answer.set_image(&image, &line)).transpose()) {
            Ok(Some(reference)) if is_required => line = reference.to_string(),
            Ok(None) if is_required => return Err(no_image(&subject)),
            Err(error) if is_required => return Err(error),
            // Whoever asks for a version only need not have an image.
            Ok(_) => {}
            Err(error) => answer.warnings.push(error.to_string()),
        }
    }
    let warnings = answer.warnings.clone();
    Ok(Outcome::of(Versioned { answer, line }, warnings))
}

/// The computation for `subject`, checked against `demands`.
pub(super) fn answer(
    subject: &Subject,
    checkout: &Checkout,
    mut history: HistoryRequest,
    form: VersionForm,
    demands: Demands,
) -> Result<VersionAnswer> {
    // Whether the tree is clean is part of what is demanded, whatever else was asked.
    history.dirty |= demands.exact;
    let facts = facts::of_one(checkout, subject, &history)?;
    refuse_unmet(demands, subject, &facts)?;
    VersionAnswer::new(subject, &facts, form)
}

fn refuse_unmet(demands: Demands, subject: &Subject, facts: &Facts) -> Result<()> {
    if demands.exact {
        refuse_inexact(subject, facts)?;
    }
    if demands.release && facts.base.is_none() {
        return Err(Error::new(Kind::VersionRule, subject.no_release())
            .hint("git fetch --tags gets missing tags")
            .hint(format!("git tag -a {} creates a first release", subject.tag_of("0.1.0"))));
    }
    Ok(())
}

impl HistoryRequest {
    /// Whether a commit is named, instead of the work tree.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.rev != Rev::Head
    }
}
