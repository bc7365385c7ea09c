//! Builds as `imgver.yaml` describes them: contexts and Dockerfiles anywhere, several images, stages, platforms, arguments.

use serde_json::json;

use super::fake::{Shop, values};

/// A workspace: what is built is below `apps`, and two services build from its root.
const WORKSPACE: &str = "\
image: registry.example/acme/{name}
services:
  apps/orders: {}
  apps/web:
    image: [registry.example/acme/web, mirror.example:5000/acme/web]
    context: .
    dockerfile: docker/web.Dockerfile
    target: runtime
    platforms: [linux/amd64, linux/arm64]
    build-args: { NODE_ENV: production, RELEASE: '1.20' }
  apps/admin: { directory: apps/web, dockerfile: apps/web/Dockerfile.admin }
  apps/jobs: { context: ., dockerfile: apps/jobs/Dockerfile }
";

/// A docker, and that workspace, released as a whole.
fn workspace() -> Shop {
    let shop = Shop::new();
    shop.repo.write("imgver.yaml", WORKSPACE);
    for file in [
        "apps/orders/Dockerfile",
        "apps/web/Dockerfile.admin",
        "apps/jobs/Dockerfile",
        "docker/web.Dockerfile",
        ".dockerignore",
    ] {
        shop.repo.write(file, "# nothing\n");
    }
    shop.repo.commit("a workspace");
    shop
}

/// The options that come from settings, and the context.
fn told(shop: &Shop) -> Vec<String> {
    let built = shop.built();
    let mut words: Vec<String> = Vec::new();
    for name in ["--file", "--target", "--platform", "--tag", "--build-arg"] {
        let all = values(&built, name)
            .into_iter()
            .filter(|value| !value.starts_with("VERSION=") && !value.starts_with("SOURCE_DATE_EPOCH="));
        words.extend(all.map(|value| format!("{name} {value}")));
    }
    words.extend(built.last().cloned());
    words
}

const SET: [&str; 2] = ["--set-version", "v"];

#[test]
fn one_service_is_built_as_its_settings_say() {
    let shop = workspace();
    let from = |directory: &str, service: &str| {
        let output = shop.build(&[service]).args(SET).cwd(directory).run();
        assert_eq!((output.code, &*output.stdout), (0, ""), "{output}");
        (told(&shop), output.stderr)
    };
    let (built, stderr) = from("", "apps/web");
    assert_eq!(
        built,
        [
            "--file ./docker/web.Dockerfile",
            "--target runtime",
            "--platform linux/amd64,linux/arm64",
            "--tag registry.example/acme/web:v",
            "--tag mirror.example:5000/acme/web:v",
            "--build-arg NODE_ENV=production",
            "--build-arg RELEASE=1.20",
            ".",
        ]
    );
    let building = "building registry.example/acme/web:v\nbuilding mirror.example:5000/acme/web:v\n";
    assert!(stderr.contains(building), "{stderr}");
    // As seen from anywhere.
    let (built, _) = from("apps/web", "apps/web");
    assert_eq!((&*built[0], &*built[7]), ("--file ../../docker/web.Dockerfile", "../.."));
    let (built, _) = from("docker", "admin");
    assert_eq!(
        built,
        ["--file ../apps/web/Dockerfile.admin", "--tag registry.example/acme/admin:v", "../apps/web"]
    );
    let (built, _) = from("", "jobs");
    assert_eq!(built, ["--file ./apps/jobs/Dockerfile", "--tag registry.example/acme/jobs:v", "."]);
    // docker finds these without being told.
    let (built, _) = from("", "orders");
    assert_eq!(built, ["--tag registry.example/acme/orders:v", "./apps/orders"]);
    let (built, _) = from("", "services/web");
    assert_eq!(built, ["--tag example/services-web:v", "./services/web"]);
    let label = |name: &str| format!("org.opencontainers.image.title={name}");
    from("", "admin");
    assert!(values(&shop.built(), "--label").contains(&&*label("admin")));
}

