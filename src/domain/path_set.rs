//! Sets of paths that are too large, or too open, to be listed.

/// A set of paths from the root of the repository.
///
/// A path need not exist: one that was deleted may be in the set, too.
pub trait PathSet {
    /// Whether `path` is in it.
    fn has(&self, path: &[u8]) -> bool;
}
