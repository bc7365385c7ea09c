//! Whether content is changed, as `git status` says, whatever converts it: attributes, settings and encodings at random.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::json;

use super::plain;
use crate::support::{Repo, Rng, for_seeds};

const CONTENTS: [&[u8]; 19] = [
    b"one\ntwo\n",
    b"one\r\ntwo\r\n",
    b"one\r\ntwo\n",
    b"one\rtwo\r",
    b"one\r\r\ntwo\r\n",
    b"ONE\nTWO\n",
    b"one\ntwo",
    b"",
    b"\n",
    b"a\0b\r\n",
    b"$Id$\n",
    b"$Id: 0123456789 $\r\n",
    b"$Id: 0123456789 $\n",
    b"caf\xe9\n",
    b"caf\xc3\xa9\n",
    b"\xff\xfeo\0n\0e\0\r\0\n\0",
    b"\xfe\xff\0o\0n\0e\0\n",
    b"o\0n\0e\0\n\0",
    b"\x83\x65\x83\x58\x83\x67\n",
];

const ATTRIBUTES: [&str; 30] = [
    "text",
    "-text",
    "!text",
    "text=auto",
    "eol=crlf",
    "eol=lf",
    "text eol=crlf",
    "text=auto eol=crlf",
    "text=auto eol=lf",
    "crlf",
    "-crlf",
    "crlf=input",
    "binary",
    "ident",
    "-ident",
    "ident text",
    "filter=up",
    "filter=absent",
    "filter=broken",
    "-filter",
    "filter=required",
    "working-tree-encoding=UTF-16",
    "working-tree-encoding=UTF-16LE",
    "working-tree-encoding=UTF-16LE-BOM text",
    "working-tree-encoding=ISO-8859-1",
    "working-tree-encoding=SHIFT-JIS",
    "working-tree-encoding=UTF-32",
    "working-tree-encoding=nonsense",
    "working-tree-encoding=UTF-8",
    "special",
];

const SETTINGS: [(&str, &[&str]); 12] = [
    ("core.autocrlf", &["true", "false", "input"]),
    ("core.eol", &["crlf", "lf", "native"]),
    ("core.safecrlf", &["true", "false", "warn"]),
    ("core.fileMode", &["true", "false"]),
    ("core.symlinks", &["true", "false"]),
    ("core.ignoreStat", &["true", "false"]),
    ("core.checkStat", &["minimal", "default"]),
    ("core.trustctime", &["true", "false"]),
    ("core.preloadIndex", &["true", "false"]),
    ("core.bigFileThreshold", &["1", "512m"]),
    ("core.untrackedCache", &["true", "false"]),
    ("index.version", &["2", "4"]),
];

const SERVICES: usize = 4;

fn attributes(rng: &mut Rng) -> String {
    let mut text = String::from("[attr]special text eol=crlf\n");
    for service in 0..SERVICES {
        for _ in 0..rng.within(0..3) {
            let pattern = *rng.pick(&["fil?", "f*", "/sN/file", "sN/f**", "file"]);
            let pattern = pattern.replace('N', &service.to_string());
            text += &format!("{pattern} {}\n", rng.pick(&ATTRIBUTES));
        }
    }
    text
}

fn make(rng: &mut Rng) -> Repo {
    let repo = Repo::new();
    for service in 0..SERVICES {
        repo.service(&format!("s{service}"));
    }
    if rng.chance(60) {
        repo.write(".gitattributes", attributes(rng));
    }
    repo.commit("services");
    for service in 0..SERVICES {
        let blob = repo.git_run(["hash-object", "-w", "--no-filters", "--stdin"]);
        let blob = blob.input(*rng.pick(&CONTENTS)).run().text();
        let mode = *rng.pick(&["100644", "100644", "100644", "100755", "120000"]);
        repo.git(["update-index", "--add", "--cacheinfo", &format!("{mode},{blob},s{service}/file")]);
    }
    repo.git(["commit", "-q", "-m", "files"]);
    for (key, value) in
        [("up.clean", "tr A-Z a-z"), ("broken.clean", "false"), ("required.clean", "tr A-Z a-z")]
    {
        repo.git(["config", &format!("filter.{key}"), value]);
    }
    repo.git(["config", "filter.required.required", "true"]);
    for (key, values) in SETTINGS {
        if rng.chance(20) {
            repo.git(["config", key, *rng.pick(values)]);
        }
    }
    if rng.chance(20) {
        repo.write(".git/info/attributes", attributes(rng));
    }
    if rng.chance(15) {
        fs::write(repo.sandbox().join("attributes"), attributes(rng)).expect("write attributes");
        repo.git(["config", "core.attributesFile", plain(&repo.sandbox().join("attributes"))]);
    }
    for service in 0..SERVICES {
        let file = format!("s{service}/file");
        let path = repo.path().join(&file);
        match rng.within(0..10) {
            // As git checks it out, or not at all.
            0..3 => drop(repo.git_run(["checkout", "-q", "--", &file]).run()),
            3 => drop(symlink("one\ntwo\n", &path)),
            _ => repo.write(&file, rng.pick(&CONTENTS)),
        }
        if rng.chance(20) && path.is_file() {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("change a mode");
        }
        match rng.within(0..12) {
            0 => drop(repo.git_run(["add", "--", &file]).run()),
            1 => drop(repo.git_run(["update-index", "-q", "--refresh"]).run()),
            2 => drop(repo.git_run(["update-index", "--assume-unchanged", "--", &file]).run()),
            3 => drop(repo.git_run(["rm", "-q", "--cached", "--", &file]).run()),
            _ => {}
        }
    }
    repo
}

#[test]
fn a_file_is_changed_if_git_status_says_so() {
    for_seeds(0..60, |seed| {
        let mut rng = Rng::new(seed);
        let repo = make(&mut rng);
        // Before git has seen it: status refreshes the index.
        let said = repo.imgver(["list", "--output", "json"]).run();
        let status =
            ["--no-optional-locks", "status", "--porcelain", "-z", "--untracked-files=no", "--no-renames"];
        let by_git = repo.git_run(status).run();
        if by_git.code != 0 {
            said.fails(3);
            return;
        }
        let said = said.json();
        for service in 0..SERVICES {
            let changed: Vec<&str> = by_git
                .stdout
                .split('\0')
                .filter(|record| record.contains(&format!(" s{service}/")))
                .collect();
            let dirty = &said[service]["dirty"];
            assert_eq!(
                *dirty,
                json!(!changed.is_empty()),
                "s{service}: {changed:?} in {}",
                repo.path().display()
            );
        }
    });
}
