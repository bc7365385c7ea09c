//! Revisions without suffixes: hashes, refs by the rules of git, marks such as `@{-1}` and `@{upstream}`.

use std::borrow::Cow;

use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice as _};

use super::refs::Ref;
use super::{Resolver, Wanted};
use crate::error::Result;

/// Where a short name is looked for, in this order (gitrevisions(7), `<refname>`): before it and after it.
const RULES: [(&str, &str); 6] = [
    ("", ""),
    ("refs/", ""),
    ("refs/tags/", ""),
    ("refs/heads/", ""),
    ("refs/remotes/", ""),
    ("refs/remotes/", "/HEAD"),
];

/// A mark behind the name of a branch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Upstream,
    Push,
}

/// How git spells the marks, in any case.
const MARKS: [(&str, Mark); 3] =
    [("@{upstream}", Mark::Upstream), ("@{u}", Mark::Upstream), ("@{push}", Mark::Push)];

impl Resolver<'_> {
    /// The object that `name`, which has no suffix, stands for: a full hash, a ref, what git-describe(1) prints, or an
    /// abbreviated hash.
    pub(super) fn name(&self, name: &[u8], wanted: Wanted) -> Result<Option<ObjectId>> {
        if let Some(id) = self.full_hash(name) {
            return Ok(Some(id));
        }
        if let Some(found) = self.reference(name)? {
            return Ok(Some(found));
        }
        if let Some(digits) = described(name)
            && let Some(found) = self.beginning(digits, Wanted::Commit)?
        {
            return Ok(Some(found));
        }
        self.beginning(name, wanted)
    }

    fn full_hash(&self, name: &[u8]) -> Option<ObjectId> {
        ObjectId::from_hex(name).ok().filter(|_| name.len() == self.hash_length())
    }

    fn reference(&self, name: &[u8]) -> Result<Option<ObjectId>> {
        let end = end_of(name);
        let (short, entry) = match end {
            End::Entry(at, entry) => (name.get(..at).unwrap_or_default(), Some(entry)),
            End::Plain | End::Checkout => (name, None),
            End::MisplacedCheckout => return Ok(None),
        };
        if !short.is_empty() && is_ambiguous_path(short) {
            return Ok(None);
        }
        let Some(entry) = entry else {
            // A commit that was checked out without a branch; git ignores what follows the mark then.
            if end == End::Checkout
                && let Previous::Found(previous, _) = self.previous_checkout(short)?
                && let Some(id) = self.full_hash(&previous)
            {
                return Ok(Some(id));
            }
            return Ok(self.by_rules(short)?.map(|found| found.id));
        };
        let logged = if short.is_empty() {
            // `@{…}` is about the branch that is checked out.
            self.by_rules(b"HEAD")?.map(|head| (head.name, head.id))
        } else {
            self.logged_by_rules(short)?
        };
        match logged {
            Some((log, current)) => self.entry_of(&log, current, entry),
            None => Ok(None),
        }
    }

    /// The first ref that `short` names.
    pub(super) fn by_rules(&self, short: &[u8]) -> Result<Option<Ref>> {
        let short = self.interpreted(short)?;
        for (before, after) in RULES {
            let found = self.full_ref(&[before.as_bytes(), &short, after.as_bytes()].concat())?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The first ref with a log that `short` names: the log's name, and where the ref is.
    fn logged_by_rules(&self, short: &[u8]) -> Result<Option<(Vec<u8>, ObjectId)>> {
        let short = self.interpreted(short)?;
        let mut without = None;
        for (before, after) in RULES {
            let full = [before.as_bytes(), &short, after.as_bytes()].concat();
            let Some(found) = self.full_ref(&full)? else { continue };
            for log in [full, found.name] {
                if self.log(&log)?.is_some() {
                    return Ok(Some((log, found.id)));
                }
                without.get_or_insert(log);
            }
        }
        if let Some(without) = without {
            let name = String::from_utf8_lossy(&without);
            self.nothing::<()>(format!("{name} has no reflog in this clone"), "write the commit's hash");
        }
        Ok(None)
    }

    /// `short` with its marks replaced, where they make up all of it.
    fn interpreted<'n>(&self, short: &'n [u8]) -> Result<Cow<'n, [u8]>> {
        Ok(self.replaced(short)?.map_or(Cow::Borrowed(short), Cow::Owned))
    }

    fn replaced(&self, name: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.previous_checkout(name)? {
            Previous::Found(previous, b"") => return Ok(Some(previous)),
            Previous::Found(previous, rest) => return self.marked(&[&previous, rest].concat()),
            Previous::TooFew => return Ok(None),
            Previous::NoMark => {}
        }
        match name.strip_prefix(b"@") {
            Some(b"") => Ok(Some(b"HEAD".to_vec())),
            Some(rest) if rest.starts_with(b"@{") => self.marked(&[b"HEAD", rest].concat()),
            _ => self.marked(name),
        }
    }

    /// What was checked out before, if `name` begins with `@{-N}`.
    fn previous_checkout<'n>(&self, name: &'n [u8]) -> Result<Previous<'n>> {
        let Some((number, rest)) = name.strip_prefix(b"@{-").and_then(|mark| mark.split_once_str("}")) else {
            return Ok(Previous::NoMark);
        };
        // As strtol(3) reads it: blanks and a plus sign before the digits.
        let blanks = [' ', '\t', '\n', '\x0b', '\x0c', '\r'];
        let number = number.to_str().ok().and_then(|number| number.trim_start_matches(blanks).parse().ok());
        let Some(number) = number.filter(|number: &i64| *number > 0) else { return Ok(Previous::NoMark) };
        if let Some(previous) = self.checked_out_before(number)? {
            return Ok(Previous::Found(previous, rest));
        }
        let cause = match number {
            1 => "the reflog of HEAD has no checkout".to_owned(),
            _ => format!("the reflog of HEAD has fewer than {number} checkouts"),
        };
        self.nothing::<()>(cause, "write the branch or the commit");
        Ok(Previous::TooFew)
    }

    /// The ref that `name` stands for, which ends with a mark; none where it does not.
    fn marked(&self, name: &[u8]) -> Result<Option<Vec<u8>>> {
        let Some((branch, mark, is_whole)) = mark_of(name) else { return Ok(None) };
        let branch = match branch {
            b"" | b"HEAD" | b"@" => self.current_branch()?.ok_or_else(|| {
                self.dead_end("HEAD is not on a branch", "write the branch, e.g. main@{upstream}")
            })?,
            branch => branch.to_owned(),
        };
        let name = String::from_utf8_lossy(&branch);
        if mark == Mark::Push {
            let hint = format!("git rev-parse --symbolic-full-name '{name}@{{push}}' shows what to write");
            return Err(self.dead_end("@{push} depends on how git would push", hint));
        }
        let upstream = self.upstream(&branch).ok_or_else(|| {
            let hint = format!("git branch -vv shows upstreams; git branch -u origin/{name} {name} sets one");
            self.dead_end(format!("the branch {name} has no upstream branch in this clone"), hint)
        })?;
        Ok(is_whole.then_some(upstream))
    }

    fn upstream(&self, branch: &[u8]) -> Option<Vec<u8>> {
        let inner = &self.repository.inner;
        let full = gix::refs::FullName::try_from(BStr::new(&[b"refs/heads/", branch].concat())).ok()?;
        let config = inner.config_snapshot();
        let section = Some(BStr::new(branch));
        let merges = config.plumbing().strings_by("branch", section, "merge")?;
        // Of several, git takes the first.
        let [merge] = merges.as_slice() else { return None };
        let remote = config.plumbing().string_by("branch", section, "remote");
        if remote.is_some_and(|remote| *remote == b".") {
            let merge = merge.as_bytes();
            return Some(if merge.starts_with(b"refs/") {
                merge.to_owned()
            } else {
                [b"refs/heads/", merge].concat()
            });
        }
        let tracked = inner.branch_remote_tracking_ref_name(full.as_ref(), gix::remote::Direction::Fetch);
        tracked?.ok().map(|name| name.as_bstr().to_vec())
    }
}

