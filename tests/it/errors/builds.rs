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
    settings(page);
    sparse_settings(page);
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
            row(2, "what imgver decides, taken back behind --", "imgver build api --push -- --push=false"),
            row(2, "loading, taken back behind --", "imgver build api web -- --load=false"),
            row(2, "the version behind --", "imgver build api -- --build-arg VERSION=1"),
            row(2, "an option of imgver's behind --", "imgver build api -- --dry-run"),
            row(2, "tags of their own for several", "imgver build api web -- --set '*.tags=example/other:1'"),
            row(2, "a metadata file behind --", "imgver build api -- --metadata-file m.json"),
            row(2, "a second context", "imgver build api -- ../shared"),
            row(2, "an option of bake for one service", "imgver build api -- --set '*.dockerfile=other'"),
            row(2, "a bake definition printed for one service", "imgver build api -- --print"),
            row(2, "an option of bake that build has not", "imgver build api -- --list=targets"),
            row(2, "an option without its value", "imgver build api -- --secret"),
            row(2, "an option of build for several services", "imgver build api web -- --secret id=a"),
            row(2, "caches of their own for several", "imgver build api web -- --cache-from example/cache"),
            row(2, "a Dockerfile of another name for several", "imgver build api web -- -f Dockerfile.prod"),
            row(2, "an option that no several services have", "imgver build api web -- --network=host"),
            row(2, "a misspelled option for several", "imgver build api web -- --no-cahce"),
            row(2, "an option of nobody", "imgver build api web -- --xyzzy"),
            row(2, "a target of bake", "imgver build api web -- api"),
            row(2, "an attribute that imgver sets", "imgver build api --cache registry=team/cache,ref=other"),
            row(2, "an attribute without a value", "imgver build api --cache local=dir,compression"),
            row(
                2,
                "what is missing, and what is there anew",
                "imgver build api --push --missing --if-exists overwrite",
            ),
            row(
                2,
                "records of images that go anywhere",
                "imgver build api --push --images-file i.json -- --output type=oci",
            ),
            row(
                2,
                "a release with a bake file",
                "imgver build api web --set-version 1.0.0 -- --file more.hcl",
            ),
            row(
                2,
                "a further tag that nobody can look up",
                "imgver build api --push -- --tag x:1.0.0@sha256:00",
            ),
            row(2, "records of images that are not pushed", "imgver build api --images-file i.json"),
            row(2, "an environment that is misspelled", "imgver build api --environment prodution"),
            row(0, "an environment that is nearly production", "imgver build api --environment prod-eu"),
            row(0, "a service without a release", "imgver build web"),
        ],
    );
}

