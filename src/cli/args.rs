//! The command line as it is written: syntax only.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum, value_parser};

/// Which services changed, what version each gets, what its image is called, and whether it may be pushed.
///
/// Versions follow from release tags: services/go/api-golang@1.0.9 releases the service in that directory.
/// A service is a directory with a Taskfile that sets vars.IMAGE_REPO.
#[derive(Debug, Parser)]
#[command(name = "imgver", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(super) struct Cli {
    /// Run as if started in DIR; several add up, as in git
    #[arg(short = 'C', value_name = "DIR")]
    directories: Vec<PathBuf>,

    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  unexpected
  2  usage
  3  repository state: none, no commit yet, too shallow, unreadable
  4  version rule: not on a release, uncommitted changes, no release
  5  bad input: service, image reference, Taskfile, filter file, event
  6  no docker, no buildx, or no daemon
  7  docker failed; its own status is in the message";

impl Cli {
    /// The directories to enter one after another, given before the command or behind it.
    pub(super) fn directories(&self) -> impl Iterator<Item = &PathBuf> {
        let behind = match &self.command {
            Command::Version(args) | Command::Extended(args) => &args.subject.history.place,
            Command::Tag(args) => &args.subject.history.place,
            Command::List(args) => &args.history.place,
            Command::Changed(args) => &args.place,
            Command::Plan(args) => &args.place,
            Command::Build(args) => &args.place,
        };
        self.directories.iter().chain(&behind.directories)
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print the base release: 1.0.9
    #[command(after_help = VERSION_EXAMPLES)]
    Version(VersionArgs),
    /// Print base release, distance and commit: 1.0.9-0047-188f7a2
    #[command(after_help = EXTENDED_EXAMPLES)]
    Extended(VersionArgs),
    /// Print the image tag for an environment: sidpalas/demo-api-node:1.0.9-0047-188f7a2
    #[command(after_help = TAG_EXAMPLES)]
    Tag(TagArgs),
    /// Print every service with its image and version
    #[command(after_help = LIST_EXAMPLES)]
    List(ListArgs),
    /// Print the services that changed between two commits
    #[command(after_help = CHANGED_EXAMPLES)]
    Changed(ChangedArgs),
    /// Print what a CI event asks for: services, environment, push, version, matrix
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(PlanArgs),
    /// Build images with docker buildx, tagged and labelled
    #[command(after_help = BUILD_EXAMPLES)]
    Build(BuildArgs),
}

const VERSION_EXAMPLES: &str = "\
Examples:
  imgver version                               the service of the current directory: 1.0.9
  imgver version api-golang                    by short name
  imgver version services/go/api-golang --image
                                               with its repository: sidpalas/demo-api-golang:1.0.9
  imgver version --exact                       only if this very commit is released and clean
  imgver version --rev v2~3 --tag-prefix v     any commit, any tags";

const EXTENDED_EXAMPLES: &str = "\
Examples:
  imgver extended                              1.0.9-0047-188f7a2, or 1.0.9-0047-188f7a2-dirty
  imgver extended api-golang --output json     the whole computation
  imgver extended --repo registry.example/api  registry.example/api:1.0.9-0047-188f7a2";

const TAG_EXAMPLES: &str = "\
Examples:
  imgver tag                                   sidpalas/demo-api-node:1.0.9-0047-188f7a2
  imgver tag --environment production          sidpalas/demo-api-node:1.0.9, if this is it
  imgver tag --set-version try-1               sidpalas/demo-api-node:try-1";

const LIST_EXAMPLES: &str = "\
Examples:
  imgver list                                  an aligned table
  imgver list --output json                    a list of what `extended --output json` prints";

const CHANGED_EXAMPLES: &str = "\
Examples:
  imgver changed --base origin/main --merge-base
                                               what this branch changes
  imgver changed --base v1.2.0 --explain       and through which files
  git diff --name-status -z | imgver changed --files-from - --null
                                               what is not committed yet";

const PLAN_EXAMPLES: &str = "\
Examples:
  imgver plan                                  in a workflow's step: everything is in the variables
  imgver plan --event-name push --ref refs/heads/main --base HEAD~1 --explain
                                               what CI would do for the last commit, and why
  imgver plan --event-name push --ref refs/tags/services/go/api-golang@1.0.9
                                               what CI would do for a tag";

const BUILD_EXAMPLES: &str = "\
Examples:
  imgver build                         the service of the current directory, into the local docker
  imgver build --all --push            all services in one graph, to their registries
  imgver build api-golang migrator --push --environment production
                                       releases, if this commit is one of both
  imgver build --all --push --builder cluster --platform linux/amd64,linux/arm64
                                       for two platforms, on a builder elsewhere
  imgver build api-node --dry-run -- --no-cache --secret id=npm,src=token
                                       what would run, with further arguments for buildx

Each image has the version as its tag and as build-arg VERSION, the labels title, version, revision,
source and created of org.opencontainers.image, and the time of the commit as SOURCE_DATE_EPOCH.";

/// Where to look.
#[derive(Debug, Clone, Args)]
pub(super) struct PlaceArgs {
    /// Run as if started in DIR; several add up, as in git
    #[arg(short = 'C', value_name = "DIR")]
    directories: Vec<PathBuf>,
}

/// Which commit is versioned, and how.
#[derive(Debug, Clone, Args)]
pub(super) struct HistoryArgs {
    #[command(flatten)]
    place: PlaceArgs,

