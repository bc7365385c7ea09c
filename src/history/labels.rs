//! Sets of small numbers, interned: each distinct set is stored once and named by a number.
//!
//! A history has few distinct sets of "releases that reach this commit": they change only at release commits and merges.
//! With names, passing a set from a commit to its parent copies four bytes, and counting commits takes one counter per set.
#![expect(clippy::indexing_slicing, reason = "labels are created here only and never dropped")]

use std::collections::HashMap;

/// The name of a set in the [`Labels`] that created it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Label(u32);

impl Label {
    /// The empty set, the same in all [`Labels`].
    pub(super) const EMPTY: Label = Label(0);

    /// The position in a table with one entry per label.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The sets created so far.
pub(super) struct Labels {
    /// Members as bits, lowest first, without trailing zero words: equal sets are equal slices.
    sets: Vec<Box<[u64]>>,
    names: HashMap<Box<[u64]>, Label>,
    unions: HashMap<(Label, Label), Label>,
}

impl Labels {
    pub(super) fn new() -> Self {
        let empty: Box<[u64]> = Box::default();
        Labels {
            sets: vec![empty.clone()],
            names: HashMap::from([(empty, Label::EMPTY)]),
            unions: HashMap::new(),
        }
    }

    /// All labels, in the order of [`Label::index`].
    pub(super) fn iter(&self) -> impl Iterator<Item = Label> + use<> {
        (0..self.sets.len() as u32).map(Label)
    }

    /// The set of these members.
    pub(super) fn set(&mut self, members: &[usize]) -> Label {
        let mut words = vec![0; members.iter().max().map_or(0, |greatest| greatest / 64 + 1)];
        for member in members {
            words[member / 64] |= 1 << (member % 64);
        }
        self.name(words.into())
    }

    /// The members of either.
    pub(super) fn union(&mut self, a: Label, b: Label) -> Label {
        if a == b || b == Label::EMPTY {
            return a;
        }
        if a == Label::EMPTY {
            return b;
        }
        let key = (a.min(b), a.max(b));
        if let Some(&known) = self.unions.get(&key) {
            return known;
        }
        let (short, long) = {
            let (a, b) = (&self.sets[a.index()], &self.sets[b.index()]);
            if a.len() < b.len() { (a, b) } else { (b, a) }
        };
        let mut words = long.clone();
        words.iter_mut().zip(short).for_each(|(word, more)| *word |= more);
        let union = self.name(words);
        self.unions.insert(key, union);
        union
    }

    /// Whether `member` is in the set.
    pub(super) fn contains(&self, set: Label, member: usize) -> bool {
        self.sets[set.index()].get(member / 64).is_some_and(|word| word >> (member % 64) & 1 == 1)
    }

    /// The members of the set, ascending.
    pub(super) fn members(&self, set: Label) -> impl Iterator<Item = usize> {
        self.sets[set.index()].iter().enumerate().flat_map(|(at, &word)| {
            let lowest_cleared = |word: &u64| Some(word & (word - 1)).filter(|word| *word != 0);
            let words = std::iter::successors(Some(word).filter(|word| *word != 0), lowest_cleared);
            words.map(move |word| at * 64 + word.trailing_zeros() as usize)
        })
    }

    /// Whether all members of `inner` are in `outer`.
    pub(super) fn is_subset(&mut self, inner: Label, outer: Label) -> bool {
        self.union(inner, outer) == outer
    }

    fn name(&mut self, words: Box<[u64]>) -> Label {
        if let Some(&known) = self.names.get(&words) {
            return known;
        }
        // 2^32 distinct sets do not fit in memory, so the number does not wrap.
        let label = Label(self.sets.len() as u32);
        self.sets.push(words.clone());
        self.names.insert(words, label);
        label
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn labels_are_sets(members in prop::collection::vec(prop::collection::btree_set(0usize..200, 0..6), 1..8)) {
            let mut labels = Labels::new();
            let mut all = (BTreeSet::new(), Label::EMPTY);
            for set in members {
                let mut label = Label::EMPTY;
                for &member in &set {
                    let single = labels.set(&[member]);
                    label = labels.union(single, label);
                }
                prop_assert_eq!(labels.set(&set.iter().copied().collect::<Vec<_>>()), label);
                prop_assert!(labels.members(label).eq(set.iter().copied()));
                for member in 0..200 {
                    prop_assert_eq!(labels.contains(label, member), set.contains(&member));
                }
                prop_assert_eq!(labels.is_subset(label, all.1), set.is_subset(&all.0));
                all.1 = labels.union(all.1, label);
                all.0.extend(set);
                prop_assert!(labels.is_subset(label, all.1));
            }
        }
    }
}
