//! Which release is the highest at a commit, and which releases lie below one that came before them.
//!
//! One pass over the history below some commits, parents before children, for all services at once. What a commit
//! inherits is a list with the highest release of each service; a commit that changes nothing shares the list of its
//! parent, so there are about as many lists as release commits and merges.
#![expect(clippy::indexing_slicing, reason = "nodes, releases and services are numbered densely from zero")]

use std::rc::Rc;

use super::walk::{CommitSource, Node, Release};

/// What the pass found out.
#[derive(Debug, Default)]
pub struct Precedence<'t> {
    /// By service, the highest release among all commits of the pass.
    pub highest: Vec<Option<Release<'t>>>,
    /// Releases whose version is below that of a release of the same service at an ancestor, with the highest such.
    pub inversions: Vec<(Release<'t>, Release<'t>)>,
    /// Releases of one service at one commit, where there are several, the highest first.
    pub together: Vec<Vec<Release<'t>>>,
}

/// No release.
const NONE: u32 = 0;

/// By service, the position of its highest release among all, plus one; [`NONE`] where it has none.
type Heights = Rc<[u32]>;

/// Looks at the history below `tips`, themselves included.
///
/// What a shallow clone lacks has no say: a release there may be higher.
///
/// # Errors
/// A commit that cannot be read.
pub fn precedence<'t, S: CommitSource<'t>>(
    source: &mut S,
    tips: &[Node],
    services: usize,
) -> Result<Precedence<'t>, S::Error> {
    let history = History::read(source, tips)?;
    let mut releases: Vec<(Release<'t>, Node)> = Vec::new();
    for &node in &history.order {
        releases
            .extend(source.releases(node).filter(|release| release.service < services).map(|it| (it, node)));
    }
    // From here on, the position of a release is its rank among those of its service.
    releases.sort_by(|(a, _), (b, _)| {
        a.service.cmp(&b.service).then_with(|| a.version.cmp(&b.version)).then_with(|| a.tag.cmp(b.tag))
    });
    let mut of_node: Vec<Vec<usize>> = vec![Vec::new(); history.parents.len()];
    for (position, (_, node)) in releases.iter().enumerate() {
        of_node[*node as usize].push(position);
    }
    let mut found = Precedence { highest: vec![None; services], ..Precedence::default() };
    for (release, _) in &releases {
        found.highest[release.service] = Some(*release);
    }
    let none: Heights = vec![NONE; services].into();
    let mut heights: Vec<Heights> = vec![Rc::clone(&none); history.parents.len()];
    for &node in &history.order {
        let parents = &history.parents[node as usize];
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

/// `heights` with the releases at the positions `own` besides.
fn raised(heights: &Heights, own: &[usize], releases: &[(Release<'_>, Node)]) -> Heights {
    let mut raised = heights.to_vec();
    for at in own {
        let height = &mut raised[releases[*at].0.service];
        *height = (*height).max(*at as u32 + 1);
    }
    raised.into()
}

/// For each service the higher of two heights, without a new list where one of them says it all.
fn higher(one: Option<Heights>, other: &Heights) -> Option<Heights> {
    let Some(one) = one else { return Some(Rc::clone(other)) };
    let exceeds = |a: &Heights, b: &Heights| a.iter().zip(&**b).any(|(a, b)| a > b);
    Some(match (exceeds(&one, other), exceeds(other, &one)) {
        (_, false) => one,
        (false, true) => Rc::clone(other),
        (true, true) => one.iter().zip(&**other).map(|(a, b)| *a.max(b)).collect(),
    })
}

/// A whole history in memory.
struct History {
    /// Every commit, behind all its ancestors.
    order: Vec<Node>,
    /// By node.
    parents: Vec<Vec<Node>>,
}

impl History {
    fn read<'t, S: CommitSource<'t>>(source: &mut S, tips: &[Node]) -> Result<Self, S::Error> {
        let mut history = History { order: Vec::new(), parents: Vec::new() };
        let mut is_known: Vec<bool> = Vec::new();
        // Each commit twice: to read its parents, and once these are done.
        let mut waiting: Vec<(Node, bool)> = tips.iter().map(|tip| (*tip, false)).collect();
        let mut parents = Vec::new();
        while let Some((node, is_done)) = waiting.pop() {
            if is_done {
                history.order.push(node);
                continue;
            }
            let at = node as usize;
            if at >= is_known.len() {
                is_known.resize(at + 1, false);
                history.parents.resize(at + 1, Vec::new());
            }
            if std::mem::replace(&mut is_known[at], true) {
                continue;
            }
            parents.clear();
            source.expand(node, &mut parents)?;
            waiting.push((node, true));
            waiting.extend(parents.iter().map(|parent| (*parent, false)));
            history.parents[at].clone_from(&parents);
        }
        Ok(history)
    }
}
