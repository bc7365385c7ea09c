//! What is refused before anything is built.

use super::fake::Shop;

#[test]
fn without_docker() {
    let shop = Shop::new();
    for path in ["", "/nonexistent", "relative"] {
        let output = shop.build(&["api"]).env("PATH", path).run();
        assert!(output.fails(6).starts_with("error: docker is not on PATH\n"), "{output}");
        assert!(output.stderr.contains("\nhint: install docker "), "{output}");
    }
    let output = shop.build(&["api"]).without_env("PATH").run();
    output.fails(6);
}

#[test]
fn without_buildx() {
    let shop = Shop::new();
    shop.on("buildx-version", "echo \"docker: 'buildx' is not a docker command.\" >&2; exit 1");
    let output = shop.build(&["api"]).run();
    let expected = "error: docker has no buildx\ncaused by: docker buildx version failed with status 1: docker: 'buildx' is not a docker command.\nhint: install the buildx plugin";
    assert!(output.fails(6).starts_with(expected), "{output}");
    assert!(!shop.has_built());
}

#[test]
fn podman_is_not_docker() {
    let shop = Shop::new();
    // As podman 4.3.1 answers under the name of docker, by a link and by Debian's podman-docker, and as podman 5 does.
    let unknown = "Error: unrecognized command `PROGRAM buildx version`\nTry 'PROGRAM buildx --help' for more information";
    let by_link = unknown.replace("PROGRAM", "docker").replace('`', "\\`");
    let by_wrapper = unknown.replace("PROGRAM", "podman").replace('`', "\\`");
    shop.on("version-", "echo 'Client:       Podman Engine\nVersion:      4.3.1'");
    for answer in [
        format!("echo \"{by_link}\" >&2; exit 125"),
        format!(
            "echo \"Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.\n{by_wrapper}\" >&2; exit 125"
        ),
        "echo 'buildah 1.41.3'".to_owned(),
    ] {
        shop.on("buildx-version", &answer);
        let output = shop.build(&["api", "--push"]).run();
        let stderr = output.fails(6);
        assert!(
            stderr.contains("/bin/docker is podman, which has no buildx\ncaused by: docker buildx version"),
            "{output}"
        );
        assert!(
            stderr.contains("--builder B --push") && stderr.contains("hint: or build one image with podman"),
            "{output}"
        );
        assert!(!shop.has_built());
    }
}

#[test]
fn without_a_daemon() {
    let shop = Shop::new();
    // As the real one answers: the format's result on stdout, the failure on stderr.
    shop.on("buildx-inspect", "echo 'Name: default\nDriver: \nError: Cannot connect'");
    shop.on("info", "echo null; echo 'Cannot connect to the Docker daemon' >&2; exit 1");
    for args in [["api", "--load"], ["api", "--push"]] {
        let output = shop.build(&args).run();
        let stderr = output.fails(6);
        assert!(
            stderr.contains("error: cannot connect to the docker daemon\ncaused by: docker info failed"),
            "{output}"
        );
        assert!(stderr.contains("\nhint: start it"), "{output}");
        assert!(!shop.has_built());
    }
    // A builder elsewhere can push, and cannot load.
    shop.with_builder("remote", "linux/amd64");
    shop.build(&["api", "--load"]).run().fails(6);
    assert!(!shop.has_built());
    assert_eq!(shop.build(&["api", "--push"]).run().code, 0);
}

#[test]
fn a_builder_that_is_not_there() {
    let shop = Shop::new();
    shop.on("buildx-inspect", "echo 'ERROR: no builder \"far\" found' >&2; exit 1");
    let output = shop.build(&["api", "--builder", "far"]).run();
    let expected = "error: cannot use the builder 'far'\ncaused by: docker buildx inspect failed with status 1: ERROR: no builder \"far\" found\nhint: docker buildx ls";
    assert!(output.stderr.contains(expected), "{output}");
    assert!(output.code == 7 && !shop.has_built(), "{output}");
}

#[test]
fn several_platforms_that_cannot_be_held() {
    let several = ["api", "--platform", "linux/amd64,linux/arm64"];
    let run = |shop: &Shop, push: bool| shop.build(&several).args(push.then_some("--push")).run();
    let shop = Shop::new();
    // The image store of containerd holds them.
    assert_eq!((run(&shop, false).code, run(&shop, true).code), (0, 0));
    for driver in ["docker", "docker-container", "remote"] {
        let shop = Shop::new();
        shop.without_image_store();
        shop.with_builder(driver, "linux/amd64, linux/arm64");
        let output = run(&shop, false);
        assert!(output.fails(2).contains("does not use the containerd image store\n"), "{output}");
        assert!(output.stderr.contains("--push"), "{output}");
        assert!(!shop.has_built());
        // The daemon's own builder cannot even push what it cannot hold.
        assert_eq!(run(&shop, true).code, if driver == "docker" { 2 } else { 0 }, "{driver}");
        assert_eq!(shop.build(&["api", "--platform", "linux/arm64"]).run().code, 0, "{driver}");
    }
}

