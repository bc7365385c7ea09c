//! `imgver build` where docker keeps images as it did before containerd's image store, which holds images of one platform:
//! `scripts/with-docker --classic-store`. `scripts/e2e` runs this.

use crate::docker::shop::{PLATFORMS, Shop, variable};

const MIGRATOR: &str = "services/other/migrator";
const BOTH: [&str; 2] = ["--platform", "linux/amd64,linux/arm64"];

#[test]
#[ignore = "scripts/e2e runs it"]
fn only_a_builder_of_its_own_builds_for_several_platforms() {
    let shop = Shop::new("classic");
    let reference = shop.reference("demo-migrator", &shop.extended());
    let is_loaded = || shop.program("docker").args(["image", "inspect", &reference]).run().code == 0;
    let build = |options: &[&str]| shop.build(&[MIGRATOR]).args(options).run();
    let refused = |options: &[&str], hint: &str| {
        let output = shop.build(&[MIGRATOR]).args(BOTH).args(options).run();
        assert!(output.fails(2).contains("it does not use the containerd image store\n"), "{output}");
        assert!(output.stderr.contains(hint), "{output}");
    };

    refused(&[], "docker buildx create --driver docker-container");
    refused(&["--push"], "docker buildx create --driver docker-container");
    assert_eq!(build(&[]).code, 0);
    assert!(is_loaded());
    shop.docker(&["image", "rm", &reference]);

    let config = variable("IMGVER_E2E_BUILDKITD_CONFIG");
    let create = ["buildx", "create", "--name", "own", "--driver", "docker-container"];
    let options = ["--driver-opt", "network=host", "--config", &config];
    shop.program("docker").args(create).args(options).run().text();
    // It has not started yet, and is not asked what it runs.
    let output = build(&["--builder", "own"]);
    assert_eq!(output.code, 0, "{output}");
    assert!(is_loaded());
    refused(&["--builder", "own"], "push the images instead, with --push");
    let output = shop.build(&[MIGRATOR, "--builder", "own", "--push"]).args(BOTH).run();
    assert_eq!(output.code, 0, "{output}");
    assert_eq!(shop.platforms(&reference), PLATFORMS);
    // Nothing is sent anywhere, so nothing needs to be held.
    let output = shop
        .build(&[MIGRATOR, "--builder", "own"])
        .args(BOTH)
        .args(["--", "--output", "type=cacheonly"])
        .run();
    assert_eq!(output.code, 0, "{output}");
    shop.docker(&["buildx", "rm", "own"]);
}
