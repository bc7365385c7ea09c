//! The one file that reads repositories, through gix: refs, commits, what is changed, what is ignored.
//!
//! Nothing here decides anything about versions, and nothing of gix leaves this file.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

use gix::bstr::{BStr, BString, ByteSlice};
use gix::commitgraph::Graph;
use gix::hashtable::HashMap as IdMap;
use gix::index::entry::{Flags, Mode, Stage};
use gix::objs::{Find as _, Kind as ObjectKind, commit::ref_iter::Token};
use gix::odb::store::RefreshMode;
use gix::{ObjectId, oid};

use super::walk::{self, CommitSource, Expansion, Node, Rank, Release, Standing};
use crate::error::{Context as _, Error, Kind, Result};

/// An open repository.
pub struct Repository {
    inner: gix::Repository,
}

/// A commit of the repository it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(ObjectId);

impl CommitId {
    /// The first `digits` hex digits of the id.
    pub fn abbreviated(&self, digits: usize) -> String {
        self.0.to_hex_with_len(digits).to_string()
    }

    /// Whether this is what a tag is about.
    pub fn is(&self, target: Target) -> bool {
        self.0 == target.0
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

impl Repository {
    /// Opens the repository that `directory` is in, as git finds it (`GIT_DIR` and the like included).
    ///
    /// One owned by somebody else is opened too, but what its configuration would run is not run.
    ///
    /// # Errors
    /// There is none, or it cannot be opened.
    pub fn discover(directory: &Path) -> Result<Self> {
        let opened = gix::ThreadSafeRepository::discover_with_environment_overrides(directory);
        let opened = opened.map_err(|cause| {
            Error::new(
                Kind::Repository,
                format!("no git repository can be opened at {}", directory.display()),
            )
            .because(anyhow::Error::new(cause))
            .hint("run imgver inside a repository, or name one with -C DIR")
        })?;
        let mut inner = opened.to_thread_local();
        // A version follows from the commits themselves, not from one clone's local substitutions.
        inner.objects.ignore_replacements = true;
        // What is absent stays absent while one question is answered.
        inner.objects.refresh = RefreshMode::Never;
        Ok(Repository { inner })
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
        let mut head = self
            .inner
            .head()
            .context(Kind::Repository, || "HEAD cannot be read")?;
        let branch = head.referent_name().map(|name| name.shorten().to_string());
        let id = head
            .try_peel_to_id()
            .context(Kind::Repository, || "HEAD cannot be read")?;
        match id {
            Some(id) => self.commit(id.detach(), "HEAD"),
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
        let unknown = || format!("'{revision}' names no commit of this repository");
        let id = self.inner.rev_parse_single(revision).map_err(|cause| {
            Error::new(Kind::Repository, unknown())
                .because(anyhow::Error::new(cause))
                .hint("git log --oneline --all shows what there is; a shallow clone may lack it: git fetch --unshallow --tags")
        })?;
        self.commit(id.detach(), revision)
    }

    /// Follows tags from `id` to a commit.
    fn commit(&self, id: ObjectId, named: &str) -> Result<CommitId> {
        let (id, kind) = self.peel(id)?;
        if kind == ObjectKind::Commit {
            return Ok(CommitId(id));
        }
        Err(
            Error::new(Kind::Repository, format!("'{named}' is a {kind}, not a commit"))
                .hint("name a commit, a branch or a tag of a commit"),
        )
    }

    /// Follows tags of tags to what they are about.
    fn peel(&self, mut id: ObjectId) -> Result<(ObjectId, ObjectKind)> {
        loop {
            let header = self
                .inner
                .find_header(id)
                .context(Kind::Repository, || unreadable("object", &id))?;
            if header.kind() != ObjectKind::Tag {
                return Ok((id, header.kind()));
            }
            let tag = self
                .inner
                .find_tag(id)
                .context(Kind::Repository, || unreadable("tag object", &id))?;
            id = tag
                .target_id()
                .context(Kind::Repository, || unreadable("tag object", &id))?
                .detach();
        }
    }

    /// The tags whose name (without `refs/tags/`) begins with `prefix` and for which `select` gives something,
    /// each with the object it is about after following tags of tags, sorted by name.
    ///
    /// Names that are not UTF-8 are passed over: no service is called so. Objects are read only for loose refs
    /// and where `packed-refs` does not promise peeled values.
    ///
    /// # Errors
    /// Refs that cannot be read, and selected ones that are broken.
    pub fn tags<T>(
        &self,
        prefix: &str,
        mut select: impl FnMut(&str) -> Option<T>,
    ) -> Result<Vec<(T, Target)>> {
        let full_prefix = format!("refs/tags/{prefix}");
        let loose = self.loose_tags(&full_prefix)?;
        let mut selected = BTreeMap::new();
        for (name, id) in &loose {
            if let Some(chosen) = select(name) {
                let id = id.as_ref().map_err(|reason| {
                    Error::new(Kind::Repository, format!("the tag '{name}' cannot be read"))
                        .because(anyhow::Error::msg(reason.clone()))
                        .hint("git fsck shows what is broken")
                })?;
                selected.insert(name.clone(), (chosen, Target(self.peel(*id)?.0)));
            }
        }
        let packed = self
            .inner
            .refs
            .open_packed_buffer()
            .context(Kind::Repository, || "packed-refs cannot be read")?;
        let Some(packed) = packed else {
            return Ok(selected.into_values().collect());
        };
        let peeled = self.packed_refs_are_peeled();
        let records = packed
            .iter_prefixed(full_prefix.into())
            .context(Kind::Repository, || "packed-refs cannot be read")?;
        for record in records {
            let record = record.context(Kind::Repository, || "packed-refs cannot be read")?;
            let name = record
                .name
                .as_bstr()
                .strip_prefix(b"refs/tags/")
                .and_then(|name| name.to_str().ok());
            let Some(name) = name.filter(|name| !loose.contains_key(*name)) else {
                continue;
            };
            let Some(chosen) = select(name) else { continue };
            let id = if peeled || record.object.is_some() {
                record.object()
            } else {
                self.peel(record.target())?.0
            };
            selected.insert(name.to_owned(), (chosen, Target(id)));
        }
        Ok(selected.into_values().collect())
    }

    /// Loose refs by their name without `refs/tags/`, with what they point at or why that cannot be told.
    fn loose_tags(&self, prefix: &str) -> Result<HashMap<String, std::result::Result<ObjectId, String>>> {
        let unreadable = || "the loose refs below refs/tags cannot be read";
        let mut loose = HashMap::new();
        let Ok(path) = prefix.as_bytes().try_into() else {
            return Ok(loose);
        };
        let iter = self
            .inner
            .refs
            .loose_iter_prefixed(path)
            .context(Kind::Repository, unreadable)?;
        for reference in iter {
            let reference = reference.context(Kind::Repository, unreadable)?;
            let Some(name) = reference
                .name
                .as_bstr()
                .strip_prefix(b"refs/tags/")
                .and_then(|name| name.to_str().ok())
            else {
                continue;
            };
            let id = match &reference.target {
                gix::refs::Target::Object(id) => Ok(*id),
                gix::refs::Target::Symbolic(_) => self
                    .inner
                    .find_reference(reference.name.as_ref())
                    .and_then(|mut symbolic| symbolic.peel_to_id())
                    .map(gix::Id::detach)
                    .map_err(|cause| cause.to_string()),
            };
            loose.insert(name.to_owned(), id);
        }
        Ok(loose)
    }

    /// Whether `packed-refs` says that every ref without a peeled value needs none
    /// (the `fully-peeled` trait of its header, or `peeled` for refs below `refs/tags/`).
    fn packed_refs_are_peeled(&self) -> bool {
        use std::io::Read as _;
        let mut header = [0; 128];
        let read = std::fs::File::open(self.inner.refs.packed_refs_path())
            .and_then(|mut file| file.read(&mut header));
        let header = header.get(..read.unwrap_or(0)).unwrap_or_default();
        let line = header.lines().next().unwrap_or_default();
        line.starts_with(b"# pack-refs with:")
            && line
                .fields()
                .any(|word| matches!(word, b"peeled" | b"fully-peeled"))
    }

    /// Where `tip` stands for each of `services` services. `releases[i]` is a tag of `targets[i]`, and releases
    /// of one target stand side by side.
    ///
    /// With `first_parent`, only the first parent of each commit counts.
    ///
    /// # Errors
    /// A commit that cannot be read.
    pub fn standings(
        &self,
        tip: CommitId,
        services: usize,
        releases: &[Release],
        targets: &[Target],
        first_parent: bool,
    ) -> Result<Vec<Standing>> {
        // git, too, leaves the commit-graph alone in a shallow repository: it knows parents that are not there.
        let graph = if self.is_shallow() {
            None
        } else {
            self.inner.commit_graph_if_enabled().unwrap_or(None)
        };
        if let Some(graph) = graph {
            let mut history = History::new(self, Some(graph), targets, first_parent);
            match history
                .number(tip.0)
                .and_then(|_| walk::standings(&mut history, services, releases))
            {
                // A commit-graph is a cache; what it gets wrong, the commits themselves get right.
                Err(_) if history.graph_is_unsound => {}
                answer => return answer,
            }
        }
        let mut history = History::new(self, None, targets, first_parent);
        history.number(tip.0)?;
        walk::standings(&mut history, services, releases)
    }

    /// The tracked files of the work tree for which `select` holds, as the index has them, sorted.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn tracked_files(&self, mut select: impl FnMut(&str) -> bool) -> Result<Vec<String>> {
        let index = self
            .inner
            .index_or_empty()
            .context(Kind::Repository, || "the index cannot be read")?;
        let paths = index
            .entries()
            .iter()
            .filter_map(|entry| entry.path(&index).to_str().ok());
        Ok(paths.filter(|path| select(path)).map(str::to_owned).collect())
    }

    /// Whether git's ignore rules leave `file` (from the root of the work tree) out, and it is not tracked all the
    /// same.
    ///
    /// # Errors
    /// Ignore rules or an index that cannot be read.
    pub fn is_ignored(&self, file: &str) -> Result<bool> {
        let unreadable = || format!("whether git ignores {file} cannot be told");
        let no_index = gix::index::State::new(self.inner.object_hash());
        let source = gix::worktree::stack::state::ignore::Source::WorktreeThenIdMappingIfNotSkipped;
        let mut rules = self
            .inner
            .excludes(&no_index, None, source)
            .context(Kind::Input, unreadable)?;
        let platform = rules
            .at_path(file, Some(Mode::FILE))
            .context(Kind::Input, unreadable)?;
        if !platform.is_excluded() {
            return Ok(false);
        }
        let index = self
            .inner
            .index_or_empty()
            .context(Kind::Repository, || "the index cannot be read")?;
        Ok(index.entry_by_path(file.into()).is_none())
    }

    /// The tracked files below `directory` (all of them for the empty string) that differ from `HEAD`, staged or
    /// not, as paths from the root of the work tree. None in a bare repository.
    ///
    /// # Errors
    /// An index, tree or file that cannot be read.
    pub fn changed_files(&self, directory: &str) -> Result<Vec<Vec<u8>>> {
        let Some(workdir) = self.workdir() else {
            return Ok(Vec::new());
        };
        let unreadable = || "changes in the work tree cannot be told";
        let index = self
            .inner
            .index_or_empty()
            .context(Kind::Repository, unreadable)?;
        let mut changed = self.staged_files(&index, directory)?;
        let mut uncertain = Vec::new();
        let look = Look {
            stat: self.inner.stat_options().context(Kind::Repository, unreadable)?,
            file_system: self
                .inner
                .filesystem_options()
                .context(Kind::Repository, unreadable)?,
            index: &index,
        };
        let entries = if directory.is_empty() {
            index.entries()
        } else {
            index
                .prefixed_entries(format!("{directory}/").as_str().into())
                .unwrap_or_default()
        };
        for entry in entries {
            let path = entry.path(&index);
            let file = gix::path::from_bstr(path).map(|path| workdir.join(path));
            match file.map_or(Seen::Uncertain, |file| look.at(entry, &file)) {
                Seen::Unchanged => {}
                Seen::Changed => changed.push(path.to_vec()),
                Seen::Uncertain => uncertain.push(path.to_owned()),
            }
        }
        changed.extend(self.changed_contents(uncertain, directory)?);
        Ok(changed)
    }

    /// The files below `directory` whose entry in the index is not that of `HEAD`.
    fn staged_files(&self, index: &gix::index::State, directory: &str) -> Result<Vec<Vec<u8>>> {
        let unreadable = || "the tree of HEAD cannot be read";
        let tree = self
            .inner
            .head_tree_id_or_empty()
            .context(Kind::Repository, unreadable)?;
        // The index remembers the tree it was last equal to, unless something was staged since.
        let unstaged = index
            .tree()
            .is_some_and(|cached| cached.num_entries.is_some() && cached.id == tree);
        let mut staged = Vec::new();
        if unstaged {
            return Ok(staged);
        }
        let renames = gix::status::tree_index::TrackRenames::Disabled;
        let outcome = self
            .inner
            .tree_index_status(&tree, index, None, renames, |change, _, _| {
                let path = change.location();
                if is_below(path, directory) {
                    staged.push(path.to_vec());
                }
                Ok(std::ops::ControlFlow::Continue(()))
            });
        outcome.context(Kind::Repository, unreadable)?;
        Ok(staged)
    }

    /// Those of `paths` whose content, after all conversions that git would make, is not what the index has.
    fn changed_contents(&self, paths: Vec<BString>, directory: &str) -> Result<Vec<Vec<u8>>> {
        // Each pattern is tried on each file, so many of them are not worth it.
        const PATTERNS_MAX: usize = 50;
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let literal = |path: &BStr| BString::from([b":(top,literal)".as_slice(), path].concat());
        let patterns = match paths.len() {
            0..=PATTERNS_MAX => paths.iter().map(|path| literal(path.as_ref())).collect(),
            _ if directory.is_empty() => vec![":(top)".into()],
            _ => vec![literal(directory.into())],
        };
        let unreadable = || "changes in the work tree cannot be told";
        let status = self
            .inner
            .status(gix::progress::Discard)
            .context(Kind::Repository, unreadable)?;
        let items = status
            .index_worktree_rewrites(None)
            .index_worktree_submodules(gix::status::Submodule::AsConfigured { check_dirty: true })
            .index_worktree_options_mut(|options| options.dirwalk_options = None)
            .into_index_worktree_iter(patterns)
            .context(Kind::Repository, unreadable)?;
        let mut changed = Vec::new();
        for item in items {
            let item = item.context(Kind::Repository, unreadable)?;
            if item.summary().is_some() {
                changed.push(item.rela_path().to_vec());
            }
        }
        Ok(changed)
    }
}

/// What a look at a file's metadata says about its content.
enum Seen {
    Unchanged,
    Changed,
    Uncertain,
}

/// How files are compared with what the index remembers of them.
struct Look<'i> {
    stat: gix::index::entry::stat::Options,
    file_system: gix::fs::Capabilities,
    index: &'i gix::index::State,
}

impl Look<'_> {
    /// Compares metadata only, which settles nearly all files of nearly all work trees.
    fn at(&self, entry: &gix::index::Entry, file: &Path) -> Seen {
        if entry.flags.intersects(Flags::ASSUME_VALID | Flags::SKIP_WORKTREE) {
            return Seen::Unchanged;
        }
        if entry.stage() != Stage::Unconflicted || entry.flags.contains(Flags::INTENT_TO_ADD) {
            return Seen::Changed;
        }
        if entry.mode == Mode::COMMIT {
            return Seen::Uncertain;
        }
        let Ok(metadata) = gix::index::fs::Metadata::from_path_no_follow(file) else {
            return Seen::Uncertain;
        };
        let Ok(stat) = gix::index::entry::Stat::from_fs(&metadata) else {
            return Seen::Uncertain;
        };
        let Self {
            stat: options,
            file_system,
            index,
        } = self;
        let mode = entry
            .mode
            .change_to_match_fs(&metadata, file_system.symlink, file_system.executable_bit);
        let same = mode.is_none()
            && stat.matches(&entry.stat, *options)
            && !stat.is_racy(index.timestamp(), *options);
        // git marks a file it could not tell apart from its index entry with the size zero.
        if same && (entry.stat.size != 0 || entry.id.is_empty_blob()) {
            Seen::Unchanged
        } else {
            Seen::Uncertain
        }
    }
}

