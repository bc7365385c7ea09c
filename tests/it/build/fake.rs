//! A docker that does as it is told and remembers what it was asked.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::support::{Repo, Run};

/// Looks up what to do by its first two arguments, and writes down all of them, each ended by a NUL, where it was, and
/// what buildx reads of the environment.
const PROGRAM: &str = r#"#!/bin/sh
here=$(dirname "$0")
question=$1-$2
case $question in info-*) question=info ;; esac
printf '%s\0' "$@" >"$here/$question.args"
printf '%s ' "$@" | tr '\n' ' ' >>"$here/calls"
echo >>"$here/calls"
pwd >"$here/$question.directory"
env | grep ^BUILDX_ >"$here/$question.env"
. "$here/$question.sh"
"#;

/// The repository of a small shop, with that docker on `PATH`.
pub(crate) struct Shop {
    pub(crate) repo: Repo,
    bin: PathBuf,
}

/// What the real one says, cut down to what matters.
const BUILDER: &str = "echo 'Name:   default
Driver: docker

Nodes:
Name:      default
Status:    running
Platforms: linux/amd64, linux/amd64/v2, linux/arm64'";
const IMAGE_STORE: &str = r#"echo null; echo '[["driver-type","io.containerd.snapshotter.v1"]]'"#;
const NO_IMAGE_STORE: &str = r#"echo null; echo '[["Backing Filesystem","extfs"]]'"#;

impl Shop {
    /// Three services, the first released, and a docker that does everything.
    pub(crate) fn new() -> Self {
        let repo = Repo::new();
        for service in ["services/api", "services/web", "tools/job"] {
            repo.service(service);
        }
        repo.commit("begin");
        repo.annotate("services/api@1.2.3");
        let bin = repo.sandbox().join("bin");
        fs::create_dir(&bin).unwrap();
        fs::write(bin.join("docker"), PROGRAM).unwrap();
        fs::set_permissions(bin.join("docker"), fs::Permissions::from_mode(0o755)).unwrap();
        let shop = Shop { repo, bin };
        shop.on("buildx-version", "echo github.com/docker/buildx 0.13.1");
        shop.on("buildx-inspect", BUILDER);
        shop.on("info", IMAGE_STORE);
        shop.on("buildx-imagetools", "for last; do :; done; echo \"ERROR: $last: not found\" >&2; exit 1");
        shop.on("buildx-build", ":");
        shop.on("buildx-bake", r#"cat >"$here/definition.json""#);
        shop
    }

    /// What docker does when it is asked `question`: a shell script.
    pub(crate) fn on(&self, question: &str, script: &str) {
        fs::write(self.bin.join(format!("{question}.sh")), script).unwrap();
    }

    /// The image store is the old one, which holds images of one platform.
    pub(crate) fn without_image_store(&self) {
        self.on("info", NO_IMAGE_STORE);
    }

    /// The builder in use has this driver and runs these platforms.
    pub(crate) fn with_builder(&self, driver: &str, platforms: &str) {
        self.on(
            "buildx-inspect",
            &format!("echo 'Name: b'; echo 'Driver: {driver}'; echo 'Platforms: {platforms}'"),
        );
    }

    /// `imgver build` with `args`, not yet run.
    pub(crate) fn build(&self, args: &[&str]) -> Run {
        self.repo.imgver(["build"]).args(args).env("PATH", self.path())
    }

    /// The `PATH` on which that docker is first.
    pub(crate) fn path(&self) -> OsString {
        std::env::join_paths([&*self.bin, "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap()
    }

    /// The directory that docker is in.
    pub(crate) fn bin(&self) -> &std::path::Path {
        &self.bin
    }

    /// The arguments that came with `question`; none if it was not asked.
    pub(crate) fn asked(&self, question: &str) -> Option<Vec<String>> {
        let bytes = fs::read(self.bin.join(format!("{question}.args"))).ok()?;
        let args = String::from_utf8_lossy(&bytes).into_owned();
        Some(args.split_terminator('\0').map(ToOwned::to_owned).collect())
    }

    /// What docker wrote down when it was asked `question`: arguments, directory, environment, and what bake read.
    pub(crate) fn heard(&self, question: &str) -> Vec<Vec<u8>> {
        let files = ["args", "directory", "env"].map(|kind| format!("{question}.{kind}"));
        let files = files.iter().map(String::as_str).chain(["definition.json"]);
        files.map(|file| fs::read(self.bin.join(file)).unwrap_or_default()).collect()
    }

    /// Every `docker buildx build` and `docker buildx bake` so far, without `docker buildx`, each on one line.
    pub(crate) fn builds(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.bin.join("calls")).unwrap_or_default();
        let builds = calls.lines().filter_map(|line| line.strip_prefix("buildx "));
        let builds = builds.filter(|line| line.starts_with("build ") || line.starts_with("bake "));
        builds.map(|line| line.trim_end().to_owned()).collect()
    }

    /// Whether anything was built.
    pub(crate) fn has_built(&self) -> bool {
        self.asked("buildx-build").is_some() || self.asked("buildx-bake").is_some()
    }

    /// The arguments of `docker buildx build`.
    #[track_caller]
    pub(crate) fn built(&self) -> Vec<String> {
        self.asked("buildx-build").expect("docker buildx build was run")
    }

    /// The definition that bake was given.
    #[track_caller]
    pub(crate) fn baked(&self) -> serde_json::Value {
        let text = fs::read_to_string(self.bin.join("definition.json")).expect("docker buildx bake was run");
        serde_json::from_str(&text).unwrap()
    }
}

/// The values of all options called `name` in `args`.
pub(crate) fn values<'a>(args: &'a [String], name: &str) -> Vec<&'a str> {
    args.windows(2).filter(|pair| pair[0] == name).map(|pair| &*pair[1]).collect()
}
