//! The one place that reads repositories, through gix: refs, commits, what is changed, what is ignored.
//!
//! Nothing here decides anything about versions, and nothing of gix leaves this folder.

mod branches;
mod changes;
mod commits;
mod details;
mod diff;
mod metadata;
mod packs;
mod releases;
mod source;
mod tags;

use std::cell::OnceCell;
use std::path::Path;

use gix::objs::Kind as ObjectKind;
use gix::odb::store::RefreshMode;
use gix::{ObjectId, oid};

pub use branches::DefaultBranch;
pub use changes::is_below;
pub use commits::MergeBases;
pub use details::{CommitDetails, CommittedFile};
pub use tags::Tags;

use crate::error::{Context as _, Error, Kind, Result};

/// What brings the history that a shallow clone lacks.
pub const UNSHALLOW: &str = "git fetch --unshallow --tags";

/// The same, where a workflow made the clone.
pub const FETCH_DEPTH: &str = "in GitHub Actions, give actions/checkout `fetch-depth: 0`";

/// What to do about a damaged repository.
const FSCK: &str = "git fsck shows what is broken; a fresh clone repairs it";

/// An open repository.
pub struct Repository {
    inner: gix::Repository,
    /// The index, read at most once.
    index: OnceCell<gix::index::File>,
}

/// A commit of the repository it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(ObjectId);

impl CommitId {
    /// The first `digits` hex digits of the id.
    pub fn abbreviated(&self, digits: usize) -> String {
        self.0.to_hex_with_len(digits).to_string()
    }

    /// How many hex digits the id has: 40 with SHA-1, 64 with SHA-256.
    pub fn digits(&self) -> usize {
        self.0.kind().len_in_hex()
    }
}

impl std::fmt::Display for CommitId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a tag is about: a commit, or something that no walk of history ever meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target(ObjectId);

impl Repository {
    /// Opens the repository that `directory` is in, as git finds it. `GIT_DIR` and the like are honoured, relative
    /// to the process's own current directory.
    ///
    /// One owned by somebody else is opened too, but what its configuration would run is not run.
    ///
    /// # Errors
    /// There is none, or it cannot be opened.
    pub fn discover(directory: &Path) -> Result<Self> {
        Self::opened(gix::ThreadSafeRepository::discover_with_environment_overrides(directory), directory)
    }

    /// Opens the repository that `directory` is in, as git finds it on a machine without any configuration: neither the
    /// environment nor any configuration but the repository's own counts, and so the answer is the same in every process.
    ///
    /// # Errors
    /// There is none, or it cannot be opened.
    pub fn discover_isolated(directory: &Path) -> Result<Self> {
        let isolated = gix::open::Options::isolated;
        let options = gix::sec::trust::Mapping { full: isolated(), reduced: isolated() };
        let upwards = gix::discover::upwards::Options::default();
        Self::opened(gix::ThreadSafeRepository::discover_opts(directory, upwards, options), directory)
    }

