//! Whose repository it is. In one of another user git does nothing, since its configuration can name programs to run, unless
//! `safe.directory` lists it (git-config(1)).

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use gix::bstr::{BStr, ByteSlice as _};
use gix::config::Source;
use gix::config::file::Metadata;
use rustix::process::geteuid;

use crate::error::{Error, Kind, Result};
use crate::programs::Programs;

/// Refuses a repository of another user, and a bare one where `safe.bareRepository` asks for it.
///
/// # Errors
/// It is refused.
pub(super) fn refuse_untrusted(repository: &gix::Repository, programs: &Programs) -> Result<()> {
    let place = Place::of(repository);
    let is_own = |path| is_own(path, programs);
    if !place.parts().all(is_own) && !is_declared_safe(repository, place.name(), programs) {
        let name = real(place.name());
        let name = name.display();
        return Err(Error::new(
            Kind::Repository,
            format!("the repository at {name} belongs to another user"),
        )
        .hint(format!("if you trust it: git config --global --add safe.directory {name}")));
    }
    if place.is_bare() && is_bare_disallowed(repository) {
        let name = place.name().display();
        return Err(Error::new(
            Kind::Repository,
            format!("the bare repository at {name} is not to be used: safe.bareRepository is explicit"),
        )
        .hint(format!("name it in the environment: GIT_DIR={name}")));
    }
    Ok(())
}

/// Where git found a repository.
struct Place {
    work_tree: Option<PathBuf>,
    /// The file `.git` of a linked work tree or a submodule.
    link: Option<PathBuf>,
    git_dir: PathBuf,
}

impl Place {
    fn of(repository: &gix::Repository) -> Self {
        let git_dir = repository.path().to_owned();
        let is_inside = git_dir.file_name() == Some(".git".as_ref());
        // The work tree that a setting names instead has no say.
        let work_tree = match git_dir.parent().filter(|_| is_inside) {
            Some(parent) if parent.as_os_str().is_empty() => Some(PathBuf::from(".")),
            Some(parent) => Some(parent.to_owned()),
            None => repository.workdir().map(ToOwned::to_owned),
        };
        let link = work_tree.as_ref().filter(|_| !is_inside).map(|root| root.join(".git"));
        Place { work_tree, link, git_dir }
    }

    fn parts(&self) -> impl Iterator<Item = &Path> {
        [&self.link, &self.work_tree].into_iter().flatten().chain([&self.git_dir]).map(PathBuf::as_path)
    }

    /// The path that `safe.directory` is compared with.
    fn name(&self) -> &Path {
        self.work_tree.as_deref().unwrap_or(&self.git_dir)
    }

    /// Whether it has no work tree and is not one's own `.git`, nor within one.
    fn is_bare(&self) -> bool {
        self.work_tree.is_none() && !self.git_dir.iter().any(|part| part == ".git")
    }
}

/// Whether the user owns `path`. Under sudo, root answers for the user who called it.
fn is_own(path: &Path, programs: &Programs) -> bool {
    let Ok(owner) = path.symlink_metadata().map(|metadata| metadata.uid()) else { return false };
    let user = geteuid();
    let caller = programs.var("SUDO_UID").filter(|_| user.is_root()).and_then(OsStr::to_str);
    owner == user.as_raw() || caller.and_then(|id| id.parse().ok()) == Some(owner)
}

/// Whether a section comes from where a repository has no say: the files of the system and the user, and the command.
fn is_protected(section: &Metadata) -> bool {
    !matches!(section.source, Source::Local | Source::Worktree)
}

/// Whether `safe.directory` lists `place`. An empty value begins the list anew.
fn is_declared_safe(repository: &gix::Repository, place: &Path, programs: &Programs) -> bool {
    let config = repository.config_snapshot();
    let values = config.plumbing().strings_filter("safe.directory", is_protected).unwrap_or_default();
    let place = real(place);
    let home = programs.var("HOME").map(Path::new);
    values.iter().fold(false, |is_safe, value| match value.as_bytes() {
        b"" => false,
        b"*" => true,
        _ => is_safe || names(value.as_bstr(), home, &place),
    })
}

/// Whether a value of `safe.directory` is `place`, or a directory that it is in: `DIR/*`.
fn names(value: &BStr, home: Option<&Path>, place: &Path) -> bool {
    let context = gix::config::path::interpolate::Context { home_dir: home, ..Default::default() };
    let Ok(path) = gix::config::Path::from(value).interpolate(context) else { return false };
    if !path.is_absolute() && &*path != Path::new(".") {
        return false;
    }
    match path.parent().filter(|_| path.file_name() == Some("*".as_ref())) {
        Some(above) => {
            let above = real(above);
            place != above && place.starts_with(above)
        }
        None => real(&path) == place,
    }
}

fn is_bare_disallowed(repository: &gix::Repository) -> bool {
    let config = repository.config_snapshot();
    let value = config.plumbing().string_filter("safe.bareRepository", is_protected);
    value.is_some_and(|value| value.as_bytes() == b"explicit")
}

/// `path` without symbolic links.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
