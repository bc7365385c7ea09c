//! One registry in one run: what it wants to know, what it has accepted, and how patient we still are with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::challenge::Challenge;
use super::credentials::{self, Credentials};
use super::endpoint::{self, Endpoint};
use super::error::{Failure, RegistryError, RegistryFault};
use super::http::{self, Answered, Ask, Http};
use super::retry::{self, Next, Retry, WINDOW};
use super::token::{self, Wanted};
use crate::programs::Programs;

/// What the sessions of all registries have in common.
#[derive(Debug)]
pub(super) struct Shared {
    /// Those that are reached by plain HTTP, besides those on loopback: `HOST` or `HOST:PORT`.
    pub(super) insecure: Vec<String>,
    pub(super) http: Http,
    pub(super) programs: Programs,
    /// Docker's configuration directory.
    pub(super) configuration: Option<PathBuf>,
}

/// What a token must allow for a question.
pub(super) const PULL: &str = "pull";
/// What it must allow for a change, as `docker push` asks for it.
pub(super) const PUSH: &str = "pull,push";

/// A request about a repository.
#[derive(Debug, Clone)]
pub(super) struct Question<'a> {
    /// The request.
    pub(super) ask: Ask<'a>,
    /// The repository.
    pub(super) endpoint: &'a Endpoint,
    /// What an error says it was about.
    pub(super) subject: &'a str,
    /// What a token must allow; none for what anybody may ask.
    pub(super) actions: Option<&'static str>,
}

impl Question<'_> {
    /// Whether a token must allow more than the request needs, and so more than a challenge says.
    fn wants_more(&self) -> bool {
        self.actions == Some(PUSH) && self.ask.body.is_none()
    }
}

/// A registry.
pub(super) struct Session {
    shared: Arc<Shared>,
    state: Mutex<State>,
    /// Held by the first question, which finds out for all others what the registry wants to know, and by the one that makes sure
    /// that it is a registry.
    contact: Mutex<()>,
    /// The token for each scope, locked while it is fetched.
    tokens: Mutex<BTreeMap<String, Arc<Mutex<Option<String>>>>>,
    credentials: OnceLock<Result<Option<Credentials>, String>>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether the first question about it is over, whatever came of it.
    is_met: bool,
    /// Whether it has answered anything in HTTP.
    has_answered: bool,
    /// Whether it has shown that it is a registry, and not another web server.
    is_registry: bool,
    /// What it wants to know, apart from the scope, which is another one for each repository.
    challenge: Option<Challenge>,
    /// The repositories about which it answered those who showed credentials.
    accepted: BTreeSet<String>,
    /// When its failures began, and when the last one was.
    failures: Option<(Instant, Instant)>,
    /// When it wants to be asked again.
    not_before: Option<Instant>,
    /// Why it is not asked any more.
    given_up: Option<RegistryError>,
}

/// What a request shows.
struct Authorization {
    /// The value of the header.
    header: String,
    /// Whether it comes from credentials; anybody may have a token for what is public.
    is_from_credentials: bool,
    /// The token, if it is one.
    token: Option<String>,
}

