//! The command line as it is written: syntax only.

mod build;
mod changes;
mod check;
mod locate;
mod release;
mod shell;
mod versions;

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, StringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};

pub(super) use build::BuildArgs;
pub(super) use changes::{ChangedArgs, ExplainArgs, FilterArgs, PlanArgs, QuantifierArg};
pub(super) use check::{CheckArgs, CheckOutput};
pub(super) use locate::LocateArgs;
pub(super) use release::{BumpArg, ReleaseArgs};
pub(super) use shell::{CompletionsArgs, ManArgs, Shell};
pub(super) use versions::{ListArgs, SubjectArgs, TagArgs, TagOutput, VersionArgs};

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
            Command::Version(args) | Command::Extended(args) => Some(&args.subject.history.place),
            Command::Tag(args) => Some(&args.subject.history.place),
            Command::List(args) => Some(&args.history.place),
            Command::Changed(args) => Some(&args.place),
            Command::Plan(args) => Some(&args.place),
            Command::Build(args) => Some(&args.place),
            Command::Check(args) => Some(&args.place),
            Command::Release(args) => Some(&args.place),
            Command::Locate(args) => Some(&args.place),
            Command::Completions(_) | Command::Man(_) => None,
        };
        self.directories.iter().chain(behind.into_iter().flat_map(|place| &place.directories))
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
    /// Print what a CI event asks for: services, environment, push, version, matrix
    #[command(after_help = changes::PLAN_EXAMPLES)]
    Plan(PlanArgs),
    /// Build images with docker buildx, tagged and labelled
    #[command(after_help = build::BUILD_EXAMPLES)]
    Build(BuildArgs),
    /// Set a release tag, and push it
    #[command(after_help = release::RELEASE_EXAMPLES)]
    Release(ReleaseArgs),
    /// Print the commit, author, date and release behind an image's tag
    #[command(after_help = locate::LOCATE_EXAMPLES)]
    Locate(LocateArgs),
    /// Print what is wrong with the repository's set-up for imgver
    #[command(after_help = check::CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Print the script that completes imgver's command line, names of services included, in a shell
    #[command(after_help = shell::COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// Print the manual page of imgver or of one of its commands
    #[command(after_help = shell::MAN_EXAMPLES)]
    Man(ManArgs),
}

/// A value that counts as not given where it is empty, which is how workflows spell that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OrEmpty<T>(Option<T>);

impl<T> OrEmpty<T> {
    pub(super) fn given(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

/// What an option was given, if it was not empty.
pub(super) fn given<T: Clone>(option: &Option<OrEmpty<T>>) -> Option<T> {
    option.as_ref().and_then(OrEmpty::given).cloned()
}

fn text_or_empty() -> impl TypedValueParser<Value = OrEmpty<String>> {
    StringValueParser::new().map(|text| OrEmpty(Some(text).filter(|text| !text.is_empty())))
}

fn path_or_empty() -> impl TypedValueParser<Value = OrEmpty<PathBuf>> {
    let path = |text: std::ffi::OsString| {
        OrEmpty(Some(PathBuf::from(text)).filter(|path| !path.as_os_str().is_empty()))
    };
    OsStringValueParser::new().map(path)
}

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

    /// Count extended versions from the version to come, 1.0.10-0047-188f7a2 after 1.0.9, which SemVer puts above 1.0.9;
    /// releases stay as they are
    #[arg(long, value_name = "BUMP", value_enum)]
    pub(super) next: Option<NextArg>,
}

/// Which version is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum NextArg {
    Patch,
    Minor,
}

/// How release tags are spelled.
#[derive(Debug, Clone, Args)]
pub(super) struct TagFormatArgs {
    /// How release tags are spelled, with {version} and {service} or {name} [env: IMGVER_TAG_FORMAT] [default: {service}@{version}]
    #[arg(long, value_name = "FORMAT")]
    pub(super) tag_format: Option<String>,
}

/// Whether the answer is coloured.
#[derive(Debug, Clone, Args)]
pub(super) struct ColorArgs {
    /// Colour the text: auto does on a terminal, unless NO_COLOR or CLICOLOR=0 forbids it, and anywhere by CLICOLOR_FORCE
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub(super) color: ColorArg,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorArg {
    #[default]
    Auto,
    Always,
    Never,
}

/// In which form the answer is wanted.
#[derive(Debug, Clone, Args)]
pub(super) struct OutputArgs {
    /// Print text, or the whole answer as JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) output: Output,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
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
}
