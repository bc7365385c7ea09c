//! Files that the repository names: read in the work tree and nowhere else, and never waited for.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use crate::support::{Output, Repo};

const FILTERS: &str = ".github/utils/file-filters.yaml";
const WORKFLOW: &str = ".github/workflows/build.yaml";

/// A file of each kind: where it is, and the command that reads it.
const FILES: [(&str, &[&str]); 3] = [
    (FILTERS, &["changed", "--base", "HEAD"]),
    ("services/api/Taskfile.yaml", &["list", "--no-dirty"]),
    (WORKFLOW, &["check"]),
];

/// Nobody may see this. It is no YAML, so that an error about it would show it.
const SECRET: &str = "hunter2: [hunter2: hunter2: ]{hunter2\nhunter2\n";

/// What a link is, and what makes it.
type Prepare<'p> = (&'p str, &'p dyn Fn(&Repo));

/// A repository with a service, filters and a workflow, beside a secret.
fn repository() -> Repo {
    let repo = Repo::new();
    repo.service("services/api");
    repo.write(FILTERS, "api: services/api/**\n");
    repo.write(WORKFLOW, "on: push\njobs: {}\n");
    repo.write(".git/description", SECRET);
    fs::write(repo.sandbox().join("secret"), SECRET).unwrap();
    fs::create_dir(repo.sandbox().join("outside")).unwrap();
    repo.commit("begin");
    repo
}

/// Puts a link to `target` in the place of `path`, whatever is there.
fn link(repo: &Repo, path: &str, target: impl AsRef<Path>) {
    let path = repo.path().join(path);
    if path.is_dir() {
        fs::remove_dir_all(&path).unwrap();
    } else {
        let _ = fs::remove_file(&path);
    }
    symlink(target, path).unwrap();
}

/// The way up from the directory of `file` to the root.
fn up(file: &str) -> String {
    "../".repeat(file.matches('/').count())
}

#[track_caller]
fn hides_the_secret(output: &Output) {
    assert!(!format!("{}{}", output.stdout, output.stderr).contains("hunter2"), "{output}");
    assert!(output.stderr.contains("work tree") || output.stdout.contains("work tree"), "{output}");
}

#[test]
fn no_link_is_followed_out_of_the_work_tree() {
    for (file, command) in FILES {
        let (directory, name) = file.rsplit_once('/').unwrap();
        let prepare: [Prepare<'_>; 6] = [
            ("absolute", &|repo| link(repo, file, repo.sandbox().join("secret"))),
            ("relative", &|repo| link(repo, file, format!("{}../secret", up(file)))),
            ("a chain", &|repo| {
                link(repo, "between", "../secret");
                link(repo, file, format!("{}between", up(file)));
            }),
            ("out and in again, and out", &|repo| link(repo, file, format!("{}../repo/../secret", up(file)))),
            ("the git directory", &|repo| link(repo, file, format!("{}.git/description", up(file)))),
            ("a directory above", &|repo| {
                fs::copy(repo.sandbox().join("secret"), repo.sandbox().join("outside").join(name)).unwrap();
                link(repo, directory, repo.sandbox().join("outside"));
            }),
        ];
        for (what, prepare) in prepare {
            let repo = repository();
            prepare(&repo);
            repo.git(["add", "-A"]);
            // A service's directory that is a link has no tracked Taskfile any more, a workflow's neither.
            if what == "a directory above" && file != FILTERS {
                let output = repo.imgver(command).run();
                assert!(!format!("{output}").contains("hunter2"), "{what}: {output}");
                continue;
            }
            hides_the_secret(&repo.imgver(command).run());
        }
    }
}

#[test]
fn a_filter_file_that_a_workflow_names_is_within() {
    for named in ["../secret", ".git/description", "services/../../secret"] {
        let repo = repository();
        repo.write(WORKFLOW, format!("on: push\njobs:\n  a:\n    runs-on: x\n    steps: [{{run: 'imgver plan --filters {named}'}}]\n"));
        repo.commit("a workflow");
        hides_the_secret(&repo.imgver(["check"]).run());
    }
}

