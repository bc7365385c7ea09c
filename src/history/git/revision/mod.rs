//! From a revision to the commit that it names: what `git rev-parse --verify REV^{commit}` takes, and nothing else.
//!
//! gix has a parser of its own, which differs from git's where names look alike. This one follows git's order of attempts
//! (gitrevisions(7), and what git 2.39 does where that page is silent) and reads refs, reflogs and objects through
//! [`Repository`]. What depends on the clock, the time zone or the locale is refused.

mod message;
mod names;
mod prefix;
mod reflog;
mod refs;
mod steps;

use std::cell::{OnceCell, RefCell};
use std::collections::HashSet;

use gix::ObjectId;
use gix::objs::Kind as ObjectKind;

use super::objects::Peeled;
use super::{CommitId, FETCH_DEPTH, FSCK, Repository, UNSHALLOW, unreadable};
use crate::error::{Context as _, Error, Kind, Result};
use crate::history::commit_header;

/// What an abbreviated hash may stand for where several objects begin with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Whatever `core.disambiguate` prefers.
    Any,
    Commit,
    /// A commit or the tag of one.
    Committish,
    Tree,
    /// A tree, a commit or the tag of either.
    Treeish,
    Blob,
}

/// The lookups of one revision.
struct Resolver<'r> {
    repository: &'r Repository,
    revision: &'r str,
    /// Why the last lookup found nothing, where more can be said than that there is no such name.
    reason: RefCell<Option<Reason>>,
    /// The commits whose parents a shallow clone lacks, read at most once.
    boundary: OnceCell<HashSet<ObjectId>>,
}

/// Why a revision names no commit, and what to write instead.
#[derive(Debug, Clone)]
struct Reason {
    cause: String,
    hint: Option<String>,
}

impl Repository {
    /// The commit that `revision` names, in any of git's spellings (gitrevisions(7)).
    ///
    /// # Errors
    /// It names nothing, several commits, or something that is not a commit; or what it names depends on the clock.
    pub fn resolve(&self, revision: &str) -> Result<CommitId> {
        let resolver =
            Resolver { repository: self, revision, reason: RefCell::default(), boundary: OnceCell::new() };
        match resolver.object(revision)? {
            Some(id) => self.commit_behind(revision, id),
            None => {
                if self.begins_at_head(revision) {
                    self.head()?;
                }
                Err(self.unknown(revision, resolver.reason.into_inner()))
            }
        }
    }

    /// Whether `revision` begins at `HEAD` or at the branch that is checked out, by name.
    fn begins_at_head(&self, revision: &str) -> bool {
        let name = revision.split(['~', '^', ':']).next().unwrap_or_default();
        let name = name.split_once("@{").map_or(name, |(name, _)| name);
        if matches!(name, "HEAD" | "@") {
            return true;
        }
        let Ok(head) = self.resolve_ref(b"HEAD") else { return false };
        ["", "refs/", "refs/heads/"].iter().any(|start| head.name == format!("{start}{name}").as_bytes())
    }

    fn commit_behind(&self, revision: &str, id: ObjectId) -> Result<CommitId> {
        let kind = match self.peel(id).map_err(|error| error.hint(FSCK))? {
            Peeled::Object(id, ObjectKind::Commit) => return Ok(CommitId(id)),
            Peeled::Object(_, kind) => kind,
            Peeled::Malformed(id) => {
                let cause = format!("the tag object {id} is malformed");
                return Err(self.unknown(revision, Some(Reason { cause, hint: None })));
            }
            Peeled::Missing(id) => {
                let cause = format!("this clone has no object {id}");
                return Err(self.unknown(revision, Some(Reason { cause, hint: None })));
            }
        };
        Err(Error::new(Kind::Repository, format!("'{revision}' is a {kind}, not a commit"))
            .hint("pass a commit, a branch or the tag of a commit"))
    }

    fn unknown(&self, revision: &str, reason: Option<Reason>) -> Error {
        let error =
            Error::new(Kind::Repository, format!("'{revision}' does not name a commit in this clone"));
        let (error, hint) = match reason {
            Some(Reason { cause, hint }) => (error.because(anyhow::Error::msg(cause)), hint),
            None => (error, None),
        };
        match hint {
            Some(hint) => error.hint(hint),
            None if self.is_shallow() => {
                error.hint(format!("this clone is shallow: {UNSHALLOW}")).hint(FETCH_DEPTH)
            }
            None => error
                .hint("git fetch gets missing commits; git log --oneline --all lists those that are here"),
        }
    }
}

