//! The walk against brute force, on random graphs without any git.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use proptest::prelude::*;

use super::ranges;
use super::{
    Behind, CommitSource, Expansion, Highest, LineSource, Missing, Node, Placing, Rank, Release, Standing,
    Wanted, merge_bases, places, precedence, standings,
};
use crate::domain::Version;

const SERVICES: usize = 3;

/// A whole history. Parents of a commit have greater numbers than the commit; 0 is the tip.
#[derive(Debug, Clone)]
struct History {
    parents: Vec<Vec<usize>>,
    times: Vec<i64>,
    /// Commits that a clone lacks.
    absent: BTreeSet<usize>,
    /// Commits from this number on have generation numbers.
    ranked_from: usize,
    /// (commit, service, minor version)
    tags: Vec<(usize, usize, u8)>,
}

impl History {
    fn reach(&self, from: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut waiting = vec![from];
        while let Some(commit) = waiting.pop() {
            if reached.insert(commit) {
                waiting.extend(&self.parents[commit]);
            }
        }
        reached
    }

    fn generation(&self, commit: usize) -> u32 {
        self.parents[commit].iter().map(|&parent| self.generation(parent)).max().unwrap_or(0) + 1
    }

    /// Distance and version of the base release, from the definition.
    fn base(&self, service: usize) -> Option<(usize, u8)> {
        let all = self.reach(0);
        let mut nearest = None;
        for &(commit, of, minor) in &self.tags {
            if of == service && all.contains(&commit) {
                let key = (all.difference(&self.reach(commit)).count(), Reverse(minor));
                nearest = Some(nearest.map_or(key, |other: (usize, Reverse<u8>)| other.min(key)));
            }
        }
        nearest.map(|(distance, Reverse(minor))| (distance, minor))
    }

    /// The common ancestors of two commits that no other one reaches, from the definition.
    fn merge_bases(&self, one: usize, other: usize) -> BTreeSet<usize> {
        let common: BTreeSet<usize> = &self.reach(one) & &self.reach(other);
        let below =
            |commit: &usize| self.reach(*commit).into_iter().filter(|inner| inner != commit).collect();
        let below: Vec<BTreeSet<usize>> = common.iter().map(below).collect();
        common.into_iter().filter(|commit| !below.iter().any(|below| below.contains(commit))).collect()
    }

    /// The release tags that the clone has, by commit.
    fn releases(&self) -> BTreeMap<usize, Vec<Release<'static>>> {
        const VERSIONS: [&str; 9] =
            ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0", "1.6.0", "1.7.0", "1.8.0"];
        let mut releases: BTreeMap<usize, Vec<Release<'static>>> = BTreeMap::new();
        for &(commit, service, minor) in self.tags.iter().filter(|tag| !self.absent.contains(&tag.0)) {
            let tag = VERSIONS[usize::from(minor)];
            let release = Release { service, tag, version: Version::parse(tag).unwrap() };
            releases.entry(commit).or_default().push(release);
        }
        releases
    }
}

/// What a clone of the history answers, numbering commits as they are met.
struct Clone<'a> {
    history: &'a History,
    releases: BTreeMap<usize, Vec<Release<'static>>>,
    numbers: BTreeMap<usize, Node>,
    commits: Vec<usize>,
}

impl<'a> Clone<'a> {
    fn of(history: &'a History) -> Self {
        let releases = history.releases();
        let mut clone = Clone { history, releases, numbers: BTreeMap::new(), commits: Vec::new() };
        clone.number(0);
        clone
    }

    fn number(&mut self, commit: usize) -> Node {
        let Clone { numbers, commits, .. } = self;
        *numbers.entry(commit).or_insert_with(|| {
            commits.push(commit);
            commits.len() as Node - 1
        })
    }
}

impl CommitSource<'static> for Clone<'_> {
    type Error = Infallible;

    fn expand(&mut self, node: Node, parents: &mut Vec<Node>) -> Result<Expansion, Infallible> {
        let mut expansion = Expansion::Whole;
        for &parent in &self.history.parents[self.commits[node as usize]] {
            if self.history.absent.contains(&parent) {
                expansion = Expansion::Cut;
            } else {
                parents.push(self.number(parent));
            }
        }
        Ok(expansion)
    }

    fn rank(&self, node: Node) -> Rank {
        let commit = self.commits[node as usize];
        let ranked = commit >= self.history.ranked_from;
        let generation = if ranked { self.history.generation(commit) } else { Rank::UNKNOWN };
        Rank { generation, time: self.history.times[commit] }
    }

