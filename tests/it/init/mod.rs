//! `imgver init`: what it makes of the shapes that repositories have, and that what it writes is read back.

mod compose;
mod files;
mod hostile;
mod layouts;
mod workflows;

use crate::support::{Output, Repo};

/// A repository with these files, committed, whose remote is `https://github.com/acme/shop`.
fn repo(files: &[(&str, &str)]) -> Repo {
    let repo = Repo::new();
    for (file, text) in files {
        repo.write(file, text);
    }
    repo.git(["remote", "add", "origin", "https://github.com/acme/shop.git"]);
    repo.commit("Begin");
    repo
}

/// What `imgver init` writes, without the comment at its top. It can be read: `list` and `check` find nothing wrong.
#[track_caller]
fn written(repo: &Repo) -> String {
    let output = repo.imgver(["init"]).run();
    assert_eq!(output.code, 0, "{output}");
    readable(repo);
    let text = std::fs::read_to_string(repo.path().join("imgver.yaml")).expect("imgver.yaml was written");
    let lines = text.lines().skip_while(|line| line.starts_with("# Which") || line.starts_with("# what it"));
    lines.map(|line| format!("{line}\n")).collect()
}

#[track_caller]
fn readable(repo: &Repo) {
    repo.git(["add", "-A"]);
    let list = repo.imgver(["list"]).run();
    assert_eq!(list.code, 0, "{list}");
    let check = repo.imgver(["check"]).run();
    assert_eq!(check.code, 0, "{check}");
}

/// The services, and their images.
#[track_caller]
fn services(repo: &Repo) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    repo.list().iter().map(|it| (text(&it["service"]), text(&it["image"]))).collect()
}

/// Pairs as [`services`] gives them.
fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(service, image)| ((*service).to_owned(), (*image).to_owned())).collect()
}

/// The line of the table that has `what` in it.
#[track_caller]
fn row<'o>(output: &'o Output, what: &str) -> &'o str {
    let found = output.stdout.lines().find(|line| line.contains(what));
    found.unwrap_or_else(|| panic!("no row with {what}: {output}"))
}