#[test]
fn several_services_keep_their_settings_in_one_bake() {
    let shop = workspace();
    let output =
        shop.build(&["apps/web", "admin", "jobs", "orders"]).args(SET).args(["--cache", "local=c"]).run();
    assert_eq!(output.code, 0, "{output}");
    let baked = shop.baked();
    let of = |target: &str| {
        let target = baked["target"][target].as_object().unwrap();
        let keys = ["context", "dockerfile", "target", "platforms", "tags"];
        let told = keys.iter().filter_map(|key| Some(((*key).to_owned(), target.get(*key)?.clone())));
        serde_json::Value::Object(told.collect())
    };
    let web = json!({
        "context": ".", "dockerfile": "./docker/web.Dockerfile", "target": "runtime",
        "platforms": ["linux/amd64", "linux/arm64"],
        "tags": ["registry.example/acme/web:v", "mirror.example:5000/acme/web:v"],
    });
    assert_eq!(of("web"), web);
    let admin = json!({
        "context": "./apps/web", "dockerfile": "./Dockerfile.admin",
        "tags": ["registry.example/acme/admin:v"],
    });
    assert_eq!(of("admin"), admin);
    let jobs = json!({
        "context": ".", "dockerfile": "./apps/jobs/Dockerfile", "tags": ["registry.example/acme/jobs:v"],
    });
    assert_eq!(of("jobs"), jobs);
    assert_eq!(of("orders"), json!({"context": "./apps/orders", "tags": ["registry.example/acme/orders:v"]}));
    // By service, whatever directory or context they share.
    for (target, service) in [("web", "apps/web"), ("admin", "apps/admin"), ("jobs", "apps/jobs")] {
        assert_eq!(baked["target"][target]["cache-from"], json!([format!("type=local,src=c/{service}")]));
    }
    assert_eq!(baked["target"]["web"]["args"]["NODE_ENV"], "production");
    assert!(baked["target"]["admin"]["args"].get("NODE_ENV").is_none());
}

#[test]
fn additional_contexts_are_those_of_the_settings() {
    let shop = Shop::new();
    let contexts =
        "{ shared: libs, 'acme/base:1': 'docker-image://acme/base:2', far: 'https://x.example/${a}.git' }";
    let config = format!(
        "image: acme/{{name}}\nservices:\n  apps/orders: {{}}\n  apps/web: {{ build-contexts: {contexts} }}\n"
    );
    shop.repo.write("imgver.yaml", config.replace("${a}", "a"));
    for file in ["apps/orders/Dockerfile", "apps/web/Dockerfile", "libs/a"] {
        shop.repo.write(file, "# nothing\n");
    }
    shop.repo.commit("contexts");
    assert_eq!(shop.build(&["apps/web"]).args(SET).cwd("apps/web").run().code, 0);
    let expected =
        ["acme/base:1=docker-image://acme/base:2", "far=https://x.example/a.git", "shared=../../libs"];
    assert_eq!(values(&shop.built(), "--build-context"), expected);
    assert_eq!(shop.build(&["apps/web", "orders"]).args(SET).run().code, 0);
    let baked = shop.baked();
    let expected = json!({
        "acme/base:1": "docker-image://acme/base:2", "far": "https://x.example/a.git", "shared": "./libs",
    });
    assert_eq!(baked["target"]["web"]["contexts"], expected);
    assert!(baked["target"]["orders"].get("contexts").is_none(), "{baked}");
}

