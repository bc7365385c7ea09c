//! How far the tags of several releases have come, where one of them fails.

use std::collections::BTreeSet;

/// The tags of one command, in the order in which they are set and pushed.
#[derive(Default)]
pub(super) struct TagProgress {
    /// Each tag once for each effect that is about it, in order.
    planned: Vec<String>,
    /// How many of these effects were carried out.
    done: usize,
}

impl TagProgress {
    /// Adds an effect about `tag`.
    pub(super) fn plan(&mut self, tag: &str) {
        self.planned.push(tag.to_owned());
    }

    /// Notes that the next effect was carried out.
    pub(super) fn advance(&mut self) {
        self.done += 1;
    }

    /// If the next effect fails: which tags are done and which are not. None where there is only one tag, which the error itself
    /// is about.
    pub(super) fn hint(&self) -> Option<String> {
        let (carried_out, left) = self.planned.split_at_checked(self.done)?;
        let left = once_each(left);
        let done: Vec<&str> = once_each(carried_out).into_iter().filter(|tag| !left.contains(tag)).collect();
        if done.is_empty() && left.len() < 2 {
            return None;
        }
        let done = if done.is_empty() { String::new() } else { format!("done: {}; ", done.join(", ")) };
        Some(format!("{done}not done: {}; the same command goes on from there", left.join(", ")))
    }
}

fn once_each(tags: &[String]) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    tags.iter().map(String::as_str).filter(|tag| seen.insert(*tag)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(planned: &[&str], done: usize) -> Option<String> {
        let mut progress = TagProgress::default();
        planned.iter().for_each(|tag| progress.plan(tag));
        (0..done).for_each(|_| progress.advance());
        progress.hint()
    }

    #[test]
    fn what_is_done_and_what_is_not_is_told_apart() {
        // Each is set and then pushed; the first was set by an earlier run.
        let planned = ["a@1.0.0", "b@2.0.0", "b@2.0.0", "c@3.0.0", "c@3.0.0"];
        for (done, expected) in [
            (0, "not done: a@1.0.0, b@2.0.0, c@3.0.0;"),
            (1, "done: a@1.0.0; not done: b@2.0.0, c@3.0.0;"),
            (2, "done: a@1.0.0; not done: b@2.0.0, c@3.0.0;"),
            (4, "done: a@1.0.0, b@2.0.0; not done: c@3.0.0;"),
        ] {
            let hint = progress(&planned, done).unwrap();
            assert!(hint.starts_with(expected), "{hint}");
        }
    }

    #[test]
    fn a_single_tag_needs_no_account() {
        assert_eq!(progress(&["a@1.0.0", "a@1.0.0"], 0), None);
        assert_eq!(progress(&["a@1.0.0", "a@1.0.0"], 1), None);
    }
}
