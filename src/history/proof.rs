//! What a walk that has not seen all of history may say all the same.
//!
//! Unread history lies below the *frontier*: commits that still wait to be visited, and commits whose parents
//! a shallow clone cut off. A visited commit X that lacks a label may gain it only by a path from the
//! labelled release R down through the frontier and back up to X. History has no cycles, so that path does
//! not exist
//!
//! - where X reaches R, or
//! - where X reaches every frontier commit that carries the label.
//!
//! A distance all of whose counted commits are safe in this way, while the whole frontier carries the label,
//! is exact, whatever the unread commits are and whatever their dates say.
#![expect(clippy::indexing_slicing, reason = "nodes and members are numbered densely from zero")]

use std::collections::HashMap;

use super::labels::{Label, Labels};
use super::walk::{Node, Visited};

/// What is known of the distance of one labelled commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound {
    /// The visited commits that lack the label.
    pub(super) distance: u64,
    /// Those of them that can never gain it: the true distance is at least this.
    pub(super) lower: u64,
    /// Whether `distance` is the true distance.
    pub(super) exact: bool,
}

/// The bounds of all `labelled` commits, where member `i` of a label stands for `labelled[i]` and `counted`
/// is the number of visited commits by label.
pub(super) fn bounds(
    graph: &Visited<'_>,
    counted: &[u64],
    labels: &mut Labels,
    labelled: &[Node],
    frontier: &[Node],
) -> Vec<Bound> {
    if frontier.is_empty() {
        let distances = unreached(labels, labelled.len(), counted);
        return distances
            .into_iter()
            .map(|distance| Bound { distance, lower: distance, exact: true })
            .collect();
    }
    let order = children_first(graph);
    let below = reached(graph, &order, labels, labelled);
    let mut ends = Labels::new();
    let ends_below = reached(graph, &order, &mut ends, frontier);

    let mut classes: HashMap<(Label, Label, Label), u64> = HashMap::new();
    for &node in graph.nodes() {
        let at = node as usize;
        *classes.entry((graph.label(node), below[at], ends_below[at])).or_default() += 1;
    }
    let mut bounds = Vec::with_capacity(labelled.len());
    let (mut carrying, mut must_reach) = (Vec::new(), Label::EMPTY);
    for member in 0..labelled.len() {
        let carries = |&end: &usize| labels.contains(graph.label(frontier[end]), member);
        let now_carrying: Vec<usize> = (0..frontier.len()).filter(carries).collect();
        // The same ends carry most members.
        if now_carrying != carrying {
            must_reach = ends.set(&now_carrying);
            carrying = now_carrying;
        }
        let (mut distance, mut lower) = (0, 0);
        for (&(label, below, ends_below), count) in &classes {
            if !labels.contains(label, member) {
                distance += count;
                if labels.contains(below, member) || ends.is_subset(must_reach, ends_below) {
                    lower += count;
                }
            }
        }
        let exact = carrying.len() == frontier.len() && lower == distance;
        bounds.push(Bound { distance, lower, exact });
    }
    bounds
}

/// By member, how many commits have a label without it.
fn unreached(labels: &Labels, members: usize, counted: &[u64]) -> Vec<u64> {
    let mut distances = vec![0; members];
    for (label, count) in labels.iter().zip(counted).filter(|(_, count)| **count > 0) {
        for (member, distance) in distances.iter_mut().enumerate() {
            if !labels.contains(label, member) {
                *distance += count;
            }
        }
    }
    distances
}

/// The visited commits, every child before its parents.
fn children_first(graph: &Visited<'_>) -> Vec<Node> {
    let mut children = vec![0_u32; graph.numbered()];
    for parent in graph.nodes().iter().flat_map(|&node| graph.parents(node)) {
        children[*parent as usize] += 1;
    }
    let mut ready: Vec<Node> =
        graph.nodes().iter().copied().filter(|&node| children[node as usize] == 0).collect();
    let mut order = Vec::with_capacity(graph.nodes().len());
    while let Some(node) = ready.pop() {
        order.push(node);
        for &parent in graph.parents(node) {
            children[parent as usize] -= 1;
            if children[parent as usize] == 0 {
                ready.push(parent);
            }
        }
    }
    order
}

/// By node, which of `marks` it reaches, itself included, as far as has been visited.
fn reached(graph: &Visited<'_>, children_first: &[Node], labels: &mut Labels, marks: &[Node]) -> Vec<Label> {
    let mut reached = vec![Label::EMPTY; graph.numbered()];
    for (member, &mark) in marks.iter().enumerate() {
        let own = labels.set(&[member]);
        reached[mark as usize] = labels.union(reached[mark as usize], own);
    }
    for &node in children_first.iter().rev() {
        for &parent in graph.parents(node) {
            reached[node as usize] = labels.union(reached[node as usize], reached[parent as usize]);
        }
    }
    reached
}
