//! The workflows that a push of the tags starts: they are taken from the commit that is tagged.

use super::super::Checkout;
use super::candidate::Candidate;
use super::{StartedWorkflow, Tip};
use crate::ci::github::{WORKFLOWS, Workflow, is_workflow};
use crate::error::Result;
use crate::release::skips_workflows;

/// The workflows of a commit.
pub(super) struct Workflows {
    readable: Vec<Workflow>,
    /// Whether there are any, readable or not.
    exist: bool,
}

impl Workflows {
    /// Reads those of the commit. Those that cannot be read give a warning each.
    ///
    /// # Errors
    /// The commit cannot be read.
    pub(super) fn read(tip: &Tip, checkout: &Checkout, warnings: &mut Vec<String>) -> Result<Self> {
        let mut workflows = Workflows { readable: Vec::new(), exist: false };
        for directory in WORKFLOWS {
            for file in checkout.repository.files_in(tip.commit, directory, is_workflow)? {
                workflows.exist = true;
                match Workflow::parse(&*file.path, &String::from_utf8_lossy(&file.content)) {
                    Ok(workflow) => workflows.readable.push(workflow),
                    Err(error) => {
                        let place = error.place(&file.path);
                        warnings.push(format!(
                            "{place}: {error}: cannot determine whether the tag starts this workflow"
                        ));
                    }
                }
            }
        }
        Ok(workflows)
    }

    /// Those that a push of the tag of `candidate` starts. Where none does, it gets a warning.
    pub(super) fn started_by(&self, candidate: &mut Candidate<'_>, tip: &Tip) -> Vec<StartedWorkflow> {
        if !self.exist {
            return Vec::new();
        }
        let (tag, short) = (&candidate.tag, tip.commit.abbreviated(7));
        let started = self.readable.iter().filter(|workflow| workflow.starts_for_tag(tag));
        let started: Vec<StartedWorkflow> = started
            .map(|workflow| StartedWorkflow {
                name: workflow.name().to_owned(),
                file: workflow.file().to_owned(),
            })
            .collect();
        if started.is_empty() {
            candidate.warnings.push(format!("no workflow in {short} starts when {tag} is pushed"));
        } else if let Some(words) = skips_workflows(&tip.details.message) {
            let what =
                format!("the message of {short} contains {words}: GitHub starts no workflow for {tag}");
            candidate.warnings.push(what);
            return Vec::new();
        }
        started
    }
}
