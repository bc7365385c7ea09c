//! What starts a workflow with a plan, and what becomes of the runs.

use super::shop::{ACTION, BUILD, brief, clean, edit, only, shop, shop_with, text};
use crate::support::Repo;

/// The shop, with this event in addition.
fn started_by(event: &str) -> Repo {
    shop_with(BUILD, "  push:\n", &format!("  {event}\n  push:\n"))
}

#[test]
fn events_that_have_no_plan_are_told() {
    for event in
        ["issue_comment:", "deployment:", "workflow_run: {workflows: [x]}", "pull_request_target:", "create:"]
    {
        let repo = started_by(event);
        let [message, why, fix] = only(&repo, &[], &format!("error plan-event {BUILD}:10:3"));
        let name = event.split(':').next().unwrap();
        assert!(message.contains(&format!("'{name}'")) && why.contains("fails"), "{message}");
        assert!(
            fix.contains(&format!("github.event_name != '{name}'")) && fix.contains("merge_group"),
            "{fix}"
        );
    }
    for event in [
        "pull_request: {types: [closed]}",
        "merge_group:",
        "schedule: [{cron: '0 1 * * *'}]",
        "repository_dispatch: {types: [all]}",
        "workflow_call:",
    ] {
        clean(&started_by(event), &[]);
    }
    for directory in [".github", ".gitea", ".forgejo"] {
        let repo = shop();
        repo.write(
            &format!("{directory}/workflows/other.yaml"),
            "on: issues\njobs: {a: {steps: [{run: imgver plan}]}}\n",
        );
        repo.git(["add", "-A"]);
        assert!(brief(&repo, &[]).iter().any(|finding| finding.contains("plan-event")), "{directory}");
    }
    let repo = shop();
    let other = ".github/workflows/other.yaml";
    for (on, is_told) in [("issues", true), ("[push, issues]", true), ("pull_request", false)] {
        repo.write(other, format!("on: {on}\njobs: {{a: {{steps: [{{run: imgver plan}}]}}}}\n"));
        repo.git(["add", "-A"]);
        let told = brief(&repo, &[]).iter().any(|finding| finding.contains("plan-event"));
        assert_eq!(told, is_told, "{on}");
    }
    repo.write(other, "on: issues\njobs: {a: {steps: [{run: imgver list}]}}\n");
    clean(&repo, &[]);
}

#[test]
fn only_published_releases_have_a_plan() {
    for (event, said) in [
        ("release:", "every activity of a release starts"),
        ("release: {types: [published, edited]}", "the activity types edited of a release start"),
        ("release: {types: released}", "released"),
    ] {
        let repo = started_by(event);
        let found = brief(&repo, &[]);
        assert!(found.contains(&format!("error plan-event {BUILD}:10:3")), "{event}: {found:?}");
        let text = text(&repo);
        assert!(text.contains(said) && text.contains("release: { types: [published] }"), "{text}");
    }
    let repo = started_by("release: {types: [published]}");
    edit(&repo, BUILD, "    tags: ['services/**@[0-9]+.[0-9]+.[0-9]+']\n", "");
    clean(&repo, &[]);
}

#[test]
fn a_plan_that_a_condition_keeps_from_running_is_left_alone() {
    let job = "  plan:\n    runs-on";
    let step = "      - run: imgver plan\n";
    for (from, to) in [
        (job, "  plan:\n    if: github.event_name == 'push'\n    runs-on"),
        (job, "  plan:\n    needs: [gate]\n    runs-on"),
        (job, "  plan:\n    if: ${{ inputs.service != '' }}\n    runs-on"),
        (step, "      - run: imgver plan\n        if: github.event.action != 'created'\n"),
        (step, "      - run: if [ \"$GITHUB_EVENT_NAME\" = push ]; then imgver plan; fi\n"),
        (step, "      - run: imgver plan --event-name push\n"),
    ] {
        let repo = started_by("issue_comment:");
        edit(&repo, BUILD, from, to);
        edit(
            &repo,
            BUILD,
            "jobs:\n",
            "jobs:\n  gate:\n    if: github.event_name == 'push'\n    runs-on: ubuntu-latest\n    steps: [{run: 'true'}]\n",
        );
        clean(&repo, &[]);
    }
    for (from, to) in [
        (job, "  plan:\n    if: github.repository == 'acme/shop'\n    runs-on"),
        (job, "  plan:\n    if: ${{ !cancelled() }}\n    runs-on"),
        (job, "  plan:\n    needs: lint\n    runs-on"),
        (step, "      - run: |\n          set -e\n          imgver plan\n"),
    ] {
        let repo = started_by("issue_comment:");
        edit(&repo, BUILD, from, to);
        only(&repo, &[], &format!("error plan-event {BUILD}:10:3"));
    }
}

#[test]
fn the_event_of_a_called_workflow_is_its_callers() {
    let repo = started_by("issue_comment:");
    let called = ".github/workflows/called.yaml";
    edit(
        &repo,
        BUILD,
        "      - run: imgver plan\n",
        &format!("      - run: 'true'\n  called:\n    uses: ./{called}\n"),
    );
    repo.write(called, "on: workflow_call\njobs: {a: {steps: [{run: imgver plan}]}}\n");
    repo.commit("Call it");
    only(&repo, &[], &format!("error plan-event {BUILD}:10:3"));
    edit(&repo, BUILD, "  called:\n", "  called:\n    if: github.event_name != 'issue_comment'\n");
    clean(&repo, &[]);
    // By an action.
    let repo = started_by("issue_comment:");
    edit(&repo, BUILD, "      - run: imgver plan\n", "");
    edit(&repo, ACTION, "run: ./install.sh", "run: ./install.sh && imgver plan");
    only(&repo, &[], &format!("error plan-event {BUILD}:10:3"));
}

