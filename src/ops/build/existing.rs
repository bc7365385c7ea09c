//! Which images are there already, and what is done instead of building them.

use std::collections::BTreeSet;

use super::Request;
use crate::domain::{Digest, ImageRepository, REVISION, Reference};
use crate::error::{Error, Kind, Result};
use crate::images::{ImageCopy, Target};
use crate::ops::presence::{self, Asked, Known, Presence, State};
use crate::ops::replacement::refuse_another;
use crate::registry::{Image, Registries};

/// What happens where an image of this very commit is there already, under the tag of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfExists {
    /// It is kept, and nothing is built.
    Keep,
    /// Nothing is built at all.
    Fail,
    /// It is built anew, and replaced.
    Overwrite,
}

/// Which of the images are built, and what becomes of the others.
#[derive(Debug, Default)]
pub(super) struct Existing {
    /// The services, by their paths, whose images are not built.
    unbuilt: BTreeSet<String>,
    /// Those that are there, as far as they are not built.
    pub(super) kept: Vec<KeptImage>,
    /// The copies to registries that lack them.
    pub(super) copies: Vec<ImageCopy>,
    pub(super) warnings: Vec<String>,
    /// What is done and what is not, and why.
    pub(super) notes: Vec<String>,
}

/// An image that is there, and therefore not built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptImage {
    /// Its repository and tag.
    pub reference: Reference,
    /// What it is.
    pub digest: Digest,
}

/// What decides whether an image is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Nothing: it is.
    Always,
    /// Whether there is one under this name.
    Missing,
    /// Whether the one under this name is of the same commit, which the name does not say.
    MissingOfCommit,
    /// Of which commit the one under this name is, for a release never becomes another one.
    Release(IfExists),
}

/// Asks the registries which of `targets` are there already, as far as that changes anything. `is_pushed`: docker may push them.
///
/// # Errors
/// A registry that does not answer; an image that must not be replaced.
pub(super) fn existing(
    targets: &[Target],
    request: &Request,
    is_pushed: bool,
    builder: Option<&String>,
    registries: &Registries,
) -> Result<Existing> {
    let rules: Vec<Rule> = targets.iter().map(|target| rule(target, request, is_pushed)).collect();
    let ruled: Vec<(&Target, Rule)> =
        targets.iter().zip(rules).filter(|(_, rule)| *rule != Rule::Always).collect();
    let mut existing = Existing::default();
    let asked: Vec<Asked> = ruled.iter().map(|(target, _)| question(target)).collect();
    if asked.is_empty() {
        return Ok(existing);
    }
    let references = presence::references(&asked);
    let is_absence =
        |repository: &ImageRepository| request.missing && registries.accepts_credentials(repository);
    let needs_labels = ruled.iter().any(|(_, rule)| *rule != Rule::Missing);
    let presences = if needs_labels {
        let Known { presences, warnings } =
            presence::read(asked, registries.images(&references), is_absence).map_err(with_hint)?;
        existing.warnings = warnings;
        let mut known = Vec::with_capacity(presences.len());
        for ((target, rule), presence) in ruled.iter().zip(&presences) {
            if let Rule::Release(if_exists) = rule {
                refuse_replacement(target, presence, *if_exists)?;
            }
            known.push(match rule {
                Rule::MissingOfCommit => presence.of_commit(commit_of(target)),
                Rule::Always | Rule::Missing | Rule::Release(_) => presence.digests(),
            });
        }
        known
    } else {
        let Known { presences, warnings } =
            presence::read(asked, registries.digests(&references), is_absence)?;
        existing.warnings = warnings;
        presences
    };
    for ((_, rule), presence) in ruled.into_iter().zip(&presences) {
        existing.warnings.extend(presence.difference());
        if rule != Rule::Release(IfExists::Overwrite) {
            existing.add(presence, is_pushed, builder);
        }
    }
    Ok(existing)
}

impl Existing {
    /// Whether the image of `target` is to be built.
    pub(super) fn is_built(&self, target: &Target) -> bool {
        !self.unbuilt.contains(&target.service)
    }

    /// Decides about one image that is built only if it is nowhere.
    fn add(&mut self, presence: &Presence<Digest>, is_pushed: bool, builder: Option<&String>) {
        let state = presence.state();
        if state == State::Nowhere {
            return;
        }
        self.unbuilt.insert(presence.service.clone());
        for (reference, digest) in presence.there() {
            self.notes.push(format!("keeping {reference}, which is there already"));
            self.kept.push(KeptImage { reference: reference.clone(), digest: digest.clone() });
        }
        let State::Somewhere { source, digest, lacking } = state else { return };
        for target in lacking {
            if is_pushed {
                self.notes.push(format!("copying {source}@{digest} to {target}"));
                self.copies.push(ImageCopy {
                    source: source.clone(),
                    digest: digest.clone(),
                    target: target.clone(),
                    builder: builder.cloned(),
                });
            } else {
                self.notes.push(format!("{target} is missing: --push would copy {source}@{digest} there"));
            }
        }
    }
}

fn rule(target: &Target, request: &Request, is_pushed: bool) -> Rule {
    let Some(tag) = target.references.first().map(|reference| &reference.tag) else { return Rule::Always };
    match request.missing {
        // A dry run that is not about registries does without them.
        false if request.dry_run => Rule::Always,
        // No two of them need to have the same content.
        _ if tag.is_dirty() => Rule::Always,
        _ if tag.is_release() && (is_pushed || request.missing) => Rule::Release(request.if_exists),
        true if request.set_version.is_some() => Rule::MissingOfCommit,
        true => Rule::Missing,
        false => Rule::Always,
    }
}

/// The commit by which `target` is labelled.
pub(super) fn commit_of(target: &Target) -> &str {
    target.labels.get(REVISION).map_or("", String::as_str)
}

fn question(target: &Target) -> Asked {
    Asked { service: target.service.clone(), references: target.references.clone() }
}

/// Refuses to build `target` if what is there must not be replaced.
///
/// # Errors
/// An image of another commit, or one that does not say of which it is; one of the same commit, if it is to fail then.
fn refuse_replacement(target: &Target, presence: &Presence<Image>, if_exists: IfExists) -> Result<()> {
    let ours = commit_of(target);
    refuse_another(ours, presence.there())?;
    match (if_exists, presence.there().next()) {
        (IfExists::Fail, Some((reference, image))) => Err(Error::new(
            Kind::VersionRule,
            format!("{reference} is there already ({}), built of the same commit {ours}", image.digest),
        )
        .hint("--if-exists keep, the default, leaves it as it is; --if-exists overwrite builds it anew")),
        _ => Ok(()),
    }
}

/// `error` of a build of releases, with what helps where a registry denies access to a repository.
fn with_hint(error: Error) -> Error {
    match error.kind() {
        Kind::Registry => error.hint(
            "a release is pushed only once its registries say that it is not there; if the repository does not exist yet, its first push can be another tag: imgver build SERVICE --push",
        ),
        _ => error,
    }
}

#[cfg(test)]
mod tests;