    fn opened<E: std::error::Error + Send + Sync + 'static>(
        opened: std::result::Result<gix::ThreadSafeRepository, E>,
        directory: &Path,
    ) -> Result<Self> {
        let opened = opened.map_err(|cause| {
            Error::new(
                Kind::Repository,
                format!("no git repository can be opened at {}", directory.display()),
            )
            .because(anyhow::Error::new(cause))
            .hint("run imgver inside a repository, or name one with -C DIR; git status says what git makes of it")
        })?;
        let mut inner = opened.to_thread_local();
        refuse_unknown_format(&inner)?;
        // A version follows from the commits themselves, not from one clone's local substitutions.
        inner.objects.ignore_replacements = true;
        // Tags are those of the repository, whatever part of it a server shows to whom.
        inner.clear_namespace();
        if inner.config_snapshot().boolean("gitoxide.pathspec.literal") == Some(true) {
            // GIT_LITERAL_PATHSPECS is about what users type; the patterns here are our own.
            let overrides = ["gitoxide.pathspec.literal=false"];
            let mut config = inner.config_snapshot_mut();
            let unreadable = || "git's configuration cannot be read";
            config
                .append_config(overrides, gix::config::Source::Api)
                .context(Kind::Repository, unreadable)?;
            config.commit().context(Kind::Repository, unreadable)?;
        }
        // What is absent stays absent while one question is answered.
        inner.objects.refresh = RefreshMode::Never;
        Ok(Repository { inner, index: OnceCell::new() })
    }

    /// The root of the work tree; none in a bare repository.
    pub fn workdir(&self) -> Option<&Path> {
        self.inner.workdir()
    }

    /// Whether the history was cut off by a shallow clone or fetch.
    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow().unwrap_or(true)
    }

    /// The commit that `HEAD` is at.
    ///
    /// # Errors
    /// There is no commit yet, or it cannot be read.
    pub fn head(&self) -> Result<CommitId> {
        let head = self.inner.head().context(Kind::Repository, || "HEAD cannot be read");
        let head = head.map_err(|error| error.hint(FSCK))?;
        let branch = head.referent_name().map(|name| name.shorten().to_string());
        // The walk begins here and finds out whether it is a commit.
        match head.id() {
            Some(id) => Ok(CommitId(id.detach())),
            None => Err(Error::new(
                Kind::Repository,
                format!("there is no commit yet on branch {}", branch.unwrap_or_default()),
            )
            .hint("commit something first: git commit")),
        }
    }

    /// The commit that `revision` names, in any of git's spellings (gitrevisions(7)).
    ///
    /// # Errors
    /// It names nothing, or no commit.
    pub fn resolve(&self, revision: &str) -> Result<CommitId> {
        let id = self.inner.rev_parse_single(revision).map_err(|cause| {
            // The causes above the last one tell of the parser, not of the revision.
            let cause = anyhow::Error::new(cause).root_cause().to_string();
            let error = Error::new(Kind::Repository, format!("'{revision}' names no commit of this clone"))
                .because(anyhow::Error::msg(cause));
            if self.is_shallow() {
                error.hint(format!("this clone is shallow: {UNSHALLOW}")).hint(FETCH_DEPTH)
            } else {
                error
                    .hint("git fetch brings what this clone lacks; git log --oneline --all shows what it has")
            }
        })?;
        self.commit(id.detach(), revision)
    }

    /// Follows tags from `id` to a commit.
    fn commit(&self, id: ObjectId, named: &str) -> Result<CommitId> {
        let (id, kind) = self.peel(id).map_err(|error| error.hint(FSCK))?;
        if kind == ObjectKind::Commit {
            return Ok(CommitId(id));
        }
        Err(Error::new(Kind::Repository, format!("'{named}' is a {kind}, not a commit"))
            .hint("name a commit, a branch or a tag of a commit"))
    }

    /// Follows tags of tags to what they are about.
    fn peel(&self, mut id: ObjectId) -> Result<(ObjectId, ObjectKind)> {
        // More tags of tags than anybody makes; a forged one may lead back to itself.
        const DEPTH_MAX: usize = 100;
        for _ in 0..DEPTH_MAX {
            let header =
                self.inner.find_header(id).context(Kind::Repository, || unreadable("object", &id))?;
            if header.kind() != ObjectKind::Tag {
                return Ok((id, header.kind()));
            }
            let tag = self.inner.find_tag(id).context(Kind::Repository, || unreadable("tag object", &id))?;
            id = tag.target_id().context(Kind::Repository, || unreadable("tag object", &id))?.detach();
        }
        Err(Error::new(
            Kind::Repository,
            format!("the tag object {id} is one of more than {DEPTH_MAX} tags of tags"),
        ))
    }
}

/// Whoever does not know an extension of the repository format must not touch the repository
/// (git's `Documentation/gitrepository-layout`, `core.repositoryFormatVersion`).
fn refuse_unknown_format(repository: &gix::Repository) -> Result<()> {
    const KNOWN: [&str; 9] = [
        "noop",
        "noop-v1",
        "objectformat",
        "compatobjectformat",
        "partialclone",
        "preciousobjects",
        "refstorage",
        "relativeworktrees",
        "worktreeconfig",
    ];
    let config = repository.config_snapshot();
    let version = config.integer("core.repositoryFormatVersion").unwrap_or(0);
    let extensions: Vec<String> = match config.plumbing().sections_by_name("extensions") {
        Some(sections) if version > 0 => {
            sections.flat_map(|section| section.value_names().collect::<Vec<_>>()).collect()
        }
        _ => Vec::new(),
    };
    let unknown =
        extensions.iter().map(|name| name.to_ascii_lowercase()).find(|name| !KNOWN.contains(&&**name));
    let refs = config.string("extensions.refStorage").filter(|format| version > 0 && *format != "files");
    let (what, is_refs) = match (unknown, refs) {
        _ if version > 1 => (format!("format version {version}"), false),
        (Some(extension), _) => (format!("the extension {extension}"), false),
        (None, Some(format)) => (format!("refs stored as {format}"), true),
        (None, None) => return Ok(()),
    };
    let error =
        Error::new(Kind::Repository, format!("this repository uses {what}, which imgver cannot read"))
            .hint("a newer imgver may read it");
    Err(if is_refs {
        error.hint("git clone --ref-format=files makes a clone that this one reads")
    } else {
        error
    })
}

fn unreadable(what: &str, id: &oid) -> String {
    format!("the {what} {id} cannot be read")
}
