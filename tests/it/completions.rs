//! Completion in real shells. Every machine has bash; `scripts/e2e` installs zsh and fish and runs the tests that need them.

use std::ffi::OsString;
use std::path::Path;

use crate::support::{Output, Repo, Run, image_of};

const GO: &str = "services/go/api-golang";
const NODE: &str = "services/node/api-node";
const SERVICES: [&str; 4] = [GO, NODE, "api-golang", "api-node"];

/// A repository with two services.
fn shop() -> Repo {
    let repo = Repo::new();
    repo.service(GO);
    repo.service(NODE);
    repo.commit("first");
    repo
}

/// A shell that finds imgver, not yet run.
fn shell(repo: &Repo, name: &str) -> Run {
    let binary = Path::new(env!("CARGO_BIN_EXE_imgver")).parent().expect("a program is in a directory");
    let mut path = OsString::from(binary);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    repo.program(name).env("PATH", path).env("TERM", "dumb")
}

#[track_caller]
fn quiet_lines(output: &Output) -> Vec<String> {
    assert_eq!(output.stderr, "", "{output}");
    output.text().lines().map(String::from).collect()
}

/// What bash puts into COMPREPLY for the last of `words`.
#[track_caller]
fn bash(repo: &Repo, words: &[&str]) -> Vec<String> {
    let ask = r#"
        eval "$(imgver completions bash)"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _imgver imgver "${!#}" "${@: -2:1}"
        [[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let run = shell(repo, "bash").args(["--norc", "--noprofile", "-c", ask, "bash"]).args(words);
    quiet_lines(&run.run())
}

#[test]
fn bash_completes_commands_options_values_and_services() {
    let repo = shop();
    assert_eq!(bash(&repo, &["imgver", "ex"]), ["extended"]);
    let commands = bash(&repo, &["imgver", ""]);
    assert!(
        commands.contains(&"list".to_owned()) && !commands.contains(&"--help".to_owned()),
        "{commands:?}"
    );
    assert_eq!(bash(&repo, &["imgver", "tag", "--env"]), ["--environment"]);
    assert_eq!(bash(&repo, &["imgver", "tag", "--environment", "pro"]), ["production"]);
    assert_eq!(bash(&repo, &["imgver", "tag", "--environment", "=", "pro"]), ["production"]);
    assert_eq!(bash(&repo, &["imgver", "changed", "--quantifier", "ev"]), ["every"]);
    assert_eq!(bash(&repo, &["imgver", "man", "ch"]), ["changed", "check"]);
    for command in ["version", "extended", "tag", "build"] {
        assert_eq!(bash(&repo, &["imgver", command, ""]), SERVICES, "{command}");
        assert_eq!(bash(&repo, &["imgver", command, "services/go"]), [GO], "{command}");
        assert_eq!(bash(&repo, &["imgver", command, "api-n"]), ["api-node"], "{command}");
    }
    assert_eq!(bash(&repo, &["imgver", "build", "api-node", "--push", "api-g"]), ["api-golang"]);
    assert_eq!(
        bash(&repo, &["imgver", "tag", "--repo", "localhost", ":", "5000/x", "api-g"]),
        ["api-golang"]
    );
}

/// The same with branches, a remote and more tags than anybody reads.
fn shop_with_tags() -> Repo {
    let repo = shop();
    let mut refs = String::new();
    for number in 0..25_000 {
        refs.push_str(&format!("create refs/tags/{GO}@1.0.{number} HEAD\n"));
    }
    refs.push_str(&format!("create refs/tags/{NODE}@2.0.0 HEAD\ncreate refs/tags/$(reboot) HEAD\n"));
    repo.git_run(["update-ref", "--stdin"]).input(refs).run().text();
    repo.git(["pack-refs", "--all"]);
    repo.git(["branch", "feature/one"]);
    repo.git(["update-ref", "refs/remotes/origin/main", "HEAD"]);
    repo.git(["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    repo
}

#[test]
fn revisions_are_branches_and_the_highest_tags() {
    let repo = shop_with_tags();
    let branches = ["feature/one", "main", "origin/main"];
    for words in [
        &["imgver", "changed", "--base", ""][..],
        &["imgver", "changed", "--base", "main", "--head", ""],
        &["imgver", "plan", "--base", ""],
        &["imgver", "version", "--rev", ""],
        &["imgver", "release", "--rev", ""],
        &["imgver", "list", "--changed-since", ""],
    ] {
        let found = bash(&repo, words);
        assert_eq!(found[..3], branches, "{words:?}");
        let tags = [format!("{NODE}@2.0.0"), format!("{GO}@1.0.24999"), format!("{GO}@1.0.24998")];
        assert_eq!((&found[3..6], found.len()), (&tags[..], 203), "{words:?}");
    }
    assert_eq!(bash(&repo, &["imgver", "changed", "--base", "=", "ma"]), ["main"]);
    assert_eq!(bash(&repo, &["imgver", "changed", "--base", "orig"]), ["origin/main"]);
    // Bash makes words of its own of `@`.
    let words = ["imgver", "changed", "--base", GO, "@", "1.0.777"];
    assert_eq!(bash(&repo, &words).len(), 11);
    assert!(bash(&repo, &words).contains(&"1.0.7770".to_owned()));
    assert_eq!(bash(&repo, &["imgver", "changed", "--base", "$("]), [""; 0]);
}

#[test]
fn events_and_images_are_completed() {
    let repo = shop();
    let events = bash(&repo, &["imgver", "plan", "--event-name", ""]);
    assert!(
        events.contains(&"push".to_owned()) && events.contains(&"workflow_dispatch".to_owned()),
        "{events:?}"
    );
    assert_eq!(bash(&repo, &["imgver", "plan", "--event-name", "pull"]), ["pull_request"]);
    let images = [GO, NODE].map(|service| format!("{}:", image_of(service)));
    assert_eq!(bash(&repo, &["imgver", "locate", ""]), images);
    assert_eq!(bash(&repo, &["imgver", "locate", &images[1][..20]]), [&*images[1]]);
    assert_eq!(bash(&repo, &["imgver", "locate", "--service", "api-n"]), ["api-node"]);
}

#[test]
fn the_services_are_those_of_the_repository_that_is_meant() {
    let repo = shop();
    let elsewhere = repo.beside("a folder");
    elsewhere.write("file", "");
    let nothing: [&str; 0] = [];
    assert_eq!(bash(&elsewhere, &["imgver", "version", "api"]), nothing);
    assert_eq!(bash(&elsewhere, &["imgver", "ver"]), ["version"]);
    assert_eq!(bash(&elsewhere, &["imgver", "-C", "../repo", "version", "api-n"]), ["api-node"]);
    assert_eq!(
        bash(&elsewhere, &["imgver", "version", "-C../repo", "-C", "services", "api-n"]),
        ["api-node"]
    );
    assert_eq!(bash(&repo, &["imgver", "-C", "\"../a folder\"", "version", "api-n"]), nothing);
    assert_eq!(bash(&repo, &["imgver", "-C", "no-such", "version", "api-n"]), nothing);
    // HOME is beside both.
    assert_eq!(bash(&elsewhere, &["imgver", "-C", "~/../repo", "version", "api-n"]), ["api-node"]);
    // Names of files are the shell's own business.
    assert_eq!(bash(&repo, &["imgver", "-C", "ser"]), nothing);
}

#[test]
fn no_name_of_a_service_can_become_a_command() {
    let repo = shop();
    repo.service("x/$(touch pwned)");
    repo.service("x/a;b");
    repo.service("x/plain");
    repo.commit("odd");
    assert_eq!(bash(&repo, &["imgver", "version", "x/"]), ["x/plain"]);
    assert_eq!(
        bash(&repo, &["imgver", "version", "$(touch pwned)", ""]).first(),
        Some(&"--whole".to_owned())
    );
    assert!(!repo.path().join("pwned").exists());
}

#[test]
fn a_broken_taskfile_is_no_reason_to_say_anything() {
    let repo = shop();
    repo.write("broken/Taskfile.yaml", "vars: [");
    repo.commit("broken");
    assert_eq!(bash(&repo, &["imgver", "version", ""]), SERVICES);
    repo.write(".git/index", "no index");
    assert_eq!(bash(&repo, &["imgver", "version", "api-n"]), [""; 0]);
}

#[test]
fn the_variable_alone_changes_nothing() {
    let repo = shop();
    let version = repo.imgver(["version", "api-node"]).env("IMGVER_COMPLETE", "bash").run().line();
    assert_eq!(version, "0.0.0");
    repo.imgver(["--", "imgver", ""]).run().fails(2);
}

/// What zsh makes of a line at the press of the key, with its own completion system, in a terminal of its own.
///
/// What is typed while the line editor takes over the terminal can be lost, so nothing is waited for without end, and a
/// silent terminal is given up for a new one.
#[track_caller]
fn zsh(repo: &Repo, typed: &str) -> String {
    let ask = r#"
        zmodload zsh/zpty
        until-seen() {
            local tries=0 chunk
            while (( tries++ < 100 )); do
                zpty -r shell chunk && seen+=$chunk
                [[ $seen == $~1 ]] && return
                sleep 0.05
            done
            return 1
        }
        complete-in-terminal() {
            local seen=
            zpty -b shell zsh -f -i
            zpty -w shell 'PS1=; unsetopt zle; autoload -U compinit; compinit -u -D; eval "$(imgver completions zsh)"
                complete-once() { zle expand-or-complete; print -r -- "<""<$BUFFER>"">"; exit }
                zle -N complete-once; bindkey "^I" complete-once; PS1="rea""dy"; setopt zle'
            until-seen '*ready*' || return
            sleep 0.3
            zpty -w -n shell "$1"$'\t'
            until-seen '*<<*>>*' || return
            answer=${${seen##*<<}%%>>*}
        }
        for attempt in 1 2 3 4 5; do
            complete-in-terminal "$1" && break
            zpty -d shell
        done
        print -r -- "$answer"
    "#;
    let output = shell(repo, "zsh").args(["-f", "-c", ask, "zsh", typed]).run();
    output.line().trim_end().to_owned()
}

#[test]
#[ignore = "needs zsh: scripts/e2e runs it"]
fn zsh_completes_commands_options_values_and_services() {
    let repo = shop();
    shell(&repo, "zsh").args(["-f", "-c", "zsh -n <(imgver completions zsh)"]).run().text();
    for (typed, completed) in [
        ("imgver ex", "imgver extended"),
        ("imgver tag --env", "imgver tag --environment"),
        ("imgver tag --environment=st", "imgver tag --environment=staging"),
        ("imgver version api-n", "imgver version api-node"),
        ("imgver build api-node services/g", "imgver build api-node services/go/api-golang"),
        ("cd / && imgver -C ~/../repo version api-g", "cd / && imgver -C ~/../repo version api-golang"),
        ("imgver -C ser", "imgver -C services/"),
        ("imgver changed --base=ma", "imgver changed --base=main"),
        ("imgver plan --event-name pus", "imgver plan --event-name push"),
        ("imgver locate example/services-go", "imgver locate example/services-go-api-golang:"),
    ] {
        assert_eq!(zsh(&repo, typed), completed);
    }
}

#[test]
#[ignore = "needs zsh: scripts/e2e runs it"]
fn zsh_loads_the_script_from_a_folder_of_functions() {
    let repo = shop();
    let ask = r#"
        mkdir functions; imgver completions zsh >functions/_imgver; fpath=($PWD/functions)
        autoload -Uz _imgver
        _describe() { print -rl -- "${(@P)${@[-1]}}" }
        compdef() { print compdef }
        words=(imgver version api-n) CURRENT=3 PREFIX=api-n
        _imgver
    "#;
    let output = shell(&repo, "zsh").args(["-f", "-c", ask]).run();
    assert_eq!(quiet_lines(&output), [format!("api-node:{NODE}")]);
}

#[test]
#[ignore = "needs fish: scripts/e2e runs it"]
fn fish_completes_commands_options_values_and_services() {
    let repo = shop();
    let ask = |typed: &str| {
        let ask = "imgver completions fish | fish --no-execute; and imgver completions fish | source; and complete -C $argv";
        quiet_lines(&shell(&repo, "fish").args(["--no-config", "-c", ask, typed]).run())
    };
    assert_eq!(ask("imgver ex"), ["extended\tPrint base release, distance and commit: 1.0.9-0047-188f7a2"]);
    assert!(ask("imgver tag --env")[0].starts_with("--environment\t"));
    assert_eq!(ask("imgver tag --environment=st"), ["--environment=staging"]);
    assert_eq!(ask("imgver version api-n"), [format!("api-node\t{NODE}")]);
    assert_eq!(ask("imgver build api-node services/g"), [GO]);
    assert_eq!(ask("cd / && imgver -C ~/../repo version services/g"), [GO]);
    assert_eq!(ask("imgver -C ser"), ["services/"]);
    assert_eq!(ask("imgver changed --base ma"), ["main"]);
    assert_eq!(ask("imgver plan --event-name pus"), ["push"]);
    assert_eq!(ask("imgver locate example/services-go"), ["example/services-go-api-golang:"]);
}

#[test]
#[ignore = "needs PowerShell"]
fn powershell_completes_commands_options_values_and_services() {
    let repo = shop();
    let ask = |typed: &str| {
        let ask = "imgver completions powershell | Out-String | Invoke-Expression; \
                   (TabExpansion2 -inputScript $env:TYPED -cursorColumn $env:TYPED.Length).CompletionMatches.CompletionText";
        let run = shell(&repo, "pwsh").args(["-NoProfile", "-NonInteractive", "-Command", ask]);
        quiet_lines(&run.env("TYPED", typed).run())
    };
    assert_eq!(ask("imgver ex"), ["extended"]);
    assert_eq!(ask("imgver version api-n"), ["api-node"]);
    assert_eq!(ask("imgver version "), SERVICES);
    assert_eq!(ask("imgver -C services tag --environment st"), ["staging"]);
}
