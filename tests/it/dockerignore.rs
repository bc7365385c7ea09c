//! `.dockerignore` files as BuildKit reads them: its answers are recorded in `tests/dockerignore/answers.json`, and
//! `tests/e2e/docker/dockerignore.rs` compares them with the real one.

use std::path::PathBuf;

use imgver::dockerfile::DockerIgnore;
use serde_json::Value;

/// Patterns that moby and Go's `filepath.Match` understand in different ways: here they leave out nothing.
const UNDEFINED: [&str; 10] =
    ["a|*", "\\a", "\\d", "\\d*", "\\w", "\\é", "[*]", "[?]", "[[:alpha:]]", "\\!x"];

/// What is recorded, or another file of the same form.
fn answers() -> Value {
    let recorded = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/dockerignore/answers.json");
    let file = std::env::var_os("IMGVER_DOCKERIGNORE_ANSWERS").map_or(recorded, PathBuf::from);
    serde_json::from_slice(&std::fs::read(file).expect("read the answers")).expect("they are JSON")
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().expect("a list").iter().map(|value| value.as_str().expect("a text")).collect()
}

#[test]
fn a_context_has_the_files_that_buildkit_sends() {
    let answers = answers();
    let files = strings(&answers["files"]);
    let (mut wrong, mut refused) = (Vec::new(), 0);
    let cases = answers["cases"].as_array().expect("a list");
    for case in cases {
        let text = case[0].as_str().expect("a text");
        let is_undefined = text.lines().any(|line| UNDEFINED.contains(&line) || line.contains("\\a"));
        let parsed = DockerIgnore::parse(text.as_bytes());
        let (Ok(ignore), false) = (&parsed, case[1].is_null()) else {
            refused += 1;
            if parsed.is_err() != case[1].is_null() && !is_undefined {
                wrong.push(format!("{text:?}: {parsed:?}, but BuildKit says {}", case[1]));
            }
            continue;
        };
        let sent = strings(&case[1]);
        for file in &files {
            let (is_sent, is_excluded) = (sent.contains(file), ignore.excludes(file));
            if is_sent == is_excluded && (is_sent || !is_undefined) {
                wrong.push(format!("{text:?}: {file} is {}", if is_sent { "sent" } else { "left out" }));
            }
        }
    }
    assert!(cases.len() > 200 && refused > 5, "{} cases, {refused} refused", cases.len());
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
