//! Hostile bytes in the files below `.git` that are read: an answer or an error, and never a panic. The fuzz target
//! `repository` does the same for longer.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::questions::ask_everything;
use super::released;
use crate::support::{Repo, Rng, for_seeds};

/// A packed repository with an octopus merge, and its files.
fn packed() -> (Repo, Vec<PathBuf>) {
    let repo = released();
    let tree = repo.git(["write-tree"]);
    let merge = ["-p", "HEAD", "-p", "HEAD~1", "-p", "HEAD~2", "-m", "octopus"];
    let merge = repo.git(["commit-tree", &tree].iter().chain(&merge));
    repo.git(["update-ref", "refs/heads/main", &merge]);
    repo.annotate("app@1.3.0");
    repo.git(["repack", "-a", "-d", "-q"]);
    repo.git(["pack-refs", "--all"]);
    repo.git(["commit-graph", "write", "--reachable"]);
    repo.write(".git/refs/tags/web@3.0.0", format!("{}\n", repo.head()));
    let git = repo.path().join(".git");
    let mut files: Vec<PathBuf> =
        ["HEAD", "config", "index", "packed-refs", "shallow", "refs/tags/web@3.0.0"]
            .iter()
            .chain(&["objects/info/alternates", "objects/info/commit-graph"])
            .map(|name| git.join(name))
            .collect();
    let packs =
        fs::read_dir(git.join("objects/pack")).expect("list packs").map(|entry| entry.unwrap().path());
    files.extend(packs.filter(|path| path.extension().is_some_and(|end| end == "idx" || end == "pack")));
    for file in files.iter().filter(|file| file.exists()) {
        fs::set_permissions(file, PermissionsExt::from_mode(0o644)).expect("make a file writable");
    }
    (repo, files)
}

fn damaged(rng: &mut Rng, whole: &[u8]) -> Vec<u8> {
    const WORDS: [&[u8]; 8] = [
        b"\xff\xff\xff\xff",
        b"\0\0\0\0",
        b"\x80\0\0\0",
        b"\n",
        b"ref: refs/heads/main\n",
        b"\"",
        b"1212121212121212121212121212121212121212",
        b"../",
    ];
    let mut bytes = whole.to_vec();
    for _ in 0..=rng.within(0..3) {
        let at = rng.within(0..bytes.len() + 1);
        match rng.within(0..5) {
            0 => bytes.truncate(at),
            1 => drop(bytes.splice(at..at, rng.pick(&WORDS).iter().copied())),
            2 => drop(bytes.drain(at..(at + rng.within(0..40)).min(bytes.len()))),
            3 if at < bytes.len() => bytes[at] = rng.bits() as u8,
            _ => {
                let word = rng.pick(&WORDS);
                let end = (at + word.len()).min(bytes.len());
                bytes[at..end].copy_from_slice(&word[..end - at]);
            }
        }
    }
    bytes
}

#[test]
fn no_file_below_git_makes_it_panic() {
    for_seeds(0..6, |seed| {
        let rng = &mut Rng::new(seed);
        let (repo, files) = packed();
        let (root, head) = (repo.path().canonicalize().expect("the repository is there"), repo.head());
        for _ in 0..40 {
            let file = rng.pick(&files);
            let whole = fs::read(file).ok();
            let bytes = damaged(rng, whole.as_deref().unwrap_or_default());
            fs::write(file, &bytes).expect("write a file");
            let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                ask_everything(&root, &head, "app@1.2.0")
            }));
            assert!(asked.is_ok(), "seed {seed}: {} {:?}", file.display(), String::from_utf8_lossy(&bytes));
            match whole {
                Some(whole) => fs::write(file, whole).expect("restore a file"),
                None => fs::remove_file(file).expect("remove a file"),
            }
        }
    });
}
