//! docker fails in every way it can.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use serde_json::{Value, json};

use super::fake::Shop;
use crate::support::in_parallel;

#[test]
fn every_status_of_docker_is_named() {
    let statuses: Vec<i32> = (1..=255).collect();
    let shops: Vec<Shop> = (0..4).map(|_| Shop::new()).collect();
    in_parallel(&[0, 1, 2, 3], |lane: &usize| {
        for status in statuses.iter().skip(*lane).step_by(4) {
            let shop = &shops[*lane];
            shop.on("buildx-build", &format!("exit {status}"));
            let output = shop.build(&["web"]).run();
            let stderr = output.fails(7);
            let message = format!("error: docker buildx build of services/web failed with status {status}\n");
            // From 128 on, it was a signal.
            let hint = if *status < 128 { "hint: see docker's output above; " } else { "" };
            assert!(stderr.contains(&format!("{message}{hint}")), "{output}");
            assert_eq!(stderr.ends_with(&message), hint.is_empty(), "{output}");
        }
    });
}

#[test]
fn a_signal_is_named() {
    let shop = Shop::new();
    for (signal, name) in [("KILL", "SIGKILL"), ("TERM", "SIGTERM"), ("SEGV", "SIGSEGV")] {
        shop.on("buildx-build", &format!("kill -{signal} $$"));
        let output = shop.build(&["web"]).run();
        assert!(output.fails(7).ends_with(&format!("services/web was killed by {name}\n")), "{output}");
    }
}

/// Fails for these services, also where it is to do several at once, in runs whose arguments contain `word`. It writes the
/// metadata as bake does, of those targets that it is to do.
fn failing(services: &str, word: &str) -> String {
    format!(
        r#"
cat >"$here/definition.json"
file= targets= fails=
case "$*" in *{word}*) fails=true ;; esac
while [ $# -gt 0 ]; do
  case $1 in
    --metadata-file) file=$2; shift ;;
    --set | --file | --builder) shift ;;
    api | web | job) targets="$targets $1" ;;
  esac
  shift
done
targets=${{targets:-api web job}}
for failing in {services}; do
  case " $targets " in *" $failing "*) [ -z "$fails" ] || {{ echo "target $failing: failed to solve" >&2; exit 17; }} ;; esac
done
[ -z "$file" ] || for target in $targets; do printf '{{"%s": {{"containerimage.digest": "sha256:%s"}}}}' $target $target; done |
  sed 's/}}{{/,/g' >"$file"
"#
    )
}

/// What became of each service, in `file`: `imgver.pushed` or another key.
fn fates(shop: &Shop, key: &str) -> [Value; 3] {
    let text = fs::read_to_string(shop.repo.path().join("m.json")).unwrap();
    let metadata: Value = serde_json::from_str(&text).unwrap();
    ["api", "web", "job"].map(|target| {
        let entry = &metadata[target];
        assert!(entry["image.name"].as_str().unwrap().starts_with("example/"), "{metadata}");
        // Docker's own part is there for what it did, and nothing else is.
        assert_eq!(entry["containerimage.digest"].is_string(), entry[key] == true, "{metadata}");
        entry[key].clone()
    })
}

fn with_file<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &["--metadata-file", "m.json"]].concat()
}

#[test]
fn several_are_pushed_once_all_are_built() {
    let shop = Shop::new();
    shop.on("buildx-bake", &failing("", "nothing"));
    let args =
        ["--all", "--push", "--no-cache", "--pull", "--cache=local=c", "--build-arg=A", "--sbom=false"];
    assert_eq!(shop.build(&with_file(&args)).run().code, 0);
    let common = "bake --pull --sbom false";
    assert_eq!(
        shop.builds(),
        [
            format!("{common} --no-cache --set *.output=type=cacheonly --set *.args.A --file -"),
            // A base image that the local docker has may be older; all else is in the cache by now.
            format!("{common} --metadata-file m.json --push --set *.args.A --file -"),
        ]
    );
    // The cache is written once, and what is older than this build is not read.
    let last = shop.baked();
    assert!(
        last["target"]["api"].get("cache-to").is_none() && last["target"]["api"].get("cache-from").is_none()
    );
    assert_eq!(fates(&shop, "imgver.pushed"), [true, true, true]);
}

