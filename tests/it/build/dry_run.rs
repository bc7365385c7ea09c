//! `--dry-run` prints what would run, and runs nothing.

use std::os::unix::ffi::OsStrExt as _;

use super::fake::Shop;

/// What docker is told by the shell that runs what a dry run printed, beside what imgver itself tells it.
#[track_caller]
fn same(shop: &Shop, args: &[&str], question: &str) {
    let printed = shop.build(&["--dry-run"]).args(args).run();
    assert!(!shop.has_built(), "a dry run ran docker: {printed}");
    let shell = shop.repo.program("/bin/sh").env("PATH", shop.path()).input(printed.text()).run();
    assert_eq!(shell.code, 0, "{shell}");
    assert!(shop.has_built(), "the shell ran no docker: {printed}");
    let (by_shell, runs) = (shop.heard(question), shop.builds());
    assert_eq!(shop.build(args).run().code, 0);
    assert_eq!(shop.heard(question), by_shell);
    assert_eq!(shop.builds(), [&*runs, &*runs].concat());
}

#[test]
fn a_shell_can_run_what_is_printed() {
    let odd = "--label=x='$(id)' \"`id`\" \\ \n !* é";
    same(&Shop::new(), &["api", odd, "--", "--build-context", "a b=c"], "buildx-build");
    same(&Shop::new(), &["--all", odd, "--build-arg=A=${x} %{y}", "--", "--set=a b.c=d"], "buildx-bake");
    // From where it is pasted, too.
    same(&Shop::new(), &["-C", "services/web", "--metadata-file", "m.json"], "buildx-build");
    same(&Shop::new(), &["-C", "services", "api", "web", "--cache", "local=c"], "buildx-bake");
    // Both runs of a push, in order.
    same(&Shop::new(), &["-C", "services", "api", "web", "--push", "--cache", "local=c"], "buildx-bake");
    same(&Shop::new(), &["--all", "--push", "--no-cache", "--build-arg", "A"], "buildx-bake");
    same(&Shop::new(), &["-C", "services", "api", "--push", "--cache", "local=c"], "buildx-build");
}

#[test]
fn a_shell_pushes_nothing_after_a_build_that_failed() {
    let shop = Shop::new();
    let fails = r#"cat >/dev/null; case "$*" in *cacheonly*) exit 1 ;; esac"#;
    shop.on("buildx-bake", fails);
    shop.on("buildx-build", fails);
    for args in [&["--all", "--push"][..], &["-C", "tools", "job", "--push", "--cache", "local=c"]] {
        let printed = shop.build(&["--dry-run"]).args(args).run().text();
        let before = shop.builds().len();
        let shell = shop.repo.program("/bin/sh").env("PATH", shop.path()).input(printed).run();
        assert_eq!((shell.code, shop.builds().len() - before), (1, 1), "{shell}");
    }
}

#[test]
fn a_dry_run_shows_no_more_than_was_written() {
    let shop = Shop::new();
    for services in [&["api"][..], &["api", "web"]] {
        let secrets = ["--secret", "id=a,env=TOKEN", "--build-arg", "TOKEN", "--dry-run"];
        let printed = shop.build(services).args(secrets).env("TOKEN", "s3cret").run().text();
        assert!(printed.contains("TOKEN") && !printed.contains("s3cret"), "{printed}");
    }
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
    let printed = shop.repo.sandbox().join("printed");
    let command = format!(
        "{} build api --dry-run -- --tag \"$1\" >'{}'",
        env!("CARGO_BIN_EXE_imgver"),
        printed.display()
    );
    let output = shop.repo.program("/bin/sh").args(["-c", &command, "sh"]).args([odd]).run();
    assert_eq!(output.code, 0, "{output}");
    let printed = std::fs::read_to_string(printed).unwrap();
    assert!(printed.contains(r#"--tag a"$(printf '\377')"b"#), "as a shell reads it back: {printed}");
    assert_eq!(shop.build(&["api", "--", "--tag"]).args([odd]).run().code, 0);
    let args = std::fs::read(shop.bin().join("buildx-build.args")).unwrap();
    assert!(args.split(|byte| *byte == 0).any(|arg| arg == b"a\xffb"));
}
