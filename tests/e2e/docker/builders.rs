//! Builders elsewhere: BuildKit daemons of their own, reached by buildx's driver `remote`.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::shop::{PLATFORMS, SERVICES, Shop, kept, timed, variable};

/// A BuildKit daemon without any layer, stopped when it is dropped.
pub(crate) struct BuildKit {
    child: Child,
    address: String,
    directory: PathBuf,
}

impl BuildKit {
    pub(crate) fn start(name: &str) -> Self {
        // A socket's path must be short, and layers must lie on a file system that overlays can be made on.
        let directory = kept(&format!("buildkit-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let socket = std::env::temp_dir().join(format!("imgver-{name}-{}.sock", std::process::id()));
        let address = format!("unix://{}", socket.display());
        let log = File::create(directory.join("log")).unwrap();
        let child = Command::new(variable("IMGVER_E2E_BUILDKITD"))
            .args(["--config", &variable("IMGVER_E2E_BUILDKITD_CONFIG"), "--addr", &address, "--root"])
            .arg(directory.join("root"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("buildkitd starts");
        let buildkit = BuildKit { child, address, directory };
        let start = Instant::now();
        while !buildkit.control(&["debug", "workers"]).status().is_ok_and(|status| status.success()) {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "buildkitd does not answer: {:?}",
                buildkit.directory
            );
            std::thread::sleep(Duration::from_millis(100));
        }
        buildkit
    }

    fn control(&self, args: &[&str]) -> Command {
        let mut control = Command::new("buildctl");
        control.args(["--addr", &self.address]).args(args).stdout(Stdio::null()).stderr(Stdio::null());
        control
    }

    /// Where buildx reaches it.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// What it has kept of builds, a line each.
    pub(crate) fn records(&self) -> usize {
        let output =
            self.control(&["du", "--format", "{{range .}}{{.ID}}\n{{end}}"]).stdout(Stdio::piped()).output();
        String::from_utf8_lossy(&output.unwrap().stdout).lines().filter(|line| !line.is_empty()).count()
    }

    /// Forgets all builds.
    pub(crate) fn prune(&self) {
        assert!(self.control(&["prune", "--all"]).status().unwrap().success());
        assert_eq!(self.records(), 0);
    }

    /// The builder `name`, which is this daemon for `platforms`, added to it if it is there.
    pub(crate) fn join(&self, shop: &Shop, name: &str, options: &[&str]) {
        let create = ["buildx", "create", "--driver", "remote", "--name", name];
        shop.program("docker").args(create).args(options).args([&self.address]).run().text();
    }
}

impl Drop for BuildKit {
    fn drop(&mut self) {
        // It ends its own children first.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn two_daemons_share_the_platforms_of_one_build() {
    let shop = Shop::of_files("cluster");
    let (amd64, arm64) = (BuildKit::start("amd64"), BuildKit::start("arm64"));
    amd64.join(&shop, "cluster", &["--platform", "linux/amd64"]);
    arm64.join(&shop, "cluster", &["--append", "--platform", "linux/arm64"]);
    let services = [SERVICES[1], SERVICES[2], SERVICES[3]];
    let options = ["--builder", "cluster", "--push", "--platform", "linux/amd64,linux/arm64"];
    let args = [services.map(|(service, _)| service).as_slice(), &options].concat();
    // Nothing but its builder's name is different, and a daemon here is not needed.
    let away = "unix:///nowhere/docker.sock";
    timed("three services on two daemons, cold", shop.build(&args).env("DOCKER_HOST", away));
    timed("three services on two daemons, warm", shop.build(&args).env("DOCKER_HOST", away));
    assert!(amd64.records() > 0 && arm64.records() > 0, "{} and {}", amd64.records(), arm64.records());
    for (service, image) in services {
        assert_eq!(shop.platforms(&shop.reference(image, &shop.extended())), PLATFORMS, "{service}");
    }
    shop.docker(&["buildx", "rm", "cluster"]);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn caches_outlive_builders() {
    let shop = Shop::of_files("cache");
    let buildkit = BuildKit::start("cache");
    buildkit.join(&shop, "cached", &[]);
    let registry = format!("registry={}/cache", shop.registry);
    for cache in ["local=layers here", &registry] {
        let cached = |service: &str| {
            let args =
                [service, "--builder", "cached", "--push", "--cache", cache, "--", "--progress", "plain"];
            let output = shop.build(&args).run();
            assert_eq!(output.code, 0, "{output}");
            // The second run, which pushes, has everything from the first, which wrote the cache.
            let (built, pushed) = output.stderr.rsplit_once("building with \"cached\"").unwrap();
            let count = |text: &str| text.lines().filter(|line| line.ends_with(" CACHED")).count();
            assert!(count(pushed) >= count(built) && count(pushed) > 2, "{output}");
            assert!(built.contains("exporting cache") && !pushed.contains("exporting cache"), "{output}");
            count(built)
        };
        let [first, second] = ["services/node/api-node", "services/python/load-generator"];
        buildkit.prune();
        assert_eq!((cached(first), cached(second)), (0, 0), "{cache}");
        buildkit.prune();
        // Each service's layers are in a place of their own: the second has not replaced the first.
        assert!(cached(first) > 2 && cached(second) > 2, "{cache}");
    }
    assert!(shop.repo.path().join("layers here/services/node/api-node/index.json").exists());
    shop.docker(&["buildx", "rm", "cached"]);
}
