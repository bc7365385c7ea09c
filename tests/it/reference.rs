//! What the commands say of themselves: `docs/commands.md` is that, whole, and so are the manual pages.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::support::Repo;

const INTRODUCTION: &str = "\
# Commands

What each command's `--help` says, exit codes under [imgver](#imgver). Written by `tests/it/reference.rs`, which fails where
this page and the program differ, and rewrites it with `IMGVER_UPDATE=1 cargo test --test it reference`.
";

/// A folder in no repository.
pub(crate) fn outside() -> Repo {
    Repo::directory("repo").beside("home")
}

/// What `imgver COMMAND --help` prints without a terminal, which would have a width.
fn help(repo: &Repo, command: &[&str]) -> String {
    repo.imgver(command).args(["--help"]).run().text()
}

/// The commands in the order of the help.
pub(crate) fn commands(repo: &Repo) -> Vec<String> {
    let help = help(repo, &[]);
    let lines =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
    let names =
        names.filter_map(|line| line.split(' ').next()).filter(|name| *name != "help").map(String::from);
    let names: Vec<String> = names.collect();
    assert!(names.len() > 6, "{names:?}");
    names
}

fn reference(repo: &Repo) -> String {
    let commands = commands(repo);
    let sections: Vec<(String, String)> = std::iter::once(("imgver".to_owned(), help(repo, &[])))
        .chain(commands.iter().map(|name| (format!("imgver {name}"), help(repo, &[name]))))
        .collect();
    let mut page = format!("{INTRODUCTION}\n| command | |\n|---|---|\n");
    for (title, help) in &sections {
        // Its first paragraph, however many lines that takes.
        let about = help
            .lines()
            .take_while(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
            .replace('|', "\\|");
        let anchor = title.replace(' ', "-");
        writeln!(page, "| [`{title}`](#{anchor}) | {about} |").expect("text can be written");
    }
    for (title, help) in &sections {
        assert!(!help.contains("```"), "{help}");
        write!(page, "\n## {title}\n\n```text\n{help}\n```\n").expect("text can be written");
    }
    page
}

#[test]
fn the_reference_is_what_the_commands_say() {
    let page = reference(&outside());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md");
    if std::env::var_os("IMGVER_UPDATE").is_some() {
        fs::write(&path, &page).expect("the reference can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let line = page.lines().zip(written.lines()).position(|(said, written)| said != written);
    assert!(
        page == written,
        "docs/commands.md is out of date, first in line {}: IMGVER_UPDATE=1 cargo test --test it reference",
        line.unwrap_or_else(|| page.lines().count().min(written.lines().count())) + 1
    );
}

#[test]
fn the_readme_names_the_compiler_that_dependencies_need() {
    let read = |file: &str| {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("it is there")
    };
    let is_needed = read("Cargo.lock").contains("\nname = \"cc\"\n");
    assert_eq!(read("README.md").contains("C compiler, which links the program and compiles"), is_needed);
}

#[test]
fn the_help_does_not_depend_on_where_it_is_asked_for() {
    let repo = Repo::new();
    let plain = help(&repo, &["tag"]);
    let elsewhere =
        repo.imgver(["tag", "--help"]).env("IMAGE_REPO", "a/b").env("IMGVER_TAG_FORMAT", "v{version}");
    assert_eq!(elsewhere.cwd("..").run().text(), plain);
}

#[test]
fn every_command_has_a_page_and_the_files_are_those_pages() {
    let repo = Repo::new();
    let folder = repo.path().join("man1");
    assert!(repo.imgver(["man", "--directory", "man1"]).run().fails(5).contains("hint: mkdir -p"));
    fs::create_dir(&folder).expect("a folder can be made");
    assert_eq!(repo.imgver(["man", "--directory", "man1"]).run().text(), "");
    let read =
        |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_else(|_| panic!("there is no {name}"));
    assert_eq!(read("imgver.1").trim_end(), repo.imgver(["man"]).run().text().trim_end());
    let commands = commands(&repo);
    for command in &commands {
        let page = read(&format!("imgver-{command}.1"));
        assert_eq!(page.trim_end(), repo.imgver(["man", command]).run().text().trim_end());
        assert!(read("imgver.1").contains(&format!("imgver\\-{command}")), "{command}");
        // Without a date, which would be that of the build.
        let title = format!(".TH imgver-{command} 1  \"imgver {}\"", env!("CARGO_PKG_VERSION"));
        assert!(page.lines().any(|line| line.trim_end() == title), "{title}\n{page}");
        for section in [".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS", ".SH EXAMPLES", ".SH \"SEE ALSO\""] {
            assert!(page.lines().any(|line| line == section), "{command}: {section}\n{page}");
        }
    }
    let files = fs::read_dir(&folder).expect("the folder is there").count();
    assert_eq!(files, commands.len() + 1);
}

#[test]
fn a_page_that_is_not_there_is_a_slip_of_the_keyboard() {
    let repo = outside();
    let said = repo.imgver(["man", "buld"]).run();
    assert!(said.fails(2).contains("hint: did you mean build?"), "{said}");
}

/// What a reader sees: roff's own warnings would show.
#[test]
#[ignore = "needs groff: scripts/e2e runs it"]
fn groff_reads_the_manual_pages_without_a_warning() {
    let repo = Repo::new();
    for command in [&[][..], &["tag"], &["build"], &["completions"]] {
        let page = repo.imgver(["man"]).args(command).run().text();
        let shown = repo.program("groff").args(["-man", "-Tascii", "-ww", "-P-cbou"]).input(page).run();
        assert_eq!(shown.stderr, "");
        let shown = shown.text();
        // Lines of examples stand as they are in the help.
        let help = repo.imgver(command).args(["--help"]).run().text();
        let last = help.lines().rev().find(|line| line.starts_with("  imgver ") || line.starts_with("  7 "));
        let last = last.expect("the help ends with examples or exit codes").trim();
        assert!(shown.lines().any(|line| line.trim() == last), "{last}\n{shown}");
    }
}
