//! `imgver float`: tags that move with releases.
//!
//! Which tags there are follows from the release tags of the git remote; to which image each belongs, from the images that the
//! registry has. So whoever pushes an image or deletes one, and whatever ran before, the same tags come out.

use std::collections::BTreeMap;

pub use survey::{Move, Survey, survey};

use super::identity::{self, Identity};
use super::image::{distinct, no_image};
use super::requested_tags::RequestedFormat;
use super::subject::{self, All, Subject, refuse_malformed};
use super::{Checkout, Effect, Outcome};
use crate::display::shell_word;
use crate::domain::{Floating, ImageRepository, TagPattern, Version};
use crate::error::{Error, Kind, Result};

mod survey;

/// How git calls the clone itself where it expects a remote.
const THIS_CLONE: &str = ".";

/// The warning where there is no remote to ask.
const NO_REMOTE: &str =
    "there is no remote, so the release tags of this clone are those that floating tags follow";

/// Which services' tags to set.
#[derive(Debug, Clone)]
pub struct Request {
    /// The services, by path or short name; all if there is none.
    pub services: Vec<String>,
    /// The format of release tags; none means the default.
    pub tag_format: Option<RequestedFormat>,
    /// The environment variable `IMAGE_REPO`.
    pub image_variable: Option<String>,
}

/// The tags to set, of which services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Floats {
    /// Which tags of each line of releases.
    pub kinds: Vec<Floating>,
    /// The services, sorted by path.
    pub services: Vec<FloatingService>,
    /// The remote whose release tags count, as `git ls-remote` takes it.
    pub remote: String,
    /// Whether images were pushed right before, which an error then says.
    pub after_push: bool,
}

/// A service whose releases tags move with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloatingService {
    /// Its path.
    pub service: String,
    /// The patterns of its release tags.
    pub patterns: Vec<TagPattern>,
    /// The repositories of its image, each of which has floating tags of its own.
    pub repositories: Vec<ImageRepository>,
    /// The highest release that this clone knows, and its tag. Where the remote has none as high, somebody should know.
    pub highest_here: Option<(Version, String)>,
}

/// Finds out which tags of which services are to be set. No services if `floating` is not configured.
///
/// # Errors
/// Services or images that cannot be determined; several remotes, none of which is the one to ask.
pub fn float(request: &Request, checkout: &Checkout) -> Result<Outcome<Floats>> {
    let format = request.tag_format.as_ref();
    let are_named = !request.services.is_empty();
    let subjects = if are_named {
        subject::several(&request.services, format, checkout)?
    } else {
        let All { subjects, malformed, .. } = subject::all(format, checkout)?;
        // Its tags would silently stay behind.
        refuse_malformed(malformed.into_iter().map(|(_, found)| found))?;
        subjects
    };
    let kinds = kinds(checkout)?;
    if kinds.is_empty() {
        let services = Vec::new();
        return Ok(Outcome::of(
            Floats { kinds, services, remote: THIS_CLONE.to_owned(), after_push: false },
            Vec::new(),
        ));
    }
    let (mut services, mut warnings) = (Vec::new(), Vec::new());
    for identity in identity::several(subjects, are_named, request.image_variable.as_ref(), checkout)? {
        let repositories = identity.images(checkout)?;
        if repositories.is_empty() {
            return Err(no_image(&identity.subject));
        }
        let Identity { subject, warnings: of_identity, .. } = identity;
        services.extend(FloatingService::of(&subject, &repositories));
        warnings.extend(of_identity);
    }
    refuse_shared_repositories(&services)?;
    let remote = remote(checkout)?;
    match &*remote {
        THIS_CLONE => warnings.push(NO_REMOTE.to_owned()),
        _ => note_releases_here(&mut services, checkout)?,
    }
    let floats = Floats { kinds, services, remote, after_push: false };
    let effects = vec![Effect::Float(floats.clone())];
    Ok(Outcome { answer: floats, warnings, effects })
}

