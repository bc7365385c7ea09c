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

/// `count` variables that each refer ten times to the one before.
fn multiplied(
    count: usize,
    line: impl Fn(usize, &str) -> String,
    reference: impl Fn(usize) -> String,
) -> String {
    (1..=count).map(|at| line(at, &reference(at - 1).repeat(10))).collect()
}

#[test]
fn values_that_multiply_end() {
    let dotenv = multiplied(20, |at, value| format!("A{at}={value}\n"), |at| format!("${{A{at}}}"));
    let script = multiplied(20, |_, value| format!("          export A={value}\n"), |_| "${A}".to_owned());
    let steps = multiplied(
        20,
        |_, value| format!("      - run: echo \"A={value}\" >> $GITHUB_ENV\n"),
        |_| "${{ env.A }}".to_owned(),
    );
    let matrix = multiplied(
        20,
        |at, value| format!("        a{at}: ['{value}']\n"),
        |at| format!("${{{{ matrix.a{at} }}}}"),
    );
    let nested = format!("{}x{}", "${N:-".repeat(20_000), "}".repeat(20_000));
    let workflow = format!(
        "on: push\nenv: {{A: xxxxxxxxxx}}\njobs:\n  x:\n    strategy:\n      matrix:\n        a0: ['']\n{matrix}    steps:\n      - run: |\n{script}          docker build $A .\n{steps}      - uses: docker/build-push-action@v6\n        with: {{context: api, push: true, tags: 'acme/${{{{ env.A }}}}:1,acme/b${{{{ matrix.a20 }}}}:1'}}\n"
    );
    let compose = format!(
        "services:\n  a: {{build: api, image: 'acme/${{A20}}'}}\n  b: {{build: api, image: 'acme/{nested}'}}\n  c: {{build: api, extends: d}}\n  d: {{extends: {{service: c}}}}\n  e: {{extends: {{file: compose.yml, service: e}}}}\n"
    );
    let repo = repo(&[
        ("api/Dockerfile", "FROM scratch\n"),
        (".env", &format!("A0=xxxxxxxxxx\n{dotenv}")),
        ("compose.yml", &compose),
        (".github/workflows/x.yml", &workflow),
    ]);
    let start = std::time::Instant::now();
    let output = repo.imgver(["init"]).run();
    assert_eq!(output.code, 0, "{output}");
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
    assert_eq!(services(&repo).len(), 1);
}

#[test]
fn directories_that_no_tag_can_name_are_said() {
    for (name, fault) in [
        ("a b", "it contains ' '"),
        ("a:b", "it contains ':'"),
        ("a*", "it contains '*'"),
        ("a[b]", "it contains '['"),
        ("a~1", "it contains '~'"),
        ("a..b", "it contains '..'"),
        ("a.lock", "it has the part 'a.lock'"),
        (".a", "it has the part '.a'"),
    ] {
        let repo = Repo::new();
        repo.write(&format!("{name}/Dockerfile"), "FROM scratch\n");
        repo.write("plain/Dockerfile", "FROM scratch\n");
        repo.commit("Attack");
        let output = repo.imgver(["init"]).run();
        assert_eq!(output.code, 0, "{name}: {output}");
        let said = format!("no tag can have the name {name}: {fault}");
        let row = output.stdout.lines().find(|line| line.starts_with(&said));
        assert!(
            row.is_some_and(|row| row.contains("cannot be released") && row.ends_with("unsure")),
            "{output}"
        );
        assert!(!output.stdout.contains("the name plain"), "{output}");
    }
}
