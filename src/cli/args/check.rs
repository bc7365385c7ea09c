//! `imgver check` as it is written.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{PlaceArgs, QuantifierArg, TagFormatArgs};

pub(super) const CHECK_EXAMPLES: &str = "\
Examples:
  imgver check                                 what is wrong, where, why it matters, the fix
  imgver check --output github                 in a workflow's step: annotations beside the lines
  imgver check --output json | jq -r '.[].rule'
                                               for programs

It exits with 5 where there are errors, and with 0 where there are only warnings.";

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,

    /// Filter file, in the format of dorny/paths-filter [default: what all calls of imgver plan and changed in workflows
    /// say, else .github/utils/file-filters.yaml at the root]
    #[arg(long, value_name = "FILE")]
    pub(crate) filters: Option<PathBuf>,

    /// How the rules of a filter are combined [default: what all calls of imgver plan and changed in workflows say, else
    /// some]
    #[arg(long, value_name = "Q", value_enum)]
    pub(crate) quantifier: Option<QuantifierArg>,

    #[command(flatten)]
    pub(crate) tags: TagFormatArgs,

    /// Print text, a list of findings as JSON, or annotations for a run of GitHub Actions
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