/// What a name ends with.
#[derive(PartialEq, Eq)]
enum End<'n> {
    /// A mark for a branch, or nothing.
    Plain,
    /// `@{…}` at this place, with the text in it: an entry of the reflog.
    Entry(usize, &'n [u8]),
    /// A brace, and begins with `@{-`.
    Checkout,
    /// `@{-N}` behind a name, which git never takes.
    MisplacedCheckout,
}

/// What `@{-N}` at the start of a name leads to.
enum Previous<'n> {
    NoMark,
    /// There were not so many checkouts.
    TooFew,
    /// This was checked out, and this follows the mark.
    Found(Vec<u8>, &'n [u8]),
}

fn end_of(name: &[u8]) -> End<'_> {
    let Some(inner) = name.strip_suffix(b"}") else { return End::Plain };
    // At least one character is between the braces.
    let searched = inner.get(..inner.len().saturating_sub(1)).unwrap_or_default();
    let Some(at) = searched.rfind(b"@{") else { return End::Plain };
    let tail = name.get(at..).unwrap_or_default();
    if tail.starts_with(b"@{-") {
        return if at == 0 { End::Checkout } else { End::MisplacedCheckout };
    }
    if MARKS.iter().any(|(text, _)| starts_with_ignoring_case(tail, text)) {
        return End::Plain;
    }
    End::Entry(at, inner.get(at + 2..).unwrap_or_default())
}

/// The first mark in `name` that a branch can have, the name of that branch, and whether nothing follows.
fn mark_of(name: &[u8]) -> Option<(&[u8], Mark, bool)> {
    name.find_iter(b"@").find_map(|at| {
        let (branch, tail) = name.split_at_checked(at)?;
        let (text, mark) = MARKS.iter().find(|(text, _)| starts_with_ignoring_case(tail, text))?;
        (!branch.contains(&b':')).then_some((branch, *mark, text.len() == tail.len()))
    })
}

fn starts_with_ignoring_case(text: &[u8], prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// The digits of what git-describe(1) prints: `NAME-COUNT-gDIGITS`, of which git asks only for the end.
fn described(name: &[u8]) -> Option<&[u8]> {
    let digits = name.iter().rev().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (before, digits) = name.split_at(name.len() - digits);
    (before.len() > 2 && before.ends_with(b"-g")).then_some(digits)
}

/// Whether a path has an empty or dotted component, or ends with a slash.
fn is_ambiguous_path(path: &[u8]) -> bool {
    path.split(|&byte| byte == b'/').any(|part| part.iter().all(|&byte| byte == b'.'))
}
