//! What docker is told.

use serde_json::json;

use super::fake::{Shop, values};

/// When the shop's commit was made.
const TIME: &str = "1700000060";

#[test]
fn one_service_is_built_by_build() {
    let shop = Shop::new();
    let commit = shop.repo.head();
    let output = shop.build(&["web"]).run();
    assert_eq!((output.text(), shop.asked("buildx-bake")), (String::new(), None));
    let version = format!("0.0.0-0001-{}", &commit[..7]);
    let reference = format!("example/services-web:{version}");
    assert!(output.stderr.contains(&format!("building {reference}\n")), "{output}");
    let label = |name: &str, value: &str| format!("org.opencontainers.image.{name}={value}");
    let expected = [
        "buildx",
        "build",
        "--load",
        "--tag",
        &reference,
        "--build-arg",
        &format!("SOURCE_DATE_EPOCH={TIME}"),
        "--build-arg",
        &format!("VERSION={version}"),
        "--label",
        &label("created", "2023-11-14T22:14:20Z"),
        "--label",
        &label("revision", &commit),
        "--label",
        &label("title", "web"),
        "--label",
        &label("version", &version),
        "./services/web",
    ];
    assert_eq!(shop.built(), expected);
}

#[test]
fn every_option_reaches_docker() {
    let shop = Shop::new();
    shop.repo.git(["remote", "add", "origin", "https://ada:s3cret@example.org/team/shop.git"]);
    shop.with_builder("remote", "linux/amd64, linux/arm64");
    std::fs::create_dir(shop.repo.path().join("out")).unwrap();
    let args = [
        "--push",
        "--platform=linux/amd64,linux/arm64,linux/amd64",
        "--cache=registry=example.org/cache",
        "--builder=b",
        "--build-arg=A=1=2",
        "--build-arg=SOURCE_DATE_EPOCH=5",
        "--label=org.opencontainers.image.title=Shop window",
        "--label=empty=",
        "--metadata-file=out/a b.json",
        "services/web",
        "--",
        "--no-cache",
        "--secret",
        "id=a,src=b c",
    ];
    assert_eq!(shop.build(&args).run().text(), "");
    let built = shop.built();
    assert_eq!(built[..2], ["buildx", "build"]);
    assert_eq!(values(&built, "--builder"), ["b"]);
    assert_eq!(values(&built, "--platform"), ["linux/amd64,linux/arm64"]);
    assert_eq!(values(&built, "--metadata-file"), ["out/a b.json"]);
    // The cache is written before anything is pushed.
    let cache = "ref=example.org/cache:services-web";
    assert_eq!(values(&built, "--cache-from"), [""; 0]);
    assert_eq!(values(&built, "--cache-to"), [""; 0]);
    let [first, second] = &shop.builds()[..] else { panic!("{:?}", shop.builds()) };
    assert!(first.contains(&format!("--cache-to type=registry,mode=max,{cache}")), "{first}");
    assert!(first.contains("--no-cache") && first.contains("--output type=cacheonly"), "{first}");
    assert!(!first.contains("--push") && !first.contains("--metadata-file"), "{first}");
    assert!(second.contains("--push") && !second.contains("--output"), "{second}");
    assert!(built.contains(&"--push".to_owned()) && !built.contains(&"--load".to_owned()), "{built:?}");
    let build_args = values(&built, "--build-arg");
    assert!(build_args.contains(&"A=1=2") && build_args.contains(&"SOURCE_DATE_EPOCH=5"), "{build_args:?}");
    assert_eq!(build_args.len(), 3);
    let labels = values(&built, "--label");
    assert!(labels.contains(&"org.opencontainers.image.title=Shop window") && labels.contains(&"empty="));
    assert!(labels.contains(&"org.opencontainers.image.source=https://example.org/team/shop"), "{labels:?}");
    assert_eq!(built[built.len() - 3..], ["--secret", "id=a,src=b c", "./services/web"]);
    assert_eq!(shop.asked("buildx-inspect").unwrap(), ["buildx", "inspect", "--builder", "b"]);
    // What is pushed from elsewhere needs no daemon here.
    assert_eq!(shop.asked("info"), None);
}

