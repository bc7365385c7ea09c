//! `imgver build`: images of one service or many, through docker buildx.

mod abilities;
mod existing;
mod files;
mod other_tags;
mod subjects;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use self::abilities::ImagePlatforms;
use self::existing::{Existing, existing};
pub use self::existing::{IfExists, KeptImage};
use self::files::Place;
pub(super) use self::files::no_dockerfile;
use self::subjects::identities;
use super::answer::reference;
use super::context::{BuildContext, settings};
use super::description::{self, Description};
use super::facts::{self, HistoryRequest, Rev};
use super::float::{self, FloatingService};
use super::formats;
use super::image::{no_image, tag_given};
use super::prerelease_tags::required_clean;
use super::requested_tags::RequestedFormat;
use super::rules::{
    EnvironmentRule, Images, environment_rule, refuse_inexact, refuse_unreleased, release_by_hand,
};
use super::subject::Subject;
use super::uncommitted::refuse_uncommitted;
use super::version::VersionKind;
use super::{Checkout, Effect, Outcome, VersionAnswer, VersionForm};
use crate::config::Scope;
use crate::domain::{ImageRepository, ImageTag, Platform, Reference, Version};
use crate::error::{Error, Kind, Result};
use crate::history::git::CommitId;
use crate::images::docker::Docker;
use crate::images::{
    Aim, Build, Cache, Given, GivenPlatforms, ImageCopy, NamedImage, Options, Pushes, Target, VERSION,
};
use crate::programs::Programs;
use crate::registry::Registries;

/// Options of a build.
#[derive(Debug, Clone)]
pub struct Request {
    /// Which services.
    pub services: ServiceChoice,
    /// The format of release tags; none means the default.
    pub tag_format: Option<RequestedFormat>,
    /// The environment that the images are for; `production` requires releases, `candidate` pre-releases where there are any.
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
    /// Build arguments, in addition to imgver's own; one without a value takes that of the environment variable, if there is
    /// one.
    pub build_args: Vec<(String, Option<String>)>,
    /// Labels, in addition to imgver's own, or overriding them.
    pub labels: Vec<(String, String)>,
    /// The target platforms, in place of those of each service's settings; empty means those.
    pub platforms: Vec<Platform>,
    /// The stage of the Dockerfile, in place of that of each service's settings; none means that.
    pub target: Option<String>,
    /// The options of docker buildx, the same for all images.
    pub options: Options,
    /// Whether GitHub's cache can be reached: the variables that the runner gives to actions are set.
    pub has_github_cache: bool,
    /// Whether only images are built that their registries lack.
    pub missing: bool,
    /// What happens, before a push, to an image of the same commit that is there under the tag of a release.
    pub if_exists: IfExists,
    /// The file for the records of all images that are there in the end.
    pub images_file: Option<PathBuf>,
    /// Whether nothing will be built, so that docker is not asked for anything, nor any registry except for what is missing.
    pub dry_run: bool,
}

/// Which services are built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceChoice {
    /// All of them.
    All,
    /// These, by path or short name; an empty list means the one that contains the current directory, else the one with the
    /// image `IMAGE_REPO`, else all if they are asked for what is missing, else the repository as a whole.
    Named(Vec<String>),
    /// The repository as a whole.
    Whole,
}

/// What is done about the images, in the order of their services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// All references of those to build, the main one of each image first.
    pub references: Vec<Reference>,
    /// How they are built; none if all of them are there.
    pub build: Option<Build>,
    /// Those that are there and kept as they are.
    pub kept: Vec<KeptImage>,
    /// The copies of those to the registries that lack them.
    pub copies: Vec<ImageCopy>,
    /// What is kept, copied and left undone, a sentence each.
    pub notes: Vec<String>,
}

