//! Taskfiles, and the image repositories that they name.

use std::collections::{BTreeMap, HashMap};

use super::{At, Finding, Flows, Rule, START, Setup, several};
use crate::ci::github::Workflow;
use crate::config;
use crate::domain::{ImageRepository, ImageRepositoryError, TagFormat, TagFormats, TagPattern};
use crate::workspace::taskfile::ImageRepo;
use crate::workspace::{ImageOrigin, MalformedTaskfile, Service, ServiceImage};

/// A service, and what its release tags look like.
#[derive(Debug, Clone)]
pub struct CheckedService<'s> {
    /// The service.
    pub service: &'s Service,
    /// The pattern of its new release tags.
    pub pattern: TagPattern,
    /// The patterns of all its release tags, of which the first is for new ones.
    pub(super) patterns: Vec<TagPattern>,
    /// The patterns, among all that count, that name the service by its short name only.
    by_name: Vec<TagPattern>,
}

impl<'s> CheckedService<'s> {
    /// `service` with release tags in these formats.
    pub fn new(service: &'s Service, formats: &TagFormats) -> Self {
        let pattern = |format: &TagFormat| format.pattern(&service.path);
        CheckedService {
            service,
            pattern: pattern(formats.first()),
            patterns: formats.iter().map(pattern).collect(),
            by_name: formats.iter().filter(|format| format.is_by_short_name()).map(pattern).collect(),
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.service.path
    }
}

pub(super) fn check(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    for MalformedTaskfile { file, reason: error, .. } in setup.unreadable {
        findings.push(
            Finding::error(
                Rule::Taskfile,
                At::error(file, error),
                format!("cannot read the Taskfile: {error}"),
            )
            .why("it may define a service, so imgver plan refuses to select services")
            .fix(format!("task --list --taskfile {file} shows how Task reads it")),
        );
    }
    if setup.services.is_empty() && setup.unreadable.is_empty() && setup.config.fault.is_none() {
        findings.push(
            Finding::warning(Rule::NoService, At::Repository, "imgver.yaml has no service, and git tracks no Taskfile with vars.IMAGE_REPO below the root")
                .why("each of the two makes a service; without one, there is nothing to version or build")
                .fix("imgver init finds what can be built, and writes imgver.yaml; or git add a Taskfile.yaml that sets vars.IMAGE_REPO in each"),
        );
    }
    let mut owners: BTreeMap<String, Vec<(&Service, &ServiceImage)>> = BTreeMap::new();
    for CheckedService { service, .. } in setup.services {
        for image in &service.images {
            match repository(service, image) {
                Ok(repository) => owners.entry(repository).or_default().push((service, image)),
                Err(finding) => findings.push(*finding),
            }
        }
    }
    findings.extend(owners.iter().filter_map(|(repository, owners)| shared_image(repository, owners)));
    findings.extend(without_image(setup));
    shared_tags(setup, findings);
}

/// What makes `service` one.
pub(super) fn at(service: &Service) -> At {
    match (&service.origin.entry, &service.origin.taskfile) {
        (None, Some(taskfile)) => At::file(taskfile, START),
        (entry, _) => At::file(config::FILE, *entry),
    }
}

/// Where an image is named.
fn place_of(image: &ServiceImage) -> At {
    let (ImageRepo::Plain { place, .. } | ImageRepo::Computed { place, .. }) = &image.repo;
    image.source.file().map_or(At::Repository, |file| At::file(file, *place))
}

/// The repository of an image of `service` in full, or what is wrong with it.
fn repository(service: &Service, image: &ServiceImage) -> Result<String, Box<Finding>> {
    match &image.repo {
        ImageRepo::Plain { text, .. } => match text.parse::<ImageRepository>() {
            Ok(repository) => Ok(repository.in_full()),
            Err(error) => Err(Box::new(invalid(service, image, &error))),
        },
        ImageRepo::Computed { kind, .. } => {
            let message = format!("vars.IMAGE_REPO is {kind}, which only Task can evaluate");
            Err(Box::new(Finding::warning(Rule::ImageRepository, place_of(image), message)
                .why("imgver plan outputs no image for this service, and without Task imgver does not know it")
                .fix("write the repository out, e.g. IMAGE_REPO: example/name, or name it in imgver.yaml; or set the environment variable IMAGE_REPO wherever imgver is called")))
        }
    }
}

fn invalid(service: &Service, image: &ServiceImage, error: &ImageRepositoryError) -> Finding {
    let (message, fix) = match image.source {
        ImageOrigin::Taskfile(_) => (
            format!("vars.IMAGE_REPO is invalid: {error}"),
            "write REGISTRY/PATH or PATH without a tag, e.g. sidpalas/demo-api-node".to_owned(),
        ),
        ImageOrigin::Config | ImageOrigin::Variable => (
            format!("the image of {} is invalid: {error}", service.path),
            format!(
                "give {} an `image` of its own in {}, as its name cannot be part of one",
                service.path,
                config::FILE
            ),
        ),
    };
    Finding::error(Rule::ImageRepository, place_of(image), message)
        .why("no image of this service can be named, built or pushed")
        .fix(fix)
}

/// Services without any image, where a workflow builds whatever a plan selects.
fn without_image(setup: &Setup<'_>) -> Option<Finding> {
    let services = setup.services.iter().map(|checked| checked.service);
    let without: Vec<&Service> = services.filter(|service| service.images.is_empty()).collect();
    let first = without.first()?;
    let workflow = setup.flows.calling(&["plan"]).find(|workflow| needs_images(setup.flows, workflow))?;
    let names: Vec<&str> = without.iter().map(|service| &*service.path).collect();
    let what = if names.len() == 1 { "has" } else { "have" };
    let message =
        format!("{} {what} no image, and {} builds what a plan selects", several(&names), workflow.file());
    Some(
        Finding::warning(Rule::ImageRepository, at(first), message)
            .why("imgver plan selects them, and then the job that is to build them fails")
            .fix(format!(
                "give each an `image` in {}, or all of them one by a template at its top, e.g. image: ghcr.io/acme/{{name}}",
                config::FILE
            )),
    )
}

/// Whether a workflow asks for the image of each service that it builds, and names none itself.
fn needs_images(flows: &Flows, workflow: &Workflow) -> bool {
    const ASKING: [&str; 3] = ["tag", "build", "promote"];
    const NAMING: [&str; 2] = ["IMGVER_IMAGE", "IMAGE_REPO"];
    let calls = flows.calls_of(workflow);
    let names_any = calls.iter().any(|call| call.option("--repo").is_some())
        || workflow.env.iter().any(|(name, _)| NAMING.contains(&name.as_str()));
    // A plan has each service's image, which a condition may ask for.
    let jobs = workflow.jobs.iter().filter_map(|job| job.condition.as_deref());
    let mut conditions = jobs.chain(workflow.steps().filter_map(|step| step.condition.as_deref()));
    calls.iter().any(|call| ASKING.contains(&&*call.command))
        && !names_any
        && !conditions.any(|condition| condition.contains("matrix.image"))
}

/// The repository of several services.
fn shared_image(repository: &str, owners: &[(&Service, &ServiceImage)]) -> Option<Finding> {
    let ((_, first), (_, image)) = (owners.first()?, owners.get(1)?);
    let mut names: Vec<&str> = owners.iter().map(|(service, _)| &*service.path).collect();
    names.dedup();
    // A service can only have one twice where a template gives it what its Taskfile names.
    if names.len() < 2 {
        return None;
    }
    let is_by_template = place_of(first) == place_of(image);
    let fix = if is_by_template {
        "give each its own: write {service} for {name} in the template, or name an `image` for one of them"
    } else {
        "give one of them its own repository"
    };
    Some(
        Finding::error(
            Rule::DuplicateImage,
            place_of(image),
            format!("{} have the same image repository, {repository}", several(&names)),
        )
        .why("wherever their versions are equal, one overwrites the other's image")
        .fix(fix),
    )
}

/// A tag format with a placeholder for services that still gives two of them the same tags.
fn shared_tags(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    let mut owners: HashMap<&TagPattern, &str> = HashMap::new();
    let patterns = setup
        .services
        .iter()
        .flat_map(|checked| checked.by_name.iter().map(move |pattern| (checked.service, pattern)));
    for (service, pattern) in patterns {
        if let Some(other) = owners.insert(pattern, &service.path) {
            let message =
                format!("the tag {} releases both {other} and {}", pattern.tag_of("1.2.3"), service.path);
            findings.push(
                Finding::error(Rule::TagFormat, at(service), message)
                    .why(
                        "the tag format distinguishes services by their short names, and these have the same",
                    )
                    .fix(
                        "use {service} in the tag format, which is the whole path; or rename one of the two",
                    ),
            );
        }
    }
}
