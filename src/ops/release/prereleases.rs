//! The pre-releases that there are, where another one is to be made.

use super::super::Checkout;
use super::super::prerelease_tags;
use super::super::subject::Subject;
use super::candidate::Candidate;
use crate::domain::{PreRelease, Version, did_you_mean, is_identifier};
use crate::error::{Error, Kind, Result};
use crate::history::git::{CommitId, Tags};

/// The pre-releases of the subjects that were asked for.
pub(super) struct PreReleaseTags {
    /// The identifier of those that are to be made.
    pub(super) identifier: String,
    /// The names of all tags, whatever they are.
    pub(super) names: Vec<String>,
    /// The commit that is to be released.
    commit: CommitId,
    /// The pre-releases with any identifier that the configuration names, each with the position of its subject.
    tags: Tags<prerelease_tags::Fit>,
}

impl PreReleaseTags {
    /// Reads those of `subjects`.
    ///
    /// # Errors
    /// Refs that cannot be read.
    pub(super) fn read(
        identifier: &str,
        commit: CommitId,
        subjects: &[Subject],
        checkout: &Checkout,
    ) -> Result<Self> {
        let prereleases = checkout.config()?.prereleases();
        let tags = prerelease_tags::tags(subjects, &prereleases, checkout)?;
        let names = checkout.repository.tag_names("")?;
        Ok(PreReleaseTags { identifier: identifier.to_owned(), names, commit, tags })
    }

    /// The highest pre-release of `version` of the subject at position `at` that the commit itself carries, with its tag.
    pub(super) fn own(&self, at: usize, version: Version) -> Option<(&str, &PreRelease)> {
        let own = self.tags.of(self.commit).filter(|(_, (subject, _))| *subject == at);
        let of_version = own.map(|(tag, (_, prerelease))| (tag, prerelease)).filter(|(_, prerelease)| {
            prerelease.version == version && prerelease.identifier == self.identifier
        });
        of_version.max_by_key(|(_, prerelease)| prerelease.number)
    }

    /// The highest pre-release of `version` of the subject at position `at`, with any identifier, among the commit and its
    /// ancestors: its tag and its commit.
    ///
    /// # Errors
    /// Objects that cannot be read; a clone that is too shallow to tell.
    pub(super) fn newest_behind(
        &self,
        at: usize,
        version: Version,
        checkout: &Checkout,
    ) -> Result<Option<(&str, &PreRelease, CommitId)>> {
        let of_subject = |(_, (subject, prerelease), _): &(&str, &(usize, PreRelease), _)| {
            *subject == at && prerelease.version == version
        };
        let mut found: Vec<_> = self.tags.iter().filter(of_subject).collect();
        found.sort_by(|(_, (_, a), _), (_, (_, b), _)| b.cmp(a));
        for (tag, (_, prerelease), target) in found {
            let Some(commit) = checkout.repository.commit_of(target)? else { continue };
            if checkout.repository.contains(self.commit, commit)? {
                return Ok(Some((tag, prerelease, commit)));
            }
        }
        Ok(None)
    }

    /// Refuses a pre-release that is not higher than every one of its version in the commit's history.
    pub(super) fn refuse_lower(&self, candidate: &Candidate<'_>, checkout: &Checkout) -> Result<()> {
        let Some(prerelease) = candidate.prerelease.as_ref().filter(|_| !candidate.is_set) else {
            return Ok(());
        };
        let newest = self.newest_behind(candidate.at, candidate.version, checkout)?;
        let Some((tag, newest, _)) = newest.filter(|(_, newest, _)| *newest >= prerelease) else {
            return Ok(());
        };
        let short = self.commit.abbreviated(7);
        let message =
            format!("{prerelease} is not higher than {newest}, already in the history of {short} as {tag}");
        Err(Error::new(Kind::VersionRule, message).hint(format!(
            "SemVer compares identifiers as text: --pre {} goes on after {newest}",
            newest.identifier
        )))
    }
}

/// Refuses an identifier that the configuration does not name.
pub(super) fn refuse_unknown(identifier: &str, checkout: &Checkout) -> Result<()> {
    let known = checkout.config()?.prereleases();
    if known.contains(identifier) {
        return Ok(());
    }
    let names: Vec<&str> = known.identifiers().collect();
    let error = if names.is_empty() {
        Error::new(Kind::Input, format!("--pre {identifier}: this repository makes no pre-releases"))
    } else {
        let names = names.join(", ");
        Error::new(
            Kind::Input,
            format!("--pre {identifier}: the pre-releases of this repository are {names}"),
        )
    };
    let error = did_you_mean(identifier, known.identifiers()).into_iter().fold(error, Error::hint);
    Err(match is_identifier(identifier) {
        true => error.hint(format!("{} in imgver.yaml allows it", known.setting_with(identifier))),
        false => {
            error.hint("an identifier has letters, digits and dashes, such as rc; the number is added to it")
        }
    })
}
