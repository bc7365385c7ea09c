//! What was read recently, to be had again without reading it.

use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

/// How much is kept at most, in bytes.
const KEPT_MAX: usize = 1 << 25;

/// The content that was read or asked for last, by key.
pub(super) struct Recent<K> {
    young: HashMap<K, Rc<[u8]>>,
    /// What has not been asked for since `young` was emptied last.
    old: HashMap<K, Rc<[u8]>>,
    /// How many bytes are in `young`.
    size: usize,
}

impl<K> Default for Recent<K> {
    fn default() -> Self {
        Recent { young: HashMap::new(), old: HashMap::new(), size: 0 }
    }
}

impl<K: Copy + Eq + Hash> Recent<K> {
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
