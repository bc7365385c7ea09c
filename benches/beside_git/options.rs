//! The command line options after `--`.

use std::env;
use std::path::PathBuf;

use clap::Parser;

/// Compare the speed of imgver and git on the same repositories, in one run
#[derive(Parser)]
#[command(name = "beside_git")]
pub(crate) struct Options {
    /// The number of rounds, and so of samples per median
    #[arg(long, value_name = "N")]
    pub(crate) runs: Option<usize>,

    /// Use a small repository and few rounds, to check that everything works
    #[arg(long, conflicts_with = "repo")]
    pub(crate) quick: bool,

    /// Keep the repositories in DIR, and reuse any that are already there
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,

    /// Measure on a copy of this repository instead of generated ones
    #[arg(long, value_name = "PATH")]
    pub(crate) repo: Option<PathBuf>,

    /// In the copy, create a service for each PREFIX of a tag PREFIX@X.Y.Z
    #[arg(long, requires = "repo")]
    pub(crate) services_from_tags: bool,

    /// The git to compare with [default: $IMGVER_BENCH_GIT, or the one on PATH]; the pipeline needs 2.41
    #[arg(long, value_name = "PATH")]
    git: Option<PathBuf>,

    /// The imgver to measure
    #[arg(long, value_name = "PATH", default_value = env!("CARGO_BIN_EXE_imgver"))]
    pub(crate) imgver: PathBuf,

    /// Added by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    pub(crate) fn git(&self) -> PathBuf {
        let from_environment = || env::var_os("IMGVER_BENCH_GIT").map(PathBuf::from);
        self.git.clone().or_else(from_environment).unwrap_or_else(|| "git".into())
    }

    pub(crate) fn rounds(&self) -> usize {
        self.runs.unwrap_or(if self.quick { 3 } else { 11 }).max(1)
    }
}
