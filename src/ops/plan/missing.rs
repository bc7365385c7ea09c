//! What registries lack, of the services that an event may concern.

use super::{Choice, Request};
use crate::ci::{Decision, Scope};
use crate::config::Scope as VersionScope;
use crate::display::shell_word;
use crate::domain::{Digest, ImageRepository, ImageTag, Version};
use crate::error::{Error, Kind, Result};
use crate::ops::answer::{extended, reference};
use crate::ops::description;
use crate::ops::facts::{self, HistoryRequest, Rev};
use crate::ops::image::images_of;
use crate::ops::presence::{self, Asked, Found, Known, Presence};
use crate::ops::release_tags::{release, release_tags};
use crate::ops::replacement::refuse_another;
use crate::ops::subject::Subject;
use crate::ops::{Checkout, VersionForm};
use crate::registry::{Image, Registries};

/// The workflow that imgver writes, where the run does not say which one it is of.
const WORKFLOW: &str = "build-push.yaml";

/// The length of the commit in the versions that `imgver tag` makes by default.
const ABBREV: u8 = 7;

/// A service that the event may concern, and its image repositories.
struct Candidate<'s> {
    subject: &'s Subject,
    /// Empty if nobody but Task can name any.
    repositories: Vec<ImageRepository>,
}

/// A service's newest release.
struct Release {
    service: String,
    version: Version,
    tag: String,
}

/// The services of `decision` with an image that is missing in the version that they would get.
///
/// # Errors
/// The event's commit does not tell versions; a registry does not answer.
pub(super) fn missing(
    decision: &Decision,
    subjects: &[Subject],
    request: &Request,
    checkout: &Checkout,
    registries: &Registries,
    warnings: &mut Vec<String>,
) -> Result<Choice> {
    let named = |subject: &&Subject| match &decision.scope {
        Scope::Services(paths) => paths.iter().any(|path| path == subject.key()),
        Scope::Nothing(_) => false,
        Scope::All | Scope::Since { .. } | Scope::SinceMergeBase { .. } => true,
    };
    let candidates = candidates(subjects.iter().filter(named), warnings)?;
    if let Some(version) = &decision.version {
        let presences = of_commit(&candidates, version, request, checkout, registries, warnings)?;
        warnings.extend(presences.iter().filter_map(Presence::difference));
        return Ok(Choice::Missing(presences));
    }
    let mut asked = in_extended_version(&candidates, subjects, request, checkout, warnings)?;
    let count = asked.len();
    let releases = newest_releases(&candidates, subjects, checkout, &mut asked)?;
    let answers = registries.digests(&presence::references(&asked));
    let is_absence = |repository: &ImageRepository| registries.accepts_credentials(repository);
    let Known { mut presences, warnings: denied } = presence::read(asked, answers, is_absence)?;
    let of_releases = presences.split_off(count);
    warnings.extend(denied);
    warnings.extend(presences.iter().filter_map(Presence::difference));
    let workflow = workflow(request, checkout);
    let unbuilt = releases.iter().zip(&of_releases);
    warnings.extend(
        unbuilt.filter_map(|(release, images)| unbuilt_release(release, images, workflow.as_deref())),
    );
    Ok(Choice::Missing(presences))
}

/// The `subjects` with their image repositories, and the warnings about those that have none.
fn candidates<'s>(
    subjects: impl Iterator<Item = &'s Subject>,
    warnings: &mut Vec<String>,
) -> Result<Vec<Candidate<'s>>> {
    let mut candidates = Vec::new();
    for subject in subjects {
        let Some(service) = &subject.service else { continue };
        let is_computed = service.built_images().iter().any(|image| image.plain().is_none());
        // One that is malformed is an error wherever it is to be built.
        let repositories = if is_computed { Vec::new() } else { images_of(service)? };
        if repositories.is_empty() {
            warnings.push(format!(
                "{} is planned whether or not its image is missing: its image is not known before its job runs, so no registry can be asked",
                service.path
            ));
        }
        candidates.push(Candidate { subject, repositories });
    }
    Ok(candidates)
}

