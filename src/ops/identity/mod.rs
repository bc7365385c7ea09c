//! Decides together which subject a command is about and which image belongs to it, so that the version and the image of
//! one answer never belong to two.
//!
//! | the image repository | no service named, outside of any | a service named, or the directory of one |
//! |---|---|---|
//! | is one service's | that service | that service, else an error |
//! | is several services' | an error | one of them, else an error |
//! | may be that of a service whose Taskfile computes it | an error | from the environment an error, else an override |
//! | is nobody's | the repository as a whole, with a warning | an override |
//!
//! One thing is never an override: `IMAGE_REPO` in the environment, if it is the image of the service of the current
//! directory and another subject is named. Task sets it for the service whose Taskfile runs, and whoever adds arguments to
//! that task names another one: its own image counts.

mod given;

use super::Checkout;
use super::facts::Rev;
use super::image::{RepositoryRequest, images_of, main_image};
use super::subject::{self, Subject, SubjectChoice, SubjectRequest};
use crate::domain::ImageRepository;
use crate::error::{Error, Kind, Result};
use crate::workspace::{Service, Services, committed_services};
use given::{Given, Source, is_image_of, may_be_image_of};

/// A subject, and the source of its image.
pub(super) struct Identity {
    pub(super) subject: Subject,
    source: ImageSource,
    /// Warnings about the choice of the subject.
    pub(super) warnings: Vec<String>,
}

/// Where an image repository comes from.
enum ImageSource {
    Given(Given),
    /// The Taskfile of the service, or the one at the root.
    Own,
}

impl Identity {
    /// The image repositories, the main one first; empty if nothing names any.
    pub(super) fn images(&self, checkout: &Checkout) -> Result<Vec<ImageRepository>> {
        match (&self.source, &self.subject.service) {
            // What takes the place of every image is meant for a whole job or machine, as the variable is; a flag is for this call.
            (ImageSource::Given(given), Some(service))
                if given.source == Source::Variable && service.replacement.is_some() =>
            {
                images_of(service)
            }
            (ImageSource::Given(given), _) => Ok(vec![given.parse()?]),
            (ImageSource::Own, Some(service)) => images_of(service),
            (ImageSource::Own, None) => Ok(image_of_whole(checkout)?.into_iter().collect()),
        }
    }

    /// The main one of them.
    pub(super) fn image(&self, checkout: &Checkout) -> Result<Option<ImageRepository>> {
        Ok(self.images(checkout)?.into_iter().next())
    }
}

/// The image that a Taskfile at the root names, which must not be a service's.
fn image_of_whole(checkout: &Checkout) -> Result<Option<ImageRepository>> {
    let Some(workspace) = checkout.workspace()? else { return Ok(None) };
    let Some(root) = workspace.root_service()? else { return Ok(None) };
    let Some(image) = main_image(&root)? else { return Ok(None) };
    let services = workspace.services()?.services;
    match &*owners(&image, &services) {
        [] => Ok(Some(image)),
        owners => Err(Given::root(&root, &image).of_others(owners, None)),
    }
}

/// Which of `services` have this image.
fn owners<'s>(image: &ImageRepository, services: &'s [Service]) -> Vec<&'s Service> {
    services.iter().filter(|service| is_image_of(image, service)).collect()
}

/// The identity of `request`, with the image from `repository` if it has one.
///
/// A repository without a work tree has the services of the commit `rev`.
pub(super) fn one(
    request: &SubjectRequest,
    repository: &RepositoryRequest,
    rev: &Rev,
    checkout: &Checkout,
) -> Result<Identity> {
    let given = Given::of(repository);
    let chosen = subject::chosen(&request.choice, checkout)?;
    let is_explicit = request.choice != SubjectChoice::Here;
    let (service, source, warnings) = match (chosen, given) {
        (None, given) if !is_explicit => unnamed(given, rev, checkout)?,
        (service, None) => (service, ImageSource::Own, Vec::new()),
        (service, Some(given)) => {
            let services = || known_services(rev, checkout);
            let source = source_for(service.as_ref(), given, is_explicit, services, checkout)?;
            (service, source, Vec::new())
        }
    };
    Ok(Identity { subject: subject::of(service, request, checkout)?, source, warnings })
}