#[test]
fn several_services_are_one_definition() {
    let shop = Shop::new();
    let commit = shop.repo.head();
    let args = ["job", "services/api", "tools/job", "--cache", "local=.cache", "--platform", "linux/arm64"];
    assert_eq!(shop.build(&args).args(["--builder", "b", "--", "--progress", "plain"]).run().text(), "");
    assert_eq!(
        shop.asked("buildx-bake").unwrap(),
        ["buildx", "bake", "--builder", "b", "--load", "--file", "-", "--progress", "plain"]
    );
    let target = |service: &str, title: &str, version: &str| {
        json!({
            "context": format!("./{service}"),
            "tags": [format!("example/{}:{version}", service.replace('/', "-"))],
            "args": {"SOURCE_DATE_EPOCH": TIME, "VERSION": version},
            "labels": {
                "org.opencontainers.image.created": "2023-11-14T22:14:20Z",
                "org.opencontainers.image.revision": commit,
                "org.opencontainers.image.title": title,
                "org.opencontainers.image.version": version,
            },
            "platforms": ["linux/arm64"],
            "cache-from": [format!("type=local,src=.cache/{service}")],
            "cache-to": [format!("type=local,mode=max,dest=.cache/{service}")],
        })
    };
    let short = &commit[..7];
    let expected = json!({
        "group": {"default": {"targets": ["api", "job"]}},
        "target": {
            "api": target("services/api", "api", &format!("1.2.3-0000-{short}")),
            "job": target("tools/job", "job", &format!("0.0.0-0001-{short}")),
        },
    });
    assert_eq!(shop.baked(), expected);
    // The definition is of what the user named, wherever that is.
    assert_eq!(shop.heard("buildx-bake")[2], b"BUILDX_BAKE_ENTITLEMENTS_FS=0\n");
}

#[test]
fn options_for_one_work_for_several() {
    let shop = Shop::new();
    let options = [
        "--target=run",
        "--secret=id=a,src=b c",
        "--secret",
        "id=b,env=B",
        "--ssh=default",
        "--no-cache",
        "--pull",
        "--provenance=mode=max",
        "--sbom=false",
        "--build-arg=A=1",
        "--build-arg=A",
        "--build-arg=B",
        "--build-arg=B=2",
    ];
    assert_eq!(shop.build(&["api"]).args(options).run().code, 0);
    let built = shop.built();
    for (name, expected) in [
        ("--target", &["run"][..]),
        ("--secret", &["id=a,src=b c", "id=b,env=B"]),
        ("--ssh", &["default"]),
        ("--provenance", &["mode=max"]),
        ("--sbom", &["false"]),
    ] {
        assert_eq!(values(&built, name), expected);
    }
    // docker looks it up itself; the last one counts, or the one before where there is no such variable.
    assert!(values(&built, "--build-arg").ends_with(&["A"]), "{built:?}");
    assert!(values(&built, "--build-arg").contains(&"A=1") && values(&built, "--build-arg").contains(&"B=2"));
    assert!(built.contains(&"--no-cache".to_owned()) && built.contains(&"--pull".to_owned()), "{built:?}");

    assert_eq!(shop.build(&["api", "web"]).args(options).run().code, 0);
    assert_eq!(
        shop.builds()[1],
        "bake --pull --provenance mode=max --sbom false --no-cache --load --set *.args.A --file -"
    );
    let baked = shop.baked();
    for target in ["api", "web"] {
        let target = &baked["target"][target];
        assert_eq!(target["target"], "run");
        assert_eq!(target["secret"], json!(["id=a,src=b c", "id=b,env=B"]));
        assert_eq!(target["ssh"], json!(["default"]));
        assert_eq!((&target["args"]["A"], &target["args"]["B"]), (&json!("1"), &json!("2")));
    }
}

#[test]
fn what_is_sent_elsewhere_is_not_loaded_as_well() {
    let shop = Shop::new();
    shop.without_image_store();
    shop.with_builder("remote", "linux/amd64, linux/arm64");
    let both = ["--platform", "linux/amd64,linux/arm64"];
    for extra in [&["--output", "type=cacheonly"][..], &["-o", "out"], &["--output=type=oci,dest=x"]] {
        assert_eq!(shop.build(&["api"]).args(both).args(["--"]).args(extra).run().code, 0, "{extra:?}");
        let built = shop.built();
        assert!(!built.contains(&"--load".to_owned()), "{built:?}");
        shop.build(&["api", "--load"]).args(both).args(["--"]).args(extra).run().fails(2);
    }
    let bake = ["--all", "--", "--set", "*.output=type=cacheonly"];
    assert_eq!(shop.build(&bake).run().code, 0);
    assert!(!shop.asked("buildx-bake").unwrap().contains(&"--load".to_owned()));
}

