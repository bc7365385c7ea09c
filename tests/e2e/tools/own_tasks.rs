//! The smallest change that `docs/taskfile.md` shows: a team's own file of tasks, whose bodies are a line each.

use std::fs;
use std::path::Path;

use super::task::{Checkout, GO, NODE, Task, tasks};

/// The file as the page has it.
fn file_of_the_page() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/taskfile.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, after) = page.split_once("After, with all five bodies replaced:\n\n```yaml\n").unwrap();
    after.split_once("```\n").unwrap().0.to_owned()
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_line_each_answers_as_our_file_does() {
    let checkout = Checkout::new();
    checkout.repo.write(".github/utils/taskfile.yaml", file_of_the_page());
    checkout.repo.commit("their own tasks");
    let extended = format!("1.0.9-0004-{}", &checkout.repo.head()[..7]);
    for program in tasks() {
        let task = || Task::new(&program, &checkout);
        for (name, line) in [
            ("generate-version", "1.0.9"),
            ("generate-version-extended", &extended),
            ("generate-version-tag", "sidpalas/demo-api-node:1.0.9"),
            ("generate-version-tag-extended", &format!("sidpalas/demo-api-node:{extended}")),
        ] {
            let line = format!("{line}\n");
            task().within(NODE).run(&[&format!("utils:{name}")]).printed(&line);
            task().run(&[&format!("api-node:utils:{name}")]).printed(&line);
        }
        task().within(NODE).run(&["utils:generate-version", "--", GO]).printed("2.3.4\n");
        let mirror = task().within(NODE).env("IMAGE_REPO", "mirror/node");
        mirror.run(&["utils:generate-version-tag"]).printed("mirror/node:1.0.9\n");
        task()
            .within(NODE)
            .run(&["--exit-code", "utils:generate-version", "--", "--exact"])
            .failed(4, "carries no");
        let built = task().within(NODE).run(&["utils:build", "--", "--dry-run"]).stdout;
        assert!(built.contains(&format!("--tag sidpalas/demo-api-node:{extended} ")), "{built}");
        // What the page says is missing.
        let of_command_line = task().within(NODE);
        let of_command_line = of_command_line.run(&["utils:generate-version-tag", "IMAGE_REPO=mirror/node"]);
        of_command_line.printed("sidpalas/demo-api-node:1.0.9\n");
        checkout.repo.write("Without.yaml", format!("version: '3'\nincludes: {{ node: {NODE} }}\n"));
        let without_directory =
            task().run(&["--exit-code", "--taskfile", "Without.yaml", "node:utils:generate-version-tag"]);
        without_directory.failed(5, "cannot determine the image repository");
        fs::remove_file(checkout.repo.path().join("Without.yaml")).unwrap();
    }
}
