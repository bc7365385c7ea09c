//! Registries: what they have, and new tags for what they have. The one folder that speaks to them.
//!
//! The protocol is that of the OCI distribution specification 1.1, with the token authentication of Docker's registry. Nothing is
//! read, resolved or started before the first question.

mod challenge;
mod credentials;
mod endpoint;
mod error;
mod http;
mod manifest;
mod parallel;
mod place;
mod proxy;
mod retry;
mod session;
mod token;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::domain::{Digest, ImageRepository, ImageTag, Reference};
use crate::meter::Measure;
use crate::programs::Programs;
use endpoint::Endpoint;
use http::Http;
use place::Place;
use session::{Session, Shared};

pub use error::{RegistryError, RegistryFault};

/// What a registry says: what it has, or `None` where it says that it has no such thing.
pub type Answer<T> = Result<Option<T>, RegistryError>;

/// The registries of one run, with what is known about them so far: credentials, tokens, connections.
#[derive(Debug)]
pub struct Registries {
    shared: Arc<Shared>,
    /// Those that were asked, by name.
    sessions: Mutex<BTreeMap<String, Arc<Session>>>,
}

/// An image as a registry has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// That of the manifest or index that the tag names.
    pub digest: Digest,
    /// Of which commit it says that it was built.
    pub revision: Revision,
}

/// The label `org.opencontainers.image.revision` of an image. In an index, that of all platforms; attestations have none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revision {
    /// This commit.
    Commit(String),
    /// There is no such label.
    Unlabelled,
    /// Platforms of one index have different labels, or some have none. Sorted; the empty string is that of those without.
    Different(Vec<String>),
}

impl Registries {
    /// Registries that are reached as docker reaches them: with its credentials (`DOCKER_CONFIG`, else `HOME`), through the proxies
    /// that the environment names. Those of `insecure` (`HOST` or `HOST:PORT`) and of loopback by plain HTTP.
    pub fn new(insecure: Vec<String>, programs: &Programs) -> Self {
        let directory = |name: &str| programs.var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let configuration =
            directory("DOCKER_CONFIG").or_else(|| directory("HOME").map(|home| home.join(".docker")));
        let shared =
            Shared { insecure, http: Http::new(programs), programs: programs.clone(), configuration };
        Registries { shared: Arc::new(shared), sessions: Mutex::default() }
    }

    /// The digest that each of `references` names, in their order, asked for in parallel.
    pub fn digests(&self, references: &[Reference]) -> Vec<Answer<Digest>> {
        self.ask_each(references, |reference| self.digest(reference))
    }

    /// The image that each of `references` names, in their order, asked for in parallel.
    pub fn images(&self, references: &[Reference]) -> Vec<Answer<Image>> {
        self.ask_each(references, |reference| self.image(reference))
    }

    fn ask_each<T: Send>(
        &self,
        references: &[Reference],
        ask: impl Fn(&Reference) -> Answer<T> + Sync,
    ) -> Vec<Answer<T>> {
        let progress = self.shared.programs.meter().begin("asking registries", Measure::Of(references.len()));
        parallel::map(references, |reference| {
            let answer = ask(reference);
            progress.add(1);
            answer
        })
    }

    /// Gives what `digest` names in `repository` the tag `tag` as well, in place of what the tag named before, and reads it back.
    ///
    /// # Errors
    /// The registry does not have the digest, refuses, or says something else afterwards.
    pub fn tag(
        &self,
        repository: &ImageRepository,
        digest: &Digest,
        tag: &ImageTag,
    ) -> Result<(), RegistryError> {
        let _progress = self.shared.programs.meter().begin("setting a tag", Measure::Nothing);
        let source = Place::of(self, repository, format!("{repository}@{digest}"));
        let Some(manifest) = source.manifest(digest.as_str())? else {
            return Err(source.error(RegistryFault::Status(404, "it does not have that digest".to_owned())));
        };
        let reference = Reference { repository: repository.clone(), tag: tag.clone() };
        let target = Place::of(self, repository, reference.to_string());
        target.write(tag, &manifest)?;
        if target.digest(tag.as_str())?.as_ref() == Some(digest) {
            return Ok(());
        }
        // A registry with several servers may take a moment.
        thread::sleep(READ_BACK_PAUSE);
        match target.digest(tag.as_str())? {
            Some(found) if found == *digest => Ok(()),
            found => Err(target.not_kept(digest, found)),
        }
    }

    /// Whether credentials for the registry of `repository` are configured, and an answer about another of its repositories
    /// showed in this run that it accepts them.
    pub fn accepts_credentials(&self, repository: &ImageRepository) -> bool {
        let endpoint = Endpoint::of(repository, &self.shared.insecure);
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(&endpoint.registry).is_some_and(|session| session.accepts_credentials(&endpoint.name))
    }

    fn digest(&self, reference: &Reference) -> Answer<Digest> {
        Place::of(self, &reference.repository, reference.to_string()).digest(reference.tag.as_str())
    }

    fn image(&self, reference: &Reference) -> Answer<Image> {
        let place = Place::of(self, &reference.repository, reference.to_string());
        let Some(manifest) = place.manifest(reference.tag.as_str())? else { return Ok(None) };
        let mut revisions = Vec::new();
        place.revisions(&manifest.content, DEPTH_MAX, &mut revisions)?;
        Ok(Some(Image { digest: manifest.digest, revision: manifest::agreed(revisions) }))
    }
}

/// How long a registry has before a tag is read back once more.
const READ_BACK_PAUSE: Duration = Duration::from_millis(500);

/// How deep indexes are within each other; buildx makes one.
const DEPTH_MAX: u32 = 3;
