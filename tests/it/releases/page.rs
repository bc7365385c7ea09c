//! What `docs/releasing-together.md` shows is what imgver prints. `IMGVER_UPDATE=1 cargo test --test it releases::page` writes it
//! anew.

use std::fs;
use std::path::Path;

use super::{NO_WEB, change, notes, program, release, shop};
use crate::support::{Output, Repo};

const FENCE: &str = "```console\n";

/// What a terminal shows of `imgver release` with `args`, without what git and the remote print.
fn shown(repo: &Repo, args: &str) -> String {
    let words: Vec<&str> = args.split(' ').collect();
    let Output { stdout, stderr, .. } = release(repo, &words);
    let of_git = ["remote:", "To ", " ", "error: failed to push"];
    let ours = stderr.lines().filter(|line| !of_git.iter().any(|start| line.starts_with(start)));
    let (before, after): (Vec<&str>, Vec<&str>) = ours.partition(|line| line.starts_with("warning: "));
    let lines = before.into_iter().chain(stdout.lines()).chain(after);
    lines.fold(format!("$ imgver release {args}\n"), |text, line| text + line + "\n")
}

/// The examples of the page, in its order.
fn examples() -> Vec<String> {
    let (clone, bare) = shop();
    let hook = bare.path().join("hooks/update");
    program(&hook, NO_WEB);
    let refused = shown(&clone, "--changed --bump patch --push");
    fs::remove_file(hook).unwrap();
    let went_on = shown(&clone, "--changed --bump patch --push");
    let done = shown(&clone, "--changed --bump patch --push");

    let (clone, _) = shop();
    let pre = "api --bump minor --pre rc --push";
    let mut prereleases = shown(&clone, pre);
    change(&clone, "api/retry.go", "Retry twice");
    clone.git(["push", "-q", "origin", "main"]);
    prereleases
        .push_str(&format!("$ git commit --all --message 'Retry twice' && git push\n{}", shown(&clone, pre)));
    prereleases.push_str(&shown(&clone, "api --bump minor --push"));

    let (clone, _) = shop();
    release(&clone, &["--changed", "--bump", "patch", "--notes-file", "../notes.md"]).text();
    let notes = format!("$ cat notes.md\n{}", notes(&clone));
    vec![refused, went_on, done, prereleases, notes]
}

#[test]
fn the_examples_are_what_imgver_prints() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/releasing-together.md");
    let page = fs::read_to_string(&file).expect("read the page");
    let (mut rest, mut now) = (&*page, String::new());
    for example in examples() {
        let (before, after) = rest.split_once(FENCE).expect("the page has an example for each");
        let (_, after) = after.split_once("```").expect("the example ends");
        now.push_str(&format!("{before}{FENCE}{example}```"));
        rest = after;
    }
    assert!(!rest.contains(FENCE), "the page has more examples");
    now.push_str(rest);
    if std::env::var_os("IMGVER_UPDATE").is_some_and(|value| value == "1") {
        fs::write(&file, now).expect("write the page");
    } else {
        assert_eq!(page, now, "docs/releasing-together.md shows something else");
    }
}
