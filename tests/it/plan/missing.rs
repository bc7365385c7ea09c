//! `plan --missing` where no registry is asked. What registries answer is tested by `scripts/e2e`.

use std::fs;

use crate::support::{Output, Repo, Run};

/// Where nobody listens (IANA's "discard" service aside): whoever asks gets no answer.
const NOBODY: &str = "127.0.0.1:9";

/// Two services whose registry cannot be reached.
fn shop(scope: &str) -> Repo {
    let repo = Repo::new();
    repo.write(
        "imgver.yaml",
        format!("scope: {scope}\nimage: {NOBODY}/team/{{name}}\nservices:\n  services/api: {{}}\n  services/web: {{}}\n"),
    );
    for name in ["api", "web"] {
        repo.write(&format!("services/{name}/Dockerfile"), "FROM scratch\n");
    }
    repo.commit("the services");
    repo
}

fn plan(repo: &Repo, event: &str, payload: &str) -> Run {
    let file = repo.sandbox().join("event.json");
    fs::write(&file, payload).unwrap();
    let args = ["plan", "--missing", "--ref", "refs/heads/main", "--event-name", event];
    repo.imgver(args).env("GITHUB_EVENT_PATH", file)
}

#[track_caller]
fn assert_services(output: &Output, services: &str) {
    assert!(output.text().starts_with(&format!("services={services}\n")), "{output}");
}

#[test]
fn where_push_is_off_no_registry_is_asked_and_the_changes_decide() {
    for scope in ["service", "repository"] {
        let repo = shop(scope);
        let base = repo.head();
        repo.write("services/web/page.html", "new");
        repo.commit("change the page");
        let proposal = format!(r#"{{"pull_request": {{"base": {{"sha": "{base}"}}}}}}"#);
        assert_services(&plan(&repo, "pull_request", &proposal).run(), r#"["services/web"]"#);
        let push = format!(r#"{{"before": "{base}"}}"#);
        assert_services(&plan(&repo, "push", &push).env("ACT", "true").run(), r#"["services/web"]"#);
        let deleted = r#"{"deleted": true, "ref": "refs/heads/old"}"#;
        assert_services(&plan(&repo, "push", deleted).run(), "[]");
    }
}

#[test]
fn every_commit_would_be_missing_by_the_commits_of_the_repository() {
    let repo = shop("repository");
    for (event, payload) in [
        ("push", "{}"),
        ("schedule", "{}"),
        ("repository_dispatch", "{}"),
        ("workflow_dispatch", r#"{"inputs": {"service": "services/api"}}"#),
    ] {
        let output = plan(&repo, event, payload).run();
        assert!(output.fails(5).contains("scope: service"), "{event}: {output}");
    }
}
