//! `imgver build`: images of one service or many, through docker buildx.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::reference;
use super::description::Description;
use super::facts::{self, HistoryRequest, Rev};
use super::formats;
use super::identity::{self, Identity};
use super::image::{no_image, tag_given};
use super::rules::{EnvironmentRule, environment_rule, refuse_inexact, refuse_unreleased, release_by_hand};
use super::subject::{self, All, NO_SERVICE, RequestedFormat, Subject, SubjectChoice, refuse_malformed};
use super::untracked::refuse_untracked;
use super::version::VersionKind;
use super::{Checkout, Effect, Outcome, RepositoryRequest, SubjectRequest, VersionAnswer, VersionForm};
use crate::domain::{ImageRepository, Reference};
use crate::error::{Context as _, Error, Kind, Result};
use crate::images::docker::Docker;
use crate::images::{Build, Cache, Options, Output, Target, VERSION};
use crate::programs::Programs;

/// Options of a build.
#[derive(Debug, Clone)]
pub struct Request {
    /// Which services.
    pub services: ServiceChoice,
    /// The format of release tags; none means the default.
    pub tag_format: Option<RequestedFormat>,
    /// The environment that the images are for; `production` requires releases.
    pub environment: String,
    /// The version given by `--set-version`.
    pub set_version: Option<String>,
    /// Whether only first-parent history counts.
    pub first_parent: bool,
    /// The form of extended versions.
    pub form: VersionForm,
    /// The environment variable `IMAGE_REPO`.
    pub image_variable: Option<String>,
    /// Build arguments, in addition to imgver's own; one without a value takes that of the environment variable, if there is
    /// one.
    pub build_args: Vec<(String, Option<String>)>,
    /// Labels, in addition to imgver's own, or overriding them.
    pub labels: Vec<(String, String)>,
    /// The options of docker buildx, the same for all images.
    pub options: Options,
    /// Whether GitHub's cache can be reached: the variables that the runner gives to actions are set.
    pub has_github_cache: bool,
    /// Whether nothing will be built, so that docker is not asked for anything.
    pub dry_run: bool,
}

/// Which services are built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceChoice {
    /// All of them.
    All,
    /// These, by path or short name; an empty list means the one that contains the current directory, else the one with the
    /// image `IMAGE_REPO`, else the repository as a whole.
    Named(Vec<String>),
    /// The repository as a whole.
    Whole,
}

/// The images to build, in the order of their services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Their references.
    pub references: Vec<Reference>,
    /// How they are built.
    pub build: Build,
}

/// Decides what to build, and checks that docker can build it.
///
/// # Errors
/// A build that is impossible with any docker; unless this is a dry run, also one that this docker cannot do.
pub fn build(request: &Request, checkout: &Checkout, programs: &Programs) -> Result<Outcome<Answer>> {
    let EnvironmentRule { is_production, warning } = environment_rule(&request.environment)?;
    refuse_contradictions(request)?;
    let (targets, mut warnings) = targets(request, is_production, checkout)?;
    warnings.extend(warning);
    let build = Build::new(&targets, &request.options)?;
    if !request.dry_run {
        warnings.extend(check(&Docker::find(programs)?, &request.options)?);
    }
    let references = targets.into_iter().map(|target| target.reference).collect();
    let effects = vec![Effect::BuildImages(Box::new(build.clone()))];
    Ok(Outcome { answer: Answer { references, build }, warnings, effects })
}

/// A subject, and the repository and version of its image.
struct Image {
    subject: Subject,
    repository: ImageRepository,
    version: String,
}

/// The targets to build, and the warnings about it.
fn targets(
    request: &Request,
    is_production: bool,
    checkout: &Checkout,
) -> Result<(Vec<Target>, Vec<String>)> {
    let (images, warnings) = images(request, is_production, checkout)?;
    let description = Description::of(checkout.repository.head()?, checkout)?;
    let targets = images.into_iter().map(|image| target(image, &description, request, checkout));
    let targets = targets.collect::<Result<Vec<_>>>()?;
    refuse_shared_references(&targets)?;
    Ok((targets, warnings))
}

fn target(image: Image, description: &Description, request: &Request, checkout: &Checkout) -> Result<Target> {
    let Image { subject, repository, version } = image;
    let mut labels = description.labels(&subject, &repository, &version);
    labels.extend(request.labels.iter().cloned());
    let (mut args, mut inherited_args) = (description.build_args(&version), BTreeSet::new());
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
    Ok(Target {
        service: subject.key().to_owned(),
        context: context(&subject, checkout)?,
        reference: reference(&repository, &version)?,
        args,
        inherited_args,
        labels,
    })
}

