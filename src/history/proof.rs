//! What a walk can be certain of before it has seen all of history.
//!
//! Unread history lies below the *frontier*: commits that are still queued, and commits whose parents a shallow clone lacks.
//! A visited commit X without a label can only gain it by a path from the labelled release R down through the frontier and
//! back up to X. History has no cycles, so there is no such path
//!
//! - where X reaches R, or
//! - where X reaches every frontier commit that carries the label.
//!
//! If this holds for every commit that a distance counts, and the whole frontier carries the label, the distance is exact,
//! whatever the unread commits and their dates are.
#![expect(clippy::indexing_slicing, reason = "nodes and members are numbered densely from zero")]

use std::collections::HashMap;

use super::graph::{Node, Visited};
use super::labels::{Label, Labels};

/// The bounds of the distance of one labelled commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound {
    /// Number of visited commits without the label.
    pub(super) distance: u64,
    /// Number of those that can never gain it: the true distance is at least this.
    pub(super) lower: u64,
    /// Whether `distance` is the true distance.
    pub(super) exact: bool,
}

impl Bound {
    pub(super) fn exact(distance: u64) -> Self {
        Bound { distance, lower: distance, exact: true }
    }
}

/// The bounds of all `labelled` commits, where member `i` of a label is `labelled[i]` and `counted` is the number of visited
/// commits by label.
pub(super) fn bounds(
    graph: &Visited,
    counted: &[u64],
    labels: &mut Labels,
    labelled: &[Node],
    frontier: &[Node],
) -> Vec<Bound> {
    if frontier.is_empty() {
        return unreached(labels, labelled.len(), counted).into_iter().map(Bound::exact).collect();
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
        // Most members are carried by the same ends.
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

/// The distances of all `labelled` commits, if they are exact. Every commit of `frontier` carries all labels, `full`.
///
/// Then all members have the same ends to reach, and there is no need to look at each of them for each commit: with
/// thousands of releases on branches of their own that would be most of the work.
pub(super) fn exact_distances(
    graph: &Visited,
    counted: &[u64],
    labels: &mut Labels,
    labelled: &[Node],
    frontier: &[Node],
    full: Label,
) -> Option<Vec<u64>> {
    if !frontier.is_empty() {
        let order = children_first(graph);
        let mut ends = Labels::new();
        let ends_below = reached(graph, &order, &mut ends, frontier);
        let all_ends = ends.set(&(0..frontier.len()).collect::<Vec<_>>());
        let is_settled = |node: Node| graph.label(node) == full || ends_below[node as usize] == all_ends;
        let doubtful: Vec<Node> = graph.nodes().iter().copied().filter(|&node| !is_settled(node)).collect();
        if !doubtful.is_empty() {
            let below = reached(graph, &order, labels, labelled);
            let settles = |&node: &Node| labels.union(graph.label(node), below[node as usize]) == full;
            if !doubtful.iter().all(settles) {
                return None;
            }
        }
    }
    Some(unreached(labels, labelled.len(), counted))
}

/// By member, the number of commits whose label lacks it.
fn unreached(labels: &Labels, members: usize, counted: &[u64]) -> Vec<u64> {
    let mut distances = vec![counted.iter().sum(); members];
    for (label, count) in labels.iter().zip(counted).filter(|(_, count)| **count > 0) {
        labels.members(label).for_each(|member| distances[member] -= count);
    }
    distances
}

/// The visited commits, children before their parents.
pub(super) fn children_first(graph: &Visited) -> Vec<Node> {
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

/// By node, which of `marks` it is or reaches within the visited commits.
pub(super) fn reached(
    graph: &Visited,
    children_first: &[Node],
    labels: &mut Labels,
    marks: &[Node],
) -> Vec<Label> {
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
