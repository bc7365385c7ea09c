//! Filter files: whose filter it is, what its patterns and change types select, and how many of them must.

use super::ask;
use crate::support::Repo;

/// Services `api`, `ui` and `mail` in the directory `s`, with `text` for a filter file in `f.yaml`.
fn filtered(text: &str) -> Repo {
    let repo = Repo::new();
    for service in ["s/api", "s/ui", "s/mail"] {
        repo.service(service);
    }
    repo.write("f.yaml", text);
    repo.write("x/1", "");
    repo.commit("filters");
    repo
}

/// The services that these changes concern, by their short names in one line.
#[track_caller]
fn selected(repo: &Repo, changes: &str, args: &[&str]) -> String {
    let run =
        || repo.imgver(["changed", "--filters", "f.yaml", "--files-from", "-"]).args(args).input(changes);
    let services: Vec<String> = ask(run).into_keys().collect();
    let short: Vec<&str> = services.iter().map(|service| service.strip_prefix("s/").unwrap()).collect();
    short.join(" ")
}

#[test]
fn lists_nest_and_share() {
    let repo = filtered(
        "\
api: &api
  - x/**
  - - y/*
    - [z/one, [z/two, [[[z/three]]]]]
s/ui:
  - *api
  - - ui/**
    - &one z/four
mail: [*one, 'mail.txt']
",
    );
    for (path, expected) in [
        ("x/a/b/.c", "api ui"),
        ("x", "api ui"),
        ("y/a", "api ui"),
        ("y/a/b", ""),
        ("z/one", "api ui"),
        ("z/two", "api ui"),
        ("z/three", "api ui"),
        ("z/four", "mail ui"),
        ("z/five", ""),
        ("ui/x", "ui"),
        ("mail.txt", "mail"),
        ("a/mail.txt", ""),
        // A filter replaces the service's own directory.
        ("s/api/main.go", ""),
    ] {
        assert_eq!(selected(&repo, path, &[]), expected, "{path}");
    }
}

#[test]
fn one_pattern_needs_no_list() {
    let repo = filtered("api: x/**\nui: \"y/**\"\nmail: >-\n  z/**\n");
    for (path, expected) in [("x/1", "api"), ("y/1", "ui"), ("z/1", "mail"), ("s/ui/1", "")] {
        assert_eq!(selected(&repo, path, &[]), expected, "{path}");
    }
}

#[test]
fn patterns_of_every_sort() {
    let repo = filtered("");
    for (pattern, matching, others) in [
        ("**", &["a", "a/b", ".a/.b"][..], &[][..]),
        ("*", &["a", ".a"], &["a/b"]),
        ("*.md", &["a.md", ".md"], &["a/b.md", "a.mdx"]),
        ("**/*.md", &["a.md", "a/b/c.md"], &["a.txt"]),
        ("x/?", &["x/a"], &["x/ab", "x/", "xa"]),
        ("x/[a-c]", &["x/b"], &["x/d", "x/-"]),
        ("x/[^a-c]", &["x/d"], &["x/b"]),
        ("x/{a,b}/*", &["x/a/1", "x/b/1"], &["x/c/1", "x/{a,b}/1"]),
        ("x/{1..3}", &["x/1", "x/3"], &["x/4", "x/0"]),
        ("x/@(a|b)", &["x/a"], &["x/c", "x/ab"]),
        ("x/?(a)b", &["x/b", "x/ab"], &["x/aab"]),
        ("x/*(a)b", &["x/b", "x/aab"], &["x/cb"]),
        ("x/+(a)b", &["x/aab"], &["x/b"]),
        ("x/!(a|b)", &["x/c"], &["x/a", "x/b"]),
        ("!x/**", &["a", "y/x"], &["x/a", "x/a/b"]),
        ("x/a b", &["x/a b"], &["x/a"]),
        ("X/*", &["X/a"], &["x/a"]),
        ("été/*", &["été/🚢"], &["ete/a"]),
    ] {
        repo.write("f.yaml", format!("api: '{pattern}'\nui: none\nmail: none\n"));
        for path in matching {
            assert_eq!(selected(&repo, path, &[]), "api", "{path} matches {pattern}");
        }
        for path in others {
            assert_eq!(selected(&repo, path, &[]), "", "{path} does not match {pattern}");
        }
    }
}

const ADDED: &str = "A\tx/f";
const MODIFIED: &str = "M\tx/f";
const DELETED: &str = "D\tx/f";
const RENAMED_TO: &str = "R100\told\tx/f";
const RENAMED_FROM: &str = "R100\tx/f\tnew";
const COPIED_TO: &str = "C100\told\tx/f";
const TYPE: &str = "T\tx/f";

