//! `imgver tag`: the image tag of one subject for an environment.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::answer::reference;
use super::context::settings;
use super::description::Description;
use super::facts::HistoryRequest;
use super::identity::{self, Identity};
use super::image::{no_image, tag_given};
use super::prerelease_tags::required_clean;
use super::rules::{EnvironmentRule, Images, environment_rule, refuse_unreleased, release_by_hand};
use super::version::{Computed, Demands, VersionKind, computed};
use super::{Checkout, Effect, Outcome, RepositoryRequest, SubjectRequest, VersionAnswer, VersionForm};
use crate::ci::github::output_lines;
use crate::config::Scope;
use crate::display::on_one_line;
use crate::domain::{ImageRepository, Platform, Reference};
use crate::error::{Error, Kind, Result};
use crate::history::git::CommitId;
use crate::images::Given;
use crate::workspace::BuildSettings;

/// The image tag to compute.
#[derive(Debug, Clone)]
pub struct Request {
    /// The service, or the repository as a whole.
    pub subject: SubjectRequest,
    /// The commit to version.
    pub history: HistoryRequest,
    /// The form of the extended version.
    pub form: VersionForm,
    /// Requirements, in addition to those of the environment.
    pub demands: Demands,
    /// The environment that the image is for; `production` requires a release, `candidate` a pre-release where there are any.
    pub environment: String,
    /// The version given by `--set-version`.
    pub set_version: Option<String>,
    /// Where the image repository comes from.
    pub repository: RepositoryRequest,
    /// How much to answer.
    pub detail: TagDetail,
}

/// How much to answer about an image tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagDetail {
    /// The reference alone.
    Reference,
    /// The whole computation.
    Computation,
    /// The outputs of a workflow step, also appended to the given file.
    StepOutputs(Option<PathBuf>),
}

/// The answer, by [`TagDetail`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The reference.
    Reference(Reference),
    /// The whole computation.
    Computation(Box<VersionAnswer>),
    /// The step's outputs, a line or more each, as they are appended to the file.
    StepOutputs(String),
}

