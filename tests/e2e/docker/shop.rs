//! A team's repository with this one's services, whose images belong to the registry that `scripts/with-docker` started.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;

use crate::support::{Output, Repo, Run};

/// Every service: its path and the name of its image.
pub(crate) const SERVICES: [(&str, &str); 5] = [
    ("services/go/api-golang", "demo-api-golang"),
    ("services/node/api-node", "demo-api-node"),
    ("services/other/migrator", "demo-migrator"),
    ("services/python/load-generator", "demo-load-generator"),
    ("services/react/client-react", "demo-client-react"),
];

/// Of an image with nothing but files of its service, in layers of their own.
const OF_FILES: &str = "\
FROM scratch AS files
COPY Taskfile.yaml /
COPY README.md /
COPY Dockerfile /
FROM scratch
COPY --from=files / /files
ARG VERSION
ENV VERSION=$VERSION
";

/// The platforms of `build-multi`.
pub(crate) const PLATFORMS: [&str; 2] = ["linux/amd64", "linux/arm64"];

pub(crate) struct Shop {
    pub(crate) repo: Repo,
    /// The first part of all image repositories, so that tests do not get in each other's way.
    pub(crate) registry: String,
}

impl Shop {
    /// The services, each released as 1.2.3 by the last commit, with images below `space` in the registry.
    pub(crate) fn new(space: &str) -> Self {
        Self::with(space, &["Taskfile.yaml", ".github", "services"]).released()
    }

    /// As [`Shop::new`], but with images of files alone, in two stages: where it does not matter what is in an image, its build
    /// takes a second and not a minute.
    pub(crate) fn of_files(space: &str) -> Self {
        Self::with(space, &["Taskfile.yaml", ".github", "services"]).simplified().released()
    }

    /// As [`Shop::new`], with everything that this repository has.
    pub(crate) fn whole(space: &str) -> Self {
        Self::with(space, &["."]).released()
    }

    /// As [`Shop::whole`], with images of files alone.
    pub(crate) fn whole_of_files(space: &str) -> Self {
        Self::with(space, &["."]).simplified().released()
    }

    fn with(space: &str, parts: &[&str]) -> Self {
        let shop =
            Shop { repo: Repo::new(), registry: format!("{}/{space}", variable("IMGVER_E2E_REGISTRY")) };
        shop.repo.copy_from_here(parts);
        for (service, image) in SERVICES {
            let taskfile = format!("{service}/Taskfile.yaml");
            let text = std::fs::read_to_string(shop.repo.path().join(&taskfile)).unwrap();
            let ours = format!("IMAGE_REPO: sidpalas/{image}\n");
            assert!(text.contains(&ours), "{taskfile}:\n{text}");
            let theirs = format!("IMAGE_REPO: {}/{image}\n", shop.registry);
            shop.repo.write(&taskfile, text.replace(&ours, &theirs));
        }
        shop
    }

    fn simplified(self) -> Self {
        for (service, _) in SERVICES {
            self.repo.write(&format!("{service}/Dockerfile"), OF_FILES);
            self.repo.write(&format!("{service}/.dockerignore"), "");
        }
        self
    }

    /// With a commit of everything, which is a release of every service.
    fn released(self) -> Self {
        self.repo.git(["remote", "add", "origin", "git@example.org:team/shop.git"]);
        self.repo.commit("services");
        for (service, _) in SERVICES {
            self.repo.annotate(&format!("{service}@1.2.3"));
        }
        self
    }

    /// A program with the variables of the docker that `scripts/with-docker` started, not yet run.
    pub(crate) fn program(&self, program: &str) -> Run {
        real(self.repo.program(program))
    }

    /// What docker prints; it must succeed.
    #[track_caller]
    pub(crate) fn docker(&self, args: &[&str]) -> String {
        self.program("docker").args(args).run().text()
    }

    /// `imgver build` with `args`, not yet run.
    pub(crate) fn build(&self, args: &[&str]) -> Run {
        real(self.repo.imgver(["build"]).args(args))
    }

    /// Task in `directory`, with the built imgver on `PATH`, not yet run.
    pub(crate) fn task(&self, directory: &str, args: &[&str]) -> Run {
        let imgver = Path::new(env!("CARGO_BIN_EXE_imgver")).parent().unwrap();
        let paths = [variable("IMGVER_E2E_NODE"), variable("IMGVER_E2E_GO"), variable("PATH")];
        let paths = paths.iter().flat_map(env::split_paths).collect::<Vec<_>>();
        let path = env::join_paths([imgver.to_path_buf()].into_iter().chain(paths)).unwrap();
        // The newest of those that the tasks are tested with.
        let tasks = variable("IMGVER_E2E_TASKS");
        let task = tasks.rsplit(':').next().unwrap().to_owned();
        self.program(&task).args(args).cwd(directory).env("PATH", path)
    }

    /// The reference of an image, by its name.
    pub(crate) fn reference(&self, image: &str, version: &str) -> String {
        format!("{}/{image}:{version}", self.registry)
    }

