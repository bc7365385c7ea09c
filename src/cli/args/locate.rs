//! `imgver locate` as it is written.

use clap::Args;

use super::{OutputArgs, PlaceArgs, TagFormatArgs};

pub(super) const LOCATE_EXAMPLES: &str = "\
Examples:
  imgver locate sidpalas/demo-api-node:1.0.9-0047-188f7a2
                                       the commit that this image was made from
  imgver locate 1.0.9-0047-188f7a2     the same, for whichever service has this version there
  imgver locate 1.0.9 --service api-node
                                       the commit that was released

What is printed is certain for this clone: the version is worked out anew for the commit, and must come out
the same. Exit code 3 says that the clone does not have the commit, 4 that the version does not follow from it.";

#[derive(Debug, Args)]
pub(crate) struct LocateArgs {
    /// An image with its tag, or the version alone
    #[arg(value_name = "IMAGE_TAG")]
    pub(crate) image_tag: String,

    /// Path or unique short name of the service [default: the one with this image; for a version alone, the one the current
    /// directory is in, else any]
    #[arg(long, value_name = "SERVICE")]
    pub(crate) service: Option<String>,

    /// Follow the first parent of merges only, as the version was made
    #[arg(long)]
    pub(crate) first_parent: bool,

    #[command(flatten)]
    pub(crate) tags: TagFormatArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) place: PlaceArgs,
}
