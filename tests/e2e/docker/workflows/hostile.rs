//! Names and versions that try to become commands or outputs.

use serde_json::json;

use super::{Act, GO, Pipeline};
use crate::support::taskfile;

/// What would make the file if any shell saw it as text.
const TOUCH: &str = "$(touch${IFS}$PWNED)";

#[test]
#[ignore = "scripts/e2e runs it"]
fn hostile_names_do_nothing() {
    let pipeline = Pipeline::new("hostile");
    let tags =
        [format!("{GO}@1.0.0{TOUCH}"), format!("{TOUCH}@1.0.0"), format!("{GO}@1.0.0\";touch\"$PWNED")];
    for tag in tags {
        pipeline.shop.repo.tag(&tag);
        let payload = json!({"ref": format!("refs/tags/{tag}"), "ref_type": "tag", "deleted": false});
        pipeline.run("build-push.yaml", "push", &payload, Act::Hidden).assert_refused();
    }
    let inputs = [
        json!({"service": GO, "version": format!("1.0.0{TOUCH}")}),
        json!({"service": GO, "version": "1\"; touch \"$PWNED\"; \""}),
        json!({"service": GO, "version": "1\npush=true"}),
        json!({"service": format!("{GO}{TOUCH}"), "version": ""}),
    ];
    for inputs in inputs {
        let payload = json!({"ref": "refs/heads/main", "inputs": inputs});
        pipeline.run("build-push.yaml", "workflow_dispatch", &payload, Act::Hidden).assert_refused();
    }
    assert_eq!(pipeline.published(), [].into());
}

#[test]
#[ignore = "scripts/e2e runs it"]
fn a_hostile_service_is_only_a_service() {
    let pipeline = Pipeline::new("odd");
    let service = format!("services/odd/{TOUCH}");
    pipeline.shop.repo.write(&format!("{service}/Taskfile.yaml"), taskfile("example/odd"));
    pipeline.shop.repo.write(&format!("{service}/Dockerfile"), "FROM scratch\nCOPY Taskfile.yaml /\n");
    let before = pipeline.shop.repo.head();
    pipeline.shop.repo.commit("an odd service");
    let ran = pipeline.run("build-push.yaml", "push", &pipeline.push(&before), Act::Seen);
    ran.assert_jobs("build-push", &[&service]);
    ran.assert_plan(&[&service], "staging", false, "");
    assert_eq!(ran.log, [""; 0]);
    // Nor is it Markdown.
    let name = r"services/odd/\$\(touch\$\{IFS\}\$PWNED\)";
    let version = pipeline.shop.repo.head()[..7].to_owned();
    assert_eq!(ran.rows, [format!("| {name} | example/odd:0.0.0-0002-{version} | none | built only |")]);
}