#[test]
fn a_filter_file_that_is_meant_to_be_there_is_not_passed_over() {
    let base = repository();
    let plan = ["plan", "--event-name", "push", "--ref", "refs/heads/main", "--base", "HEAD"];
    let ask = |args: &[&str]| base.imgver(args).run();
    for (path, target) in [(FILTERS, "../gone.yaml"), (".github/utils", "gone"), (FILTERS, "gone/x")] {
        let repo = repository();
        link(&repo, path, target);
        for command in [&["changed", "--base", "HEAD"][..], &plan] {
            let error = repo.imgver(command).run().fails(5).to_owned();
            assert!(
                error.contains(&format!("{path} is a symbolic link to what is not there: {target}")),
                "{error}"
            );
        }
        let checked = repo.imgver(["check"]).run();
        assert!(checked.stdout.contains(&format!("{path} is a symbolic link")), "{checked}");
    }
    // Deleted, but neither staged nor committed so.
    assert_eq!(ask(&["changed", "--base", "HEAD"]).stderr, "");
    fs::remove_file(base.path().join(FILTERS)).unwrap();
    for command in [&["changed", "--base", "HEAD"][..], &plan] {
        let output = ask(command);
        let warning = format!("warning: {FILTERS} is deleted in the work tree");
        assert!(output.code == 0 && output.stderr.starts_with(&warning), "{output}");
    }
    let checked = ask(&["check"]);
    assert!(checked.stdout.contains("the filter file is deleted in the work tree"), "{checked}");
    base.git(["rm", "-q", "--cached", FILTERS]);
    assert_eq!(ask(&["changed", "--base", "HEAD"]).stderr, "");
    assert!(!ask(&["check"]).stdout.contains("is deleted"));
}

#[test]
fn links_that_stay_inside_are_followed() {
    for (file, command) in FILES {
        let name = file.rsplit_once('/').unwrap().1;
        let expected = repository().imgver(command).run().stdout;
        for (what, prepare) in [
            (
                "relative",
                &(|repo: &Repo| link(repo, file, format!("{}real/{name}.kept", up(file)))) as &dyn Fn(&Repo),
            ),
            ("absolute", &|repo: &Repo| link(repo, file, repo.path().join(format!("real/{name}.kept")))),
            ("a chain", &|repo: &Repo| {
                link(repo, "between", format!("real/{name}.kept"));
                link(repo, file, format!("{}between", up(file)));
            }),
        ] {
            let repo = repository();
            repo.write(&format!("real/{name}.kept"), fs::read(repo.path().join(file)).unwrap());
            repo.git(["add", "-A"]);
            prepare(&repo);
            let output = repo.imgver(command).run();
            assert_eq!(output.stdout, expected, "{what}: {output}");
        }
    }
}

/// None of these ends by itself.
#[test]
fn what_is_no_file_is_refused_at_once() {
    for (file, command) in FILES {
        for what in ["pipe", "socket", "directory", "zero", "loop"] {
            let repo = repository();
            let path = repo.path().join(file);
            fs::remove_file(&path).unwrap();
            let socket = (what == "socket").then(|| UnixListener::bind(&path).unwrap());
            match what {
                "pipe" => drop(repo.program("mkfifo").args([&path]).run().text()),
                "directory" => fs::create_dir(&path).unwrap(),
                "zero" => symlink("/dev/zero", &path).unwrap(),
                "loop" => symlink(path.file_name().unwrap(), &path).unwrap(),
                _ => {}
            }
            let output = repo.imgver(command).run();
            assert!(format!("{}{}", output.stdout, output.stderr).contains(file), "{what}: {output}");
            drop(socket);
        }
    }
}

#[test]
fn lists_and_events_come_through_pipes_too() {
    let repo = repository();
    let list = "services/api/main.go\n";
    let event = r#"{"ref": "refs/heads/main", "inputs": {"service": "services/api"}}"#;
    let changed = ["changed", "--files-from"].as_slice();
    let plan = ["plan", "--event-name", "workflow_dispatch", "--event-path"].as_slice();
    for (command, input, expected) in
        [(changed, list, "services/api\n"), (plan, event, "services=[\"services/api\"]\n")]
    {
        for name in ["-", "/dev/stdin"] {
            let output = repo.imgver(command).args([name]).input(input).run();
            assert!(output.text().contains(expected.trim_end()), "{name}: {output}");
        }
        let pipe = repo.sandbox().join(command[0]);
        repo.program("mkfifo").args([&pipe]).run().text();
        std::thread::scope(|scope| {
            scope.spawn(|| fs::write(&pipe, input).unwrap());
            let output = repo.imgver(command).args([&pipe]).run();
            assert!(output.text().contains(expected.trim_end()), "{output}");
        });
        for (wrong, why) in [("/dev/zero", "it is a device"), (".", "")] {
            let output = repo.imgver(command).args([wrong]).run();
            assert!(output.fails(5).contains(why), "{output}");
        }
    }
    assert_eq!(repo.imgver(changed).args(["/dev/null"]).run().text(), "");
    // Named by the user, a file may be anywhere.
    let outside = repo.sandbox().join("filters.yaml");
    fs::write(&outside, "api: docs/**\n").unwrap();
    let output =
        repo.imgver(["changed", "--files-from", "-", "--filters"]).args([&outside]).input("docs/a\n").run();
    assert_eq!(output.text(), "services/api");
}
