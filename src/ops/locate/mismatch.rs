//! Why the commit that a version names does not have it.

use super::super::VersionForm;
use super::super::answer::extended;
use super::super::facts::Facts;
use super::super::subject::Subject;
use super::{Search, first_few};
use crate::config::Scope;
use crate::error::{Error, Kind, Result};
use crate::history::git::CommitId;

impl Search<'_> {
    /// The error if the clone has the commit, but with another version.
    pub(super) fn mismatch(&self, commit: CommitId) -> Result<Error> {
        let digits = self.version.position.map_or("", |position| position.commit);
        let abbrev = digits.len().max(7);
        let shown = commit.abbreviated(abbrev);
        let (mut by_scope, mut uncertain) = (Vec::new(), None);
        for (at, scope) in self.scopes()?.into_iter().enumerate() {
            match self.facts(scope, commit, self.first_parent, |_| true) {
                Ok(facts) => by_scope.push((scope, facts)),
                Err(error) if at == 0 => return Err(error),
                Err(error) => uncertain = Some((scope, error)),
            }
        }
        let usual = by_scope.first().map(|(_, facts)| self.versions(facts, abbrev as u8));
        let versions = first_few(&usual.transpose()?.unwrap_or_default());
        let text = self.version.text;
        let both = if by_scope.len() > 1 { ", by repository or by service" } else { "" };
        let mut error = Error::new(
            Kind::VersionRule,
            format!(
                "{shown} is a commit in this clone, but its version is not {text}{both}: it is {versions}"
            ),
        );
        if !self.services(commit, !self.first_parent)?.is_empty() {
            let flag = if self.first_parent { "without --first-parent" } else { "with --first-parent" };
            error = error.hint(format!("it has that version {flag}"));
        }
        if let Some((scope, why)) = uncertain {
            let scope = match scope {
                Scope::Repository => "repository",
                Scope::Service => "service",
            };
            error = error.hint(format!("it may be a version by {scope}, which cannot be determined: {why}"));
        }
        error = self.of_another(commit).into_iter().fold(error, Error::hint);
        error = match self.later_tag(commit, &by_scope)? {
            Some(later) => error.hint(format!("it had that version until {later} was tagged")),
            None => error
                .hint("tags may have been created, moved or deleted since, or not fetched: git fetch --tags"),
        };
        Ok(error.hint(format!("git show {shown} shows the commit")))
    }

    /// The versions that `commit` has instead, in words, as the configuration counts.
    fn versions(&self, facts: &[Facts], abbrev: u8) -> Result<Vec<String>> {
        let version = |(subject, facts): (&Subject, &Facts)| {
            let version = extended(facts, VersionForm { abbrev, next: None })?;
            Ok(format!("{version} for {}", subject.name()))
        };
        self.subjects.iter().zip(facts).map(version).collect()
    }

    /// The release tag without which `commit` would have the version, if there is one.
    fn later_tag(&self, commit: CommitId, now: &[(Scope, Vec<Facts>)]) -> Result<Option<String>> {
        for (scope, now) in now {
            let then =
                self.facts(*scope, commit, self.first_parent, |version| version == self.version.base)?;
            for (then, now) in then.iter().zip(now) {
                if then.base.is_some() && self.is_version_of(then) {
                    return Ok(now.base_tag().map(ToOwned::to_owned));
                }
            }
        }
        Ok(None)
    }
}
