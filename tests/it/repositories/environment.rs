//! What the environment says about a repository: the index, settings of the command, the user's own files, the owner.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{extended, plain, released, touch};
use crate::support::{Output, Repo};

/// Another user than root: `nobody`.
const OTHER: &str = "65534";

/// Runs a script in which `$IMGVER` is the program, from git's own surroundings.
fn script(repo: &Repo, text: &str) -> String {
    let home = repo.sandbox().join("home/gitconfig");
    let path = repo.path().join("script");
    let run = repo.program("sh").args(["-c", text]).cwd(path.parent().expect("a directory"));
    run.env("IMGVER", env!("CARGO_BIN_EXE_imgver")).env("GIT_CONFIG_GLOBAL", home).run().text()
}

#[test]
fn the_index_of_a_hook_is_found_from_the_top_of_the_work_tree() {
    let repo = released();
    repo.write("app/file", "1\n");
    repo.commit("a file");
    // What `git commit` of a file and `git commit -a` give their hooks from the top, and what a script may give by itself.
    for index in
        [".git/index", ".git/next-index.lock", "./.git/../.git/index", plain(&repo.path().join(".git/index"))]
    {
        fs::copy(repo.path().join(".git/index"), repo.path().join(".git/next-index.lock")).expect("copy it");
        for directory in ["", "app"] {
            let ask = |args: &[&str]| repo.imgver(args).cwd(directory).env("GIT_INDEX_FILE", index).run();
            assert_eq!(
                ask(&["extended", "app"]).line(),
                extended(&repo, "1.2.0", 3),
                "{index} in {directory}"
            );
            assert!(ask(&["list"]).text().contains("web"), "{index} in {directory}");
        }
    }
}

#[test]
fn a_pre_commit_hook_sees_what_is_committed() {
    let repo = released();
    repo.write("app/file", "1\n");
    repo.write("app/other", "1\n");
    repo.commit("files");
    let hook = "#!/bin/sh\n$IMGVER extended app; cd app; $IMGVER extended; $IMGVER list | grep -c dirty\n";
    repo.write(".git/hooks/pre-commit", hook);
    fs::set_permissions(repo.path().join(".git/hooks/pre-commit"), PermissionsExt::from_mode(0o755))
        .expect("make it a program");
    let dirty = extended(&repo, "1.2.0", 3) + "-dirty";
    for how in ["git commit -qam 2", "git commit -qm 2 -- app/file", "cd app && git commit -qm 2 file"] {
        repo.write("app/file", "2\n");
        let told = "GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b";
        let said = script(&repo, &format!("export {told}; {{ {how}; }} 2>&1"));
        assert_eq!(said.lines().collect::<Vec<_>>(), [&dirty, &dirty, "1"], "{how}");
        repo.git(["reset", "-q", "--hard", "HEAD~1"]);
    }
}

#[test]
fn an_index_that_is_not_there_is_empty() {
    let repo = released();
    for index in ["nothing", "/nothing", ".git"] {
        let by_git = repo.git_run(["status", "--porcelain", "-uno"]).env("GIT_INDEX_FILE", index).run();
        let said = repo.imgver(["extended", "app"]).env("GIT_INDEX_FILE", index).run();
        match by_git.code {
            0 => assert_eq!(said.line(), extended(&repo, "1.2.0", 2) + "-dirty", "{index}"),
            _ => drop(said.fails(3)),
        }
    }
}

#[test]
fn settings_of_the_command_count() {
    let repo = released();
    let file = repo.path().join("app/Taskfile.yaml");
    fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("make it a program");
    let clean = extended(&repo, "1.2.0", 2);
    let ask = |name: &str, value: &str| repo.imgver(["extended", "app"]).env(name, value).run().line();
    assert_eq!(ask("A", ""), format!("{clean}-dirty"));
    assert_eq!(ask("GIT_CONFIG_PARAMETERS", "'core.filemode'='false'"), clean);
    assert_eq!(ask("GIT_CONFIG_PARAMETERS", "'core.fileMode=false'"), clean);
    assert_eq!(
        ask("GIT_CONFIG_PARAMETERS", "'core.filemode'='false' 'core.filemode'="),
        format!("{clean}-dirty")
    );
    let alias = r"git -c core.fileMode=false -c alias.v='!$IMGVER extended app' v";
    assert_eq!(script(&repo, alias), clean);
    repo.imgver(["extended", "app"]).env("GIT_CONFIG_PARAMETERS", "core.fileMode=false").run().fails(3);
}

