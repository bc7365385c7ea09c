//! Command-line arguments of `imgver check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{DirectoryArgs, QuantifierArg, TagFormatArgs};

pub(super) const CHECK_EXAMPLES: &str = "\
Examples:
  imgver check                                 each problem: where, why it matters, the fix
  imgver check --output github                 in a workflow step: annotations on the lines
  imgver check --output json | jq -r '.[].rule'
                                               for other programs

The exit code is 5 if there are errors, and 0 if there are only warnings.";

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) directory: DirectoryArgs,

    /// Filter file, in the format of dorny/paths-filter [default: the one that all calls of imgver plan and changed in
    /// workflows use, else the one in imgver.yaml, else .github/utils/file-filters.yaml at the root]
    #[arg(long, value_name = "FILE")]
    pub(crate) filters: Option<PathBuf>,

    /// How to combine the rules of a filter [default: as all calls of imgver plan and changed in workflows do, else as in
    /// imgver.yaml, else some]
    #[arg(long, value_name = "Q", value_enum)]
    pub(crate) quantifier: Option<QuantifierArg>,

    #[command(flatten)]
    pub(crate) tags: TagFormatArgs,

    /// Print text, the findings as a JSON list, or annotations for GitHub Actions
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) output: CheckOutput,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckOutput {
    #[default]
    Text,
    Json,
    Github,
}
