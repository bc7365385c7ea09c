//! Paths that differ between two states of the repository, and how.

use std::collections::BTreeMap;
use std::fmt;

/// How a path differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ChangeKind {
    /// It did not exist before.
    Added = 1,
    /// Its content, mode or type changed.
    Modified = 2,
    /// It no longer exists.
    Deleted = 4,
    /// It was moved. The old path is also [`Deleted`](Self::Deleted), the new one [`Added`](Self::Added).
    Renamed = 8,
    /// It has the content of another path; it is also [`Added`](Self::Added).
    Copied = 16,
}

impl ChangeKind {
    /// All kinds by their names in filter files.
    pub const NAMES: [(&'static str, ChangeKind); 5] = [
        ("added", ChangeKind::Added),
        ("modified", ChangeKind::Modified),
        ("deleted", ChangeKind::Deleted),
        ("renamed", ChangeKind::Renamed),
        ("copied", ChangeKind::Copied),
    ];

    /// The kind called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }
}

/// A set of kinds of change. Displays as their names, joined by commas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChangeKinds(u8);

impl ChangeKinds {
    /// Adds the kinds of `other`.
    pub fn extend(&mut self, other: ChangeKinds) {
        self.0 |= other.0;
    }

    /// Whether the sets have a kind in common.
    pub fn meets(self, other: ChangeKinds) -> bool {
        self.0 & other.0 != 0
    }
}

impl From<ChangeKind> for ChangeKinds {
    fn from(kind: ChangeKind) -> Self {
        ChangeKinds(kind as u8)
    }
}

impl FromIterator<ChangeKind> for ChangeKinds {
    fn from_iter<I: IntoIterator<Item = ChangeKind>>(kinds: I) -> Self {
        ChangeKinds(kinds.into_iter().fold(0, |set, kind| set | kind as u8))
    }
}

impl fmt::Display for ChangeKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ChangeKind::NAMES.iter().filter(|(_, kind)| self.meets((*kind).into()));
        f.write_str(&names.map(|(name, _)| *name).collect::<Vec<_>>().join(", "))
    }
}

/// The paths that changed, each once, sorted by bytes, with how they changed.
///
/// Paths are relative to the root of the repository, separated by `/`, in the bytes that git stores.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes(BTreeMap<Vec<u8>, ChangeKinds>);

impl Changes {
    /// Adds `kinds` to how `path` changed.
    pub fn add(&mut self, path: impl Into<Vec<u8>>, kinds: impl Into<ChangeKinds>) {
        self.0.entry(path.into()).or_default().extend(kinds.into());
    }

    /// Adds a move of a file.
    pub fn add_rename(&mut self, from: impl Into<Vec<u8>>, to: impl Into<Vec<u8>>) {
        self.add(from, ChangeKinds::from_iter([ChangeKind::Deleted, ChangeKind::Renamed]));
        self.add(to, ChangeKinds::from_iter([ChangeKind::Added, ChangeKind::Renamed]));
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: Changes) {
        other.0.into_iter().for_each(|(path, kinds)| self.add(path, kinds));
    }

    /// The paths and how they changed.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], ChangeKinds)> {
        self.0.iter().map(|(path, kinds)| (&**path, *kinds))
    }

    /// How many paths changed.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
