//! The rules that a repository's set-up is checked against.

use std::fmt;

/// Declares [`Rule`], so that no rule can be missing from [`Rule::ALL`].
macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident = $id:literal,)+) => {
        /// What a finding violates. `docs/check.md` describes each one under its id.
        ///
        /// Ordered by id, as findings are.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[$doc])* $rule,)+
        }

        impl Rule {
            /// All rules, sorted by id.
            pub const ALL: &[Rule] = &[$(Rule::$rule,)+];

            /// Its id, e.g. `tag-filter`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Rule::$rule => $id,)+
                }
            }
        }
    };
}

rules! {
    /// A checkout must come before an action that it brings.
    ActionBeforeCheckout = "action-before-checkout",
    /// An action that a workflow uses must be there, and readable.
    ActionFile = "action-file",
    /// Patterns of branches must have a meaning to GitHub.
    BranchFilter = "branch-filter",
    /// The context of a build must be there.
    BuildContext = "build-context",
    /// A step that builds planned services must build what the configuration says.
    BuildSettings = "build-settings",
    /// No run for a push may be lost.
    Concurrency = "concurrency",
    /// The configuration must be usable.
    ConfigFile = "config-file",
    /// The options of the input `service` must be the services.
    DispatchOptions = "dispatch-options",
    /// A service that is built must have a Dockerfile.
    Dockerfile = "dockerfile",
    /// A context with more than the service's directory must be restricted.
    Dockerignore = "dockerignore",
    /// No two services may share an image repository.
    DuplicateImage = "duplicate-image",
    /// No map of a workflow may have a key more than once.
    DuplicateKey = "duplicate-key",
    /// The filter file must be readable.
    FilterFile = "filter-file",
    /// A filter file must be where it is read.
    FilterFileElsewhere = "filter-file-elsewhere",
    /// A filter must name exactly one service, and be the only one to do so.
    FilterNamesNoService = "filter-names-no-service",
    /// Refs and objects must be readable.
    History = "history",
    /// No image may be made of itself.
    ImageCircle = "image-circle",
    /// An image repository must be valid, and known without Task.
    ImageRepository = "image-repository",
    /// A Taskfile must set the image repository in `vars`.
    ImageVariable = "image-variable",
    /// The tasks of a service must run in its directory.
    IncludeDir = "include-dir",
    /// A tag that looks like a release must be one.
    MalformedTag = "malformed-tag",
    /// Workflows must not have merge keys.
    MergeKey = "merge-key",
    /// A job that calls imgver must install it.
    MissingImgver = "missing-imgver",
    /// A negated pattern must not match every other file.
    NegatedPattern = "negated-pattern",
    /// There must be a service.
    NoService = "no-service",
    /// A pattern must match a tracked file, and a filter must be able to select its service.
    PatternMatchesNothing = "pattern-matches-nothing",
    /// With versions by service, a plan of what is built must ask what is missing.
    PlanByChanges = "plan-by-changes",
    /// An event that starts a plan must be one that it knows.
    PlanEvent = "plan-event",
    /// The directory of a service must be there.
    ServiceDirectory = "service-directory",
    /// A directory with a service's Taskfile must have a path that can be passed on.
    ServicePath = "service-path",
    /// If one service has a filter, all should.
    ServiceWithoutFilter = "service-without-filter",
    /// Workflows and Taskfiles must not set something else than the configuration.
    SettingDiffers = "setting-differs",
    /// A job that needs the history must check it out.
    ShallowCheckout = "shallow-checkout",
    /// A clone must have the whole history.
    ShallowClone = "shallow-clone",
    /// A release must start one run.
    StartedTwice = "started-twice",
    /// A release must be higher than the releases before it.
    TagBelowAncestor = "tag-below-ancestor",
    /// Release tags must pass the tag filter of the workflow.
    TagFilter = "tag-filter",
    /// Other tags must not pass it.
    TagFilterTooWide = "tag-filter-too-wide",
    /// The tag format must give each service tags of its own.
    TagFormat = "tag-format",
    /// One commit should have one release of a service.
    TagsOnOneCommit = "tags-on-one-commit",
    /// A Taskfile that may define a service must be readable.
    Taskfile = "taskfile",
    /// A wildcard of the configuration must select a service.
    UnusedWildcard = "unused-wildcard",
    /// A file that an image is made of must be watched.
    UnwatchedInput = "unwatched-input",
    /// What a service watches must be said in one place.
    WatchedTwice = "watched-twice",
    /// A workflow must be readable.
    WorkflowFile = "workflow-file",
    /// The path filter of the workflow must let through what services watch.
    WorkflowPaths = "workflow-paths",
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENTATION: &str = include_str!("../../docs/check.md");

    /// The rules that the tables of the documentation describe. A row without a rule continues the one above it.
    fn documented() -> Vec<&'static str> {
        let (_, rules) = DOCUMENTATION.split_once("\n## Rules\n").unwrap();
        let rows = rules.lines().filter_map(|line| line.strip_prefix("| `"));
        let cells = rows.map(|row| row.split(" |").next().unwrap().trim_end_matches('`'));
        cells.flat_map(|cell| cell.split("`, `")).collect()
    }

    #[test]
    fn every_rule_is_documented_once_and_nothing_else_is() {
        let mut documented = documented();
        documented.sort_unstable();
        let rules: Vec<&str> = Rule::ALL.iter().map(|rule| rule.as_str()).collect();
        assert_eq!(documented, rules);
    }

    #[test]
    fn rules_are_ordered_by_id() {
        assert!(Rule::ALL.is_sorted_by(|one, next| one < next && one.as_str() < next.as_str()));
    }
}
