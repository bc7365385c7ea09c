//! Versions that `git describe` made, or a script around it, before imgver did.

use super::super::Checkout;
use super::super::formats;
use super::super::subject::{self, Subject};
use super::{Asked, LocatedService, Request, Search, first_few};
use crate::config::Scope;
use crate::domain::{
    ImageVersion, TagPattern, TagSpelling, TagSpellings, Version, VersionMaker, did_you_mean, short_name,
};
use crate::error::{Error, Kind, Result};
use crate::history::git::CommitId;

/// The release tag in `text` if that is what `git describe` prints as it is, or imgver's version behind such a tag:
/// `services/go/api@1.0.9-47-g188f7a2`, or the tag alone. Without the service it is the tag of an image.
pub(super) fn whole_tag(text: &str) -> Option<&str> {
    let tag = ImageVersion::release_in(text)?;
    let before = tag.trim_end_matches(|end: char| end.is_ascii_digit() || end == '.');
    let is_release = tag.strip_prefix(before).and_then(Version::parse).is_some();
    let is_described = || {
        let any = ImageVersion::after(text, |_| Some(Version::ZERO));
        any.is_some_and(|version| version.maker == VersionMaker::GitDescribe)
    };
    (!matches!(before, "" | "v") && (is_release || is_described())).then_some(tag)
}

/// The version that the whole text of `request` is, which begins with the release tag `tag`, and those of `subjects` that the tag
/// releases.
pub(super) fn asked<'r>(
    tag: &str,
    request: &'r Request,
    subjects: Vec<Subject>,
    checkout: &Checkout,
) -> Result<Asked<'r>> {
    let releases = |subject: &Subject, tag: &str| {
        let version = |pattern: &TagPattern| pattern.version_of(tag);
        subject.patterns.iter().find_map(version)
    };
    let is_release = |tag: &str| subjects.iter().any(|subject| releases(subject, tag).is_some());
    let in_full = if is_release(tag) { None } else { in_full(tag, &subjects).filter(|tag| is_release(tag)) };
    let release = in_full.as_deref().unwrap_or(tag);
    let version = subjects.iter().find_map(|subject| releases(subject, release));
    let Some(version) = ImageVersion::after(&request.image_tag, |_| version) else {
        return Err(no_release_tag(tag, &subjects, checkout)?);
    };
    let subjects = subjects.into_iter().filter(|subject| releases(subject, release).is_some()).collect();
    let note = in_full.map(|full| format!("{tag} is short for {full}"));
    Ok(Asked { version, subjects, note })
}

/// `tag` with the path of the one service among `subjects` that it calls by its short name.
fn in_full(tag: &str, subjects: &[Subject]) -> Option<String> {
    let paths: Vec<&str> = subjects.iter().filter_map(Subject::path).collect();
    let TagSpelling { format, service } = TagSpellings::new(paths.iter().copied()).of(tag)?;
    let (lead, end) = format.split_once("{name}")?;
    let separator = end.strip_suffix("{version}")?;
    let path = paths.get(service?)?;
    let version = tag.strip_prefix(lead)?.strip_prefix(short_name(path))?.strip_prefix(separator)?;
    Some(format!("{lead}{path}{separator}{version}"))
}

fn no_release_tag(tag: &str, subjects: &[Subject], checkout: &Checkout) -> Result<Error> {
    if checkout.is_bare() {
        return Ok(subject::no_work_tree(&format!("cannot tell which service {tag} releases")));
    }
    let error = Error::new(Kind::Input, format!("{tag} is not a release tag of any service here"));
    let service = tag.rsplit_once(['@', '/']).map_or(tag, |(service, _)| service);
    let near = did_you_mean(service, subjects.iter().filter_map(Subject::path));
    let error = near.into_iter().fold(error, Error::hint);
    let proposal = formats::any_proposal(subjects, checkout)?;
    Ok(formats::hinted(error, proposal.as_ref())
        .hint("imgver list shows every service; --tag-format sets how their release tags are spelled"))
}

impl Search<'_> {
    /// The subjects with a release of the sought base as near to `commit` as the one that imgver counts from. Of several that are
    /// equally near, git describe prefers annotated tags and newer ones, and imgver the highest version.
    pub(super) fn tied(&self, commit: CommitId) -> Result<Vec<LocatedService>> {
        let facts = |counts: &dyn Fn(Version) -> bool| {
            self.facts(Scope::Repository, commit, self.first_parent, counts)
        };
        let now = facts(&|_| true)?;
        let then = facts(&|version| version == self.version.base)?;
        let mut services = Vec::new();
        for ((subject, now), then) in self.subjects.iter().zip(&now).zip(&then) {
            if then.base.is_some() && then.distance == now.distance && self.is_version_of(then) {
                services.push(LocatedService::new(subject, then));
            }
        }
        Ok(services)
    }

    /// The hint that the sought version of `commit` is that of other services than those asked about.
    pub(super) fn of_another(&self, commit: CommitId) -> Option<String> {
        if self.version.maker == VersionMaker::Imgver {
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
