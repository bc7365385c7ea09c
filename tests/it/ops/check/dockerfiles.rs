//! Services that are built without a Dockerfile.

use super::shop::{API, BUILD, WEB, brief, clean, edit, only, shop, shop_with};
use crate::support::Repo;

/// The shop, in which both services have a Dockerfile, and api has this task to build it.
fn shop_with_task(build: &str) -> Repo {
    let repo = shop();
    for service in [API, WEB] {
        repo.write(&format!("{service}/Dockerfile"), "FROM scratch\n");
    }
    let text = format!("version: '3'\nvars: {{IMAGE_REPO: team/api}}\ntasks:\n  build: {build}\n");
    repo.write(&format!("{API}/Taskfile.yaml"), text);
    repo.commit("Add Dockerfiles");
    clean(&repo, &[]);
    repo
}

#[test]
fn a_service_that_is_built_without_a_dockerfile_is_told() {
    let expected = format!("error dockerfile {API}/Taskfile.yaml:1:1");
    let repo = shop_with_task("imgver build");
    repo.git(["rm", "-q", &format!("{API}/Dockerfile")]);
    let [message, why, fix] = only(&repo, &[], &expected);
    assert_eq!(message, "git tracks no services/go/api/Dockerfile");
    assert!(why.contains("fails") && fix.contains("--file FILE"), "{why} {fix}");
    for (name, is_told) in [
        ("Containerfile", true),
        ("api.Dockerfile", true),
        ("DOCKERFILE", true),
        ("Dockerfile", false),
        // BuildKit looks for this one as well.
        ("dockerfile", false),
    ] {
        let repo = shop_with_task("imgver build");
        repo.git(["mv", &format!("{API}/Dockerfile"), &format!("{API}/x")]);
        repo.git(["mv", &format!("{API}/x"), &format!("{API}/{name}")]);
        if is_told {
            let [message, _, fix] = only(&repo, &[], &expected);
            assert!(message.ends_with(&format!("only {API}/{name}")), "{message}");
            assert!(fix.starts_with(&format!("git mv {API}/{name} {API}/Dockerfile")), "{fix}");
        } else {
            clean(&repo, &[]);
        }
    }
}

#[test]
fn a_service_that_is_built_otherwise_is_left_alone() {
    for task in [
        "imgver build -- --file docker/api",
        "imgver build -- -f docker/api",
        "['sed s/X/1/ template >Dockerfile', imgver build]",
        "docker build .",
        "echo built\n  # as by imgver build",
        "imgver list",
    ] {
        let repo = shop_with_task(task);
        repo.git(["rm", "-q", &format!("{API}/Dockerfile")]);
        clean(&repo, &[]);
    }
}

#[test]
fn workflows_build_services_as_well() {
    let expected = [format!("error dockerfile {API}/Taskfile.yaml:1:1")];
    for (step, is_told) in [
        ("      - run: imgver build services/go/api\n", true),
        ("      - run: imgver build --push api\n", true),
        ("      - uses: docker/build-push-action@v6\n        with: {context: ./services/go/api}\n", true),
        ("      - run: imgver build \"$SERVICE\" -- --file \"$SERVICE.txt\"\n", false),
        (
            "      - uses: docker/build-push-action@v6\n        with: {context: '${{ matrix.service }}', file: Dockerfile}\n",
            false,
        ),
        ("      - uses: docker/build-push-action@v6\n        with: {context: .}\n", false),
        ("      - run: imgver build web\n", false),
        ("      - run: imgver build \"$SERVICE\"\n", true),
        ("      - run: imgver build api -- --file api.txt\n", false),
        (
            "      - uses: docker/build-push-action@v6\n        with: {context: services/go/api, file: api.txt}\n",
            false,
        ),
        (
            "      - uses: docker/build-push-action@v6\n        with: {context: '${{ matrix.service }}'}\n",
            true,
        ),
        // What imgver says of a service, by either command.
        (
            "      - uses: docker/build-push-action@v6\n        with: {context: './${{ steps.image.outputs.context }}', file: '${{ steps.image.outputs.dockerfile }}'}\n",
            true,
        ),
        (
            "      - uses: docker/build-push-action@v6\n        with: {context: '${{ matrix.context }}', file: '${{ matrix.dockerfile }}'}\n",
            true,
        ),
        (
            "      - uses: docker/build-push-action@v6\n        with: {context: '${{ matrix.context }}', file: '${{ steps.image.outputs.file }}'}\n",
            false,
        ),
    ] {
        let repo =
            shop_with(BUILD, "      - run: imgver plan\n", &format!("      - run: imgver plan\n{step}"));
        repo.write(&format!("{WEB}/Dockerfile"), "FROM scratch\n");
        repo.commit("Build");
        assert_eq!(brief(&repo, &[]), if is_told { &expected[..] } else { &[] }, "{step}");
    }
    let repo = shop_with(BUILD, "      - run: imgver plan\n", "      - run: imgver build --all\n");
    assert_eq!(brief(&repo, &[]).len(), 2);
    edit(&repo, BUILD, "- run: imgver build --all", "- if: inputs.all\n        run: imgver build --all");
    clean(&repo, &[]);
}