/// Without any secret.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Session {
            shared,
            state: Mutex::default(),
            contact: Mutex::default(),
            tokens: Mutex::default(),
            credentials: OnceLock::new(),
        }
    }

    /// Whether it accepted credentials for another repository than `name`.
    pub(super) fn accepts_credentials(&self, name: &str) -> bool {
        locked(&self.state).accepted.iter().any(|accepted| accepted != name)
    }

    /// Makes sure once that it is a registry, by `ask`; meanwhile others wait for the answer.
    pub(super) fn make_sure(
        &self,
        ask: impl FnOnce() -> Result<(), RegistryError>,
    ) -> Result<(), RegistryError> {
        let _alone = locked(&self.contact);
        if !locked(&self.state).is_registry {
            ask()?;
            locked(&self.state).is_registry = true;
        }
        Ok(())
    }

    /// Sends a question until `read` takes the answer, another try cannot help, or there were enough.
    ///
    /// # Errors
    /// The last failure; or that of another question, after which the registry is not asked any more.
    pub(super) fn ask<T>(
        &self,
        question: &Question<'_>,
        read: impl Fn(Answered) -> Result<T, Failure>,
    ) -> Result<T, RegistryError> {
        let contact = self.first_contact();
        let answer = self.insist(question, read);
        if contact.is_some() {
            locked(&self.state).is_met = true;
        }
        answer
    }

    fn insist<T>(
        &self,
        question: &Question<'_>,
        read: impl Fn(Answered) -> Result<T, Failure>,
    ) -> Result<T, RegistryError> {
        let mut tries = 1;
        loop {
            let left = self.wait(tries)?;
            let began = Instant::now();
            let failure = match self.send(question, left).and_then(&read) {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            match self.next(tries, began, &failure) {
                Next::Pause(pause) => thread::sleep(pause),
                Next::GiveUp => return Err(self.give_up(question, failure)),
                Next::TooLong(asked) => return Err(self.give_up(question, failure.after(asked))),
            }
            tries += 1;
        }
    }

    /// Lets the first question go ahead of all others, which would all be asked in vain who they are.
    fn first_contact(&self) -> Option<MutexGuard<'_, ()>> {
        let is_met = || locked(&self.state).is_met;
        if is_met() {
            return None;
        }
        let contact = locked(&self.contact);
        (!is_met()).then_some(contact)
    }

    /// Waits until the registry wants to be asked, and says how long try number `tries` may take.
    fn wait(&self, tries: u32) -> Result<Duration, RegistryError> {
        loop {
            let state = locked(&self.state);
            if let Some(error) = &state.given_up {
                return Err(error.clone());
            }
            let now = Instant::now();
            let Some(pause) = state.not_before.and_then(|time| time.checked_duration_since(now)) else {
                return Ok(if tries == 1 { WINDOW } else { state.left(now) });
            };
            drop(state);
            // A clock may wake early.
            thread::sleep(pause.max(Duration::from_millis(1)));
        }
    }

    /// What comes after try number `tries` failed.
    fn next(&self, tries: u32, began: Instant, failure: &Failure) -> Next {
        let mut state = locked(&self.state);
        let now = Instant::now();
        state.failed(began, now);
        let next = retry::next(tries, failure.retry, state.left(now));
        if let (Next::Pause(pause), Retry::After(_)) = (next, failure.retry) {
            state.not_before = state.not_before.max(Some(now + pause));
        }
        next
    }

    fn give_up(&self, question: &Question<'_>, failure: Failure) -> RegistryError {
        let registry = question.endpoint.registry.clone();
        let mut state = locked(&self.state);
        let is_about_all = match &failure.fault {
            RegistryFault::Unreachable(_) => true,
            RegistryFault::Status(status, _) => retry::is_temporary(*status),
            // It has never spoken HTTP, or is not a registry.
            RegistryFault::Broken(_) => !state.has_answered || question.actions.is_none(),
            RegistryFault::Denied(..) | RegistryFault::NotKept(..) | RegistryFault::Credentials(_) => false,
        };
        let is_write = question.ask.body.is_some();
        let subject = question.subject.to_owned();
        let error = RegistryError { registry, subject, is_write, fault: failure.fault };
        if is_about_all {
            state.given_up.get_or_insert_with(|| error.clone());
        }
        error
    }

    /// Sends a question, and once more as `docker push` would ask it if access is denied to those who only want to read.
    ///
    /// ghcr.io, Docker Hub and others deny that for a repository that does not exist, at the registry or at its token server. Those
    /// who may push to it, and so create it, get a token for that, and an honest 404. Nothing but the token is asked for.
    fn send(&self, question: &Question<'_>, left: Duration) -> Result<Answered, Failure> {
        let answer = self.send_as(question, left);
        if question.actions != Some(PULL) || !is_denied(&answer) || !self.has_tokens(question)? {
            return answer;
        }
        let again = self.send_as(&Question { actions: Some(PUSH), ..question.clone() }, left);
        if is_denied(&again) { answer } else { again }
    }

    /// Whether its credentials get tokens, each for what it is asked for.
    fn has_tokens(&self, question: &Question<'_>) -> Result<bool, Failure> {
        let is_bearer = matches!(locked(&self.state).challenge, Some(Challenge::Bearer { .. }));
        Ok(is_bearer && self.credentials(question)?.is_some())
    }

    /// Sends a question once, and again with what the registry wants to know. A token that is refused is fetched anew, once.
    fn send_as(&self, question: &Question<'_>, left: Duration) -> Result<Answered, Failure> {
        let (mut scope, mut refused, mut is_renewed) = (None, None, false);
        loop {
            let authorization = self.authorization(question, scope.as_deref(), refused.as_deref(), left)?;
            let header = authorization.as_ref().map(|authorization| &*authorization.header);
            let answered = self.shared.http.send(&question.ask, header, left)?;
            self.note(question, &answered, authorization.as_ref());
            let is_refused = answered.status == 401 && question.actions.is_some();
            let challenge = Challenge::best(answered.headers("WWW-Authenticate"));
            let Some(challenge) = challenge.filter(|_| is_refused) else { return Ok(answered) };
            match authorization {
                Some(Authorization { token: Some(token), .. }) if !is_renewed => {
                    (refused, is_renewed) = (Some(token), true);
                }
                Some(_) => return Ok(answered),
                None if challenge == Challenge::Basic && !self.has_password(question)? => {
                    return Ok(answered);
                }
                None => {}
            }
            if let Challenge::Bearer { scope: own, .. } = &challenge
                && !question.wants_more()
            {
                scope.clone_from(own);
            }
            locked(&self.state).challenge = Some(challenge);
        }
    }

    /// Remembers what an answer says about the registry.
    fn note(&self, question: &Question<'_>, answered: &Answered, authorization: Option<&Authorization>) {
        let mut state = locked(&self.state);
        state.has_answered = true;
        let is_known = matches!(answered.status, 200..=299 | 404);
        if is_known && authorization.is_some_and(|authorization| authorization.is_from_credentials) {
            state.accepted.insert(question.endpoint.name.clone());
        }
    }

    /// What a question has to show, as far as is known; `refused` is a token that the registry no longer takes.
    fn authorization(
        &self,
        question: &Question<'_>,
        scope: Option<&str>,
        refused: Option<&str>,
        left: Duration,
    ) -> Result<Option<Authorization>, Failure> {
        let challenge = locked(&self.state).challenge.clone();
        let Some((challenge, actions)) = challenge.zip(question.actions) else { return Ok(None) };
        let credentials = self.credentials(question)?;
        let Challenge::Bearer { realm, service, .. } = challenge else {
            let header = credentials.and_then(Credentials::basic);
            let authorization = |header| Authorization { header, is_from_credentials: true, token: None };
            return Ok(header.map(authorization));
        };
        if let Some(server) = http::plain_server(&realm)?
            && (!question.endpoint.is_plain || !endpoint::is_plain(&server, &self.shared.insecure))
        {
            return Err(Failure::broken(format!(
                "{server} as its token server, by plain HTTP, and no credentials are sent there"
            )));
        }
        let own = format!("repository:{}:{actions}", question.endpoint.name);
        let slot = Arc::clone(locked(&self.tokens).entry(own.clone()).or_default());
        let mut kept = locked(&slot);
        let token = match &*kept {
            Some(token) if refused != Some(token) => token.clone(),
            _ => {
                let service = service.as_deref();
                let wanted = Wanted { realm: &realm, service, scope: scope.unwrap_or(&own) };
                let token = token::fetch(&self.shared.http, &wanted, credentials, left)?;
                kept.insert(token).clone()
            }
        };
        let header = format!("Bearer {token}");
        Ok(Some(Authorization { header, is_from_credentials: credentials.is_some(), token: Some(token) }))
    }

    fn has_password(&self, question: &Question<'_>) -> Result<bool, Failure> {
        Ok(self.credentials(question)?.and_then(Credentials::basic).is_some())
    }

    /// The credentials for the registry, which are looked for once it wants to know them.
    fn credentials(&self, question: &Question<'_>) -> Result<Option<&Credentials>, Failure> {
        let Shared { programs, configuration, .. } = &*self.shared;
        let key = question.endpoint.credentials_key();
        let found =
            self.credentials.get_or_init(|| credentials::find(key, configuration.as_deref(), programs));
        let unreadable = |why: &String| RegistryFault::Credentials(why.clone());
        let failed = |why| Failure { fault: unreadable(why), retry: Retry::Never };
        found.as_ref().map(Option::as_ref).map_err(failed)
    }
}

/// Whether the registry or its token server denies access.
fn is_denied(answer: &Result<Answered, Failure>) -> bool {
    match answer {
        Ok(answered) => matches!(answered.status, 401 | 403),
        Err(failure) => matches!(failure.fault, RegistryFault::Denied(..)),
    }
}

impl State {
    /// Notes that a request failed, from its beginning to now. Failures that are more than a minute apart have nothing to do with
    /// each other.
    fn failed(&mut self, began: Instant, now: Instant) {
        let begin = self.failures.filter(|(_, last)| now.duration_since(*last) < WINDOW);
        self.failures = Some((begin.map_or(began, |(begin, _)| begin), now));
    }

    /// How much of the time for retries is left.
    fn left(&self, now: Instant) -> Duration {
        let begin = self.failures.map_or(now, |(begin, _)| begin);
        WINDOW.saturating_sub(now.duration_since(begin))
    }
}
