//! `imgver build` as it is written.

use std::ffi::OsString;

use clap::Args;

use super::{OrEmpty, PlaceArgs, TagFormatArgs, VersioningArgs, path_or_empty, text_or_empty};
use std::path::PathBuf;

pub(super) const BUILD_EXAMPLES: &str = "\
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

#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,

    /// Paths or unique short names of services [default: the one the current directory is in]
    #[arg(value_name = "SERVICE")]
    pub(crate) services: Vec<String>,

    /// Build all services
    #[arg(long, conflicts_with = "services")]
    pub(crate) all: bool,

    /// What the images are for: production takes releases and nothing else
    #[arg(long, value_name = "E", default_value = "development")]
    pub(crate) environment: String,

    /// Take this version instead; in production the commit must carry its release tag
    #[arg(long, value_name = "V", value_parser = text_or_empty())]
    pub(crate) set_version: Option<OrEmpty<String>>,

    /// What the images run on, e.g. linux/amd64,linux/arm64 [default: what the builder runs on]
    #[arg(long, value_name = "P,P", value_delimiter = ',', value_parser = text_or_empty())]
    pub(crate) platform: Vec<OrEmpty<String>>,

    /// Push the images to their registries
    #[arg(long, conflicts_with = "load")]
    pub(crate) push: bool,

    /// Load the images into the local docker: the default, unless EXTRA has an --output
    #[arg(long)]
    pub(crate) load: bool,

    /// Where layers are kept for later builds, apart for each service: none, gha, registry=REF (written to with --push
    /// only) or local=DIR
    #[arg(long, value_name = "CACHE", default_value = "none", value_parser = text_or_empty())]
    pub(crate) cache: OrEmpty<String>,

    /// The buildx builder, e.g. one that docker buildx create has made of a BuildKit cluster [default: the one in use]
    #[arg(long, value_name = "B", value_parser = text_or_empty())]
    pub(crate) builder: Option<OrEmpty<String>>,

    /// A value for the Dockerfile's ARG
    #[arg(long = "build-arg", value_name = "K=V", value_parser = key_value)]
    pub(crate) build_args: Vec<(String, String)>,

    /// A label, besides or instead of imgver's own
    #[arg(long = "label", value_name = "K=V", value_parser = key_value)]
    pub(crate) labels: Vec<(String, String)>,

    /// Write what buildx says of the images to FILE, as JSON
    #[arg(long, value_name = "FILE", value_parser = path_or_empty())]
    pub(crate) metadata_file: Option<OrEmpty<PathBuf>>,

    /// Print what would run, for a POSIX shell, and run nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) tags: TagFormatArgs,

    #[command(flatten)]
    pub(crate) version: VersioningArgs,

    /// Further arguments for docker buildx build, or for docker buildx bake where there are several services
    #[arg(last = true, value_name = "EXTRA")]
    pub(crate) extra: Vec<OsString>,
}

fn key_value(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("KEY=VALUE is expected"),
    }
}