fn is_below(path: &[u8], directory: &str) -> bool {
    directory.is_empty()
        || path
            .strip_prefix(directory.as_bytes())
            .is_some_and(|rest| rest.first() == Some(&b'/'))
}

/// What a tag is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target(ObjectId);

/// Positions in `targets` by object; equal targets must stand side by side.
fn releases_by_target(targets: &[Target]) -> IdMap<ObjectId, Range<u32>> {
    let mut releases: IdMap<ObjectId, Range<u32>> = IdMap::default();
    for (position, target) in (0..).zip(targets) {
        releases.entry(target.0).or_insert(position..position).end = position + 1;
    }
    releases
}

/// The commits below one commit, read as they are asked for.
struct History<'r> {
    repository: &'r Repository,
    shallow: bool,
    first_parent: bool,
    graph: Option<Graph>,
    /// By position in the commit-graph, the node number plus one, or zero.
    known: Vec<u32>,
    /// Node numbers of commits that the commit-graph does not have.
    numbers: IdMap<ObjectId, Node>,
    commits: Vec<Commit>,
    /// Parents of commits read from the object database.
    parents: Vec<ObjectId>,
    releases: IdMap<ObjectId, Range<u32>>,
    buffer: Vec<u8>,
    /// Whether the commit-graph contradicts itself.
    graph_is_unsound: bool,
}