#[test]
fn the_source_is_where_origin_is_on_the_web() {
    let shop = Shop::new();
    let source = |expected: Option<&str>| {
        assert_eq!(shop.build(&["api"]).run().code, 0);
        let built = shop.built();
        let labels = values(&built, "--label");
        let mut sources =
            labels.iter().filter_map(|label| label.strip_prefix("org.opencontainers.image.source="));
        assert_eq!(sources.next(), expected);
    };
    source(None);
    shop.repo.git(["remote", "add", "origin", "team:shop.git"]);
    source(None);
    // Where this clone fetches from instead is nobody else's affair.
    shop.repo.git(["config", "url.https://ada:s3cret@mirror.example.org/.insteadOf", "git@example.com:"]);
    shop.repo.git(["remote", "set-url", "origin", "git@example.com:team/shop.git"]);
    source(Some("https://example.com/team/shop"));
    shop.repo.git(["remote", "set-url", "--add", "origin", "https://example.net/second"]);
    source(Some("https://example.com/team/shop"));
    shop.repo.git(["config", "remote.origin.pushurl", "git@example.org:team/elsewhere.git"]);
    source(Some("https://example.com/team/shop"));
    shop.repo.git([
        "config",
        "--replace-all",
        "remote.origin.url",
        "ssh://git@ssh.github.com:443/team/shop.git",
    ]);
    source(Some("https://github.com/team/shop"));
    shop.repo.git([
        "config",
        "remote.origin.url",
        "git@git-codecommit.eu-west-1.amazonaws.com:v1/repos/shop",
    ]);
    source(None);
}

#[test]
fn all_means_all_and_nothing_means_here() {
    let shop = Shop::new();
    assert_eq!(shop.build(&["--all"]).run().code, 0);
    assert_eq!(shop.baked()["group"]["default"]["targets"], json!(["api", "web", "job"]));
    assert_eq!(shop.build(&[]).cwd("services/web").run().code, 0);
    assert_eq!(shop.built().last().unwrap(), ".");
    assert_eq!(shop.build(&["-C", "services", "api"]).run().code, 0);
    assert_eq!(shop.built().last().unwrap(), "./api");
    assert_eq!(shop.build(&["job"]).cwd("services/web").run().code, 0);
    assert_eq!(shop.built().last().unwrap(), "../../tools/job");
    shop.build(&["--all"]).cwd("tools").run().text();
    assert_eq!(shop.baked()["target"]["web"]["context"], "../services/web");
}

#[test]
fn a_repository_with_one_image_is_built_as_a_whole() {
    let shop = Shop::new();
    shop.build(&[]).run().fails(5);
    assert_eq!(shop.build(&[]).env("IMAGE_REPO", "team/shop").run().code, 0);
    let built = shop.built();
    assert!(values(&built, "--tag")[0].starts_with("team/shop:0.0.0-0001-"), "{built:?}");
    assert!(values(&built, "--label").contains(&"org.opencontainers.image.title=shop"), "{built:?}");
    assert_eq!(built.last().unwrap(), ".");
}

#[test]
fn a_work_tree_elsewhere_is_named_in_full() {
    let shop = Shop::new();
    let elsewhere = shop.repo.beside("else where");
    std::fs::create_dir(elsewhere.path()).unwrap();
    let run = shop.build(&["services/api"]).cwd(elsewhere.path());
    let run = run.env("GIT_DIR", shop.repo.path().join(".git")).env("GIT_WORK_TREE", shop.repo.path());
    assert_eq!(run.run().text(), "");
    assert_eq!(shop.built().last().unwrap(), shop.repo.path().join("services/api").to_str().unwrap());
}

#[test]
fn names_that_look_like_something_else_stay_names() {
    let shop = Shop::new();
    for service in ["x/--push", "a b/$(id)", "https:/example.org", "github.com/team", "a/b,\"c"] {
        shop.repo.write(&format!("{service}/Taskfile.yaml"), "vars:\n  IMAGE_REPO: example/odd\n");
    }
    shop.repo.commit("odd names");
    for service in ["x/--push", "a b/$(id)", "https:/example.org", "github.com/team"] {
        assert_eq!(shop.build(&["--cache=local=c", "--", "--no-cache"]).cwd(service).run().text(), "");
        assert_eq!(shop.built().last().unwrap(), ".");
        assert_eq!(shop.build(&[&format!("./{service}")]).run().text(), "");
        assert_eq!(shop.built().last().unwrap(), &format!("./{service}"));
    }
    shop.build(&["a/b,\"c", "--cache=local=c"]).run().text();
    assert_eq!(values(&shop.built(), "--cache-from"), ["type=local,\"src=c/a/b,\"\"c\""]);
}

#[test]
fn docker_gets_the_callers_environment_and_directory() {
    let shop = Shop::new();
    shop.on("buildx-build", "echo \"$TOKEN in $(pwd)\"; echo progress >&2; cat");
    let output = shop.build(&["api"]).cwd("tools").env("TOKEN", "t0k en").input("typed").run();
    let tools = shop.repo.path().join("tools");
    assert_eq!(output.text(), format!("t0k en in {}\ntyped", tools.display()));
    assert!(output.stderr.ends_with("progress\n"), "{output}");
}