/// Decides what to build, and checks that docker can build it. `registries` are asked if it matters what they have.
///
/// # Errors
/// A build that is impossible with any docker; a registry that does not answer, or has what must not be replaced; unless this is
/// a dry run, also a build that this docker cannot do.
pub fn build(
    request: &Request,
    checkout: &Checkout,
    programs: &Programs,
    registries: &Registries,
) -> Result<Outcome<Answer>> {
    let EnvironmentRule { images, warning } = environment_rule(&request.environment, checkout)?;
    refuse_contradictions(request)?;
    let (targets, released, mut warnings) = targets(request, &images, checkout)?;
    warnings.extend(warning);
    let whole = Build::new(&targets, &request.options)?;
    if request.images_file.is_some() && whole.aim() == Aim::AsGiven {
        return Err(Error::new(
            Kind::Usage,
            "--images-file cannot tell what is pushed: the arguments after -- decide where images go",
        )
        .hint("leave out --images-file, or these arguments"));
    }
    let (has_other_tags, is_pushed) = (whole.has_other_tags, whole.aim() == Aim::Push);
    let pushes = Pushes::of(&request.options, targets.len() == 1);
    other_tags::refuse_bake_file(&targets, &pushes)?;
    let existing = existing(&targets, request, pushes.is_possible, whole.builder.as_ref(), registries)?;
    let is_built = |target: &Target| existing.is_built(target);
    let built: Vec<Target> = targets.iter().filter(|target| is_built(target)).cloned().collect();
    if request.missing || !request.dry_run {
        built
            .iter()
            .try_for_each(|target| other_tags::refuse_releases(&pushes, target, request, registries))?;
    }
    let build = match built.len() {
        0 => None,
        count if count == targets.len() => Some(whole),
        _ => Some(Build::of_some(&targets, is_built, &request.options)?),
    };
    let Existing { kept, copies, notes, warnings: more, .. } = existing;
    warnings.extend(more);
    if has_other_tags && !kept.is_empty() {
        warnings.push(OTHER_TAGS.to_owned());
    }
    let images = named(&targets);
    if !request.dry_run && !built.is_empty() {
        let platforms = platforms(&built, targets.len(), request);
        warnings.extend(abilities::check(&Docker::find(programs)?, &request.options, &platforms)?);
    }
    let mut effects: Vec<Effect> =
        build.iter().map(|build| Effect::BuildImages(Box::new(build.clone()))).collect();
    effects.extend(copies.iter().cloned().map(Effect::CopyImage));
    // Floating tags follow what has been pushed and copied by now, and what was there.
    let floats = if is_pushed { float::after_push(released, checkout)? } else { None };
    effects.extend(floats.map(Effect::Float));
    effects.extend(request.images_file.clone().map(|path| Effect::RecordImages { path, images }));
    let references = built.into_iter().flat_map(|target| target.references).collect();
    Ok(Outcome { answer: Answer { references, build, kept, copies, notes }, warnings, effects })
}

/// The warning if further tags are asked for, but not set.
const OTHER_TAGS: &str = "the image is there already and is not built, so it does not get the tags after -- (docker buildx imagetools create sets them)";

/// The images of `targets` under all their names.
fn named(targets: &[Target]) -> Vec<NamedImage> {
    let images = targets.iter().flat_map(|target| {
        target.references.iter().map(|reference| NamedImage {
            service: target.service.clone(),
            reference: reference.clone(),
            version: reference.tag.to_string(),
        })
    });
    images.collect()
}

/// A subject, and the repositories and version of its image.
struct Image {
    subject: Subject,
    /// The main one first; there is at least one.
    repositories: Vec<ImageRepository>,
    versioned: Versioned,
}

/// The version of an image, and the commit that it is described by.
struct Versioned {
    version: String,
    commit: CommitId,
}

/// What docker must support for each of `targets`, of `images` that were asked for.
fn platforms<'t>(targets: &'t [Target], images: usize, request: &Request) -> Vec<ImagePlatforms<'t>> {
    let is_by_flag = !request.platforms.is_empty();
    // What the arguments after -- override is not built.
    let is_overridden = !is_by_flag && given(request, images).platforms.is_some();
    let of_target = |target: &'t Target| ImagePlatforms {
        configured: (!is_by_flag).then_some(&*target.service),
        platforms: if is_overridden { &[] } else { &target.platforms },
    };
    targets.iter().map(of_target).collect()
}

/// What the arguments after -- say in place of the settings of `images` images.
fn given(request: &Request, images: usize) -> Given {
    Given::of(&request.options.extra, images == 1)
}