#[derive(Clone, Copy)]
struct Commit {
    rank: Rank,
    releases: (u32, u32),
    origin: Origin,
}

#[derive(Clone, Copy)]
enum Origin {
    /// At this position of the commit-graph.
    Graph(gix::commitgraph::Position),
    /// Its parents are these of [`History::parents`].
    Object(u32, u32),
}

impl<'r> History<'r> {
    fn new(repository: &'r Repository, graph: Option<Graph>, targets: &[Target], first_parent: bool) -> Self {
        History {
            repository,
            shallow: repository.is_shallow(),
            first_parent,
            known: vec![0; graph.as_ref().map_or(0, |graph| graph.num_commits() as usize)],
            graph,
            numbers: IdMap::default(),
            commits: Vec::new(),
            parents: Vec::new(),
            releases: releases_by_target(targets),
            buffer: Vec::new(),
            graph_is_unsound: false,
        }
    }

    /// The number of the commit `id`; none where a shallow clone lacks it.
    fn number(&mut self, id: ObjectId) -> Result<Option<Node>> {
        if let Some(position) = self.graph.as_ref().and_then(|graph| graph.lookup(id)) {
            return self.number_in_graph(position).map(Some);
        }
        if let Some(&known) = self.numbers.get(&id) {
            return Ok(Some(known));
        }
        let Some((time, origin)) = self.read(&id)? else {
            let missing = Error::new(Kind::Repository, unreadable("commit", &id))
                .because(anyhow::Error::msg("it is not in the object database"))
                .hint("git fsck shows what is broken; a fresh clone repairs it");
            return if self.shallow { Ok(None) } else { Err(missing) };
        };
        let node = self.add(
            &id,
            Rank {
                generation: Rank::UNKNOWN,
                time,
            },
            origin,
        );
        self.numbers.insert(id, node);
        Ok(Some(node))
    }

