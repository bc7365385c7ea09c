//! Command-line arguments of `imgver changed` and `imgver plan`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::{
    DirectoryArgs, MaybeEmpty, OutputArgs, RegistryArgs, ScopeArgs, TagFormatArgs, maybe_empty_text,
};

pub(super) const CHANGED_EXAMPLES: &str = "\
Examples:
  imgver changed --base origin/main --merge-base
                                               what this branch changes
  imgver changed --base v1.2.0 --explain       with the files and patterns that matched
  git diff --name-status -z | imgver changed --files-from - --null
                                               uncommitted changes";

pub(super) const PLAN_EXAMPLES: &str = "\
Examples:
  imgver plan                                  in a workflow step, which sets the variables
  imgver plan --event-name push --ref refs/heads/main --base HEAD~1 --explain
                                               what CI would do for the last commit, and why
  imgver plan --event-name push --ref refs/tags/services/go/api-golang@1.0.9
                                               what CI would do for a tag

Events of GitHub Actions:
  push                       a release tag: its service, production; a branch: what changed, staging
  release                    published: as the push of its tag
  workflow_dispatch          the input service, or all: development; on a release tag: as its push
  schedule                   all services, staging
  repository_dispatch        all services, development
  pull_request, merge_group  what changed, development; never pushed";

/// Which changes affect which service.
#[derive(Debug, Clone, Args)]
pub(crate) struct FilterArgs {
    /// Filter file, in the format of dorny/paths-filter [default: filters in imgver.yaml, else
    /// .github/utils/file-filters.yaml at the root, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) filters: Option<PathBuf>,

    /// How to combine the rules of a filter [default: quantifier in imgver.yaml, else some]
    #[arg(long, value_name = "Q", value_enum)]
    pub(crate) quantifier: Option<QuantifierArg>,
}

/// Whether to explain the answer.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExplainArgs {
    /// Print to standard error which file matched which pattern, and which commits were compared
    #[arg(long)]
    pub(crate) explain: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("source").required(true).args(["base", "files_from"]))]
pub(crate) struct ChangedArgs {
    #[command(flatten)]
    pub(crate) directory: DirectoryArgs,

    /// Commit to compare with
    #[arg(long, value_name = "REV")]
    pub(crate) base: Option<String>,

    /// Commit to compare
    #[arg(long, value_name = "REV", default_value = "HEAD", conflicts_with = "files_from")]
    pub(crate) head: String,

    /// Compare with the merge base of base and head instead of base itself, as a pull request does
    #[arg(long, conflicts_with = "files_from")]
    pub(crate) merge_base: bool,

    /// Read the changes from FILE or standard input (-): paths, or lines of git diff --name-status
    #[arg(long, value_name = "FILE")]
    pub(crate) files_from: Option<PathBuf>,

    /// The input of --files-from is separated by NUL, as git diff -z prints it
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
    pub(crate) directory: DirectoryArgs,

    /// Name of the event [default: env GITHUB_EVENT_NAME]
    #[arg(long, value_name = "EVENT", value_parser = maybe_empty_text())]
    pub(crate) event_name: Option<MaybeEmpty<String>>,

    /// Full name of the branch or tag, e.g. refs/heads/main [default: env GITHUB_REF]
    #[arg(long = "ref", value_name = "REF", value_parser = maybe_empty_text())]
    pub(crate) reference: Option<MaybeEmpty<String>>,

    /// Type of the ref: branch or tag [default: env GITHUB_REF_TYPE]
    #[arg(long, value_name = "TYPE", value_parser = maybe_empty_text())]
    pub(crate) ref_type: Option<MaybeEmpty<String>>,

    /// Short name of the branch or tag [default: env GITHUB_REF_NAME]
    #[arg(long, value_name = "NAME", value_parser = maybe_empty_text())]
    pub(crate) ref_name: Option<MaybeEmpty<String>>,

    /// Full hash of the event's commit [default: env GITHUB_SHA, else the one in the event file, else HEAD]
    #[arg(long, value_name = "HASH", value_parser = maybe_empty_text())]
    pub(crate) sha: Option<MaybeEmpty<String>>,

    /// File or pipe with the event's payload as JSON, - for standard input [default: env GITHUB_EVENT_PATH]
    #[arg(long, value_name = "FILE")]
    pub(crate) event_path: Option<PathBuf>,

    /// Whether this is a run of act, which never pushes [default: env ACT, but not of Gitea and Forgejo]
    #[arg(long, value_name = "BOOL")]
    pub(crate) act: Option<bool>,

    /// Compare with this commit instead of the event's, e.g. with the last one that was built
    #[arg(long, value_name = "REV", value_parser = maybe_empty_text())]
    pub(crate) base: Option<MaybeEmpty<String>>,

    /// Plan what its registries lack, instead of what the event changed; on a branch only with versions by service
    #[arg(long)]
    pub(crate) missing: bool,

    #[command(flatten)]
    pub(crate) registry: RegistryArgs,

    #[command(flatten)]
    pub(crate) tags: TagFormatArgs,

    #[command(flatten)]
    pub(crate) scope: ScopeArgs,

    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    #[command(flatten)]
    pub(crate) reasons: ExplainArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum QuantifierArg {
    /// A change counts if any rule matches
    Some,
    /// A change counts if all rules match
    Every,
    /// A change counts if any pattern matches and no negated pattern excludes it
    SomeWithExcludes,
}
