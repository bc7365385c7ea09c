//! Revisions: any text names a commit or results in an error with a message, and what names a commit is stable.
#![no_main]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use imgver::ops::Checkout;
use libfuzzer_sys::fuzz_target;

/// The parts that revisions are made of, as in the tests.
static PARTS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let names = include_str!("../../tests/revisions/names.txt");
    let suffixes = include_str!("../../tests/revisions/suffixes.txt");
    names.lines().chain(suffixes.lines()).collect()
});

/// A repository with branches, tags, merges and reflogs.
static REPOSITORY: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = std::env::temp_dir().join(format!("imgver-fuzz-revision-{}", std::process::id()));
    std::fs::create_dir_all(&path).expect("a directory is made");
    let git = |command: &str| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
        let output =
            Command::new("git").arg("-C").arg(&path).args(identity).args(command.split(' ')).output();
        assert!(output.expect("git runs").status.success(), "{command}");
    };
    for command in [
        "init -q -b main",
        "commit -q --allow-empty -m one",
        "tag light",
        "tag -a -m text annotated",
        "tag -a -m text nested annotated",
        "tag ofatree HEAD^{tree}",
        "switch -q -c topic",
        "commit -q --allow-empty -m two",
        "switch -q main",
        "commit -q --allow-empty -m more",
        "merge -q --no-ff -m merge topic",
        "switch -q --detach HEAD~1",
        "switch -q main",
        "branch -q -u topic main",
        "update-ref refs/remotes/origin/main HEAD~1",
        "pack-refs --all",
        "branch same",
        "tag same HEAD~1",
    ] {
        git(command);
    }
    path
});

thread_local! {
    static CHECKOUT: Checkout = open(&REPOSITORY);
}

fn open(path: &Path) -> Checkout {
    let path = path.canonicalize().expect("the repository is there");
    Checkout::open_isolated(&path).unwrap_or_else(|error| panic!("{error}"))
}

fuzz_target!(|input: (Vec<u8>, String)| {
    let (parts, text) = input;
    let parts = parts.iter().filter_map(|part| PARTS.get(usize::from(*part) % PARTS.len()));
    let made: String = parts.copied().chain([&*text]).collect();
    CHECKOUT.with(|checkout| {
        for revision in [&text, &made] {
            match checkout.repository.resolve(revision) {
                Ok(commit) => {
                    let full = commit.to_string();
                    assert_eq!(checkout.repository.resolve(&full).ok(), Some(commit), "{revision}");
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
            let _ = checkout.repository.commits_beginning(revision);
        }
    });
});
