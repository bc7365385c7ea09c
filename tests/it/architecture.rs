//! The rules of the house that a compiler cannot hold.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("the sources are there") {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The source files, by path below `src`, in which a line holds `word` outside of a comment.
fn files_with(word: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 10, "{files:?}");
    let code = |line: &str| line.split("//").next().unwrap_or_default().contains(word);
    let has_word = |file: &&PathBuf| fs::read_to_string(file).unwrap().lines().any(code);
    let name = |file: &PathBuf| file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = files.iter().filter(has_word).map(name).collect();
    names.sort();
    names
}

#[test]
fn one_place_uses_gix() {
    let files = files_with("gix::");
    assert!(files.contains(&"history/git/mod.rs".to_owned()), "{files:?}");
    assert!(files.iter().all(|file| file.starts_with("history/git/")), "{files:?}");
}

#[test]
fn one_file_runs_programs() {
    for word in ["duct::", "which::", "signal_hook::"] {
        assert_eq!(files_with(word), ["programs.rs"], "{word}");
    }
    assert_eq!(files_with("process::Command"), Vec::<String>::new());
}

#[test]
fn one_file_reads_the_environment() {
    assert_eq!(files_with("env::"), ["world.rs"]);
}

#[test]
fn no_library_code_prints() {
    assert_eq!(files_with("io::stdout"), ["main.rs"]);
    assert_eq!(files_with("io::stderr"), ["main.rs"]);
}

#[test]
fn arrows_point_one_way() {
    let below_the_commands = |files: Vec<String>| files.iter().all(|file| file.starts_with("cli/"));
    let only_in = |word: &str, rooms: &[&str]| {
        let mut files = files_with(word).into_iter();
        files.all(|file| rooms.iter().any(|room| file.starts_with(room)))
    };
    assert!(only_in("crate::filters", &["check/", "cli/", "filters/"]));
    assert!(only_in("crate::ci", &["check/", "cli/", "ci/"]));
    assert!(only_in("crate::check", &["check/", "cli/"]));
    assert!(only_in("crate::build", &["cli/", "build/"]));
    assert!(only_in("crate::release", &["cli/", "release/"]));
    assert!(only_in("crate::programs", &["build/docker.rs", "release/git.rs"]));
    assert!(only_in("crate::cli", &["cli/", "lib.rs"]));
    assert_eq!(
        files_with("crate::world"),
        [
            "cli/build.rs",
            "cli/changed.rs",
            "cli/check.rs",
            "cli/color.rs",
            "cli/completions.rs",
            "cli/github.rs",
            "cli/image.rs",
            "cli/list.rs",
            "cli/locate.rs",
            "cli/man.rs",
            "cli/mod.rs",
            "cli/plan.rs",
            "cli/release/mod.rs",
            "cli/selection.rs",
            "cli/subject.rs",
            "cli/version.rs"
        ]
    );
    assert!(below_the_commands(files_with("crate::workspace")));
    let history: Vec<String> = files_with("crate::history")
        .into_iter()
        .filter(|file| !["cli/", "history/", "workspace/"].iter().any(|room| file.starts_with(room)))
        .collect();
    assert_eq!(history, Vec::<String>::new());
}