    /// Version this commit instead of HEAD; uncommitted changes do not count then
    #[arg(long, value_name = "REV")]
    pub(super) rev: Option<String>,

    #[command(flatten)]
    pub(super) tags: TagFormatArgs,

    #[command(flatten)]
    pub(super) version: VersioningArgs,

    /// Do not look for uncommitted changes (--exact and production look all the same)
    #[arg(long)]
    pub(super) no_dirty: bool,
}

/// How a version is worked out.
#[derive(Debug, Clone, Args)]
pub(super) struct VersioningArgs {
    /// Follow the first parent of merges only
    #[arg(long)]
    pub(super) first_parent: bool,

    /// Length of the commit in extended versions: 4 up to the whole hash
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = value_parser!(u8).range(4..=64))]
    pub(super) abbrev: u8,
}

/// How release tags are spelled.
#[derive(Debug, Clone, Args)]
pub(super) struct TagFormatArgs {
    /// How release tags are spelled, with {version} and {service} or {name} [env: IMGVER_TAG_FORMAT] [default: {service}@{version}]
    #[arg(long, value_name = "FORMAT")]
    pub(super) tag_format: Option<String>,
}

/// In which form the answer is wanted.
#[derive(Debug, Clone, Args)]
pub(super) struct OutputArgs {
    /// Print text, or the whole answer as JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) output: Output,
}

/// Which one service is meant, and what is demanded of its version.
#[derive(Debug, Clone, Args)]
pub(super) struct SubjectArgs {
    /// Path or unique short name of a service [default: the one the current directory is in]
    #[arg(value_name = "SERVICE")]
    pub(super) service: Option<String>,

    /// Release tags are PREFIX and a version, whatever the tag format
    #[arg(long, value_name = "PREFIX", conflicts_with = "tag_format")]
    pub(super) tag_prefix: Option<String>,

    /// Fail unless the commit carries a release tag and nothing is uncommitted
    #[arg(long)]
    pub(super) exact: bool,

    /// Fail where no release is reachable, instead of counting from 0.0.0
    #[arg(long)]
    pub(super) require_release: bool,

    #[command(flatten)]
    pub(super) history: HistoryArgs,
}

#[derive(Debug, Args)]
pub(super) struct VersionArgs {
    #[command(flatten)]
    pub(super) subject: SubjectArgs,

    /// Print REPO:VERSION
    #[arg(long, value_name = "REPO")]
    pub(super) repo: Option<String>,

    /// Print REPO:VERSION with the service's own repository (env IMAGE_REPO, else its Taskfile's)
    #[arg(long, conflicts_with = "repo")]
    pub(super) image: bool,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(super) struct TagArgs {
    #[command(flatten)]
    pub(super) subject: SubjectArgs,

    /// What the image is for: production takes the release itself and nothing else
    #[arg(long, value_name = "E", default_value = "development")]
    pub(super) environment: String,

    /// Take this version instead; in production the commit must carry its release tag
    #[arg(long, value_name = "V")]
    pub(super) set_version: Option<String>,

    /// Image repository [default: env IMAGE_REPO, else the one of the service's Taskfile]
    #[arg(long, value_name = "REPO")]
    pub(super) repo: Option<String>,

    /// Print text, the whole answer as JSON, or a step's outputs version, image_tag, labels and build_args, also to
    /// GITHUB_OUTPUT
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) output: TagOutput,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) history: HistoryArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Which changes concern which service.
#[derive(Debug, Clone, Args)]
pub(super) struct FilterArgs {
    /// Filter file, in the format of dorny/paths-filter [default: .github/utils/file-filters.yaml at the root, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(super) filters: Option<PathBuf>,

    /// How the rules of a filter are combined
    #[arg(long, value_name = "Q", value_enum, default_value_t)]
    pub(super) quantifier: QuantifierArg,

    /// Say on standard error which file matched which pattern, and which commits were compared
    #[arg(long)]
    pub(super) explain: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("source").required(true).args(["base", "files_from"]))]
