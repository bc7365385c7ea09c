//! `imgver changed` and `imgver plan` as they are written.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::{OrEmpty, OutputArgs, PlaceArgs, TagFormatArgs, text_or_empty};

pub(super) const CHANGED_EXAMPLES: &str = "\
Examples:
  imgver changed --base origin/main --merge-base
                                               what this branch changes
  imgver changed --base v1.2.0 --explain       and through which files
  git diff --name-status -z | imgver changed --files-from - --null
                                               what is not committed yet";

pub(super) const PLAN_EXAMPLES: &str = "\
Examples:
  imgver plan                                  in a workflow's step: everything is in the variables
  imgver plan --event-name push --ref refs/heads/main --base HEAD~1 --explain
                                               what CI would do for the last commit, and why
  imgver plan --event-name push --ref refs/tags/services/go/api-golang@1.0.9
                                               what CI would do for a tag";

/// Which changes concern which service.
#[derive(Debug, Clone, Args)]
pub(crate) struct FilterArgs {
    /// Filter file, in the format of dorny/paths-filter [default: .github/utils/file-filters.yaml at the root, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) filters: Option<PathBuf>,

    /// How the rules of a filter are combined
    #[arg(long, value_name = "Q", value_enum, default_value_t)]
    pub(crate) quantifier: QuantifierArg,
}

/// Whether the reasons are wanted, too.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExplainArgs {
    /// Say on standard error which file matched which pattern, and which commits were compared
    #[arg(long)]
    pub(crate) explain: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("source").required(true).args(["base", "files_from"]))]
pub(crate) struct ChangedArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,

    /// Compare with this commit
    #[arg(long, value_name = "REV")]
    pub(crate) base: Option<String>,

    /// What to compare
    #[arg(long, value_name = "REV", default_value = "HEAD", conflicts_with = "files_from")]
    pub(crate) head: String,

    /// Compare with the best common ancestor of base and head instead of base itself, as a pull request does
    #[arg(long, conflicts_with = "files_from")]
    pub(crate) merge_base: bool,

    /// Read the changes from FILE, or from standard input (-): paths, or the lines of git diff --name-status
    #[arg(long, value_name = "FILE")]
    pub(crate) files_from: Option<PathBuf>,

    /// What --files-from reads is separated by NUL, as git diff -z prints it
    #[arg(long, conflicts_with = "base")]
    pub(crate) null: bool,

    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    #[command(flatten)]
    pub(crate) reasons: ExplainArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,

    /// Name of the event [default: env GITHUB_EVENT_NAME]
    #[arg(long, value_name = "EVENT", value_parser = text_or_empty())]
    pub(crate) event_name: Option<OrEmpty<String>>,

    /// The branch or tag in full, e.g. refs/heads/main [default: env GITHUB_REF]
    #[arg(long = "ref", value_name = "REF", value_parser = text_or_empty())]
    pub(crate) reference: Option<OrEmpty<String>>,

    /// branch or tag [default: env GITHUB_REF_TYPE]
    #[arg(long, value_name = "TYPE", value_parser = text_or_empty())]
    pub(crate) ref_type: Option<OrEmpty<String>>,

    /// The branch or tag in short [default: env GITHUB_REF_NAME]
    #[arg(long, value_name = "NAME", value_parser = text_or_empty())]
    pub(crate) ref_name: Option<OrEmpty<String>>,

    /// Full hash of the commit that the event is about [default: env GITHUB_SHA, else as the event says, else HEAD]
    #[arg(long, value_name = "HASH", value_parser = text_or_empty())]
    pub(crate) sha: Option<OrEmpty<String>>,

    /// File with the event's payload as JSON [default: env GITHUB_EVENT_PATH]
    #[arg(long, value_name = "FILE")]
    pub(crate) event_path: Option<PathBuf>,

    /// Whether this is a run under act, which never pushes [default: env ACT]
    #[arg(long, value_name = "BOOL")]
    pub(crate) act: Option<bool>,

    /// Compare with this commit instead of the one that the event names, e.g. the last one that was built
    #[arg(long, value_name = "REV", value_parser = text_or_empty())]
    pub(crate) base: Option<OrEmpty<String>>,

    #[command(flatten)]
    pub(crate) tags: TagFormatArgs,

    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    #[command(flatten)]
    pub(crate) reasons: ExplainArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum QuantifierArg {
    /// A change counts if any rule holds
    #[default]
    Some,
    /// A change counts if all rules hold
    Every,
    /// A change counts if any pattern matches and no negated one excludes it
    SomeWithExcludes,
}
