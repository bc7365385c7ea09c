//! The walk along the line: which commits touch which services.

use super::settings::{Reader, Said, Settings, Watched};
use super::sources::Sources;
use super::tally::Tally;
use crate::error::Result;
use crate::history::git::{CommitId, FirstParent, LineCommit, Paths, Repository, Trees, kinds_of};
use crate::meter::{Measure, Progress};

/// Follows the line from `tip` as far as the tallies of `services` need it, and returns the part of it that was followed.
///
/// # Errors
/// A commit, tree or file that cannot be read.
pub(super) fn follow(
    repository: &Repository,
    tip: CommitId,
    services: &[&str],
    tallies: &mut [Tally],
) -> Result<Vec<CommitId>> {
    if !tallies.iter().any(|tally| tally.needs(0)) {
        return Ok(vec![tip]);
    }
    let trees = repository.trees()?;
    let here = trees.line_commit(tip)?;
    let line = vec![here.id];
    let progress = repository.meter().begin("comparing history", Measure::Commits);
    let mut walk = Walk { trees, services, tallies, line, here, active: Vec::new(), next_end: 0, progress };
    walk.run(&mut Reader::new(repository))?;
    Ok(walk.line)
}

struct Walk<'a, 'r> {
    trees: Trees<'r>,
    services: &'a [&'a str],
    tallies: &'a mut [Tally],
    /// The commits followed so far.
    line: Vec<CommitId>,
    /// The last of them.
    here: LineCommit,
    /// The services for which it matters what that one changes, by position.
    active: Vec<usize>,
    /// The position on the line at which there are fewer.
    next_end: usize,
    progress: Progress,
}

/// A commit whose first parent may say something else than it does.
struct Step {
    at: usize,
    commit: CommitId,
    said: Vec<Said>,
    /// By position, the services that watch a file that differs.
    changed: Vec<usize>,
}

impl Walk<'_, '_> {
    fn run(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        let services = self.services;
        let mut sources = Sources::of(&self.here, services, &mut self.trees)?;
        let mut open: Option<Step> = None;
        while open.is_some() || self.is_needed() {
            let settings = reader.settings(&mut sources, &self.here, &mut self.trees)?;
            let watchers = settings.watchers();
            let watched = settings.watched(&watchers, services);
            if let Some(step) = open.take() {
                self.count(&step, watched.said());
            }
            open = self.follow(&settings, &watched, &mut sources)?;
            if open.is_none() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether anybody needs to know what the last commit changes.
    fn is_needed(&mut self) -> bool {
        let at = self.line.len() - 1;
        if at >= self.next_end {
            let tallies = &*self.tallies;
            let needs = |service: &usize| tallies.get(*service).is_some_and(|tally| tally.needs(at));
            self.active = (0..tallies.len()).filter(needs).collect();
            let ends = self.active.iter().filter_map(|service| tallies.get(*service)).map(Tally::end);
            // Those that look behind their base release may end anywhere.
            self.next_end = ends.min().unwrap_or(usize::MAX).max(at + 1);
        }
        !self.active.is_empty()
    }

    /// Follows the line until a file differs that settings are read from, if that happens.
    fn follow(
        &mut self,
        settings: &Settings,
        watched: &Watched<'_>,
        sources: &mut Sources,
    ) -> Result<Option<Step>> {
        let (mut paths, mut width) = (Paths::default(), usize::MAX);
        while self.is_needed() {
            if self.active.len() < width - width / 4 {
                width = self.active.len();
                paths = watched.paths(&self.active, sources, settings);
            }
            let (at, child) = (self.line.len() - 1, self.here);
            let parent = match child.parent {
                FirstParent::Commit(parent) => self.trees.line_commit(parent)?,
                FirstParent::Root => {
                    self.tallies.iter_mut().for_each(|tally| tally.touch(at, child.id));
                    return Ok(None);
                }
                FirstParent::Missing => {
                    self.tallies.iter_mut().for_each(|tally| tally.cut(at));
                    return Ok(None);
                }
            };
            let differences = self.trees.differences(&parent, &child, &paths)?;
            let mut changed = Vec::new();
            for (path, kinds) in kinds_of(&differences) {
                watched.add_concerned(path, kinds, &mut changed);
            }
            self.line.push(parent.id);
            self.progress.add(1);
            self.here = parent;
            let said = watched.said();
            if sources.go_back(&differences, settings) {
                return Ok(Some(Step { at, commit: child.id, said: said.to_vec(), changed }));
            }
            // All say the same as before.
            changed.extend(watched.unsaid());
            changed.sort_unstable();
            changed.dedup();
            changed.into_iter().for_each(|service| self.touch(at, child.id, service));
        }
        Ok(None)
    }

    /// Counts the commit of `step` for all services that it touches, where its first parent says `before`.
    fn count(&mut self, step: &Step, before: &[Said]) {
        for (service, (said, before)) in step.said.iter().zip(before).enumerate() {
            let is_touched = match said {
                Said::Nothing | Said::Unreadable => true,
                Said::This(_) => said != before || step.changed.contains(&service),
            };
            if is_touched {
                self.touch(step.at, step.commit, service);
            }
        }
    }

    fn touch(&mut self, at: usize, commit: CommitId, service: usize) {
        let Some(tally) = self.tallies.get_mut(service) else { return };
        tally.touch(at, commit);
        if !tally.needs(at + 1) {
            self.next_end = 0;
        }
    }
}
