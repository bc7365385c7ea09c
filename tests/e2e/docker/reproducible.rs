//! One commit is one image, wherever it is built.

use super::builders::BuildKit;
use super::shop::{PLATFORMS, SERVICES, Shop, timed};

/// Another clone each time, by somebody with another umask, at another time, which is after that of the commit.
fn clone(number: u32) -> Shop {
    let clone = Shop::new("same");
    let mode = if number.is_multiple_of(2) { "g+w" } else { "g-w" };
    clone.repo.program("chmod").args(["-R", mode, "services"]).run().text();
    let date = format!("2101-02-03 04:05:{number:02}");
    clone.repo.program("find").args(["services", "-exec", "touch", "-d", &date, "{}", "+"]).run().text();
    clone
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn every_builder_makes_the_same_images() {
    let shop = Shop::new("same");
    let reference = |image: &str| shop.reference(image, &shop.extended());
    let build = |number: u32, services: &[&str], options: &[&str]| {
        let clone = clone(number);
        let run = clone.build(services).args(["--push"]).args(options);
        timed(&format!("{services:?} with {options:?}"), run);
    };
    let [go, node, migrator, python, react] = SERVICES;
    let others = [go, node, migrator, react];
    let (paths, images) = (others.map(|(service, _)| service), others.map(|(_, image)| image));
    let layers = |image| shop.config(&reference(image), "linux/amd64")["rootfs"].clone();
    // The image of one platform is the same beside that of another. It is one that is not compiled for each.
    let builders = [(1, "first", "linux/amd64,linux/arm64"), (2, "second", "linux/amd64")];
    let [first, second] = builders.map(|(number, name, platforms)| {
        let buildkit = BuildKit::start(name);
        buildkit.join(&shop, name, &[]);
        build(number, &[python.0], &["--builder", name, "--platform", platforms]);
        build(number, &paths, &["--builder", name]);
        shop.docker(&["buildx", "rm", name]);
        let digest = |image| shop.config_digest(&reference(image), PLATFORMS[0]);
        (digest(python.1), images.map(digest))
    });
    assert_eq!(first, second);
    // What would differ shows.
    assert_ne!(first.1[0], first.1[1]);
    // The daemon's own builder is of another version, which words the history of an image otherwise. What it makes here, other
    // tests find in its cache.
    let all = || SERVICES.map(|(_, image)| layers(image));
    let by_buildkit = all();
    build(3, &["--all"], &[]);
    assert_eq!(by_buildkit, all());
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn buildkit_rewrites_times() {
    let shop = Shop::new("times");
    let buildkit = BuildKit::start("times");
    buildkit.join(&shop, "times", &[]);
    let rewriting = ["--", "--output", "type=image,push=true,rewrite-timestamp=true"];
    let build = |number: u32, options: &[&str]| {
        let clone = clone(number);
        clone.repo.write(
            "services/copied/Taskfile.yaml",
            format!("version: '3'\nvars: {{ IMAGE_REPO: {}/copied }}\n", shop.registry),
        );
        clone.repo.write("services/copied/Dockerfile", "FROM scratch\nCOPY file .\n");
        clone.repo.write("services/copied/file", "");
        clone.repo.commit("a service");
        let date = format!("2101-02-03 04:05:{number:02}");
        clone.repo.program("touch").args(["-d", &date, "services/copied/file"]).run().text();
        buildkit.prune();
        let args = ["copied", "--push", "--builder", "times", "--set-version", "try"];
        let output = clone.build(&args).args(options).run();
        assert_eq!(output.code, 0, "{output}");
        shop.config_digest(&shop.reference("copied", "try"), "linux/amd64")
    };
    assert_ne!(build(1, &[]), build(3, &[]));
    assert_eq!(build(1, &rewriting), build(3, &rewriting));
    shop.docker(&["buildx", "rm", "times"]);
}
