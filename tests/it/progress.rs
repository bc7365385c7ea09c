//! The line that says how far a run has got: where it appears, and that nothing of it is left.

use std::time::Duration;

use crate::support::absent::AbsentRegistry;
use crate::support::terminal::{APART, IMGVER};
use crate::support::{Repo, taskfile};

/// To the beginning of the line, and nothing more on it.
const ERASE: &str = "\r\u{1b}[K";

/// Longer than nothing is shown, even for the first answer.
const SLOW: Duration = Duration::from_millis(1500);

/// Three services whose images are in a registry that takes its time.
fn waiting() -> Repo {
    let registry = AbsentRegistry::slow("404 Not Found", "MANIFEST_UNKNOWN", SLOW);
    let repo = Repo::new();
    for service in ["api", "jobs", "web"] {
        let image = format!("{}/team/{service}", registry.host());
        repo.write(&format!("{service}/Taskfile.yaml"), taskfile(&image));
    }
    repo.commit("three services");
    repo
}

#[test]
fn what_takes_long_is_shown_on_a_terminal_and_erased() {
    let repo = waiting();
    let shown = repo.terminal("list --registry", "").env("NO_COLOR", "1").run();
    let piped = repo.imgver(["list", "--registry"]).run();
    assert!(piped.stdout.contains("missing"), "{piped}");
    let (line, rest) = shown.stdout.rsplit_once(ERASE).unwrap_or_else(|| panic!("{shown}"));
    assert_eq!(rest, format!("{}{}", piped.stderr, piped.stdout), "{shown}");
    let steps: Vec<&str> = line.split('\r').skip(1).collect();
    assert!(line.starts_with('\r') && steps[0] == "asking registries: 0 of 3\u{1b}[K", "{line:?}");
    for step in steps {
        let done =
            step.strip_prefix("asking registries: ").and_then(|step| step.strip_suffix(" of 3\u{1b}[K"));
        assert!(done.is_some_and(|done| ["0", "1", "2", "3"].contains(&done)), "{line:?}");
    }
}

#[test]
fn nothing_of_it_is_anywhere_else() {
    let repo = waiting();
    let piped = repo.imgver(["list", "--registry"]);
    let on_terminal = |variable: (&str, &str), redirection| {
        let terminal = repo.terminal("list --registry", redirection).env("NO_COLOR", "1");
        terminal.env(variable.0, variable.1)
    };
    std::thread::scope(|scope| {
        let piped = scope.spawn(|| piped.run());
        let forced = scope.spawn(|| repo.imgver(["list", "--registry"]).env("TERM", "xterm").run());
        let all = [("CI", "true"), ("CI", "1"), ("TERM", "dumb")]
            .map(|variable| scope.spawn(move || on_terminal(variable, "").run()));
        let stderr_is_file = scope.spawn(|| on_terminal(("CI", "false"), APART[1]).run());
        let piped = piped.join().unwrap();
        assert!(piped.stdout.contains("missing"), "{piped}");
        let forced = forced.join().unwrap();
        assert_eq!((&forced.stdout, &forced.stderr), (&piped.stdout, &piped.stderr));
        for shown in all {
            assert_eq!(shown.join().unwrap().stdout, format!("{}{}", piped.stderr, piped.stdout));
        }
        assert_eq!(stderr_is_file.join().unwrap().stdout, piped.stdout);
    });
}

#[test]
fn the_answer_is_not_part_of_it() {
    let repo = waiting();
    let shown = repo.terminal("list --registry", APART[0]).env("NO_COLOR", "1").env("CI", "false").run();
    let piped = repo.imgver(["list", "--registry"]).run();
    assert_eq!(std::fs::read_to_string(repo.path().join("apart")).unwrap(), piped.stdout);
    let (_, rest) = shown.stdout.rsplit_once(ERASE).unwrap_or_else(|| panic!("{shown}"));
    assert_eq!(rest, piped.stderr);
}

#[test]
fn an_error_erases_it() {
    let registry = AbsentRegistry::slow("403 Forbidden", "DENIED", SLOW);
    let repo = Repo::new();
    repo.write("api/Taskfile.yaml", taskfile(&format!("{}/team/api", registry.host())));
    repo.commit("a service");
    let shown = repo.terminal("list --registry", "").env("NO_COLOR", "1").run();
    let piped = repo.imgver(["list", "--registry"]).run();
    assert_eq!((shown.code, piped.code), (8, 8), "{shown}\n{piped}");
    let (_, rest) = shown.stdout.rsplit_once(ERASE).unwrap_or_else(|| panic!("{shown}"));
    assert_eq!(rest, piped.stderr);
}

#[test]
fn a_program_has_the_terminal_to_itself() {
    let registry = AbsentRegistry::slow("401 Unauthorized", "UNAUTHORIZED", SLOW);
    let repo = Repo::new();
    repo.write("api/Taskfile.yaml", taskfile(&format!("{}/team/api", registry.host())));
    repo.write("docker/config.json", "{\"credsStore\": \"slow\"}");
    // It may ask somebody for a password.
    let helper = "#!/bin/sh\n\
        echo password? >/dev/tty\nsleep 2\necho thanks >/dev/tty\n\
        echo '{\"Username\":\"a\",\"Secret\":\"b\"}'\n";
    repo.write("bin/docker-credential-slow", helper);
    repo.program("chmod").args(["+x", "bin/docker-credential-slow"]).run().text();
    repo.commit("a service");
    let path = format!("{}:{}", repo.path().join("bin").display(), std::env::var("PATH").unwrap());
    let config = repo.path().join("docker").display().to_string();
    let terminal = repo.terminal("list --registry", "").env("NO_COLOR", "1").env("PATH", &path);
    let shown = terminal.env("DOCKER_CONFIG", &config).run();
    let alone = format!("asking registries: 0 of 1\u{1b}[K{ERASE}password?\nthanks\n");
    assert!(shown.stdout.contains(&alone) && shown.code == 8, "{shown}");
}

#[test]
fn a_job_in_the_background_leaves_the_terminal_alone() {
    let repo = waiting();
    let job = |command: &str| repo.shell(command).env("NO_COLOR", "1").run().stdout;
    let command = format!("set -m; {IMGVER} list --registry >answer & wait; cat answer");
    let (shown, piped) = (job(&command), repo.imgver(["list", "--registry"]).run());
    assert!(shown.contains(&piped.stdout) && !shown.contains('\u{1b}'), "{shown:?}");
}

#[test]
fn what_is_quick_shows_nothing() {
    let repo = waiting();
    for args in ["list", "--version", "check"] {
        let shown = repo.terminal(args, "").env("NO_COLOR", "1").run();
        assert!(!shown.stdout.is_empty() && !shown.stdout.contains(['\r', '\u{1b}']), "{shown}");
    }
}
