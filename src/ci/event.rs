//! What happened, from the variables that GitHub sets for a workflow run and the event's payload.
//!
//! Sources: "Variables reference" and "Events that trigger workflows" in GitHub's documentation of Actions, "Webhook
//! events and payloads" in that of webhooks.

use std::fmt;

use super::payload::Payload;
use crate::domain::TagPattern;
use crate::error::{Error, Kind, Result};

/// How an event is announced: each a variable of GitHub's or the flag that stands for it.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `GITHUB_EVENT_NAME`.
    pub event_name: Option<String>,
    /// `GITHUB_REF`, e.g. `refs/heads/main`.
    pub reference: Option<String>,
    /// `GITHUB_REF_TYPE`: `branch` or `tag`.
    pub ref_type: Option<String>,
    /// `GITHUB_REF_NAME`: the ref without `refs/heads/` or `refs/tags/`.
    pub ref_name: Option<String>,
    /// `GITHUB_SHA`.
    pub sha: Option<String>,
    /// The content of `GITHUB_EVENT_PATH`.
    pub payload: Option<Payload>,
}

/// The full id of a commit, as an event gives it. Hex digits only, so it can never be read as anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hash(String);

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A tag was pushed.
    TagPushed {
        /// Its name.
        tag: String,
    },
    /// A branch or tag was deleted.
    Deleted {
        /// Its full name.
        reference: String,
    },
    /// A branch was pushed.
    BranchPushed {
        /// Its name.
        branch: String,
        /// Where it was before; none for a new branch, or where the event does not say.
        before: Option<Hash>,
        /// Where it is now; none where nothing says so.
        tip: Option<Hash>,
    },
    /// Somebody started the workflow by hand.
    Dispatched {
        /// The input `service`.
        service: String,
        /// The input `version`, if it is not empty.
        version: Option<String>,
    },
    /// A pull request, or a group of them in a merge queue.
    Proposed {
        /// Where the branch is that it shall be merged into.
        base: Option<Hash>,
        /// What it would bring there, the best candidate first: not every clone has all of them.
        tips: Vec<Hash>,
    },
}

impl Surroundings {
    /// Makes out what happened.
    ///
    /// # Errors
    /// An event that no plan exists for, a field that is absent or malformed. `needs_base` says whether a proposal must
    /// name its base.
    pub fn event(&self, needs_base: bool) -> Result<Event> {
        let tip = self
            .sha
            .as_deref()
            .map(|text| Hash::parse(text, "the commit of the run (GITHUB_SHA or --sha)"))
            .transpose()?;
        match self.event_name.as_deref() {
            Some("push") => self.pushed(tip),
            Some("workflow_dispatch") => self.dispatched(),
            Some("pull_request") => {
                self.proposed("pull_request.base.sha", "pull_request.head.sha", tip, needs_base)
            }
            Some("merge_group") => {
                self.proposed("merge_group.base_sha", "merge_group.head_sha", tip, needs_base)
            }
            Some(other) => Err(unsupported(&format!("no plan exists for the event '{other}'"))),
            None => Err(unsupported("no event is given")),
        }
    }

    fn pushed(&self, tip: Option<Hash>) -> Result<Event> {
        let reference = self.full_ref()?;
        let before = self.hash("before")?;
        let after = self.hash("after")?;
        let deleted = self.payload.as_ref().map_or(Ok(false), |payload| payload.is_true("deleted"))?;
        if deleted || after.as_ref().is_some_and(Hash::is_zero) {
            // What is gone cannot be checked out, so the run itself may be on another ref.
            let reference = self.text("ref")?.map_or(reference, ToOwned::to_owned);
            return Ok(Event::Deleted { reference });
        }
        if let Some(tag) = reference.strip_prefix("refs/tags/") {
            return Ok(Event::TagPushed { tag: tag.to_owned() });
        }
        let Some(branch) = reference.strip_prefix("refs/heads/") else {
            return Err(Error::new(Kind::Input, format!("'{reference}' is neither a branch nor a tag"))
                .hint("GITHUB_REF or --ref is refs/heads/BRANCH or refs/tags/TAG"));
        };
        let before = before.filter(|before| !before.is_zero());
        Ok(Event::BranchPushed { branch: branch.to_owned(), before, tip: tip.or(after) })
    }

    fn dispatched(&self) -> Result<Event> {
        let Some(payload) = &self.payload else { return Err(self.no_payload("inputs.service")) };
        let version = payload.text("inputs.version")?.filter(|version| !version.is_empty());
        Ok(Event::Dispatched {
            service: payload.required_text("inputs.service")?.to_owned(),
            version: version.map(ToOwned::to_owned),
        })
    }

