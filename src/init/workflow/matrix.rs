//! The combinations of a matrix.
//!
//! Source: "Running variations of jobs in a workflow" of GitHub's documentation of Actions.

use std::collections::BTreeMap;

use crate::yaml::tree::{Node, NodeKind};

/// What GitHub allows.
const COMBINATIONS_MAX: usize = 256;

/// What a matrix sets for one job.
pub(super) type Combination<'n> = BTreeMap<&'n str, &'n Node>;

/// All combinations of `matrix`; one that sets nothing where there is none, or where only a run knows it.
pub(super) fn combinations<'n>(matrix: Option<&'n Node>) -> Vec<Combination<'n>> {
    let entries = matrix.map(Node::entries).unwrap_or_default();
    let mut found: Vec<Combination<'n>> = vec![BTreeMap::new()];
    for (axis, values) in entries {
        let Some(axis) = axis.text().filter(|axis| !matches!(*axis, "include" | "exclude")) else { continue };
        let values = values.items();
        if values.is_empty() || found.len() * values.len() > COMBINATIONS_MAX {
            continue;
        }
        let with = |(combination, value): (&Combination<'n>, &'n Node)| {
            let mut combination = combination.clone();
            combination.insert(axis, value);
            combination
        };
        let pairs = found.iter().flat_map(|combination| values.iter().map(move |value| (combination, value)));
        found = pairs.map(with).collect();
    }
    let listed = |key: &str| matrix.and_then(|matrix| matrix.get(key)).map(Node::items).unwrap_or_default();
    let excluded: Vec<Combination<'_>> = listed("exclude").iter().map(map).collect();
    found.retain(|combination| !excluded.iter().any(|it| !it.is_empty() && agrees(it, combination, true)));
    include(&mut found, listed("include"));
    if found.is_empty() { vec![BTreeMap::new()] } else { found }
}

/// Adds each entry of `include` to the combinations that it contradicts in no value of theirs, else as one of its own.
fn include<'n>(found: &mut Vec<Combination<'n>>, included: &'n [Node]) {
    let original = found.clone();
    let is_alone = original.len() == 1 && original.iter().all(BTreeMap::is_empty);
    if is_alone && !included.is_empty() {
        *found = included.iter().take(COMBINATIONS_MAX).map(map).collect();
        return;
    }
    for entry in included.iter().map(map) {
        let mut is_used = false;
        for (combination, before) in found.iter_mut().zip(&original) {
            if agrees(&entry, before, false) {
                combination.extend(entry.clone());
                is_used = true;
            }
        }
        if !is_used && found.len() < COMBINATIONS_MAX {
            found.push(entry);
        }
    }
}

fn map(node: &Node) -> Combination<'_> {
    node.entries().iter().filter_map(|(key, value)| Some((key.text()?, value))).collect()
}

/// Whether `combination` has the values of `entry`, or, unless it has to have them `all`, no others.
fn agrees(entry: &Combination<'_>, combination: &Combination<'_>, all: bool) -> bool {
    entry.iter().all(|(key, value)| match combination.get(key) {
        Some(other) => is_same(value, other),
        None => !all,
    })
}

/// Whether two values are equal, wherever they are written.
fn is_same(one: &Node, other: &Node) -> bool {
    match (&one.kind, &other.kind) {
        (NodeKind::Scalar { text: one, .. }, NodeKind::Scalar { text: other, .. }) => one == other,
        (NodeKind::List(one), NodeKind::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (NodeKind::Map(entries), NodeKind::Map(others)) => {
            entries.len() == others.len()
                && entries.iter().all(|(key, value)| {
                    key.text().and_then(|key| other.get(key)).is_some_and(|found| is_same(value, found))
                })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::tree;

    fn brief(text: &str) -> Vec<String> {
        let matrix = tree::parse(text).unwrap();
        let found = combinations(matrix.as_ref());
        let one = |combination: &Combination<'_>| {
            let pairs =
                combination.iter().map(|(key, value)| format!("{key}={}", value.text().unwrap_or("?")));
            pairs.collect::<Vec<_>>().join(" ")
        };
        found.iter().map(one).collect()
    }

    #[test]
    fn matrices_are_expanded_as_github_does() {
        assert_eq!(brief("{a: [1, 2], b: [x, y]}"), ["a=1 b=x", "a=1 b=y", "a=2 b=x", "a=2 b=y"]);
        assert_eq!(brief("{a: [1, 2], b: [x, y], exclude: [{a: 1, b: y}, {a: 2}]}"), ["a=1 b=x"]);
        assert_eq!(brief("include: [{a: 1}, {a: 2, b: x}]"), ["a=1", "a=2 b=x"]);
        assert_eq!(
            brief("{a: [1, 2], include: [{a: 1, c: z}, {c: w}, {a: 3}]}"),
            ["a=1 c=w", "a=2 c=w", "a=3"],
            "a later entry may replace what an earlier one added"
        );
        assert_eq!(brief("{a: '${{ fromJSON(x) }}'}"), [""]);
        assert_eq!(brief("'${{ fromJSON(x) }}'"), [""]);
        assert_eq!(brief("{}"), [""]);
    }
}