#[test]
fn a_release_that_starts_two_runs_is_told() {
    let published = "release: {types: [published]}";
    let repo = started_by(published);
    let [message, why, _] = only(&repo, &[], &format!("warning started-twice {BUILD}:10:3"));
    assert!(message.contains("services/go/api@1.2.3") && why.contains("twice"), "{message} {why}");
    // Another workflow for the releases.
    let repo = shop();
    let other = ".github/workflows/release.yaml";
    repo.write(other, format!("on: {{{published}}}\njobs: {{a: {{steps: [{{run: imgver plan}}]}}}}\n"));
    repo.commit("Release");
    let [message, ..] = only(&repo, &[], &format!("warning started-twice {other}:1:6"));
    assert!(message.ends_with(&format!("starts {BUILD}")), "{message}");
    // It does something else.
    repo.write(other, format!("on: {{{published}}}\njobs: {{a: {{steps: [{{run: imgver list}}]}}}}\n"));
    clean(&repo, &[]);
    // Each has a job of its own.
    let repo = started_by(published);
    edit(
        &repo,
        BUILD,
        "  plan:\n    runs-on",
        "  plan:\n    if: github.event_name != 'release'\n    runs-on",
    );
    clean(&repo, &[]);
    let repo = started_by("release: {types: [published]}");
    edit(&repo, BUILD, "tags: ['services/**@[0-9]+.[0-9]+.[0-9]+']", "tags-ignore: ['**']");
    let found = brief(&repo, &[]);
    assert!(!found.iter().any(|finding| finding.contains("started-twice")), "{found:?}");
}

#[test]
fn runs_of_one_group_are_lost() {
    let with =
        |concurrency: &str| shop_with(BUILD, "jobs:\n", &format!("concurrency: {concurrency}\njobs:\n"));
    for (concurrency, said) in [
        ("build", "keeps only the newest"),
        ("'${{ github.workflow }}-${{ github.ref }}'", "keeps only the newest"),
        ("{group: '${{ github.ref }}', cancel-in-progress: true}", "cancels a run"),
        ("{group: '${{ github.ref }}', cancel-in-progress: false, queue: single}", "keeps only the newest"),
        (
            "{group: '${{ github.head_ref || github.ref }}', cancel-in-progress: '${{ github.event_name != ''push'' }}'}",
            "keeps only the newest",
        ),
        ("{group: a, cancel-in-progress: true, queue: max}", "exclude each other"),
    ] {
        let [message, _, fix] = only(&with(concurrency), &[], &format!("error concurrency {BUILD}:14:1"));
        assert!(message.contains(said), "{message}");
        assert!(fix.contains("github.sha") || said == "exclude each other", "{fix}");
    }
    for concurrency in [
        "'${{ github.sha }}'",
        "{group: '${{ github.workflow }} ${{ github.ref }} ${{ github.run_id }}', cancel-in-progress: true}",
        "{group: '${{ github.head_ref || github.run_id }}', cancel-in-progress: true}",
        "{group: \"${{ github.event_name == 'push' && github.sha || github.ref }}\"}",
        "{group: build, queue: max}",
    ] {
        clean(&with(concurrency), &[]);
    }
}

#[test]
fn a_group_matters_only_where_a_push_is_planned() {
    let group = "    concurrency: ${{ github.ref }}\n";
    let repo = shop_with(BUILD, "  plan:\n", &format!("  plan:\n{group}"));
    only(&repo, &[], &format!("error concurrency {BUILD}:16:5"));
    edit(&repo, BUILD, "run: imgver plan", "run: imgver plan --base \"$LAST\"");
    clean(&repo, &[]);
    clean(&shop_with(BUILD, "  lint:\n", &format!("  lint:\n{group}")), &[]);
    // No push, or one that the job leaves to others.
    let repo =
        shop_with(BUILD, "  plan:\n", &format!("  plan:\n    if: github.event_name != 'push'\n{group}"));
    clean(&repo, &[]);
    let repo = shop_with(BUILD, "  plan:\n", &format!("  plan:\n{group}"));
    edit(
        &repo,
        BUILD,
        "  push:\n    branches: [main]\n    paths: ['services/**', 'lib/**']\n    tags: ['services/**@[0-9]+.[0-9]+.[0-9]+']\n",
        "  pull_request:\n",
    );
    clean(&repo, &[]);
    // Each tag has a ref of its own.
    let tags = |concurrency: &str| {
        let repo = shop_with(BUILD, "    branches: [main]\n", "");
        edit(&repo, BUILD, "jobs:\n", &format!("concurrency: {concurrency}\njobs:\n"));
        repo
    };
    clean(&tags("${{ github.ref }}"), &[]);
    let [message, why, _] = only(&tags("release"), &[], &format!("error concurrency {BUILD}:13:1"));
    assert!(message.contains("pushes of tags") && why.contains("never built"), "{message} {why}");
}