/// The service that is meant where none is named; none for the repository as a whole.
fn unnamed(
    given: Option<Given>,
    rev: &Rev,
    checkout: &Checkout,
) -> Result<(Option<Service>, ImageSource, Vec<String>)> {
    let Some(given) = given.or_else(|| root_image(checkout)) else {
        return Ok((None, ImageSource::Own, whole_warning(checkout).into_iter().collect()));
    };
    let Services { services, malformed, .. } = known_services(rev, checkout)?;
    let Some(example) =
        services.first().map(|service| &service.path).or(malformed.first().map(|found| &found.path))
    else {
        return Ok((None, ImageSource::Given(given), Vec::new()));
    };
    let warning = not_a_service(example);
    let image = given.parse()?;
    match &*owners(&image, &services) {
        [] => {}
        [only] => {
            let source = source_of_own(given, only);
            return Ok((Some((*only).clone()), source, Vec::new()));
        }
        several => return Err(given.of_several(several)),
    }
    let is_root = root_image(checkout).and_then(|root| root.parse().ok());
    let is_root = is_root.is_some_and(|root| root.in_full() == image.in_full());
    let unknown = services.iter().find(|service| may_be_image_of(&image, service));
    let unknown = unknown.map(|service| {
        given.of_unknown(service).hint(format!("name {}, if that is the service", service.path))
    });
    match malformed.into_iter().map(|found| found.error).next().or(unknown) {
        Some(error) if !is_root => Err(error.hint(given.of_whole())),
        _ => Ok((None, ImageSource::Given(given), vec![warning])),
    }
}

/// The image that a Taskfile at the root names, as far as it can be read.
fn root_image(checkout: &Checkout) -> Option<Given> {
    let root = checkout.workspace().ok()??.root_service().ok()??;
    main_image(&root).ok()?.map(|image| Given::root(&root, &image))
}

/// The warning if the repository as a whole is versioned without anyone asking for it, although it has services.
///
/// A bare repository has none: `imgver list` fails there.
pub(super) fn whole_warning(checkout: &Checkout) -> Option<String> {
    match checkout.workspace().ok()??.any_service() {
        Ok(service) => service.map(|service| not_a_service(&service.path)),
        // The version itself may not need what is broken.
        Err(error) => Some(error.to_string()),
    }
}

fn not_a_service(example: &str) -> String {
    format!(
        "this answers for the repository as a whole, not for one of its services, such as {example}: name a service, or pass --whole if that is meant"
    )
}

/// Where the image of `service` comes from, if `given` is its own.
fn source_of_own(given: Given, service: &Service) -> ImageSource {
    // Task passes on the main one of several images, and means all of them.
    let is_all =
        given.source == Source::Variable && service.images.len() > 1 && given.is_main_image_of(service);
    if is_all { ImageSource::Own } else { ImageSource::Given(given) }
}

/// Where the image of `service` comes from, or that of the repository as a whole, if `given` is not another service's.
///
/// `is_explicit`: the subject is named, and not just that of the current directory.
fn source_for(
    service: Option<&Service>,
    given: Given,
    is_explicit: bool,
    services: impl FnOnce() -> Result<Services>,
    checkout: &Checkout,
) -> Result<ImageSource> {
    if let Some(service) = service.filter(|service| given.is_image_of(service)) {
        return Ok(source_of_own(given, service));
    }
    // What is not a repository is reported where one is needed.
    let Ok(image) = given.parse() else { return Ok(ImageSource::Given(given)) };
    let is_ambient = is_explicit && given.source == Source::Variable;
    let here = if is_ambient { enclosing(checkout)? } else { None };
    let here = here.filter(|here| service.is_none_or(|service| service.path != here.path));
    if here.as_ref().is_some_and(|here| is_image_of(&image, here)) {
        return Ok(ImageSource::Own);
    }
    let services = services()?.services;
    let owners = owners(&image, &services);
    if !owners.is_empty() {
        return Err(given.of_others(&owners, service));
    }
    let may_be = |other: &Service| may_be_image_of(&image, other);
    if here.as_ref().is_some_and(may_be) {
        return Ok(ImageSource::Own);
    }
    if given.source == Source::Variable
        && !service.is_some_and(may_be)
        && let Some(other) = services.iter().find(|other| may_be(other))
    {
        return Err(given.of_unknown(other).hint(given.instead(service)).hint(given.as_override()));
    }
    Ok(ImageSource::Given(given))
}

