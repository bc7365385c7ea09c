//! The picture in `docs/scope.md` is that of a real history. `IMGVER_UPDATE=1 cargo test --test it scope::page` draws it anew.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::{CONFIG, branch, merge, switch};
use crate::support::Repo;

/// The history that the page tells.
fn history() -> Repo {
    let repo = Repo::new();
    let change = |path: &str, what: &str| {
        repo.write(path, format!("{what}\n"));
        repo.commit(what)
    };
    repo.write("imgver.yaml", CONFIG);
    repo.write("api/Dockerfile", "FROM scratch\n");
    repo.write("web/Dockerfile", "FROM scratch\n");
    repo.write("libs/ui/button.js", "square\n");
    repo.commit("Begin");
    repo.tag("api@1.4.0");
    repo.tag("web@2.0.0");
    branch(&repo, "hotfix", "main");
    change("api/close.go", "Close connections");
    repo.tag("api@1.4.1");
    switch(&repo, "main");
    change("web/page.html", "Add a page");
    change("README.md", "Describe both");
    merge(&repo, "hotfix");
    branch(&repo, "search", "main");
    change("web/search.js", "Search");
    change("web/search.js", "Search faster");
    switch(&repo, "main");
    merge(&repo, "search");
    change("libs/ui/button.js", "Round the buttons");
    repo
}

/// The graph of the commits, the newest first, with the versions of those on the first-parent line.
fn picture(repo: &Repo) -> String {
    let graph =
        repo.git(["log", "--graph", "--decorate=short", "--decorate-refs=refs/tags", "--format=%H %s%d"]);
    let columns = [("api", "repository"), ("api", "service"), ("web", "service")];
    let width = 18;
    let mut text = format!("{:<48}", "");
    for (service, scope) in columns {
        text.push_str(&format!("  {:<width$}", format!("{service}, by {scope}")));
    }
    for line in graph.lines().map(str::trim_end) {
        let commit = line.split(' ').find(|word| word.len() == 40).unwrap_or_default();
        let shown = line.replace(commit, commit.get(..7).unwrap_or_default()).replace("tag: ", "");
        text = text.trim_end().to_owned();
        text.push_str(&format!("\n{shown:<48}"));
        if line.starts_with('*') {
            for (service, scope) in columns {
                let version =
                    repo.imgver(["extended", service, "--rev", commit, "--scope", scope]).run().line();
                text.push_str(&format!("  {version:<width$}"));
            }
        }
    }
    text.trim_end().to_owned() + "\n"
}

#[test]
fn the_picture_is_what_imgver_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scope.md");
    let page = fs::read_to_string(&file).expect("read the page");
    let (before, rest) = page.split_once("```text\n").expect("there is a picture");
    let (shown, after) = rest.split_once("```").expect("the picture ends");
    let drawn = picture(&history());
    if std::env::var_os("IMGVER_UPDATE").is_some_and(|value| value == "1") {
        fs::write(&file, format!("{before}```text\n{drawn}```{after}")).expect("write the page");
    } else {
        assert_eq!(shown, drawn, "docs/scope.md shows something else");
    }
}

#[test]
fn the_release_of_the_story_is_described_as_the_page_says() {
    let repo = history();
    repo.tag("api@1.5.0");
    let object = repo.extended("api", &["--exact"]);
    let merged = repo.git(["rev-parse", "HEAD~2"]);
    assert_eq!((&object["base"], &object["last_change"]), (&json!("1.5.0"), &json!(merged)), "{object:#}");
}
