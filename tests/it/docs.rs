//! README.md fits a few screens and shows every command; `docs/README.md` leads to every page and every command.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::reference;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(page: impl AsRef<Path>) -> String {
    let page = root().join(page);
    fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()))
}

/// The commands that `imgver --help` lists, except for `help`.
fn commands() -> BTreeSet<String> {
    reference::commands(&reference::outside()).into_iter().collect()
}

/// The pages of `docs/`, except for the index.
fn pages() -> BTreeSet<String> {
    let files = fs::read_dir(root().join("docs")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".md") && name != "README.md").collect()
}

/// What the first group of each match of this pattern is.
fn found(pattern: &str, text: &str) -> BTreeSet<String> {
    Regex::new(pattern).unwrap().captures_iter(text).map(|found| found[1].to_owned()).collect()
}

#[test]
fn the_index_leads_to_every_page_and_every_command() {
    let index = read("docs/README.md");
    let rows: String =
        index.lines().filter(|line| line.starts_with("| ")).map(|line| format!("{line}\n")).collect();
    let linked = found(r"\]\(([a-z-]+\.md)[)#]", &rows);
    let missing: Vec<_> = pages().difference(&linked).cloned().collect();
    assert_eq!(missing, Vec::<String>::new(), "no row of docs/README.md leads there");
    let named = found(r"`imgver ([a-z]+)", &rows);
    let missing: Vec<_> = commands().difference(&named).cloned().collect();
    assert_eq!(missing, Vec::<String>::new(), "no row of docs/README.md names them");
}

#[test]
fn the_readme_is_short_and_shows_every_command() {
    let readme = read("README.md");
    assert!(readme.lines().count() < 200, "{} lines", readme.lines().count());
    let described = found(r"\*\*`imgver ([a-z]+)`\*\*", &readme);
    assert_eq!(described, commands(), "a paragraph has each command in bold");
    let shown = found(r"(?m)^\$ (?:eval \W+)?imgver ([a-z]+)", &readme);
    assert_eq!(shown, commands(), "an example shows each command");
}
