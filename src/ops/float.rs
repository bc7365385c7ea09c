//! `imgver float`: tags that move with releases.
//!
//! Which tags there are follows from the release tags of the git remote; to which image each belongs, from the images that the
//! registry has. So whoever pushes an image or deletes one, and whatever ran before, the same tags come out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::identity::{self, Identity};
use super::image::no_image;
use super::requested_tags::RequestedFormat;
use super::subject::{self, All, Subject, refuse_malformed};
use super::{Checkout, Effect, Outcome};
use crate::display::shell_word;
use crate::domain::{
    Digest, Floating, ImageRepository, ImageTag, Reference, ReleaseLines, TagPattern, Version,
};
use crate::error::{Error, Kind, Result};
use crate::registry::{Answer, Registries, RegistryError};

/// How git calls the clone itself where it expects a remote.
const THIS_CLONE: &str = ".";

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
}

/// A floating tag that does not name the image of its release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The tag.
    pub reference: Reference,
    /// The release that it belongs to.
    pub release: Version,
    /// That release's image.
    pub digest: Digest,
}

/// What is to be done, by what remote and registries say at one time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    /// The tags to set.
    pub moves: Vec<Move>,
    /// Warnings about tags that nothing can be done about.
    pub warnings: Vec<String>,
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
    let floats = Floats { kinds, services, remote: remote(checkout)?, after_push: false };
    let effects = vec![Effect::Float(floats.clone())];
    Ok(Outcome { answer: floats, warnings, effects })
}

/// The floating tags that follow from releases of `services`, which are pushed before; none if there are none to set.
pub(super) fn after_push(services: Vec<FloatingService>, checkout: &Checkout) -> Result<Option<Floats>> {
    let kinds = kinds(checkout)?;
    if kinds.is_empty() || services.is_empty() {
        return Ok(None);
    }
    refuse_shared_repositories(&services)?;
    Ok(Some(Floats { kinds, services, remote: remote(checkout)?, after_push: true }))
}

/// What remote and registries say now: `tags` are all tags of the remote.
///
/// Of each line of releases, the highest is asked about first, then more and more below it.
///
/// # Errors
/// A registry that does not answer. It never reads as an image that is not there.
pub fn survey(floats: &Floats, tags: &BTreeSet<String>, registries: &Registries) -> Result<Survey> {
    let mut asked: Vec<Asked<'_>> =
        floats.services.iter().flat_map(|service| Asked::all(service, &floats.kinds, tags)).collect();
    let tags_of = |asked: &Asked<'_>| -> Vec<Reference> {
        asked.lines.tags().map(|tag| asked.reference(tag.clone())).collect()
    };
    // These are asked about together with the first releases.
    let mut floating: Vec<Reference> = asked.iter().flat_map(tags_of).collect();
    let (mut present, mut width) = (BTreeMap::new(), 1);
    loop {
        let open = asked.iter().enumerate().flat_map(|(at, asked)| {
            asked
                .lines
                .open(width)
                .into_iter()
                .map(move |release| (at, release, asked.reference(release.into())))
        });
        let open: Vec<(usize, Version, Reference)> = open.collect();
        if open.is_empty() && floating.is_empty() {
            return Ok(Survey::of(&asked, &present));
        }
        let releases = open.iter().map(|(_, _, reference)| reference);
        let references: Vec<Reference> = releases.chain(&floating).cloned().collect();
        let mut answers = registries.digests(&references).into_iter();
        for ((at, release, _), answer) in open.iter().zip(answers.by_ref()) {
            let image = told(answer)?;
            asked.get_mut(*at).into_iter().for_each(|asked| asked.lines.note(*release, image.clone()));
        }
        for (reference, answer) in floating.drain(..).zip(answers) {
            present.extend(told(answer)?.map(|digest| (reference, digest)));
        }
        width *= 2;
    }
}

fn told<T>(answer: Answer<T>) -> Result<Option<T>> {
    answer.map_err(RegistryError::into_error)
}

/// The releases of one service in one repository.
struct Asked<'f> {
    repository: &'f ImageRepository,
    lines: ReleaseLines,
}

impl<'f> Asked<'f> {
    fn all(
        service: &'f FloatingService,
        kinds: &[Floating],
        tags: &BTreeSet<String>,
    ) -> impl Iterator<Item = Asked<'f>> {
        let version = |tag: &String| service.patterns.iter().find_map(|pattern| pattern.version_of(tag));
        let lines = ReleaseLines::new(kinds, tags.iter().filter_map(version));
        service.repositories.iter().map(move |repository| Asked { repository, lines: lines.clone() })
    }

    fn reference(&self, tag: ImageTag) -> Reference {
        Reference { repository: self.repository.clone(), tag }
    }
}

impl Survey {
    /// What is to be done where `present` are the floating tags that there are.
    fn of(asked: &[Asked<'_>], present: &BTreeMap<Reference, Digest>) -> Self {
        let mut survey = Survey::default();
        for asked in asked {
            for (tag, target) in asked.lines.targets() {
                let reference = asked.reference(tag.clone());
                let is_there = present.get(&reference);
                match target {
                    Some((release, digest)) if is_there != Some(digest) => {
                        survey.moves.push(Move { reference, release, digest: digest.clone() });
                    }
                    Some(_) => {}
                    None => survey.warnings.extend(is_there.map(|digest| {
                        format!(
                            "{reference} stays at {digest}: no release that it could move to has an image"
                        )
                    })),
                }
            }
        }
        survey
    }
}

impl FloatingService {
    /// The service of `subject`, if it is one, whose images are in `repositories`. Several names of one repository count once.
    pub(super) fn of(subject: &Subject, repositories: &[ImageRepository]) -> Option<Self> {
        let mut known = BTreeSet::new();
        let distinct = repositories.iter().filter(|repository| known.insert(repository.in_full())).cloned();
        Some(FloatingService {
            service: subject.path()?.to_owned(),
            patterns: subject.patterns.clone(),
            repositories: distinct.collect(),
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

/// `REPOSITORY:1.2 -> 1.2.4 (sha256:…)`
impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} ({})", self.reference, self.release, self.digest)
    }
}

/// The tags that move with releases, as configured.
fn kinds(checkout: &Checkout) -> Result<Vec<Floating>> {
    Ok(checkout.config()?.floating.iter().map(|floating| floating.value).collect())
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
