//! Names that somebody chose to do harm, and files that are no files.

use super::{repo, services};
use crate::support::Repo;

/// Names that YAML, a terminal, a runner or a pattern would take for something else.
const NAMES: [&str; 11] = [
    "a: b",
    "a #b",
    "[x]",
    "{x}",
    "*",
    "it's \"x\"",
    "::error::x",
    "##[error]x",
    "a\u{202e}b",
    "true",
    "1.0",
];

#[test]
fn hostile_directories_are_written_so_that_they_come_back() {
    for name in NAMES {
        let repo = Repo::new();
        repo.write(&format!("{name}/Dockerfile"), "FROM scratch\n");
        repo.write("plain/Dockerfile", "FROM scratch\n");
        repo.commit("Attack");
        let output = repo.imgver(["init"]).run();
        assert_eq!(output.code, 0, "{name}: {output}");
        for line in output.stdout.lines().chain(output.stderr.lines()) {
            assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
            assert!(!line.contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
        }
        let found: Vec<String> = services(&repo).into_iter().map(|(service, _)| service).collect();
        let can_be_one = !name.starts_with("::") && !name.starts_with("##");
        assert!(found.contains(&"plain".to_owned()), "{name}: {found:?}");
        assert_eq!(found.contains(&name.to_owned()), can_be_one, "{found:?}");
    }
}

#[test]
fn directories_that_can_be_no_service_are_said() {
    for name in ["-x", "a\\b", "a\nb"] {
        let repo = Repo::new();
        repo.write(&format!("{name}/Dockerfile"), "FROM scratch\n");
        repo.write("plain/Dockerfile", "FROM scratch\n");
        repo.commit("Attack");
        let output = repo.imgver(["init"]).run();
        assert_eq!(output.code, 0, "{name}: {output}");
        assert!(output.stdout.contains("can be no service: its path"), "{output}");
        assert_eq!(services(&repo).len(), 1);
    }
}

#[test]
fn hostile_values_stay_comments_on_one_line() {
    let repo = repo(&[
        ("api/Dockerfile", "FROM scratch\nARG A\nARG B\n"),
        (
            "compose.yml",
            "services:\n  api:\n    image: \"${X}/a\\nservices: {evil: {}}\"\n    build: {context: api, target: \"x y\", args: {A: \"1\\n2\", B: 'a: b #'}}\n",
        ),
    ]);
    let output = repo.imgver(["init"]).run();
    assert_eq!(output.code, 0, "{output}");
    let text = std::fs::read_to_string(repo.path().join("imgver.yaml")).unwrap();
    assert!(!text.contains("\nservices: {evil"), "{text}");
    assert_eq!(repo.imgver(["list"]).run().code, 0, "{text}");
    assert!(services(&repo).iter().all(|(service, _)| service == "api"));
}

#[test]
fn loops_end() {
    let repo = repo(&[
        ("api/Dockerfile", "FROM scratch\n"),
        (
            "compose.yml",
            "services:\n  a: {extends: b}\n  b: {extends: a}\n  api: {build: api, image: acme/api}\n",
        ),
        ("docker-bake.hcl", "target \"a\" {\n  inherits = [\"a\"]\n  context = \"api\"\n}\n"),
        (
            ".github/workflows/x.yml",
            "on: [push, workflow_call]\njobs:\n  x: {uses: ./.github/workflows/x.yml}\n",
        ),
        (
            ".github/actions/a/action.yml",
            "runs:\n  using: composite\n  steps: [{uses: ./.github/actions/a}]\n",
        ),
        (
            ".github/workflows/y.yml",
            "on: push\nenv: {A: '${{ env.A }}'}\njobs:\n  y:\n    steps: [{uses: ./.github/actions/a}]\n",
        ),
    ]);
    assert_eq!(repo.imgver(["init"]).run().code, 0);
}
