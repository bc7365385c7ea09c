//! The containers that the tasks run jobs in by default: an image of that name which has nothing, and the machine's programs.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{Pipeline, rust, tool_cache};
use crate::docker::shop::variable;

/// The image that the tasks name.
pub(super) const IMAGE: &str = "catthehacker/ubuntu:rust-latest";

impl Pipeline {
    /// Puts an image of that name where docker finds those that it does not have.
    pub(super) fn publish_runner(&self) {
        let root = self.shop.repo.sandbox().join("runner");
        for directory in ["etc", "opt", "root", "run", "srv", "tmp", "usr", "var/log"] {
            fs::create_dir_all(root.join(directory)).unwrap();
        }
        for link in ["bin", "lib", "lib64", "sbin"] {
            symlink(format!("usr/{link}"), root.join(link)).unwrap();
        }
        symlink("/run", root.join("var/run")).unwrap();
        for file in ["etc/group", "etc/ld.so.cache", "etc/passwd"] {
            fs::copy(Path::new("/").join(file), root.join(file)).unwrap();
        }
        let archive = self.shop.repo.sandbox().join("runner.tar");
        let tar = self.shop.program("tar").args(["-cf"]).args([&archive]);
        tar.args(["-C"]).args([&root]).args(["."]).run().text();

        let reference = format!("{}/{IMAGE}", variable("IMGVER_E2E_REGISTRY"));
        let cargo = Path::new(env!("CARGO")).parent().unwrap().display();
        let path = format!("ENV PATH={cargo}:{}:{}", variable("IMGVER_E2E_NODE"), variable("PATH"));
        self.shop.docker(&["import", "--change", &path, archive.to_str().unwrap(), &reference]);
        self.shop.docker(&["push", "--quiet", &reference]);
        self.shop.docker(&["image", "rm", &reference]);
    }

    /// The options of act that give its containers the machine's programs, the repository that they clone, and what the
    /// actions use.
    pub(super) fn container_options(&self) -> [String; 4] {
        let [(_, cargo), (_, rustup), _] = rust();
        let docker = PathBuf::from(variable("DOCKER_CONFIG"));
        let system = ["/usr", "/etc/alternatives", "/etc/ssl"].map(|path| format!("{path}:{path}:ro"));
        let ours = env!("CARGO_MANIFEST_DIR");
        let same: [&Path; 5] = [
            cargo.as_ref(),
            rustup.as_ref(),
            ours.as_ref(),
            self.shop.repo.sandbox(),
            docker.parent().unwrap(),
        ];
        let same = same.map(|path| format!("{0}:{0}", path.display()));
        // With what other jobs have left on the machine.
        let tools = tool_cache().join("imgver");
        fs::create_dir_all(&tools).unwrap();
        let tools = format!("{}:/opt/hostedtoolcache/imgver", tools.display());
        // At the repository's own path, act has the workspace.
        let origin = format!("{}:/srv/origin:ro", self.shop.repo.path().display());
        let mounts = system.into_iter().chain(same).chain([tools, origin]);
        let mounts: Vec<String> = mounts.map(|mount| format!("--volume={mount}")).collect();
        let origin = "IMGVER_E2E_ORIGIN=file:///srv/origin".to_owned();
        ["--container-options".to_owned(), mounts.join(" "), "--env".to_owned(), origin]
    }
}