/// Where the images of all `candidates` are in `version`, which the event gives. It says nothing of the commit, so their labels do.
///
/// # Errors
/// An image of another commit under the tag of a release; a registry that does not answer.
fn of_commit(
    candidates: &[Candidate<'_>],
    version: &ImageTag,
    request: &Request,
    checkout: &Checkout,
    registries: &Registries,
    warnings: &mut Vec<String>,
) -> Result<Vec<Presence<Digest>>> {
    let asked = in_version(candidates, version.as_str())?;
    let answers = registries.images(&presence::references(&asked));
    let is_absence = |repository: &ImageRepository| registries.accepts_credentials(repository);
    let Known { presences, warnings: denied } = presence::read(asked, answers, is_absence)?;
    warnings.extend(denied);
    let history = HistoryRequest { last_change: true, ..history(request) };
    let of_commit = |(candidate, presence): (&Candidate<'_>, &Presence<Image>)| {
        if presence.there().next().is_none() {
            return Ok(presence.digests());
        }
        let commits = description::commits_of(std::slice::from_ref(candidate.subject), &history, checkout)?;
        let commit = commits.first().map(ToString::to_string).unwrap_or_default();
        if version.is_release() {
            refuse_another(&commit, presence.there())?;
        }
        Ok(match version.is_dirty() {
            // That is no content.
            true => presence.of_commit(""),
            false => presence.of_commit(&commit),
        })
    };
    candidates.iter().zip(&presences).map(of_commit).collect()
}

/// The event's commit, whose versions are asked for.
fn history(request: &Request) -> HistoryRequest {
    HistoryRequest {
        rev: request.commit.as_ref().map_or(Rev::Head, |commit| Rev::Named(commit.to_string())),
        first_parent: false,
        scope: request.version_scope,
        last_change: false,
        dirty: false,
    }
}

/// The references of all `candidates` in `version`.
fn in_version(candidates: &[Candidate<'_>], version: &str) -> Result<Vec<Asked>> {
    candidates.iter().map(|candidate| candidate.in_version(version)).collect()
}

impl Candidate<'_> {
    fn in_version(&self, version: &str) -> Result<Asked> {
        let references = self.repositories.iter().map(|repository| reference(repository, version));
        Ok(Asked { service: self.subject.key().to_owned(), references: references.collect::<Result<_>>()? })
    }
}

/// The references of all `candidates` in the extended version of the event's commit.
///
/// # Errors
/// Every commit is a new version of every service, so that all of them would be missing.
fn in_extended_version(
    candidates: &[Candidate<'_>],
    subjects: &[Subject],
    request: &Request,
    checkout: &Checkout,
    warnings: &mut Vec<String>,
) -> Result<Vec<Asked>> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    if facts::scope(request.version_scope, checkout)? == VersionScope::Repository {
        return Err(every_commit_is_new());
    }
    let history = history(request);
    let form = VersionForm { abbrev: ABBREV, next: None }.or_configured(checkout)?;
    let facts = match candidates.len() == subjects.len() {
        // In one walk.
        true => facts::of_all(checkout, subjects, &history)?,
        false => {
            let of_one = |one: &Candidate<'_>| facts::of_one(checkout, one.subject, &history);
            candidates.iter().map(of_one).collect::<Result<_>>()?
        }
    };
    let mut asked = Vec::with_capacity(candidates.len());
    for (candidate, facts) in candidates.iter().zip(&facts) {
        for broken in facts.broken.iter().map(ToString::to_string) {
            if !warnings.contains(&broken) {
                warnings.push(broken);
            }
        }
        asked.push(candidate.in_version(&extended(facts, form)?)?);
    }
    Ok(asked)
}

fn every_commit_is_new() -> Error {
    Error::new(
        Kind::Input,
        "--missing needs versions by service here: by the commits of the repository, every commit is a new version of every service, and each of them would be missing",
    )
    .hint("scope: service in imgver.yaml, or --scope service, lets a service that nothing touched keep its version")
    .hint("without --missing, the event's changes decide")
}

/// The newest release in this clone of each of `candidates` that has one and an image; their references are added to `asked`.
fn newest_releases(
    candidates: &[Candidate<'_>],
    subjects: &[Subject],
    checkout: &Checkout,
    asked: &mut Vec<Asked>,
) -> Result<Vec<Release>> {
    let tags = release_tags(&checkout.repository, subjects)?;
    let mut newest: Vec<Option<(Version, &str)>> = vec![None; subjects.len()];
    for (tag, fit, _) in tags.iter() {
        let Some(found) = release(tag, fit) else { continue };
        let Some(known) = newest.get_mut(found.service) else { continue };
        // Of several tags for one version, the first by name.
        let is_newer = |(version, tag): (Version, &str)| {
            (version, std::cmp::Reverse(tag)) < (found.version, std::cmp::Reverse(found.tag))
        };
        if known.is_none_or(is_newer) {
            *known = Some((found.version, found.tag));
        }
    }
    let mut releases = Vec::new();
    for (subject, newest) in subjects.iter().zip(newest) {
        let candidate = candidates.iter().find(|candidate| candidate.subject.key() == subject.key());
        let candidate = candidate.filter(|candidate| !candidate.repositories.is_empty());
        let Some((candidate, (version, tag))) = candidate.zip(newest) else { continue };
        asked.push(candidate.in_version(&version.to_string())?);
        releases.push(Release { service: subject.key().to_owned(), version, tag: tag.to_owned() });
    }
    Ok(releases)
}

/// The warning if the images of `release` are not all there. Of what a registry does not tell, it says nothing.
fn unbuilt_release(release: &Release, images: &Presence<Digest>, workflow: Option<&str>) -> Option<String> {
    let absent = images.places.iter().filter(|place| place.found == Found::Absent);
    let absent: Vec<String> = absent.map(|place| place.reference.repository.to_string()).collect();
    if absent.is_empty() {
        return None;
    }
    let (service, tag) = (shell_word(&release.service), shell_word(&release.tag));
    let command = match workflow {
        Some(workflow) => {
            let workflow = shell_word(workflow);
            format!("start its run again with gh workflow run {workflow} --ref {tag} -f service={service}")
        }
        None => format!("git checkout {tag}, then imgver build {service} --environment production --push"),
    };
    Some(format!("{} {} has no image in {}: {command}", release.service, release.version, absent.join(", ")))
}

/// The file name of the workflow that builds releases; none if it is not known.
fn workflow(request: &Request, checkout: &Checkout) -> Option<String> {
    let is_there = || checkout.repository.is_tracked(&format!(".github/workflows/{WORKFLOW}"));
    request.workflow.clone().or_else(|| is_there().then(|| WORKFLOW.to_owned()))
}
