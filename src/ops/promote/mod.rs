//! `imgver promote`: the image that was built of a commit gets the tag of its release. Nothing is built.

mod choice;

use std::collections::BTreeMap;
use std::path::PathBuf;

use self::choice::{Choice, Chosen, Wanted};
use super::earlier_versions::{EarlierVersions, earlier_versions};
use super::facts::{self, HistoryRequest, Rev};
use super::float::moved_by_float;
use super::formats;
use super::identity::{self, Identity};
use super::image::{distinct, no_image, tag_given};
use super::prerelease_tags::{carried, required};
use super::requested_tags::RequestedFormat;
use super::rules::{EnvironmentRule, Images, environment_rule, refuse_inexact, refuse_unreleased};
use super::subject::no_work_tree;
use super::version::VersionKind;
use super::{
    Checkout, Effect, Outcome, RepositoryRequest, SubjectChoice, SubjectRequest, VersionAnswer, VersionForm,
};
use crate::ci::github::output_lines;
use crate::config::Scope;
use crate::display::shell_word;
use crate::domain::{Digest, ImageRepository, ImageTag, Reference};
use crate::error::{Context as _, Error, Kind, Result};
use crate::images::NamedImage;
use crate::registry::{Image, Registries, RegistryError};

/// The image to promote.
#[derive(Debug, Clone)]
pub struct Request {
    /// The service, by path or short name.
    pub service: String,
    /// The format of release tags; none means the default.
    pub tag_format: Option<RequestedFormat>,
    /// The commit.
    pub rev: Rev,
    /// The environment whose tag the image gets; `production` requires a release, `candidate` a pre-release where there are any.
    pub environment: String,
    /// The version given by `--set-version`.
    pub set_version: Option<String>,
    /// Whether only first-parent history counts.
    pub first_parent: bool,
    /// What distances count; none means as the configuration says.
    pub scope: Option<Scope>,
    /// The form of extended versions.
    pub form: VersionForm,
    /// The environment variable `IMAGE_REPO`.
    pub image_variable: Option<String>,
    /// The repository that takes the place of the service's own as the destination.
    pub to: Option<String>,
    /// The digest of the only image that is accepted.
    pub digest: Option<String>,
    /// Whether it is no failure if there is no such image.
    pub optional: bool,
    /// The file to append the step's outputs to.
    pub output_file: Option<PathBuf>,
    /// The file for records of the images.
    pub images_file: Option<PathBuf>,
}

/// What was promoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The image; none if there is none.
    pub digest: Option<Digest>,
    /// The outputs of a workflow's step, a line each.
    pub outputs: String,
    /// What is done, or was there already, for people.
    pub report: Vec<String>,
}

/// Finds the image and decides which names it gets.
///
/// # Errors
/// A commit that is no release, for production; no image of it, unless that is allowed; an image of another commit under the
/// release's tag; a registry that does not answer.
pub fn promote(request: &Request, checkout: &Checkout, registries: &Registries) -> Result<Outcome<Answer>> {
    if checkout.is_bare() {
        return Err(no_work_tree("cannot promote anything"));
    }
    let EnvironmentRule { images, warning } = environment_rule(&request.environment, checkout)?;
    let subject = SubjectRequest {
        choice: SubjectChoice::Service(request.service.clone()),
        tag_prefix: None,
        tag_format: request.tag_format.clone(),
    };
    let repository = RepositoryRequest { flag: None, variable: request.image_variable.clone() };
    let identity = identity::one(&subject, &repository, &request.rev, checkout)?;
    let (wanted, unknown, mut warnings) = wanted(request, &images, &identity, checkout)?;
    warnings.extend(warning);
    let images = ask(&wanted.references(), registries)?;
    let (chosen, answer) = match wanted.choose(&images)? {
        Choice::Chosen(chosen) => {
            warnings.extend(chosen.others.iter().map(|(reference, digest)| {
                format!(
                    "{reference} is {digest} and stays: {} is {}, a different image of the same commit",
                    chosen.found, chosen.digest
                )
            }));
            let answer = answer(Some(&chosen.digest), report(&wanted, &chosen));
            (Some(chosen), answer)
        }
        Choice::None(passed_over) => {
            // There may be an image under a version that nobody can work out here.
            unknown.map_or(Ok(()), Err)?;
            if !request.optional {
                return Err(nothing_found(&wanted, &passed_over));
            }
            let nothing = format!(
                "{}: there is no image {} to promote to {}",
                wanted.service,
                wanted.named(),
                wanted.tag
            );
            (None, answer(None, std::iter::once(nothing).chain(passed_over).collect()))
        }
    };
    let effects = effects(request, &wanted, chosen.as_deref(), &answer);
    Ok(Outcome { answer, warnings, effects })
}

