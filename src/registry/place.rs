//! One repository of a registry: the questions of the protocol (OCI distribution specification 1.1).

use std::sync::{Arc, PoisonError};

use super::endpoint::Endpoint;
use super::error::{Failure, RegistryError, RegistryFault, denies, lacks_content, said};
use super::http::{Answered, Ask, Method};
use super::manifest::{self, ACCEPTED, Content};
use super::retry::Retry;
use super::session::{PULL, PUSH, Question, Session};
use super::{Answer, Registries};
use crate::domain::{Digest, ImageRepository, ImageTag};

/// A repository, and what errors say that they are about.
pub(super) struct Place {
    endpoint: Endpoint,
    session: Arc<Session>,
    subject: String,
}

/// A manifest or index that arrived as its digest says.
pub(super) struct Manifest {
    pub(super) digest: Digest,
    pub(super) content: Content,
    media_type: String,
    bytes: Vec<u8>,
}

/// What a registry says about a tag.
enum Found<T> {
    Present(T),
    /// It is there, but not all of it was in the answer.
    Unclear,
    /// Nothing is there; and whether a registry says so, rather than some other server.
    Absent(bool),
}

impl Place {
    pub(super) fn of(registries: &Registries, repository: &ImageRepository, subject: String) -> Self {
        let endpoint = Endpoint::of(repository, &registries.shared.insecure);
        let mut sessions = registries.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || Arc::new(Session::new(Arc::clone(&registries.shared)));
        let session = Arc::clone(sessions.entry(endpoint.registry.clone()).or_insert_with(made));
        Place { endpoint, session, subject }
    }

    pub(super) fn error(&self, fault: RegistryFault) -> RegistryError {
        let (registry, subject) = (self.endpoint.registry.clone(), self.subject.clone());
        RegistryError { registry, subject, is_write: false, fault }
    }

    /// That the tag that it is about names `found` right after it was set to `set`.
    pub(super) fn not_kept(&self, set: &Digest, found: Option<Digest>) -> RegistryError {
        RegistryError { is_write: true, ..self.error(RegistryFault::NotKept(set.clone(), found)) }
    }

    /// The digest that `tag` names.
    pub(super) fn digest(&self, tag: &str) -> Answer<Digest> {
        let found = self.ask(Ask::head(self.endpoint.manifest(tag), ACCEPTED), |answered| {
            // What is no manifest may carry any header.
            let is_manifest = answered.header("Content-Type").is_none_or(manifest::is_manifest);
            Ok(stated_digest(&answered).filter(|_| is_manifest).map_or(Found::Unclear, Found::Present))
        })?;
        match found {
            Found::Present(digest) => Ok(Some(digest)),
            Found::Unclear => Ok(self.manifest(tag)?.map(|manifest| manifest.digest)),
            Found::Absent(is_certain) => self.absent(is_certain),
        }
    }

    /// The manifest or index that `reference`, a tag or a digest, names.
    pub(super) fn manifest(&self, reference: &str) -> Answer<Manifest> {
        let wanted: Option<Digest> = reference.parse().ok();
        let ask = Ask::get(self.endpoint.manifest(reference), ACCEPTED);
        let found = self.ask(ask, |answered| verified(answered, wanted.as_ref()).map(Found::Present))?;
        match found {
            Found::Present(manifest) => Ok(Some(manifest)),
            Found::Unclear => Ok(None),
            Found::Absent(is_certain) => self.absent(is_certain),
        }
    }

    /// Adds the label of the revision of each image in `content`.
    pub(super) fn revisions(
        &self,
        content: &Content,
        depth: u32,
        revisions: &mut Vec<String>,
    ) -> Result<(), RegistryError> {
        match content {
            Content::Image(configuration) => revisions.push(self.revision(configuration)?),
            Content::Index(_) if depth == 0 => {
                return Err(
                    self.error(RegistryFault::Broken("too many indexes within each other".to_owned()))
                );
            }
            Content::Index(images) => {
                for image in images {
                    let Some(manifest) = self.manifest(image.as_str())? else {
                        return Err(self.error(RegistryFault::Broken(lacks(image))));
                    };
                    self.revisions(&manifest.content, depth - 1, revisions)?;
                }
            }
        }
        Ok(())
    }