    fn number_in_graph(&mut self, position: gix::commitgraph::Position) -> Result<Node> {
        let known = self.known.get(position.0 as usize).copied().unwrap_or(0);
        if known != 0 {
            return Ok(known - 1);
        }
        let Some(graph) = self
            .graph
            .as_ref()
            .filter(|graph| position.0 < graph.num_commits())
        else {
            return Err(self.unsound_graph());
        };
        let commit = graph.commit_at(position);
        let time = i64::try_from(commit.committer_timestamp()).unwrap_or(i64::MAX);
        let rank = Rank {
            generation: commit.generation(),
            time,
        };
        let id = graph.id_at(position).to_owned();
        let node = self.add(&id, rank, Origin::Graph(position));
        if let Some(slot) = self.known.get_mut(position.0 as usize) {
            *slot = node + 1;
        }
        Ok(node)
    }

    fn unsound_graph(&mut self) -> Error {
        self.graph_is_unsound = true;
        Error::new(Kind::Repository, "the commit-graph contradicts itself").hint("git commit-graph verify")
    }

    fn add(&mut self, id: &oid, rank: Rank, origin: Origin) -> Node {
        let releases = self.releases.get(id).cloned().unwrap_or_default();
        // History in memory ends long before 2^32 commits.
        let node = self.commits.len() as Node;
        self.commits.push(Commit {
            rank,
            releases: (releases.start, releases.end),
            origin,
        });
        node
    }

