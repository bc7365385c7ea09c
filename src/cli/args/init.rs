//! Command-line arguments of `imgver init`.

use clap::Args;

use super::DirectoryArgs;

pub(super) const INIT_EXAMPLES: &str = "\
Examples:
  imgver init --dry-run                        what is found, and what would be written
  imgver init                                  write imgver.yaml
  imgver init --workflow                       write the workflow that follows from imgver.yaml
  imgver init --task --workflow                the same, and Taskfiles
  imgver init --force                          write imgver.yaml anew, whatever is in it

It reads Dockerfiles, compose files, workflows, bake files, Taskfiles and tags that git tracks. What
it cannot know for sure becomes a comment. No existing file is changed: the difference is printed,
and the exit code is 4. With --task or --workflow, an edited imgver.yaml is kept as it is, with
--force too, and the other files follow from it.";

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    #[command(flatten)]
    pub(crate) directory: DirectoryArgs,

    /// Write the shared tasks to .github/utils/taskfile.yaml, and a Taskfile for every service that has none
    #[arg(long)]
    pub(crate) task: bool,

    /// Write the workflow .github/workflows/build-push.yaml
    #[arg(long)]
    pub(crate) workflow: bool,

    /// Print what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Replace existing files that differ
    #[arg(long)]
    pub(crate) force: bool,
}