    fn releases(&self, node: Node) -> impl Iterator<Item = Release<'static>> {
        self.releases.get(&self.commits[node as usize]).into_iter().flatten().copied()
    }
}

impl LineSource<'static> for Clone<'_> {
    fn missing(&mut self, node: Node) -> Result<Missing, Infallible> {
        let parents = &self.history.parents[self.commits[node as usize]];
        let (first, others) = parents.split_first().unwrap();
        let is_absent = |parent: &usize| self.history.absent.contains(parent);
        Ok(Missing { first: is_absent(first), others: others.iter().any(is_absent) })
    }
}

/// The commit of the line that carries or brings the release that is wanted, whether it brings it, and its minor version: from the
/// definition.
fn place_by_definition(history: &History, service: usize, wanted: Wanted) -> Option<(usize, bool, u8)> {
    let line: Vec<usize> =
        std::iter::successors(Some(0), |at| history.parents[*at].first().copied()).collect();
    let place = |commit: usize| match line.iter().position(|of_line| *of_line == commit) {
        Some(at) => Some((at, false)),
        None => line.iter().rposition(|at| history.reach(*at).contains(&commit)).map(|at| (at, true)),
    };
    let of_service = history.tags.iter().filter(|(_, of, _)| *of == service);
    let placed = of_service
        .filter_map(|(commit, _, minor)| place(*commit).map(|(at, brought)| (at, brought, Reverse(*minor))));
    let is_wanted = |(at, brought, _): &(usize, bool, Reverse<u8>)| match wanted {
        Wanted::Nothing => false,
        Wanted::Nearest => true,
        Wanted::BroughtBefore(end) => *brought && *at < end,
    };
    placed.filter(is_wanted).min().map(|(at, brought, Reverse(minor))| (at, brought, minor))
}

/// Where a release is on a line, whether a merge brings it, and its minor version.
type Placed = (usize, bool, u8);

/// What a clone says of it, for each service; an error if it is too shallow.
fn ask_places(history: &History, wanted: &[Wanted]) -> Vec<Result<Option<Placed>, ()>> {
    let Ok(placings) = places(&mut Clone::of(history), wanted);
    let answer = |placing| match placing {
        Placing::At(place) => Ok(Some((place.at, place.is_brought, place.release.version.minor as u8))),
        Placing::Nowhere => Ok(None),
        Placing::Unknown => Err(()),
    };
    placings.into_iter().map(answer).collect()
}

fn ask(history: &History) -> Vec<Result<Option<(usize, u8)>, ()>> {
    let mut clone = Clone::of(history);
    let Ok(standings) = standings(&mut clone, SERVICES);
    let answer = |standing| match standing {
        Standing::Shallow => Err(()),
        Standing::Unreleased { commits } => {
            assert_eq!(commits, history.reach(0).len() as u64);
            Ok(None)
        }
        Standing::On { release, distance } => Ok(Some((distance as usize, release.version.minor as u8))),
    };
    standings.into_iter().map(answer).collect()
}

/// What a clone says of the best common ancestors of two commits that it has.
fn ask_merge_bases(history: &History, one: usize, other: usize) -> Option<BTreeSet<usize>> {
    let mut clone = Clone::of(history);
    let (one, other) = (clone.number(one), clone.number(other));
    let Ok(bases) = merge_bases(&mut clone, one, other);
    bases.map(|bases| bases.into_iter().map(|base| clone.commits[base as usize]).collect())
}