    fn revision(&self, configuration: &Digest) -> Result<String, RegistryError> {
        let ask = Ask::get(self.endpoint.blob(configuration.as_str()), "*/*");
        let found = self.ask(ask, |answered| {
            if !configuration.is_of(&answered.body) {
                return Err(Failure::broken(format!("content whose digest is not {configuration}")));
            }
            manifest::revision(&answered.body).map(Found::Present).map_err(Failure::broken)
        })?;
        match found {
            Found::Present(revision) => Ok(revision),
            Found::Unclear | Found::Absent(_) => Err(self.error(RegistryFault::Broken(lacks(configuration)))),
        }
    }

    /// Writes `manifest` under `tag`, in place of what is there.
    pub(super) fn write(&self, tag: &ImageTag, manifest: &Manifest) -> Result<(), RegistryError> {
        let body = Some((&*manifest.media_type, &*manifest.bytes));
        let url = self.endpoint.manifest(tag.as_str());
        let ask = Ask { method: Method::PUT, url, accept: "*/*", body };
        self.session.ask(&self.question(ask, Some(PUSH)), |answered| match answered.status {
            200..=299 => Ok(()),
            // It has just given us this very manifest: somebody else is writing the same content right now.
            400 | 404 if lacks_content(&answered.body) => {
                Err(Failure { retry: Retry::Soon, ..answered.refusal() })
            }
            _ => Err(answered.refusal()),
        })
    }

    /// Asks for something that may be absent.
    fn ask<T>(
        &self,
        ask: Ask<'_>,
        present: impl Fn(Answered) -> Result<Found<T>, Failure>,
    ) -> Result<Found<T>, RegistryError> {
        self.session.ask(&self.question(ask, Some(PULL)), |answered| match answered.status {
            200 => present(answered),
            404 if denies(&answered.body) => {
                let fault = RegistryFault::Denied(answered.status, said(&answered.body));
                Err(Failure { fault, retry: Retry::Never })
            }
            404 => Ok(Found::Absent(answered.header("Docker-Distribution-Api-Version").is_some())),
            _ => Err(answered.refusal()),
        })
    }

    fn question<'a>(&'a self, ask: Ask<'a>, actions: Option<&'static str>) -> Question<'a> {
        Question { ask, endpoint: &self.endpoint, subject: &self.subject, actions }
    }

    /// Makes sure that it is a registry that says that something is absent: 404 is also what a web server answers that has lost its
    /// registry, or never had one. The body of the answer would not tell: `HEAD` has none, and a registry may send any ("Error
    /// codes" of the specification). A registry says what it is in a header, or answers at its base with 200 or 401 ("Determining
    /// support").
    fn absent<T>(&self, is_certain: bool) -> Answer<T> {
        if !is_certain {
            let ask = Ask::get(self.endpoint.base(), "application/json");
            let question = self.question(ask, None);
            let read = |answered: Answered| match answered.status {
                200..=299 | 401 | 403 => Ok(()),
                404 => Err(Failure::broken("404 for everything, even for /v2/")),
                _ => Err(answered.refusal()),
            };
            self.session.make_sure(|| self.session.ask(&question, read))?;
        }
        Ok(None)
    }
}

fn lacks(digest: &Digest) -> String {
    format!("an image that refers to {digest}, which it does not have")
}

/// The digest that a response says its content has, if it is one.
fn stated_digest(answered: &Answered) -> Option<Digest> {
    answered.header("Docker-Content-Digest").and_then(|value| value.trim().parse().ok())
}

/// The manifest in a response, if it has the digest that was asked for, and the one that the response says.
fn verified(answered: Answered, wanted: Option<&Digest>) -> Result<Manifest, Failure> {
    let stated = stated_digest(&answered);
    for expected in wanted.into_iter().chain(&stated) {
        if !expected.is_of(&answered.body) {
            return Err(Failure::broken(format!("content whose digest is not {expected}")));
        }
    }
    let content_type = answered.header("Content-Type");
    let content = manifest::content(&answered.body, content_type).map_err(Failure::broken)?;
    let media_type = manifest::media_type(&answered.body, content_type).map_err(Failure::broken)?;
    let digest = wanted.cloned().or(stated).unwrap_or_else(|| Digest::of(&answered.body));
    Ok(Manifest { digest, content, media_type, bytes: answered.body })
}
