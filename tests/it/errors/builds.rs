//! Builds that docker cannot do, or that nobody should.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::page::{Page, row};
use crate::build::fake::Shop;

pub(crate) fn fill(page: &mut Page) {
    contradictions(page);
    without_docker(page);
    builders(page);
    failures(page);
    services(page);
}

fn contradictions(page: &mut Page) {
    let shop = Shop::new();
    page.rows_on(
        &shop.repo,
        &shop.path(),
        [
            row(2, "a platform that is none", "imgver build api --platform linux/"),
            row(2, "a cache that is none", "imgver build api --cache s3"),
            row(2, "a cache in a registry that is none", "imgver build api --cache registry=Team/cache"),
            row(2, "a cache in a directory without a name", "imgver build api --cache local="),
            row(2, "the cache of Actions elsewhere", "imgver build api --cache gha"),
            row(2, "the version as a build argument", "imgver build api --build-arg VERSION=1"),
            row(2, "what imgver decides, behind --", "imgver build api -- --push"),
            row(0, "a service without a release", "imgver build web"),
        ],
    );
}

fn without_docker(page: &mut Page) {
    let shop = Shop::new();
    page.rows_on(&shop.repo, &"/nonexistent".into(), [row(6, "no docker", "imgver build api")]);
    shop.on("buildx-version", "echo \"docker: 'buildx' is not a docker command.\" >&2; exit 1");
    page.rows_on(&shop.repo, &shop.path(), [row(6, "no buildx", "imgver build api")]);
    fs::write(shop.bin().join("docker"), "\u{7f}ELF, or so it says").unwrap();
    fs::set_permissions(shop.bin().join("docker"), fs::Permissions::from_mode(0o755)).unwrap();
    page.rows_on(&shop.repo, &shop.path(), [row(6, "a docker that cannot run", "imgver build api")]);
}

fn builders(page: &mut Page) {
    let several = "imgver build api --platform linux/amd64,linux/arm64";
    let shop = Shop::new();
    shop.without_image_store();
    page.rows_on(
        &shop.repo,
        &shop.path(),
        [
            row(2, "several platforms, loaded", several),
            row(2, "several platforms, pushed by the local docker", format!("{several} --push")),
        ],
    );
    shop.with_builder("docker-container", "linux/amd64");
    page.rows_on(
        &shop.repo,
        &shop.path(),
        [
            row(2, "several platforms of another builder, loaded", several),
            row(0, "a platform without emulation", "imgver build api --platform linux/arm64 --push"),
        ],
    );
    shop.on("buildx-inspect", "echo 'Name: b'; echo 'Driver: remote'; echo 'Error: no such host'");
    page.rows_on(&shop.repo, &shop.path(), [row(0, "a builder with an error", "imgver build api --push")]);
    shop.on("buildx-inspect", "echo 'ERROR: no builder \"far\" found' >&2; exit 1");
    page.rows_on(
        &shop.repo,
        &shop.path(),
        [
            row(7, "a builder that is not there", "imgver build api --builder far"),
            row(7, "a builder in use that is not there", "imgver build api"),
        ],
    );
    let shop = Shop::new();
    shop.on("info", "echo null; echo 'Cannot connect to the Docker daemon' >&2; exit 1");
    page.rows_on(&shop.repo, &shop.path(), [row(6, "no daemon", "imgver build api")]);
    shop.on("info", "echo '[\"Cannot connect to the Docker daemon\"]'; echo null");
    page.rows_on(&shop.repo, &shop.path(), [row(6, "no daemon, said without a failure", "imgver build api")]);
}

fn failures(page: &mut Page) {
    let shop = Shop::new();
    let build = |script: &str| shop.on("buildx-build", script);
    build("exit 17");
    page.rows_on(&shop.repo, &shop.path(), [row(7, "a build that fails", "imgver build api")]);
    build("kill -KILL $$");
    page.rows_on(&shop.repo, &shop.path(), [row(7, "a build that is killed", "imgver build api")]);
    shop.on("buildx-bake", "exit 1");
    page.rows_on(
        &shop.repo,
        &shop.path(),
        [row(7, "one build of several that fails", "imgver build api --all".replace(" api", ""))],
    );
}

fn services(page: &mut Page) {
    let shop = Shop::new();
    shop.repo.write("tools/job/Taskfile.yaml", "vars: {IMAGE_REPO: example/services-web}\n");
    shop.repo.commit("the same image");
    page.rows_on(&shop.repo, &shop.path(), [row(5, "two images of one name", "imgver build web job")]);
    shop.repo.write("services/cafe\u{301}/Taskfile.yaml", "vars: {IMAGE_REPO: example/cafe}\n");
    shop.repo.commit("as some systems spell it");
    page.rows_on(
        &shop.repo,
        &shop.path(),
        [row(5, "a name that bake would change", "imgver build web services/cafe\u{301}")],
    );
    shop.repo.git(["sparse-checkout", "set", "tools"]);
    page.rows_on(&shop.repo, &shop.path(), [row(3, "a service that is not checked out", "imgver build api")]);
}
