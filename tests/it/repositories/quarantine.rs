//! Objects that only the environment leads to, as in the hooks of `git push`, and alternates.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{plain, released};

#[test]
fn a_hook_sees_what_is_being_pushed() {
    let repo = released();
    let server = repo.cloned("server", &["--bare"]);
    let hook = format!(
        "#!/bin/sh\nread old new name\n\
         {{ git describe --tags --long --abbrev=7 --match 'app@*' \"$new\"; \
         '{}' extended --tag-prefix app@ --rev \"$new\"; }} >'{}/said' 2>&1\n",
        env!("CARGO_BIN_EXE_imgver"),
        repo.sandbox().display(),
    );
    server.write("hooks/pre-receive", hook);
    let path = server.path().join("hooks/pre-receive");
    fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("make the hook executable");
    repo.write("app/more", "more");
    let head = repo.commit("pushed");
    for unpack_limit in ["1", "1000"] {
        server.git(["config", "receive.unpackLimit", unpack_limit]);
        repo.git([
            "push",
            "-q",
            "--force",
            plain(server.path()),
            "HEAD:refs/heads/main",
            "HEAD:refs/heads/other",
        ]);
        let said = fs::read_to_string(repo.sandbox().join("said")).expect("the hook ran");
        let [git, ours] = said.lines().collect::<Vec<_>>()[..] else { panic!("{said}") };
        assert_eq!(git, format!("app@1.2.0-3-g{}", &head[..7]), "{said}");
        assert_eq!(ours, format!("1.2.0-0003-{}", &head[..7]), "{said}");
        server.git(["update-ref", "refs/heads/main", "HEAD~1"]);
        server.git(["update-ref", "-d", "refs/heads/other"]);
        server.git(["repack", "-a", "-d", "-q"]);
        server.git(["prune", "--expire=now"]);
    }
}

#[test]
fn directories_of_the_environment_are_looked_through() {
    let repo = released();
    let right = repo.imgver(["extended", "app"]).run().line();
    let elsewhere = repo.sandbox().join("else:where");
    fs::rename(repo.path().join(".git/objects"), &elsewhere).expect("move the objects away");
    fs::create_dir_all(repo.path().join(".git/objects")).expect("make an empty directory");
    repo.imgver(["extended", "app"]).run().fails(3);
    let quoted = format!("\"{}\"", elsewhere.display());
    let nowhere = format!("/nowhere:{quoted}:");
    for (name, value) in [
        ("GIT_OBJECT_DIRECTORY", plain(&elsewhere)),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", &quoted),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", &nowhere),
    ] {
        let described = repo.git_run(["describe", "--tags", "--match", "app@*"]).env(name, value).run();
        assert!(described.stdout.starts_with("app@1.2.0-2-"), "{name}={value}: {described}");
        let output = repo.imgver(["extended", "app", "--no-dirty"]).env(name, value).run();
        assert_eq!(output.line(), right, "{name}={value}");
    }
}
