//! Tags that git ignores as broken: ignored with a warning, loose and packed alike, and the warning's command removes them.

use std::fs;
use std::process::Command;

use crate::support::Repo;

const NOWHERE: &str = "1212121212121212121212121212121212121212";
const BROKEN: &str = "app@9.0.0";

/// `app@1.0.0`, two commits before `HEAD`.
fn released() -> Repo {
    let repo = Repo::new();
    repo.service("app");
    repo.commit("first");
    repo.tag("app@1.0.0");
    repo.tag("web@1.0.0");
    for message in ["second", "third"] {
        repo.git(["commit", "-q", "--allow-empty", "-m", message]);
    }
    repo
}

fn write_ref(repo: &Repo, content: &str) {
    repo.write(&format!(".git/refs/tags/{BROKEN}"), content);
}

/// Adds a ref to `packed-refs`, which sorts last.
fn pack_ref(repo: &Repo, lines: &str) {
    repo.git(["pack-refs", "--all"]);
    let path = repo.path().join(".git/packed-refs");
    let packed = fs::read_to_string(&path).expect("read packed-refs");
    let (before, after) = packed.split_at(packed.find("\n").expect("a header") + 1);
    let at = after.find(" refs/tags/app@1.0.0\n").expect("a release");
    let end = at + after[at..].find('\n').expect("a line") + 1;
    let (first, last) = after.split_at(end);
    fs::write(path, format!("{before}{first}{lines}{last}")).expect("write packed-refs");
}

/// A tag object of `target`, whether that exists or not.
fn tag_object(repo: &Repo, target: &str) -> String {
    literal_tag(
        repo,
        &format!("object {target}\ntype commit\ntag {BROKEN}\ntagger T <t@example.com> 1 +0000\n\nx\n"),
    )
}

fn literal_tag(repo: &Repo, text: &str) -> String {
    let hash = repo.git_run(["hash-object", "-t", "tag", "-w", "--stdin", "--literally"]);
    hash.input(text).run().line()
}

fn annotate_and_lose(repo: &Repo, packed: bool) {
    repo.annotate(BROKEN);
    let id = repo.git(["rev-parse", BROKEN]);
    if packed {
        repo.git(["pack-refs", "--all"]);
    }
    fs::remove_file(repo.path().join(".git/objects").join(&id[..2]).join(&id[2..]))
        .expect("lose the tag object");
}