impl Resolver<'_> {
    /// The object that `revision` names, if a commit is wanted.
    fn object(&self, revision: &str) -> Result<Option<ObjectId>> {
        if revision.is_empty() {
            return Ok(self.nothing("it is empty", "write HEAD for the commit that is checked out"));
        }
        if revision.contains('\0') {
            return Ok(self.nothing("no name contains a NUL", "git log --oneline --all lists commits"));
        }
        if let Some(rest) = revision.strip_prefix('^') {
            return Ok(self.nothing("a leading '^' excludes commits", format!("write '{rest}'")));
        }
        if let Some((from, to)) = self.ends_of_range(revision)? {
            let hint = format!("write one end of it: '{from}' or '{to}'");
            return Ok(self.nothing("it is a range of commits", hint));
        }
        // What a failed end would say is not about the whole.
        self.reason.take();
        let found = self.lookup(revision.as_bytes(), Wanted::Committish)?;
        if found.is_none() && self.reason.borrow().is_none() {
            if let Some(remote) = self.at_a_remote(revision) {
                return Ok(self.nothing(
                    "there is no branch, tag or other ref of that name",
                    format!("this clone has the branch of the remote: write {remote}"),
                ));
            }
            self.reason.take();
            self.explain(revision);
        }
        Ok(found)
    }

    /// `revision` at a remote, `origin` before others, if it names a commit there.
    fn at_a_remote(&self, revision: &str) -> Option<String> {
        let others = self.repository.remotes();
        let remotes = std::iter::once("origin".to_owned()).chain(others);
        remotes
            .map(|remote| format!("{remote}/{revision}"))
            .find(|name| matches!(self.lookup(name.as_bytes(), Wanted::Committish), Ok(Some(_))))
    }

    /// The two ends if `revision` is a range: `a..b`, `a...b`, either of them `HEAD` where it is left out.
    fn ends_of_range<'t>(&self, revision: &'t str) -> Result<Option<(&'t str, &'t str)>> {
        let Some((from, to)) = revision.split_once("..") else { return Ok(None) };
        let to = to.strip_prefix('.').unwrap_or(to);
        let ends = [from, to].map(|end| if end.is_empty() { "HEAD" } else { end });
        for end in ends {
            // A path counts as an end, too, whether or not there is one.
            if !end.contains(':') && self.lookup(end.as_bytes(), Wanted::Committish)?.is_none() {
                return Ok(None);
            }
        }
        let [from, to] = ends;
        Ok(Some((from, to)))
    }

    /// Says what `revision`, which names nothing, looks like.
    fn explain(&self, revision: &str) {
        let hash = !revision.is_empty() && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
        if let Some(text) = revision.strip_prefix(":/") {
            let hint = format!("write HEAD^{{/{text}}} for the newest commit behind HEAD with that message");
            self.nothing::<()>("':/' searches all branches for a message", hint);
        } else if revision.contains(':') {
            self.nothing::<()>("with a ':' it names a file or a directory", "write the commit alone");
        } else if revision.ends_with("^@") || revision.ends_with("^!") {
            self.nothing::<()>("it stands for several commits", "write 'REV^1' for the first parent of REV");
        } else if hash && revision.len() < gix::hash::Prefix::MIN_HEX_LEN {
            self.nothing::<()>("a hash has at least 4 digits", "write more digits");
        } else {
            let what = if hash { "no branch, tag or object" } else { "no branch, tag or other ref" };
            let cause = format!("there is {what} of that name");
            self.reason.replace(Some(Reason { cause, hint: None }));
        }
    }

    /// Nothing, for a reason that is kept for the error.
    fn nothing<T>(&self, cause: impl Into<String>, hint: impl Into<String>) -> Option<T> {
        self.reason.replace(Some(Reason { cause: cause.into(), hint: Some(hint.into()) }));
        None
    }

    /// As [`Resolver::nothing`], where only the usual hints help.
    fn absent<T>(&self, cause: impl Into<String>) -> Option<T> {
        self.reason.replace(Some(Reason { cause: cause.into(), hint: None }));
        None
    }

    /// The error where git gives up, too, instead of trying what else the revision may be.
    fn dead_end(&self, cause: impl Into<String>, hint: impl Into<String>) -> Error {
        self.repository.unknown(self.revision, Some(Reason { cause: cause.into(), hint: Some(hint.into()) }))
    }

    /// The object that `id` leads to through tags, and its kind; none if the clone lacks it.
    fn peeled(&self, id: ObjectId) -> Result<Option<(ObjectId, ObjectKind)>> {
        match self.repository.peel(id) {
            Ok(Peeled::Object(id, kind)) => Ok(Some((id, kind))),
            // A tag of an object that is missing is no more than a name.
            Ok(Peeled::Malformed(id)) => Ok(self.absent(format!("the tag object {id} is malformed"))),
            Ok(Peeled::Missing(id)) => Ok(self.absent(format!("this clone has no object {id}"))),
            Err(error) => Ok(self.absent(error.to_string())),
        }
    }

    /// The commit that `id` is or leads to through tags.
    fn commit(&self, id: ObjectId) -> Result<Option<Commit>> {
        let Some((id, kind)) = self.peeled(id)? else { return Ok(None) };
        if kind != ObjectKind::Commit {
            return Ok(self.absent(format!("{id} is a {kind}, not a commit")));
        }
        let unreadable = || unreadable("commit", &id);
        let data = self.repository.read(|repository| Ok(repository.find_commit(id)?.detach().data));
        let data = data.context(Kind::Repository, unreadable)?;
        let Some((parents, time)) = commit_header::parse(&data) else {
            return Ok(self.absent(format!("the commit {id} is malformed")));
        };
        let mut parents: Vec<ObjectId> =
            parents.filter_map(|parent| ObjectId::from_hex(parent).ok()).collect();
        if !parents.is_empty() && self.boundary()?.contains(&id) {
            parents.clear();
        }
        Ok(Some(Commit { id, time, parents, data }))
    }

    /// The commits whose parents a shallow clone lacks.
    fn boundary(&self) -> Result<&HashSet<ObjectId>> {
        if let Some(boundary) = self.boundary.get() {
            return Ok(boundary);
        }
        let listed = self.repository.inner.shallow_commits();
        let listed = listed.context(Kind::Repository, || "cannot read where this shallow clone ends")?;
        let ids = listed.iter().flat_map(|commits| commits.iter().copied()).collect();
        Ok(self.boundary.get_or_init(|| ids))
    }
}

/// A commit, as git walks it: without the parents that a shallow clone hides.
struct Commit {
    id: ObjectId,
    time: i64,
    parents: Vec<ObjectId>,
    data: Vec<u8>,
}
