//! Command-line arguments about registries: those that several commands share, and of `imgver promote` and `imgver float`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::domain::is_registry_name;

use super::{DirectoryArgs, MaybeEmpty, TagFormatArgs, VersioningArgs, maybe_empty_path, maybe_empty_text};

pub(super) const PROMOTE_EXAMPLES: &str = "\
Examples:
  imgver promote api-golang            the image of HEAD gets the tag of its release
  imgver promote api-golang --rev services/go/api-golang@1.0.9
                                       the image of another release
  imgver promote api-golang --to registry.example/prod/api-golang
                                       in another repository
  imgver promote api-golang --optional --images-file images.json
                                       if there is one; else a build can follow

The image is the one whose label org.opencontainers.image.revision names the commit. It is looked
for under the versions that a build of the commit can have given it, and keeps its digest.";

pub(super) const FLOAT_EXAMPLES: &str = "\
Examples:
  imgver float                         latest, X.Y and X of all services, as imgver.yaml says
  imgver float api-golang --dry-run    what would be set, of one service

The releases are the release tags of the git remote: remote.pushDefault, else the only remote, else
origin. Tags that only this clone has do not count, unless there is no remote.";

/// How registries are reached.
#[derive(Debug, Clone, Args)]
pub(crate) struct RegistryArgs {
    /// Reach this registry by plain HTTP, as those on loopback are; can be repeated
    #[arg(long, value_name = "HOST[:PORT]", value_parser = registry)]
    pub(crate) insecure_registry: Vec<String>,
}

/// What happens if there is an image of the commit already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum IfExistsArg {
    #[default]
    Keep,
    Fail,
    Overwrite,
}

#[derive(Debug, Args)]
pub(crate) struct PromoteArgs {
    #[command(flatten)]
    pub(crate) directory: DirectoryArgs,

    /// Path or unique short name of the service
    #[arg(value_name = "SERVICE")]
    pub(crate) service: String,

    /// The commit whose image is promoted [default: HEAD]
    #[arg(long, value_name = "REV", value_parser = maybe_empty_text())]
    pub(crate) rev: Option<MaybeEmpty<String>>,

    /// Promote into this repository instead of the service's own
    #[arg(long, value_name = "REPO", value_parser = maybe_empty_text())]
    pub(crate) to: Option<MaybeEmpty<String>>,

    /// Accept no other image than the one with this digest
    #[arg(long, value_name = "DIGEST", value_parser = maybe_empty_text())]
    pub(crate) digest: Option<MaybeEmpty<String>>,

    /// If there is no image to promote, succeed with an empty output digest, so that a build can follow
    #[arg(long)]
    pub(crate) optional: bool,

    /// The environment whose tag the image gets: production, the release's; candidate, the pre-release's; else the extended version
    #[arg(long, value_name = "E", default_value = "production")]
    pub(crate) environment: String,

    /// Use this version instead; in production the commit must carry its release tag
    #[arg(long, value_name = "V", value_parser = maybe_empty_text())]
    pub(crate) set_version: Option<MaybeEmpty<String>>,

    /// Write a record of each image to FILE, as JSON: service, reference, digest, version and commit
    #[arg(long, value_name = "FILE", value_parser = maybe_empty_path())]
    pub(crate) images_file: Option<MaybeEmpty<PathBuf>>,

    #[command(flatten)]
    pub(crate) registry: RegistryArgs,

    #[command(flatten)]
    pub(crate) tags: TagFormatArgs,

    #[command(flatten)]
    pub(crate) version: VersioningArgs,
}

#[derive(Debug, Args)]
pub(crate) struct FloatArgs {
    #[command(flatten)]
    pub(crate) directory: DirectoryArgs,

    /// Paths or unique short names of services [default: all]
    #[arg(value_name = "SERVICE")]
    pub(crate) services: Vec<String>,

    /// Only print what would be set
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) registry: RegistryArgs,

    #[command(flatten)]
    pub(crate) tags: TagFormatArgs,
}

fn registry(text: &str) -> Result<String, &'static str> {
    if is_registry_name(text) {
        return Ok(text.to_owned());
    }
    Err("expected HOST or HOST:PORT, without a scheme and a path")
}
