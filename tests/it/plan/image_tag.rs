//! `imgver tag --output github`: all that a step which builds an image must be told.

use std::collections::BTreeMap;
use std::fs;

use super::github;
use super::shop::{EARLIER, GO, NODE, Shop};
use crate::support::{Repo, image_of, taskfile};

/// api-golang is released at the commit before the last, and nothing else is.
fn released() -> Repo {
    let repo = Shop::new().repo;
    repo.git(["tag", &format!("{GO}@1.4.0"), "HEAD~1"]);
    repo
}

/// The outputs `version` and `image_tag`, which are printed and appended to `GITHUB_OUTPUT`.
#[track_caller]
fn outputs(repo: &Repo, args: &[&str]) -> [String; 2] {
    let [version, image_tag, ..] = all_outputs(repo, args);
    [version, image_tag]
}

/// The outputs `version`, `image_tag`, `labels` and `build_args`.
#[track_caller]
fn all_outputs(repo: &Repo, args: &[&str]) -> [String; 4] {
    let outputs = step_outputs(repo, args);
    ["version", "image_tag", "labels", "build_args"].map(|name| outputs[name].clone())
}

/// All outputs.
#[track_caller]
fn step_outputs(repo: &Repo, args: &[&str]) -> BTreeMap<String, String> {
    let step = repo.beside("step");
    step.write("output", EARLIER);
    let file = step.path().join("output");
    let output = repo.imgver(["tag", "--output", "github"]).args(args).env("GITHUB_OUTPUT", &file).run();
    let printed = output.text() + "\n";
    let written = fs::read_to_string(&file).unwrap();
    assert_eq!(written.strip_prefix(EARLIER), Some(&*printed), "{output}");
    let read = github::outputs(&printed);
    let names: Vec<&str> = read.iter().map(|(name, _)| &**name).collect();
    assert_eq!(
        names,
        [
            "version",
            "image_tag",
            "tags",
            "labels",
            "build_args",
            "context",
            "dockerfile",
            "build_contexts",
            "target",
            "platforms"
        ],
        "{output}"
    );
    read.into_iter().collect()
}

/// These outputs, in the order of their names, a line each.
fn told(outputs: &BTreeMap<String, String>) -> String {
    let told = ["image_tag", "tags", "build_contexts", "context", "dockerfile", "target", "platforms"];
    told.map(|name| format!("{name}={}", outputs[name])).join("|")
}

