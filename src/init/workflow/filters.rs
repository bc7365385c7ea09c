//! Where workflows say which changes concern which service: dorny/paths-filter.

use crate::ci::github::is_workflow_file;
use crate::init::Sources;
use crate::init::fact::Spot;
use crate::workspace::includes::seen_from;
use crate::yaml::tree::{self, Node};

/// The filters of a step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::init) struct FilterUse {
    /// The step.
    pub(in crate::init) spot: Spot,
    /// The file that they are in, from the root; none where they are in the workflow.
    pub(in crate::init) file: Option<String>,
    /// `predicate-quantifier` as written; empty for the default.
    pub(in crate::init) quantifier: String,
}

/// Every use of dorny/paths-filter.
pub(in crate::init) fn filter_uses(sources: &Sources) -> Vec<FilterUse> {
    let mut uses = Vec::new();
    for (file, text) in sources.files(is_workflow_file).filter(|(_, text)| text.contains("paths-filter")) {
        let Ok(Some(root)) = tree::parse(text) else { continue };
        root.visit(&mut |node| {
            let action = node.get("uses").and_then(Node::text).unwrap_or_default();
            if !action.starts_with("dorny/paths-filter@") {
                return;
            }
            let filters = node.get("with").and_then(|with| with.get("filters")).and_then(Node::text);
            let named = filters.map(str::trim).filter(|filters| !filters.contains([':', '\n']));
            let named = named.and_then(|path| seen_from("", path)).filter(|path| sources.has(path));
            let quantifier = node.get("with").and_then(|with| with.get("predicate-quantifier"));
            let quantifier = quantifier.and_then(Node::text).unwrap_or_default().trim().to_owned();
            uses.push(FilterUse { spot: Spot::at(file, node.place), file: named, quantifier });
        });
    }
    uses.sort();
    uses.dedup();
    uses
}