/// The floating tags that follow from releases of `services`, which are pushed before; none if there are none to set.
pub(super) fn after_push(mut services: Vec<FloatingService>, checkout: &Checkout) -> Result<Option<Floats>> {
    let kinds = kinds(checkout)?;
    if kinds.is_empty() || services.is_empty() {
        return Ok(None);
    }
    refuse_shared_repositories(&services)?;
    note_releases_here(&mut services, checkout)?;
    Ok(Some(Floats { kinds, services, remote: remote(checkout)?, after_push: true }))
}

impl FloatingService {
    /// The service of `subject`, if it is one, whose images are in `repositories`. Several names of one repository count once.
    pub(super) fn of(subject: &Subject, repositories: &[ImageRepository]) -> Option<Self> {
        Some(FloatingService {
            service: subject.path()?.to_owned(),
            patterns: subject.patterns.clone(),
            repositories: distinct(repositories.iter().cloned()),
            highest_here: None,
        })
    }
}

impl Floats {
    /// The command that sets the same tags again.
    pub fn command(&self) -> String {
        let services = self.services.iter().map(|service| shell_word(&service.service));
        services.fold("imgver float".to_owned(), |command, service| command + " " + &service)
    }
}

/// The tags that move with releases, as configured.
fn kinds(checkout: &Checkout) -> Result<Vec<Floating>> {
    Ok(checkout.config()?.floating.iter().map(|floating| floating.value).collect())
}

/// The warning about `version`, given for an image that is no release, if it is a tag that moves with releases.
///
/// # Errors
/// Those of `imgver.yaml`.
pub(super) fn moved_by_float(version: &str, checkout: &Checkout) -> Result<Option<String>> {
    let moves = kinds(checkout)?.into_iter().any(|kind| kind.is_kind_of(version));
    Ok(moves.then(|| {
        format!("{version} is a floating tag (floating in imgver.yaml): imgver float moves it to the image of a release")
    }))
}

/// Notes the highest release of each of `services` that this clone has a tag of.
fn note_releases_here(services: &mut [FloatingService], checkout: &Checkout) -> Result<()> {
    let of_services = |tag: &str, found: &mut Vec<(usize, Version)>| {
        let release =
            |service: &FloatingService| service.patterns.iter().find_map(|pattern| pattern.version_of(tag));
        let releases = services.iter().enumerate().filter_map(|(at, service)| Some((at, release(service)?)));
        found.extend(releases);
    };
    let tags = checkout.repository.tags("", of_services)?;
    for (tag, (at, release), _) in tags.iter() {
        let here = services.get_mut(*at).map(|service| &mut service.highest_here);
        if let Some(highest) = here
            && highest.as_ref().is_none_or(|(known, _)| known < release)
        {
            *highest = Some((*release, tag.to_owned()));
        }
    }
    Ok(())
}

/// The remote whose tags say which releases there are: the one that releases are pushed to. Without any, this clone is all there
/// is.
fn remote(checkout: &Checkout) -> Result<String> {
    let repository = &checkout.repository;
    match repository.push_remote() {
        Some(remote) => Ok(remote),
        None if !repository.has_remotes() => Ok(THIS_CLONE.to_owned()),
        None => Err(Error::new(
            Kind::Repository,
            "cannot determine which remote has the release tags that floating tags follow: there are several, and none is called origin",
        )
        .hint("choose one with git config remote.pushDefault NAME")),
    }
}

/// Refuses a repository of two services: each would move the other's tags, again and again.
fn refuse_shared_repositories(services: &[FloatingService]) -> Result<()> {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for FloatingService { service, repositories, .. } in services {
        for repository in repositories {
            if let Some(other) = owners.insert(repository.in_full(), service) {
                return Err(Error::new(
                    Kind::Input,
                    format!("{other} and {service} would both move the tags of {repository}"),
                )
                .hint("give each service an image of its own, or leave floating out of imgver.yaml"));
            }
        }
    }
    Ok(())
}