/// The releases in order, as the definition has it: releases below one of an ancestor, and how many of one service are at
/// one commit.
type Order = (BTreeSet<(&'static str, &'static str)>, BTreeSet<Vec<&'static str>>);

fn order_by_definition(history: &History, tips: &[usize]) -> Order {
    let all: BTreeSet<usize> = tips.iter().flat_map(|tip| history.reach(*tip)).collect();
    let releases = history.releases();
    let mut of_service: Vec<BTreeMap<usize, BTreeSet<&str>>> = vec![BTreeMap::new(); SERVICES];
    for (commit, releases) in releases.iter().filter(|(commit, _)| all.contains(commit)) {
        for release in releases {
            of_service[release.service].entry(*commit).or_default().insert(release.tag);
        }
    }
    let (mut inversions, mut together) = (BTreeSet::new(), BTreeSet::new());
    for commits in &of_service {
        for (commit, tags) in commits {
            let mut ancestors = history.reach(*commit);
            ancestors.remove(commit);
            let above = ancestors.iter().filter_map(|ancestor| commits.get(ancestor)).flatten().max();
            inversions.extend(
                tags.iter().filter_map(|tag| above.filter(|above| *above > tag).map(|above| (*tag, *above))),
            );
            if tags.len() > 1 {
                together.insert(tags.iter().rev().copied().collect());
            }
        }
    }
    (inversions, together)
}

fn order(history: &History, tips: &[usize]) -> Order {
    let mut clone = Clone::of(history);
    let tips: Vec<Node> = tips.iter().map(|tip| clone.number(*tip)).collect();
    let Ok(found) = precedence(&mut clone, &tips, SERVICES);
    let inversions = found.inversions.iter().map(|(release, above)| (release.tag, above.tag));
    let tags = |releases: &Vec<Release<'static>>| releases.iter().map(|release| release.tag).collect();
    (inversions.collect(), found.together.iter().map(tags).collect())
}

/// The highest release of service 0 behind the tip, from the definition.
fn highest_by_definition(history: &History) -> Option<u8> {
    let all = history.reach(0);
    let here = history.tags.iter().filter(|(commit, service, _)| *service == 0 && all.contains(commit));
    here.map(|(.., minor)| *minor).max()
}

/// What a clone says of it. It has the tags of all commits that it has.
fn ask_highest(history: &History) -> Highest<'static> {
    let mut clone = Clone::of(history);
    for releases in clone.releases.values_mut() {
        releases.retain(|release| release.service == 0);
    }
    let Ok(behind) = Behind::read(&mut clone, 0);
    if behind.is_whole() {
        return behind.seen();
    }
    let released: Vec<usize> = clone.releases.keys().copied().collect();
    let released: Vec<Node> = released.into_iter().map(|commit| clone.number(commit)).collect();
    let Ok(highest) = behind.with_hidden(&mut clone, &released, None);
    highest
}

/// `absent_in`: of how many commits one is absent; 0 for none.
fn history(absent_in: u32) -> impl Strategy<Value = History> {
    (2usize..40).prop_flat_map(move |commits| {
        // Mostly the next commit or one near it, as in real histories, and now and then any other.
        let parent = prop_oneof![8 => 1usize..3, 3 => 1usize..8, 1 => 1usize..40];
        let parents = prop::collection::vec(prop::collection::vec(parent, 0..4), commits);
        let time = prop_oneof![6 => Just(0i64), 1 => -50i64..50];
        (
            parents,
            prop::collection::vec(time, commits),
            prop::collection::vec(0..absent_in.max(1), commits),
            0..commits + 1,
            prop::collection::vec((0..commits, 0..SERVICES, 0u8..9), 0..8),
        )
            .prop_map(move |(offsets, skews, absences, ranked_from, tags)| {
                let follow = |(commit, offsets): (usize, Vec<usize>)| {
                    let mut parents: Vec<_> = offsets.iter().map(|offset| commit + offset).collect();
                    parents.retain(|&parent| parent < commits);
                    // Without this, most histories would be a commit or two.
                    if parents.is_empty() && commit + 1 < commits && commit % 13 != 12 {
                        parents.push(commit + 1);
                    }
                    parents.dedup();
                    parents
                };
                let parents: Vec<Vec<usize>> = offsets.into_iter().enumerate().map(follow).collect();
                let times =
                    skews.iter().enumerate().map(|(commit, skew)| 100 - commit as i64 + skew).collect();
                let gone = |(commit, absence): (usize, u32)| {
                    (absent_in > 0 && commit > 0 && absence == 0).then_some(commit)
                };
                let absent: BTreeSet<usize> = absences.into_iter().enumerate().filter_map(gone).collect();
                let ranked_from = if absent.is_empty() { ranked_from } else { commits };
                History { parents, times, absent, ranked_from, tags }
            })
    })
}

