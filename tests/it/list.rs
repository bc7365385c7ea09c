//! `imgver list` as a program: its table, colour, and what goes to which stream.

use crate::support::Repo;
use crate::support::terminal::plain;
use crate::two_services::{GO, NODE, two_services};

const ESCAPE: char = '\u{1b}';

fn table(repo: &Repo, args: &[&str], env: &[(&str, &str)]) -> String {
    let run = repo.imgver(["list"]).args(args);
    env.iter().fold(run, |run, (name, value)| run.env(name, value)).run().text()
}

#[test]
fn colour_adds_nothing_but_itself() {
    let repo = two_services();
    repo.write(&format!("{GO}/Taskfile.yaml"), crate::support::taskfile("team/changed"));
    let piped = table(&repo, &[], &[]);
    let coloured = table(&repo, &["--color", "always"], &[]);
    assert!(!piped.contains(ESCAPE), "{piped}");
    assert_eq!(plain(&coloured), piped);
    for styled in
        ["\u{1b}[1mSERVICE\u{1b}[0m", "\u{1b}[32m1.0.9\u{1b}[0m", "\u{1b}[1m\u{1b}[33mdirty\u{1b}[0m"]
    {
        assert!(coloured.contains(styled), "{coloured:?}");
    }
    let json = repo.imgver(["list", "--color", "always", "--output", "json"]).run().text();
    assert!(!json.contains(ESCAPE), "{json}");
}

#[test]
fn colour_is_where_it_is_wanted() {
    let repo = two_services();
    for (args, env, is_coloured) in [
        (&[][..], &[][..], false),
        (&["--color", "auto"], &[], false),
        (&["--color", "always"], &[("NO_COLOR", "1")], true),
        (&["--color", "never"], &[("CLICOLOR_FORCE", "1")], false),
        (&[], &[("CLICOLOR_FORCE", "1")], true),
        (&[], &[("CLICOLOR_FORCE", "0")], false),
        (&[], &[("CLICOLOR_FORCE", "")], false),
        (&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        (&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")], true),
        (&[], &[("CLICOLOR", "1")], false),
    ] {
        assert_eq!(table(&repo, args, env).contains(ESCAPE), is_coloured, "{args:?} {env:?}");
    }
}

#[test]
fn only_what_changed() {
    let repo = two_services();
    let explained = repo.imgver(["list", "--changed-since", "HEAD~1", "--explain"]).run();
    assert_eq!(explained.stdout.lines().count(), 2, "{explained}");
    assert!(explained.stderr.contains(&format!("{NODE}/main.js")), "{explained}");
    let nothing = repo.imgver(["list", "--changed-since", "HEAD"]).run();
    assert_eq!(nothing.text(), "SERVICE  IMAGE  RELEASE  DISTANCE  VERSION  STATE");
    assert_eq!(nothing.stderr, "");
    repo.write("own.yaml", "api-node: README.md\n");
    let args = ["list", "--changed-since", "HEAD~2", "--rev", "HEAD~1", "--filters", "own.yaml"];
    assert!(repo.imgver(args).run().text().contains(NODE));

    repo.imgver(["list", "--changed-since", "no-such"]).run().fails(3);
    for idle in [&["--filters", "own.yaml"][..], &["--explain"]] {
        let refused = repo.imgver(["list"]).args(idle).run();
        assert!(refused.fails(2).contains("--changed-since"), "{refused}");
    }
}

/// Scripts get names as they are; a person at a terminal sees that something is hidden in them.
#[test]
fn what_is_invisible_is_shown_to_people_and_left_to_scripts() {
    let repo = Repo::new();
    let hidden =
        ["a\u{202e}b", "c\u{2066}d", "e\u{200b}f", "g\u{e0041}h", "i\u{feff}j", "k\u{fe0f}l", "m\u{ad}n"];
    let services = hidden.map(|name| format!("services/{name}"));
    for service in &services {
        repo.write(&format!("{service}/Taskfile.yaml"), crate::support::taskfile("team/image"));
    }
    repo.git(["config", "user.name", "Ada\u{202e}"]);
    repo.commit("begin \u{2067}");
    repo.tag(&format!("{}@1.0.0", services[0]));
    let is_shown = |text: &str| {
        let secret =
            text.chars().find(|character| !character.is_ascii_graphic() && !" \n…".contains(*character));
        assert_eq!(secret, None, "{text}");
    };
    is_shown(&table(&repo, &[], &[]));
    let listed = repo.list();
    let exact: Vec<&str> = listed.iter().map(|answer| answer["service"].as_str().unwrap()).collect();
    assert_eq!(exact, services.iter().map(String::as_str).collect::<Vec<_>>());
    let files: String = services.iter().map(|service| format!("{service}/x\n")).collect();
    let changed = repo.imgver(["changed", "--files-from", "-", "--explain"]).input(files).run();
    assert_eq!(changed.text().lines().collect::<Vec<_>>(), exact);
    is_shown(&changed.stderr);
    let release = ["release", exact[1], "--bump", "patch", "--dry-run"];
    let release = repo.imgver(release).run().text();
    let (facts, _) = release.split_once("git tag").expect("commands to paste, as they are");
    is_shown(facts);
    is_shown(&repo.imgver(["locate", "1.0.0", "--service", exact[0]]).run().text());
    is_shown(&repo.imgver(["check"]).run().stdout);
}
