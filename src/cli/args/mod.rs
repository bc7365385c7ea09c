//! The command line's syntax: arguments, their help, and nothing else.

mod build;
mod changes;
mod check;
mod init;
mod inputs;
mod locate;
mod registry;
mod release;
mod shell;
mod versions;

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, StringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};

use super::usage::STYLES;
pub(super) use build::BuildArgs;
pub(super) use changes::{ChangedArgs, ExplainArgs, FilterArgs, PlanArgs, QuantifierArg};
pub(super) use check::{CheckArgs, CheckOutput};
pub(super) use init::InitArgs;
pub(super) use inputs::InputsArgs;
pub(super) use locate::LocateArgs;
pub(super) use registry::{FloatArgs, IfExistsArg, PromoteArgs, RegistryArgs};
pub(super) use release::{BumpArg, ReleaseArgs};
pub(super) use shell::{CompletionsArgs, ManArgs, Shell};
pub(super) use versions::{ListArgs, SubjectArgs, TagArgs, TagOutput, VersionArgs};

/// Find out which services changed, their versions and images, and whether to push them
///
/// Versions come from release tags: services/go/api-golang@1.0.9 releases the service in that directory.
/// A service is an entry of imgver.yaml, or a directory with a Taskfile that sets vars.IMAGE_REPO.
#[derive(Debug, Parser)]
#[command(name = "imgver", bin_name = "imgver", version, max_term_width = 100, styles = STYLES, after_help = EXIT_CODES)]
pub(super) struct Cli {
    /// Run as if started in DIR; can be repeated, as in git
    #[arg(short = 'C', value_name = "DIR")]
    directories: Vec<PathBuf>,

    /// Colour text: auto colours on a terminal unless NO_COLOR or CLICOLOR=0 is set, and anywhere if CLICOLOR_FORCE is
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, global = true, display_order = 900)]
    pub(super) color: ColorArg,

    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  unexpected error
  2  usage error
  3  repository state: no repository, no commit yet, too shallow, unreadable
  4  rule: not on a release, uncommitted changes, no release, another commit's image,
     nothing to promote or to release
  5  invalid input: service, image reference, imgver.yaml, Taskfile, filter file, event
  6  no docker, no buildx, or no daemon
  7  docker failed; the message contains its exit status
  8  a registry could not be asked, or refused";

impl Cli {
    /// Whether the answer is for a step of GitHub Actions, and so nobody watches.
    pub(super) fn is_for_github(&self) -> bool {
        match &self.command {
            Command::Tag(args) => args.output == TagOutput::Github,
            Command::Check(args) => args.output == CheckOutput::Github,
            _ => false,
        }
    }

