//! What is wrong with workflows, whatever the services are.

use super::{At, Finding, Flows, Rule};

pub(super) fn check(flows: &Flows, findings: &mut Vec<Finding>) {
    for workflow in flows.workflows() {
        for duplicate in &workflow.duplicates {
            let message =
                format!("the key '{}' is duplicated (first on line {})", duplicate.key, duplicate.first.line);
            findings.push(
                Finding::error(Rule::DuplicateKey, At::file(workflow.file(), duplicate.place), message)
                    .why("GitHub rejects the file, and most other tools ignore the first of the two")
                    .fix("merge the two, e.g. branches and tags below one `push`"),
            );
        }
        for place in &workflow.merge_keys {
            let at = At::file(workflow.file(), *place);
            findings.push(
                Finding::error(Rule::MergeKey, at, "GitHub does not know merge keys (<<)")
                    .why("it rejects the file, so nothing starts this workflow; anchors and aliases alone are fine")
                    .fix("write out what is merged; or refer to a whole value by an alias"),
            );
        }
    }
}
