//! Events that no plan exists for, and events that leave a doubt.

use super::page::{Page, Row, row};
use crate::support::Repo;

const EVENT: &str = "event.json";
const DISPATCH: &str = "imgver plan --event-name workflow_dispatch --event-path event.json";
const PUSH: &str = "imgver plan --event-name push --ref refs/heads/main --event-path event.json";
const RELEASE: &str = "imgver plan --event-name release --event-path event.json";
const ON_TAG: &str =
    "imgver plan --event-name workflow_dispatch --ref refs/tags/services/web@1.0.0 --event-path event.json";
const PROPOSAL: &str = "imgver plan --event-name pull_request --event-path event.json";

pub(crate) fn fill(page: &mut Page) {
    let repo = Repo::new();
    for service in ["services/api", "services/web"] {
        repo.service(service);
    }
    repo.commit("begin");
    page.rows(&repo, surroundings());
    let missing = "imgver plan --missing --event-name push --ref refs/heads/main";
    page.rows(&repo, [row(5, "what is missing where every commit is a new version", missing)]);
    page.rows(&repo, payloads());
    page.rows(&repo, tags());
    page.rows(&repo, inputs());
    page.rows(&repo, releases());
    let head = repo.head();
    page.rows(&repo, comparisons(&head));
    repo.write("services/web/Taskfile.yaml", "vars: {IMAGE_REPO: Web}\n");
    page.rows(
        &repo,
        [row(5, "a planned image that is none", DISPATCH)
            .with(EVENT, r#"{"inputs": {"service": "services/web"}}"#)],
    );
    repo.write("services/web/Taskfile.yaml", "vars: {IMAGE_REPO: '{{.X}}'}\n");
    page.rows(
        &repo,
        [
            row(0, "a planned image that Task computes", DISPATCH)
                .with(EVENT, r#"{"inputs": {"service": "services/web"}}"#),
            row(0, "the same, asked whether it is missing", format!("{DISPATCH} --missing --scope service"))
                .with(EVENT, r#"{"inputs": {"service": "services/web"}}"#),
        ],
    );
    repo.write("services/web/Taskfile.yaml", "vars: {IMAGE_REPO: [\n");
    page.rows(
        &repo,
        [
            row(5, "a planned service whose Taskfile cannot be read", DISPATCH)
                .with(EVENT, r#"{"inputs": {"service": "services/web"}}"#),
            row(0, "another service whose Taskfile cannot be read", DISPATCH)
                .with(EVENT, r#"{"inputs": {"service": "services/api"}}"#),
        ],
    );
    repo.commit("more");
    let shallow = repo.cloned("shallow", &["--depth=1"]);
    shallow.service("services/web");
    page.rows(
        &shallow,
        [
            row(0, "a commit before that a shallow clone lacks", PUSH)
                .with(EVENT, format!(r#"{{"before": "{head}"}}"#)),
            row(0, "a merge base that a shallow clone lacks", format!("{PROPOSAL} --base {head}"))
                .with(EVENT, "{}"),
        ],
    );
    for number in 0..257 {
        repo.write(&format!("many/{number}/Taskfile.yaml"), format!("vars: {{IMAGE_REPO: many/{number}}}\n"));
    }
    repo.service("services/web");
    repo.commit("many");
    let many = format!("imgver plan --event-name push --ref refs/heads/main --base {head}");
    page.rows(&repo, [row(5, "more services than a matrix has jobs", many)]);
    repo.git(["checkout", "-q", "--orphan", "island"]);
    repo.git(["rm", "-rqf", "many"]);
    repo.commit("island");
    let proposal = format!(r#"{{"pull_request": {{"base": {{"sha": "{head}"}}}}}}"#);
    page.rows(&repo, [row(0, "a proposal with nothing in common", PROPOSAL).with(EVENT, proposal)]);
    let all = Repo::new();
    all.service("all");
    all.commit("begin");
    page.rows(
        &all,
        [row(0, "a service that is called all", DISPATCH).with(EVENT, r#"{"inputs": {"service": "all"}}"#)],
    );
    let empty = Repo::new();
    empty.commit("begin");
    let none = "imgver plan --event-name push --ref refs/heads/main --base HEAD";
    page.rows(&empty, [row(0, "a plan without any service", none)]);
}

fn surroundings() -> Vec<Row> {
    vec![
        row(5, "no event", "imgver plan"),
        row(5, "an event without a plan", "GITHUB_EVENT_NAME=issues imgver plan"),
        row(5, "the event of a called workflow on Gitea", "GITHUB_EVENT_NAME=workflow_call imgver plan"),
        row(5, "a push of nothing", "imgver plan --event-name push"),
        row(
            5,
            "a ref that is neither branch nor tag",
            "imgver plan --event-name push --ref refs/pull/1/merge",
        ),
        row(5, "a ref that is not in full", "GITHUB_REF=main imgver plan --event-name push"),
        row(5, "a ref type that is none", "imgver plan --event-name push --ref-type commit --ref-name x"),
        row(5, "a hash that is none", "imgver plan --event-name push --ref refs/heads/main --sha main"),
        row(
            3,
            "a commit that is not here",
            format!(
                "imgver plan --event-name push --ref refs/heads/main --base HEAD --sha {}",
                "1".repeat(40)
            ),
        ),
        row(
            3,
            "a hash of a tree",
            "imgver plan --event-name push --ref refs/heads/main --base HEAD --sha $(git rev-parse 'HEAD^{tree}')",
        ),
        row(
            3,
            "a base that only the remote has",
            "git update-ref refs/remotes/origin/next HEAD; imgver plan --event-name push --ref refs/heads/main --base next; code=$?; git update-ref -d refs/remotes/origin/next; exit $code",
        ),
        row(5, "a start by hand without an event file", "imgver plan --event-name workflow_dispatch"),
        row(5, "a pull request without an event file", "imgver plan --event-name pull_request"),
        row(
            5,
            "an event file that is not there",
            "GITHUB_EVENT_PATH=no-such.json imgver plan --event-name push",
        ),
        row(5, "an event file that is a device", "imgver plan --event-name push --event-path /dev/zero"),
        row(
            1,
            "a summary that cannot be written",
            "GITHUB_STEP_SUMMARY=TMP/none/summary imgver plan --event-name push --ref refs/heads/main --base HEAD",
        ),
    ]
}

fn payloads() -> Vec<Row> {
    let push = |what, text: &'static str| row(5, what, PUSH).with(EVENT, text);
    vec![
        push("an event that is no JSON", "{\"before\": \"\",\n \"after\"}"),
        push("an event that is a list", "[]"),
        push("a field that is no string", r#"{"before": 7}"#),
        push("a field that is no boolean", r#"{"deleted": "no"}"#),
        push("a hash that is none, in the event", r#"{"before": "main"}"#),
        row(5, "a field that is no object", PROPOSAL).with(EVENT, r#"{"pull_request": {"base": "main"}}"#),
        row(5, "a field that is absent", PROPOSAL).with(EVENT, "{}"),
        row(5, "a ref that is absent", "imgver plan --event-name push --event-path event.json")
            .with(EVENT, "{}"),
        row(5, "an input that is absent", DISPATCH).with(EVENT, r#"{"inputs": null}"#),
        row(0, "a branch that was deleted", PUSH)
            .with(EVENT, r#"{"deleted": true, "ref": "refs/heads/old"}"#),
    ]
}

fn tags() -> Vec<Row> {
    let push =
        |what, tag: &str| row(5, what, format!("imgver plan --event-name push --ref 'refs/tags/{tag}'"));
    vec![
        push("a tag of no service", "v1.0.0"),
        push("a tag of a service with a slip", "services/wep@1.0.0"),
        push("a tag by short name", "web@1.0.0"),
        push("a tag of a candidate", "services/web@1.0.0-rc.1"),
        push("a tag of a candidate with another word", "services/web@1.0.0-beta.1")
            .with("imgver.yaml", "prereleases: [rc]\n"),
        push("a tag of a candidate that is too long", &format!("services/web@1.0.0-{}.1", "a".repeat(130)))
            .with("imgver.yaml", format!("prereleases: [{}]\n", "a".repeat(130))),
        push("a tag of half a version", "services/web@1.0"),
        row(
            5,
            "a tag that does not fit the format of a variable",
            "IMGVER_TAG_FORMAT='{name}-v{version}' imgver plan --event-name push --ref refs/tags/services/web@1.0.0",
        ),
        row(
            5,
            "a tag that does not fit the format of a flag",
            "imgver plan --event-name push --ref refs/tags/web-1.0.0 --tag-format '{name}-v{version}'",
        ),
        row(
            5,
            "a malformed tag of the format of a flag",
            "imgver plan --event-name push --ref refs/tags/web-v1 --tag-format '{name}-v{version}'",
        ),
    ]
}

fn inputs() -> Vec<Row> {
    let dispatch = |what, text: &'static str| row(5, what, DISPATCH).with(EVENT, text);
    vec![
        dispatch("an input that is no service", r#"{"inputs": {"service": "nothing"}}"#),
        dispatch("an input that is a short name", r#"{"inputs": {"service": "web"}}"#),
        dispatch("an input that is empty", r#"{"inputs": {"service": ""}}"#),
        dispatch(
            "an input that is no version",
            r#"{"inputs": {"service": "services/web", "version": "a b"}}"#,
        ),
        row(0, "an input that is a release's version", DISPATCH)
            .with(EVENT, r#"{"inputs": {"service": "services/web", "version": "1.0.0"}}"#),
    ]
}

fn releases() -> Vec<Row> {
    let release = |what, text: &'static str| row(5, what, RELEASE).with(EVENT, text);
    let on_tag = |what, text: &'static str| row(5, what, ON_TAG).with(EVENT, text);
    vec![
        release(
            "a release that is not published now",
            r#"{"action": "created", "release": {"tag_name": "services/web@1.0.0"}}"#,
        ),
        release("a release without a tag", r#"{"action": "published", "release": {"tag_name": ""}}"#),
        row(5, "a release of another tag", format!("{RELEASE} --ref refs/tags/services/web@1.0.1"))
            .with(EVENT, r#"{"action": "published", "release": {"tag_name": "services/web@1.0.0"}}"#),
        row(5, "a release without an event file", "imgver plan --event-name release"),
        on_tag("a tag and another service", r#"{"inputs": {"service": "services/api"}}"#),
        row(5, "a tag that act has found", format!("ACT=true {ON_TAG}"))
            .with(EVENT, r#"{"inputs": {"service": "services/api"}}"#),
        on_tag("a tag and a short name", r#"{"inputs": {"service": "web"}}"#),
        on_tag("a tag and another version", r#"{"inputs": {"version": "1.0.1"}}"#),
        row(5, "a start by hand on a tag of no service", ON_TAG.replace("web", "wep"))
            .with(EVENT, r#"{"inputs": {"service": "services/web"}}"#),
        row(5, "a start by hand on a malformed tag", ON_TAG.replace("1.0.0", "1.0"))
            .with(EVENT, r#"{"inputs": {"service": "services/web"}}"#),
    ]
}

fn comparisons(head: &str) -> Vec<Row> {
    let gone = "1".repeat(40);
    vec![
        row(0, "a push to a new branch", PUSH).with(EVENT, format!(r#"{{"before": "{}"}}"#, "0".repeat(40))),
        row(0, "a push by force", PUSH).with(EVENT, format!(r#"{{"before": "{gone}"}}"#)),
        row(
            0,
            "a base by hand that is gone",
            format!("imgver plan --event-name push --ref refs/heads/main --base {gone}"),
        ),
        row(0, "a base branch that is gone", PROPOSAL)
            .with(EVENT, format!(r#"{{"pull_request": {{"base": {{"sha": "{gone}"}}}}}}"#)),
        row(
            3,
            "a base by hand that is none",
            "imgver plan --event-name push --ref refs/heads/main --base no-such",
        ),
        row(3, "a pull request whose commits are gone", PROPOSAL).with(
            EVENT,
            format!(r#"{{"pull_request": {{"base": {{"sha": "{head}"}}, "head": {{"sha": "{gone}"}}}}}}"#),
        ),
    ]
}