    fn proposed(&self, base: &str, head: &str, tip: Option<Hash>, needs_base: bool) -> Result<Event> {
        let base_hash = self.hash(base)?;
        if base_hash.is_none() && needs_base {
            let payload = self.payload.as_ref();
            return Err(payload.map_or_else(|| self.no_payload(base), |payload| payload.lacks(base)));
        }
        let tips = self.hash(head)?.into_iter().chain(tip).collect();
        Ok(Event::Proposed { base: base_hash, tips })
    }

    /// The ref in full: as given, else from its type and name, else as the payload has it.
    fn full_ref(&self) -> Result<String> {
        if let Some(reference) = &self.reference {
            return Ok(reference.clone());
        }
        match (self.ref_type.as_deref(), &self.ref_name) {
            (Some("branch"), Some(name)) => return Ok(format!("refs/heads/{name}")),
            (Some("tag"), Some(name)) => return Ok(format!("refs/tags/{name}")),
            (Some(other), Some(_)) => {
                return Err(Error::new(
                    Kind::Input,
                    format!("the ref type '{other}' is neither branch nor tag"),
                )
                .hint("GITHUB_REF_TYPE or --ref-type says which of them GITHUB_REF_NAME or --ref-name is"));
            }
            _ => {}
        }
        match &self.payload {
            Some(payload) => payload.required_text("ref").map(ToOwned::to_owned),
            None => Err(Error::new(Kind::Input, "it is not known what was pushed: no ref is given")
                .hint("set GITHUB_REF or pass --ref, e.g. --ref refs/heads/main")),
        }
    }

    /// The text at `path` of the payload; none where there is none.
    fn text(&self, path: &str) -> Result<Option<&str>> {
        self.payload.as_ref().map_or(Ok(None), |payload| payload.text(path))
    }

    /// The hash at `path` of the payload; none where there is none.
    fn hash(&self, path: &str) -> Result<Option<Hash>> {
        let Some(payload) = &self.payload else { return Ok(None) };
        let text = payload.text(path)?.filter(|text| !text.is_empty());
        text.map(|text| Hash::parse(text, &payload.field(path))).transpose()
    }

    fn no_payload(&self, path: &str) -> Error {
        Error::new(Kind::Input, format!("the event's field '{path}' is needed, and no event file is given"))
            .hint("set GITHUB_EVENT_PATH or pass --event-path with the event's payload as JSON")
    }
}

fn unsupported(what: &str) -> Error {
    Error::new(Kind::Input, what).hint(
        "imgver plans push, workflow_dispatch, pull_request and merge_group (GITHUB_EVENT_NAME or --event-name)",
    )
}

impl Event {
    /// Whether the event is about the service at `path`, with release tags of this pattern, by name. A tag that begins as
    /// one of its releases is, too, whatever follows.
    pub fn names(&self, path: &str, pattern: &TagPattern) -> bool {
        match self {
            Event::TagPushed { tag } => tag.starts_with(pattern.prefix()),
            Event::Dispatched { service, .. } => service == path,
            Event::Deleted { .. } | Event::BranchPushed { .. } | Event::Proposed { .. } => false,
        }
    }
}

/// What happened, in words.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::TagPushed { tag } => write!(f, "the tag {tag} was pushed"),
            Event::Deleted { reference } => write!(f, "{reference} was deleted"),
            Event::BranchPushed { branch, .. } => write!(f, "the branch {branch} was pushed"),
            Event::Dispatched { service, .. } => write!(f, "the workflow was started by hand for {service}"),
            Event::Proposed { .. } => f.write_str("changes are proposed by a pull request or a merge queue"),
        }
    }
}

impl Hash {
    /// `text` as a hash; `source` is what errors call the place it comes from.
    ///
    /// # Errors
    /// It is not 40 (SHA-1) or 64 (SHA-256) hex digits.
    pub fn parse(text: &str, source: &str) -> Result<Self> {
        if Self::is_hash(text) {
            return Ok(Hash(text.to_owned()));
        }
        Err(Error::new(Kind::Input, format!("{source} is '{text}', which is not the full hash of a commit"))
            .hint("git rev-parse REV prints the full hash, 40 or 64 hex digits"))
    }

    /// Whether `text` is 40 or 64 hex digits.
    pub fn is_hash(text: &str) -> bool {
        matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// All zeros: how git spells a commit that is not there.
    pub fn is_zero(&self) -> bool {
        self.0.bytes().all(|byte| byte == b'0')
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