/// The targets to build, the services of those that are releases, and the warnings about it.
fn targets(
    request: &Request,
    demanded: &Images,
    checkout: &Checkout,
) -> Result<(Vec<Target>, Vec<FloatingService>, Vec<String>)> {
    let (images, mut warnings) = images(request, demanded, checkout)?;
    let released = images.iter().filter(|image| Version::parse(&image.versioned.version).is_some());
    let released = released.filter_map(|image| FloatingService::of(&image.subject, &image.repositories));
    let released = released.collect();
    let given = given(request, images.len());
    let context = |image: &Image| BuildContext::of(&image.subject, &given, checkout);
    let contexts = images.iter().map(context).collect::<Result<Vec<_>>>()?;
    let builds: Vec<_> = images.iter().map(|image| &image.subject).zip(&contexts).collect();
    warnings.extend(files::whole_contexts(&builds));
    let targets = images.iter().zip(&contexts).map(|(image, context)| {
        let place = files::place(&image.subject, context, &given, checkout)?;
        let description = Description::of(image.versioned.commit, checkout)?;
        target(image, place, &given, &description, request)
    });
    let targets = targets.collect::<Result<Vec<_>>>()?;
    refuse_shared_references(&targets)?;
    Ok((targets, released, warnings))
}

fn target(
    image: &Image,
    place: Place,
    given: &Given,
    description: &Description,
    request: &Request,
) -> Result<Target> {
    let Image { subject, repositories, versioned: Versioned { version, .. } } = image;
    let main = repositories.first().ok_or_else(|| no_image_of(subject, request))?;
    let mut labels = description.labels(subject, main, version);
    labels.extend(request.labels.iter().cloned());
    let (mut args, mut inherited_args) = (description.build_args(subject, version), BTreeSet::new());
    // As docker does it: of several for one name the last counts, but not one without a value if there is no such variable.
    for (name, value) in &request.build_args {
        match value {
            Some(value) => {
                inherited_args.remove(name);
                args.insert(name.clone(), value.clone());
            }
            None => drop(inherited_args.insert(name.clone())),
        }
    }
    let settings = settings(subject);
    let configured = || settings.map(|settings| settings.platforms.clone()).unwrap_or_default();
    let platforms = match &*request.platforms {
        // docker would build for both.
        [] if given.platforms == Some(GivenPlatforms::Added) => Vec::new(),
        [] => configured(),
        platforms => platforms.to_vec(),
    };
    Ok(Target {
        service: subject.key().to_owned(),
        context: place.context,
        dockerfile: place.dockerfile,
        contexts: place.contexts,
        stage: request.target.clone().or_else(|| settings.and_then(|settings| settings.target.clone())),
        platforms,
        references: repositories
            .iter()
            .map(|repository| reference(repository, version))
            .collect::<Result<_>>()?,
        args,
        inherited_args,
        labels,
    })
}

/// Refuses two images with the same reference: the one built last would replace the other.
fn refuse_shared_references(targets: &[Target]) -> Result<()> {
    let mut owners: BTreeMap<(String, &str), &str> = BTreeMap::new();
    let references = targets.iter().flat_map(|target| target.references.iter().map(move |of| (target, of)));
    for (Target { service, .. }, reference) in references {
        let in_full = (reference.repository.in_full(), reference.tag.as_str());
        if let Some(other) = owners.insert(in_full, service) {
            return Err(Error::new(
                Kind::Input,
                format!("{other} and {service} would both be tagged {reference}"),
            )
            .hint("give each service an image of its own, or build them one after another"));
        }
    }
    Ok(())
}

/// Refuses options that contradict each other, whatever docker can do.
fn refuse_contradictions(request: &Request) -> Result<()> {
    if request.build_args.iter().any(|(key, _)| key == VERSION) {
        return Err(Error::new(Kind::Usage, "--build-arg VERSION would differ from the image's tag")
            .hint("--set-version V sets both"));
    }
    if request.missing && request.if_exists != IfExists::Keep {
        return Err(Error::new(
            Kind::Usage,
            "--missing builds only what is not there, so it takes no --if-exists but keep",
        )
        .hint("leave out --missing to build images that are there as well"));
    }
    if matches!(request.options.cache, Cache::Gha(_)) && !request.has_github_cache {
        return Err(Error::new(
            Kind::Usage,
            "--cache gha needs ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL, which GitHub sets for actions but not for run steps",
        )
        .hint("in a workflow, an earlier step with crazy-max/ghaction-github-runtime exports them")
        .hint("elsewhere, use --cache registry=REF or --cache local=DIR"));
    }
    Ok(())
}