#[test]
fn flags_take_the_place_of_settings() {
    let shop = workspace();
    let flags =
        ["--platform", "linux/arm64", "--target", "test", "--build-arg", "RELEASE=2", "--build-arg=NODE_ENV"];
    assert_eq!(shop.build(&["apps/web"]).args(SET).args(flags).run().code, 0);
    let expected = [
        "--file ./docker/web.Dockerfile",
        "--target test",
        "--platform linux/arm64",
        "--tag registry.example/acme/web:v",
        "--tag mirror.example:5000/acme/web:v",
        "--build-arg NODE_ENV=production",
        "--build-arg RELEASE=2",
        // docker takes the variable of that name where there is one.
        "--build-arg NODE_ENV",
        ".",
    ];
    assert_eq!(told(&shop), expected);
    assert_eq!(shop.build(&["apps/web", "orders"]).args(SET).args(flags).run().code, 0);
    for target in ["web", "orders"] {
        let target = &shop.baked()["target"][target];
        assert_eq!((&target["platforms"], &target["target"]), (&json!(["linux/arm64"]), &json!("test")));
        assert_eq!(target["args"]["RELEASE"], "2");
    }
    // What docker is told behind -- comes alone where it would be added, and last where the last one counts.
    let extra = ["--", "--platform", "linux/s390x", "--file", "other/Dockerfile", "--target=x"];
    assert_eq!(shop.build(&["apps/web"]).args(SET).args(extra).run().code, 0);
    let built = shop.built();
    assert_eq!(values(&built, "--platform"), ["linux/s390x"]);
    assert_eq!(values(&built, "--file"), ["other/Dockerfile"]);
    let [target, extra] =
        ["runtime", "--target=x"].map(|word| built.iter().position(|arg| arg == word).unwrap());
    assert!(target < extra, "{built:?}");
}

#[test]
fn a_replaced_image_is_the_only_one() {
    let shop = workspace();
    let tags = |name: &str, value: &str| {
        assert_eq!(shop.build(&["apps/web"]).args(SET).env(name, value).run().code, 0);
        values(&shop.built(), "--tag").join(" ")
    };
    assert_eq!(tags("IMAGE_REPO", "fork.example/mine"), "fork.example/mine:v");
    assert_eq!(tags("IMGVER_IMAGE", "fork.example/{service}"), "fork.example/apps-web:v");
    let both = "registry.example/acme/web:v mirror.example:5000/acme/web:v";
    // The image of the service that it is: nothing is overridden.
    assert_eq!(tags("IMAGE_REPO", ""), both);
}

#[test]
fn no_name_is_more_than_a_name() {
    let shop = Shop::new();
    let [service, dockerfile] = ["apps/a b;`touch x`'\"&$HOME", "docker/-f %{z} 'é'.Dockerfile"];
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let config = format!(
        "services:\n  {}: {{ image: acme/odd, context: ., dockerfile: {}, build-args: {{ A: {} }} }}\n",
        quoted(service),
        quoted(dockerfile),
        quoted("${A} \"b\" --push")
    );
    shop.repo.write("imgver.yaml", config);
    shop.repo.write(dockerfile, "FROM scratch\n");
    shop.repo.write(&format!("{service}/x"), "x");
    shop.repo.write(".dockerignore", "");
    shop.repo.commit("odd");
    let output = shop.build(&[service]).args(SET).run();
    assert_eq!(output.code, 0, "{output}");
    assert_eq!(
        told(&shop),
        [
            format!("--file ./{dockerfile}"),
            "--tag acme/odd:v".to_owned(),
            "--build-arg A=${A} \"b\" --push".to_owned(),
            ".".to_owned()
        ]
    );
    assert_eq!(shop.build(&[service, "job"]).args(SET).run().code, 0);
    let baked = shop.baked();
    let target =
        baked["target"].as_object().unwrap().values().find(|target| target["context"] == ".").unwrap();
    assert_eq!(target["dockerfile"], r#"./docker/-f ${"\u0025"}{z} 'é'.Dockerfile"#);
    assert_eq!(target["args"]["A"], r#"${"\u0024"}{A} "b" --push"#);
    assert!(!shop.repo.path().join("x").exists());
}

#[test]
fn every_registry_is_asked_after_a_push_that_failed() {
    let shop = workspace();
    shop.on("buildx-build", "exit 1");
    shop.on(
        "buildx-imagetools",
        r#"for last; do :; done; echo "$last" >>"$here/asked"
case $last in mirror.*) echo "ERROR: $last: not found" >&2; exit 1 ;; *) echo "Name: $last" ;; esac"#,
    );
    let output = shop.build(&["apps/web", "--push", "--metadata-file", "m.json"]).args(SET).run();
    let stderr = output.fails(7);
    let message = "error: docker buildx build of apps/web failed with status 1; not pushed: mirror.example:5000/acme/web:v; not known whether pushed: registry.example/acme/web:v\n";
    assert!(stderr.contains(message), "{output}");
    let hint = "hint: the registry has an image registry.example/acme/web:v, which this run may have pushed";
    assert!(stderr.contains(hint), "{output}");
    let asked = std::fs::read_to_string(shop.bin().join("asked")).unwrap();
    assert_eq!(asked, "registry.example/acme/web:v\nmirror.example:5000/acme/web:v\n");
    let written: serde_json::Value =
        serde_json::from_slice(&std::fs::read(shop.repo.path().join("m.json")).unwrap()).unwrap();
    let expected = json!({
        "image.name": "registry.example/acme/web:v,mirror.example:5000/acme/web:v",
        "imgver.pushed": false,
        "imgver.service": "apps/web",
    });
    assert_eq!(written, expected);
}

