//! `imgver tag --output github`: all that a step which builds an image must be told.

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

/// All outputs: `version`, `image_tag`, `labels` and `build_args`.
#[track_caller]
fn all_outputs(repo: &Repo, args: &[&str]) -> [String; 4] {
    let step = repo.beside("step");
    step.write("output", EARLIER);
    let file = step.path().join("output");
    let output = repo.imgver(["tag", "--output", "github"]).args(args).env("GITHUB_OUTPUT", &file).run();
    let printed = output.text() + "\n";
    let written = fs::read_to_string(&file).unwrap();
    assert_eq!(written.strip_prefix(EARLIER), Some(&*printed), "{output}");
    let read = github::outputs(&printed);
    let names: Vec<&str> = read.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["version", "image_tag", "labels", "build_args"], "{output}");
    [0, 1, 2, 3].map(|at| read[at].1.clone())
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
fn a_list_that_cannot_be_read_back_is_not_written() {
    let repo = released();
    let why_not = [
        ("quoted\"name", "cannot write org.opencontainers.image.title="),
        ("two\nVERSION=evil", "unknown service"),
    ];
    for (name, why) in why_not {
        let service = format!("services/{name}");
        repo.write(&format!("{service}/Taskfile.yaml"), taskfile("example/odd"));
        let output = repo.imgver(["tag", "--output", "github", &service]).run();
        assert!(output.fails(5).contains(why), "{output}");
    }
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
