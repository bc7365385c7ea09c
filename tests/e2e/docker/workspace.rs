//! A workspace that `imgver.yaml` describes: contexts at the root, Dockerfiles elsewhere, two registries.

use serde_json::Value;

use super::shop::{Shop, text, variable};
use crate::support::Repo;

/// Of an image that nothing runs in, for any platform; its labels say how it was built.
const DOCKERFILE: &str = "\
FROM scratch AS runtime
ARG COLOR=none
ARG VERSION
LABEL stage=runtime color=$COLOR given=$VERSION
COPY . /
FROM runtime
LABEL stage=last
";

/// It runs a program of the platform that the image is for.
const RUNS: &str = "\
FROM python:3.13-slim-trixie
RUN uname -m >/machine
COPY libs /libs
";

/// The services, with images in two repositories of the registry where they have two.
fn workspace(space: &str) -> Shop {
    let registry = variable("IMGVER_E2E_REGISTRY");
    let shop = Shop { repo: Repo::new(), registry: format!("{registry}/{space}") };
    let config = format!(
        "\
image: {registry}/{space}/{{name}}
services:
  apps/web:
    image: [{registry}/{space}/web, {registry}/{space}-mirror/web]
    context: .
    dockerfile: 'docker/web %{{x}}.Dockerfile'
    target: runtime
    platforms: [linux/amd64, linux/arm64]
    build-args: {{ COLOR: '${{red}} and \"blue\"' }}
  apps/front: {{}}
  apps/admin: {{ directory: apps/front, dockerfile: apps/front/Dockerfile.admin }}
  apps/tools: {{ context: ., dockerfile: apps/tools/Dockerfile, platforms: [linux/arm64] }}
"
    );
    shop.repo.write("imgver.yaml", config);
    shop.repo.write("docker/web %{x}.Dockerfile", DOCKERFILE);
    shop.repo.write("docker/web %{x}.Dockerfile.dockerignore", "*\n!libs\n!docker\n");
    shop.repo.write(".dockerignore", "*\n!libs\n!apps\n");
    shop.repo.write("libs/ui/a", "a");
    shop.repo.write("apps/front/Dockerfile", DOCKERFILE);
    shop.repo.write("apps/front/Dockerfile.admin", format!("{DOCKERFILE}LABEL admin=yes\n"));
    shop.repo.write("apps/tools/Dockerfile", RUNS);
    shop.repo.commit("a workspace");
    shop
}

fn label(config: &Value, name: &str) -> String {
    config["config"]["Labels"][name].as_str().unwrap_or_default().to_owned()
}