/// The image of each subject, and the warnings about them.
fn images(request: &Request, demanded: &Images, checkout: &Checkout) -> Result<(Vec<Image>, Vec<String>)> {
    let (mut subjects, mut repositories, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for identity in identities(request, checkout)? {
        let images = identity.images(checkout)?;
        if images.is_empty() {
            return Err(no_image_of(&identity.subject, request));
        }
        repositories.push(images);
        warnings.extend(identity.warnings);
        subjects.push(identity.subject);
    }
    let (versions, more) = versions(request, demanded, checkout, &subjects)?;
    warnings.extend(more);
    let images = subjects.into_iter().zip(repositories).zip(versions);
    let images =
        images.map(|((subject, repositories), versioned)| Image { subject, repositories, versioned });
    Ok((images.collect(), warnings))
}

fn no_image_of(subject: &Subject, request: &Request) -> Error {
    match request.services {
        _ if subject.service.is_some() => no_image(subject),
        ServiceChoice::Whole => no_image(subject),
        ServiceChoice::All | ServiceChoice::Named(_) => {
            Error::new(Kind::Input, "no service given, and the current directory is not in one")
                .hint("name services, or build all of them with --all")
        }
    }
}

/// The version of each of `subjects` and the commit that its image is described by, and the warnings about them.
fn versions(
    request: &Request,
    demanded: &Images,
    checkout: &Checkout,
    subjects: &[Subject],
) -> Result<(Vec<Versioned>, Vec<String>)> {
    let given = given(request, subjects.len());
    let history = HistoryRequest {
        rev: Rev::Head,
        first_parent: request.first_parent,
        scope: request.scope,
        last_change: true,
        dirty: true,
    };
    let set_version = request.set_version.as_deref();
    if let Images::PreReleases(prereleases) = demanded {
        let required = required_clean(set_version, subjects, &history, prereleases, &given, checkout)?;
        let commits = description::commits_of(subjects, &history, checkout)?;
        let of = |(tag, commit): (ImageTag, CommitId)| Versioned { version: tag.to_string(), commit };
        return Ok((required.tags.into_iter().zip(commits).map(of).collect(), required.warnings));
    }
    let production = demanded.are_releases();
    if let Some(version) = set_version {
        tag_given(version)?;
        if !production {
            // Where every commit is a change, no history is needed, so a shallow clone is enough.
            let warning = release_by_hand(version, &history, subjects, &given, checkout)?;
            let commits = description::commits_of(subjects, &history, checkout)?;
            let versions =
                commits.into_iter().map(|commit| Versioned { version: version.to_owned(), commit });
            return Ok((versions.collect(), warning.into_iter().collect()));
        }
        let refuse = |subject| refuse_unreleased(&Rev::Head, checkout, subject, version);
        subjects.iter().try_for_each(refuse)?;
    }
    let facts = facts::of_all(checkout, subjects, &history)?;
    let form = request.form.or_configured(checkout)?;
    let kind = if production { VersionKind::Base } else { VersionKind::Extended };
    let unreleased = subjects.iter().zip(&facts).filter(|(_, facts)| facts.base.is_none());
    let proposal = formats::any_proposal(unreleased.map(|(subject, _)| subject), checkout)?;
    let (mut versions, mut warnings) = (Vec::new(), Vec::new());
    for (subject, facts) in subjects.iter().zip(&facts) {
        if production {
            let missed = proposal.as_ref().filter(|_| facts.base.is_none());
            refuse_inexact(subject, facts, &history.rev, missed)?;
        }
        let answer = VersionAnswer::new(subject, facts, form)?;
        let version = set_version.unwrap_or(kind.of(&answer)).to_owned();
        versions.push(Versioned { version, commit: facts.last_change_of(subject)? });
        warnings.extend(answer.warnings);
    }
    if production {
        refuse_uncommitted(subjects, &given, checkout)?;
    }
    warnings.extend(proposal.as_ref().map(formats::warning));
    Ok((versions, warnings))
}
