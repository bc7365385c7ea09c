//! The inputs of the repositories in `tests/inputs/` against what BuildKit does, as `tests/inputs/answers.json` has it.
//! `tests/e2e/docker/inputs.rs` asks the real one.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::support::in_parallel;
use crate::support::input_cases::{self, InputCase, Listed};

/// Stands for the digest of a release that nobody builds here.
const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

#[test]
fn what_changes_an_image_is_among_its_inputs() {
    let (cases, answers) = (input_cases::all(), input_cases::recorded());
    let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    let recorded: Vec<&str> = answers.keys().map(String::as_str).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, recorded, "record the answers: IMGVER_UPDATE=1 scripts/e2e --only docker inputs");
    let listed = Mutex::new(BTreeMap::new());
    in_parallel(&cases, |case| {
        let found = Listed::of(&repository(case), case);
        listed.lock().unwrap().insert(case.name.clone(), found);
    });
    let listed = listed.into_inner().unwrap();
    let results: Vec<_> =
        cases.iter().map(|case| (case, &answers[&case.name], &listed[&case.name])).collect();
    let summary = input_cases::compare(&results);
    assert!(summary.wrong.is_empty(), "{summary}\n{}", summary.wrong.join("\n"));
}

fn repository(case: &InputCase) -> crate::support::Repo {
    let repo = case.repository("localhost:5000");
    for file in case.files.iter().filter(|file| file.has_digest()) {
        file.write(repo.path(), "localhost:5000", DIGEST);
    }
    repo
}