/// The repository `text`, given for images of `subject` to go to as well. It is that of the subject, or nobody's.
pub(super) fn destination(text: &str, subject: &Subject, checkout: &Checkout) -> Result<ImageRepository> {
    let given = Given::destination(text);
    let image = given.parse()?;
    let services = known_services(&Rev::Head, checkout)?.services;
    let owners = owners(&image, &services);
    if owners.is_empty() || owners.iter().any(|owner| subject.path() == Some(&owner.path)) {
        return Ok(image);
    }
    Err(given.of_others(&owners, subject.service.as_ref()))
}

/// The identities of `subjects`, which are built together, with the image from the environment variable `IMAGE_REPO` if it
/// is set. `are_named`: they are named one by one.
pub(super) fn several(
    subjects: Vec<Subject>,
    are_named: bool,
    variable: Option<&String>,
    checkout: &Checkout,
) -> Result<Vec<Identity>> {
    let given = variable.map(|text| Given::variable(text));
    let here = match (&given, &*subjects) {
        (Some(given), [_, _, ..]) => Some(ambient(given, &subjects, are_named, checkout)?.path),
        _ => None,
    };
    let services = || known_services(&Rev::Head, checkout);
    let source = |subject: &Subject| match (given.clone(), &here) {
        (None, _) => Ok(ImageSource::Own),
        (Some(given), None) => source_for(subject.service.as_ref(), given, true, services, checkout),
        (Some(given), Some(here)) if subject.path() == Some(here) => Ok(ImageSource::Given(given)),
        (Some(_), Some(_)) => Ok(ImageSource::Own),
    };
    let identity = |subject| Ok(Identity { source: source(&subject)?, subject, warnings: Vec::new() });
    subjects.into_iter().map(identity).collect()
}

/// The service of the current directory, which `given` must be the image of if several services are built.
fn ambient(given: &Given, subjects: &[Subject], are_named: bool, checkout: &Checkout) -> Result<Service> {
    let Ok(image) = given.parse() else { return Err(one_image()) };
    let here = enclosing(checkout)?;
    if let Some(here) = here.clone().filter(|here| is_image_of(&image, here)) {
        return Ok(here);
    }
    let services = known_services(&Rev::Head, checkout)?.services;
    let owners = owners(&image, &services);
    if let Some(here) = here.filter(|here| owners.is_empty() && may_be_image_of(&image, here)) {
        return Ok(here);
    }
    let mut named = subjects.iter().filter_map(|subject| subject.service.as_ref()).filter(|_| are_named);
    match named.find(|service| !is_image_of(&image, service)) {
        Some(other) if !owners.is_empty() => Err(given.of_others(&owners, Some(other))),
        _ => Err(one_image()),
    }
}

fn one_image() -> Error {
    Error::new(
        Kind::Usage,
        "the environment variable IMAGE_REPO names only one image, but the command is about several services",
    )
    .hint("unset it to use the image that imgver.yaml or the Taskfile names for each service")
}

fn enclosing(checkout: &Checkout) -> Result<Option<Service>> {
    checkout.workspace()?.map_or(Ok(None), |workspace| workspace.enclosing(&checkout.prefix))
}

/// All services of the work tree; without one, those of the commit `rev`.
fn known_services(rev: &Rev, checkout: &Checkout) -> Result<Services> {
    match checkout.workspace()? {
        Some(workspace) => workspace.services(),
        None => {
            let commit = rev.resolve(&checkout.repository)?;
            let (config, replacement) = (checkout.config()?, checkout.replacement.as_ref());
            committed_services(&checkout.repository, commit, config, replacement)
        }
    }
}
