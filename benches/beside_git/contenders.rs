//! The contenders: commands of imgver and of git that answer the same questions.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::repository::{self, Git};
use super::verify::Answer;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Contender {
    RevList,
    DescribeLoop,
    Pipeline,
    DiffIndex,
    List,
    ListNoDirty,
    Log,
    ListByService,
    DescribeNear,
    ExtendedNear,
    DescribeFar,
    ExtendedFar,
    Diff,
    Changed,
    ChangedFiltered,
}

impl Contender {
    pub(crate) const ALL: [Self; 15] = [
        Self::RevList,
        Self::DescribeLoop,
        Self::Pipeline,
        Self::DiffIndex,
        Self::List,
        Self::ListNoDirty,
        Self::Log,
        Self::ListByService,
        Self::DescribeNear,
        Self::ExtendedNear,
        Self::DescribeFar,
        Self::ExtendedFar,
        Self::Diff,
        Self::Changed,
        Self::ChangedFiltered,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::RevList => "rev-list --count",
            Self::DescribeLoop => "describe loop",
            Self::Pipeline => "git pipeline",
            Self::DiffIndex => "diff-index",
            Self::List => "**list**",
            Self::ListNoDirty => "**list --no-dirty**",
            Self::Log => "log --first-parent -m --raw",
            Self::ListByService => "**list --scope service**",
            Self::DescribeNear => "describe near",
            Self::ExtendedNear => "**extended near**",
            Self::DescribeFar => "describe far",
            Self::ExtendedFar => "**extended far**",
            Self::Diff => "diff",
            Self::Changed => "**changed**",
            Self::ChangedFiltered => "**changed, filters**",
        }
    }

    /// A loop over every service takes seconds, so it is measured less often.
    pub(crate) fn is_slow(self) -> bool {
        self == Self::DescribeLoop
    }
}

/// One `git describe` per service, as in the shell scripts that imgver replaces.
const DESCRIBE_LOOP: &str = r#"
git=$1; shift
for service do
    "$git" describe --tags --long --match "$service@*" || :
done
"#;

/// The highest merged release of every service, and its distance: two git processes for all services.
const PIPELINE: &str = r#"
"$1" for-each-ref --merged=HEAD --sort=-v:refname --format='%(refname)' refs/tags |
    awk '{ service = $0; sub(/@[^@]*$/, "", service); if (!(service in seen)) { seen[service] = 1; print } }' |
    "$1" for-each-ref --stdin --format='%(refname) %(ahead-behind:HEAD)'
"#;

/// What every commit of the first-parent line changes.
const LOG: [&str; 7] = ["log", "--first-parent", "-m", "--raw", "--no-renames", "--format=%H", "HEAD"];

/// The commands to run in one repository.
pub(crate) struct Commands<'a> {
    pub(crate) git: &'a Git,
    pub(crate) imgver: &'a Path,
    pub(crate) directory: &'a Path,
    pub(crate) services: &'a [Answer],
    pub(crate) near: &'a Answer,
    pub(crate) far: &'a Answer,
    /// The release tag of `far`, as a full ref name.
    pub(crate) base: &'a str,
    /// The filter file, with a filter for every service.
    pub(crate) filters: &'a Path,
}

impl Commands<'_> {
    /// The command of a contender, or `None` if this git cannot run it.
    pub(crate) fn command(&self, contender: Contender) -> Option<Command> {
        let git = self.git.program();
        let (program, args): (PathBuf, Vec<OsString>) = match contender {
            Contender::RevList => (git.into(), words(&["rev-list", "--count", "HEAD"])),
            Contender::DiffIndex => (git.into(), words(&["diff-index", "--quiet", "HEAD"])),
            Contender::DescribeLoop => {
                let mut args = words(&["-c", DESCRIBE_LOOP, "sh"]);
                args.push(git.into());
                args.extend(self.services.iter().map(|answer| OsString::from(&answer.service)));
                ("sh".into(), args)
            }
            Contender::Pipeline if !self.git.counts_ahead_and_behind() => return None,
            Contender::Pipeline => {
                let mut args = words(&["-c", PIPELINE, "sh"]);
                args.push(git.into());
                ("sh".into(), args)
            }
            Contender::DescribeNear => (git.into(), describe(self.near)),
            Contender::DescribeFar => (git.into(), describe(self.far)),
            Contender::List => (self.imgver.into(), words(&["list"])),
            Contender::ListNoDirty => (self.imgver.into(), words(&["list", "--no-dirty"])),
            Contender::Log => (git.into(), words(&LOG)),
            Contender::ListByService => {
                (self.imgver.into(), words(&["list", "--no-dirty", "--scope", "service"]))
            }
            Contender::ExtendedNear => {
                (self.imgver.into(), words(&["extended", &self.near.service, "--no-dirty"]))
            }
            Contender::ExtendedFar => {
                (self.imgver.into(), words(&["extended", &self.far.service, "--no-dirty"]))
            }
            Contender::Diff => {
                (git.into(), words(&["diff", "--name-status", "--no-renames", self.base, "HEAD"]))
            }
            Contender::Changed => (self.imgver.into(), words(&["changed", "--base", self.base])),
            Contender::ChangedFiltered => {
                let mut args = words(&["changed", "--base", self.base, "--filters"]);
                args.push(self.filters.into());
                (self.imgver.into(), args)
            }
        };
        let mut command = Command::new(program);
        command.args(args).current_dir(self.directory);
        repository::isolate(&mut command);
        Some(command)
    }
}

fn describe(answer: &Answer) -> Vec<OsString> {
    words(&["describe", "--tags", "--long", "--match", &format!("{}@*", answer.service)])
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}
