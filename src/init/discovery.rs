//! What was found, and what it becomes.

use std::fmt;

use super::fact::Spot;
use super::value::OPEN;

/// How much a finding can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sureness {
    /// A file says so.
    Sure,
    /// It follows from what files say.
    Likely,
    /// It may be otherwise: somebody has to look. It becomes a comment at most.
    Unsure,
}

impl fmt::Display for Sureness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sureness::Sure => "sure",
            Sureness::Likely => "likely",
            Sureness::Unsure => "unsure",
        })
    }
}

/// Something that was found in a repository. (`check` has findings, which are about what is wrong.)
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Discovery {
    /// Where it is; none for what is no file's, such as tags.
    pub spot: Option<Spot>,
    /// What was found.
    pub what: String,
    /// What `imgver.yaml` says because of it, or why it says nothing.
    pub becomes: String,
    /// How sure that is.
    pub sureness: Sureness,
}

impl Discovery {
    pub(super) fn new(
        spot: impl Into<Option<Spot>>,
        what: impl Into<String>,
        becomes: impl Into<String>,
        sureness: Sureness,
    ) -> Self {
        // What only a run knows has a mark in values that is not for people.
        let shown = |text: String| if text.contains(OPEN) { text.replace(OPEN, "…") } else { text };
        Discovery { spot: spot.into(), what: shown(what.into()), becomes: shown(becomes.into()), sureness }
    }

    /// A file, or a part of it, that cannot be read.
    pub(super) fn unreadable(spot: Spot, why: impl fmt::Display) -> Self {
        Discovery::new(spot, format!("cannot be read: {why}"), "nothing", Sureness::Unsure)
    }
}