/// Computes the image tag.
///
/// # Errors
/// Those of services, images and history; a requirement that is not met.
pub fn tag(request: &Request, checkout: &Checkout) -> Result<Outcome<Answer>> {
    let EnvironmentRule { images, warning: near_production } =
        environment_rule(&request.environment, checkout)?;
    let is_production = images.are_releases();
    let identity = identity::one(&request.subject, &request.repository, &request.history.rev, checkout)?;
    let repository = identity.image(checkout)?.ok_or_else(|| no_image(&identity.subject))?;
    let demands = Demands { exact: is_production || request.demands.exact, ..request.demands };
    // What is printed or saved beside the version names the last change, which the version itself may not.
    let last_change = request.history.last_change || request.detail != TagDetail::Reference;
    let history = HistoryRequest { last_change, ..request.history.clone() };
    let mut about_version = Vec::new();
    let subjects = std::slice::from_ref(&identity.subject);
    let (reference, mut computed) = match (&request.set_version, &images) {
        (given, Images::PreReleases(prereleases)) => {
            let given = given.as_deref();
            let required =
                required_clean(given, subjects, &history, prereleases, &Given::default(), checkout)?;
            // They are all that --exact asks for, except that the tag is no release's.
            let demands = Demands { exact: false, ..demands };
            about_version.extend(required.warnings);
            let required = required.tags.first().ok_or_else(|| no_image(&identity.subject))?;
            with_version(required.as_str(), request, &history, demands, checkout, &identity, &repository)?
        }
        (Some(version), _) => {
            tag_given(version)?;
            if demands.exact {
                refuse_unreleased(&history.rev, checkout, &identity.subject, version)?;
            }
            let tagged = with_version(version, request, &history, demands, checkout, &identity, &repository)?;
            if !is_production {
                about_version.extend(release_by_hand(
                    version,
                    &history,
                    subjects,
                    &Given::default(),
                    checkout,
                )?);
            }
            tagged
        }
        (None, _) => {
            let mut computed = computed(&identity, checkout, history.clone(), request.form, demands)?;
            let kind = if is_production { VersionKind::Base } else { VersionKind::Extended };
            let version = kind.of(&computed.answer).to_owned();
            (computed.answer.set_image(&repository, &version)?, Some(computed))
        }
    };
    let mut warnings = match &mut computed {
        Some(Computed { answer, .. }) => {
            answer.warnings.extend(about_version.into_iter().chain(near_production));
            answer.warnings.clone()
        }
        None => identity.warnings.iter().cloned().chain(about_version).chain(near_production).collect(),
    };
    Ok(match (&request.detail, computed) {
        (TagDetail::Computation, Some(Computed { answer, .. })) => {
            Outcome::of(Answer::Computation(Box::new(answer)), warnings)
        }
        (TagDetail::StepOutputs(file), computed) => {
            let commit = match computed {
                Some(Computed { facts, .. }) => facts.last_change_of(&identity.subject)?,
                None => history.rev.resolve(&checkout.repository)?,
            };
            let text = step_outputs(&reference, commit, checkout, &identity)?;
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

/// The tag with a `version` that is known, and the computation if anything needs it: the version alone needs no history.
fn with_version(
    version: &str,
    request: &Request,
    history: &HistoryRequest,
    demands: Demands,
    checkout: &Checkout,
    identity: &Identity,
    repository: &ImageRepository,
) -> Result<(Reference, Option<Computed>)> {
    let reference = reference(repository, version)?;
    let scope = history.scope_of(std::slice::from_ref(&identity.subject), checkout)?;
    let needs_history = demands != Demands::default()
        || history.is_elsewhere()
        || match request.detail {
            TagDetail::Reference => false,
            TagDetail::Computation => true,
            // Where every commit is a change, the labels need no history, so a shallow clone is enough.
            TagDetail::StepOutputs(_) => scope == Scope::Service,
        };
    if !needs_history {
        return Ok((reference, None));
    }
    let mut computed = computed(identity, checkout, history.clone(), request.form, demands)?;
    computed.answer.set_image(repository, version)?;
    Ok((reference, Some(computed)))
}

/// The outputs of a workflow's step that names an image.
fn step_outputs(
    reference: &Reference,
    commit: CommitId,
    checkout: &Checkout,
    identity: &Identity,
) -> Result<String> {
    let (subject, version) = (&identity.subject, reference.tag.as_str());
    let description = Description::of(commit, checkout)?;
    let images = identity.images(checkout)?;
    let tags = images.iter().map(|image| Ok(self::reference(image, version)?.to_string()));
    let of_whole = BuildSettings::of_directory("");
    let settings = settings(subject).unwrap_or(&of_whole);
    let outputs = [
        ("version", version.to_owned()),
        ("image_tag", reference.to_string()),
        ("tags", tags.collect::<Result<Vec<_>>>()?.join("\n")),
        ("labels", lines(&description.labels(subject, &reference.repository, version))?),
        ("build_args", lines(&description.build_args(subject, version))?),
        // What is not set is the empty string, which docker's action takes for absent; for the context that would be a URL.
        ("context", settings.context_of_action().to_owned()),
        ("dockerfile", settings.dockerfile_of_action().unwrap_or_default().to_owned()),
        ("build_contexts", lines(&settings.contexts_of_action())?),
        ("target", settings.target.clone().unwrap_or_default()),
        ("platforms", Platform::list(&settings.platforms)),
    ];
    Ok(output_lines(outputs.iter().map(|(name, value)| (*name, &**value))))
}

/// One `NAME=VALUE` a line, as docker/build-push-action reads lists: as CSV, in which quotes have a meaning, and without white
/// space at the end of a line.
fn lines(values: &BTreeMap<String, String>) -> Result<String> {
    let line = |(name, value): (&String, &String)| {
        let line = format!("{name}={value}");
        if line.contains(['\r', '\n']) || line.trim_end() != line {
            let line = on_one_line(&line);
            let what = format!(
                "cannot write '{line}' to a step output: docker's action drops white space at the end"
            );
            return Err(
                Error::new(Kind::Input, what).hint("remove it, or build with imgver build, which keeps it")
            );
        }
        Ok(if line.contains('"') { format!("\"{}\"", line.replace('"', "\"\"")) } else { line })
    };
    Ok(values.iter().map(line).collect::<Result<Vec<_>>>()?.join("\n"))
}