    /// Reads no more of a commit than its parents and its date.
    fn read(&mut self, id: &oid) -> Result<Option<(i64, Origin)>> {
        let unreadable = || unreadable("commit", id);
        let object = self.repository.inner.objects.try_find(id, &mut self.buffer);
        let Some(object) = object.context(Kind::Repository, unreadable)? else {
            return Ok(None);
        };
        if object.kind != ObjectKind::Commit {
            let cause = anyhow::Error::msg(format!("it is a {}", object.kind));
            return Err(Error::new(Kind::Repository, unreadable()).because(cause));
        }
        let from = self.parents.len() as u32;
        let mut time = 0;
        for token in gix::objs::CommitRefIter::from_bytes(object.data, id.kind()) {
            match token.context(Kind::Repository, unreadable)? {
                Token::Parent { id } => self.parents.push(id),
                Token::Committer { signature } => {
                    time = signature.seconds();
                    break;
                }
                _ => {}
            }
        }
        Ok(Some((time, Origin::Object(from, self.parents.len() as u32))))
    }
}

impl CommitSource for History<'_> {
    type Error = Error;

    fn expand(&mut self, node: Node, parents: &mut Vec<Node>) -> Result<Expansion> {
        let wanted = if self.first_parent { 1 } else { usize::MAX };
        let Some(&Commit { rank, origin, .. }) = self.commits.get(node as usize) else {
            return Ok(Expansion::Whole);
        };
        match origin {
            Origin::Graph(position) => {
                let from = parents.len();
                let commit = self.graph.as_ref().map(|graph| graph.commit_at(position));
                for parent in commit
                    .into_iter()
                    .flat_map(|commit| commit.iter_parents().take(wanted))
                {
                    // Positions for now, numbers below.
                    parents.push(parent.map_or(u32::MAX, |position| position.0));
                }
                for parent in parents.iter_mut().skip(from) {
                    *parent = self.number_in_graph(gix::commitgraph::Position(*parent))?;
                    if self.rank(*parent).generation >= rank.generation {
                        return Err(self.unsound_graph());
                    }
                }
                Ok(Expansion::Whole)
            }
            Origin::Object(from, to) => {
                let mut expansion = Expansion::Whole;
                for at in (from..to).take(wanted) {
                    let Some(&id) = self.parents.get(at as usize) else {
                        continue;
                    };
                    match self.number(id)? {
                        Some(parent) => parents.push(parent),
                        None => expansion = Expansion::Cut,
                    }
                }
                Ok(expansion)
            }
        }
    }

    fn rank(&self, node: Node) -> Rank {
        self.commits.get(node as usize).map_or(
            Rank {
                generation: 0,
                time: 0,
            },
            |commit| commit.rank,
        )
    }

    fn releases(&self, node: Node) -> Range<usize> {
        let (from, to) = self
            .commits
            .get(node as usize)
            .map_or((0, 0), |commit| commit.releases);
        from as usize..to as usize
    }
}

fn unreadable(what: &str, id: &oid) -> String {
    format!("the {what} {id} cannot be read")
}
