//! `imgver release` of several services as a program: real remotes, hooks that refuse, a process that is killed.

mod page;

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::ops::releases::{change, shop};
use crate::release::{program, release, tags};
use crate::support::Repo;

/// A hook of the remote that takes no release of `web`.
const NO_WEB: &str = "#!/bin/sh\ncase $1 in refs/tags/web@*) echo 'no web today' >&2; exit 1 ;; esac\n";

const CHANGED: [&str; 5] = ["--changed", "--bump", "patch", "--push", "--notes-file=../notes.md"];

/// What a repository has of releases: the tags, what each points at, and its message.
fn state(repo: &Repo) -> String {
    repo.git(["for-each-ref", "--format=%(refname) %(objecttype) %(*objectname) %(contents)", "refs/tags"])
}

fn notes(repo: &Repo) -> String {
    fs::read_to_string(repo.sandbox().join("notes.md")).expect("the notes are there")
}

#[test]
fn the_same_command_goes_on_after_a_hook_refused_a_tag() {
    let (undisturbed, its_remote) = shop();
    let expected = release(&undisturbed, &CHANGED).text();
    assert_eq!(expected, "api@1.4.1\nweb@2.0.1");

    let (clone, bare) = shop();
    let hook = bare.path().join("hooks/update");
    program(&hook, NO_WEB);
    // However often it is tried, there is one release of each.
    for _ in 0..2 {
        let refused = release(&clone, &CHANGED);
        let error = refused.fails(3);
        for said in [
            "no web today",
            "the tag web@2.0.1 is in this clone, but was not pushed",
            "to undo this: git tag --delete web@2.0.1",
        ] {
            assert!(error.contains(said), "'{said}' is missing: {refused}");
        }
        assert_eq!(tags(&bare), ["api@1.4.0", "api@1.4.1", "web@2.0.0"]);
        assert_eq!(tags(&clone), ["api@1.4.0", "api@1.4.1", "web@2.0.0", "web@2.0.1"]);
    }
    fs::remove_file(&hook).unwrap();
    let went_on = release(&clone, &CHANGED);
    assert_eq!(went_on.text(), expected);
    assert!(went_on.stderr.contains("is api@1.4.1 already, also on origin"), "{went_on}");
    assert!(went_on.stderr.contains("is web@2.0.1 already; pushed the tag to origin"), "{went_on}");

    // All is as if nothing had failed.
    assert_eq!(state(&clone), state(&undisturbed));
    assert_eq!(state(&bare), state(&its_remote));
    assert_eq!(notes(&clone), notes(&undisturbed));
    let again = release(&clone, &CHANGED);
    assert!(again.fails(4).contains("already released as api@1.4.1, web@2.0.1"), "{again}");
}

#[test]
fn a_failure_says_what_is_done_and_what_is_not() {
    let (clone, bare) = shop();
    program(&bare.path().join("hooks/update"), &NO_WEB.replace("web", "api"));
    let first = release(&clone, &["api", "web", "worker", "--bump", "patch", "--push"]);
    let hint = "hint: not done: api@1.4.1, web@2.0.1, worker@0.0.1; the same command goes on from there";
    assert!(first.fails(3).contains(hint), "{first}");
    assert_eq!(tags(&clone), ["api@1.4.0", "api@1.4.1", "web@2.0.0"]);
    program(&bare.path().join("hooks/update"), NO_WEB);
    let second = release(&clone, &["api", "web", "worker", "--bump", "patch", "--push"]);
    let hint =
        "hint: done: api@1.4.1; not done: web@2.0.1, worker@0.0.1; the same command goes on from there";
    assert!(second.fails(3).contains(hint), "{second}");
    assert_eq!(tags(&bare), ["api@1.4.0", "api@1.4.1", "web@2.0.0"]);
}

#[test]
fn the_same_command_goes_on_after_a_kill_between_tag_and_push() {
    let (undisturbed, its_remote) = shop();
    release(&undisturbed, &CHANGED).text();

    let (clone, bare) = shop();
    let hooks = clone.path().join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    // The hook's parent is git, whose parent is imgver.
    let killer = "#!/bin/sh\nread -r _ _ _ parent _ </proc/$PPID/stat\nkill -KILL \"$parent\"\nexit 1\n";
    program(&hooks.join("pre-push"), killer);
    let killed = release(&clone, &CHANGED);
    assert!(
        killed.code != 0 && killed.stdout.is_empty() && !killed.stderr.contains("error: the tag"),
        "{killed}"
    );
    assert!(tags(&clone).contains(&"api@1.4.1".to_owned()) && tags(&bare).len() == 2);
    fs::remove_file(hooks.join("pre-push")).unwrap();
    assert_eq!(release(&clone, &CHANGED).text(), "api@1.4.1\nweb@2.0.1");
    assert_eq!((state(&clone), state(&bare)), (state(&undisturbed), state(&its_remote)));
    assert_eq!(notes(&clone), notes(&undisturbed));
}

