//! Colour: on which stream, when, and that it adds nothing but itself. Whatever an argument is, a usage error is safe to print.

use std::fs;

use serde_json::json;

use crate::ops::check::shop::{BUILD, FILTERS, edit, shop_with};
use crate::support::Repo;
use crate::support::terminal::{APART, plain};
use crate::two_services::two_services;

const ESCAPE: char = '\u{1b}';

/// A repository of whose findings one is an error, and one a warning.
fn faulty() -> Repo {
    let repo = shop_with(FILTERS, "  - lib/**\n", "  - libs/**\n");
    edit(&repo, BUILD, "fetch-depth: 0", "fetch-depth: 2");
    repo
}

#[test]
fn each_stream_is_coloured_where_it_is_wanted() {
    let repo = faulty();
    let piped = repo.imgver(["check"]).run();
    for when in ["", "--color auto", "--color always", "--color never"] {
        for variable in
            [("", ""), ("NO_COLOR", "1"), ("NO_COLOR", ""), ("CLICOLOR_FORCE", "1"), ("TERM", "dumb")]
        {
            for redirection in APART.iter().chain(&[">apart 2>both", ""]) {
                let mut terminal = repo.terminal(&format!("check {when}"), redirection);
                if !variable.0.is_empty() {
                    terminal = terminal.env(variable.0, variable.1);
                }
                let shown = terminal.run();
                let file = |name: &str| fs::read_to_string(repo.path().join(name)).unwrap();
                let (stdout, stderr) = match *redirection {
                    ">apart" => (file("apart"), shown.stdout.clone()),
                    "2>apart" => (shown.stdout.clone(), file("apart")),
                    "" => (shown.stdout.clone(), String::new()),
                    _ => (file("apart"), file("both")),
                };
                let what = format!("{when} {variable:?} {redirection}\n{shown}");
                assert_eq!(shown.code, piped.code, "{what}");
                let is_wanted = |is_terminal: bool| match (when, variable) {
                    ("--color always", _) => true,
                    ("--color never", _) | (_, ("NO_COLOR", "1")) => false,
                    (_, ("CLICOLOR_FORCE", "1")) => true,
                    (_, ("TERM", "dumb")) => false,
                    _ => is_terminal,
                };
                if redirection.is_empty() {
                    // Answers come before errors.
                    assert_eq!(plain(&stdout), format!("{}{}", piped.stdout, piped.stderr), "{what}");
                    assert_eq!(stdout.contains(ESCAPE), is_wanted(true), "{what}");
                    continue;
                }
                let is_file = |stream: &str| redirection.split(' ').any(|word| word.starts_with(stream));
                for (text, expected, is_terminal) in
                    [(stdout, &piped.stdout, !is_file(">")), (stderr, &piped.stderr, !is_file("2>"))]
                {
                    assert_eq!(plain(&text), **expected, "{what}");
                    assert_eq!(text.contains(ESCAPE), is_wanted(is_terminal), "{what}");
                }
            }
        }
    }
}

#[test]
fn labels_are_coloured_and_what_they_say_is_not() {
    let repo = faulty();
    let check = repo.imgver(["check", "--color", "always"]).run();
    for styled in [
        "\u{1b}[1m.github/workflows/build.yaml:18:9:\u{1b}[0m \u{1b}[1m\u{1b}[31merror[shallow-checkout]:\u{1b}[0m this",
        ":\u{1b}[0m \u{1b}[1m\u{1b}[33mwarning[pattern-matches-nothing]:\u{1b}[0m the",
        "\u{1b}[1m  why:\u{1b}[0m versions",
        "\u{1b}[1m\u{1b}[36m  fix:\u{1b}[0m give",
    ] {
        assert!(check.stdout.contains(styled), "{styled:?} in {:?}", check.stdout);
    }
    assert_eq!(check.stderr, "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m 1 error and 1 warning\n");

    let repo = two_services();
    let failed = repo.imgver(["--color", "always", "version", "nothing"]).run();
    let styled = "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m unknown service 'nothing'\n";
    assert!(failed.code == 5 && failed.stderr.starts_with(styled), "{:?}", failed.stderr);
    assert!(failed.stderr.contains("\n\u{1b}[1m\u{1b}[36mhint:\u{1b}[0m "), "{:?}", failed.stderr);
    let gone = repo.imgver(["--color=always", "-C", "gone", "list"]).run();
    assert!(gone.stderr.contains("\n\u{1b}[1mcaused by:\u{1b}[0m "), "{:?}", gone.stderr);
    let warned = repo.imgver(["list", "--color=always"]).run();
    assert!(warned.stderr.starts_with("\u{1b}[1m\u{1b}[33mwarning:\u{1b}[0m "), "{:?}", warned.stderr);
}

