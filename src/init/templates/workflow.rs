//! The workflow that builds and pushes images.

use std::collections::BTreeSet;

use super::globs::literal_glob;
use super::lines;
use super::logins::{Registry, logins};
use super::scalar::{list, scalar};
use super::setup::SetupAction;

/// Where the workflow is, from the root of the repository.
pub const WORKFLOW: &str = ".github/workflows/build-push.yaml";

const TEMPLATE: &str = include_str!("build-push.yaml");

/// What the workflow depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowFacts {
    /// The services that can be built by hand, in the order in which they are offered: one or more.
    pub services: Vec<String>,
    /// The branch whose pushes are built.
    pub main_branch: String,
    /// The patterns for tags that start it ([`super::tag_globs`]).
    pub tags: Vec<String>,
    /// The patterns for files whose changes start it ([`super::push_paths`]); empty if every push to the main branch does.
    pub paths: Vec<String>,
    /// The registries to log in to; empty means Docker Hub.
    pub registries: Vec<Registry>,
    /// The action that installs imgver.
    pub setup: SetupAction,
}

/// The workflow. Whatever the names are, it is valid YAML and has them as they are.
pub fn workflow(facts: &WorkflowFacts) -> String {
    let options = facts.services.iter().map(|service| format!("- {}", scalar(service))).collect();
    let mut paths = Vec::new();
    if !facts.paths.is_empty() {
        paths.push(
            "# All that services watch, and their settings: a push that changes nothing of it starts no run."
                .to_owned(),
        );
        paths.extend(list("paths", &facts.paths));
    }
    let packages = |access: &str| {
        let is_used = facts.registries.contains(&Registry::GitHub);
        is_used.then(|| format!("packages: {access}")).into_iter().collect()
    };
    lines::fill(
        TEMPLATE,
        &[
            ("options", options),
            ("branches", list("branches", &[literal_glob(&facts.main_branch)])),
            ("paths", paths),
            ("tags", list("tags", &facts.tags)),
            ("setup", facts.setup.lines()),
            ("read-packages", packages("read")),
            ("read-logins", logins(&facts.registries, "steps.how.outputs.missing == 'true'")),
            ("packages", packages("write")),
            ("logins", logins(&facts.registries, "needs.filter.outputs.push == 'true'")),
        ],
    )
}

/// The variables and secrets that a [`workflow`] needs besides the token of each job, as a person is told to set them.
pub fn needed_settings(text: &str) -> Vec<String> {
    let mut needed = BTreeSet::new();
    for (word, context) in [("variable", "${{ vars."), ("secret", "${{ secrets.")] {
        let names =
            text.split(context).skip(1).filter_map(|rest| rest.split_once(" }}")).map(|(name, _)| name);
        needed.extend(names.filter(|name| *name != "GITHUB_TOKEN").map(|name| format!("the {word} {name}")));
    }
    needed.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::{push_paths, tag_globs};
    use super::*;
    use crate::ci::github::{Workflow, WorkflowFilter};
    use crate::domain::{PreReleases, TagFormat};
    use proptest::prelude::*;

    fn facts(
        services: Vec<String>,
        branch: String,
        registries: Vec<Registry>,
        setup: SetupAction,
    ) -> WorkflowFacts {
        let paths: Vec<&str> = services.iter().map(String::as_str).collect();
        let (tags, paths) = (
            tag_globs(&[TagFormat::default()], &paths, &PreReleases::default()),
            push_paths(&paths, &[WORKFLOW]),
        );
        WorkflowFacts { services, main_branch: branch, tags, paths, registries, setup }
    }

    fn setup() -> impl Strategy<Value = SetupAction> {
        let release = ActionRelease::parse(&format!("acme/imgver@{}", "0".repeat(40)), "v1.2.3");
        let unknown = SetupAction::Unknown { version: "v1.2.3".to_owned() };
        proptest::sample::select(
            [SetupAction::Own, unknown]
                .into_iter()
                .chain(release.map(SetupAction::Release))
                .collect::<Vec<_>>(),
        )
    }

    use super::super::ActionRelease;

    proptest! {
        // Each case reads a long file twice.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_the_names_the_workflow_says_them(
            services in proptest::collection::vec(
                "(\\PC|[a-z]|['\"#*:&!|>%@`{}\\[\\]<\n\t ,-]|\\$\\{\\{ x \\}\\}|<options>|true|1)(/?(\\PC|[a-z '\"#*:]|<setup>)){0,6}", 1..6
            ),
            branch in "(\\PC|[a-z+!/#'\"-]){1,8}",
            hosts in proptest::collection::vec("ghcr.io|docker.io|[a-z]{1,3}\\.[a-z]{2}(:[0-9]{2})?|\\[::1\\]:5000", 0..4),
            setup in setup(),
        ) {
            let registries = hosts.iter().map(|host| match &**host {
                "ghcr.io" => Registry::GitHub,
                "docker.io" => Registry::DockerHub,
                host => Registry::Other(host.to_owned()),
            });
            let facts = facts(services.clone(), branch.clone(), registries.collect(), setup);
            let text = workflow(&facts);
            let fail = |error: &dyn std::fmt::Display| TestCaseError::fail(format!("{error}: {text}"));
            let value: serde_yaml::Value = serde_yaml::from_str(&text).map_err(|error| fail(&error))?;
            let read = Workflow::parse(WORKFLOW, &text).map_err(|error| fail(&error))?;

            let options = read.service_choices.as_ref().map(|choices| &*choices.texts).unwrap_or_default();
            prop_assert!(options.iter().map(|option| &option.text).eq(&services), "{text}");
            let listed = &value["on"]["workflow_dispatch"]["inputs"]["service"]["options"];
            prop_assert_eq!(listed, &serde_yaml::to_value(&services).map_err(|error| fail(&error))?);
            prop_assert!(read.duplicates.is_empty() && read.merge_keys.is_empty(), "{text}");

            let push = &value["on"]["push"];
            let filter = |key: &str| {
                let texts = push[key].as_sequence().into_iter().flatten().filter_map(|text| text.as_str());
                WorkflowFilter::parse(texts).map_err(|error| fail(&error))
            };
            prop_assert!(filter("branches")?.matches(&branch), "{text}");
            for service in &services {
                prop_assert!(filter("paths")?.matches(&format!("{service}/Dockerfile")), "{text}");
                prop_assert!(read.starts_for_tag(&format!("{service}@1.2.3")), "{text}");
                prop_assert!(!read.starts_for_tag(&format!("{service}@1.2.3-rc.1")), "{text}");
            }

            let distinct: std::collections::BTreeSet<&String> = hosts.iter().collect();
            for (job, access) in [("filter", "read"), ("build-push", "write")] {
                let job = &value["jobs"][job];
                let steps = job["steps"].as_sequence().into_iter().flatten();
                let logins = steps.filter(|step| step["name"].as_str().is_some_and(|name| name.starts_with("Log in to")));
                prop_assert_eq!(logins.count(), distinct.len().max(1));
                let packages = job["permissions"]["packages"].as_str();
                prop_assert_eq!(packages, distinct.contains(&"ghcr.io".to_owned()).then_some(access));
            }
            prop_assert!(!text.lines().any(|line| line.trim().starts_with('<')), "{text}");
        }
    }
}
