//! Which images are there already, and what is done instead of building them.

use std::collections::BTreeSet;

use super::Request;
use crate::domain::{Digest, ImageRepository, Reference};
use crate::error::{Error, Kind, Result};
use crate::images::{ImageCopy, Output, REVISION, Target};
use crate::ops::presence::{self, Asked, Known, Presence, State};
use crate::registry::{Image, Registries, Revision};

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
    /// Of which commit the one under this name is, for a release never becomes another one.
    Release(IfExists),
}

/// Asks the registries which of `targets` are there already, as far as that changes anything.
///
/// # Errors
/// A registry that does not answer; an image that must not be replaced.
pub(super) fn existing(
    targets: &[Target],
    request: &Request,
    builder: Option<&String>,
    registries: &Registries,
) -> Result<Existing> {
    let rules: Vec<Rule> = targets.iter().map(|target| rule(target, request)).collect();
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
    let needs_labels = ruled.iter().any(|(_, rule)| matches!(rule, Rule::Release(_)));
    let presences = if needs_labels {
        let Known { presences, warnings } =
            presence::read(asked, registries.images(&references), is_absence).map_err(with_hint)?;
        existing.warnings = warnings;
        let mut known = Vec::with_capacity(presences.len());
        for ((target, rule), presence) in ruled.iter().zip(&presences) {
            if let Rule::Release(if_exists) = rule {
                refuse_replacement(target, presence, *if_exists)?;
            }
            known.push(presence.map(|image| image.digest.clone()));
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
            existing.add(presence, request.options.output == Output::Push, builder);
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
            self.notes.push(format!("{reference} is there already, and is kept"));
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

fn rule(target: &Target, request: &Request) -> Rule {
    let is_pushed = request.options.output == Output::Push;
    let is_release = target.references.first().is_some_and(|reference| reference.tag.is_release());
    match request.missing {
        // A dry run that is not about registries does without them.
        false if request.dry_run => Rule::Always,
        _ if is_pushed && is_release => Rule::Release(request.if_exists),
        true => Rule::Missing,
        false => Rule::Always,
    }
}

fn question(target: &Target) -> Asked {
    Asked { service: target.service.clone(), references: target.references.clone() }
}

/// Refuses to build `target` if what is there must not be replaced.
///
/// # Errors
/// An image of another commit, or one that does not say of which it is; one of the same commit, if it is to fail then.
fn refuse_replacement(target: &Target, presence: &Presence<Image>, if_exists: IfExists) -> Result<()> {
    let ours = target.labels.get(REVISION).map_or("", String::as_str);
    for (reference, image) in presence.there() {
        let theirs = match &image.revision {
            Revision::Commit(theirs) if theirs == ours => continue,
            Revision::Commit(theirs) => format!("was built of the commit {theirs}"),
            Revision::Unlabelled => {
                format!("does not say of which commit it was built (its label {REVISION})")
            }
            Revision::Different(several) => {
                let named = several.iter().map(|one| if one.is_empty() { "none" } else { one });
                let named = named.collect::<Vec<_>>().join(", ");
                format!("was built of different commits for its platforms (their labels {REVISION}: {named})")
            }
        };
        let digest = &image.digest;
        return Err(Error::new(
            Kind::VersionRule,
            format!("{reference} is there already ({digest}), and {theirs}; this build is of the commit {ours}: a release is never replaced by another"),
        )
        .hint("release the change under a new version: imgver release SERVICE --bump patch")
        .hint("if nobody uses that image, delete it in the registry and run this again"));
    }
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