#[test]
fn every_warning_comes_before_the_first_tag() {
    let (clone, _) = shop();
    clone.write(".github/workflows/build.yaml", "on: pull_request\njobs: {}\n");
    change(&clone, "api/more.go", "Do more");
    clone.git(["push", "-q", "origin", "main"]);
    let hooks = clone.path().join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    program(&hooks.join("pre-push"), "#!/bin/sh\ngit tag --list >&2\necho PUSHING >&2\n");
    let released = release(&clone, &CHANGED);
    assert_eq!(released.text(), "api@1.4.1\nweb@2.0.1");
    let (before, after) = released.stderr.split_once("PUSHING\n").expect("the hook ran");
    let warnings: Vec<&str> = before.lines().filter(|line| line.starts_with("warning: ")).collect();
    let expected = ["never released: worker", "when api@1.4.1 is pushed", "when web@2.0.1 is pushed"];
    assert_eq!(warnings.len(), expected.len(), "{released}");
    assert!(warnings.iter().zip(expected).all(|(warning, word)| warning.contains(word)), "{released}");
    assert!(!after.contains("warning: ") && !before.contains("\nweb@2.0.1\n"), "{released}");
}

#[test]
fn one_service_is_an_object_and_several_are_a_list() {
    let (clone, _) = shop();
    let ask = |args: &[&str]| {
        release(&clone, &[args, &["--bump", "patch", "--dry-run", "--output", "json"]].concat()).json()
    };
    let api = ask(&["api"]);
    assert_eq!(
        (&api["tag"], &api["was_set"], &api["was_pushed"]),
        (&json!("api@1.4.1"), &json!(false), &json!(false))
    );
    let names = |list: serde_json::Value| -> Vec<String> {
        list.as_array().expect("a list").iter().map(|it| it["service"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(ask(&["web", "api"])), ["api", "web"]);
    assert_eq!(names(ask(&["api", "./api"])), ["api"], "several names of one service are still a list");
    assert_eq!(names(ask(&["--changed"])), ["api", "web"]);
    clone.git(["tag", "api@1.4.1"]);
    let resumed = ask(&["--changed"]);
    assert_eq!((&resumed[0]["was_set"], &resumed[1]["was_set"]), (&json!(true), &json!(false)));
}

#[test]
fn a_dry_run_of_several_shows_all_and_does_nothing() {
    let (clone, bare) = shop();
    clone.annotate("api@1.4.1");
    let before = (state(&clone), state(&bare));
    let shown = release(&clone, &[&CHANGED[..], &["--dry-run"]].concat()).text();
    let (notes, releases) = shown.split_once("\n\n").unwrap();
    assert!(notes.starts_with("would write the notes to ") && notes.ends_with("/notes.md"), "{shown}");
    let (api, web) = releases.split_once("\n\ntag      web@2.0.1\n").expect("one after another");
    assert!(api.starts_with("tag      api@1.4.1\n") && api.contains("\ndone     set\n"), "{shown}");
    let pushes = |text: &str| (text.matches("git tag ").count(), text.matches("git push ").count());
    assert_eq!((pushes(api), pushes(web)), ((0, 1), (1, 1)), "{shown}");
    assert_eq!((state(&clone), state(&bare)), before);
    assert!(!clone.sandbox().join("notes.md").exists());
}

#[test]
fn notes_that_cannot_be_written_stop_everything() {
    let (clone, _) = shop();
    let before = state(&clone);
    let with = |file: &str| release(&clone, &["--changed", "--bump", "patch", "--notes-file", file]);
    assert!(with("no-such/notes.md").fails(1).contains("cannot write "), "no such directory");
    assert!(with("..").fails(1).contains("--notes-file takes a regular file"), "a directory");
    assert_eq!(state(&clone), before);
    // One that is refused leaves what is there.
    let file = clone.sandbox().join("notes.md");
    fs::write(&file, "old").unwrap();
    release(&clone, &["worker", "--set", "0.0.0", "--rev", "no-such", "--notes-file", "../notes.md"])
        .fails(3);
    assert_eq!(notes(&clone), "old");
    // A link stays one.
    std::os::unix::fs::symlink("notes.md", clone.sandbox().join("link.md")).unwrap();
    with("../link.md").text();
    assert!(notes(&clone).starts_with("## api 1.4.1\n"));
    assert_eq!(fs::read_link(clone.sandbox().join("link.md")).unwrap(), Path::new("notes.md"));
}

#[test]
fn pre_releases_are_set_and_pushed() {
    let (clone, bare) = shop();
    let pre = ["api", "--bump", "minor", "--pre", "rc", "--push"];
    let first = release(&clone, &pre);
    assert_eq!(first.line(), "api@1.5.0-rc.1");
    assert_eq!(release(&clone, &pre).code, 4);
    change(&clone, "api/more.go", "Do more");
    clone.git(["push", "-q", "origin", "main"]);
    assert_eq!(release(&clone, &pre).line(), "api@1.5.0-rc.2");
    assert!(tags(&bare).contains(&"api@1.5.0-rc.2".to_owned()));
    let message = clone.git(["for-each-ref", "--format=%(contents)", "refs/tags/api@1.5.0-rc.2"]);
    assert!(message.starts_with("api 1.5.0-rc.2\n\nChanges since api@1.4.0:\n"), "{message}");
    // It stays what it is: no base, and the release comes after it.
    assert_eq!(clone.imgver(["version", "api"]).run().line(), "1.4.0");
    assert_eq!(release(&clone, &["api", "--bump", "minor", "--push"]).line(), "api@1.5.0");
    assert_eq!(clone.imgver(["version", "api", "--exact"]).run().line(), "1.5.0");
    let late = release(&clone, &["api", "--set", "1.5.0", "--pre", "rc"]);
    assert!(late.fails(4).contains("1.5.0 is already released as api@1.5.0"), "{late}");
}

#[test]
fn command_lines_that_contradict_themselves() {
    let (clone, _) = shop();
    for args in [
        &["--changed", "--set", "1.0.0"][..],
        &["--changed", "--bump", "patch", "api"],
        &["--changed", "--bump", "patch", "--whole"],
        &["--whole", "--bump", "patch", "api", "web"],
        &["--pre", "rc", "api"],
        &["--changed"],
    ] {
        assert_eq!(release(&clone, args).code, 2, "{args:?}");
    }
}

/// A push goes to all of them, and git fetches from none of these alone.
#[test]
fn a_remote_that_pushes_to_several_places_is_asked_at_each() {
    let (clone, bare) = shop();
    let mirror = bare.cloned("mirror.git", &["--bare"]);
    for place in [&bare, &mirror] {
        clone.git(["config", "--add", "remote.origin.pushurl", &place.path().to_string_lossy()]);
    }
    let hook = mirror.path().join("hooks/update");
    program(&hook, NO_WEB);
    let refused = release(&clone, &CHANGED);
    assert!(refused.fails(3).contains("the tag web@2.0.1 is in this clone, but was not pushed"), "{refused}");
    assert_eq!(tags(&bare), ["api@1.4.0", "api@1.4.1", "web@2.0.0", "web@2.0.1"]);
    assert_eq!(tags(&mirror), ["api@1.4.0", "api@1.4.1", "web@2.0.0"]);
    fs::remove_file(&hook).unwrap();
    assert_eq!(release(&clone, &CHANGED).text(), "api@1.4.1\nweb@2.0.1");
    assert_eq!(state(&mirror), state(&bare));
    let again = release(&clone, &CHANGED);
    assert!(again.fails(4).contains("already released as api@1.4.1, web@2.0.1"), "{again}");

    // What one of them has in the way is found before the first tag.
    change(&clone, "api/more.go", "Do more");
    change(&clone, "web/more.html", "Show more");
    clone.git(["push", "-q", "origin", "main"]);
    mirror.git(["tag", "web@2.0.2", "main~1"]);
    let before = tags(&clone);
    let taken = release(&clone, &CHANGED);
    assert!(
        taken.fails(4).contains("the tag web@2.0.2 already exists on origin, for another commit"),
        "{taken}"
    );
    assert_eq!(tags(&clone), before);
    fs::remove_dir_all(mirror.path()).unwrap();
    let gone = release(&clone, &CHANGED);
    let error = gone.fails(3);
    assert!(error.contains("mirror.git, where origin pushes to"), "{gone}");
    assert!(error.contains("git remote get-url --push --all origin"), "{gone}");
}

/// As a git has left it that was killed with the process.
#[test]
fn a_lock_in_the_way_of_a_tag_is_explained() {
    let (clone, bare) = shop();
    let lock = clone.path().join(".git/refs/tags/web@2.0.1.lock");
    fs::write(&lock, "").unwrap();
    let refused = release(&clone, &CHANGED);
    let error = refused.fails(3);
    assert!(error.contains("cannot create the tag web@2.0.1"), "{refused}");
    assert!(error.contains("one was killed: remove its lock file"), "{refused}");
    fs::remove_file(&lock).unwrap();
    assert_eq!(release(&clone, &CHANGED).text(), "api@1.4.1\nweb@2.0.1");
    assert_eq!(state(&clone), state(&bare));
}
