//! A proxy in front of a registry, or of a token server, that fails as it is told.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::http::{Reply, Request, Response, serve};
use super::server::Registry;

/// How a request fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// This status, with errors as registries write them.
    Status(u16),
    /// This status, and the header `Retry-After`.
    RetryAfter(u16, String),
    /// This answer.
    Answer(Response),
    /// The right answer, after this time.
    Slow(Duration),
    /// No answer: the connection ends.
    Cut,
    /// The connection ends in the middle of the headers.
    CutHeaders,
    /// The connection ends in the middle of the body.
    CutBody,
    /// Something that is not HTTP.
    NotHttp,
    /// 200, with a page instead of what was asked for.
    Garbage,
    /// The right answer, with the header of another digest.
    WrongDigest,
    /// The right headers, with another body of the same length.
    WrongBody,
    /// The right answer without the header of its digest.
    NoDigest,
    /// 307 to the same path at this address.
    Redirect(String),
}

/// Which requests fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct When {
    method: Option<String>,
    part: String,
    /// Whether that part ends the path.
    is_end: bool,
    /// How the header `User-Agent` begins.
    agent: String,
    /// How many that match pass first.
    skipped: usize,
    /// How many then fail.
    times: usize,
}

impl When {
    /// All.
    pub(crate) fn always() -> Self {
        When {
            method: None,
            part: String::new(),
            is_end: false,
            agent: String::new(),
            skipped: 0,
            times: usize::MAX,
        }
    }

    /// The `n`-th from now on, counted from 0.
    pub(crate) fn nth(n: usize) -> Self {
        When { skipped: n, times: 1, ..Self::always() }
    }

    /// Those with this method, and this part in their path.
    pub(crate) fn matching(method: &str, part: &str) -> Self {
        When { method: Some(method.to_owned()), part: part.to_owned(), ..Self::always() }
    }

    /// Those with this method, whose path ends like this.
    pub(crate) fn ending(method: &str, end: &str) -> Self {
        When { is_end: true, ..Self::matching(method, end) }
    }

    /// All from the `n`-th on, counted from 0.
    pub(crate) fn from_nth(n: usize) -> Self {
        When { skipped: n, ..Self::always() }
    }

    /// Only those of a client whose name begins like this.
    pub(crate) fn by(self, agent: &str) -> Self {
        When { agent: agent.to_owned(), ..self }
    }

    /// Only those after the first `skipped`.
    pub(crate) fn after(self, skipped: usize) -> Self {
        When { skipped, ..self }
    }

    /// Only the first `times` of them.
    pub(crate) fn times(self, times: usize) -> Self {
        When { times, ..self }
    }

    /// Only the first of them.
    pub(crate) fn once(self) -> Self {
        self.times(1)
    }

    fn takes(&mut self, request: &Request) -> bool {
        let is_method = self.method.as_ref().is_none_or(|method| *method == request.method);
        let is_agent = request.header("User-Agent").unwrap_or_default().starts_with(&self.agent);
        let is_path = match self.is_end {
            true => request.path.ends_with(&self.part),
            false => request.path.contains(&self.part),
        };
        if !is_method || !is_agent || !is_path {
            return false;
        }
        if self.skipped > 0 {
            self.skipped -= 1;
            return false;
        }
        let is_left = self.times > 0;
        self.times = self.times.saturating_sub(1);
        is_left
    }
}

/// A proxy, which serves until the test program ends.
pub(crate) struct Proxy {
    address: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    faults: Vec<(Fault, When)>,
    requests: Vec<Request>,
    delay: Duration,
}

impl Proxy {
    /// A proxy in front of `registry`.
    pub(crate) fn start(registry: &Registry) -> Self {
        Self::to(registry.address())
    }

    /// A proxy in front of what listens at `target`.
    pub(crate) fn to(target: &str) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let (own, target) = (Arc::clone(&state), target.to_owned());
        let address = serve(move |request| {
            let (fault, delay) = {
                let mut state = own.lock().unwrap_or_else(PoisonError::into_inner);
                state.requests.push(request.clone());
                let fault = state
                    .faults
                    .iter_mut()
                    .find_map(|(fault, when)| when.takes(&request).then(|| fault.clone()));
                (fault, state.delay)
            };
            thread::sleep(delay);
            match fault {
                None => Reply::With(request.send(&target)),
                Some(fault) => fail(&fault, &request, &target),
            }
        });
        Proxy { address, state }
    }

    /// Its host and port, which references to images behind it begin with.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Makes requests fail from now on. Of several faults, the first that takes a request counts.
    pub(crate) fn fail(&self, fault: Fault, when: When) {
        self.state.lock().unwrap().faults.push((fault, when));
    }

    /// Lets every request take this much longer.
    pub(crate) fn delay(&self, delay: Duration) {
        self.state.lock().unwrap().delay = delay;
    }

    /// All requests since the start, or since [`Proxy::clear`], in the order in which they came.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Forgets all faults, the delay and all requests.
    pub(crate) fn clear(&self) {
        *self.state.lock().unwrap() = State::default();
    }
}

fn fail(fault: &Fault, request: &Request, target: &str) -> Reply {
    let is_head = request.method == "HEAD";
    let right = || request.send(target);
    Reply::With(match fault {
        Fault::Status(status) => error(*status),
        Fault::RetryAfter(status, after) => error(*status).with("Retry-After", after),
        Fault::Answer(response) => response.clone(),
        Fault::Slow(pause) => {
            thread::sleep(*pause);
            right()
        }
        Fault::Cut => return Reply::Bytes(Vec::new()),
        Fault::CutHeaders => return Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Ty".to_vec()),
        Fault::CutBody => {
            // A response to HEAD ends with its headers.
            let mut bytes = right().bytes(is_head);
            bytes.truncate(bytes.len() - 10);
            return Reply::Bytes(bytes);
        }
        Fault::NotHttp => return Reply::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
        Fault::Garbage => Response::new(200, "text/html", "<html>Please log in</html>"),
        Fault::WrongDigest => right().with("Docker-Content-Digest", &format!("sha256:{}", "0".repeat(64))),
        Fault::WrongBody => {
            let right = right();
            Response { body: vec![b' '; right.body.len()], ..right }
        }
        Fault::NoDigest => {
            let mut right = right();
            right.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("Docker-Content-Digest"));
            right
        }
        Fault::Redirect(address) => {
            Response::new(307, "text/html", "").with("Location", &format!("http://{address}{}", request.path))
        }
    })
}

/// An error as registries write it.
fn error(status: u16) -> Response {
    let body = format!(r#"{{"errors":[{{"code":"TEST","message":"the proxy says {status}"}}]}}"#);
    Response::new(status, "application/json", body)
}