/// Refuses two images with the same reference: the one built last would replace the other.
fn refuse_shared_references(targets: &[Target]) -> Result<()> {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for target in targets {
        let reference = target.reference.to_string();
        if let Some(other) = owners.insert(reference.clone(), &target.service) {
            return Err(Error::new(
                Kind::Input,
                format!("{other} and {} would both be tagged {reference}", target.service),
            )
            .hint("give each service its own IMAGE_REPO, or build them one after another"));
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

/// What is built, each with the source of its image.
fn identities(request: &Request, checkout: &Checkout) -> Result<Vec<Identity>> {
    let format = request.tag_format.as_ref();
    let variable = request.image_variable.as_ref();
    if request.services != ServiceChoice::All && checkout.is_bare() {
        return Err(subject::no_work_tree("cannot build anything"));
    }
    let choice = match &request.services {
        ServiceChoice::All => {
            let All { subjects, malformed, .. } = subject::all(format, checkout)?;
            // The set of images must not depend on which Taskfiles happen to be readable.
            refuse_malformed(malformed.into_iter().map(|(_, found)| found))?;
            if subjects.is_empty() {
                return Err(Error::new(Kind::Input, NO_SERVICE)
                    .hint("imgver init finds what can be built; git add the Taskfile of a new service, or give the service's path"));
            }
            return identity::several(subjects, false, variable, checkout);
        }
        ServiceChoice::Named(wanted) if !wanted.is_empty() => {
            let subjects = subject::several(wanted, format, checkout)?;
            return identity::several(subjects, true, variable, checkout);
        }
        ServiceChoice::Named(_) => SubjectChoice::Here,
        ServiceChoice::Whole => SubjectChoice::Whole,
    };
    let subject = SubjectRequest { choice, tag_prefix: None, tag_format: request.tag_format.clone() };
    let repository = RepositoryRequest { flag: None, variable: request.image_variable.clone() };
    Ok(vec![identity::one(&subject, &repository, &Rev::Head, checkout)?])
}

/// The image of each subject, and the warnings about them.
fn images(request: &Request, is_production: bool, checkout: &Checkout) -> Result<(Vec<Image>, Vec<String>)> {
    let (mut subjects, mut repositories, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for identity in identities(request, checkout)? {
        let repository = identity.image(checkout)?;
        repositories.push(repository.ok_or_else(|| no_image_of(&identity.subject, request))?);
        warnings.extend(identity.warnings);
        subjects.push(identity.subject);
    }
    let (versions, more) = versions(request, is_production, checkout, &subjects)?;
    warnings.extend(more);
    let images = subjects.into_iter().zip(repositories).zip(versions);
    let images = images.map(|((subject, repository), version)| Image { subject, repository, version });
    Ok((images.collect(), warnings))
}

fn no_image_of(subject: &Subject, request: &Request) -> Error {
    match request.services {
        ServiceChoice::Whole => no_image(subject),
        ServiceChoice::All | ServiceChoice::Named(_) => {
            Error::new(Kind::Input, "no service given, and the current directory is not in one")
                .hint("name services, or build all of them with --all")
        }
    }
}

/// The version of each of `subjects`, and the warnings about them.
fn versions(
    request: &Request,
    production: bool,
    checkout: &Checkout,
    subjects: &[Subject],
) -> Result<(Vec<String>, Vec<String>)> {
    let given = request.set_version.as_deref();
    if let Some(version) = given {
        tag_given(version)?;
        if !production {
            // No history is needed, so a shallow clone is enough.
            let warning = release_by_hand(version, &Rev::Head, subjects, checkout)?;
            return Ok((vec![version.to_owned(); subjects.len()], warning.into_iter().collect()));
        }
        let refuse = |subject| refuse_unreleased(&Rev::Head, checkout, subject, version);
        subjects.iter().try_for_each(refuse)?;
    }
    let history = HistoryRequest { rev: Rev::Head, first_parent: request.first_parent, dirty: true };
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
            refuse_untracked(subject, checkout)?;
        }
        let answer = VersionAnswer::new(subject, facts, form)?;
        versions.push(given.unwrap_or(kind.of(&answer)).to_owned());
        warnings.extend(answer.warnings);
    }
    warnings.extend(proposal.as_ref().map(formats::warning));
    Ok((versions, warnings))
}

/// The build context, relative to the current directory if that is in the work tree.
fn context(subject: &Subject, checkout: &Checkout) -> Result<String> {
    let root = checkout.repository.workdir().unwrap_or(&checkout.directory);
    let unreadable = || format!("cannot read the root of the work tree, {}", root.display());
    let root = root.canonicalize().context(Kind::Repository, unreadable);
    let root = root.map_err(|error| error.hint("its path comes from GIT_WORK_TREE or core.worktree"))?;
    let directory = root.join(subject.directory());
    if !directory.is_dir() {
        return Err(not_checked_out(format!("{} is not checked out", subject.name()), subject));
    }
    if let Some(file) = checkout.repository.first_left_out(subject.directory())? {
        return Err(not_checked_out(format!("{file} is not checked out"), subject));
    }
    if checkout.directory.starts_with(&root) {
        return Ok(relative(&checkout.prefix, subject.directory()));
    }
    let absolute = directory.into_os_string().into_string();
    absolute.map_err(|path| Error::new(Kind::Input, format!("{} is not UTF-8", path.display())))
}

fn not_checked_out(message: String, subject: &Subject) -> Error {
    let hint = match subject.directory() {
        "" => "git sparse-checkout disable".to_owned(),
        directory => format!("git sparse-checkout add {directory}"),
    };
    Error::new(Kind::Repository, message).hint(hint)
}

/// The relative path from `base` to `path`, both relative to the root of the work tree.
fn relative(base: &str, path: &str) -> String {
    let parts = |path| str::split(path, '/').filter(|part| !part.is_empty());
    let common = parts(base).zip(parts(path)).take_while(|(a, b)| a == b).count();
    let up = parts(base).skip(common).map(|_| "..");
    let down = parts(path).skip(common);
    let way: Vec<_> = up.chain(down).collect();
    match way.first() {
        Some(&"..") => way.join("/"),
        Some(_) => format!("./{}", way.join("/")),
        None => ".".to_owned(),
    }
}

/// Checks that docker supports `options` before anything is built, and returns the warnings.
fn check(docker: &Docker, options: &Options) -> Result<Vec<String>> {
    docker.require_buildx()?;
    let builder = docker.builder(options.builder.as_deref())?;
    // The driver `docker` builds inside the daemon. If that does not run, buildx reports no driver.
    let is_local = matches!(&*builder.driver, "docker" | "");
    let needs_daemon = is_local || options.output == Output::Load;
    if needs_daemon && !docker.daemon()?.has_image_store && options.platforms.len() > 1 {
        return Err(several_platforms(options.output, is_local));
    }
    let mut warnings: Vec<String> = builder
        .errors
        .iter()
        .map(|error| format!("the builder {} reports an error: {error}", builder.name))
        .collect();
    let foreign = options.platforms.iter().filter(|platform| !builder.runs(platform));
    warnings.extend(foreign.map(|platform| {
        format!(
            "the builder {} cannot run {}: RUN steps for that platform will fail (docker run --privileged --rm tonistiigi/binfmt --install all adds emulation)",
            builder.name, platform.as_str()
        )
    }));
    Ok(warnings)
}

/// The error if the local docker would have to store a multi-platform image.
fn several_platforms(output: Output, is_local: bool) -> Error {
    let error = Error::new(
        Kind::Usage,
        "the local docker cannot store multi-platform images: it does not use the containerd image store",
    );
    let elsewhere =
        "docker buildx create --driver docker-container --use creates a builder that can push them";
    match output {
        Output::Load | Output::AsGiven if !is_local => error.hint("push the images instead, with --push"),
        Output::Load | Output::AsGiven => {
            error.hint(format!("push the images instead, with --push; {elsewhere}"))
        }
        Output::Push => error.hint(elsewhere),
    }
    .hint("or enable the image store: https://docs.docker.com/go/containerd-image-store/")
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn contexts_are_seen_from_the_current_directory() {
        for (base, path, way) in [
            ("", "services/go/api", "./services/go/api"),
            ("", "-x", "./-x"),
            ("", "", "."),
            ("services/go/api", "services/go/api", "."),
            ("services/go/api/cmd", "services/go/api", ".."),
            ("services/node", "services/go/api", "../go/api"),
            ("services/go/api-2", "services/go/api", "../api"),
            ("docs", "", ".."),
            ("a/b", "c", "../../c"),
        ] {
            assert_eq!(relative(base, path), way, "{base} {path}");
        }
    }
}
