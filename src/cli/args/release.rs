//! Command-line arguments of `imgver release`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::{DirectoryArgs, FilterArgs, OutputArgs, ScopeArgs, TagFormatArgs};
use crate::domain::Version;

pub(super) const RELEASE_EXAMPLES: &str = "\
Examples:
  imgver release api-node --bump patch --dry-run
                                       the tag, its message, and the workflows it would start
  imgver release api-node --bump minor --push
                                       tag HEAD, and push only that tag
  imgver release --changed --bump patch --push
                                       every service that changed since its release, tag by tag
  imgver release api-node --bump minor --pre rc --push
                                       services/node/api-node@1.1.0-rc.1, then -rc.2
  imgver release api-node --set 2.0.0 --rev 188f7a2
                                       a commit other than HEAD

Without --push the tag stays in this clone until you push it. Its message lists the commits since
the last release that affect the service, according to its filter. git creates the tag, with your
identity, signature and hooks.

Of several releases, all are checked before the first tag is set. If one fails then, the same
command goes on where it stopped. With nothing left to do, it exits with 4.";

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("version").required(true).args(["bump", "set"]))]
pub(crate) struct ReleaseArgs {
    /// Paths or unique short names of services [default: the service that contains the current directory]
    #[arg(value_name = "SERVICE")]
    pub(crate) services: Vec<String>,

    /// Release every service that differs from its release, as imgver changed tells
    #[arg(long, conflicts_with_all = ["services", "whole", "set"])]
    pub(crate) changed: bool,

    /// Release the repository as a whole, also in a service's directory
    #[arg(long, conflicts_with = "services")]
    pub(crate) whole: bool,

    /// The part of the base version to increment
    #[arg(long, value_name = "BUMP", value_enum)]
    pub(crate) bump: Option<BumpArg>,

    /// Release this version
    #[arg(long, value_name = "X.Y.Z", value_parser = release_version)]
    pub(crate) set: Option<Version>,

    /// Make a pre-release of that version: the next number with this identifier, which imgver.yaml names
    #[arg(long, value_name = "IDENTIFIER")]
    pub(crate) pre: Option<String>,

    /// Write the notes of the releases to this file, as Markdown for a hosting service
    #[arg(long, value_name = "F")]
    pub(crate) notes_file: Option<PathBuf>,

    /// Release this commit instead of HEAD, ignoring uncommitted changes
    #[arg(long, value_name = "REV")]
    pub(crate) rev: Option<String>,

    /// Push each tag by itself, and nothing else
    #[arg(long)]
    pub(crate) push: bool,

    /// Only print what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Allow a commit that is not on the default branch
    #[arg(long)]
    pub(crate) any_branch: bool,

    #[command(flatten)]
    pub(crate) tags: TagFormatArgs,

    #[command(flatten)]
    pub(crate) scope: ScopeArgs,

    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) directory: DirectoryArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BumpArg {
    Major,
    Minor,
    Patch,
}

fn release_version(text: &str) -> Result<Version, &'static str> {
    Version::parse(text)
        .ok_or("expected MAJOR.MINOR.PATCH: three numbers of at most 64 bits, without leading zeros")
}