type Case = (&'static str, fn(&Repo));

const CASES: [Case; 20] = [
    ("empty", |repo| write_ref(repo, "")),
    ("an empty line", |repo| write_ref(repo, "\n")),
    ("garbage", |repo| write_ref(repo, "garbage\n")),
    ("a hash that is too short", |repo| write_ref(repo, &format!("{}\n", &NOWHERE[1..]))),
    ("a hash that is too long", |repo| write_ref(repo, &format!("{NOWHERE}{NOWHERE}\n"))),
    ("after white space", |repo| write_ref(repo, &format!("  {}\n", repo.head()))),
    ("zeros", |repo| write_ref(repo, &format!("{}\n", "0".repeat(40)))),
    ("a symbolic ref to nothing", |repo| write_ref(repo, "ref: refs/tags/nothing\n")),
    ("a symbolic ref to no name", |repo| write_ref(repo, "ref: ../\n")),
    ("a symbolic ref to itself", |repo| write_ref(repo, &format!("ref: refs/tags/{BROKEN}\n"))),
    ("a symbolic ref to garbage", |repo| {
        repo.write(".git/refs/tags/other", "garbage\n");
        write_ref(repo, "ref: refs/tags/other\n");
    }),
    ("a missing object, loose", |repo| write_ref(repo, &format!("{NOWHERE}\n"))),
    ("a missing object, packed", |repo| pack_ref(repo, &format!("{NOWHERE} refs/tags/{BROKEN}\n"))),
    ("a tag of a missing object, loose", |repo| write_ref(repo, &format!("{}\n", tag_object(repo, NOWHERE)))),
    ("a tag of a missing object, packed", |repo| {
        pack_ref(repo, &format!("{} refs/tags/{BROKEN}\n^{NOWHERE}\n", tag_object(repo, NOWHERE)));
    }),
    ("a tag object without a name", |repo| {
        let id = literal_tag(repo, &format!("object {}\ntype commit\n", repo.head()));
        write_ref(repo, &format!("{id}\n"));
    }),
    ("a tag object that calls a commit a tree", |repo| {
        let text = format!(
            "object {}\ntype tree\ntag {BROKEN}\ntagger T <t@example.com> 1 +0000\n\nx\n",
            repo.head()
        );
        let id = literal_tag(repo, &text);
        write_ref(repo, &format!("{id}\n"));
    }),
    ("a missing tag object, loose", |repo| annotate_and_lose(repo, false)),
    ("a missing tag object, packed", |repo| annotate_and_lose(repo, true)),
    ("zeros, packed", |repo| pack_ref(repo, &format!("{} refs/tags/{BROKEN}\n", "0".repeat(40)))),
];

/// The command in the warning that removes the tag.
fn removal(stderr: &str) -> &str {
    let (_, rest) = stderr.split_once('(').expect("a command in brackets");
    rest.split_once(" removes it").expect("a command").0
}

#[test]
fn they_are_ignored_with_a_warning_that_repairs() {
    for (case, break_tag) in CASES {
        let repo = released();
        let right = format!("1.0.0-0002-{}", &repo.head()[..7]);
        break_tag(&repo);
        let output = repo.imgver(["extended", "app", "--no-dirty"]).run();
        assert_eq!((output.code, output.stdout.trim_end()), (0, &*right), "{case}: {output}");
        assert!(output.stderr.contains(BROKEN) && output.stderr.lines().count() == 1, "{case}: {output}");
        for args in [&["list"][..], &["version", "app"]] {
            let output = repo.imgver(args).run();
            assert!(output.code == 0 && output.stderr.contains(BROKEN), "{case}: {output}");
        }
        let exact = repo.imgver(["version", "app", "--exact"]).run();
        assert!(exact.fails(4).contains(&format!("hint: the tag {BROKEN} is broken")), "{case}: {exact}");
        let check = repo.imgver(["check"]).run();
        assert!(check.stdout.contains(&format!("{BROKEN}: warning[malformed-tag]")), "{case}: {check}");
        // Nobody else is bothered.
        let whole = repo.imgver(["version", "web", "--tag-prefix", "web@"]).run();
        assert!(!whole.stderr.contains(BROKEN), "{case}: {whole}");

        // git ignores it, too; except for a tag object that packed-refs has seen through, and one that makes git take HEAD for
        // a tree, with which describe fails.
        let described = repo.git_run(["describe", "--tags", "--match", "app@*"]).run();
        if !["a missing tag object, packed", "a tag object that calls a commit a tree"].contains(&case) {
            assert!(described.stdout.starts_with("app@1.0.0-2-"), "{case}: {described}");
        }
        let command = removal(&output.stderr);
        let ran =
            Command::new("sh").args(["-c", command]).current_dir(repo.path()).status().expect("a shell");
        assert!(ran.success(), "{case}: {command}");
        let output = repo.imgver(["extended", "app", "--no-dirty"]).run();
        assert_eq!((output.stdout.trim_end(), &*output.stderr), (&*right, ""), "{case}, after {command}");
    }
}

/// A commit that the commit-graph knows was here: its tag is good, whatever became of the pack.
#[test]
fn a_lost_pack_makes_no_tag_broken() {
    let repo = released();
    repo.git(["gc", "-q"]);
    repo.git(["commit-graph", "write", "--reachable"]);
    repo.git(["commit", "-q", "--allow-empty", "-m", "loose"]);
    for entry in fs::read_dir(repo.path().join(".git/objects/pack")).expect("list packs") {
        fs::remove_file(entry.expect("a file").path()).expect("lose the pack");
    }
    let error = repo.imgver(["extended", "app", "--no-dirty"]).run().fails(3).to_owned();
    assert!(!error.contains("update-ref"), "{error}");
}

#[test]
fn a_broken_loose_tag_hides_a_packed_one() {
    let repo = released();
    repo.tag(BROKEN);
    repo.git(["pack-refs", "--all"]);
    write_ref(&repo, "garbage\n");
    let output = repo.imgver(["version", "app"]).run();
    assert_eq!(output.stdout.trim_end(), "1.0.0", "{output}");
    assert!(output.stderr.contains(BROKEN), "{output}");
}

#[test]
fn a_symbolic_ref_to_another_tag_is_a_release() {
    let repo = released();
    write_ref(&repo, "ref: refs/tags/a\n");
    for (name, target) in [("a", "b"), ("b", "c"), ("c", "web@1.0.0")] {
        repo.write(&format!(".git/refs/tags/{name}"), format!("ref: refs/tags/{target}\n"));
    }
    assert_eq!(repo.imgver(["version", "app"]).run().line(), "9.0.0", "five refs in all");
    repo.write(".git/refs/tags/c", "ref: refs/tags/d\n");
    repo.write(".git/refs/tags/d", "ref: refs/tags/web@1.0.0\n");
    let output = repo.imgver(["version", "app"]).run();
    assert_eq!(output.stdout.trim_end(), "1.0.0", "six: {output}");
    assert!(output.stderr.contains("loop, or a chain"), "{output}");
    assert!(!repo.git_run(["rev-parse", "--verify", BROKEN]).run().stderr.is_empty(), "git follows five");
}

#[test]
fn what_is_no_ref_is_no_tag() {
    let repo = released();
    repo.write(".git/refs/tags/app@2.0.0.lock", format!("{}\n", repo.head()));
    repo.write(".git/refs/tags/.app@3.0.0", format!("{}\n", repo.head()));
    fs::create_dir_all(repo.path().join(".git/refs/tags/app@4.0.0")).expect("make a directory");
    let output = repo.imgver(["version", "app"]).run();
    assert_eq!((output.stdout.trim_end(), &*output.stderr), ("1.0.0", ""));
}

#[test]
fn packed_refs_that_git_refuses_are_refused() {
    let line = |repo: &Repo| format!("{} refs/tags/{BROKEN}", repo.head());
    /// What is damaged, and how: `packed-refs`, and a line for it.
    type Damage = (&'static str, fn(&str, &str) -> String);
    let cases: [Damage; 5] = [
        ("a line that is none", |packed, _| format!("{packed}garbage\n")),
        ("a last line without an end", |packed, line| format!("{packed}{line}")),
        ("another header", |packed, _| packed.replace("# pack-refs with:", "# other:")),
        ("a hash that is none", |packed, line| format!("{packed}{}\n", line.replace(&line[..4], "wxyz"))),
        ("a line without a name", |packed, line| format!("{packed}{}\n", &line[..40])),
    ];
    for (case, damage) in cases {
        let repo = released();
        repo.git(["pack-refs", "--all"]);
        let path = repo.path().join(".git/packed-refs");
        let packed = fs::read_to_string(&path).expect("read packed-refs");
        let packed = packed.lines().filter(|line| !line.contains("web@")).map(|line| format!("{line}\n"));
        fs::write(&path, damage(&packed.collect::<String>(), &line(&repo))).expect("write packed-refs");
        assert_ne!(repo.git_run(["describe", "--tags"]).run().code, 0, "{case}: git refuses");
        repo.imgver(["version", "app"]).run().fails(3);
    }
}