pub(super) struct ChangedArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,

    /// Compare with this commit
    #[arg(long, value_name = "REV")]
    pub(super) base: Option<String>,

    /// What to compare
    #[arg(long, value_name = "REV", default_value = "HEAD", conflicts_with = "files_from")]
    pub(super) head: String,

    /// Compare with the best common ancestor of base and head instead of base itself, as a pull request does
    #[arg(long, conflicts_with = "files_from")]
    pub(super) merge_base: bool,

    /// Read the changes from FILE, or from standard input (-): paths, or the lines of git diff --name-status
    #[arg(long, value_name = "FILE")]
    pub(super) files_from: Option<PathBuf>,

    /// What --files-from reads is separated by NUL, as git diff -z prints it
    #[arg(long, conflicts_with = "base")]
    pub(super) null: bool,

    #[command(flatten)]
    pub(super) filters: FilterArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,

    /// Name of the event [default: env GITHUB_EVENT_NAME]
    #[arg(long, value_name = "EVENT")]
    pub(super) event_name: Option<String>,

    /// The branch or tag in full, e.g. refs/heads/main [default: env GITHUB_REF]
    #[arg(long = "ref", value_name = "REF")]
    pub(super) reference: Option<String>,

    /// branch or tag [default: env GITHUB_REF_TYPE]
    #[arg(long, value_name = "TYPE")]
    pub(super) ref_type: Option<String>,

    /// The branch or tag in short [default: env GITHUB_REF_NAME]
    #[arg(long, value_name = "NAME")]
    pub(super) ref_name: Option<String>,

    /// Full hash of the commit that the event is about [default: env GITHUB_SHA, else as the event says, else HEAD]
    #[arg(long, value_name = "HASH")]
    pub(super) sha: Option<String>,

    /// File with the event's payload as JSON [default: env GITHUB_EVENT_PATH]
    #[arg(long, value_name = "FILE")]
    pub(super) event_path: Option<PathBuf>,

    /// Whether this is a run under act, which never pushes [default: env ACT]
    #[arg(long, value_name = "BOOL")]
    pub(super) act: Option<bool>,

    /// Compare with this commit instead of the one that the event names, e.g. the last one that was built
    #[arg(long, value_name = "REV")]
    pub(super) base: Option<String>,

    #[command(flatten)]
    pub(super) tags: TagFormatArgs,

    #[command(flatten)]
    pub(super) filters: FilterArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    #[command(flatten)]
    pub(super) place: PlaceArgs,

    /// Paths or unique short names of services [default: the one the current directory is in]
    #[arg(value_name = "SERVICE")]
    pub(super) services: Vec<String>,

    /// Build all services
    #[arg(long, conflicts_with = "services")]
    pub(super) all: bool,

    /// What the images are for: production takes releases and nothing else
    #[arg(long, value_name = "E", default_value = "development")]
    pub(super) environment: String,

    /// Take this version instead; in production the commit must carry its release tag
    #[arg(long, value_name = "V")]
    pub(super) set_version: Option<String>,

    /// What the images run on, e.g. linux/amd64,linux/arm64 [default: what the builder runs on]
    #[arg(long, value_name = "P,P", value_delimiter = ',')]
    pub(super) platform: Vec<String>,

    /// Push the images to their registries
    #[arg(long, conflicts_with = "load")]
    pub(super) push: bool,

    /// Load the images into the local docker: the default, unless EXTRA has an --output
    #[arg(long)]
    pub(super) load: bool,

    /// Where layers are kept for later builds, apart for each service: none, gha, registry=REF (written to with --push
    /// only) or local=DIR
    #[arg(long, value_name = "CACHE", default_value = "none")]
    pub(super) cache: String,

    /// The buildx builder, e.g. one that docker buildx create has made of a BuildKit cluster [default: the one in use]
    #[arg(long, value_name = "B")]
    pub(super) builder: Option<String>,

    /// A value for the Dockerfile's ARG
    #[arg(long = "build-arg", value_name = "K=V", value_parser = key_value)]
    pub(super) build_args: Vec<(String, String)>,

    /// A label, besides or instead of imgver's own
    #[arg(long = "label", value_name = "K=V", value_parser = key_value)]
    pub(super) labels: Vec<(String, String)>,

    /// Write what buildx says of the images to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) metadata_file: Option<OsString>,

    /// Print what would run, for a POSIX shell, and run nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    #[command(flatten)]
    pub(super) tags: TagFormatArgs,

    #[command(flatten)]
    pub(super) version: VersioningArgs,

    /// Further arguments for docker buildx build, or for docker buildx bake where there are several services
    #[arg(last = true, value_name = "EXTRA")]
    pub(super) extra: Vec<OsString>,
}

fn key_value(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("KEY=VALUE is expected"),
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum TagOutput {
    #[default]
    Text,
    Json,
    Github,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum QuantifierArg {
    /// A change counts if any rule holds
    #[default]
    Some,
    /// A change counts if all rules hold
    Every,
    /// A change counts if any pattern matches and no negated one excludes it
    SomeWithExcludes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
