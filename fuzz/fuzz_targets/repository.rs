//! Files below `.git`: any bytes in any of them result in an answer or an error.
//!
//! A small repository is made once, with the git on PATH. The input's first byte chooses a file, the next two a place in it;
//! the rest is written there, over what it has, or instead of all of it.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use questions::ask_everything;

#[path = "../../tests/it/repositories/questions.rs"]
mod questions;

const MAKE: &str = "
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
git init -q -b main . && mkdir app && printf 'vars:\\n  IMAGE_REPO: team/app\\n' >app/Taskfile.yaml && git add . &&
git commit -q -m 1 && git tag app@1.0.0 && git commit -q --allow-empty -m 2 && git commit -q --allow-empty -m 3 &&
git update-ref refs/heads/main $(git commit-tree -p HEAD -p HEAD~1 -p HEAD~2 -m octopus HEAD^{tree}) &&
git tag -a -m 1 app@1.1.0 HEAD~1 && git repack -a -d -q && git pack-refs --all && git commit-graph write --reachable &&
git tag app@1.2.0 HEAD && chmod -R u+w .git";

struct Files {
    root: PathBuf,
    head: String,
    files: Vec<(PathBuf, Option<Vec<u8>>)>,
}

fn files() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let root = std::env::temp_dir().join(format!("imgver-fuzz-{}", std::process::id()));
        fs::create_dir_all(&root).expect("make a directory");
        let root = root.canonicalize().expect("the directory is there");
        let git = |script: &str| {
            let output =
                Command::new("sh").args(["-c", script]).current_dir(&root).output().expect("run git");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).expect("git prints text").trim().to_owned()
        };
        git(MAKE);
        let head = git("git rev-parse HEAD");
        let names = ["HEAD", "config", "index", "packed-refs", "shallow", "refs/tags/app@1.2.0"];
        let names = names.iter().chain(&["objects/info/alternates", "objects/info/commit-graph"]);
        let mut paths: Vec<PathBuf> = names.map(|name| root.join(".git").join(name)).collect();
        let packs = fs::read_dir(root.join(".git/objects/pack")).expect("list packs");
        paths.extend(packs.map(|entry| entry.expect("an entry").path()));
        paths.sort();
        let files = paths.into_iter().map(|path| {
            let content = fs::read(&path).ok();
            (path, content)
        });
        let files = files.collect();
        Files { root, head, files }
    })
}

fuzz_target!(|input: &[u8]| {
    let [which, high, low, rest @ ..] = input else { return };
    let Files { root, head, files } = files();
    let (path, content) = &files[usize::from(*which) % files.len()];
    let whole = content.clone().unwrap_or_default();
    let at = usize::from(u16::from_be_bytes([*high, *low]));
    let bytes = match whole.get(..at) {
        Some(before) => {
            let after = whole.get(at + rest.len()..).unwrap_or_default();
            [before, rest, after].concat()
        }
        None => rest.to_vec(),
    };
    fs::write(path, bytes).expect("write the file");
    ask_everything(root, head, "app@1.0.0");
    match content {
        Some(content) => fs::write(path, content).expect("restore the file"),
        None => fs::remove_file(path).expect("remove the file"),
    }
});
