//! What the documentation shows of the repository that `scripts/demo` makes is what imgver prints there: in blocks of `console
//! demo`, and in a picture. `IMGVER_UPDATE=1 cargo test --test it demo` writes both anew.

mod picture;

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::Repo;

/// The repository, in a directory of its own.
fn shop() -> Repo {
    let repo = Repo::directory("shop");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/demo");
    repo.program(script).args([repo.path()]).cwd(repo.sandbox()).run().text();
    repo
}

/// What a command line prints there, errors and warnings included, with these variables.
fn printed(repo: &Repo, command: &str, variables: &[(&str, &str)]) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_imgver")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths([program.to_owned()].into_iter().chain(std::env::split_paths(&path))).unwrap();
    let mut run = repo.program("bash").args(["-c", &format!("exec 2>&1\n{command}")]).env("PATH", path);
    for (name, value) in [("GIT_AUTHOR_DATE", "1777905000 +0000"), ("GIT_COMMITTER_DATE", "1777905000 +0000")]
    {
        run = run.env(name, value);
    }
    for role in ["AUTHOR", "COMMITTER"] {
        run =
            run.env(&format!("GIT_{role}_NAME"), "Ada").env(&format!("GIT_{role}_EMAIL"), "ada@example.com");
    }
    variables.iter().fold(run, |run, (name, value)| run.env(name, value)).run().stdout
}

/// Whether these lines were printed; a line `…` stands for any number of them.
fn shows(shown: &[&str], printed: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((&"…", rest)) => (0..=printed.len()).any(|skipped| shows(rest, &printed[skipped..])),
        Some((line, rest)) => printed.first() == Some(line) && shows(rest, &printed[1..]),
    }
}

/// A page, with what its commands print today in one repository, from top to bottom.
fn run_again(page: &str) -> String {
    let repo = shop();
    let mut text = String::new();
    let mut is_demo = false;
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            is_demo = line == "```console demo";
        }
        text.push_str(&format!("{line}\n"));
        let Some(command) = line.strip_prefix("$ ").filter(|_| is_demo) else {
            continue;
        };
        let is_output = |line: &&str| !line.starts_with("$ ") && !line.starts_with("```");
        let shown: Vec<&str> = std::iter::from_fn(|| lines.next_if(is_output)).collect();
        let printed = printed(&repo, command, &[]);
        let printed: Vec<&str> = printed.lines().collect();
        let kept = if shows(&shown, &printed) { shown } else { printed };
        kept.iter().for_each(|line| text.push_str(&format!("{line}\n")));
    }
    text
}

/// The pages with such blocks.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|file| file.unwrap().path());
    let pages =
        docs.chain([root.join("README.md")]).filter(|file| file.extension().is_some_and(|it| it == "md"));
    let mut pages: Vec<PathBuf> =
        pages.filter(|file| fs::read_to_string(file).unwrap().contains("\n```console demo\n")).collect();
    pages.sort();
    assert!(!pages.is_empty());
    pages
}

/// Compares a file with what it should be, or writes it.
#[track_caller]
fn compare_or_write(file: &Path, text: &str) {
    if std::env::var_os("IMGVER_UPDATE").is_some_and(|value| value == "1") {
        fs::write(file, text).unwrap();
    }
    let written = fs::read_to_string(file).unwrap_or_default();
    assert_eq!(written, text, "{} is out of date: IMGVER_UPDATE=1 cargo test --test it demo", file.display());
}

#[test]
fn pages_show_what_imgver_prints() {
    for file in pages() {
        let page = fs::read_to_string(&file).unwrap();
        compare_or_write(&file, &run_again(&page));
    }
}

#[test]
fn every_command_that_the_script_proposes_works() {
    let repo = Repo::directory("shop");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/demo");
    let proposed = repo.program(script).args([repo.path()]).cwd(repo.sandbox()).run().text();
    let commands: Vec<&str> = proposed.lines().filter_map(|line| line.strip_prefix("  imgver ")).collect();
    assert!(commands.len() > 5, "{proposed}");
    for command in commands {
        let run = repo.imgver(command.split(' ')).run();
        assert_eq!((run.code, run.stdout.is_empty()), (0, false), "imgver {command}: {run}");
    }
}

#[test]
fn an_ellipsis_stands_for_any_lines_and_nothing_else_does() {
    let printed = ["a", "b", "c"];
    for shown in
        [&["a", "b", "c"][..], &["…"], &["a", "…"], &["…", "c"], &["a", "…", "c"], &["a", "…", "b", "c"]]
    {
        assert!(shows(shown, &printed), "{shown:?}");
    }
    for shown in [&[][..], &["a", "b"], &["…", "b"], &["b", "…"], &["a", "…", "d"]] {
        assert!(!shows(shown, &printed), "{shown:?}");
    }
}

#[test]
fn the_repository_does_not_depend_on_whose_machine_it_is() {
    let repo = Repo::directory("shop");
    let hooks = repo.sandbox().join("hooks");
    repo.beside("hooks").write("pre-commit", "exit 1\n");
    let configuration = format!(
        "[init]\n\tdefaultBranch = trunk\n\tdefaultObjectFormat = sha256\n[commit]\n\tgpgSign = true\n[tag]\n\tgpgSign = true\n\
         [core]\n\tautocrlf = true\n\thooksPath = {}\n[user]\n\tname = Eve\n",
        hooks.display()
    );
    fs::write(repo.sandbox().join("home/.gitconfig"), configuration).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/demo");
    let made = repo.program(script).args(["shop"]).cwd(repo.sandbox());
    let made =
        made.env("GIT_DIR", "elsewhere").env("GIT_AUTHOR_DATE", "0 +0200").env("GIT_DEFAULT_HASH", "sha256");
    made.env("TZ", "Asia/Tokyo").run().text();
    assert_eq!(repo.head(), shop().head());
}

#[test]
fn nothing_that_is_there_is_touched() {
    let repo = Repo::directory("shop");
    repo.write("kept", "");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/demo");
    let refused = repo.program(script).args(["."]).run();
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("is not an empty directory"), "{refused}");
    assert_eq!(fs::read_dir(repo.path()).unwrap().count(), 1);
}