/// For each of `bases`, the commits that `tip` reaches and that one does not, as they are listed.
fn ask_ranges(history: &History, tip: usize, bases: &[Option<usize>]) -> Vec<Vec<usize>> {
    let mut clone = Clone::of(history);
    let bases: Vec<_> = bases.iter().map(|base| base.map(|base| clone.number(base))).collect();
    let tip = clone.number(tip);
    let listed = ranges(&mut clone, tip, &bases).unwrap();
    let commits = |nodes: Vec<_>| nodes.into_iter().map(|node| clone.commits[node as usize]).collect();
    listed.into_iter().map(commits).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_walk_agrees_with_the_definition(history in history(0)) {
        for (service, answer) in ask(&history).into_iter().enumerate() {
            prop_assert_eq!(answer, Ok(history.base(service)), "service {}", service);
        }
    }

    #[test]
    fn places_agree_with_the_definition(history in history(0), end in 0usize..12) {
        let mixed = [Wanted::Nearest, Wanted::Nothing, Wanted::BroughtBefore(end)];
        for wanted in [[Wanted::Nearest; SERVICES], [Wanted::BroughtBefore(end); SERVICES], mixed] {
            for (service, answer) in ask_places(&history, &wanted).into_iter().enumerate() {
                prop_assert_eq!(answer, Ok(place_by_definition(&history, service, wanted[service])));
            }
        }
    }

    #[test]
    fn places_in_a_shallow_clone_are_right_or_unknown(history in history(9), end in 0usize..12) {
        for wanted in [Wanted::Nearest, Wanted::BroughtBefore(end)] {
            for (service, answer) in ask_places(&history, &[wanted; SERVICES]).into_iter().enumerate() {
                let expected = Ok(place_by_definition(&history, service, wanted));
                prop_assert!(answer == expected || answer == Err(()), "{:?} is not {:?}", answer, expected);
            }
        }
    }

    #[test]
    fn merge_bases_agree_with_the_definition(history in history(0), picks: [usize; 2]) {
        let [one, other] = picks.map(|pick| pick % history.parents.len());
        prop_assert_eq!(ask_merge_bases(&history, one, other), Some(history.merge_bases(one, other)));
    }

    #[test]
    fn a_range_is_what_the_definition_says(history in history(0), picks: [usize; 3]) {
        let [tip, base, other] = picks.map(|pick| pick % history.parents.len());
        let bases = [Some(base), None, Some(other)];
        for (base, listed) in bases.into_iter().zip(ask_ranges(&history, tip, &bases)) {
            let known = base.map_or_else(BTreeSet::new, |base| history.reach(base));
            let set: BTreeSet<usize> = listed.iter().copied().collect();
            prop_assert_eq!(set.len(), listed.len());
            prop_assert_eq!(&set, &(&history.reach(tip) - &known));
            // Parents have greater numbers than their children, and come after them.
            let place = |commit: usize| listed.iter().position(|listed| *listed == commit);
            for commit in &listed {
                let parents = history.parents[*commit].iter().filter_map(|parent| place(*parent));
                prop_assert!(parents.min().is_none_or(|first| Some(first) > place(*commit)));
            }
        }
    }

    #[test]
    fn precedence_agrees_with_the_definition(mut history in history(0), picks: [usize; 2]) {
        // The same tag twice at one commit is one tag.
        history.tags.sort_unstable();
        history.tags.dedup();
        let tips = picks.map(|pick| pick % history.parents.len());
        prop_assert_eq!(order(&history, &tips), order_by_definition(&history, &tips));
    }

    #[test]
    fn the_highest_release_agrees_with_the_definition(history in history(0)) {
        let Highest { seen, hidden } = ask_highest(&history);
        prop_assert_eq!(seen.map(|release| release.version.minor as u8), highest_by_definition(&history));
        prop_assert_eq!(hidden, None);
    }

    #[test]
    fn no_release_of_the_clone_is_behind_a_commit_unless_it_is_said(history in history(12)) {
        let Highest { seen, hidden } = ask_highest(&history);
        let minor = |release: Option<Release<'_>>| release.map(|release| release.version.minor as u8);
        // Tags of absent commits are beyond what can be known from the clone.
        let mut known = history.clone();
        known.tags.retain(|(commit, ..)| !history.absent.contains(commit));
        let truth = highest_by_definition(&known);
        prop_assert!(minor(seen) <= truth);
        match hidden {
            None => prop_assert_eq!(minor(seen), highest_by_definition(&history)),
            Some(hidden) => prop_assert!(minor(seen).max(minor(hidden.possible)) >= truth),
        }
    }

    #[test]
    fn what_is_absent_never_makes_a_wrong_merge_base(history in history(12), picks: [usize; 2]) {
        let [one, other] = picks.map(|pick| pick % history.parents.len());
        if !history.absent.contains(&one)
            && !history.absent.contains(&other)
            && let Some(bases) = ask_merge_bases(&history, one, other)
        {
            prop_assert_eq!(bases, history.merge_bases(one, other));
        }
    }

    #[test]
    fn what_is_absent_never_makes_a_wrong_number(history in history(12)) {
        for (service, answer) in ask(&history).into_iter().enumerate() {
            if let Ok(answer) = answer {
                prop_assert_eq!(answer, history.base(service), "service {}", service);
            }
        }
    }
}

/// A chain of `commits`, the tip first, released at `released`.
fn chain(commits: usize, released: usize) -> History {
    History {
        parents: (0..commits)
            .map(|commit| if commit + 1 < commits { vec![commit + 1] } else { vec![] })
            .collect(),
        times: (0..commits).map(|commit| -(commit as i64)).collect(),
        absent: BTreeSet::new(),
        ranked_from: commits,
        tags: (0..SERVICES).map(|service| (released, service, 1)).collect(),
    }
}

