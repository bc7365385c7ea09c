//! The real docker fails.

use std::path::Path;

use serde_json::Value;

use super::shop::{SERVICES, Shop, text, variable};
use crate::support::Output;

/// Checks that the metadata file and the error say of each image, by its name, what the registry has; returns those that it
/// has.
#[track_caller]
fn pushed<'a>(shop: &Shop, output: &Output, version: &str) -> Vec<&'a str> {
    let metadata = std::fs::read_to_string(shop.repo.path().join("m.json")).unwrap();
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let is_there = |(service, image): &(&str, &str)| {
        let entry = &metadata[service.rsplit('/').next().unwrap()];
        let reference = shop.reference(image, version);
        let is_there = shop.tags(image).contains(&version.to_owned());
        assert_eq!(entry["imgver.pushed"], is_there, "{reference}: {metadata}");
        assert!(text(&entry["image.name"]).contains(&reference), "{metadata}");
        if is_there {
            let inspect = ["buildx", "imagetools", "inspect", &reference, "--format", "{{json .Manifest}}"];
            let manifest = shop.program("docker").args(inspect).run().json();
            assert_eq!(entry["containerimage.digest"], manifest["digest"], "{metadata}");
        }
        is_there
    };
    let there: Vec<_> = SERVICES.into_iter().filter(is_there).map(|(_, image)| image).collect();
    let list = |wanted: bool| {
        let images = SERVICES.iter().map(|(_, image)| *image).filter(|image| there.contains(image) == wanted);
        images.map(|image| shop.reference(image, version)).collect::<Vec<_>>().join(", ")
    };
    let said = match there.len() {
        0 => "; nothing was pushed\n".to_owned(),
        _ => format!("; pushed: {}; not pushed: {}\n", list(true), list(false)),
    };
    assert!(output.fails(7).contains(&said), "{output}");
    there
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn what_was_pushed_is_said_exactly() {
    let shop = Shop::new("broken");
    let (broken, image) = SERVICES[2];
    let others: Vec<_> = SERVICES.iter().map(|(_, image)| *image).filter(|name| *name != image).collect();
    let dockerfile = format!("{broken}/Dockerfile");
    let good = std::fs::read_to_string(shop.repo.path().join(&dockerfile)).unwrap();
    shop.repo.write(&dockerfile, format!("{good}\nCOPY nothing-of-this-name /\n"));
    let build = |version: &str, more: &[&str]| {
        let args = ["--all", "--push", "--metadata-file", "m.json", "--set-version", version];
        shop.build(&args).args(more).args(["--", "--progress", "plain"]).run()
    };
    let output = build("all-or-none", &[]);
    assert!(output.stderr.contains("nothing-of-this-name"), "{output}");
    let services = SERVICES.map(|(service, _)| service).join(", ");
    let error = format!(
        "error: docker buildx bake of 5 services ({services}) failed with status 1; nothing was pushed\n"
    );
    assert!(output.stdout.is_empty() && output.stderr.contains(&error), "{output}");
    assert_eq!(pushed(&shop, &output, "all-or-none"), [""; 0]);
    assert_eq!(pushed(&shop, &build("going-on", &["--keep-going"]), "going-on"), others);

    // All can be built, and the registry refuses one: where its uploads should be, there is a file. What it has, it still says.
    shop.repo.write(&dockerfile, good);
    let (_, space) = shop.registry.split_once('/').unwrap();
    let repository = Path::new(&variable("IMGVER_E2E_REGISTRY_FILES")).join(space).join(image);
    assert!(!repository.exists());
    std::fs::create_dir(&repository).unwrap();
    std::fs::write(repository.join("_uploads"), "").unwrap();
    let output = build("refused", &[]);
    std::fs::remove_dir_all(&repository).unwrap();
    assert_eq!(pushed(&shop, &output, "refused"), others);
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn what_is_not_there_is_said_before_the_build() {
    let shop = Shop::new("refused");
    let go = "services/go/api-golang";
    let output = shop.build(&[go, "--builder", "nowhere"]).run();
    assert!(output.fails(7).contains("caused by: docker buildx inspect failed with status 1: "), "{output}");
    for args in [&[go][..], &[go, "--push"], &["--all", "--push"]] {
        let output = shop.build(args).env("DOCKER_HOST", "unix:///nowhere/docker.sock").run();
        assert!(output.fails(6).contains("error: cannot connect to the docker daemon\n"), "{output}");
    }
    let empty = shop.repo.beside("without plugins");
    std::fs::create_dir(empty.path()).unwrap();
    let output = shop.build(&[go]).env("DOCKER_CONFIG", empty.path()).run();
    assert!(output.fails(6).contains("error: docker has no buildx\n"), "{output}");
    let output = shop.build(&[go, "--push", "--platform", "linux/s390x", "--", "--target", "nothing"]).run();
    assert!(output.stderr.contains("warning: the builder default cannot run linux/s390x"), "{output}");
    assert_eq!(output.code, 7, "{output}");
}
