//! Where a command runs.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use crate::config::{Config, FILE, syntax_hint};
use crate::display::shell_word;
use crate::domain::ImageTemplate;
use crate::error::{Error, Kind, Result};
use crate::files;
use crate::history::git::Repository;
use crate::programs::Programs;
use crate::workspace::Workspace;
use crate::yaml::{self, YamlError};

/// How the configuration may be misspelled.
pub(super) const OTHER_SPELLING: &str = "imgver.yml";

/// What a repository without a configuration says about itself.
static NO_CONFIG: Config = Config::NONE;

/// A directory, and the repository that it is in.
pub struct Checkout {
    /// The repository.
    pub repository: Repository,
    /// The directory, as an absolute path.
    pub directory: PathBuf,
    /// The directory's path from the root of the work tree, with `/`; empty at the root, outside of the work tree and in a
    /// bare repository.
    pub prefix: String,
    /// The image that takes the place of every service's: the environment variable `IMGVER_IMAGE`.
    pub(super) replacement: Option<ImageTemplate>,
    /// What the repository says about itself, if it has a configuration, read once it is needed.
    config: OnceCell<Option<Config>>,
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
        let directory = directory.to_owned();
        Checkout { repository, directory, prefix, replacement: None, config: OnceCell::new() }
    }

    /// The same, with `image` in place of every service's.
    pub fn with_replacement(self, image: Option<ImageTemplate>) -> Self {
        Checkout { replacement: image, ..self }
    }

    /// Its work tree; none in a bare repository.
    ///
    /// # Errors
    /// As [`Checkout::config`].
    pub(super) fn workspace(&self) -> Result<Option<Workspace<'_>>> {
        if self.is_bare() {
            return Ok(None);
        }
        Ok(self.workspace_with(self.config()?))
    }

    /// As [`Checkout::workspace`], by what `config` says.
    pub(super) fn workspace_with<'c>(&'c self, config: &'c Config) -> Option<Workspace<'c>> {
        Workspace::of(&self.repository, config, self.replacement.as_ref())
    }

    /// Its work tree as if it had no configuration; none in a bare repository.
    pub(super) fn unconfigured_workspace(&self) -> Option<Workspace<'_>> {
        Workspace::of(&self.repository, &NO_CONFIG, None)
    }

    /// Whether it has no work tree.
    pub(super) fn is_bare(&self) -> bool {
        self.repository.workdir().is_none()
    }

    /// What the repository says about itself: the configuration in the work tree, in a bare repository that of `HEAD`; all
    /// defaults if there is none.
    ///
    /// # Errors
    /// It cannot be read, or is malformed.
    pub(super) fn config(&self) -> Result<&Config> {
        Ok(self.own_config()?.unwrap_or(&NO_CONFIG))
    }

    /// Whether it has a configuration.
    ///
    /// # Errors
    /// As [`Checkout::config`].
    pub(super) fn has_config(&self) -> Result<bool> {
        self.own_config().map(|config| config.is_some())
    }

    /// As [`Checkout::config`]; of one that cannot be used, all defaults and the reason, for what goes on without it.
    pub(super) fn config_or_fault(&self) -> (&Config, Option<ConfigFault>) {
        match self.read_config() {
            Ok(config) => (config.unwrap_or(&NO_CONFIG), None),
            Err(fault) => (&NO_CONFIG, Some(fault)),
        }
    }

    /// Refuses a work tree without the configuration that git tracks: every answer would be another one, without a word.
    ///
    /// # Errors
    /// It was deleted; or as [`Checkout::config`].
    pub(super) fn refuse_deleted_config(&self) -> Result<()> {
        if self.is_bare() || self.has_config()? || !self.repository.is_tracked(FILE) {
            return Ok(());
        }
        let path = format!(":/{FILE}");
        Err(Error::new(Kind::Input, format!("{FILE} was deleted from the work tree"))
            .hint(format!("git restore {path} brings it back; git rm {path} removes it for good")))
    }

    fn own_config(&self) -> Result<Option<&Config>> {
        self.read_config().map_err(|fault| fault.into_error(&self.prefix))
    }

    fn read_config(&self) -> std::result::Result<Option<&Config>, ConfigFault> {
        if let Some(config) = self.config.get() {
            return Ok(config.as_ref());
        }
        let bytes = self.config_file()?;
        let read = bytes.map(|bytes| yaml::text(bytes).and_then(|text| Config::parse(&text)));
        let config = read.transpose().map_err(ConfigFault::Malformed)?;
        Ok(self.config.get_or_init(|| config).as_ref())
    }

    fn config_file(&self) -> std::result::Result<Option<Vec<u8>>, ConfigFault> {
        let Some(root) = self.repository.workdir() else { return Ok(self.repository.file_at_head(FILE)?) };
        match files::read_within(root, FILE, files::YAML_MAX) {
            Ok(bytes) => return Ok(Some(bytes)),
            Err(error) if files::is_absent(&error) => {}
            Err(cause) => {
                let error = Error::new(Kind::Input, format!("cannot read the configuration {FILE}"));
                return Err(error.because(cause).into());
            }
        }
        if let Some((_, target)) = files::dangling_link(root, FILE) {
            let what = format!("{FILE} is a symbolic link to what is not there: {}", target.display());
            return Err(Error::new(Kind::Input, what).into());
        }
        // Most repositories have no configuration, and need not read their index to know it.
        if self.repository.is_sparse()
            && let Some(bytes) = self.repository.not_checked_out(FILE)?
        {
            return Ok(Some(bytes));
        }
        match root.join(OTHER_SPELLING).symlink_metadata() {
            Ok(_) => Err(ConfigFault::Misspelled),
            Err(_) => Ok(None),
        }
    }
}

/// Why a configuration cannot be used.
pub(super) enum ConfigFault {
    /// It is not in the form of one.
    Malformed(YamlError),
    /// It is called [`OTHER_SPELLING`].
    Misspelled,
    /// It cannot be read.
    Unreadable(Error),
}

impl ConfigFault {
    /// The same as the failure of a command that needs it, in the directory `prefix`.
    fn into_error(self, prefix: &str) -> Error {
        match self {
            ConfigFault::Malformed(error) => malformed(error),
            ConfigFault::Misspelled => misspelled(prefix),
            ConfigFault::Unreadable(error) => error,
        }
    }
}

impl From<Error> for ConfigFault {
    fn from(error: Error) -> Self {
        ConfigFault::Unreadable(error)
    }
}

/// The error about a configuration that is not in the form of one.
fn malformed(error: YamlError) -> Error {
    let hint = syntax_hint(&error);
    let what = format!("{}: cannot use the configuration", error.place(FILE));
    let error = Error::new(Kind::Input, what).because(error);
    hint.into_iter().fold(error, Error::hint)
}

/// The error about a configuration that is called differently, with what repairs it in the directory `prefix`.
fn misspelled(prefix: &str) -> Error {
    Error::new(Kind::Input, format!("{OTHER_SPELLING} is not read: the configuration is called {FILE}"))
        .hint(format!("{} renames it", rename_config(prefix)))
}

/// The command that gives the configuration its name, in the directory `prefix`.
pub(super) fn rename_config(prefix: &str) -> String {
    let up = "../".repeat(prefix.split_terminator('/').count());
    let [from, to] = [OTHER_SPELLING, FILE].map(|name| shell_word(&format!("{up}{name}")));
    format!("git mv {from} {to}")
}
