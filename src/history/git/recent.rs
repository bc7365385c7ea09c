//! What was read recently, to be had again without reading it.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::rc::Rc;

/// How much is kept at most, in bytes.
const KEPT_MAX: usize = 1 << 25;

/// The content that was read or asked for last, by key.
pub(super) struct Recent<K, S = RandomState> {
    young: HashMap<K, Rc<[u8]>, S>,
    /// What has not been asked for since `young` was emptied last.
    old: HashMap<K, Rc<[u8]>, S>,
    /// How many bytes are in `young`.
    size: usize,
}

impl<K, S: Default> Default for Recent<K, S> {
    fn default() -> Self {
        Recent { young: HashMap::default(), old: HashMap::default(), size: 0 }
    }
}

impl<K: Copy + Eq + Hash, S: BuildHasher + Default> Recent<K, S> {
    pub(super) fn get(&mut self, key: &K) -> Option<Rc<[u8]>> {
        if let Some(known) = self.young.get(key) {
            return Some(Rc::clone(known));
        }
        let known = self.old.remove(key)?;
        self.insert(*key, &known);
        Some(known)
    }

    pub(super) fn insert(&mut self, key: K, content: &Rc<[u8]>) {
        if self.size > KEPT_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
            self.size = 0;
        }
        self.size += content.len();
        self.young.insert(key, Rc::clone(content));
    }
}