#[test]
fn change_types() {
    let repo = filtered("");
    for (types, matching) in [
        ("added", &[ADDED, RENAMED_TO, COPIED_TO][..]),
        ("modified", &[MODIFIED, TYPE]),
        ("deleted", &[DELETED, RENAMED_FROM]),
        ("renamed", &[RENAMED_TO, RENAMED_FROM]),
        ("copied", &[COPIED_TO]),
        ("added|deleted", &[ADDED, RENAMED_TO, COPIED_TO, DELETED, RENAMED_FROM]),
        ("Modified", &[MODIFIED, TYPE]),
        ("' ADDED |  modified '", &[ADDED, RENAMED_TO, COPIED_TO, MODIFIED, TYPE]),
        (
            "added|modified|deleted|renamed|copied",
            &[ADDED, MODIFIED, DELETED, RENAMED_TO, RENAMED_FROM, COPIED_TO, TYPE],
        ),
    ] {
        for text in [
            format!("api:\n  {types}: x/**\n"),
            format!("api: [{{{types}: 'x/**'}}]\n"),
            format!("api:\n  - none\n  - - {types}: [none, [x/*]]\n"),
            format!("api:\n  ? {types}\n  : x/f\n"),
        ] {
            repo.write("f.yaml", &text);
            for change in [ADDED, MODIFIED, DELETED, RENAMED_TO, RENAMED_FROM, COPIED_TO, TYPE] {
                let expected = if matching.contains(&change) { "api" } else { "" };
                assert_eq!(selected(&repo, change, &[]), expected, "{change} with {text}");
            }
            assert_eq!(selected(&repo, "A\ty/f\nM\ty/f\nD\ty/f\n", &[]), "", "{text}");
        }
    }
}

#[test]
fn maps_of_change_types_mix_and_merge() {
    let repo = filtered(
        "\
api: &base
  added: &sources ['x/**', 'y/**']
  deleted: z/**
ui:
  <<: *base
  deleted: *sources
mail:
  - m/**
  - added|modified: *sources
    renamed: z/*
  - *base
",
    );
    for (change, expected) in [
        ("A\tx/1", "api mail ui"),
        ("A\ty/1", "api mail ui"),
        ("M\ty/1", "mail"),
        ("D\ty/1", "ui"),
        ("D\tz/1", "api mail"),
        ("A\tz/1", ""),
        ("R100\tm/1\tn", "mail"),
        ("R100\tn\tz/1", "mail"),
        ("D\tm/1", "mail"),
    ] {
        assert_eq!(selected(&repo, change, &[]), expected, "{change}");
    }
}

#[test]
fn quantifiers() {
    const SOME: &str = "some";
    const EVERY: &str = "every";
    const EXCLUDES: &str = "some-with-excludes";
    let repo = filtered("");
    for (patterns, path, selecting) in [
        ("['x/**', '**/*.rs']", "x/a.rs", &[SOME, EVERY, EXCLUDES][..]),
        ("['x/**', '**/*.rs']", "x/a.c", &[SOME, EXCLUDES]),
        ("['x/**', '**/*.rs']", "y/a.rs", &[SOME, EXCLUDES]),
        ("['x/**', '**/*.rs']", "y/a.c", &[]),
        // A negated pattern matches everything else.
        ("['x/**', '!x/docs/**']", "x/a", &[SOME, EVERY, EXCLUDES]),
        ("['x/**', '!x/docs/**']", "x/docs/a", &[SOME]),
        ("['x/**', '!x/docs/**']", "y/a", &[SOME]),
        ("['!x/docs/**', 'x/**']", "x/docs/a", &[SOME]),
        ("['x/**', 'y/**', '!**/*.md']", "x/a", &[SOME, EXCLUDES]),
        ("['x/**', 'y/**', '!**/*.md']", "y/a.md", &[SOME]),
        ("['x/**', 'y/**', '!**/*.md']", "z/a.md", &[]),
        ("['x/**', '!**/*.md', '!**/*.txt']", "x/a.rs", &[SOME, EVERY, EXCLUDES]),
        ("['x/**', '!**/*.md', '!**/*.txt']", "x/a.md", &[SOME]),
        ("['x/**', ['!**/*.md', ['!**/*.txt']]]", "x/a.txt", &[SOME]),
        // Without a positive pattern there is nothing to exclude from.
        ("['!x/**']", "y/a", &[SOME, EVERY]),
        ("'!x/**'", "x/a", &[]),
        ("'x/**'", "x/a", &[SOME, EVERY, EXCLUDES]),
        // An extglob is no negated pattern.
        ("['!(y)/**']", "x/a", &[SOME, EVERY, EXCLUDES]),
    ] {
        repo.write("f.yaml", format!("api: {patterns}\n"));
        for quantifier in [SOME, EVERY, EXCLUDES] {
            let expected = if selecting.contains(&quantifier) { "api" } else { "" };
            let found = selected(&repo, path, &["--quantifier", quantifier]);
            assert_eq!(found, expected, "{quantifier} of {patterns} for {path}");
            if quantifier == SOME {
                assert_eq!(selected(&repo, path, &[]), expected, "the default for {patterns}");
            }
        }
    }
}