#[test]
fn one_of_several_that_fails_leaves_all_unpushed() {
    let shop = Shop::new();
    shop.on("buildx-bake", &failing("web", "--file"));
    shop.repo.write("m.json", "{\"of\": \"an earlier build\"}");
    let output = shop.build(&with_file(&["--all", "--push"])).run();
    let stderr = output.fails(7);
    assert!(stderr.contains("target web: failed to solve\n"), "{output}");
    let message = "error: docker buildx bake of 3 services (services/api, services/web, tools/job) failed with status 17; nothing was pushed\nhint: ";
    assert!(stderr.contains(message) && stderr.contains("hint: --keep-going "), "{output}");
    assert_eq!(shop.builds().len(), 1);
    assert_eq!(fates(&shop, "imgver.pushed"), [false, false, false]);
    // Without reading the definition, too: a closed pipe must not kill imgver.
    shop.on("buildx-bake", "echo 'target web: failed to solve' >&2; exit 17");
    let output = shop.build(&["--all"]).run();
    let message = "error: docker buildx bake of 3 services (services/api, services/web, tools/job) failed with status 17\nhint: ";
    assert!(output.fails(7).contains(message), "{output}");
}

#[test]
fn the_others_are_built_and_pushed_where_that_is_asked_for() {
    let shop = Shop::new();
    shop.on("buildx-bake", &failing("web", "--file"));
    let output = shop.build(&with_file(&["--all", "--push", "--keep-going", "--no-cache"])).run();
    let short = &shop.repo.head()[..7];
    let expected = format!(
        "error: docker buildx bake of services/web failed with status 17; pushed: example/services-api:1.2.3-0000-{short}, example/tools-job:0.0.0-0001-{short}; not pushed: example/services-web:0.0.0-0001-{short}\n"
    );
    assert!(output.fails(7).contains(&expected), "{output}");
    assert_eq!(fates(&shop, "imgver.pushed"), [true, false, true]);
    let cached = "bake --no-cache --set *.output=type=cacheonly --file -";
    assert_eq!(
        shop.builds(),
        [
            cached.to_owned(),
            format!("{cached} api"),
            format!("{cached} web"),
            format!("{cached} job"),
            "bake --metadata-file m.json --push --file - api job".to_owned(),
        ]
    );
    let output = shop.build(&with_file(&["--all", "--keep-going"])).run();
    assert!(output.fails(7).contains("; loaded: example/services-api:"), "{output}");
    assert_eq!(fates(&shop, "imgver.loaded"), [true, false, true]);
    // With one there are no others.
    shop.on("buildx-build", "exit 1");
    let output = shop.build(&["web", "--push", "--keep-going"]).run();
    let message =
        "docker buildx build of services/web failed with status 1; example/services-web:0.0.0-0001-";
    assert!(output.fails(7).contains(message) && output.stderr.contains(" was not pushed\n"), "{output}");
}

#[test]
fn a_registry_that_refuses_one_image_takes_the_others() {
    let shop = Shop::new();
    shop.on("buildx-bake", &failing("job", "--push"));
    let output = shop.build(&with_file(&["--all", "--push"])).run();
    let stderr = output.fails(7);
    assert!(
        stderr.contains("error: docker buildx bake of tools/job failed with status 17; pushed: "),
        "{output}"
    );
    assert!(stderr.contains("; not pushed: example/tools-job:0.0.0-0001-"), "{output}");
    assert!(!stderr.contains("--keep-going"), "{output}");
    assert_eq!(fates(&shop, "imgver.pushed"), [true, true, false]);
    let runs = shop.builds();
    let each = |target: &str| format!("bake --metadata-file m.json --push --file - {target}");
    assert_eq!(runs[2..], ["api", "web", "job"].map(each));
}

