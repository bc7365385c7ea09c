//! Runs that GitHub cancels or drops although a later one does not make up for them.
//!
//! Source: "Control the concurrency of workflows and jobs" in GitHub's documentation. Of the runs that wait in a group, only the
//! newest is kept, unless `queue: max` keeps all of them.

use super::missing::{asks_what_is_missing, counts_by_service};
use super::plans::unconditional_plans;
use super::{At, Finding, Flows, Rule};
use crate::ci::github::{Concurrency, Workflow};
use crate::config::Config;

/// What is the same for all runs that a push of anything starts. Longer names that begin so are meant as well.
const SAME_FOR_ALL: [&str; 14] = [
    "github.workflow",
    "github.repository",
    "github.event_name",
    "github.ref_type",
    "github.ref_protected",
    "github.head_ref",
    "github.base_ref",
    "github.job",
    "github.event.pull_request.",
    "github.event.number",
    "github.event.inputs.",
    "github.event.repository.",
    "inputs.",
    "vars.",
];

/// What is the same for all pushes of one branch, and another for each tag.
const SAME_FOR_REF: [&str; 4] = ["github.ref", "github.ref_name", "github.event.ref", "github.workflow_ref"];

pub(super) fn check(flows: &Flows, config: &Config, findings: &mut Vec<Finding>) {
    for workflow in flows.workflows() {
        for plan in unconditional_plans(flows, workflow) {
            // Then any later run of the branch makes up for others.
            let is_made_up_for = plan.call.option("--base").is_some()
                || (counts_by_service(config, plan.call) && asks_what_is_missing(plan.call));
            for (file, group) in &plan.groups {
                findings.extend(dropped(workflow, is_made_up_for, file, group));
            }
        }
    }
}

/// Runs that are lost, if `group` loses any that `workflow` starts for pushes. Those for branches are not if they are made up for.
fn dropped(workflow: &Workflow, is_made_up_for: bool, file: &str, group: &Concurrency) -> Option<Finding> {
    let push = workflow.push.as_ref()?;
    let at = || At::file(file, group.place);
    if group.queues && group.cancels {
        let message = "queue: max and cancel-in-progress: true exclude each other";
        return Some(
            Finding::error(Rule::Concurrency, at(), message)
                .why("GitHub rejects the file, so nothing starts this workflow")
                .fix("remove cancel-in-progress"),
        );
    }
    if group.queues {
        return None;
    }
    let (pushes, context) = if push.starts_for_branches() && !is_made_up_for && is_shared(&group.group, true)
    {
        ("pushes of a branch", "github.sha")
    } else if !push.starts_for_branches() && is_shared(&group.group, false) {
        ("pushes of tags", "github.ref")
    } else {
        return None;
    };
    let (message, why) = (
        if group.cancels {
            format!("the group '{}' is the same for all {pushes}: the next one cancels a run", group.group)
        } else {
            format!(
                "the group '{}' is the same for all {pushes}: of the runs that wait, GitHub keeps only the newest",
                group.group
            )
        },
        if context == "github.sha" {
            "imgver plan compares a push with the one before it, so no later run builds what a cancelled one should have"
        } else {
            "the release of a run that is cancelled is never built"
        },
    );
    Some(Finding::error(Rule::Concurrency, at(), message).why(why).fix(format!(
        "add ${{{{ {context} }}}} to the group; or write queue: max, without cancel-in-progress"
    )))
}

/// Whether `group` is certainly the same for any two pushes, of one branch or else of different tags.
fn is_shared(group: &str, of_branch: bool) -> bool {
    let mut expressions =
        group.split("${{").skip(1).map(|rest| rest.split_once("}}").map(|(inner, _)| inner));
    expressions.all(|expression| {
        expression
            .is_some_and(|expression| expression.split("||").all(|term| is_same(term.trim(), of_branch)))
    })
}

fn is_same(term: &str, of_branch: bool) -> bool {
    let is_quoted = term.len() > 1 && term.starts_with('\'') && term.ends_with('\'') && !term.contains("==");
    let is_name =
        term.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-'));
    let is_known = |names: &[&str]| {
        names.iter().any(|name| term == *name || (name.ends_with('.') && term.starts_with(name)))
    };
    is_quoted || (is_name && (is_known(&SAME_FOR_ALL) || (of_branch && is_known(&SAME_FOR_REF))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_shared_only_if_that_is_certain() {
        for (group, of_branch, of_tags) in [
            ("deploy", true, true),
            ("${{ github.workflow }}", true, true),
            ("${{github.workflow}}-${{ github.ref }}", true, false),
            ("ci-${{ github.ref_name }}", true, false),
            ("${{ github.head_ref || github.ref }}", true, false),
            ("${{ github.event.pull_request.number || 'push' }}", true, true),
            ("${{ inputs.service }}${{ vars.X }}", true, true),
            ("${{ github.sha }}", false, false),
            ("${{ github.workflow }}-${{ github.run_id }}", false, false),
            ("${{ github.head_ref || github.run_id }}", false, false),
            ("${{ github.event_name == 'push' && github.sha || github.ref }}", false, false),
            ("${{ format('{0}', github.ref) }}", false, false),
            ("${{ needs.x.outputs.group }}", false, false),
            ("${{ github.event.after }}", false, false),
            ("${{ matrix.x }}", false, false),
            ("${{ broken", false, false),
        ] {
            assert_eq!((is_shared(group, true), is_shared(group, false)), (of_branch, of_tags), "{group}");
        }
    }
}
