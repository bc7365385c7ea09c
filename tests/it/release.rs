//! `imgver release` as a program: the tag that it sets and pushes, and what it prints around that.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::{Output, Repo};
use crate::two_services::{NODE, two_services};

/// A workflow that release tags start, and one that they do not.
const WORKFLOW: &str = "\
name: Build
on:
  push:
    branches: [main]
    tags: ['services/**@[0-9]+.[0-9]+.[0-9]+']
jobs: {}
";
const OTHER: &str = "on:\n  push:\n    branches: [main]\njobs: {}\n";

/// A clone of [`two_services`] with the workflows above, and its remote.
pub(crate) fn clone() -> (Repo, Repo) {
    let origin = two_services();
    origin.write(".github/workflows/build.yaml", WORKFLOW);
    origin.write(".github/workflows/test.yml", OTHER);
    origin.commit("Build what is released");
    let bare = origin.cloned("origin.git", &["--bare"]);
    (bare.cloned("clone", &[]), bare)
}

pub(crate) fn release(repo: &Repo, args: &[&str]) -> Output {
    repo.imgver(["release"])
        .args(args)
        .env("GIT_CONFIG_GLOBAL", repo.sandbox().join("home/gitconfig"))
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.com")
        .run()
}

pub(crate) fn tags(repo: &Repo) -> Vec<String> {
    repo.git(["tag", "--list"]).lines().map(str::to_owned).collect()
}

#[test]
fn an_annotated_tag_says_what_is_new() {
    let (clone, bare) = clone();
    let released = release(&clone, &["api-node", "--bump", "patch"]);
    assert_eq!(released.line(), format!("{NODE}@1.0.10"));
    assert!(released.stderr.contains("that will start Build (.github/workflows/build.yaml)"), "{released}");
    assert!(!released.stderr.contains("test.yml"), "{released}");
    assert_eq!(clone.git(["cat-file", "-t", &format!("{NODE}@1.0.10")]), "tag");
    assert_eq!(clone.git(["rev-parse", &format!("{NODE}@1.0.10^{{commit}}")]), clone.head());
    let message = clone.git(["for-each-ref", "--format=%(contents)", &format!("refs/tags/{NODE}@1.0.10")]);
    let commit = &clone.git(["rev-parse", "HEAD~1"])[..7];
    assert_eq!(
        message.trim_end(),
        format!("{NODE} 1.0.10\n\nChanges since {NODE}@1.0.9:\n\n- {commit} Run (Ada)")
    );
    assert_eq!(tags(&bare), [format!("{NODE}@1.0.9")]);
    assert_eq!(clone.imgver(["version", NODE, "--exact"]).run().line(), "1.0.10");
}

/// The command lines that a dry run prints.
fn would_run(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.starts_with("would run"))
        .filter_map(|line| line.split_once(": git "))
        .map(|(_, args)| args)
        .collect()
}

#[test]
fn a_dry_run_changes_nothing_and_says_all() {
    let (clone, bare) = clone();
    let (mine, theirs) = (tags(&clone), tags(&bare));
    let args = ["api-node", "--bump", "patch", "--push", "--dry-run"];
    let shown = release(&clone, &args).text();
    let commit = &clone.git(["rev-parse", "HEAD~1"])[..7];
    assert_eq!(
        shown,
        format!(
            "tag      {NODE}@1.0.10\n\
             commit   {} Build what is released\n\
             previous {NODE}@1.0.9\n\
             message\n    {NODE} 1.0.10\n\n    Changes since {NODE}@1.0.9:\n\n    - {commit} Run (Ada)\n\
             starts   Build (.github/workflows/build.yaml) when pushed\n\
             would run, with the message on standard input: git tag --annotate --cleanup verbatim --file - -- {NODE}@1.0.10 {}\n\
             would run: git push --no-follow-tags -- origin refs/tags/{NODE}@1.0.10:refs/tags/{NODE}@1.0.10",
            clone.head(),
            clone.head()
        )
    );
    let plan = release(&clone, &[&args[..], &["--output", "json"]].concat()).json();
    assert_eq!(plan["pushed_to"], "origin");
    assert_eq!(plan["dry_run"], true);
    let build = serde_json::json!([{"name": "Build", "file": ".github/workflows/build.yaml"}]);
    assert_eq!(plan["workflows"], build);
    assert_eq!((tags(&clone), tags(&bare)), (mine, theirs));
}

