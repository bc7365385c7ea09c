//! Where a command runs.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::history::git::Repository;
use crate::programs::Programs;
use crate::workspace::Workspace;

/// A directory, and the repository that it is in.
pub struct Checkout {
    /// The repository.
    pub repository: Repository,
    /// The directory, as an absolute path.
    pub directory: PathBuf,
    /// The directory's path from the root of the work tree, with `/`; empty at the root, outside of the work tree and in a
    /// bare repository.
    pub prefix: String,
}

impl Checkout {
    /// Opens the repository that `directory`, an absolute path without symbolic links, is in. `programs` has the environment
    /// of the process.
    ///
    /// # Errors
    /// There is none, or it cannot be opened.
    pub fn open(directory: &Path, programs: &Programs) -> Result<Self> {
        Ok(Self::at(directory, Repository::discover(directory, programs)?))
    }

    /// As [`Checkout::open`], but neither the environment nor any configuration but the repository's own counts: the same
    /// in every process, whoever runs it.
    ///
    /// # Errors
    /// As there.
    pub fn open_isolated(directory: &Path) -> Result<Self> {
        Ok(Self::at(directory, Repository::discover_isolated(directory)?))
    }

    fn at(directory: &Path, repository: Repository) -> Self {
        let root = repository.workdir().and_then(|root| root.canonicalize().ok());
        let below_root = root.and_then(|root| directory.strip_prefix(root).ok().map(ToOwned::to_owned));
        let components = below_root.iter().flat_map(|path| path.iter());
        let prefix = components.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
        Checkout { repository, directory: directory.to_owned(), prefix }
    }

    /// Its work tree; none in a bare repository.
    pub(super) fn workspace(&self) -> Option<Workspace<'_>> {
        Workspace::of(&self.repository)
    }
}