#[test]
fn ceilings_elsewhere_say_nothing() {
    let repo = released();
    let output = repo.imgver(["extended", "app"]).env("GIT_CEILING_DIRECTORIES", "/somewhere/else").run();
    assert_eq!(output.line(), extended(&repo, "1.2.0", 2));
}

#[test]
fn a_bare_repository_is_refused_where_the_user_asks_for_it() {
    let repo = released();
    let bare = repo.cloned("bare", &["--bare"]);
    let ask = |repo: &Repo| {
        let run = repo.imgver(["extended", "--tag-prefix", "app@"]);
        run.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "safe.bareRepository")
    };
    let right = extended(&repo, "1.2.0", 2);
    ask(&bare).env("GIT_CONFIG_VALUE_0", "explicit").run().fails(3);
    assert_eq!(ask(&bare).env("GIT_CONFIG_VALUE_0", "all").run().line(), right);
    assert_eq!(ask(&bare).env("GIT_CONFIG_VALUE_0", "explicit").env("GIT_DIR", ".").run().line(), right);
    assert_eq!(ask(&repo).env("GIT_CONFIG_VALUE_0", "explicit").run().line(), right);
    bare.git(["config", "safe.bareRepository", "explicit"]);
    assert_eq!(bare.imgver(["extended", "--tag-prefix", "app@"]).run().line(), right, "its own has no say");
}

/// Gives a path, and what is in it, to another user.
fn give(path: &Path, recursive: bool) {
    let flags: &[&str] = if recursive { &["-R"] } else { &[] };
    let given = Command::new("chown").args(flags).arg(OTHER).arg(path).status();
    assert!(given.expect("run chown").success(), "this needs root");
}

fn configuration(repo: &Repo, text: &str) -> PathBuf {
    let file = repo.sandbox().join("trusting");
    fs::write(&file, text).expect("write a configuration");
    file
}

