//! `imgver release` as it is written.

use clap::{ArgGroup, Args, ValueEnum};

use super::{FilterArgs, OutputArgs, PlaceArgs, TagFormatArgs};
use crate::domain::Version;

pub(super) const RELEASE_EXAMPLES: &str = "\
Examples:
  imgver release api-node --bump patch --dry-run
                                       what would be tagged, with which message, and what that starts
  imgver release api-node --bump minor --push
                                       tag HEAD, and push that one tag
  imgver release api-node --set 2.0.0 --rev 188f7a2
                                       a commit that is not HEAD

Without --push the tag stays in this clone until you push it. The message lists the commits since the last
release that concern the service by its filter. git sets the tag, with your identity, signature and hooks.";

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("version").required(true).args(["bump", "set"]))]
pub(crate) struct ReleaseArgs {
    /// Path or unique short name of a service [default: the one the current directory is in]
    #[arg(value_name = "SERVICE")]
    pub(crate) service: Option<String>,

    /// Which number of the base release goes up
    #[arg(long, value_name = "BUMP", value_enum)]
    pub(crate) bump: Option<BumpArg>,

    /// Release this version
    #[arg(long, value_name = "X.Y.Z", value_parser = release_version)]
    pub(crate) set: Option<Version>,

    /// Release this commit instead of HEAD; uncommitted changes do not count then
    #[arg(long, value_name = "REV")]
    pub(crate) rev: Option<String>,

    /// Push the tag, and nothing else
    #[arg(long)]
    pub(crate) push: bool,

    /// Print what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Release a commit that is not on the default branch
    #[arg(long)]
    pub(crate) any_branch: bool,

    #[command(flatten)]
    pub(crate) tags: TagFormatArgs,

    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BumpArg {
    Major,
    Minor,
    Patch,
}

fn release_version(text: &str) -> Result<Version, &'static str> {
    Version::parse(text)
        .ok_or("MAJOR.MINOR.PATCH is expected: three numbers without leading zeros, of 64 bits at most")
}
