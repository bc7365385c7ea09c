//! Untracked files as `git status --untracked-files=all` lists them, on trees, ignore rules and configurations at random.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;

use imgver::history::git::Repository;

use super::plain;
use crate::support::{Repo, Rng, for_seeds};

const DIRECTORIES: [&str; 8] =
    ["", "app/", "app/x/", "app/x/y/", "app/build/", "lib/", "lib/App/", ".hidden/"];
const NAMES: [&str; 11] = ["a", "b.txt", "c.log", "build", "Foo", "foo", "keep me", "é", ".env", "#x", "!y"];
const RULES: [&str; 33] = [
    "a",
    "/a",
    "*.log",
    "!c.log",
    "build",
    "build/",
    "/app/",
    "app/",
    "app/x",
    "x/",
    "x/*",
    "!x/a",
    "**/y",
    "y/**",
    "*",
    "!*/",
    "!b.txt",
    "*.txt",
    "foo",
    "FOO",
    "[Ff]oo",
    "keep me",
    "keep me ",
    "\\#x",
    "#x",
    "\\!y",
    "é",
    ".*",
    "!.gitignore",
    "app/**/a",
    "",
    "lib/App",
    "a/",
];

fn rules(rng: &mut Rng) -> String {
    let lines: Vec<&str> = (0..rng.within(1..4)).map(|_| *rng.pick(&RULES)).collect();
    format!("{}{}", lines.join("\n"), rng.pick(&["", "\n", "\r\n"]))
}

fn file(rng: &mut Rng) -> String {
    format!("{}{}", rng.pick(&DIRECTORIES), rng.pick(&NAMES))
}

/// Writes `path`, unless something else is in its place.
fn write(repo: &Repo, path: &str, text: &str) {
    let absolute = repo.path().join(path);
    if fs::create_dir_all(absolute.parent().expect("it is in a directory")).is_ok() && !absolute.is_dir() {
        let _ = fs::write(absolute, text);
    }
}

fn make(rng: &mut Rng) -> Repo {
    let repo = Repo::new();
    for _ in 0..rng.within(1..8) {
        write(&repo, &file(rng), "tracked");
    }
    if rng.chance(50) {
        write(&repo, &format!("{}.gitignore", rng.pick(&DIRECTORIES)), &rules(rng));
    }
    repo.git(["add", "-A"]);
    if rng.chance(30) {
        repo.git(["add", "-A", "-f"]);
    }
    repo.git(["commit", "-q", "--allow-empty", "-m", "first"]);
    for _ in 0..rng.within(0..10) {
        write(&repo, &file(rng), "new");
    }
    for _ in 0..rng.within(0..3) {
        write(&repo, &format!("{}.gitignore", rng.pick(&DIRECTORIES)), &rules(rng));
    }
    if rng.chance(30) {
        write(&repo, ".git/info/exclude", &rules(rng));
    }
    if rng.chance(20) {
        write(&repo, "../excludes", &rules(rng));
        repo.git(["config", "core.excludesFile", plain(&repo.sandbox().join("excludes"))]);
    }
    if rng.chance(20) {
        // A repository within the repository, with or without a commit.
        let nested = repo.beside(format!("repo/{}nested", rng.pick(&DIRECTORIES)));
        if fs::create_dir_all(nested.path()).is_ok() {
            nested.git(["init", "-q"]);
            if rng.chance(70) {
                nested.write("file", "x");
            }
            if rng.chance(50) {
                nested.git(["add", "-A"]);
                nested.git(["commit", "-q", "--allow-empty", "-m", "nested"]);
            }
            if rng.chance(30) {
                repo.git_run(["add", plain(nested.path())]).run();
            }
        }
    }
    for (chance, key, value) in [
        (20, "status.showUntrackedFiles", "no"),
        (20, "core.untrackedCache", "true"),
        (10, "core.ignoreCase", "true"),
        (10, "core.fsmonitor", "false"),
        (10, "core.quotePath", "false"),
    ] {
        if rng.chance(chance) {
            repo.git(["config", key, value]);
        }
    }
    for _ in 0..rng.within(0..4) {
        let path = file(rng);
        match rng.within(0..7) {
            0 => drop(repo.git_run(["add", "-N", "--", &path]).run()),
            1 => drop(repo.git_run(["rm", "-q", "--cached", "--", &path]).run()),
            2 => drop(repo.git_run(["update-index", "--skip-worktree", "--", &path]).run()),
            3 => drop(fs::create_dir_all(repo.path().join(&path))),
            4 => drop(symlink(rng.pick(&["a", "app", "nowhere"]), repo.path().join(&path))),
            5 => drop(repo.program("mkfifo").args([repo.path().join(&path)]).run()),
            _ => drop(repo.git_run(["update-index", "--assume-unchanged", "--", &path]).run()),
        }
    }
    if rng.chance(10) {
        repo.git_run(["sparse-checkout", "set", "--sparse-index", "app"]).run();
        write(&repo, "lib/a", "back again");
    }
    repo
}

#[test]
fn untracked_files_are_those_of_git_status() {
    for_seeds(0..60, |seed| {
        let mut rng = Rng::new(seed);
        let repo = make(&mut rng);
        let status = ["status", "--porcelain", "-z", "--untracked-files=all", "--no-renames"];
        let listed = repo.git_run(status).run().text();
        let by_git: BTreeSet<&str> =
            listed.split('\0').filter_map(|record| record.strip_prefix("?? ")).collect();
        let opened = Repository::discover_isolated(repo.path()).expect("open the repository");
        for directory in ["", "app", "app/x"] {
            let found = opened.untracked_files(directory, |_| true);
            let found = match found {
                Ok(found) => found,
                // It may not be a directory.
                Err(_) if !directory.is_empty() => continue,
                Err(error) => panic!("{error}"),
            };
            let found: BTreeSet<String> = found
                .into_iter()
                .map(|path| String::from_utf8(path).expect("these names are text"))
                .collect();
            let below = |path: &&&str| directory.is_empty() || path.starts_with(&format!("{directory}/"));
            let expected: BTreeSet<String> =
                by_git.iter().filter(below).map(|path| (*path).to_owned()).collect();
            assert_eq!(found, expected, "{directory:?} of {}", repo.path().display());
        }
    });
}
