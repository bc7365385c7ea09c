//! `--next`: extended versions of the version to come.

use crate::support::{Repo, image_of};
use crate::two_services::{GO, NODE, short, two_services};

fn line(repo: &Repo, args: &[&str]) -> String {
    repo.imgver(args).run().line()
}

#[test]
fn an_extended_version_counts_from_the_version_to_come() {
    let repo = two_services();
    let (commit, image) = (short(&repo), image_of(NODE));
    for (args, expected) in [
        (&["extended", NODE, "--next", "patch"][..], format!("1.0.10-0002-{commit}")),
        (&["extended", NODE, "--next", "minor"], format!("1.1.0-0002-{commit}")),
        (&["extended", NODE, "--next", "minor", "--image"], format!("{image}:1.1.0-0002-{commit}")),
        (&["tag", NODE, "--next", "patch"], format!("{image}:1.0.10-0002-{commit}")),
        (&["tag", NODE, "--next", "patch", "--set-version", "try-1"], format!("{image}:try-1")),
        (&["version", NODE, "--next", "patch"], "1.0.9".to_owned()),
        (&["extended", GO, "--next", "minor"], format!("0.1.0-0003-{commit}")),
    ] {
        assert_eq!(line(&repo, args), expected, "{args:?}");
    }
    repo.write(&format!("{NODE}/main.js"), "run(2);\n");
    assert_eq!(line(&repo, &["extended", NODE, "--next", "patch"]), format!("1.0.10-0002-{commit}-dirty"));
    assert_eq!(repo.imgver(["extended", NODE, "--next", "major"]).run().code, 2);
}

#[test]
fn a_release_stays_what_it_is() {
    let repo = two_services();
    repo.tag(&format!("{NODE}@1.1.0"));
    let (commit, image) = (short(&repo), image_of(NODE));
    let production = ["tag", NODE, "--environment", "production", "--next", "patch"];
    assert_eq!(line(&repo, &production), format!("{image}:1.1.0"));
    assert_eq!(line(&repo, &["extended", NODE, "--next", "patch"]), format!("1.1.1-0000-{commit}"));
    let answer = repo.extended(NODE, &["--next", "minor"]);
    assert_eq!(answer["base"], "1.1.0");
    assert_eq!(answer["version"], "1.1.0");
    assert_eq!(answer["extended"], format!("1.2.0-0000-{commit}"));
    assert_eq!(answer["tag"], format!("{image}:1.2.0-0000-{commit}"));
}

#[test]
fn list_and_build_count_alike() {
    let repo = two_services();
    let commit = short(&repo);
    assert!(line_of(&repo, &["list", "--next", "patch"]).contains(&format!("  1.0.10-0002-{commit}  ")));
    let dry = repo.imgver(["build", NODE, "--next", "minor", "--dry-run"]).run().text();
    assert!(dry.contains(&format!("{}:1.1.0-0002-{commit}", image_of(NODE))), "{dry}");
}

/// The line about `api-node`.
fn line_of(repo: &Repo, args: &[&str]) -> String {
    let text = repo.imgver(args).run().text();
    text.lines().find(|line| line.starts_with(NODE)).expect("it is listed").to_owned()
}
