//! Command-line arguments of `imgver locate`.

use clap::Args;

use super::{DirectoryArgs, OutputArgs, TagFormatArgs};

pub(super) const LOCATE_EXAMPLES: &str = "\
Examples:
  imgver locate sidpalas/demo-api-node:1.0.9-0047-188f7a2
                                       the commit that this image was built from
  imgver locate 1.0.9-0047-188f7a2     the same, for any service with this version
  imgver locate 1.0.9 --service api-node
                                       the commit that was released

The answer is verified: imgver computes the version of the commit again, and it must be the same.
So is what git describe or a script made: 1.0.9-47-g188f7a2, 1.0.9-47-188f7a2, v1.0.9-0047-188f7a2,
and either form behind a service, or a release tag: api-node@1.0.9-0047-188f7a2, api-node@1.0.9.
Versions that count by repository and by service (--scope of other commands) are both found.
Exit code 3 means that this clone lacks the commit or release, 4 that the commit has another
version.";

#[derive(Debug, Args)]
pub(crate) struct LocateArgs {
    /// Image with its tag, the version alone, or a release tag with what git describe adds to it
    #[arg(value_name = "IMAGE_TAG")]
    pub(crate) image_tag: String,

    /// Path or unique short name of the service [default: the service with this image; for a version alone, the service
    /// that contains the current directory, else any]
    #[arg(long, value_name = "SERVICE")]
    pub(crate) service: Option<String>,

    /// Follow only the first parent of merges, if the version was made that way
    #[arg(long)]
    pub(crate) first_parent: bool,

    #[command(flatten)]
    pub(crate) tags: TagFormatArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) directory: DirectoryArgs,
}
