//! Command-line arguments of `imgver inputs`.

use clap::Args;

use super::{DirectoryArgs, OutputArgs};

pub(super) const INPUTS_EXAMPLES: &str = "\
Examples:
  imgver inputs web                            the tracked files that the build of web can read
  imgver inputs web --explain                  and which line of which Dockerfile reads them
  imgver inputs web --output json | jq '.unresolved'
                                               what counts as the whole context, and why";

#[derive(Debug, Args)]
pub(crate) struct InputsArgs {
    #[command(flatten)]
    pub(crate) directory: DirectoryArgs,

    /// Path or unique short name of the service; default: the one that contains the current directory
    #[arg(value_name = "SERVICE")]
    pub(crate) service: Option<String>,

    /// Print to standard error which instruction reads which files, what is not resolved and why, and which images of other
    /// services count
    #[arg(long)]
    pub(crate) explain: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
