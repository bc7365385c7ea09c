//! Releases that are lower than an earlier one.
//!
//! One pass over the history of some commits, parents before children, for all services at once. A commit inherits a list
//! with the highest release of each service. Where it adds none it shares its parent's list, so there are about as many lists
//! as release commits and merges.
#![expect(clippy::indexing_slicing, reason = "nodes, releases and services are numbered densely from zero")]

use std::rc::Rc;

use super::graph::{CommitSource, Node, Release};

/// How releases follow one another.
#[derive(Debug, Default)]
pub struct Precedence<'t> {
    /// Releases lower than a release of the same service at an ancestor, each with the highest of these.
    pub inversions: Vec<(Release<'t>, Release<'t>)>,
    /// Where a commit has several releases of one service, these, highest first.
    pub together: Vec<Vec<Release<'t>>>,
}

/// No release.
const NONE: u32 = 0;

/// By service, the position of its highest release among all, plus one; [`NONE`] where it has none.
type Heights = Rc<[u32]>;

/// How the releases at `tips` and their ancestors follow one another.
///
/// Releases that a shallow clone lacks are not considered, and may be higher.
///
/// # Errors
/// A commit that cannot be read.
pub fn precedence<'t, S: CommitSource<'t>>(
    source: &mut S,
    tips: &[Node],
    services: usize,
) -> Result<Precedence<'t>, S::Error> {
    let ancestry = Ancestry::read(source, tips)?;
    let mut releases: Vec<(Release<'t>, Node)> = Vec::new();
    for &node in &ancestry.order {
        releases
            .extend(source.releases(node).filter(|release| release.service < services).map(|it| (it, node)));
    }
    // From here on, the position of a release is its rank among those of its service.
    releases.sort_by(|(a, _), (b, _)| {
        a.service.cmp(&b.service).then_with(|| a.version.cmp(&b.version)).then_with(|| a.tag.cmp(b.tag))
    });
    let mut of_node: Vec<Vec<usize>> = vec![Vec::new(); ancestry.parents.len()];
    for (position, (_, node)) in releases.iter().enumerate() {
        of_node[*node as usize].push(position);
    }
    let mut found = Precedence::default();
    let none: Heights = vec![NONE; services].into();
    let mut heights: Vec<Heights> = vec![Rc::clone(&none); ancestry.parents.len()];
    for &node in &ancestry.order {
        let parents = &ancestry.parents[node as usize];
        let inherited = parents.iter().map(|parent| &heights[*parent as usize]).fold(None, higher);
        let inherited = inherited.unwrap_or_else(|| Rc::clone(&none));
        let own = &of_node[node as usize];
        let before = |service: usize| Some(releases[inherited[service].checked_sub(1)? as usize].0);
        for release in own.iter().map(|at| releases[*at].0) {
            let above = before(release.service).filter(|above| above.version > release.version);
            found.inversions.extend(above.map(|above| (release, above)));
        }
        for several in own.chunk_by(|a, b| releases[*a].0.service == releases[*b].0.service) {
            if several.len() > 1 {
                found.together.push(several.iter().rev().map(|at| releases[*at].0).collect());
            }
        }
        heights[node as usize] = if own.is_empty() { inherited } else { raised(&inherited, own, &releases) };
    }
    found.inversions.sort_by_key(|(release, _)| release.tag);
    found.together.sort_by_key(|releases| releases.first().map(|release| release.tag));
    Ok(found)
}

/// `heights`, raised by the releases at the positions `own`.
fn raised(heights: &Heights, own: &[usize], releases: &[(Release<'_>, Node)]) -> Heights {
    let mut raised = heights.to_vec();
    for at in own {
        let height = &mut raised[releases[*at].0.service];
        *height = (*height).max(*at as u32 + 1);
    }
    raised.into()
}

/// The higher of two heights for each service. Shares a list where one is the higher throughout.
fn higher(one: Option<Heights>, other: &Heights) -> Option<Heights> {
    let Some(one) = one else { return Some(Rc::clone(other)) };
    let exceeds = |a: &Heights, b: &Heights| a.iter().zip(&**b).any(|(a, b)| a > b);
    Some(match (exceeds(&one, other), exceeds(other, &one)) {
        (_, false) => one,
        (false, true) => Rc::clone(other),
        (true, true) => one.iter().zip(&**other).map(|(a, b)| *a.max(b)).collect(),
    })
}

/// Some commits and all their ancestors.
struct Ancestry {
    /// Ancestors before their descendants.
    order: Vec<Node>,
    /// By node.
    parents: Vec<Vec<Node>>,
}

impl Ancestry {
    fn read<'t, S: CommitSource<'t>>(source: &mut S, tips: &[Node]) -> Result<Self, S::Error> {
        let mut ancestry = Ancestry { order: Vec::new(), parents: Vec::new() };
        let mut is_known: Vec<bool> = Vec::new();
        // Each commit is queued twice: to read its parents, and to be listed after them.
        let mut waiting: Vec<(Node, bool)> = tips.iter().map(|tip| (*tip, false)).collect();
        let mut parents = Vec::new();
        while let Some((node, is_done)) = waiting.pop() {
            if is_done {
                ancestry.order.push(node);
                continue;
            }
            let at = node as usize;
            if at >= is_known.len() {
                is_known.resize(at + 1, false);
                ancestry.parents.resize(at + 1, Vec::new());
            }
            if std::mem::replace(&mut is_known[at], true) {
                continue;
            }
            parents.clear();
            source.expand(node, &mut parents)?;
            waiting.push((node, true));
            waiting.extend(parents.iter().map(|parent| (*parent, false)));
            ancestry.parents[at].clone_from(&parents);
        }
        Ok(ancestry)
    }
}