/// What is looked for, why that may not be all, and the warnings about it.
fn wanted(
    request: &Request,
    demanded: &Images,
    identity: &Identity,
    checkout: &Checkout,
) -> Result<(Wanted, Option<Error>, Vec<String>)> {
    let subject = &identity.subject;
    let own = distinct(identity.images(checkout)?);
    if own.is_empty() {
        return Err(no_image(subject));
    }
    let to = request.to.as_deref().map(|text| identity::destination(text, subject, checkout)).transpose()?;
    let digest = request.digest.as_deref().map(str::parse).transpose();
    let digest = digest.context(Kind::Input, || "--digest is not a valid digest")?;
    let history = HistoryRequest {
        rev: request.rev.clone(),
        first_parent: request.first_parent,
        scope: request.scope,
        last_change: true,
        dirty: false,
    };
    let is_production = demanded.are_releases();
    let subjects = std::slice::from_ref(subject);
    let mut broken = Vec::new();
    let given = match (&request.set_version, demanded) {
        (given, Images::PreReleases(prereleases)) => {
            let mut required = required(given.as_deref(), subjects, &history.rev, prereleases, checkout)?;
            broken = required.warnings;
            required.tags.pop()
        }
        (Some(version), _) => {
            let tag = tag_given(version)?;
            if is_production {
                refuse_unreleased(&history.rev, checkout, subject, version)?;
            }
            Some(tag)
        }
        (None, _) => None,
    };
    let by_hand = request.set_version.as_ref().map(|version| moved_by_float(version, checkout));
    let facts = facts::of_one(checkout, subject, &history)?;
    let proposal = formats::proposal(subject, &facts, checkout)?;
    if is_production {
        refuse_inexact(subject, &facts, &history.rev, proposal.as_ref())?;
    }
    let form = request.form.or_configured(checkout)?;
    let mut computed = VersionAnswer::new(subject, &facts, form)?;
    computed.warnings.splice(0..0, identity.warnings.iter().cloned());
    computed.warnings.extend(proposal.as_ref().map(formats::warning));
    computed.warnings.extend(broken);
    computed.warnings.extend(by_hand.transpose()?.flatten());
    let kind = if is_production { VersionKind::Base } else { VersionKind::Extended };
    let version = kind.of(&computed);
    let tag = given.map_or_else(|| version.parse(), Ok);
    let tag =
        tag.context(Kind::Input, || format!("cannot tag an image of {} with {version}", subject.name()))?;

    let EarlierVersions { versions, unknown } = earlier_versions(subject, &history, form, checkout)?;
    let versions = versions.iter().filter_map(|version| version.parse().ok());
    let carried = carried(facts.commit, subjects, &checkout.config()?.prereleases(), checkout)?;
    let prereleases = carried.into_iter().flat_map(|carried| carried.prereleases);
    let prereleases = prereleases.filter_map(|prerelease| ImageTag::try_from(&prerelease).ok());
    let wanted = Wanted {
        service: subject.key().to_owned(),
        commit: facts.last_change_of(subject)?.to_string(),
        tag,
        earlier: prereleases.chain(versions).collect(),
        searched: distinct(own.iter().cloned().chain(to.clone())),
        targets: to.map_or(own, |to| vec![to]),
        digest,
    };
    Ok((wanted, unknown, computed.warnings))
}

/// Which of `references` there are.
fn ask(references: &[Reference], registries: &Registries) -> Result<BTreeMap<Reference, Image>> {
    let mut images = BTreeMap::new();
    for (reference, answer) in references.iter().zip(registries.images(references)) {
        // Whatever is wrong with a registry, it does not mean that there is no image.
        if let Some(image) = answer.map_err(RegistryError::into_error)? {
            images.insert(reference.clone(), image);
        }
    }
    Ok(images)
}

fn answer(digest: Option<&Digest>, report: Vec<String>) -> Answer {
    let outputs = output_lines([("digest", digest.map(Digest::as_str).unwrap_or_default())]);
    Answer { digest: digest.cloned(), outputs, report }
}

fn report(wanted: &Wanted, chosen: &Chosen) -> Vec<String> {
    let Chosen { digest, found, copies, kept, .. } = chosen;
    let service = &wanted.service;
    let kept = kept.iter().map(|name| format!("{service}: {name} is there already, {digest}"));
    let copied = copies.iter().map(|copy| format!("{service}: {} is {found}, {digest}", copy.target));
    kept.chain(copied).collect()
}

/// The copies, the step's outputs, the records, in this order: whatever fails, what was said before is true.
fn effects(request: &Request, wanted: &Wanted, chosen: Option<&Chosen>, answer: &Answer) -> Vec<Effect> {
    let copies = chosen.iter().flat_map(|chosen| &chosen.copies).cloned().map(Effect::CopyImage);
    let outputs = request.output_file.iter().cloned();
    let outputs = outputs.map(|path| Effect::Append { path, text: answer.outputs.clone() });
    let named = |repository: &ImageRepository| NamedImage {
        service: wanted.service.clone(),
        reference: Reference { repository: repository.clone(), tag: wanted.tag.clone() },
        version: wanted.tag.as_str().to_owned(),
    };
    let images: Vec<NamedImage> = chosen.iter().flat_map(|_| &wanted.targets).map(named).collect();
    let records = request.images_file.iter().cloned();
    let records = records.map(|path| Effect::RecordImages { path, images: images.clone() });
    copies.chain(outputs).chain(records).collect()
}

/// The error if there is no image to promote, with those that were `passed_over`.
fn nothing_found(wanted: &Wanted, passed_over: &[String]) -> Error {
    let Wanted { service, tag, searched, .. } = wanted;
    let listed = |words: Vec<String>| words.join(", ");
    let repositories = listed(searched.iter().map(ToString::to_string).collect());
    let tags = listed(wanted.tags().map(ToString::to_string).collect());
    let message = format!("there is no image {} to promote to {tag} of {service}", wanted.named());
    let looked = format!("looked in {repositories} for the tags {tags}");
    let why = passed_over.iter().fold(looked, |why, other| why + "; " + other);
    Error::new(Kind::VersionRule, message).because(anyhow::Error::msg(why)).hint(format!(
        "imgver build {} --push builds it; --optional makes this no error",
        shell_word(service)
    ))
}
