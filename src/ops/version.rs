//! `imgver version` and `imgver extended`: the version of one subject.

use super::facts::{self, Facts, HistoryRequest, Rev};
use super::formats;
use super::identity::{self, Identity};
use super::image::no_image;
use super::rules::{first_release, refuse_inexact};
use super::subject::Subject;
use super::uncommitted::refuse_uncommitted;
use super::{Checkout, Outcome, RepositoryRequest, SubjectRequest, VersionAnswer, VersionForm};
use crate::domain::{FormatProposal, Reference};
use crate::error::{Error, Kind, Result};
use crate::images::Given;

/// The version to compute.
#[derive(Debug, Clone)]
pub struct Request {
    /// The service, or the repository as a whole.
    pub subject: SubjectRequest,
    /// The commit to version.
    pub history: HistoryRequest,
    /// The form of the extended version.
    pub form: VersionForm,
    /// The requirements on the version.
    pub demands: Demands,
    /// Which of the two versions to print, or to use as the image's tag.
    pub kind: VersionKind,
    /// Whether the answer includes the image.
    pub image: ImageUse,
    /// Where the image repository comes from.
    pub repository: RepositoryRequest,
}

/// Requirements that turn an answer into an error if they are not met.
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

/// Whether an answer includes the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageUse {
    /// It does not.
    Ignored,
    /// If it is known; an invalid one is a warning.
    IfKnown,
    /// It must; an unknown or invalid one is an error.
    Required,
}

/// The version, and the line to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// The whole computation.
    pub answer: VersionAnswer,
    /// The version, or the image reference with it.
    pub line: String,
}

/// Computes the version.
///
/// # Errors
/// Those of services, images and history; a requirement that is not met.
pub fn version(request: &Request, checkout: &Checkout) -> Result<Outcome<Versioned>> {
    let identity = identity::one(&request.subject, &request.repository, &request.history.rev, checkout)?;
    let computed = computed(&identity, checkout, request.history.clone(), request.form, request.demands)?;
    let mut answer = computed.answer;
    let mut line = request.kind.of(&answer).to_owned();
    if request.image != ImageUse::Ignored {
        let image = identity.image(checkout);
        let is_required = request.image == ImageUse::Required;
        match image.and_then(|image| image.map(|image| answer.set_image(&image, &line)).transpose()) {
            Ok(Some(reference)) => {
                answer.warnings.extend(another_commits(&reference, request.kind, &answer));
                if is_required {
                    line = reference.to_string();
                }
            }
            Ok(None) if is_required => return Err(no_image(&identity.subject)),
            Err(error) if is_required => return Err(error),
            // Nobody needs an image to ask for a version.
            Ok(None) => {}
            Err(error) => answer.warnings.push(error.to_string()),
        }
    }
    let warnings = answer.warnings.clone();
    Ok(Outcome::of(Versioned { answer, line }, warnings))
}

/// The warning if `reference` is named after a release that is not the commit's.
fn another_commits(reference: &Reference, kind: VersionKind, answer: &VersionAnswer) -> Option<String> {
    let release = answer.base_tag.as_ref().filter(|_| kind == VersionKind::Base && answer.distance > 0)?;
    // No release has an image called so.
    let replaces = if answer.dirty { "" } else { ": pushing it would replace the release" };
    let commit = answer.commit.get(..7).unwrap_or(&answer.commit);
    let distance = facts::distance_in_words(answer.distance, answer.scope);
    Some(format!(
        "{reference} is named after the release {release}, but {commit} is {distance} later{replaces} (imgver extended --image names the commit)"
    ))
}

/// An answer, and the facts that it follows from.
pub(super) struct Computed {
    pub(super) answer: VersionAnswer,
    pub(super) facts: Facts,
}

/// The computation for the subject of `identity`, checked against `demands`.
pub(super) fn computed(
    identity: &Identity,
    checkout: &Checkout,
    mut history: HistoryRequest,
    form: VersionForm,
    demands: Demands,
) -> Result<Computed> {
    // An exact version requires a clean tree, whatever `--no-dirty` says.
    history.dirty |= demands.exact;
    let subject = &identity.subject;
    let facts = facts::of_one(checkout, subject, &history)?;
    let proposal = formats::proposal(subject, &facts, checkout)?;
    refuse_unmet(demands, subject, &facts, &history.rev, proposal.as_ref())?;
    if demands.exact && !history.is_elsewhere() {
        refuse_uncommitted([subject], &Given::default(), checkout)?;
    }
    let mut answer = VersionAnswer::new(subject, &facts, form.or_configured(checkout)?)?;
    answer.warnings.splice(0..0, identity.warnings.iter().cloned());
    answer.warnings.extend(proposal.as_ref().map(formats::warning));
    Ok(Computed { answer, facts })
}

fn refuse_unmet(
    demands: Demands,
    subject: &Subject,
    facts: &Facts,
    rev: &Rev,
    proposal: Option<&FormatProposal>,
) -> Result<()> {
    if demands.exact {
        refuse_inexact(subject, facts, rev, proposal)?;
    }
    if demands.release && facts.base.is_none() {
        let error = Error::new(Kind::VersionRule, subject.no_release());
        return Err(first_release(error, subject, facts, rev, proposal));
    }
    Ok(())
}
