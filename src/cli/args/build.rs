//! Command-line arguments of `imgver build`.

use std::ffi::OsString;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::{
    DirectoryArgs, IfExistsArg, MaybeEmpty, RegistryArgs, TagFormatArgs, VersioningArgs, maybe_empty_path,
    maybe_empty_text,
};
use std::path::PathBuf;

pub(super) const BUILD_EXAMPLES: &str = "\
Examples:
  imgver build                         the current directory's service, loaded into the local docker
  imgver build --all --push            all services in one graph, pushed to their registries
  imgver build api-golang migrator --push --environment production
                                       releases, if this commit carries both release tags
  imgver build --all --push --builder cluster --platform linux/amd64,linux/arm64
                                       for two platforms, on a remote builder
  imgver build --all --push --keep-going --metadata-file images.json
                                       if one service fails, the others are pushed all the same
  imgver build api-node --dry-run --no-cache --secret id=npm,src=token -- --progress plain
                                       the command, with extra arguments for buildx

Each image is tagged with its version, and labelled with title, version, revision, source and
created of org.opencontainers.image. It gets the version as build argument VERSION, and the time of
the commit as SOURCE_DATE_EPOCH.";

#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    pub(crate) directory: DirectoryArgs,

    /// Paths or unique short names of services [default: the service that contains the current directory]
    #[arg(value_name = "SERVICE")]
    pub(crate) services: Vec<String>,

    /// Build all services
    #[arg(long, conflicts_with = "services")]
    pub(crate) all: bool,

    /// Build an image of the repository as a whole, also in a service's directory
    #[arg(long, conflicts_with_all = ["services", "all"])]
    pub(crate) whole: bool,

    /// Environment that the images are for: production accepts only releases, candidate pre-releases
    #[arg(long, value_name = "E", default_value = "development")]
    pub(crate) environment: String,

    /// Use this version instead; in production the commit must carry its release tag
    #[arg(long, value_name = "V", value_parser = maybe_empty_text())]
    pub(crate) set_version: Option<MaybeEmpty<String>>,

    /// Target platforms, e.g. linux/amd64,linux/arm64 [default: the builder's own platform]
    #[arg(long, value_name = "P,P", value_delimiter = ',', value_parser = maybe_empty_text())]
    pub(crate) platform: Vec<MaybeEmpty<String>>,

    /// Push the images to their registries
    #[arg(long, conflicts_with = "load")]
    pub(crate) push: bool,

    /// Load the images into the local docker: the default, unless EXTRA contains --output
    #[arg(long)]
    pub(crate) load: bool,

    /// Where to keep layers for later builds, separately for each service: none, gha, registry=REF (written only with
    /// --push) or local=DIR, with attributes of buildx's after a comma, e.g. registry=REF,image-manifest=true
    #[arg(long, value_name = "CACHE", default_value = "none", value_parser = maybe_empty_text())]
    pub(crate) cache: MaybeEmpty<String>,

    /// The buildx builder, e.g. one that docker buildx create made for a BuildKit cluster [default: the selected one]
    #[arg(long, value_name = "B", value_parser = maybe_empty_text())]
    pub(crate) builder: Option<MaybeEmpty<String>>,

    /// Set a build argument (ARG in the Dockerfile); without =V, to the value of the environment variable, if there is one
    #[arg(long = "build-arg", value_name = "K[=V]", value_parser = key_and_value)]
    pub(crate) build_args: Vec<(String, Option<String>)>,

    /// Set a label, in addition to imgver's own, or overriding it
    #[arg(long = "label", value_name = "K=V", value_parser = key_value)]
    pub(crate) labels: Vec<(String, String)>,

    /// Build this stage of the Dockerfile [default: the service's in imgver.yaml, else the last]
    #[arg(long, value_name = "STAGE", value_parser = maybe_empty_text())]
    pub(crate) target: Option<MaybeEmpty<String>>,

    /// A secret for RUN --mount=type=secret, which does not stay in the image: id=ID[,src=FILE|,env=VARIABLE]
    #[arg(long = "secret", value_name = "id=ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) secrets: Vec<String>,

    /// SSH agent or keys for RUN --mount=type=ssh: default, or ID=KEY
    #[arg(long = "ssh", value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) ssh: Vec<String>,

    /// Build every step anew
    #[arg(long)]
    pub(crate) no_cache: bool,

    /// Look for newer base images
    #[arg(long)]
    pub(crate) pull: bool,

    /// Attestation of how the image was built: false, mode=min or mode=max [default: docker's]
    #[arg(long, value_name = "ATTEST", value_parser = maybe_empty_text())]
    pub(crate) provenance: Option<MaybeEmpty<String>>,

    /// Attestation of what the image contains: true or false [default: docker's]
    #[arg(long, value_name = "ATTEST", value_parser = maybe_empty_text())]
    pub(crate) sbom: Option<MaybeEmpty<String>>,

    /// If a service fails, go on with the others; the exit code is still 7
    #[arg(long)]
    pub(crate) keep_going: bool,

    /// Write buildx's metadata of the images to FILE, as JSON, and which of them were pushed, whether or not the build
    /// succeeds
    #[arg(long, value_name = "FILE", value_parser = maybe_empty_path())]
    pub(crate) metadata_file: Option<MaybeEmpty<PathBuf>>,

    /// Build only images that their registries lack in this very version; one that some of its registries have is copied to the
    /// others (with --push)
    #[arg(long)]
    pub(crate) missing: bool,

    /// What to do with --push if there is an image of this commit with a release's tag already: keep it, fail, or build it anew
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    pub(crate) if_exists: IfExistsArg,

    /// Write a record of each pushed image to FILE, as JSON: service, reference, digest, version and commit
    #[arg(long, value_name = "FILE", requires = "push", value_parser = maybe_empty_path())]
    pub(crate) images_file: Option<MaybeEmpty<PathBuf>>,

    #[command(flatten)]
    pub(crate) registry: RegistryArgs,

    /// Only print what would run, for a POSIX shell
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) tags: TagFormatArgs,

    #[command(flatten)]
    pub(crate) version: VersioningArgs,

    /// Extra arguments for docker buildx build, or for docker buildx bake if there are several services
    #[arg(last = true, value_name = "EXTRA")]
    pub(crate) extra: Vec<OsString>,
}

fn key_and_value(text: &str) -> Result<(String, Option<String>), &'static str> {
    match text.split_once('=') {
        Some(("", _)) => Err("expected KEY=VALUE or KEY"),
        Some((key, value)) => Ok((key.to_owned(), Some(value.to_owned()))),
        None if text.is_empty() => Err("expected KEY=VALUE or KEY"),
        None => Ok((text.to_owned(), None)),
    }
}

fn key_value(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE"),
    }
}