    /// The directories to enter one after another, given before the command or after it.
    pub(super) fn directories(&self) -> impl Iterator<Item = &PathBuf> {
        let after = match &self.command {
            Command::Version(args) | Command::Extended(args) => Some(&args.subject.history.directory),
            Command::Tag(args) => Some(&args.subject.history.directory),
            Command::List(args) => Some(&args.history.directory),
            Command::Changed(args) => Some(&args.directory),
            Command::Plan(args) => Some(&args.directory),
            Command::Build(args) => Some(&args.directory),
            Command::Promote(args) => Some(&args.directory),
            Command::Float(args) => Some(&args.directory),
            Command::Inputs(args) => Some(&args.directory),
            Command::Check(args) => Some(&args.directory),
            Command::Init(args) => Some(&args.directory),
            Command::Release(args) => Some(&args.directory),
            Command::Locate(args) => Some(&args.directory),
            Command::Completions(_) | Command::Man(_) => None,
        };
        self.directories.iter().chain(after.into_iter().flat_map(|args| &args.directories))
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print the base release: 1.0.9
    #[command(after_help = versions::VERSION_EXAMPLES)]
    Version(VersionArgs),
    /// Print base release, distance and commit: 1.0.9-0047-188f7a2
    #[command(after_help = versions::EXTENDED_EXAMPLES)]
    Extended(VersionArgs),
    /// Print the image tag for an environment: sidpalas/demo-api-node:1.0.9-0047-188f7a2
    #[command(after_help = versions::TAG_EXAMPLES)]
    Tag(TagArgs),
    /// Print every service with its image and version
    #[command(after_help = versions::LIST_EXAMPLES)]
    List(ListArgs),
    /// Print the services that changed between two commits
    #[command(after_help = changes::CHANGED_EXAMPLES)]
    Changed(ChangedArgs),
    /// Print what to do for a CI event: services, environment, push, version, matrix
    #[command(after_help = changes::PLAN_EXAMPLES)]
    Plan(PlanArgs),
    /// Print the files that an image is made of
    #[command(after_help = inputs::INPUTS_EXAMPLES)]
    Inputs(InputsArgs),
    /// Build, tag and label images with docker buildx
    #[command(after_help = build::BUILD_EXAMPLES)]
    Build(BuildArgs),
    /// Give the image that was built of a release's commit the release's tag
    #[command(after_help = registry::PROMOTE_EXAMPLES)]
    Promote(PromoteArgs),
    /// Set latest, X.Y and X to the highest releases that have an image
    #[command(after_help = registry::FLOAT_EXAMPLES)]
    Float(FloatArgs),
    /// Create release tags and optionally push them
    #[command(after_help = release::RELEASE_EXAMPLES)]
    Release(ReleaseArgs),
    /// Print the commit, author, date and release behind an image tag
    #[command(after_help = locate::LOCATE_EXAMPLES)]
    Locate(LocateArgs),
    /// Set a repository up: find its images, and write imgver.yaml
    #[command(after_help = init::INIT_EXAMPLES)]
    Init(InitArgs),
    /// Find problems in the repository's imgver setup
    #[command(after_help = check::CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Print a shell completion script, which also completes names of services
    #[command(after_help = shell::COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// Print the manual page of imgver or one of its commands
    #[command(after_help = shell::MAN_EXAMPLES)]
    Man(ManArgs),
}

/// A value that may be empty, which means that it is not given: workflows cannot leave an option out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MaybeEmpty<T>(Option<T>);

impl<T> MaybeEmpty<T> {
    pub(super) fn non_empty(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

/// The value of an option, unless it is empty.
pub(super) fn non_empty<T: Clone>(option: &Option<MaybeEmpty<T>>) -> Option<T> {
    option.as_ref().and_then(MaybeEmpty::non_empty).cloned()
}

fn maybe_empty_text() -> impl TypedValueParser<Value = MaybeEmpty<String>> {
    StringValueParser::new().map(|text| MaybeEmpty(Some(text).filter(|text| !text.is_empty())))
}

fn maybe_empty_path() -> impl TypedValueParser<Value = MaybeEmpty<PathBuf>> {
    let path = |text: std::ffi::OsString| {
        MaybeEmpty(Some(PathBuf::from(text)).filter(|path| !path.as_os_str().is_empty()))
    };
    OsStringValueParser::new().map(path)
}

/// Which directory to run in.
#[derive(Debug, Clone, Args)]
pub(super) struct DirectoryArgs {
    /// Run as if started in DIR; can be repeated, as in git
    #[arg(short = 'C', value_name = "DIR")]
    directories: Vec<PathBuf>,
}

/// Which commit is versioned, and how.
#[derive(Debug, Clone, Args)]
pub(super) struct HistoryArgs {
    #[command(flatten)]
    directory: DirectoryArgs,

    /// Version this commit instead of HEAD, ignoring uncommitted changes
    #[arg(long, value_name = "REV")]
    pub(super) rev: Option<String>,

    #[command(flatten)]
    pub(super) tags: TagFormatArgs,

    #[command(flatten)]
    pub(super) version: VersioningArgs,

    /// Do not check for uncommitted changes (--exact and production still check)
    #[arg(long)]
    pub(super) no_dirty: bool,
}

/// How a version is computed.
#[derive(Debug, Clone, Args)]
pub(super) struct VersioningArgs {
    /// Follow only the first parent of merges
    #[arg(long)]
    pub(super) first_parent: bool,

    #[command(flatten)]
    pub(super) scope: ScopeArgs,

    /// Length of the commit hash in extended versions: from 4 to the full hash
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = value_parser!(u8).range(4..=64))]
    pub(super) abbrev: u8,

    /// Count extended versions from the next release, e.g. 1.0.10-0047-188f7a2 after 1.0.9, which SemVer sorts above
    /// 1.0.9; releases stay as they are
    #[arg(long, value_name = "BUMP", value_enum)]
    pub(super) next: Option<NextArg>,
}

/// What distances count.
#[derive(Debug, Clone, Args)]
pub(super) struct ScopeArgs {
    /// What versions count since the release: all commits, or only those that touch the service, so that an untouched service
    /// keeps its version [default: scope in imgver.yaml, else repository]
    #[arg(long, value_name = "SCOPE", value_enum)]
    pub(super) scope: Option<ScopeArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ScopeArg {
    Repository,
    Service,
}

/// Which part of the base release the next release increments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum NextArg {
    Patch,
    Minor,
}

/// The format of release tags.
#[derive(Debug, Clone, Args)]
pub(super) struct TagFormatArgs {
    /// Format of release tags, with {version} and {service} or {name}; can be repeated: all count, and the first is for new
    /// tags [env: IMGVER_TAG_FORMAT] [default: tag-format in imgver.yaml, else {service}@{version}]
    #[arg(long, value_name = "FORMAT")]
    pub(super) tag_format: Vec<String>,
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorArg {
    #[default]
    Auto,
    Always,
    Never,
}

/// The format of the answer.
#[derive(Debug, Clone, Args)]
pub(super) struct OutputArgs {
    /// Print text, or the whole answer as JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) output: OutputFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    #[default]
    Text,
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_is_broken_into_lines_by_hand_is_not_broken_again() {
        let program = Cli::command();
        for command in program.get_subcommands().chain([&program]) {
            let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(!text.is_empty(), "{}", command.get_name());
            for line in text.lines() {
                assert!(line.chars().count() <= 100, "{}: {line}", command.get_name());
            }
        }
    }
}
