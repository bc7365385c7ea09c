//! Reads repositories, through gix: refs, commits, the index and the work tree.
//!
//! No other module uses gix, and none of its types leave this one. Nothing here decides anything about versions.

mod bloom;
mod branches;
mod commit_graph;
mod commits;
mod delta;
mod details;
mod diff;
mod environment;
mod graph_chunks;
mod ignore;
mod index;
mod line;
mod line_graph;
mod metadata;
mod objects;
mod ownership;
mod pack_index;
mod packed_refs;
mod packs;
mod paths;
mod reader;
mod recent;
mod ref_names;
mod refs;
mod releases;
mod remote;
mod revision;
mod shallow;
mod status;
mod tags;
mod tracked;
mod tree_diff;
mod tree_entries;
mod untracked;
mod view;
mod work_tree;

use std::cell::{OnceCell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use gix::odb::store::RefreshMode;
use gix::sec::Trust;
use gix::sec::trust::{DefaultForLevel as _, Mapping};
use gix::{ObjectId, oid};

pub use branches::DefaultBranch;
pub use commits::MergeBases;
pub use details::{CommitDetails, CommittedFile, KnownPaths};
pub use line::{FirstParent, LineCommit};
pub use paths::Paths;
pub use tags::{BrokenTag, BrokenTags, Tags};
pub use tracked::{PathKind, TrackedPath};
pub use tree_diff::{FileId, TreeChange, TreeEntry, Trees, kinds_of};

use crate::error::{Error, Kind, Result};
use crate::meter::Meter;
use crate::programs::Programs;
use packs::Packs;
use view::View;

/// The hint that repairs a shallow clone.
pub const UNSHALLOW: &str = "git fetch --unshallow --tags";

/// The hint that keeps a workflow from making a shallow clone.
pub const FETCH_DEPTH: &str = "in GitHub Actions, give actions/checkout `fetch-depth: 0`";

/// The hint for a damaged repository.
const FSCK: &str = "git fsck shows what is damaged; a fresh clone repairs it";

/// An open repository.
pub struct Repository {
    /// For refs, configuration and the work tree; objects are read through `view`.
    inner: gix::Repository,
    /// None until an object is looked for: most versions need no more than packs and the commit-graph.
    view: RefCell<Option<Rc<View>>>,
    packs: OnceCell<RefCell<Packs>>,
    /// Where its objects are, besides the alternates of these.
    object_directories: Vec<PathBuf>,
    /// Where the index is.
    index_path: PathBuf,
    /// The index, read at most once.
    index: OnceCell<gix::index::File>,
    /// Where git itself is found; none where only the repository counts.
    programs: Option<Programs>,
}

/// A commit of the repository that returned it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(ObjectId);

impl CommitId {
    /// The first `digits` hex digits of the id.
    pub fn abbreviated(&self, digits: usize) -> String {
        self.0.to_hex_with_len(digits).to_string()
    }

    /// Number of hex digits of the id: 40 with SHA-1, 64 with SHA-256.
    pub fn digits(&self) -> usize {
        self.0.kind().len_in_hex()
    }
}

impl std::fmt::Display for CommitId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The object that a tag points at, through tags of tags: a commit, or one that no walk of history meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagTarget(ObjectId);

impl Repository {
    /// Shows how far what reads it has got.
    pub fn meter(&self) -> Meter {
        self.programs.as_ref().map_or_else(Meter::off, |programs| programs.meter().clone())
    }

    /// Opens the repository that `directory` is in, as git finds it. `GIT_DIR` and the like are honoured, relative to the
    /// current directory of the process. `programs` has the environment of the process.
    ///
    /// # Errors
    /// There is no repository, or it cannot be opened; it belongs to another user, and git has not been told to trust it.
    pub fn discover(directory: &Path, programs: &Programs) -> Result<Self> {
        let settings = environment::command_line_settings(programs)?;
        let options = || {
            let options = gix::open::Options::default_for_level(Trust::Full);
            // All of the configuration counts: what is not to be trusted is refused below.
            options.filter_config_section(|_| true).cli_overrides(settings.clone())
        };
        let opened = gix::ThreadSafeRepository::discover_with_environment_overrides_opts(
            directory,
            gix::discover::upwards::Options { match_ceiling_dir_or_error: false, ..Default::default() },
            Mapping { full: options(), reduced: options() },
        );
        let mut repository = Self::opened(opened, directory)?;
        if !environment::is_named(programs) {
            ownership::refuse_untrusted(&repository.inner, programs)?;
        }
        environment::refuse_closed_configuration(&repository.inner)?;
        environment::without_closed_files(&mut repository.inner, programs)?;
        repository.programs = Some(programs.clone());
        repository.index_path = environment::index_path(&repository.inner, programs);
        if let Some(directories) = environment::object_directories(&repository.inner, programs) {
            repository.object_directories = directories;
        }
        Ok(repository)
    }

    /// Opens the repository that `directory` is in, as git finds it on a machine without any configuration: neither the
    /// environment nor any configuration but the repository's own counts, and so the answer is the same in every process.
    ///
    /// # Errors
    /// There is none, or it cannot be opened.
    pub fn discover_isolated(directory: &Path) -> Result<Self> {
        let isolated = gix::open::Options::isolated;
        let options = Mapping { full: isolated(), reduced: isolated() };
        let upwards = gix::discover::upwards::Options::default();
        Self::opened(gix::ThreadSafeRepository::discover_opts(directory, upwards, options), directory)
    }

    /// Opens the repository in `directory`, which is in another one: variables that name parts of that one do not count.
    ///
    /// # Errors
    /// There is none, or it cannot be opened.
    fn within(directory: &Path) -> Result<Self> {
        use gix::open::permissions::Environment;
        let env = Environment { git_prefix: gix::sec::Permission::Deny, ..Environment::all() };
        let permissions = gix::open::Permissions { env, ..gix::open::Permissions::all() };
        let options = gix::open::Options::default_for_level(Trust::Full).permissions(permissions);
        Self::opened(gix::ThreadSafeRepository::open_opts(directory, options), directory)
    }

    fn opened<E: std::error::Error + Send + Sync + 'static>(
        opened: std::result::Result<gix::ThreadSafeRepository, E>,
        directory: &Path,
    ) -> Result<Self> {
        let opened = opened.map_err(|cause| {
            Error::new(Kind::Repository, format!("cannot open a git repository at {}", directory.display()))
                .because(anyhow::Error::new(cause))
                .hint(
                    "run imgver inside a repository, or pass one with -C DIR; git status shows what git says",
                )
        })?;
        let mut inner = opened.to_thread_local();
        refuse_unknown_format(&inner)?;
        shallow::check(&inner)?;
        // A version follows from the commits themselves, not from one clone's local substitutions.
        inner.objects.ignore_replacements = true;
        // A namespace is what a server shows to some clients; tags are those of the repository.
        inner.clear_namespace();
        if inner.config_snapshot().boolean("gitoxide.pathspec.literal") == Some(true) {
            // GIT_LITERAL_PATHSPECS is for patterns that users type; those here are our own.
            environment::set(&mut inner, &["gitoxide.pathspec.literal=false"])?;
        }
        // Of the work tree only the status reads objects through gix alone.
        inner.objects.refresh = RefreshMode::Never;
        let object_directories = vec![inner.objects.store_ref().path().to_owned()];
        let view = RefCell::default();
        let index_path = inner.index_path();
        let (packs, index) = (OnceCell::new(), OnceCell::new());
        Ok(Repository { inner, view, packs, object_directories, index_path, index, programs: None })
    }

    /// The root of the work tree; none in a bare repository.
    pub fn workdir(&self) -> Option<&Path> {
        self.inner.workdir()
    }

    /// Whether a shallow clone or fetch left history out.
    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow().unwrap_or(true)
    }
}

/// A program must not touch a repository whose format has an extension that it does not know (gitrepository-layout(5),
/// `core.repositoryFormatVersion`).
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
        Error::new(Kind::Repository, format!("this repository uses {what}, which imgver does not support"))
            .hint("a newer imgver may support it");
    Err(if is_refs {
        error.hint("git clone --ref-format=files makes a clone that this one supports")
    } else {
        error
    })
}

fn unreadable(what: &str, id: &oid) -> String {
    format!("cannot read the {what} {id}")
}

fn with_repair_hints(error: Error) -> Error {
    error.hint(FSCK).hint("a clone without trees needs them: git fetch --refetch --filter=blob:none")
}

/// As [`with_repair_hints`], for what a clone without old files lacks.
fn with_file_hints(error: Error) -> Error {
    error.hint(FSCK).hint("a partial clone needs all of them: git fetch --refetch --no-filter")
}

/// Whether `path` is in `directory`, at any depth; every path is in the root, which is the empty string.
pub fn is_below(path: &[u8], directory: &str) -> bool {
    let rest = path.strip_prefix(directory.as_bytes());
    directory.is_empty() || rest.is_some_and(|rest| rest.first() == Some(&b'/'))
}
