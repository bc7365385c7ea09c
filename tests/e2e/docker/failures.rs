//! The real docker fails.

use super::shop::{SERVICES, Shop};

#[test]
#[ignore = "scripts/e2e runs it"]
fn one_of_five_that_fails_fails_all() {
    let shop = Shop::new("broken");
    let (broken, image) = SERVICES[2];
    let dockerfile = format!("{broken}/Dockerfile");
    let text = std::fs::read_to_string(shop.repo.path().join(&dockerfile)).unwrap();
    shop.repo.write(&dockerfile, text + "\nCOPY nothing-of-this-name /\n");
    let output = shop.build(&["--all", "--push", "--", "--progress", "plain"]).run();
    assert_eq!((output.code, &*output.stdout), (7, ""), "{output}");
    assert!(output.stderr.contains("nothing-of-this-name"), "{output}");
    let services = SERVICES.map(|(service, _)| service).join(", ");
    let error = format!("error: docker buildx bake of 5 services ({services}) failed with status 1\n");
    assert!(output.stderr.contains(&error), "{output}");
    let reference = shop.reference(image, &format!("{}-dirty", shop.extended()));
    let inspect = ["buildx", "imagetools", "inspect", &reference];
    assert_ne!(shop.program("docker").args(inspect).run().code, 0, "{reference} was pushed");
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