#[test]
fn quantifiers_ask_of_each_file_and_each_rule() {
    let repo = filtered("api: ['x/**', '**/*.rs']\n");
    let every = ["--quantifier", "every"];
    assert_eq!(selected(&repo, "x/a.c\ny/a.rs\n", &every), "", "no one file matches both");
    let repo = filtered("api: [{added: 'x/**'}, '**/*.rs']\n");
    assert_eq!(selected(&repo, "A\tx/a.rs", &every), "api");
    assert_eq!(selected(&repo, "M\tx/a.rs", &every), "");
    assert_eq!(selected(&repo, "A\tx/a.c", &every), "");
    // The patterns of one change type are one rule, which any of them meets.
    let repo = filtered("api: {added: ['x/**', 'y/**']}\n");
    assert_eq!(selected(&repo, "A\ty/a", &every), "api");
    // A moved file's old path is deleted as well as renamed.
    let repo = filtered("api: [{deleted: 'x/**'}, {renamed: 'x/**'}]\n");
    assert_eq!(selected(&repo, "R100\tx/a\ty/a", &every), "api");
    assert_eq!(selected(&repo, "D\tx/a", &every), "");
    // The default filter is met in any case.
    let repo = filtered("{}\n");
    for quantifier in ["some", "every", "some-with-excludes"] {
        assert_eq!(selected(&repo, "s/ui/x", &["--quantifier", quantifier]), "ui");
    }
}

/// What is said besides; all of it must be warnings.
#[track_caller]
fn warnings(repo: &Repo) -> Vec<String> {
    let output = repo.imgver(["changed", "--filters", "f.yaml", "--files-from", "-"]).input("x/1\n").run();
    assert_eq!(output.code, 0, "{output}");
    let lines: Vec<String> = output.stderr.lines().map(str::to_owned).collect();
    assert!(lines.iter().all(|line| line.starts_with("warning: ")), "{output}");
    lines
}

#[test]
fn names_of_filters() {
    let repo = filtered("");
    for (name, expected) in [("api", "api"), ("s/api", "api"), ("'s/ui'", "ui"), ("\"mail\"", "mail")] {
        repo.write("f.yaml", format!("{name}: x/**\n"));
        assert_eq!(selected(&repo, "x/1", &[]), expected, "{name}");
        assert_eq!(warnings(&repo), [""; 0], "{name}");
    }
    for (name, nearest) in [
        ("shared", None),
        ("s/apis", Some("s/api")),
        ("apo", Some("s/api")),
        ("API", None),
        ("s/mial", Some("s/mail")),
        ("pi", None),
        ("'*'", None),
    ] {
        repo.write("f.yaml", format!("{name}: &shared x/**\nui: *shared\n"));
        assert_eq!(selected(&repo, "x/1", &[]), "ui", "{name}");
        assert_eq!(selected(&repo, "s/api/1", &[]), "api", "{name}: the default stays");
        let said = warnings(&repo);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains(name.trim_matches('\'')), "{said:?}");
        assert!(nearest.is_none_or(|nearest| said[0].contains(nearest)), "{said:?}");
    }
}

#[test]
fn short_names_of_several_services() {
    let repo = filtered("api: x/**\n");
    repo.service("t/api");
    repo.commit("another of that name");
    assert_eq!(selected(&repo, "x/1", &[]), "", "which of the two?");
    let said = warnings(&repo);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("s/api") && said[0].contains("t/api"), "{said:?}");
    assert_eq!(selected(&repo, "s/api/1", &[]), "api", "the default stays");
    repo.write("f.yaml", "s/api: x/**\nt/api: y/**\n");
    assert_eq!(selected(&repo, "x/1", &[]), "api");
    // A path is one service's only, even where it is the short name of another.
    repo.git(["mv", "t/api", "api"]);
    repo.write("f.yaml", "api: x/**\n");
    repo.commit("at the top");
    let run = || repo.imgver(["changed", "--filters", "f.yaml", "--files-from", "-"]).input("x/1\n");
    assert_eq!(ask(run).into_keys().collect::<Vec<_>>(), ["api"]);
}

#[test]
fn where_the_filter_file_is() {
    let repo = filtered("api: x/**\n");
    let default = |repo: &Repo| {
        let run = || repo.imgver(["changed", "--files-from", "-"]).input("x/1\ns/ui/1\n");
        ask(run).into_keys().collect::<Vec<_>>()
    };
    assert_eq!(default(&repo), ["s/ui"], "no file is no filter");
    repo.write(".github/utils/file-filters.yaml", "mail: x/**\n");
    assert_eq!(default(&repo), ["s/mail", "s/ui"], "read from the work tree");
    assert_eq!(selected(&repo, "x/1", &[]), "api", "the flag's file instead");
    repo.write(".github/utils/file-filters.yaml", "{}\n");
    assert_eq!(default(&repo), ["s/ui"]);
    let absolute = repo.path().join("f.yaml");
    let run = repo.imgver(["changed", "--files-from", "-", "--filters"]).args([&absolute]).input("x/1\n");
    assert_eq!(run.cwd("s/ui").run().text(), "s/api");
    let run = repo.imgver(["changed", "--files-from", "-", "--filters", "../../f.yaml"]).input("x/1\n");
    assert_eq!(run.cwd("s/ui").run().text(), "s/api");
}
