//! Why a service is chosen, or is not: what `--explain` adds on standard error.

use super::comparison::Compared;
use super::selection::Selection;
use crate::filters::{ServiceMatches, Watch};

/// Which commits are compared.
pub(super) fn comparison(compared: &Compared) -> Vec<String> {
    let bases = compared.bases.iter().map(|base| format!("base {base}: {}", compared.why));
    bases.chain([format!("head {}", compared.head)]).collect()
}

/// What each service watches, and which of the `changed` files concern it.
pub(super) fn selection(selection: &Selection<'_>, changed: usize) -> Vec<String> {
    let mut lines = vec![match changed {
        1 => "1 path changed".to_owned(),
        more => format!("{more} paths changed"),
    }];
    for ServiceMatches { service, watch, files } in &selection.services {
        let state = if files.is_empty() { "unchanged" } else { "changed" };
        let watched = match watch {
            Watch::OwnDirectory => "it has no filter and watches its own directory".to_owned(),
            Watch::Filter { name, .. } => format!("filter '{name}'"),
        };
        lines.push(format!("{service}: {state} ({watched})"));
        for file in files {
            let (path, kinds) = (String::from_utf8_lossy(file.path), file.kinds);
            let patterns: Vec<String> = file.patterns.iter().map(|pattern| format!("'{pattern}'")).collect();
            let matching = match (watch, &*patterns) {
                (Watch::OwnDirectory, _) => String::new(),
                (Watch::Filter { .. }, []) => " has no rule to fail".to_owned(),
                (Watch::Filter { .. }, patterns) => format!(" matches {}", patterns.join(" and ")),
            };
            lines.push(format!("  {kinds}: {path}{matching}"));
        }
    }
    lines
}