#[test]
fn a_platform_without_emulation_is_only_warned_of() {
    // A Dockerfile that compiles for it elsewhere needs none.
    let shop = Shop::new();
    shop.with_builder("docker-container", "linux/amd64*, linux/386");
    let output = shop.build(&["api", "--platform", "linux/arm64", "--push"]).run();
    assert!(output.stderr.contains("warning: the builder b cannot run linux/arm64: "), "{output}");
    assert!(output.code == 0 && shop.has_built(), "{output}");
    let output = shop.build(&["api", "--platform", "linux/386", "--push"]).run();
    assert!(!output.stderr.contains("cannot run"), "{output}");
}

#[test]
fn the_cache_of_actions_without_its_variables() {
    let shop = Shop::new();
    let gha = |variables: &[(&str, &str)]| {
        let run = shop.build(&["api", "--cache", "gha"]);
        variables.iter().fold(run, |run, (name, value)| run.env(name, value)).run()
    };
    for variables in [
        &[][..],
        &[("ACTIONS_RUNTIME_TOKEN", "t")],
        &[("ACTIONS_RESULTS_URL", "u")],
        &[("ACTIONS_RUNTIME_TOKEN", ""), ("ACTIONS_RESULTS_URL", "u")],
    ] {
        let output = gha(variables);
        assert!(output.fails(2).contains("--cache gha needs ACTIONS_RUNTIME_TOKEN"), "{output}");
        assert!(output.stderr.contains("\nhint: "), "{output}");
        // A dry run says so, too: nothing would run.
        shop.build(&["api", "--cache", "gha", "--dry-run"]).run().fails(2);
    }
    assert_eq!(shop.asked("buildx-version"), None);
    for url in ["ACTIONS_RESULTS_URL", "ACTIONS_CACHE_URL"] {
        assert_eq!(gha(&[("ACTIONS_RUNTIME_TOKEN", "t"), (url, "u")]).code, 0);
    }
}

#[test]
fn command_lines_that_mean_nothing() {
    let shop = Shop::new();
    for args in [
        &["api", "--push", "--load"][..],
        &["api", "--all"],
        &["api", "--platform", "linux/"],
        &["api", "--platform", "-x"],
        &["api", "--cache", "s3"],
        &["api", "--cache", "registry=A"],
        &["api", "--cache", "local="],
        &["api", "--build-arg", ""],
        &["api", "--build-arg", "VERSION"],
        &["api", "--environment", "prod"],
        &["api", "--secret", ""],
        &["api", "--", "other"],
        &["api", "--", "--set", "*.target=x"],
        &["api", "web", "--", "--secret", "id=a"],
        &["--all", "--", "--network=host"],
        &["--all", "--", "api"],
        &["api", "--build-arg", "=A"],
        &["api", "--build-arg", "VERSION=1"],
        &["api", "--label", "A"],
        &["api", "--abbrev", "3"],
        &["api", "--", "--push"],
        &["api", "--push", "--", "--push=false"],
        &["api", "--", "--load=false"],
        &["api", "web", "--push", "--", "--set", "a*.tags=example/other:1"],
        &["api", "web", "--", "--set", "*.args.VERSION=1"],
        &["api", "--", "--build-arg", "VERSION=1"],
        &["api", "web", "--", "--no-cache", "--load"],
    ] {
        let output = shop.build(args).run();
        assert!(output.code == 2 && output.stdout.is_empty(), "{output}");
        assert!(output.stderr.starts_with("error: "), "{output}");
    }
    for args in [&["nothing"][..], &["api", "--set-version", "a b"], &[]] {
        shop.build(args).run().fails(5);
    }
    assert_eq!(shop.asked("buildx-version"), None);
}

#[test]
fn every_option_of_imgver_behind_the_dashes_is_named_or_is_dockers_own() {
    let shop = Shop::new();
    let help = shop.build(&["--help"]).run();
    let help = help.text();
    let lines = help.lines().map(str::trim_start).filter_map(|line| line.strip_prefix("--"));
    let ends = |character: char| !character.is_ascii_alphabetic() && character != '-';
    let mut refused = 0;
    for option in lines.filter_map(|line| line.split(ends).next()) {
        for services in [&["api"][..], &["api", "web"]] {
            let before = shop.builds().len();
            let output = shop.build(services).args(["--", &format!("--{option}=x")]).run();
            let is_dockers = matches!(option, "builder" | "no-cache" | "pull" | "provenance" | "sbom")
                || (services.len() == 1
                    && matches!(option, "build-arg" | "label" | "platform" | "secret" | "ssh" | "target"));
            if is_dockers {
                assert_eq!(output.code, 0, "{output}");
            } else {
                assert!(output.fails(2).contains(" before --"), "{output}");
                assert_eq!(shop.builds().len(), before);
                refused += 1;
            }
        }
    }
    assert!(refused > 25, "{refused}");
    // As a person writes them.
    for args in [
        &["api", "--", "--dry-run"][..],
        &["api", "--", "--all"],
        &["api", "--", "--environment", "production"],
        &["api", "web", "--", "--progress", "plain", "--dry-run"],
        &["api", "--", "-C", "services"],
    ] {
        let output = shop.build(args).run();
        assert!(
            output
                .fails(2)
                .contains(" after -- is an option of imgver's, not of docker's\nhint: put it before --"),
            "{output}"
        );
    }
    // One of tomorrow's docker.
    assert_eq!(shop.build(&["api", "--", "--flag-of-tomorrow", "x"]).run().code, 0);
}