/// Checks the four images that were pushed as `version`.
#[track_caller]
fn assert_as_configured(shop: &Shop, version: &str) {
    let web = shop.reference("web", version);
    assert_eq!(shop.platforms(&web), ["linux/amd64", "linux/arm64"]);
    for platform in ["linux/amd64", "linux/arm64"] {
        let config = shop.config(&web, platform);
        assert_eq!(label(&config, "stage"), "runtime");
        assert_eq!(label(&config, "color"), "${red} and \"blue\"");
        assert_eq!(label(&config, "given"), version);
        assert_eq!(label(&config, "org.opencontainers.image.title"), "web");
    }
    let mirrored = web.replace("/web:", "-mirror/web:");
    assert_eq!(shop.manifest(&mirrored), shop.manifest(&web));
    let front = shop.config(&shop.reference("front", version), "linux/amd64");
    assert_eq!((&*label(&front, "stage"), &*label(&front, "admin")), ("last", ""));
    let admin = shop.config(&shop.reference("admin", version), "linux/amd64");
    assert_eq!((&*label(&admin, "stage"), &*label(&admin, "admin")), ("last", "yes"));
    assert_eq!(label(&admin, "color"), "none");
    shop.config(&shop.reference("tools", version), "linux/arm64");
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_workspace_is_built_as_its_file_says() {
    let shop = workspace("workspace");
    // One by one, from where each is not, and all at once.
    for (service, directory) in
        [("web", "apps/tools"), ("admin", "docker"), ("front", ""), ("apps/tools", "apps")]
    {
        let output = shop.build(&[service, "--push", "--set-version", "single"]).cwd(directory).run();
        assert_eq!(output.code, 0, "{output}");
    }
    assert_as_configured(&shop, "single");
    for (version, directory) in
        [("bake", ""), ("bake-from-below", "apps/front"), ("bake-from-beside", "docker")]
    {
        let output = shop.build(&["--all", "--push", "--set-version", version]).cwd(directory).run();
        assert_eq!(output.code, 0, "{output}");
        assert!(!output.stderr.contains("whole repository"), "{output}");
        assert_as_configured(&shop, version);
    }
    // Steps ran as on the platform that the file names.
    let machine = shop.docker(&[
        "run",
        "--rm",
        "--platform",
        "linux/arm64",
        &shop.reference("tools", "bake"),
        "cat",
        "/machine",
    ]);
    assert_eq!(machine.trim(), "aarch64");
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn the_ignore_file_of_the_dockerfile_decides() {
    let shop = workspace("ignored");
    let sent = |service: &str| {
        let sent = shop.repo.beside("sent");
        let output = format!("type=local,dest={}", sent.path().display());
        let run = shop.build(&[service, "--platform", "linux/amd64", "--", "--output", &output]).run();
        assert_eq!(run.code, 0, "{run}");
        let mut files = Vec::new();
        let mut directories = vec![sent.path().to_path_buf()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                } else {
                    files.push(path.strip_prefix(sent.path()).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        std::fs::remove_dir_all(sent.path()).unwrap();
        files.sort();
        files
    };
    let web = sent("web");
    assert_eq!(web, ["docker/web %{x}.Dockerfile", "docker/web %{x}.Dockerfile.dockerignore", "libs/ui/a"]);
    // What imgver takes for read is what was sent.
    let untracked = |file: &str| {
        shop.repo.write(file, "new");
        let output = shop.build(&["web", "--set-version", "1.0.0", "--dry-run"]).run();
        std::fs::remove_file(shop.repo.path().join(file)).unwrap();
        output.code
    };
    assert_eq!((untracked("libs/new"), untracked("apps/new"), untracked("new")), (4, 0, 0));
    shop.repo.git(["rm", "-q", "docker/web %{x}.Dockerfile.dockerignore"]);
    let web = sent("web");
    assert!(web.contains(&"apps/tools/Dockerfile".to_owned()), "{web:?}");
    assert!(!web.iter().any(|file| file.starts_with("docker/")), "{web:?}");
    shop.repo.commit("without it");
    assert_eq!((untracked("libs/new"), untracked("apps/new"), untracked("new")), (4, 4, 0));
    // One without a rule takes its place all the same.
    shop.repo.write("docker/web %{x}.Dockerfile.dockerignore", "# nothing\n");
    assert!(sent("web").contains(&"imgver.yaml".to_owned()));
    shop.repo.write("docker/web %{x}.Dockerfile.dockerignore", "");
    assert!(sent("web").contains(&"imgver.yaml".to_owned()));

    // Of a Dockerfile in lower case, it is the one that is called so.
    std::fs::remove_file(shop.repo.path().join("apps/tools/Dockerfile")).unwrap();
    shop.repo.write("apps/tools/dockerfile", DOCKERFILE);
    shop.repo.write("apps/tools/Dockerfile.dockerignore", "*\n!docker\n");
    let tools = sent("apps/tools");
    assert!(tools.contains(&"apps/front/Dockerfile".to_owned()), "{tools:?}");
    shop.repo.write("apps/tools/dockerfile.dockerignore", "*\n!libs\n");
    assert_eq!(sent("apps/tools"), ["libs/ui/a"]);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn each_registry_is_asked_what_it_has() {
    let shop = workspace("half");
    let config = std::fs::read_to_string(shop.repo.path().join("imgver.yaml")).unwrap();
    // Nobody listens there.
    let mirror = format!("{}-mirror/web", shop.registry);
    shop.repo.write("imgver.yaml", config.replace(&mirror, "127.0.0.1:1/half/web"));
    let [here, there] = [shop.reference("web", "half"), "127.0.0.1:1/half/web:half".to_owned()];
    let output = shop.build(&["web", "--push", "--set-version", "half", "--metadata-file", "m.json"]).run();
    let error = output.fails(7);
    assert!(error.contains(&format!("not pushed: {there}")), "{output}");
    let metadata: Value =
        serde_json::from_slice(&std::fs::read(shop.repo.path().join("m.json")).unwrap()).unwrap();
    assert_eq!(metadata["imgver.pushed"], false);
    assert_eq!(text(&metadata["image.name"]), format!("{here},{there}"));
    match shop.tags("web").contains(&"half".to_owned()) {
        true => assert!(error.contains(&format!("not known whether pushed: {here}")), "{output}"),
        false => assert!(
            error.contains(&format!("not pushed: {here}, {there}")) || error.contains("nothing was pushed"),
            "{output}"
        ),
    }
}