/// Puts a git before the real one on `PATH` that writes down its arguments; gives that `PATH`, and the file.
fn with_recorded_git(repo: &Repo) -> (OsString, PathBuf) {
    let bin = repo.sandbox().join("recorded");
    let real = repo.program("sh").args(["-c", "command -v git"]).run().line();
    let log = bin.join("log");
    fs::create_dir(&bin).unwrap();
    let script = format!("#!/bin/sh\necho \"$*\" >>'{}'\nexec '{real}' \"$@\"\n", log.display());
    program(&bin.join("git"), &script);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&path))).unwrap();
    (path, log)
}

pub(crate) fn program(path: &Path, script: &str) {
    fs::write(path, script).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_dry_run_prints_what_the_real_run_does() {
    for push in [&[][..], &["--push"]] {
        let (clone, _) = clone();
        let args = [&["release", "api-node", "--bump", "patch"][..], push].concat();
        let (path, log) = with_recorded_git(&clone);
        let run = |more: &[&str]| {
            let _ = fs::remove_file(&log);
            let run = clone.imgver(&args).args(more).env("PATH", &path);
            let run = run.env("GIT_COMMITTER_NAME", "Ada").env("GIT_COMMITTER_EMAIL", "ada@example.com");
            let text = run.run().text();
            let asked = fs::read_to_string(&log).unwrap_or_default();
            let done = asked.lines().filter(|line| line.starts_with("tag ") || line.starts_with("push "));
            (text, done.map(str::to_owned).collect::<Vec<_>>())
        };
        let (printed, done) = run(&["--dry-run"]);
        assert_eq!(done, [""; 0], "a dry run does nothing");
        let (_, done) = run(&[]);
        assert_eq!(would_run(&printed), done);
        assert_eq!(done.len(), 1 + push.len());
        fs::remove_dir_all(log.parent().unwrap()).unwrap();
    }
}

/// Has git run `script` before it pushes.
fn pre_push(clone: &Repo, script: &str) {
    let hooks = clone.path().join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    program(&hooks.join("pre-push"), script);
}

#[test]
fn what_a_hook_prints_is_not_the_answer() {
    let (clone, _) = clone();
    pre_push(&clone, "#!/bin/sh\necho hooked\n");
    let released = release(&clone, &["api-node", "--bump", "patch", "--push"]);
    assert_eq!(released.line(), format!("{NODE}@1.0.10"));
    assert!(released.stderr.contains("hooked"), "{released}");
}

#[test]
fn every_warning_is_printed_before_the_push() {
    let (clone, _) = clone();
    clone.commit("Nothing [skip ci]");
    clone.git(["push", "-q", "origin", "main"]);
    pre_push(&clone, "#!/bin/sh\ngit tag --list >&2\necho PUSHING >&2\n");
    let released = release(&clone, &["api-node", "--bump", "patch", "--push"]);
    let tag = released.line();
    let (before, after) = released.stderr.split_once("PUSHING\n").expect("the hook ran");
    let warnings: Vec<&str> = before.lines().filter(|line| line.starts_with("warning: ")).collect();
    assert!(warnings.len() == 1 && warnings[0].contains("[skip ci]"), "{released}");
    assert!(!after.contains("warning: "), "{released}");
    // The tag was set between the warning and the push.
    let set = before.find(&format!("\n{tag}\n")).expect("the hook saw the tag");
    assert!(before.find("warning: ") < Some(set), "{released}");
    assert!(
        !released.stderr.contains("this starts") && !released.stderr.contains("will start"),
        "{released}"
    );
    assert!(after.contains(&format!("{tag}, and pushed the tag")), "{released}");
}

#[test]
fn a_push_that_fails_leaves_no_answer() {
    let (clone, bare) = clone();
    pre_push(&clone, "#!/bin/sh\nexit 1\n");
    let rejected = release(&clone, &["api-node", "--bump", "patch", "--push"]);
    let error = rejected.fails(3);
    assert!(!error.contains("this starts"), "{rejected}");
    // What is done by then is said, and how to go on from there or back.
    let tag = format!("{NODE}@1.0.10");
    for said in [&*format!("the tag {tag} is in this clone"), "git push ", &format!("git tag --delete {tag}")]
    {
        assert!(error.contains(said), "'{said}' is missing: {rejected}");
    }
    assert!(tags(&clone).contains(&tag) && !tags(&bare).contains(&tag));

    fs::remove_file(clone.path().join(".git/hooks/pre-push")).unwrap();
    program(&bare.path().join("hooks/pre-receive"), "#!/bin/sh\nexit 1\n");
    let rejected = release(&clone, &["api-node", "--bump", "patch", "--push"]);
    rejected.fails(3);
    assert_eq!(tags(&clone), [tag.clone(), format!("{NODE}@1.0.9")], "there is no second release");
    assert_eq!(tags(&bare), [format!("{NODE}@1.0.9")]);
    // The same command goes on once nothing is in the way.
    fs::remove_file(bare.path().join("hooks/pre-receive")).unwrap();
    let released = release(&clone, &["api-node", "--bump", "patch", "--push"]);
    assert_eq!(released.line(), tag);
    assert!(released.stderr.contains(&format!("is {tag} already; pushed the tag to origin")), "{released}");
    assert!(released.stderr.contains("this starts Build"), "{released}");
    assert_eq!(tags(&bare), [tag.clone(), format!("{NODE}@1.0.9")]);
    let again = release(&clone, &["api-node", "--bump", "patch", "--push"]);
    assert!(
        again.fails(4).contains(&format!("already released as {tag}, and origin has the same")),
        "{again}"
    );
}

#[test]
fn what_git_refuses_is_told() {
    let (clone, _) = clone();
    let nobody = clone.imgver(["release", NODE, "--bump", "patch"]).env("EMAIL", "").run();
    assert!(nobody.fails(3).contains("caused by: git tag failed with status 128"), "{nobody}");
    clone.git(["tag", "taken"]);
    let clash = release(&clone, &["api-node", "--set", "1.1.0", "--tag-format", "taken/{version}"]);
    assert!(clash.fails(4).contains("the tags taken/1.1.0 and taken cannot both be"), "{clash}");
    let missing = clone.imgver(["release", NODE, "--bump", "patch"]).env("PATH", "/nowhere").run();
    missing.fails(3);
}

#[test]
fn one_tag_is_pushed_and_no_other() {
    let (clone, bare) = clone();
    clone.annotate("unrelated");
    clone.git(["config", "push.followTags", "true"]);
    let released = release(&clone, &["api-node", "--bump", "patch", "--push"]);
    assert_eq!(released.line(), format!("{NODE}@1.0.10"));
    assert!(released.stderr.contains("this starts Build (.github/workflows/build.yaml)"), "{released}");
    assert_eq!(tags(&bare), [format!("{NODE}@1.0.10"), format!("{NODE}@1.0.9")]);
    assert_eq!(bare.git(["rev-parse", &format!("{NODE}@1.0.10^{{commit}}")]), clone.head());
}

#[test]
fn command_lines_that_mean_nothing() {
    let (clone, _) = clone();
    for args in [
        &["api-node"][..],
        &["api-node", "--bump", "patch", "--set", "1.0.0"],
        &["api-node", "--set", "1.0"],
        &["api-node", "--set", "v1.0.0"],
        &["api-node", "--set", "1.0.0-rc.1"],
        &["api-node", "--bump", "all"],
    ] {
        assert_eq!(release(&clone, args).code, 2, "{args:?}");
    }
    release(&clone, &["no-such", "--bump", "patch"]).fails(5);
    for (rev, code) in [("HEAD", 0), ("no-such", 3)] {
        let args = ["api-node", "--bump", "patch", "--dry-run", "--any-branch", "--rev", rev];
        assert_eq!(release(&clone, &args).code, code, "{rev}");
    }
}

/// An ssh that serves fetches on this machine, and never answers a push (or nothing at all).
const SSH: &str = r#"#!/bin/sh
here=$(dirname "$0")
for command; do :; done
case $command in
git-upload-pack*) [ -e "$here/deaf" ] || exec sh -c "$command" ;;
esac
sleep 600 &
echo $$ $! >"$here/pids"
wait
"#;

