//! The text of `--explain`: why each service is selected or not.

use crate::domain::Digest;
use crate::ops::{Compared, Found, Presence, Selection};

/// The commits that were compared.
pub(super) fn comparison(compared: &Compared) -> Vec<String> {
    let bases = compared.bases.iter().map(|base| format!("base {base}: {}", compared.why));
    bases.chain([format!("head {}", compared.head)]).collect()
}

/// The filter of each service, and the changed files that matched it.
pub(super) fn selection(selection: &Selection) -> Vec<String> {
    let mut lines = vec![match selection.changed_paths {
        1 => "1 path changed".to_owned(),
        more => format!("{more} paths changed"),
    }];
    for service in &selection.services {
        let state = if service.files.is_empty() { "unchanged" } else { "changed" };
        let watched = match &service.filter {
            None if service.watches_inputs => "it watches what its image is made of".to_owned(),
            None => "no filter: its own directory and `watch` count".to_owned(),
            Some(name) => format!("filter '{name}'"),
        };
        lines.push(format!("{}: {state} ({watched})", service.service));
        for file in &service.files {
            let patterns: Vec<String> = file.patterns.iter().map(|pattern| format!("'{pattern}'")).collect();
            let matching = match (&service.filter, &*patterns) {
                (None, []) => String::new(),
                (Some(_), []) => " has no rule to fail".to_owned(),
                (_, patterns) => format!(" matches {}", patterns.join(" and ")),
            };
            let inputs: String = file.inputs.iter().map(|why| format!(", {why}")).collect();
            lines.push(format!("  {}: {}{matching}{inputs}", file.kinds, file.path));
        }
    }
    lines
}

/// Each image of each service, and what its registry says of it.
pub(super) fn presences(presences: &[Presence<Digest>]) -> Vec<String> {
    let mut lines = Vec::new();
    for presence in presences {
        if presence.places.is_empty() {
            lines.push(format!("{}: its image is not known", presence.service));
        }
        for place in &presence.places {
            let found = match &place.found {
                Found::There(digest) => format!("present, {digest}"),
                Found::Absent => "missing".to_owned(),
                Found::Other(built) => format!("missing: what is there {built}"),
                Found::Denied => "missing, since access to its repository is denied".to_owned(),
            };
            lines.push(format!("{}: {} is {found}", presence.service, place.reference));
        }
    }
    lines
}
