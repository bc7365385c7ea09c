//! Command-line arguments of `imgver version`, `extended`, `tag` and `list`.

use clap::{Args, ValueEnum};

use super::{ExplainArgs, FilterArgs, HistoryArgs, MaybeEmpty, OutputArgs, RegistryArgs, maybe_empty_text};

pub(super) const VERSION_EXAMPLES: &str = "\
Examples:
  imgver version                               the service of the current directory: 1.0.9
  imgver version api-golang                    a service, by its short name
  imgver version services/go/api-golang --image
                                               with its repository: sidpalas/demo-api-golang:1.0.9
  imgver version --exact                       only if this commit is released and clean
  imgver version --rev v2~3 --tag-prefix v     any commit, any tags";

pub(super) const EXTENDED_EXAMPLES: &str = "\
Examples:
  imgver extended                              1.0.9-0047-188f7a2, or 1.0.9-0047-188f7a2-dirty
  imgver extended api-golang --output json     the whole computation
  imgver extended --repo registry.example/api  registry.example/api:1.0.9-0047-188f7a2
  imgver extended --next patch                 1.0.10-0047-188f7a2, for tools that sort by SemVer";

pub(super) const TAG_EXAMPLES: &str = "\
Examples:
  imgver tag                                   sidpalas/demo-api-node:1.0.9-0047-188f7a2
  imgver tag --environment production          sidpalas/demo-api-node:1.0.9, if HEAD is that release
  imgver tag --environment candidate           sidpalas/demo-api-node:1.1.0-rc.1, if HEAD is that
  imgver tag --set-version try-1               sidpalas/demo-api-node:try-1";

pub(super) const LIST_EXAMPLES: &str = "\
Examples:
  imgver list                                  a table
  imgver list --changed-since origin/main      only what this branch changes
  imgver list --output json                    a list of objects as `extended --output json` prints";

/// Which service to version, and what its version must fulfil.
#[derive(Debug, Clone, Args)]
pub(crate) struct SubjectArgs {
    /// Path or unique short name of a service [default: the service that contains the current directory, else the one whose
    /// image is given, else the repository as a whole]
    #[arg(value_name = "SERVICE")]
    pub(crate) service: Option<String>,

    /// Version the repository as a whole, also in a service's directory
    #[arg(long, conflicts_with = "service")]
    pub(crate) whole: bool,

    /// Release tags consist of PREFIX and a version; replaces the tag format
    #[arg(long, value_name = "PREFIX", conflicts_with = "tag_format")]
    pub(crate) tag_prefix: Option<String>,

    /// Fail unless the commit carries a release tag and there are no uncommitted changes, nor untracked files that a build
    /// could read
    #[arg(long)]
    pub(crate) exact: bool,

    /// Fail if no release is reachable, instead of counting from 0.0.0
    #[arg(long)]
    pub(crate) require_release: bool,

    #[command(flatten)]
    pub(crate) history: HistoryArgs,
}

#[derive(Debug, Args)]
pub(crate) struct VersionArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,

    /// Print REPO:VERSION with this image repository, which must not be another service's
    #[arg(long, value_name = "REPO")]
    pub(crate) repo: Option<String>,

    /// Print REPO:VERSION with the service's own image repository (env IMAGE_REPO, else imgver.yaml or its
    /// Taskfile)
    #[arg(long, conflicts_with = "repo")]
    pub(crate) image: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TagArgs {
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,

    /// Environment that the image is for: production accepts only a release, candidate a pre-release
    #[arg(long, value_name = "E", default_value = "development")]
    pub(crate) environment: String,

    /// Use this version instead; in production the commit must carry its release tag
    #[arg(long, value_name = "V", value_parser = maybe_empty_text())]
    pub(crate) set_version: Option<MaybeEmpty<String>>,

    /// Image repository, which must not be another service's [default: env IMAGE_REPO, else the
    /// service's own in imgver.yaml or its Taskfile]
    #[arg(long, value_name = "REPO")]
    pub(crate) repo: Option<String>,

    /// Print text, the whole answer as JSON, or the step outputs version, image_tag, tags, labels, build_args, build_contexts,
    /// context, dockerfile, target and platforms, which are also appended to GITHUB_OUTPUT
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) output: TagOutput,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// List only the services that changed between this commit and the versioned one
    #[arg(long, value_name = "REV")]
    pub(crate) changed_since: Option<String>,

    /// Ask the registries whether they have each image in its version
    #[arg(long)]
    pub(crate) registry: bool,

    #[command(flatten)]
    pub(crate) registries: RegistryArgs,

    #[command(flatten)]
    pub(crate) history: HistoryArgs,

    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    #[command(flatten)]
    pub(crate) reasons: ExplainArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TagOutput {
    #[default]
    Text,
    Json,
    Github,
}