#[test]
fn platforms_of_the_file_that_cannot_be_loaded_are_refused_before_the_build() {
    let shop = workspace();
    shop.without_image_store();
    for services in [&["apps/web"][..], &["apps/web", "orders"]] {
        let output = shop.build(services).args(SET).run();
        let stderr = output.fails(2);
        assert!(
            stderr.contains("error: apps/web is built for linux/amd64 and linux/arm64, but "),
            "{output}"
        );
        assert!(stderr.contains("hint: --platform linux/amd64 "), "{output}");
        assert!(stderr.contains("with --push"), "{output}");
        assert!(!shop.has_built());
    }
    assert_eq!(shop.build(&["apps/web", "--platform", "linux/amd64"]).args(SET).run().code, 0);
    assert_eq!(shop.build(&["orders"]).args(SET).run().code, 0);
    // Neither is what docker is told behind -- to build instead.
    assert_eq!(shop.build(&["apps/web"]).args(SET).args(["--", "--platform=linux/arm64"]).run().code, 0);
    let set = ["--", "--set", "*.platform=linux/arm64"];
    assert_eq!(shop.build(&["apps/web", "jobs"]).args(SET).args(set).run().code, 0);
    shop.with_builder("docker-container", "linux/amd64");
    let output = shop.build(&["apps/web", "jobs", "--push"]).args(SET).run();
    assert_eq!(output.stderr.matches("cannot run linux/arm64").count(), 1, "{output}");
    let output = shop.build(&["jobs", "--push"]).args(SET).run();
    assert!(!output.stderr.contains("cannot run"), "{output}");
}

#[test]
fn a_whole_repository_as_context_is_warned_of_unless_something_is_left_out() {
    let shop = workspace();
    let warned = |services: &[&str]| {
        let output = shop.build(services).args(SET).run();
        assert_eq!(output.code, 0, "{output}");
        let line =
            output.stderr.lines().find(|line| line.contains("the build context is the whole repository"));
        line.unwrap_or_default().to_owned()
    };
    assert_eq!(warned(&["apps/web", "jobs", "orders"]), "");
    shop.repo.git(["rm", "-q", ".dockerignore"]);
    assert!(warned(&["apps/web", "jobs", "orders"]).starts_with("warning: apps/jobs, apps/web: "));
    assert_eq!(warned(&["orders", "services/web"]), "");
    // That of the Dockerfile counts, too.
    shop.repo.write("docker/web.Dockerfile.dockerignore", ".git\n");
    assert!(warned(&["apps/web", "jobs"]).starts_with("warning: apps/jobs: "));
    assert_eq!(warned(&["apps/web"]), "");
}

