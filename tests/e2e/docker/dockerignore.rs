//! Which files of a context BuildKit gets, for each `.dockerignore` of `tests/dockerignore/answers.json`.
//! `IMGVER_UPDATE=1` asks about all of them and writes the answers there; `tests/it/dockerignore.rs` compares them with ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// How many contexts are built at once.
const JOBS: usize = 4;

/// One case of so many is compared: all of them take two minutes.
const STRIDE: usize = 4;

/// The files below `directory`, from there.
fn files(directory: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).expect("read a directory") {
        let entry = entry.expect("read an entry");
        let path = format!("{prefix}{}", entry.file_name().to_str().expect("names are text"));
        if entry.path().is_dir() {
            files(&entry.path(), &format!("{path}/"), found);
        } else {
            found.push(path);
        }
    }
}

/// The files that reach the builder; null if it refuses to begin.
fn sent(context: &Path, text: &str) -> Value {
    let output = context.with_extension("out");
    let _ = fs::remove_dir_all(&output);
    fs::write(context.join(".dockerignore"), text).expect("write it");
    let status = Command::new("docker")
        .args(["buildx", "build", "--quiet", "--file"])
        .arg(context.with_extension("Dockerfile"))
        .arg("--output")
        .arg(format!("type=local,dest={}", output.display()))
        .arg(context)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !status.expect("docker runs").success() {
        return Value::Null;
    }
    let mut found = Vec::new();
    files(&output, "", &mut found);
    found.sort();
    Value::from(found)
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn buildkit_sends_what_is_recorded() {
    let recorded = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/dockerignore/answers.json");
    let answers: Value = serde_json::from_slice(&fs::read(&recorded).expect("read them")).expect("JSON");
    let cases = answers["cases"].as_array().expect("a list");
    let is_update = std::env::var_os("IMGVER_UPDATE").is_some_and(|value| value == "1");
    let stride = if is_update { 1 } else { STRIDE };
    let work = tempfile::tempdir().expect("make a directory");
    let parts: Vec<Vec<(usize, Value)>> = std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..JOBS)
            .map(|job| {
                let context = work.path().join(format!("context{job}"));
                for file in answers["files"].as_array().expect("a list") {
                    let file = context.join(file.as_str().expect("a text"));
                    fs::create_dir_all(file.parent().expect("it has a directory")).expect("make it");
                    fs::write(file, "x").expect("write a file");
                }
                fs::write(context.with_extension("Dockerfile"), "FROM scratch\nCOPY . /\n")
                    .expect("write it");
                scope.spawn(move || {
                    let mine = cases.iter().enumerate().step_by(stride).skip(job).step_by(JOBS);
                    mine.map(|(at, case)| (at, sent(&context, case[0].as_str().expect("a text")))).collect()
                })
            })
            .collect();
        jobs.into_iter().map(|job| job.join().expect("no job fails")).collect()
    });
    let mut now: Vec<(usize, Value)> = parts.into_iter().flatten().collect();
    now.sort_by_key(|(at, _)| *at);
    assert_eq!(now.len(), cases.len().div_ceil(stride));
    if is_update {
        let lines: Vec<String> =
            cases.iter().zip(&now).map(|(case, (_, sent))| format!("[{},{sent}]", case[0])).collect();
        let text =
            format!("{{\n\"files\": {},\n\"cases\": [\n{}\n]\n}}\n", answers["files"], lines.join(",\n"));
        fs::write(&recorded, text).expect("write the answers");
        return;
    }
    let wrong: Vec<String> = now
        .iter()
        .map(|(at, sent)| (&cases[*at], sent))
        .filter(|(case, sent)| case[1] != **sent)
        .map(|(case, sent)| format!("{}: recorded {}, sent {sent}", case[0], case[1]))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
