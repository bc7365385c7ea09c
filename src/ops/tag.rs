//! `imgver tag`: the image tag of one subject for an environment.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::answer::reference;
use super::description::Description;
use super::facts::HistoryRequest;
use super::image::{image, no_image, tag_given};
use super::rules::{is_production, refuse_unreleased};
use super::subject::{self, Subject};
use super::version::{Demands, VersionKind, answer};
use super::{Checkout, Effect, Outcome, RepositoryRequest, SubjectRequest, VersionAnswer, VersionForm};
use crate::ci::github::output_lines;
use crate::display::on_one_line;
use crate::domain::{ImageRepository, Reference};
use crate::error::{Error, Kind, Result};

/// Which image tag is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Of what.
    pub subject: SubjectRequest,
    /// At which commit.
    pub history: HistoryRequest,
    /// How the extended version is written.
    pub form: VersionForm,
    /// What must hold, besides what the environment demands.
    pub demands: Demands,
    /// What the image is for.
    pub environment: String,
    /// A version given by hand.
    pub set_version: Option<String>,
    /// Where the image repository comes from.
    pub repository: RepositoryRequest,
    /// What the tag is wanted for.
    pub detail: TagDetail,
}

/// How much is to be said of an image tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagDetail {
    /// The reference alone.
    Reference,
    /// The whole computation.
    Computation,
    /// What a step needs to build the image, also for the file of the step's outputs, if there is one.
    StepOutputs(Option<PathBuf>),
}

/// What is said of an image tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The reference.
    Reference(Reference),
    /// The whole computation.
    Computation(VersionAnswer),
    /// The step's outputs, a line or more each, as they are appended to the file.
    StepOutputs(String),
}

/// Names the image.
///
/// # Errors
/// Those of services, images, history and of what is demanded.
pub fn tag(request: &Request, checkout: &Checkout) -> Result<Outcome<Answer>> {
    let subject = subject::one(&request.subject, checkout)?;
    let repository = image(&request.repository, checkout, &subject)?.ok_or_else(|| no_image(&subject))?;
    let is_production = is_production(&request.environment);
    let demands = Demands { exact: is_production || request.demands.exact, ..request.demands };
    let (reference, computed) = match &request.set_version {
        Some(version) => given(version, request, demands, checkout, &subject, &repository)?,
        None => {
            let mut answer = answer(&subject, checkout, request.history.clone(), request.form, demands)?;
            let kind = if is_production { VersionKind::Base } else { VersionKind::Extended };
            let version = kind.of(&answer).to_owned();
            (answer.set_image(&repository, &version)?, Some(answer))
        }
    };
    let mut warnings = computed.as_ref().map(|answer| answer.warnings.clone()).unwrap_or_default();
    Ok(match (&request.detail, computed) {
        (TagDetail::Computation, Some(answer)) => Outcome::of(Answer::Computation(answer), warnings),
        (TagDetail::StepOutputs(file), _) => {
            let text = step_outputs(&reference, request, checkout, &subject)?;
            let effects = match file {
                Some(path) => vec![Effect::Append { path: path.clone(), text: text.clone() }],
                None => {
                    warnings.insert(
                        0,
                        "GITHUB_OUTPUT is not set: the outputs are printed but not saved".to_owned(),
                    );
                    Vec::new()
                }
            };
            Outcome { answer: Answer::StepOutputs(text), warnings, effects }
        }
        _ => Outcome::of(Answer::Reference(reference), warnings),
    })
}

/// The tag for a version given by hand, and the computation where anything asks for it: the version alone needs no history.
fn given(
    version: &str,
    request: &Request,
    demands: Demands,
    checkout: &Checkout,
    subject: &Subject,
    repository: &ImageRepository,
) -> Result<(Reference, Option<VersionAnswer>)> {
    tag_given(version)?;
    let reference = reference(repository, version)?;
    if demands.exact {
        let commit = request.history.rev.resolve(&checkout.repository)?;
        refuse_unreleased(commit, checkout, subject, version)?;
    }
    let needs_history = demands != Demands::default()
        || request.history.is_elsewhere()
        || request.detail == TagDetail::Computation;
    if !needs_history {
        return Ok((reference, None));
    }
    let mut answer = answer(subject, checkout, request.history.clone(), request.form, demands)?;
    answer.set_image(repository, version)?;
    Ok((reference, Some(answer)))
}

/// The outputs of a workflow's step that names an image.
fn step_outputs(
    reference: &Reference,
    request: &Request,
    checkout: &Checkout,
    subject: &Subject,
) -> Result<String> {
    let version = reference.tag.as_str();
    let commit = request.history.rev.resolve(&checkout.repository)?;
    let description = Description::of(commit, checkout)?;
    let outputs = [
        ("version", version.to_owned()),
        ("image_tag", reference.to_string()),
        ("labels", lines(&description.labels(subject, &reference.repository, version))?),
        ("build_args", lines(&description.build_args(version))?),
    ];
    Ok(output_lines(outputs.iter().map(|(name, value)| (*name, &**value))))
}

/// A `NAME=VALUE` a line, as docker/build-push-action reads lists: as CSV, where a quote may change what follows.
fn lines(values: &BTreeMap<String, String>) -> Result<String> {
    let line = |(name, value): (&String, &String)| {
        let line = format!("{name}={value}");
        if line.contains(['"', '\r', '\n']) {
            let line = on_one_line(&line);
            return Err(Error::new(
                Kind::Input,
                format!("cannot write {line} to a step output: it contains a quote or a line break"),
            )
            .hint("rename the service's directory"));
        }
        Ok(line)
    };
    Ok(values.iter().map(line).collect::<Result<Vec<_>>>()?.join("\n"))
}
