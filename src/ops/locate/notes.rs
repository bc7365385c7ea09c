//! What to know about a version that was found.

use super::super::VersionForm;
use super::super::answer::extended;
use super::{LocatedService, Search, first_few};
use crate::config::Scope;
use crate::domain::{Bump, Version, VersionMaker};
use crate::error::Result;
use crate::history::git::CommitId;

impl Search<'_> {
    /// What to know about the sought version, which `services` have at `commit`.
    pub(super) fn notes(&self, commit: CommitId, services: &[LocatedService]) -> Result<Vec<String>> {
        let mut notes = Vec::new();
        // A release has the same name for all.
        if self.version.position.is_some() && self.version.maker != VersionMaker::Imgver {
            notes.push(self.made_by_others(commit, services)?);
        }
        if self.version.may_be_planned() {
            notes.extend(self.planned(services)?);
        }
        if self.version.dirty {
            notes.push(
                "the image was built with uncommitted changes: it contains more than the commit".to_owned(),
            );
        }
        Ok(notes)
    }

    /// Who made the version, and what imgver's own is for the `services` that were found.
    fn made_by_others(&self, commit: CommitId, services: &[LocatedService]) -> Result<String> {
        let abbrev = self.version.position.map_or(7, |position| position.commit.len()) as u8;
        // What was found counts one way.
        let scope = services.first().map_or(Scope::Repository, |found| found.scope);
        let facts = self.facts(scope, commit, self.first_parent, |_| true)?;
        let mut versions = Vec::new();
        for (subject, facts) in self.subjects.iter().zip(&facts) {
            if let Some(found) = services.iter().find(|found| found.service.as_deref() == subject.path()) {
                versions.push(extended(facts, VersionForm { abbrev, next: self.bump(found) })?);
            }
        }
        versions.dedup();
        let made = match self.version.maker {
            VersionMaker::GitDescribe => "a version of git describe",
            VersionMaker::Imgver | VersionMaker::Script => "not written as imgver writes it",
        };
        let (text, versions) = (self.version.text, first_few(&versions));
        Ok(format!("{text} is {made}: imgver's version of this commit is {versions}"))
    }

    /// Of which `services` the version counts from a release that was planned when it was made, unless all versions do.
    fn planned(&self, services: &[LocatedService]) -> Result<Vec<String>> {
        let text = self.version.text;
        let usual = self.checkout.config()?.next;
        let of = |(bump, option): (Bump, &str)| {
            let planning = services.iter().filter(|found| self.bump(found) == Some(bump));
            let names: Vec<String> = planning.map(|found| found.name().to_owned()).collect();
            let names = (!names.is_empty()).then(|| first_few(&names))?;
            Some(format!("{text} is the version that --next {option} makes for {names}"))
        };
        let bumps = [(Bump::Patch, "patch"), (Bump::Minor, "minor")].into_iter();
        Ok(bumps.filter(|(bump, _)| usual != Some(*bump)).filter_map(of).collect())
    }

    /// The part of the base release of `found` that the sought version increments.
    fn bump(&self, found: &LocatedService) -> Option<Bump> {
        let base = Version::parse(&found.base)?;
        let is_planned =
            |bump: &Bump| self.version.may_be_planned() && base.bumped(*bump) == Some(self.version.base);
        [Bump::Patch, Bump::Minor].into_iter().find(is_planned)
    }
}
