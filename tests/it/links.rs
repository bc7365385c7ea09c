//! Links within the documentation lead somewhere: to a file that is there, and to a heading of it.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The pages, below the root.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let services = fs::read_dir(root.join("services")).unwrap().flat_map(|kind| {
        fs::read_dir(kind.unwrap().path()).unwrap().map(|service| service.unwrap().path().join("README.md"))
    });
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|page| page.unwrap().path());
    let others = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|page| root.join(page));
    let mut pages: Vec<PathBuf> = docs
        .chain(services)
        .chain(others)
        .filter(|page| page.extension().is_some_and(|it| it == "md"))
        .collect();
    pages.sort();
    assert!(pages.len() > 10, "{pages:?}");
    pages
}

/// A page without its blocks of code.
fn prose(page: &Path) -> String {
    let text = fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    let mut is_code = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// What GitHub calls the headings of a page in links.
fn anchors(page: &Path) -> Vec<String> {
    let link = Regex::new(r"\[([^\]]*)\]\([^)]*\)").unwrap();
    let name = |heading: &str| -> String {
        let text = link.replace_all(heading.trim_start_matches('#').trim(), "$1").to_lowercase();
        let kept = |c: &char| c.is_alphanumeric() || ['_', '-', ' '].contains(c);
        text.chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    prose(page).lines().filter(|line| line.starts_with('#')).map(name).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let inline = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let definition = Regex::new(r"(?m)^\[([^\]]+)\]: (\S+)").unwrap();
    let by_name = Regex::new(r"\]\[([^\]]+)\]").unwrap();
    let mut lost = Vec::new();
    let mut followed = 0;
    for page in pages() {
        let text = prose(&page);
        let defined: Vec<_> = definition.captures_iter(&text).map(|found| found[1].to_lowercase()).collect();
        let names = by_name.captures_iter(&text).map(|found| found[1].to_lowercase());
        lost.extend(names.filter(|name| !defined.contains(name)).map(|name| format!("{page:?}: [{name}]")));
        let links = inline.captures_iter(&text).map(|found| found[1].to_owned());
        let links = links.chain(definition.captures_iter(&text).map(|found| found[2].to_owned()));
        for link in links.filter(|link| !link.contains("://")) {
            followed += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let target =
                if target.is_dir() && !anchor.is_empty() { target.join("README.md") } else { target };
            if !target.exists() || !anchor.is_empty() && !anchors(&target).iter().any(|it| it == anchor) {
                lost.push(format!("{page:?}: {link}"));
            }
        }
    }
    assert!(followed > 30, "only {followed} links");
    assert_eq!(lost, Vec::<String>::new());
}