#[test]
fn help_and_usage_errors_have_the_same_palette() {
    let repo = two_services();
    for args in [
        &["--help"][..],
        &["help", "tag"],
        &["list", "-h"],
        &["--version"],
        &[],
        &["versions"],
        &["version", "--exakt"],
        &["list", "--output", "yaml"],
        &["promote", "api", "--insecure-registry", "::"],
    ] {
        let piped = repo.imgver(args).run();
        assert!(!piped.stdout.contains(ESCAPE) && !piped.stderr.contains(ESCAPE), "{piped}");
        let forced = repo.imgver(args).env("CLICOLOR_FORCE", "1").run();
        assert_eq!((plain(&forced.stdout), plain(&forced.stderr)), (piped.stdout, piped.stderr), "{args:?}");
        assert_eq!(forced.code, piped.code);
    }
    let always = |args: &[&str]| repo.imgver(args).args(["--color", "always"]).run();
    assert!(
        always(&["--help"]).stdout.contains("\u{1b}[1mUsage:\u{1b}[0m \u{1b}[1m\u{1b}[36mimgver\u{1b}[0m")
    );
    assert!(always(&["version", "--exakt"]).stderr.starts_with("\u{1b}[1m\u{1b}[31merror:\u{1b}[0m "));
    assert!(
        !repo.imgver(["--color=never", "--exakt"]).env("CLICOLOR_FORCE", "1").run().stderr.contains(ESCAPE)
    );
    // The flag itself may be what is wrong.
    let wrong = repo.imgver(["list", "--color", "sometimes"]).run();
    assert_eq!((wrong.code, wrong.stderr.contains(ESCAPE)), (2, false), "{wrong}");
    let twice = repo.imgver(["list", "--color", "never", "--color", "always"]).run();
    assert_eq!((twice.code, twice.stderr.contains(ESCAPE)), (2, true), "{twice}");
    // Before the command, or after it.
    assert!(repo.imgver(["--color", "always", "list"]).run().stdout.contains(ESCAPE));
}

#[test]
fn answers_for_programs_have_no_colour() {
    let repo = faulty();
    for args in [
        &["check", "--output", "json"][..],
        &["check", "--output", "github"],
        &["list", "--output", "json"],
        &["tag", "--output", "github", "services/go/api"],
        &["plan", "--event-name", "push", "--ref", "refs/heads/main", "--base", "HEAD"],
        &["completions", "bash"],
        &["man"],
    ] {
        let plain = repo.imgver(args).run();
        let forced = repo.imgver(args).args(["--color", "always"]).run();
        assert_eq!((forced.code, &forced.stdout), (plain.code, &plain.stdout), "{args:?}");
        assert!(!plain.stdout.is_empty() && !plain.stdout.contains(ESCAPE), "{args:?}: {plain}");
    }
}

/// What moves the cursor, clears the screen, sets a title, colours, turns text round, hides it, or begins a line.
const HOSTILE: [&str; 12] = [
    "\u{1b}[2J",
    "\u{1b}[31m",
    "\u{1b}[0m",
    "\u{1b}]0;title\u{7}",
    "\rerror: other",
    "\nerror: other",
    "\n::error::other",
    "\u{8}\u{8}\u{8}",
    "\u{9b}2J",
    "\u{85}",
    "\u{202e}",
    "\u{2066}",
];

/// The places of a command line that a usage error repeats, with `X` for the text.
const REPEATED: [&[&str]; 14] = [
    &["X"],
    &["versioX"],
    &["--", "X"],
    &["help", "X"],
    &["man", "X"],
    &["version", "--X"],
    &["version", "api", "X"],
    &["list", "--output", "X"],
    &["list", "--color", "X"],
    &["extended", "--abbrev", "X"],
    &["build", "api", "--build-arg", "=X"],
    &["build", "api", "--label", "X"],
    &["release", "api", "--set", "X"],
    &["promote", "api", "--insecure-registry", "X"],
];

#[test]
fn no_argument_moves_the_cursor() {
    let repo = two_services();
    for hostile in HOSTILE {
        let moves = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{2069}').contains(&c);
        let escaped = hostile.chars().next().unwrap().escape_unicode().to_string();
        for place in REPEATED {
            let args: Vec<String> =
                place.iter().map(|word| word.replace('X', &format!("x{hostile}x"))).collect();
            let output = repo.imgver(&args).run();
            assert_eq!((output.code, &*output.stdout), (2, ""), "{args:?}\n{output}");
            let shown = output.stderr;
            assert!(shown.contains(&escaped) && !shown.contains(moves), "{args:?}: {shown:?}");
            let is_begun = |line: &str| line.starts_with("error: other") || line.starts_with("::");
            assert!(!shown.lines().any(is_begun), "{args:?}: {shown:?}");
            // A colour of the argument's would be missing here.
            let coloured = repo.imgver(&args).env("CLICOLOR_FORCE", "1").run().stderr;
            assert!(coloured.contains(ESCAPE));
            assert_eq!(plain(&coloured), shown, "{args:?}: {coloured:?}");
        }
    }
}

#[test]
fn no_build_argument_of_a_configuration_moves_the_cursor() {
    let repo = Repo::new();
    let value =
        HOSTILE.iter().filter(|hostile| !hostile.starts_with(['\n', '\r'])).copied().collect::<String>();
    let service = json!({"image": "team/{name}", "build-args": {"A": value}});
    let config = json!({"services": {"api": service, "web": service}});
    repo.write("imgver.yaml", config.to_string());
    for service in ["api", "web"] {
        repo.write(&format!("{service}/Dockerfile"), "FROM scratch\n");
    }
    repo.commit("one");
    // One as arguments of a shell's, and several as JSON.
    for (services, escaped) in [(&["api"][..], r"$(printf '\342\200\256')"), (&["api", "web"], r"\u202e")] {
        let output =
            repo.imgver(["build", "--dry-run", "--tag-format", "{name}-v{version}"]).args(services).run();
        let shown = output.text();
        let moves = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{2069}').contains(&c);
        assert!(shown.contains(escaped) && !shown.contains(moves), "{shown:?}");
    }
}
