//! `--dry-run` prints what would run, and runs nothing.

use std::os::unix::ffi::OsStrExt as _;

use crate::fake::Shop;

/// What docker is told by the shell that runs what a dry run printed, beside what imgver itself tells it.
#[track_caller]
fn same(shop: &Shop, args: &[&str], question: &str) {
    let printed = shop.build(&["--dry-run"]).args(args).run();
    assert!(!shop.has_built(), "a dry run ran docker: {printed}");
    let path = std::env::join_paths([shop.bin(), "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
    let shell = shop.repo.program("/bin/sh").env("PATH", path).input(printed.text()).run();
    assert_eq!(shell.code, 0, "{shell}");
    let by_shell = shop.asked(question).expect("the shell ran docker");
    let definition = shop.bin().join("definition.json");
    let definition_by_shell = std::fs::read(&definition).ok();
    assert_eq!(shop.build(args).run().code, 0);
    assert_eq!(shop.asked(question).unwrap(), by_shell);
    assert_eq!(std::fs::read(&definition).ok(), definition_by_shell);
}

#[test]
fn a_shell_can_run_what_is_printed() {
    let odd = "--label=x='$(id)' \"`id`\" \\ \n !* é";
    same(&Shop::new(), &["api", odd, "--", "", "--build-context", "a b=c"], "buildx-build");
    same(&Shop::new(), &["--all", odd, "--build-arg=A=${x} %{y}", "--", "a b"], "buildx-bake");
}

#[test]
fn docker_is_not_needed() {
    let shop = Shop::new();
    let output =
        shop.build(&["api", "--dry-run", "--platform=linux/amd64,linux/arm64"]).env("PATH", "").run();
    assert!(output.line().starts_with("docker buildx build "), "{output}");
    assert_eq!(shop.asked("buildx-version"), None);
}

#[test]
fn the_same_commit_prints_the_same() {
    let shop = Shop::new();
    let here = shop.build(&["--all", "--dry-run"]).run().text();
    let clone = shop.repo.cloned("a clone", &[]);
    clone.git(["remote", "remove", "origin"]);
    let there = clone.imgver(["build", "--all", "--dry-run"]).run().text();
    assert_eq!(here, there);
}

#[test]
fn arguments_that_are_not_utf_8_are_passed_on_as_they_are() {
    let shop = Shop::new();
    let odd = std::ffi::OsStr::from_bytes(b"a\xffb");
    let printed = shop.build(&["api", "--dry-run", "--"]).args([odd]).run();
    assert_eq!(printed.code, 0, "{printed}");
    assert_eq!(shop.build(&["api", "--"]).args([odd]).run().code, 0);
    let args = std::fs::read(shop.bin().join("buildx-build.args")).unwrap();
    assert!(args.split(|byte| *byte == 0).any(|arg| arg == b"a\xffb"));
}
