//! What happened, in words that every CI system has.

use std::fmt;

use crate::domain::{ImageTag, TagPattern};
use crate::error::{Error, Kind, Result};

/// An event that a plan can be made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A tag was pushed.
    TagPushed {
        /// Without `refs/tags/`.
        tag: String,
    },
    /// A branch or tag was deleted.
    Deleted {
        /// In full, e.g. `refs/heads/old`.
        reference: String,
    },
    /// A branch was pushed.
    BranchPushed {
        /// Without `refs/heads/`.
        branch: String,
        /// What it is compared with; none for a new branch, or if the event does not say where it was before.
        base: Option<Base>,
        /// The commit it is at now; none if nothing says so.
        tip: Option<Hash>,
    },
    /// Somebody started a run by hand.
    Dispatched {
        /// The service asked for, as it was entered.
        service: String,
        /// The version asked for.
        version: Option<ImageTag>,
    },
    /// A change is proposed for a branch: a pull request, or a group of them in a merge queue.
    ChangeProposed {
        /// The target branch.
        base: Base,
        /// The commits that may stand for the change, best first: a clone need not have all of them.
        tips: Vec<Hash>,
    },
}

/// The commit that changes are counted from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// The one that the event names.
    Event(Hash),
    /// The revision that `--base` names.
    Given(String),
}

/// The full hash of a commit, as an event gives it.
///
/// It holds hex digits only, so it cannot be taken for an option, a ref or an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hash(String);

impl Event {
    /// Whether the event names the service at `path`, whose release tags have this pattern.
    ///
    /// A tag that starts like one of its release tags does, whatever follows.
    pub fn names(&self, path: &str, pattern: &TagPattern) -> bool {
        match self {
            Event::TagPushed { tag } => tag.starts_with(pattern.prefix()),
            Event::Dispatched { service, .. } => service == path,
            Event::Deleted { .. } | Event::BranchPushed { .. } | Event::ChangeProposed { .. } => false,
        }
    }
}

/// A sentence without its full stop, for `--explain`.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::TagPushed { tag } => write!(f, "the tag {tag} was pushed"),
            Event::Deleted { reference } => write!(f, "{reference} was deleted"),
            Event::BranchPushed { branch, .. } => write!(f, "the branch {branch} was pushed"),
            Event::Dispatched { service, .. } => write!(f, "a run was started by hand for {service}"),
            Event::ChangeProposed { .. } => {
                f.write_str("a change was proposed, by a pull request or a merge queue")
            }
        }
    }
}

impl Hash {
    /// Reads `text`; `source` is how errors call the place it comes from.
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

    /// Whether it is all zeros, which is how git and the webhooks of its hosts spell "no commit".
    pub fn is_zero(&self) -> bool {
        self.0.bytes().all(|byte| byte == b'0')
    }

    /// The digits, in upper or lower case as they were given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
