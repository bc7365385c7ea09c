//! The five services become images: by Task, one at a time, and by imgver, all at once.

use serde_json::Value;

use super::shop::{PLATFORMS, SERVICES, Shop, platforms_of, text, timed};

/// What an image says of itself, under whichever names.
#[track_caller]
fn assert_describes_itself(config: &Value, shop: &Shop, service: &str, version: &str) {
    let inner = &config["config"];
    let label = |name: &str| text(&inner["Labels"][format!("org.opencontainers.image.{name}")]).to_owned();
    assert_eq!(label("title"), service.rsplit('/').next().unwrap());
    assert_eq!(label("version"), version);
    assert_eq!(label("revision"), shop.repo.head());
    assert_eq!(label("source"), "https://example.org/team/shop");
    assert_eq!(label("created"), "2023-11-14T22:14:20Z");
    assert_eq!(text(&config["created"]), "2023-11-14T22:14:20Z", "SOURCE_DATE_EPOCH: {config}");
    let env: Vec<_> = inner["Env"].as_array().unwrap().iter().map(text).collect();
    assert!(env.contains(&&*format!("VERSION={version}")), "{env:?}");
    let user = text(&inner["User"]);
    assert!(!user.is_empty() && !user.starts_with('0') && !user.starts_with("root"), "runs as {user:?}");
}

/// The image in the local docker, with its names as the registry has them.
#[track_caller]
fn local_config(shop: &Shop, reference: &str) -> Value {
    let inspected: Value = serde_json::from_str(&shop.docker(&["image", "inspect", reference])).unwrap();
    let image = &inspected[0];
    serde_json::json!({"config": image["Config"], "created": image["Created"]})
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn every_service_by_task() {
    let shop = Shop::new("task");
    for (service, image) in SERVICES {
        let reference = shop.reference(image, &shop.extended());
        timed(&format!("task build in {service}"), shop.task(service, &["build"]));
        assert_describes_itself(&local_config(&shop, &reference), &shop, service, &shop.extended());

        timed(&format!("task build-multi in {service}"), shop.task(service, &["build-multi"]));
        let archive = shop.repo.sandbox().join("image.tar");
        shop.docker(&["image", "save", "--output", archive.to_str().unwrap(), &reference]);
        assert_eq!(platforms_in(&shop, archive.to_str().unwrap()), PLATFORMS, "{service}");
        shop.docker(&["image", "rm", &reference]);
    }
    // From the root, by the service's name there, and with arguments of imgver's.
    let service = "services/go/api-golang";
    let output = shop.task("", &["api-golang:build", "--", "--set-version", "by-hand"]).run();
    assert_eq!(output.code, 0, "{output}");
    let reference = shop.reference("demo-api-golang", "by-hand");
    assert_describes_itself(&local_config(&shop, &reference), &shop, service, "by-hand");
}

/// The platforms of the one image in an archive (OCI's image layout).
fn platforms_in(shop: &Shop, archive: &str) -> Vec<String> {
    let file = |name: &str| -> Value { shop.program("tar").args(["-xOf", archive, name]).run().json() };
    let index = file("index.json");
    let (algorithm, hash) = text(&index["manifests"][0]["digest"]).split_once(':').unwrap();
    platforms_of(&file(&format!("blobs/{algorithm}/{hash}")))
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn all_services_in_one_graph() {
    let shop = Shop::new("all");
    let args = ["--all", "--push", "--platform", "linux/amd64,linux/arm64", "--environment", "production"];
    shop.docker(&["buildx", "prune", "--all", "--force"]);
    timed("imgver build --all, cold", shop.build(&args));
    timed("imgver build --all, warm", shop.build(&args));
    for (service, image) in SERVICES {
        let reference = shop.reference(image, "1.2.3");
        assert_eq!(shop.platforms(&reference), PLATFORMS, "{service}");
        for platform in PLATFORMS {
            assert_describes_itself(&shop.config(&reference, platform), &shop, service, "1.2.3");
            eprintln!("{image} {platform}: {} in the registry", megabytes(size(&shop, &reference, platform)));
        }
        // Nothing but what was asked for.
        assert_eq!(shop.tags(image), ["1.2.3"]);
    }
}

/// How much the layers of an image take in the registry.
fn size(shop: &Shop, reference: &str, platform: &str) -> u64 {
    let manifest = shop.platform_manifest(reference, platform);
    manifest["layers"].as_array().unwrap().iter().filter_map(|layer| layer["size"].as_u64()).sum()
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn no_layer_has_more_than_the_service_needs() {
    let shop = Shop::new("layers");
    // What lies about in a work tree, and must not reach the builder.
    for file in [".env", "node_modules/left/over.js", ".git/config", "secret.pem", "tests/x", "test/x.js"] {
        for (service, _) in SERVICES {
            shop.repo.write(&format!("{service}/{file}"), "s3cret");
        }
    }
    for (service, image) in SERVICES {
        assert_eq!(shop.build(&[service, "--set-version", "look"]).run().code, 0);
        let name = format!("look-{image}");
        shop.docker(&["create", "--name", &name, &shop.reference(image, "look")]);
        let archive = shop.repo.sandbox().join("files.tar");
        shop.docker(&["export", "--output", archive.to_str().unwrap(), &name]);
        shop.docker(&["rm", &name]);
        let files = shop.program("tar").args(["-tf"]).args([&archive]).run().text();
        assert!(files.lines().count() > 1, "{service}");
        let litter: Vec<_> = files
            .lines()
            .filter(|file| {
                file.ends_with(".env") || file.ends_with("secret.pem") || file.contains("left/over")
            })
            .collect();
        assert_eq!(litter, Vec::<&str>::new(), "{service}");
    }
}