#[test]
fn a_step_is_told_how_the_service_is_built() {
    let repo = released();
    let of = |args: &[&str]| step_outputs(&repo, &[&["--set-version", "1"], args].concat());
    let image = image_of(GO);
    let expected = format!(
        "image_tag={image}:1|tags={image}:1|build_contexts=|context={GO}|dockerfile=|target=|platforms="
    );
    assert_eq!(told(&of(&[GO])), expected);
    repo.write(
        "imgver.yaml",
        "image: registry.example/acme/{name}
services:
  apps/web:
    image: [registry.example/acme/web, mirror.example/acme/web]
    context: .
    dockerfile: apps/web/Dockerfile
    target: runtime
    platforms: [linux/amd64, linux/arm64]
    build-args: { NODE_ENV: production, FLAGS: '-X \"a=b, c\"' }
    build-contexts: { shared: libs/shared, base: 'docker-image://acme/base' }
  apps/admin: { directory: apps/web, dockerfile: apps/web/Dockerfile.admin }
  apps/named: { dockerfile: apps/named/Dockerfile }
",
    );
    let web = of(&["apps/web"]);
    assert_eq!(
        told(&web),
        "image_tag=registry.example/acme/web:1|tags=registry.example/acme/web:1\nmirror.example/acme/web:1|build_contexts=base=docker-image://acme/base\nshared=./libs/shared|context=.|dockerfile=apps/web/Dockerfile|target=runtime|platforms=linux/amd64,linux/arm64"
    );
    // As CSV, in which quotes have a meaning: docker's action takes these away.
    let [flags, node, epoch, version] = web["build_args"].lines().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!((flags, node, version), (r#""FLAGS=-X ""a=b, c""""#, "NODE_ENV=production", "VERSION=1"));
    assert!(epoch.starts_with("SOURCE_DATE_EPOCH="), "{epoch}");
    assert!(web["labels"].contains("image.title=web\n"), "{}", web["labels"]);
    assert_eq!(
        told(&of(&["apps/admin"])),
        "image_tag=registry.example/acme/admin:1|tags=registry.example/acme/admin:1|build_contexts=|context=apps/web|dockerfile=apps/web/Dockerfile.admin|target=|platforms="
    );
    // What is named is told, as by the plan, although docker would find it.
    let named = of(&["apps/named"]);
    let plan = repo.imgver(["plan", "--event-name", "schedule", "--output", "json"]).run().json();
    let jobs = plan["matrix"]["include"].as_array().unwrap();
    let job = jobs.iter().find(|job| job["service"] == "apps/named").unwrap();
    for output in ["context", "dockerfile", "target", "platforms"] {
        assert_eq!(job[output], *named[output], "{output}");
    }
    assert_eq!(&*named["dockerfile"], "apps/named/Dockerfile");
    // A plain override is the only image.
    let forked = of(&["apps/web", "--repo", "fork.example/web"]);
    assert_eq!((&*forked["image_tag"], &*forked["tags"]), ("fork.example/web:1", "fork.example/web:1"));
    assert_eq!((&*forked["context"], &*forked["target"]), (".", "runtime"));
    let whole = of(&["--whole", "--repo", "team/all"]);
    assert_eq!(
        told(&whole),
        "image_tag=team/all:1|tags=team/all:1|build_contexts=|context=.|dockerfile=|target=|platforms="
    );
    // What the action would change is not told.
    repo.write("imgver.yaml", "services:\n  a: { image: a/b, build-args: { X: 'y ' } }\n");
    let output = repo.imgver(["tag", "--output", "github", "a", "--set-version", "1"]).run();
    assert!(output.fails(5).contains("cannot write 'X=y ' to a step output"), "{output}");
}

#[test]
fn labels_and_build_arguments_are_those_of_a_build() {
    let repo = released();
    repo.git(["remote", "add", "origin", "https://ada:secret@example.org/team/shop.git"]);
    let of_a_build = |args: &[&str], option: &str| {
        let printed = repo.imgver(["build", "--dry-run", GO]).args(args).run().line();
        let words = shlex::split(&printed).unwrap();
        let values = words.iter().zip(&words[1..]).filter(|(word, _)| *word == option);
        values.map(|(_, value)| &**value).collect::<Vec<_>>().join("\n")
    };
    for args in [&[][..], &["--set-version", "try-7"]] {
        let [version, _, labels, build_args] = all_outputs(&repo, &[&[GO], args].concat());
        assert_eq!(labels, of_a_build(args, "--label"));
        assert_eq!(build_args, of_a_build(args, "--build-arg"));
        assert!(labels.contains("source=https://example.org/team/shop\n"), "{labels}");
        assert!(build_args.ends_with(&format!("\nVERSION={version}")), "{build_args}");
    }
    let [_, _, labels, build_args] = all_outputs(&repo, &[GO, "--rev", "HEAD~1"]);
    let earlier = repo.git(["log", "-1", "--format=%H %ct", "HEAD~1"]);
    let (hash, seconds) = earlier.split_once(' ').unwrap();
    assert!(labels.contains(&format!("revision={hash}\n")), "{labels}");
    assert!(build_args.starts_with(&format!("SOURCE_DATE_EPOCH={seconds}\n")), "{build_args}");
}

#[test]
fn the_version_and_the_whole_reference() {
    let repo = released();
    let image = image_of(GO);
    let extended = format!("1.4.0-0001-{}", &repo.head()[..7]);
    let both = |image: &str, version: &str| [version.to_owned(), format!("{image}:{version}")];
    assert_eq!(outputs(&repo, &[GO]), both(&image, &extended));
    assert_eq!(outputs(&repo, &["api-golang", "--environment", "staging"]), both(&image, &extended));
    assert_eq!(
        outputs(&repo, &[GO, "--repo", "registry.example.com/x"]),
        both("registry.example.com/x", &extended)
    );
    assert_eq!(outputs(&repo, &[GO, "--set-version", "try-7"]), both(&image, "try-7"));
    let production = [GO, "--environment", "production", "--rev", "HEAD~1"];
    assert_eq!(outputs(&repo, &production), both(&image, "1.4.0"));
    repo.write(&format!("{GO}/main.txt"), "changed\n");
    assert_eq!(outputs(&repo, &[GO]), both(&image, &format!("{extended}-dirty")));
    for args in [&[GO][..], &[GO, "--set-version", "try-7"]] {
        let [_, image_tag] = outputs(&repo, args);
        assert_eq!(repo.imgver(["tag"]).args(args).run().line(), image_tag);
    }
}

#[test]
fn a_list_can_be_read_back_whatever_the_service_is_called() {
    let repo = released();
    repo.write("services/quoted\"name/Taskfile.yaml", taskfile("example/odd"));
    let [_, _, labels, _] = all_outputs(&repo, &["services/quoted\"name"]);
    let title = r#""org.opencontainers.image.title=quoted""name""#;
    assert!(labels.lines().any(|line| line == title), "{labels}");
    repo.write("services/two\nVERSION=evil/Taskfile.yaml", taskfile("example/odd"));
    let output = repo.imgver(["tag", "--output", "github", "services/two\nVERSION=evil"]).run();
    assert!(output.fails(5).contains("unknown service"), "{output}");
}

#[test]
fn without_the_variable_the_outputs_are_printed_only() {
    let repo = released();
    let run = || repo.imgver(["tag", "--output", "github", "--set-version", "1", GO]);
    for unset in [run(), run().env("GITHUB_OUTPUT", "")] {
        let output = unset.run();
        assert!(output.text().starts_with(&format!("version=1\nimage_tag={}:1\n", image_of(GO))), "{output}");
        let warned = |line: &str| line.starts_with("warning: ") && line.contains("GITHUB_OUTPUT");
        assert_eq!(output.stderr.lines().filter(|line| warned(line)).count(), 1, "{output}");
    }
    // Where nobody asked for it, the file is not touched.
    let step = repo.beside("step");
    step.write("output", EARLIER);
    let file = step.path().join("output");
    for args in [&["tag", GO][..], &["tag", GO, "--output", "json"], &["version", GO], &["list"]] {
        repo.imgver(args).env("GITHUB_OUTPUT", &file).run().text();
        assert_eq!(fs::read_to_string(&file).unwrap(), EARLIER, "{args:?}");
    }
}

#[test]
fn an_error_writes_nothing() {
    let repo = released();
    let step = repo.beside("step");
    step.write("output", EARLIER);
    let file = step.path().join("output");
    for (args, code) in [
        (&[GO, "--environment", "production"][..], 4),
        (&[GO, "--set-version", "1\nimage_tag=x"], 5),
        (&[GO, "--set-version", "a b"], 5),
        (&[GO, "--repo", "x\nversion=1"], 5),
        (&["no-such"], 5),
        (&[NODE, "--require-release"], 4),
        (&[GO, "--rev", "no-such"], 3),
    ] {
        let output = repo.imgver(["tag", "--output", "github"]).args(args).env("GITHUB_OUTPUT", &file).run();
        output.fails(code);
        assert_eq!(fs::read_to_string(&file).unwrap(), EARLIER, "{args:?}");
    }
    for unwritable in [step.path().to_owned(), step.path().join("none/output"), "/dev/full".into()] {
        let run = repo.imgver(["tag", "--output", "github", "--set-version", "1", GO]);
        run.env("GITHUB_OUTPUT", unwritable).run().fails(1);
    }
}