#[test]
fn what_is_not_there_is_said_before_anything_is_built() {
    let shop = workspace();
    let refused = |entry: &str, code: i32, words: &[&str]| {
        shop.repo.write("imgver.yaml", format!("image: a/{{name}}\nservices:\n  {entry}\n"));
        for dry in [&[][..], &["--dry-run"]] {
            let output = shop.build(&["--all"]).args(SET).args(dry).run();
            let stderr = output.fails(code);
            assert!(words.iter().all(|word| stderr.contains(word)), "{words:?}: {output}");
        }
        assert!(!shop.has_built());
    };
    let from_the_root = "paths are from the root of the repository";
    for (entry, words) in [
        (
            "apps/web: { dockerfile: Dockerfile.admin }",
            &["imgver.yaml:3:27: ", "apps/web/Dockerfile.admin is there", from_the_root][..],
        ),
        ("apps/web: { context: ., dockerfile: Dockerfile.admin }", &["apps/web/Dockerfile.admin is there"]),
        ("apps/web: { dockerfile: apps/web/Dockerfile.amdin }", &["did you mean apps/web/Dockerfile.admin?"]),
        ("apps/web: { dockerfile: docker/web.dokerfile }", &["did you mean docker/web.Dockerfile?"]),
        // Only its entry says that there is one.
        (
            "apps/web: {}",
            &[
                "imgver.yaml:3:3: the Dockerfile apps/web/Dockerfile of apps/web is not there",
                "did you mean apps/web/Dockerfile.admin?",
            ],
        ),
        ("apps: {}", &["hint: add it, or name another one with dockerfile in imgver.yaml"]),
        ("apps/web: { dockerfile: apps/web }", &["is a directory"]),
        (
            "apps/web: { context: web, dockerfile: docker/web.Dockerfile }",
            &["imgver.yaml:3:24: the build context web of apps/web is not there", "hint"],
        ),
        ("apps: { context: web, dockerfile: docker/web.Dockerfile }", &["apps/web is there", from_the_root]),
        ("apps/ordesr: {}", &["imgver.yaml:3:3: the build context apps/ordesr", "did you mean apps/orders?"]),
    ] {
        refused(entry, 5, words);
    }
    shop.repo.write("imgver.yaml", WORKSPACE);
    std::fs::remove_file(shop.repo.path().join("docker/web.Dockerfile")).unwrap();
    let output = shop.build(&["apps/web"]).args(SET).run();
    assert!(
        output.fails(5).contains("hint: git restore :/docker/web.Dockerfile brings it back\n"),
        "{output}"
    );
    // Neither where another one is named, nor for services of Taskfiles alone: docker says it.
    assert_eq!(shop.build(&["apps/web"]).args(SET).args(["--", "-f", "x"]).run().code, 0);
    assert_eq!(shop.build(&["services/web"]).args(SET).run().code, 0);
    let imageless = "services:\n  apps/orders: {}\n";
    shop.repo.write("imgver.yaml", imageless);
    for args in [&["build", "orders"][..], &["build", "--all"], &["tag", "orders"]] {
        let output = shop.repo.imgver(args).env("PATH", shop.path()).run();
        assert!(
            output
                .fails(5)
                .contains("imgver.yaml:2:3: the service apps/orders has no image\nhint: set image"),
            "{output}"
        );
    }
}

#[test]
fn a_sparse_checkout_has_what_the_build_reads() {
    let shop = workspace();
    shop.repo.write("libs/ui/a", "a");
    shop.repo.write("docs/b", "b");
    shop.repo.commit("more");
    shop.repo.git(["sparse-checkout", "set", "apps/web", "docker"]);
    let build = |service: &str| shop.build(&[service]).args(SET).run();
    let output = build("apps/web");
    let stderr = output.fails(3);
    assert!(stderr.contains(" is not checked out\nhint: git sparse-checkout disable\n"), "{output}");
    assert!(stderr.contains("list it in .dockerignore"), "{output}");
    // What the build does not read need not be there.
    shop.repo.write("docker/web.Dockerfile.dockerignore", "*\n!apps/web\n");
    assert_eq!(build("apps/web").code, 0, "{}", build("apps/web"));
    assert_eq!(build("admin").code, 0);
    shop.repo.git(["sparse-checkout", "set", "libs"]);
    let output = build("apps/web");
    assert!(output.fails(3).contains("is not checked out"), "{output}");
    let output = build("orders");
    assert!(
        output
            .fails(3)
            .contains("apps/orders is not checked out\nhint: git sparse-checkout add apps/orders\n"),
        "{output}"
    );
    shop.repo.git(["sparse-checkout", "set", "apps/web"]);
    shop.repo.write(
        "imgver.yaml",
        "image: a/{name}\nservices:\n  apps/web: { dockerfile: docker/web.Dockerfile }\n",
    );
    let output = build("apps/web");
    assert!(
        output
            .fails(3)
            .contains("docker/web.Dockerfile is not checked out\nhint: git sparse-checkout add docker\n"),
        "{output}"
    );
}