#[test]
fn a_registry_is_asked_for_the_image_whose_push_failed() {
    let shop = Shop::new();
    let reference = |service: &str, version: &str| {
        format!("example/services-{service}:{version}-{}", &shop.repo.head()[..7])
    };
    let web = reference("web", "0.0.0-0001");
    let pushed = || -> Value {
        let text = fs::read_to_string(shop.repo.path().join("m.json")).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["imgver.pushed"].clone()
    };
    let unknown = format!("failed with status 1; not known whether pushed: {web}\n");
    shop.on("buildx-build", "exit 1");
    for (answer, message, fate, hint) in [
        (
            "echo 'Name: x'",
            &*unknown,
            Value::Null,
            format!("hint: the registry has an image {web}, which this run may have pushed"),
        ),
        (
            "echo 'ERROR: 429 Too Many Requests' >&2; exit 1",
            &unknown,
            Value::Null,
            format!(
                "hint: the registry does not say whether it has {web}: docker buildx imagetools inspect failed with status 1: ERROR: 429 Too Many Requests\n"
            ),
        ),
        ("echo 'ERROR: 401 Unauthorized' >&2; exit 1", " was not pushed\n", false.into(), String::new()),
    ] {
        shop.on("buildx-imagetools", answer);
        let output = shop.build(&with_file(&["web", "--push", "--builder", "b"])).run();
        assert!(output.fails(7).contains(message) && output.stderr.contains(&hint), "{output}");
        assert_eq!(pushed(), fate, "{output}");
        let asked = ["buildx", "imagetools", "inspect", "--builder", "b", &web];
        assert_eq!(shop.asked("buildx-imagetools").unwrap(), asked);
    }
    // With more tags nobody can tell which of them failed.
    let tags = ["web", "--push", "--metadata-file", "m.json", "--", "-t", "example/other:1"];
    let output = shop.build(&tags).run();
    assert!(
        output.fails(7).contains(&unknown) && output.stderr.contains("give the image more tags\n"),
        "{output}"
    );
    assert_eq!(pushed(), Value::Null);
    shop.on("buildx-build", ":");
    assert_eq!((shop.build(&tags).run().code, pushed()), (0, true.into()));
    // Of several, the one whose own push failed.
    shop.on("buildx-bake", &failing("api", "--push"));
    shop.on("buildx-imagetools", "echo 'Name: x'");
    let output = shop.build(&with_file(&["--all", "--push"])).run();
    let api = reference("api", "1.2.3-0000");
    assert!(output.fails(7).contains(&format!("; not known whether pushed: {api}\n")), "{output}");
    assert_eq!(shop.asked("buildx-imagetools").unwrap().last(), Some(&api));
    assert_eq!(fates(&shop, "imgver.pushed"), [Value::Null, true.into(), true.into()]);
    // Nothing else asks.
    fs::remove_file(shop.bin().join("buildx-imagetools.args")).unwrap();
    shop.on("buildx-bake", &failing("api", "--file"));
    shop.build(&with_file(&["--all", "--push"])).run().fails(7);
    shop.build(&with_file(&["--all"])).run().fails(7);
    assert_eq!(shop.asked("buildx-imagetools"), None);
}

#[test]
fn what_imgver_does_not_decide_it_does_not_know() {
    let shop = Shop::new();
    shop.on("buildx-bake", &failing("web", "--file"));
    let extra =
        ["--all", "--push", "--metadata-file", "m.json", "--", "--set", "*.output=type=image,push=true"];
    let output = shop.build(&extra).run();
    assert!(output.fails(7).contains("hint: imgver cannot tell what was pushed: "), "{output}");
    assert_eq!(shop.builds().len(), 1);
    assert_eq!(fates(&shop, "imgver.pushed"), [Value::Null, Value::Null, Value::Null]);
}

