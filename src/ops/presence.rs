//! Where images are, by what their registries answer.
//!
//! Absent is what a registry says is absent. Everything else that is no image is an error, with one exception: registries that
//! tell nobody whether a repository exists deny access to one that is not there yet ([`read`]).

use std::collections::BTreeSet;

use crate::domain::{Digest, ImageRepository, Reference};
use crate::error::{Error, Kind, Result};
use crate::ops::replacement::{built_of, is_of};
use crate::registry::{Answer, Image, RegistryFault};

/// An image of a service, under all its references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence<T> {
    /// The service's path; empty for the repository as a whole.
    pub service: String,
    /// One for each of its repositories, the main one first.
    pub places: Vec<Place<T>>,
}

/// A reference, and what its registry says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place<T> {
    /// The repository and tag.
    pub reference: Reference,
    /// What is there.
    pub found: Found<T>,
}

/// What a registry says of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<T> {
    /// This is there.
    There(T),
    /// There is no such image.
    Absent,
    /// Nobody may know, which is taken for the absence of the repository.
    Denied,
    /// Another image, which this one may replace; how it was built, as the end of a sentence.
    Other(String),
}

/// Where an image is among its repositories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State<'p> {
    /// In all of them.
    Everywhere,
    /// In some of them.
    Somewhere {
        /// The first that has it.
        source: &'p ImageRepository,
        /// What it has there.
        digest: &'p Digest,
        /// The references under which it is missing.
        lacking: Vec<&'p Reference>,
    },
    /// In none of them.
    Nowhere,
}

/// A service, and the references of its image.
pub(super) struct Asked {
    pub(super) service: String,
    pub(super) references: Vec<Reference>,
}

/// What registries know about images, and the warnings about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known<T> {
    pub(super) presences: Vec<Presence<T>>,
    pub(super) warnings: Vec<String>,
}

impl<T> Place<T> {
    /// What is there, if it is.
    pub fn there(&self) -> Option<&T> {
        match &self.found {
            Found::There(image) => Some(image),
            Found::Absent | Found::Denied | Found::Other(_) => None,
        }
    }
}

impl<T> Presence<T> {
    /// The same with what `of` makes of each image that is there.
    fn map<U>(&self, of: impl Fn(&T) -> Found<U>) -> Presence<U> {
        let place = |place: &Place<T>| Place {
            reference: place.reference.clone(),
            found: match &place.found {
                Found::There(image) => of(image),
                Found::Absent => Found::Absent,
                Found::Denied => Found::Denied,
                Found::Other(why) => Found::Other(why.clone()),
            },
        };
        Presence { service: self.service.clone(), places: self.places.iter().map(place).collect() }
    }

    /// The references under which it is there, with what is there.
    pub(super) fn there(&self) -> impl Iterator<Item = (&Reference, &T)> {
        self.places.iter().filter_map(|place| Some((&place.reference, place.there()?)))
    }

    /// Whether it is missing under any of its references.
    pub(super) fn is_lacking(&self) -> bool {
        self.lacking().next().is_some()
    }

    /// The references under which it is missing.
    fn lacking(&self) -> impl Iterator<Item = &Reference> {
        let lacking = self.places.iter().filter(|place| place.there().is_none());
        lacking.map(|place| &place.reference)
    }
}

impl Presence<Image> {
    /// The same without the labels.
    pub(super) fn digests(&self) -> Presence<Digest> {
        self.map(|image| Found::There(image.digest.clone()))
    }

    /// The same as far as it was built of `commit`: all else that is there can be replaced.
    pub(super) fn of_commit(&self, commit: &str) -> Presence<Digest> {
        self.map(|image| match is_of(image, commit) {
            true => Found::There(image.digest.clone()),
            false => Found::Other(built_of(&image.revision)),
        })
    }
}

impl Presence<Digest> {
    /// Where it is.
    pub(super) fn state(&self) -> State<'_> {
        let lacking: Vec<&Reference> = self.lacking().collect();
        match self.there().next() {
            None => State::Nowhere,
            Some(_) if lacking.is_empty() => State::Everywhere,
            Some((reference, digest)) => State::Somewhere { source: &reference.repository, digest, lacking },
        }
    }

    /// The warning if its registries have different images under the same tag: none of them is replaced.
    pub(super) fn difference(&self) -> Option<String> {
        let digests: BTreeSet<&Digest> = self.there().map(|(_, digest)| digest).collect();
        if digests.len() < 2 {
            return None;
        }
        let places = self.there().map(|(reference, digest)| format!("{reference} is {digest}"));
        let places = places.collect::<Vec<_>>().join(", ");
        Some(format!("the registries have different images under one tag, and none is replaced: {places}"))
    }
}

/// Takes `answers`, one for each reference of `asked` in their order, for what is where.
///
/// A registry that denies access to one repository (401, 403) says by that that there is none if `is_absence` says so: that it
/// accepts the same credentials elsewhere. That is a warning.
///
/// # Errors
/// A question that was not answered: nobody knows what is there.
pub(super) fn read<T>(
    asked: Vec<Asked>,
    answers: Vec<Answer<T>>,
    is_absence: impl Fn(&ImageRepository) -> bool,
) -> Result<Known<T>> {
    let mut answers = answers.into_iter();
    let (mut presences, mut warnings) = (Vec::with_capacity(asked.len()), Vec::new());
    for Asked { service, references } in asked {
        let mut places = Vec::with_capacity(references.len());
        for reference in references {
            let answer = answers.next().ok_or_else(|| not_answered(&reference))?;
            let found = match answer {
                Ok(Some(image)) => Found::There(image),
                Ok(None) => Found::Absent,
                Err(error) => match error.fault {
                    RegistryFault::Denied(status, _) if is_absence(&reference.repository) => {
                        let warning = denied(&error.registry, status, &reference.repository);
                        if !warnings.contains(&warning) {
                            warnings.push(warning);
                        }
                        Found::Denied
                    }
                    _ => return Err(error.into_error()),
                },
            };
            places.push(Place { reference, found });
        }
        presences.push(Presence { service, places });
    }
    Ok(Known { presences, warnings })
}

/// All references of `asked`, in the order in which [`read`] takes their answers.
pub(super) fn references(asked: &[Asked]) -> Vec<Reference> {
    asked.iter().flat_map(|asked| asked.references.iter().cloned()).collect()
}

fn denied(registry: &str, status: u16, repository: &ImageRepository) -> String {
    format!(
        "{registry} answers {status} about the repository {repository}, but accepts the same credentials elsewhere: taken for a repository that does not exist yet"
    )
}

fn not_answered(reference: &Reference) -> Error {
    Error::new(Kind::Unexpected, format!("the question whether {reference} is there was not asked"))
}

#[cfg(test)]
mod tests;