#[test]
#[ignore = "needs root, to give a repository away: scripts/e2e runs it"]
fn a_repository_of_another_user_needs_to_be_declared_safe() {
    let repo = released();
    let right = extended(&repo, "1.2.0", 2);
    // A setting of the repository's own, without which it would be dirty.
    repo.git(["config", "core.fileMode", "false"]);
    fs::set_permissions(repo.path().join("app/Taskfile.yaml"), PermissionsExt::from_mode(0o755))
        .expect("a mode");
    give(repo.path(), true);
    let (path, above) = (plain(repo.path()), plain(repo.sandbox()));
    let check = |what: &str, is_safe: bool, env: &[(&str, &OsStr)]| {
        let ask = |args: &[&str]| {
            let run = repo.imgver(args);
            env.iter().fold(run, |run, (name, value)| run.env(name, value)).run()
        };
        for args in [
            &["extended", "app"][..],
            &["extended", "app", "--no-dirty"],
            &["version", "--rev", "HEAD", "app"],
        ] {
            let output = ask(args);
            if is_safe {
                assert!(right.starts_with(&output.line()), "{what}: {output}");
            } else {
                output.fails(3);
                assert!(output.stderr.contains(&format!("safe.directory {path}")), "{what}: {output}");
            }
        }
    };
    check("nothing said", false, &[]);
    let values = [
        (true, path.to_owned()),
        (true, format!("{path}/")),
        (true, "*".to_owned()),
        (true, format!("{above}/*")),
        (true, "/*".to_owned()),
        (true, format!("\n\tdirectory = {path}")),
        (false, format!("{path}\n\tdirectory =")),
        (false, format!("{path}\n\tdirectory")),
        (false, "*\n\tdirectory =".to_owned()),
        (false, above.to_owned()),
        (false, format!("{path}/*")),
        (false, format!("{path}/.git")),
        (false, format!("{path}/app")),
        (false, "repo".to_owned()),
        (false, String::new()),
    ];
    for (is_safe, value) in &values {
        let file = configuration(&repo, &format!("[safe]\n\tdirectory = {value}\n"));
        check(value, *is_safe, &[("GIT_CONFIG_GLOBAL", file.as_os_str())]);
    }
    let file = configuration(&repo, &format!("[safe]\n\tdirectory = {path}\n"));
    let system = [("GIT_CONFIG_NOSYSTEM", OsStr::new("0")), ("GIT_CONFIG_SYSTEM", file.as_os_str())];
    check("the system's file", true, &system);
    let including = repo.sandbox().join("including");
    fs::write(&including, "[include]\n\tpath = trusting\n").expect("write a configuration");
    check("an included file", true, &[("GIT_CONFIG_GLOBAL", including.as_os_str())]);
    let parameters = format!("'safe.directory'='{path}'");
    check("git -c", true, &[("GIT_CONFIG_PARAMETERS", OsStr::new(&parameters))]);
    let counted =
        [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", path)];
    check("counted", true, &counted.map(|(name, value)| (name, OsStr::new(value))));
    check("sudo", true, &[("SUDO_UID", OsStr::new(OTHER))]);
    check("sudo of somebody else", false, &[("SUDO_UID", OsStr::new("65533"))]);
    check("named", true, &[("GIT_DIR", OsStr::new(".git"))]);
    let own = repo.path().join(".git/config");
    let text = fs::read_to_string(&own).expect("read it");
    fs::write(&own, text + "[safe]\n\tdirectory = *\n").expect("write it");
    check("its own configuration", false, &[]);
}

#[test]
#[ignore = "needs root, to give a repository away: scripts/e2e runs it"]
fn any_part_of_a_repository_may_be_anothers() {
    for (part, is_refused) in
        [("", true), (".git", true), (".git/config", false), (".git/objects", false), ("app", false)]
    {
        let repo = released();
        give(&repo.path().join(part), false);
        let by_git = repo.git_run(["status", "--porcelain"]).run();
        assert_eq!(by_git.code != 0, is_refused, "{part}: {by_git}");
        assert_eq!(repo.imgver(["extended", "app"]).run().code, if is_refused { 3 } else { 0 }, "{part}");
    }
    let repo = released();
    let linked = repo.beside("linked");
    repo.git(["worktree", "add", "-q", "--detach", plain(linked.path())]);
    give(&linked.path().join(".git"), false);
    linked.imgver(["extended", "app"]).run().fails(3);
}

/// `imgver extended app`, run by another user, who owns the repository.
fn by_other(repo: &Repo, home: &Path) -> (Output, Output) {
    let program = repo.sandbox().join("imgver");
    if !program.exists() {
        fs::copy(env!("CARGO_BIN_EXE_imgver"), &program).expect("copy the program");
        fs::set_permissions(repo.sandbox(), PermissionsExt::from_mode(0o755)).expect("open the sandbox");
        give(repo.path(), true);
    }
    // So that its content has to be compared, with all attributes.
    touch(&repo.path().join("app/Taskfile.yaml"));
    let run = |program: &OsStr, args: &[&str]| {
        let ids = [format!("--reuid={OTHER}"), format!("--regid={OTHER}"), "--clear-groups".to_owned()];
        let run = repo.program("setpriv").args(ids).args([program]).args(args);
        run.env("HOME", home).run()
    };
    (
        run(program.as_os_str(), &["extended", "app"]),
        run(OsStr::new("git"), &["--no-optional-locks", "status", "--porcelain", "-uno"]),
    )
}

#[test]
#[ignore = "needs root, to be another user: scripts/e2e runs it"]
fn a_home_that_may_not_be_entered_is_a_missing_one() {
    let repo = released();
    let right = extended(&repo, "1.2.0", 2);
    let home = repo.sandbox().join("closed");
    let files = [".gitconfig", ".config/git/config", ".config/git/ignore", ".config/git/attributes"];
    for file in files {
        repo.beside("closed").write(file, "[broken\n*\n");
    }
    // Closed at the top, further down, and at the files only.
    for closed in [&[""][..], &[".gitconfig", ".config"], &[".gitconfig", ".config/git"], &files] {
        for part in closed {
            fs::set_permissions(home.join(part), PermissionsExt::from_mode(0o600)).expect("close it");
            if closed == files {
                fs::set_permissions(home.join(part), PermissionsExt::from_mode(0o000)).expect("close it");
            }
        }
        let (said, by_git) = by_other(&repo, &home);
        assert_eq!((by_git.code, &*by_git.stdout), (0, ""), "{closed:?}: {by_git}");
        assert_eq!(said.line(), right, "{closed:?}");
        for part in closed {
            fs::set_permissions(home.join(part), PermissionsExt::from_mode(0o755)).expect("open it");
        }
    }
    fs::set_permissions(repo.path().join(".git/config"), PermissionsExt::from_mode(0o000)).expect("close it");
    let (said, by_git) = by_other(&repo, &home);
    assert_ne!(by_git.code, 0, "{by_git}");
    said.fails(3);
}