#[test]
fn a_chain_is_answered_without_what_lies_below_the_release() {
    let mut history = chain(1000, 5);
    // Whatever the dates say: these claim that the commits below are newer than those above.
    history.times.reverse();
    history.absent = (6..1000).collect();
    assert_eq!(ask(&history), vec![Ok(Some((5, 1))); SERVICES]);
    history.absent.insert(5);
    assert_eq!(ask(&history), vec![Err(()); SERVICES]);
}

#[test]
fn the_walk_stops_when_the_answer_is_certain() {
    let history = chain(1000, 5);
    let mut clone = Clone::of(&history);
    standings(&mut clone, SERVICES).unwrap();
    assert_eq!(
        clone.commits.len(),
        7,
        "the release, the commits above it and one below are all that is needed"
    );
}

#[test]
fn a_branch_off_below_the_release_is_walked_to_its_fork_and_no_further() {
    // 0 merges 1 (the release's line) and 2 (a branch from commit 10).
    let mut history = chain(1000, 3);
    history.parents[0] = vec![1, 2];
    history.parents[1] = vec![3];
    history.parents[2] = vec![10];
    let mut clone = Clone::of(&history);
    let standings = standings(&mut clone, SERVICES).unwrap();
    assert!(
        standings.iter().all(|standing| matches!(standing, Standing::On { distance: 3, .. })),
        "{standings:?}"
    );
    assert!(clone.commits.len() < 40, "{} commits read", clone.commits.len());
}

#[test]
fn shared_history_hidden_by_a_cut_is_not_miscounted() {
    // The release 2 reaches 3, an ancestor of which is absent and leads back to 4; 4 is visible from the tip as well,
    // and the release reaches 5, which is below 4. Counting 4 as unreleased would be wrong by one.
    let history = History {
        parents: vec![vec![1, 4], vec![2], vec![3, 6], vec![5], vec![6], vec![4], vec![]],
        times: vec![0; 7],
        absent: BTreeSet::from([5]),
        ranked_from: 7,
        tags: vec![(2, 0, 1)],
    };
    assert_eq!(history.base(0), Some((2, 1)));
    assert_eq!(ask(&history)[0], Err(()));
}

#[test]
fn precedence_is_told_of_deep_histories() {
    let mut history = chain(5_000, 4_000);
    history.tags = vec![(4_000, 0, 5), (10, 0, 3), (10, 0, 4), (5, 0, 6), (5, 1, 1)];
    let expected =
        (BTreeSet::from([("1.3.0", "1.5.0"), ("1.4.0", "1.5.0")]), BTreeSet::from([vec!["1.4.0", "1.3.0"]]));
    assert_eq!(order(&history, &[0]), expected);
}

#[test]
fn merge_bases_are_found_without_what_lies_below_them() {
    // Two branches of one commit each from commit 10 of a chain.
    let mut history = chain(1000, 5);
    history.parents[0] = vec![10];
    history.parents[1] = vec![10];
    let mut clone = Clone::of(&history);
    let (one, other) = (clone.number(0), clone.number(1));
    assert_eq!(merge_bases(&mut clone, one, other).unwrap().map(|bases| bases.len()), Some(1));
    assert!(clone.commits.len() < 10, "{} commits read", clone.commits.len());
    history.absent = (11..1000).collect();
    assert_eq!(ask_merge_bases(&history, 0, 1), Some(BTreeSet::from([10])));
    history.absent.insert(10);
    assert_eq!(ask_merge_bases(&history, 0, 1), None);
}

#[test]
fn a_release_above_every_cut_is_not_behind() {
    // 1 is a maintenance line, 2 the main one with a higher release; both come from 3, whose parent 4 is absent.
    let mut history = chain(6, 3);
    history.parents[0] = vec![1];
    history.parents[1] = vec![3];
    history.parents[2] = vec![3];
    history.absent = BTreeSet::from([4, 5]);
    history.tags = vec![(2, 0, 5), (1, 0, 1), (5, 0, 7)];
    let Highest { seen, hidden } = ask_highest(&history);
    assert_eq!(seen.map(|release| release.tag), Some("1.1.0"));
    assert_eq!(hidden.map(|hidden| hidden.possible), Some(None), "1.5.0 is above 3, so not below it");
    // The hidden 3 may lead anywhere.
    history.absent.insert(3);
    let hidden = ask_highest(&history).hidden;
    assert_eq!(hidden.and_then(|hidden| hidden.possible).map(|release| release.tag), Some("1.5.0"));
}