fn without_docker(page: &mut Page) {
    let shop = Shop::new();
    page.rows_on(&shop.repo, &"/nonexistent".into(), [row(6, "no docker", "imgver build api")]);
    shop.on("buildx-version", "echo \"docker: 'buildx' is not a docker command.\" >&2; exit 1");
    page.rows_on(&shop.repo, &shop.path(), [row(6, "no buildx", "imgver build api")]);
    shop.on("buildx-version", "echo 'buildah 1.41.3'");
    page.rows_on(&shop.repo, &shop.path(), [row(6, "podman under the name of docker", "imgver build api")]);
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
    let pushed = "imgver build --all --push";
    let no_file = format!("{pushed} --metadata-file nowhere/m.json");
    page.rows_on(
        &shop.repo,
        &shop.path(),
        [
            row(7, "a push that is killed", "imgver build api --push"),
            row(1, "a metadata file that cannot be written", no_file),
            row(1, "a metadata file that is none", format!("{pushed} --metadata-file services")),
        ],
    );
    build("exit 1");
    let given = "imgver build --all -- --set *.output=type=oci";
    let bake = |script: &str| shop.on("buildx-bake", &format!("cat >/dev/null; {script}"));
    bake("exit 1");
    page.rows_on(
        &shop.repo,
        &shop.path(),
        [
            row(7, "an image that is not pushed", "imgver build api --push"),
            row(7, "one build of several that fails", "imgver build --all"),
            row(7, "one build of several that fails, with an output of its own", given),
            row(7, "one build of several that fails before any is pushed", pushed),
        ],
    );
    let tagged = "imgver build api --push -- --tag example/other:1";
    page.rows_on(&shop.repo, &shop.path(), [row(7, "a push with more tags", tagged)]);
    shop.on("buildx-imagetools", "echo 'ERROR: unexpected status: 429 Too Many Requests' >&2; exit 1");
    let one = "imgver build api --push";
    page.rows_on(&shop.repo, &shop.path(), [row(7, "a registry that gives no answer after a push", one)]);
    shop.on("buildx-imagetools", "echo 'Name: example/services-api'");
    page.rows_on(&shop.repo, &shop.path(), [row(7, "an image that may have been pushed", one)]);
    shop.on("buildx-imagetools", "echo 'ERROR: example/services-web: not found' >&2; exit 1");
    bake(r#"case "$*" in *cacheonly*) ;; *"- web" | *"- job" | *-) exit 1 ;; esac"#);
    page.rows_on(&shop.repo, &shop.path(), [row(7, "a registry that refuses two of three", pushed)]);
    bake(r#"case "$*" in *cacheonly*) ;; *) exit 143 ;; esac"#);
    page.rows_on(&shop.repo, &shop.path(), [row(7, "a push of several that is stopped", pushed)]);
    bake(r#"case "$*" in *"- web" | *-) exit 1 ;; esac"#);
    let going_on = format!("{pushed} --keep-going");
    page.rows_on(&shop.repo, &shop.path(), [row(7, "the others pushed all the same", going_on)]);
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

fn settings(page: &mut Page) {
    let shop = Shop::new();
    for file in ["apps/web/Dockerfile.prod", "docker/jobs.Dockerfile", "apps/web/src/a"] {
        shop.repo.write(file, "# nothing\n");
    }
    shop.repo.write("apps/gone/Dockerfile", "FROM scratch\n");
    shop.repo.commit("begin");
    fs::remove_file(shop.repo.path().join("apps/gone/Dockerfile")).unwrap();
    let with = |exit, what, line: &str, entry: &str| {
        let text = format!("image: acme/{{name}}\nservices:\n  {entry}\n");
        row(exit, what, line).with("imgver.yaml", text)
    };
    let web = |exit, what, settings: &str| {
        with(exit, what, "imgver build apps/web", &format!("apps/web: {{ {settings} }}"))
    };
    let jobs = "dockerfile: docker/jobs.Dockerfile";
    let both = "platforms: [linux/amd64, linux/arm64]";
    page.rows_on(
        &shop.repo,
        &shop.path(),
        [
            web(5, "a Dockerfile that is only found from the service", "dockerfile: Dockerfile.prod"),
            web(5, "a Dockerfile that is misspelled", "dockerfile: docker/jobs.Dokerfile"),
            web(5, "a Dockerfile that nobody names", ""),
            web(5, "a Dockerfile that is a directory", "dockerfile: apps/web/src"),
            with(5, "a Dockerfile that was deleted", "imgver build gone", "apps/gone: {}"),
            with(5, "no Dockerfile at all", "imgver build apps", "apps: {}"),
            web(5, "a context that is only found from the service", &format!("context: src, {jobs}")),
            web(5, "a context that is misspelled", &format!("context: apps/web/scr, {jobs}")),
            web(5, "a context that is nowhere", &format!("context: xyzzy, {jobs}")),
            web(0, "a whole repository as context", &format!("context: ., {jobs}")),
            row(5, "a service without an image", "imgver build apps/web")
                .with("imgver.yaml", "services:\n  apps/web: {}\n"),
        ],
    );
    shop.without_image_store();
    let several = [web(2, "several platforms of the file, loaded", &format!("{jobs}, {both}"))];
    page.rows_on(&shop.repo, &shop.path(), several);
}

fn sparse_settings(page: &mut Page) {
    let shop = Shop::new();
    shop.repo.write(
        "imgver.yaml",
        "image: acme/{name}\nservices:\n  apps/web: { context: . }\n  apps/jobs: { dockerfile: docker/Dockerfile }\n",
    );
    for file in ["apps/web/Dockerfile", "apps/jobs/a", "docker/Dockerfile", "libs/a"] {
        shop.repo.write(file, "# nothing\n");
    }
    shop.repo.commit("a workspace");
    for service in ["web", "jobs"] {
        shop.repo.tag(&format!("apps/{service}@1.0.0"));
    }
    let released = "imgver build apps/web --environment production";
    page.rows_on(
        &shop.repo,
        &shop.path(),
        [row(4, "a release with changes in its context", released).with("libs/a", "another")],
    );
    shop.repo.git(["sparse-checkout", "set", "apps"]);
    page.rows_on(
        &shop.repo,
        &shop.path(),
        [
            row(3, "a context that is checked out in part", "imgver build apps/web"),
            row(3, "a Dockerfile that is not checked out", "imgver build apps/jobs"),
        ],
    );
}
