//! What only git itself can tell of a file: whether it is changed after a filter or a change of encoding, and what is changed
//! in a repository within the repository.
//!
//! A filter is any program. Encodings are those of the C library's iconv, of which each differs a little from the ones that
//! browsers have standardised. In a repository within, settings at three places have a say. To ask takes some milliseconds,
//! and only files that their metadata does not settle are asked about.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;

use gix::attrs::StateRef;
use gix::bstr::{BStr, BString};
use gix::worktree::stack::state::attributes::Source;

use super::Repository;
use crate::error::{Context as _, Error, Kind, Result};
use crate::programs::{Program, ProgramFailure};

/// The attributes that only git follows exactly (gitattributes(5)).
const OF_GIT: [&str; 2] = [FILTER, "working-tree-encoding"];

const FILTER: &str = "filter";

/// With more paths than these, it is asked about all: a command line has an end.
const PATHS_MAX: usize = 500;

/// Variables that would change the meaning of the paths asked about.
const PATHSPEC_VARIABLES: [(&str, &str); 5] = [
    ("GIT_LITERAL_PATHSPECS", "0"),
    ("GIT_GLOB_PATHSPECS", "0"),
    ("GIT_NOGLOB_PATHSPECS", "0"),
    ("GIT_ICASE_PATHSPECS", "0"),
    ("LC_ALL", "C"),
];

impl Repository {
    /// Those of `paths` that have an attribute which only git follows exactly, and the others.
    pub(super) fn by_attributes(
        &self,
        index: &gix::index::State,
        paths: &[BString],
    ) -> gix::Result<(Vec<BString>, Vec<BString>)> {
        // An attribute file that is not checked out is read from its object, which git may be moving.
        self.read(|repository| {
            let mut stack = repository.attributes_only(index, Source::WorktreeThenIdMapping)?;
            let mut found = stack.selected_attribute_matches(OF_GIT);
            let (mut of_git, mut others) = (Vec::new(), Vec::new());
            for path in paths {
                let platform = stack.at_entry(<BString as AsRef<BStr>>::as_ref(path), None)?;
                platform.matching_attributes(&mut found);
                let is_of_git = found.iter_selected().any(|one| match one.assignment.state {
                    // A filter that no setting defines is none.
                    StateRef::Value(driver) if one.assignment.name.as_str() == FILTER => {
                        self.has_filter(driver.as_bstr())
                    }
                    StateRef::Value(_) => true,
                    _ => false,
                });
                if is_of_git { of_git.push(path.clone()) } else { others.push(path.clone()) }
            }
            Ok((of_git, others))
        })
    }

    /// Those of `paths` that `git status` calls changed in the work tree. Untracked files in a submodule are no change.
    ///
    /// # Errors
    /// There is no git to ask, or it fails.
    pub(super) fn changed_by_git(&self, paths: &[BString]) -> Result<Vec<Vec<u8>>> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let first = || paths.first().map(ToString::to_string).unwrap_or_default();
        let git = self.git().map_err(|cause| {
            Error::new(Kind::Repository, format!("only git can tell whether {} is changed", first()))
                .because(cause)
                .hint("install git, or add its directory to PATH")
        })?;
        let unknown = || format!("cannot determine whether {} is changed", first());
        let output = git.ask(&status_of(paths), None).context(Kind::Repository, unknown)?;
        if !output.status.success() {
            let failure = ProgramFailure { what: "git status", output: &output };
            return Err(Error::new(Kind::Repository, unknown()).because(failure));
        }
        let changed = output.stdout.split(|&byte| byte == 0).filter_map(changed_path);
        Ok(changed.filter(|path| paths.iter().any(|asked| asked == path)).map(<[u8]>::to_vec).collect())
    }

    fn has_filter(&self, driver: &BStr) -> bool {
        let config = self.inner.config_snapshot();
        let mut sections = config.plumbing().sections_by_name(FILTER).into_iter().flatten();
        sections.any(|section| section.header().subsection_name() == Some(driver))
    }

    fn git(&self) -> anyhow::Result<Program> {
        let programs =
            self.programs.as_ref().ok_or_else(|| anyhow::Error::msg("no program may be run here"))?;
        Ok(programs.find("git")?.with_env(&PATHSPEC_VARIABLES))
    }
}

/// The arguments of a `git status` that writes nothing, not even what it learns of the index.
fn status_of(paths: &[BString]) -> Vec<OsString> {
    let options =
        ["--no-optional-locks", "status", "--porcelain", "-z", "--untracked-files=no", "--no-renames", "--"];
    let paths = if paths.len() > PATHS_MAX { &[] } else { paths };
    let literal = |path: &BString| [b":(top,literal)", path.as_slice()].concat();
    let paths = paths.iter().map(|path| OsString::from_vec(literal(path)));
    let everything = paths.len() == 0;
    let paths = paths.chain(everything.then(|| OsString::from(":(top)")));
    options.iter().map(OsStr::new).map(ToOwned::to_owned).chain(paths).collect()
}

/// The path of a record of `git status --porcelain`, if the file differs from the index.
fn changed_path(record: &[u8]) -> Option<&[u8]> {
    let (state, path) = record.split_at_checked(3)?;
    (state.get(1) != Some(&b' ')).then_some(path)
}