#[test]
fn git_ends_with_imgver_and_so_does_its_transport() {
    use crate::build::signals::{kill, pids, wait_for_end};
    for (signal, number, push) in
        [("-TERM", 15, false), ("-INT", 2, false), ("-HUP", 1, false), ("-TERM", 15, true), ("-HUP", 1, true)]
    {
        let (clone, bare) = clone();
        let bin = clone.sandbox().join("bin");
        fs::create_dir(&bin).unwrap();
        fs::write(bin.join("ssh"), SSH).unwrap();
        fs::set_permissions(bin.join("ssh"), fs::Permissions::from_mode(0o755)).unwrap();
        if !push {
            fs::write(bin.join("deaf"), "").unwrap();
        }
        clone.git([
            "remote",
            "set-url",
            "origin",
            &format!("ssh://git@example.org{}", bare.path().display()),
        ]);
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_imgver"));
        child.args(["release", "api-node", "--bump", "patch", "--push"]).current_dir(clone.path());
        child.env("GIT_SSH", bin.join("ssh")).env("GIT_SSH_VARIANT", "simple");
        child
            .env("GIT_CONFIG_GLOBAL", clone.sandbox().join("home/gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1");
        child.env("GIT_COMMITTER_NAME", "Ada").env("GIT_COMMITTER_EMAIL", "ada@example.com").process_group(0);
        let child = child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let pids = pids(&bin.join("pids"));
        kill(signal, &child.id().to_string());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        if push {
            // What was done is said.
            assert_eq!(output.status.code(), Some(3), "{stderr}");
            assert!(stderr.contains("is in this clone, but was not pushed"), "{stderr}");
        } else {
            assert_eq!(output.status.signal(), Some(number), "{stderr}");
            assert_eq!(tags(&clone), [format!("{NODE}@1.0.9")]);
        }
        pids.iter().for_each(|pid| wait_for_end(pid));
    }
}

#[test]
fn what_nohup_ignores_stays_ignored() {
    use crate::build::signals::{kill, pids, wait_for_end};
    let (clone, _) = clone();
    let bin = clone.sandbox().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(bin.join("ssh"), SSH).unwrap();
    fs::set_permissions(bin.join("ssh"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(bin.join("deaf"), "").unwrap();
    clone.git(["remote", "set-url", "origin", "ssh://git@example.org/repo"]);
    let command =
        format!("trap '' HUP; exec {} release api-node --bump patch --push", env!("CARGO_BIN_EXE_imgver"));
    let mut child = std::process::Command::new("sh");
    child.args(["-c", &command]).current_dir(clone.path()).process_group(0);
    child.env("GIT_SSH", bin.join("ssh")).env("GIT_SSH_VARIANT", "simple");
    child.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let child = child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let pids = pids(&bin.join("pids"));
    let child_id = child.id().to_string();
    for pid in [&child_id, &pids[0]] {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let (_, mask) = status.split_once("SigIgn:").unwrap();
        let mask = u64::from_str_radix(mask.lines().next().unwrap().trim(), 16).unwrap();
        assert_eq!(mask & 1, 1, "{status}");
    }
    kill("-TERM", &child_id);
    assert_eq!(child.wait_with_output().unwrap().status.signal(), Some(15));
    pids.iter().for_each(|pid| wait_for_end(pid));
}

#[test]
fn workflows_of_gitea_and_forgejo_are_found() {
    for directory in [".gitea/workflows", ".forgejo/workflows"] {
        let (clone, _) = clone();
        clone.write(&format!("{directory}/images.yaml"), WORKFLOW);
        clone.git(["rm", "-q", ".github/workflows/build.yaml"]);
        clone.commit("Build it there");
        let released = release(&clone, &["api-node", "--bump", "patch"]);
        let file = format!("that will start Build ({directory}/images.yaml)");
        assert!(released.stderr.contains(&file), "{released}");
    }
}
