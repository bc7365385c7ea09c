//! What happened, in words that every CI system has.

use std::fmt;

use crate::domain::{ImageTag, TagPattern, short_name};
use crate::error::{Error, Kind, Result};

/// An event that a plan can be made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A tag was pushed.
    TagPushed {
        /// Without `refs/tags/`.
        tag: String,
    },
    /// The release of a tag was published: the tag is there, whether it was pushed or made with the release.
    ReleasePublished {
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
        /// What is asked for; none if nothing was entered.
        asked: Option<Asked>,
        /// The version asked for.
        version: Option<ImageTag>,
        /// The tag that the run was started on, without `refs/tags/`; none if that is a branch, or unknown.
        tag: Option<String>,
    },
    /// It is the time of a schedule.
    Scheduled,
    /// Another program started a run.
    Requested,
    /// A change is proposed for a branch: a pull request, or a group of them in a merge queue.
    ChangeProposed {
        /// The target branch.
        base: Base,
        /// The commits that may stand for the change, best first: a clone need not have all of them.
        tips: Vec<Hash>,
        /// The commit that may be its merge into the target branch.
        merge: Option<Merge>,
    },
}

/// What a run that was started by hand is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// All services.
    All,
    /// One, as it was entered.
    Service(String),
}

/// A commit that merges a proposed change into its target branch, if its second parent is that change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The merge.
    pub commit: Hash,
    /// The change.
    pub head: Hash,
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

impl Asked {
    /// The word for all services in the place of one.
    pub const ALL: &str = "all";

    /// What was entered; none if that is empty.
    pub fn of(entered: &str) -> Option<Self> {
        match entered {
            "" => None,
            Self::ALL => Some(Asked::All),
            service => Some(Asked::Service(service.to_owned())),
        }
    }
}

/// As it was entered.
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Asked::All => Self::ALL,
            Asked::Service(service) => service,
        })
    }
}

impl Event {
    /// Whether the event names the service at `path`, whose release tags have these patterns.
    ///
    /// A tag that starts like one of its release tags does, whatever follows.
    pub fn names(&self, path: &str, patterns: &[TagPattern]) -> bool {
        match self {
            Event::TagPushed { tag } | Event::ReleasePublished { tag } => {
                patterns.iter().any(|pattern| tag.starts_with(pattern.prefix()))
            }
            Event::Dispatched { asked, tag, .. } => {
                let is_asked = matches!(asked, Some(Asked::Service(service)) if service == path);
                is_asked || tag.as_ref().is_some_and(|tag| is_like_release(tag, path, patterns))
            }
            Event::Deleted { .. }
            | Event::BranchPushed { .. }
            | Event::Scheduled
            | Event::Requested
            | Event::ChangeProposed { .. } => false,
        }
    }
}

/// Whether `tag` begins like a release of the service at `path`, whose release tags have these patterns. With a format that
/// names no service, such as `v{version}`, many other tags begin with the same text, but go on with a digit only if a version
/// is meant.
pub(super) fn is_like_release(tag: &str, path: &str, patterns: &[TagPattern]) -> bool {
    patterns.iter().any(|pattern| {
        let Some(rest) = tag.strip_prefix(pattern.prefix()) else { return false };
        pattern.prefix().contains(short_name(path)) || rest.starts_with(|next: char| next.is_ascii_digit())
    })
}

/// A sentence without its full stop, for `--explain`.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::TagPushed { tag } => write!(f, "the tag {tag} was pushed"),
            Event::Deleted { reference } => write!(f, "{reference} was deleted"),
            Event::BranchPushed { branch, .. } => write!(f, "the branch {branch} was pushed"),
            Event::ReleasePublished { tag } => write!(f, "the release of the tag {tag} was published"),
            Event::Dispatched { asked, tag, .. } => {
                f.write_str("a run was started by hand")?;
                match asked {
                    None => {}
                    Some(Asked::All) => f.write_str(" for all services")?,
                    Some(Asked::Service(service)) => write!(f, " for {service}")?,
                }
                tag.as_ref().map_or(Ok(()), |tag| write!(f, " on the tag {tag}"))
            }
            Event::Scheduled => f.write_str("a schedule started the run"),
            Event::Requested => f.write_str("another program started the run"),
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

    /// Whether both are the same hash, in upper or lower case.
    pub fn is(&self, other: &Hash) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
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