#[test]
fn one_service_has_its_metadata_whatever_happens() {
    let shop = Shop::new();
    let file = shop.repo.path().join("m.json");
    let read = || -> Value { serde_json::from_slice(&fs::read(&file).unwrap()).unwrap() };
    shop.on("buildx-build", "exit 1");
    shop.build(&with_file(&["web", "--push"])).run().fails(7);
    let reference = format!("example/services-web:0.0.0-0001-{}", &shop.repo.head()[..7]);
    let failed = json!({"image.name": reference, "imgver.pushed": false, "imgver.service": "services/web"});
    assert_eq!(read(), failed);
    shop.on("buildx-build", r#"echo '{"image.name": "of docker", "containerimage.digest": "x"}' >m.json"#);
    assert_eq!(shop.build(&with_file(&["web", "--push"])).run().code, 0);
    let pushed = json!({
        "containerimage.digest": "x", "image.name": "of docker", "imgver.pushed": true, "imgver.service": "services/web",
    });
    assert_eq!(read(), pushed);
    // A build that does not begin leaves no answer of another one, and nothing else is touched.
    shop.repo.write("list.txt", "mine");
    shop.build(&["web", "--push", "--environment", "prod", "--metadata-file", "list.txt"]).run().fails(2);
    shop.build(&with_file(&["web", "--push", "--environment", "prod", "--dry-run"])).run().fails(2);
    assert!(file.exists() && shop.repo.path().join("list.txt").exists());
    shop.build(&with_file(&["web", "--push", "--environment", "production"])).run().fails(4);
    assert!(!file.exists());
    let nowhere = shop.repo.beside("nowhere");
    fs::create_dir(nowhere.path()).unwrap();
    fs::write(nowhere.path().join("m.json"), "{}").unwrap();
    // What cannot be read has no file.
    shop.build(&with_file(&["web", "--push", "--load"])).cwd(nowhere.path()).run().fails(2);
    assert!(nowhere.path().join("m.json").exists());
    shop.build(&with_file(&["web", "--push"])).cwd(nowhere.path()).run().fails(3);
    assert!(!nowhere.path().join("m.json").exists());
    // A file in its place that cannot be written is found before the build.
    for path in [".", "services", "nowhere/m.json"] {
        let before = shop.builds().len();
        let output = shop.build(&["web", "--push", "--metadata-file", path]).run();
        assert!(output.fails(1).contains("error: cannot write "), "{output}");
        assert_eq!(shop.builds().len(), before);
    }
}

#[test]
fn a_link_to_the_metadata_file_stays_a_link() {
    let shop = Shop::new();
    // As docker does: another file takes the place of whatever is there.
    let write = r#"rm -f "$2"; echo '{"containerimage.digest": "x"}' >"$2""#;
    shop.on(
        "buildx-build",
        &format!("while [ $# -gt 0 ]; do if [ $1 = --metadata-file ]; then {write}; fi; shift; done"),
    );
    let path = |name: &str| shop.repo.path().join(name);
    shop.repo.write("real.json", "{}");
    symlink("real.json", path("link")).unwrap();
    symlink("link", path("twice")).unwrap();
    symlink("later.json", path("dangling")).unwrap();
    for (name, file) in [("link", "real.json"), ("twice", "real.json"), ("dangling", "later.json")] {
        assert_eq!(shop.build(&["web", "--metadata-file", name]).run().code, 0);
        assert!(path(name).is_symlink() && !path(file).is_symlink(), "{name}");
        let text = fs::read_to_string(path(file)).unwrap();
        assert!(text.contains("imgver.loaded") && text.contains("containerimage.digest"), "{name}: {text}");
        // A build that does not begin takes back the file, not the link.
        shop.build(&["web", "--metadata-file", name, "--", "--push"]).run().fails(2);
        assert!(path(name).is_symlink() && !path(file).exists(), "{name}");
    }
    symlink("circle", path("circle")).unwrap();
    symlink("services", path("directory")).unwrap();
    assert!(Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
    symlink("pipe", path("to-pipe")).unwrap();
    let (before, kinds) = (shop.builds().len(), ["circle", "directory", "pipe", "to-pipe", "/dev/null"]);
    for name in kinds {
        for more in [&[][..], &["--dry-run"]] {
            let output = shop.build(&["web", "--metadata-file", name]).args(more).run();
            assert!(output.fails(1).contains("error: cannot write "), "{output}");
            assert!(output.stderr.contains("takes a regular file"), "{output}");
            assert!(fs::symlink_metadata(path(name)).is_ok_and(|found| !found.is_file()), "{name}");
        }
    }
    assert_eq!(shop.builds().len(), before);
}

#[test]
fn what_docker_prints_is_passed_on_byte_by_byte() {
    let shop = Shop::new();
    shop.on("buildx-build", r"printf 'a\377b\n'; printf 'c\377d\n' >&2; exit 1");
    let output = shop.build(&["web"]).run();
    assert_eq!((output.code, &*output.stdout), (7, "a\u{fffd}b\n"), "{output}");
    assert!(output.stderr.contains("c\u{fffd}d\n"), "{output}");
}

#[test]
fn answers_that_make_no_sense_are_no_panic() {
    for question in ["buildx-version", "buildx-inspect", "info"] {
        let shop = Shop::new();
        shop.on(question, r"printf '\377\000:\n:::\n'");
        assert_eq!(shop.build(&["web"]).run().code, 0, "{question}");
        let shop = Shop::new();
        shop.on(question, r"printf '\377\n' >&2; exit 3");
        let output = shop.build(&["web"]).run();
        assert!(matches!(output.code, 6 | 7), "{output}");
        assert!(output.stderr.contains("failed with status 3: \u{fffd}\n"), "{output}");
        assert!(!shop.has_built(), "{output}");
    }
}

#[test]
fn a_docker_that_cannot_run_is_no_docker() {
    let shop = Shop::new();
    let docker = shop.bin().join("docker");
    fs::write(&docker, "\u{7f}ELF, or so it says").unwrap();
    let stderr = shop.build(&["web"]).run().fails(6).to_owned();
    assert!(stderr.contains(&format!("error: cannot run {}\n", docker.display())), "{stderr}");
    fs::set_permissions(&docker, fs::Permissions::from_mode(0o644)).unwrap();
    let path = shop.bin().to_str().unwrap();
    let stderr = shop.build(&["web"]).env("PATH", path).run().fails(6).to_owned();
    assert!(stderr.contains("error: docker is not on PATH\n"), "{stderr}");
}
