//! docker fails in every way it can.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

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

#[test]
fn one_of_several_that_fails_fails_all() {
    let shop = Shop::new();
    // Without reading the definition, too: a closed pipe must not kill imgver.
    shop.on("buildx-bake", "echo 'target web: failed to solve' >&2; exit 17");
    let output = shop.build(&["--all"]).run();
    let stderr = output.fails(7);
    assert!(stderr.contains("target web: failed to solve\n"), "{output}");
    let message = "error: docker buildx bake of 3 services (services/api, services/web, tools/job) failed with status 17\nhint: ";
    assert!(stderr.contains(message), "{output}");
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
