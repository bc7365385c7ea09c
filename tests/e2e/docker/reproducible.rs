//! One commit is one image, wherever it is built.

use super::builders::BuildKit;
use super::shop::{PLATFORMS, Shop};

#[test]
#[ignore = "scripts/e2e runs it"]
fn every_builder_makes_the_same_image() {
    // Another clone each time, built at another time.
    let shop = Shop::new("same");
    let reference = shop.reference("demo-api-golang", &shop.extended());
    let build = |options: &[&str]| {
        let clone = Shop::new("same");
        let args = ["api-golang", "--push", "--platform", "linux/amd64,linux/arm64"];
        let output = clone.build(&args).args(options).run();
        assert_eq!(output.code, 0, "{output}");
        PLATFORMS.map(|platform| clone.config_digest(&reference, platform))
    };
    let [first, second] = ["first", "second"].map(|name| {
        let buildkit = BuildKit::start(name);
        buildkit.join(&shop, name, &[]);
        let digests = build(&["--builder", name]);
        shop.docker(&["buildx", "rm", name]);
        digests
    });
    assert_eq!(first, second);
    // What would differ shows.
    assert_ne!(first[0], first[1]);
    // The daemon's own builder is of another version, which words the history of an image otherwise.
    let layers = |clone: &Shop| clone.config(&reference, "linux/amd64")["rootfs"]["diff_ids"].clone();
    let by_buildkit = layers(&shop);
    build(&[]);
    assert_eq!(by_buildkit, layers(&shop));
}
