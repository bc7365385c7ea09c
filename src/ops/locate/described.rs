//! Versions that `git describe` made, or a script around it, before imgver did.

use super::super::answer::extended;
use super::super::formats;
use super::super::subject::{self, Subject};
use super::super::{Checkout, VersionForm};
use super::{LocatedService, Request, Search, first_few};
use crate::domain::{ImageVersion, TagPattern, Version, VersionMaker, did_you_mean};
use crate::error::{Error, Kind, Result};
use crate::history::git::CommitId;

/// The release tag in `text` if that is what `git describe` prints as it is: `services/go/api@1.0.9-47-g188f7a2`, or the tag
/// alone at its own commit. Without the service it is the tag of an image.
pub(super) fn whole_tag(text: &str) -> Option<&str> {
    let tag = ImageVersion::described_tag(text)?;
    let before = tag.trim_end_matches(|end: char| end.is_ascii_digit() || end == '.');
    let is_release = tag.strip_prefix(before).and_then(Version::parse).is_some();
    (!matches!(before, "" | "v") && (is_release || text.trim_end_matches("-dirty") != tag)).then_some(tag)
}

/// The version that the whole text of `request` is, which begins with the release tag `tag`, and those of `subjects` that the tag
/// releases.
pub(super) fn asked<'r>(
    tag: &str,
    request: &'r Request,
    subjects: Vec<Subject>,
    checkout: &Checkout,
) -> Result<(ImageVersion<'r>, Vec<Subject>)> {
    let releases = |subject: &Subject| {
        let version = |pattern: &TagPattern| pattern.version_of(tag);
        subject.patterns.iter().find_map(version)
    };
    let version = subjects.iter().find_map(&releases);
    let Some(version) = ImageVersion::described(&request.image_tag, |_| version) else {
        let paths = subjects.iter().filter_map(Subject::path);
        let service = tag.rsplit_once(['@', '/']).map_or(tag, |(service, _)| service);
        let near = did_you_mean(service, paths);
        let error = Error::new(Kind::Input, format!("{tag} is not a release tag of any service here"));
        let error = near.into_iter().fold(error, Error::hint);
        let proposal = formats::any_proposal(&subjects, checkout)?;
        return Err(formats::hinted(error, proposal.as_ref())
            .hint("imgver list shows every service; --tag-format sets how their release tags are spelled"));
    };
    let subjects = subjects.into_iter().filter(|subject| releases(subject).is_some()).collect();
    Ok((version, subjects))
}

impl Search<'_> {
    /// The subjects with a release of the sought base as near to `commit` as the one that imgver counts from. Of several that are
    /// equally near, git describe prefers annotated tags and newer ones, and imgver the highest version.
    pub(super) fn tied(&self, commit: CommitId) -> Result<Vec<LocatedService>> {
        let now = self.facts(commit, self.first_parent, |_| true)?;
        let then = self.facts(commit, self.first_parent, |version| version == self.version.base)?;
        let mut services = Vec::new();
        for ((subject, now), then) in self.subjects.iter().zip(&now).zip(&then) {
            if then.base.is_some() && then.distance == now.distance && self.is_version_of(then)? {
                services.push(LocatedService::new(subject, then));
            }
        }
        Ok(services)
    }

    /// The warning that says who made the version, and what imgver's own is for the `services` that were found.
    pub(super) fn made_by_git(&self, commit: CommitId, services: &[LocatedService]) -> Result<String> {
        let abbrev = self.version.position.map_or(7, |(_, digits)| digits.len()) as u8;
        let facts = self.facts(commit, self.first_parent, |_| true)?;
        let mut versions = Vec::new();
        for (subject, facts) in self.subjects.iter().zip(&facts) {
            let is_found = services.iter().any(|found| found.service.as_deref() == subject.path());
            if is_found {
                versions.push(extended(facts, VersionForm { abbrev, next: None })?);
            }
        }
        versions.dedup();
        let text = self.version.text;
        Ok(format!(
            "{text} is a version of git describe: imgver's version of this commit is {}",
            first_few(&versions)
        ))
    }

    /// The hint that the sought version of `commit` is that of other services than those asked about.
    pub(super) fn of_another(&self, commit: CommitId) -> Option<String> {
        if self.version.maker != VersionMaker::GitDescribe {
            return None;
        }
        let subjects = subject::all(None, self.checkout).ok()?.subjects;
        let others = Search { subjects, ..*self }.services(commit, self.first_parent).ok()?;
        let names: Vec<String> = others.into_iter().filter_map(|other| other.service).collect();
        let hint = |names| {
            format!("it is the version of {names}: without --match, git describe takes any service's tag")
        };
        (!names.is_empty()).then(|| hint(first_few(&names)))
    }
}