#[test]
fn what_ci_systems_leave_empty_is_not_given() {
    let shop = Shop::new();
    let args = [
        "api",
        "--platform=",
        "--cache=",
        "--builder=",
        "--set-version=",
        "--environment=",
        "--metadata-file=",
    ];
    assert_eq!(shop.build(&args).run().code, 0);
    assert_eq!(shop.asked("buildx-inspect").unwrap(), ["buildx", "inspect"]);
    let built = shop.built();
    assert!(
        !built.iter().any(|arg| arg.starts_with("--platform") || arg.starts_with("--cache")),
        "{built:?}"
    );
}

#[test]
fn one_image_for_several_services() {
    let shop = Shop::new();
    let output = shop.build(&["api", "web"]).env("IMAGE_REPO", "team/one").run();
    assert!(output.fails(2).contains("IMAGE_REPO names only one image"), "{output}");
    assert_eq!(shop.build(&["api"]).env("IMAGE_REPO", "team/one").run().code, 0);
    assert_eq!(shop.build(&["api", "web"]).env("IMAGE_REPO", "").run().code, 0);
}

#[test]
fn all_services_with_one_that_cannot_be_read() {
    let shop = Shop::new();
    shop.repo.write("services/web/Taskfile.yaml", "vars:\n  IMAGE_REPO: [\n");
    let output = shop.build(&["--all"]).run();
    assert!(output.fails(5).contains("services/web/Taskfile.yaml:"), "{output}");
    assert!(!shop.has_built());
    assert_eq!(shop.build(&["api", "job"]).run().code, 0);
}

#[test]
fn a_service_that_is_not_checked_out() {
    let shop = Shop::new();
    shop.repo.git(["sparse-checkout", "set", "tools"]);
    let output = shop.build(&["--all"]).run();
    assert!(output.fails(3).contains("services/api is not checked out\n"), "{output}");
    assert!(output.stderr.contains("hint: git sparse-checkout add services/api\n"), "{output}");
    assert_eq!(shop.build(&["job"]).run().code, 0);
    // Not even in part: what is missing would be missing in the image.
    shop.repo.git(["sparse-checkout", "set", "--no-cone", "tools/", "services/web/Taskfile.yaml"]);
    assert_eq!(shop.build(&["web"]).run().code, 0);
    shop.repo.git(["sparse-checkout", "disable"]);
    shop.repo.write("services/web/src/main.txt", "");
    shop.repo.commit("source");
    shop.repo.git(["sparse-checkout", "set", "--no-cone", "tools/", "services/web/Taskfile.yaml"]);
    let output = shop.build(&["web"]).run();
    assert!(output.fails(3).contains("services/web/src/main.txt is not checked out\n"), "{output}");
}

#[test]
fn two_images_of_one_name() {
    let shop = Shop::new();
    let taskfile = std::fs::read_to_string(shop.repo.path().join("services/web/Taskfile.yaml")).unwrap();
    shop.repo.write("tools/job/Taskfile.yaml", taskfile);
    shop.repo.commit("the same image");
    let output = shop.build(&["--all"]).run();
    let expected = "services/web and tools/job would both be tagged example/services-web:0.0.0-0002-";
    assert!(output.fails(5).contains(expected), "{output}");
    assert!(!shop.has_built());
    assert_eq!(shop.build(&["web", "api"]).run().code, 0);
}

#[test]
fn names_that_bake_would_change() {
    let shop = Shop::new();
    shop.repo.service("services/cafe\u{301}");
    shop.repo.write("services/cafe\u{301}/Taskfile.yaml", "vars: {IMAGE_REPO: example/cafe}\n");
    shop.repo.commit("as some systems spell it");
    let output = shop.build(&["--all"]).run();
    assert!(output.fails(5).contains("docker buildx bake would change '"), "{output}");
    assert!(!shop.has_built());
    assert_eq!(shop.build(&["services/cafe\u{301}"]).run().code, 0);
}