    /// The extended version of everything here.
    pub(crate) fn extended(&self) -> String {
        format!("1.2.3-0000-{}", &self.repo.head()[..7])
    }

    /// The configuration of an image in the registry, by platform, as OCI's image specification has it.
    #[track_caller]
    pub(crate) fn config(&self, reference: &str, platform: &str) -> Value {
        let inspect = ["buildx", "imagetools", "inspect", reference, "--format"];
        let printed = self.program("docker").args(inspect).args(["{{json .Image}}"]).run().json();
        let config = if printed.get("config").is_some() { printed } else { printed[platform].clone() };
        assert_eq!(
            format!("{}/{}", text(&config["os"]), text(&config["architecture"])),
            platform,
            "{config}"
        );
        config
    }

    /// The manifest, or list of manifests, of a reference in the registry.
    #[track_caller]
    pub(crate) fn manifest(&self, reference: &str) -> Value {
        let inspect = ["buildx", "imagetools", "inspect", "--raw", reference];
        self.program("docker").args(inspect).run().json()
    }

    /// The manifest of an image in the registry for one platform.
    #[track_caller]
    pub(crate) fn platform_manifest(&self, reference: &str, platform: &str) -> Value {
        let manifest = self.manifest(reference);
        let Some(manifests) = manifest["manifests"].as_array() else { return manifest };
        let (os, architecture) = platform.split_once('/').unwrap();
        let fits = |entry: &&Value| {
            entry["platform"]["os"] == os && entry["platform"]["architecture"] == architecture
        };
        let entry = manifests.iter().find(fits).unwrap_or_else(|| panic!("no {platform} in {manifest}"));
        let (repository, _) = reference.rsplit_once(':').unwrap();
        self.manifest(&format!("{repository}@{}", text(&entry["digest"])))
    }

    /// The digest of the configuration of an image in the registry.
    #[track_caller]
    pub(crate) fn config_digest(&self, reference: &str, platform: &str) -> String {
        text(&self.platform_manifest(reference, platform)["config"]["digest"]).to_owned()
    }

    /// All tags of an image in the registry, sorted; none if there is no such image.
    pub(crate) fn tags(&self, image: &str) -> Vec<String> {
        let (host, space) = self.registry.split_once('/').unwrap();
        let url = format!("http://{host}/v2/{space}/{image}/tags/list");
        let answer = self.program("curl").args(["--silent", "--show-error", &url]).run().json();
        let tags = answer["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
        assert!(!tags.is_empty() || answer["errors"][0]["code"] == "NAME_UNKNOWN", "{answer}");
        let mut tags: Vec<String> = tags.iter().map(|tag| text(tag).to_owned()).collect();
        tags.sort();
        tags
    }

    /// The platforms of an image in the registry, without those of attestations.
    #[track_caller]
    pub(crate) fn platforms(&self, reference: &str) -> Vec<String> {
        let manifest = self.manifest(reference);
        platforms_of(&manifest)
    }
}

/// The platforms that a list of manifests names.
pub(crate) fn platforms_of(list: &Value) -> Vec<String> {
    let entries = list["manifests"].as_array().unwrap_or_else(|| panic!("no list of manifests: {list}"));
    let platform = |entry: &Value| {
        let platform = &entry["platform"];
        format!("{}/{}", text(&platform["os"]), text(&platform["architecture"]))
    };
    let mut platforms: Vec<_> = entries.iter().map(platform).filter(|p| p != "unknown/unknown").collect();
    platforms.sort();
    platforms
}

/// The same run with the variables of the docker that `scripts/with-docker` started.
pub(crate) fn real(run: Run) -> Run {
    ["DOCKER_HOST", "DOCKER_CONFIG", "BUILDX_CONFIG"]
        .into_iter()
        .fold(run, |run, name| run.env(name, variable(name)))
}

pub(crate) fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/e2e"))
}

#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

/// Where what is worth a look afterwards is kept: below `target`, which git ignores.
pub(crate) fn kept(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/e2e");
    std::fs::create_dir_all(&directory).unwrap();
    directory.join(name)
}

/// Where programs of several languages keep what they have downloaded and compiled, for the next time, and the
/// certificates that they trust: this machine's.
pub(crate) fn downloads() -> Vec<(&'static str, String)> {
    let caches = [("GOCACHE", "go-build"), ("GOMODCACHE", "go-mod"), ("npm_config_cache", "npm")];
    let caches = caches.map(|(name, directory)| (name, kept(directory).display().to_string()));
    let bundle = "/etc/ssl/certs/ca-certificates.crt".to_owned();
    caches.into_iter().chain([("NODE_EXTRA_CA_CERTS", bundle.clone()), ("PIP_CERT", bundle)]).collect()
}

/// Runs, says how long it took, and must succeed.
#[track_caller]
pub(crate) fn timed(what: &str, run: Run) -> Output {
    let start = Instant::now();
    let output = run.run();
    assert_eq!(output.code, 0, "{output}");
    eprintln!("{what}: {:.1} s", start.elapsed().as_secs_f64());
    output
}
