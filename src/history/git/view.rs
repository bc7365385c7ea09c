//! The object database, read while git may be changing it.
//!
//! `git repack` writes a new pack and deletes those that it replaces; `git gc` moves loose objects into packs, and others out of
//! them. No object is ever gone, but whoever listed the packs before may look for it where it is no longer. So git itself lists
//! them anew before it calls an object missing or broken, and so does this module, the one way to objects:
//!
//! - A [`View`] is the database as one listing of its directories shows it. What it finds is right: objects never change.
//! - What it does not find, or cannot read, counts only if the directories are still the same afterwards. Otherwise a new view
//!   answers.
//!
//! gix could list packs anew by itself, but into slots shared with those that it knows already; a new view has no past. Nothing
//! is listed here as long as everything is found.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;

use gix::objs::{Data, Find, Kind as ObjectKind};
use gix::odb::store::RefreshMode;
use gix::odb::{alternate, store};
use gix::{ObjectId, oid};

use super::{CommitId, Repository};

pub(super) type GixResult<T> = std::result::Result<T, gix::Error>;

/// An object larger than this is not read into memory, nor is one that only claims to be. The largest that are read are the
/// trees of huge directories.
const SIZE_MAX: usize = 1 << 27;

/// How often to begin anew while git keeps changing the directories. Each time takes about a millisecond.
const VIEWS_MAX: usize = 1000;

/// The object database as it was when this was opened.
pub(super) struct View {
    /// The repository with the objects of one directory and its alternates, for each directory.
    repositories: Vec<gix::Repository>,
    /// The directories just before it was opened; none for the first, which nothing has doubted yet.
    listing: Option<Listing>,
}

impl View {
    fn open(repository: &Repository, listing: Option<Listing>) -> Self {
        let Repository { inner: repository, object_directories: directories, .. } = repository;
        let open = |directory: &PathBuf| {
            let mut repository = repository.clone();
            let options = store::init::Options { alloc_limit_bytes: Some(SIZE_MAX), ..Default::default() };
            // git warns of a directory that is missing, and goes on.
            let objects = gix::odb::at_opts(directory, repository.object_hash(), None, options).ok()?;
            let mut objects = gix::odb::memory::Proxy::from(objects).with_write_passthrough();
            // A version follows from the commits themselves, not from one clone's local substitutions.
            objects.ignore_replacements = true;
            objects.refresh = RefreshMode::Never;
            repository.objects = objects;
            Some(repository)
        };
        View { repositories: directories.iter().filter_map(open).collect(), listing }
    }
}

/// The names of all packs, and what else changes when objects move.
#[derive(PartialEq, Eq)]
struct Listing(Vec<(PathBuf, Option<(SystemTime, u64)>)>);

impl Listing {
    fn read(repository: &Repository) -> Self {
        let mut files = vec![repository.inner.refs.packed_refs_path()];
        for directory in repository.all_object_directories() {
            let packs = fs::read_dir(directory.join("pack")).into_iter().flatten().flatten();
            files.extend(packs.map(|entry| entry.path()));
            files.push(directory.join("info/alternates"));
        }
        files.sort_unstable();
        let described = files.into_iter().map(|path| {
            let state = path.metadata().and_then(|file| Ok((file.modified()?, file.len())));
            (path, state.ok())
        });
        Listing(described.collect())
    }
}

impl Repository {
    /// All directories with objects, its own first, each before its alternates.
    pub(super) fn all_object_directories(&self) -> Vec<PathBuf> {
        let mut all = Vec::new();
        for directory in &self.object_directories {
            let alternates = alternate::resolve(directory.clone(), Path::new(".")).unwrap_or_default();
            all.extend(std::iter::once(directory.clone()).chain(alternates));
        }
        all
    }

    /// What `question` finds in a view that nothing has changed behind its back, unless it is `settled`, which is right in any.
    fn settle<A>(
        &self,
        mut question: impl FnMut(&gix::Repository) -> A,
        is_settled: impl Fn(&A) -> bool,
    ) -> A {
        let mut views = 0;
        loop {
            let open = || Rc::new(View::open(self, None));
            let view = Rc::clone(self.view.borrow_mut().get_or_insert_with(open));
            let mut first = None;
            for repository in &view.repositories {
                let answer = question(repository);
                if is_settled(&answer) {
                    return answer;
                }
                first.get_or_insert(answer);
            }
            views += 1;
            let now = Listing::read(self);
            if view.listing.as_ref() == Some(&now) || views == VIEWS_MAX {
                // Without any directory that could be opened, gix says why.
                return first.unwrap_or_else(|| question(&self.inner));
            }
            // Refs that gix keeps in memory may name objects that are gone.
            let _ = self.inner.refs.force_refresh_packed_buffer();
            *self.view.borrow_mut() = Some(Rc::new(View::open(self, Some(now))));
        }
    }

    /// What `question` reads, which is there unless it is missing from every view.
    pub(super) fn read<T>(&self, question: impl FnMut(&gix::Repository) -> GixResult<T>) -> GixResult<T> {
        self.settle(question, Result::is_ok)
    }

    /// What `question` finds; none if it is in no view.
    pub(super) fn look<T>(
        &self,
        question: impl FnMut(&gix::Repository) -> GixResult<Option<T>>,
    ) -> GixResult<Option<T>> {
        self.settle(question, |answer| matches!(answer, Ok(Some(_))))
    }

    /// The tree of `commit`.
    pub(super) fn tree_of(&self, commit: CommitId) -> GixResult<ObjectId> {
        self.read(|repository| Ok(repository.find_commit(commit.0)?.tree_id()?.detach()))
    }

    /// The content of the tree `id`.
    pub(super) fn tree(&self, id: &oid) -> GixResult<Vec<u8>> {
        self.read(|repository| Ok(repository.find_tree(id)?.detach().data))
    }

    /// An index with all files of the tree `id`.
    pub(super) fn index_of_tree(&self, id: &oid) -> GixResult<gix::index::File> {
        self.read(|repository| repository.index_from_tree(id))
    }

    /// The content of the file `id`.
    pub(super) fn blob(&self, id: &oid) -> GixResult<Vec<u8>> {
        self.read(|repository| Ok(repository.find_blob(id)?.detach().data))
    }

    /// The kind of the object `id`; none if there is no such object.
    pub(super) fn try_kind(&self, id: &oid) -> GixResult<Option<ObjectKind>> {
        self.look(|repository| Ok(repository.try_find_header(id)?.map(|header| header.kind())))
    }
}

/// All objects of a repository, for what gix does with several of them.
#[derive(Clone, Copy)]
pub(super) struct Objects<'r>(pub(super) &'r Repository);

impl Find for Objects<'_> {
    fn try_find<'a>(&self, id: &oid, buffer: &'a mut Vec<u8>) -> GixResult<Option<Data<'a>>> {
        let kind = self
            .0
            .look(|repository| Ok(repository.objects.try_find(id, buffer)?.map(|object| object.kind)))?;
        Ok(kind.map(|kind| Data::new(buffer, kind, id.kind())))
    }
}
