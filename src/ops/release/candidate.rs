//! A release that is to be made, before anything is known of the remote.

use super::super::Checkout;
use super::super::facts::BaseRelease;
use super::super::formats;
use super::super::subject::Subject;
use super::next_version::NextVersion;
use super::prerelease_names;
use super::prereleases::PreReleaseTags;
use super::rules::{not_the_first, numbers_end, released};
use super::standing::{Standing, Survey};
use super::wanted::Asked;
use super::{NewVersion, Request};
use crate::domain::{PreRelease, TagPattern, Version};
use crate::error::Result;
use crate::release::ChangelogEntry;

/// One tag, and what it releases.
pub(super) struct Candidate<'c> {
    /// What is released. Where one tag releases all services: of those that were asked for, the one with the highest release,
    /// from which the version counts.
    pub(super) subject: &'c Subject,
    /// The position of the subject among those that were asked for.
    pub(super) at: usize,
    /// The other services that the tag releases.
    pub(super) others: Vec<&'c Subject>,
    /// The paths of all services that the tag releases, sorted; none at repository level.
    pub(super) services: Vec<String>,
    /// The release before it; none if it is the first.
    pub(super) base: Option<BaseRelease>,
    /// The tag of another release that the commit carries already.
    pub(super) released_as: Option<String>,
    /// The version; of a pre-release, that of the release to come.
    pub(super) version: Version,
    /// The pre-release, if it is one.
    pub(super) prerelease: Option<PreRelease>,
    pub(super) tag: String,
    /// Whether the commit carries the tag already: the same command has been here before.
    pub(super) is_set: bool,
    /// Whether the remote that is pushed to has it as well.
    pub(super) is_pushed: bool,
    /// Warnings about it.
    pub(super) warnings: Vec<String>,
}

impl<'c> Candidate<'c> {
    /// The release of the subject at position `at` of those that were `asked` for.
    ///
    /// # Errors
    /// No version follows; the repository counts by other tags.
    pub(super) fn of(
        at: usize,
        asked: &'c Asked,
        survey: &Survey,
        prereleases: Option<&PreReleaseTags>,
        request: &Request,
        checkout: &Checkout,
    ) -> Result<Option<Self>> {
        let (Some(subject), Some(standing)) = (asked.subjects.get(at), survey.standings.get(at)) else {
            return Ok(None);
        };
        let warning = first_of_format(subject, standing, request, checkout)?;
        let NextVersion { version, base, is_made } = NextVersion::choose(request.version, standing)?;
        let others: Vec<&Subject> = if asked.is_shared {
            let all = asked.subjects.iter().chain(&asked.others);
            all.filter(|other| other.key() != subject.key()).collect()
        } else {
            Vec::new()
        };
        let all = others.iter().copied().chain([subject]);
        let mut services: Vec<String> = all.filter_map(|one| one.path().map(ToOwned::to_owned)).collect();
        services.sort_unstable();
        let released_as = standing.own.last().filter(|_| !is_made).map(|release| release.tag.clone());
        let mut candidate = Candidate {
            tag: tag(subject, base.as_ref(), &version.to_string()),
            subject,
            at,
            others,
            services,
            base,
            released_as,
            version,
            prerelease: None,
            is_set: is_made,
            is_pushed: false,
            warnings: warning.into_iter().collect(),
        };
        if is_made {
            candidate.take_own_tag(standing);
        }
        if let Some(prereleases) = prereleases {
            candidate.turn_into_prerelease(prereleases)?;
        }
        Ok(Some(candidate))
    }

    /// The tag of its version that the commit carries, which may be in another of the formats.
    fn take_own_tag(&mut self, standing: &Standing) {
        let mut own = standing.own.iter().filter(|own| own.version == self.version).map(|own| &own.tag);
        if own.clone().all(|tag| *tag != self.tag) {
            self.tag = own.next().cloned().unwrap_or_default();
        }
    }

    /// Makes it a pre-release of its version, by the tags of this clone.
    fn turn_into_prerelease(&mut self, tags: &PreReleaseTags) -> Result<()> {
        if self.is_set {
            return Err(released(self.version, &self.tag));
        }
        if let Some((tag, own)) = tags.own(self.at, self.version) {
            (self.tag, self.prerelease, self.is_set) = (tag.to_owned(), Some(own.clone()), true);
            return Ok(());
        }
        self.number_after(tags.names.iter().map(String::as_str), &tags.identifier)
    }

    /// Gives it the number after the highest among `names`, unless it has a higher one.
    pub(super) fn number_after<'n>(
        &mut self,
        names: impl IntoIterator<Item = &'n str>,
        identifier: &str,
    ) -> Result<()> {
        let highest = prerelease_names::highest(self.version, identifier, names, &self.patterns());
        let next = match highest {
            Some(highest) => highest.next().ok_or_else(|| numbers_end(&highest))?,
            None => PreRelease { version: self.version, identifier: identifier.to_owned(), number: 1 },
        };
        let next = self.prerelease.take().into_iter().fold(next, PreRelease::max);
        self.tag = tag(self.subject, self.base.as_ref(), &next.to_string());
        self.prerelease = Some(next);
        Ok(())
    }

    /// The patterns of all its release tags.
    pub(super) fn patterns(&self) -> Vec<&'c TagPattern> {
        let subjects = [self.subject].into_iter().chain(self.others.iter().copied());
        subjects.flat_map(|subject| &subject.patterns).collect()
    }

    /// Its version as text.
    pub(super) fn version_text(&self) -> String {
        self.prerelease.as_ref().map_or_else(|| self.version.to_string(), ToString::to_string)
    }

    /// Whether nothing is left to do for it.
    pub(super) fn is_done(&self, push: bool) -> bool {
        self.is_set && (self.is_pushed || !push)
    }

    /// The services that are released together, if there are several.
    pub(super) fn together(&self) -> Vec<String> {
        if self.services.len() < 2 { Vec::new() } else { self.services.clone() }
    }

    /// Warns about a release that is more than was asked for, or probably a mistake. `asked` services were asked for.
    pub(super) fn warn(&mut self, asked: usize, short: &str, changes: &[ChangelogEntry]) {
        let name = self.subject.name();
        let services = self.services.len();
        if services > asked {
            let what = if asked == 1 { format!("{name} alone") } else { format!("those {asked} alone") };
            self.warnings.push(format!(
                "{} releases all {services} services, not {what}: the tag format does not contain the service",
                self.tag
            ));
        }
        let Some(base) = &self.base else { return };
        if let Some(released_as) = &self.released_as {
            self.warnings.push(format!("{short} is already released as {released_as}"));
        } else if changes.is_empty() {
            let affected = if services > 1 { "any service" } else { name };
            self.warnings.push(format!("no commit since {} affects {affected}", base.tag));
        }
    }
}

/// The warning about a version that is given where the tags of the repository fit another format.
///
/// # Errors
/// A version would be counted from nothing there.
fn first_of_format(
    subject: &Subject,
    standing: &Standing,
    request: &Request,
    checkout: &Checkout,
) -> Result<Option<String>> {
    if standing.base.is_some() {
        return Ok(None);
    }
    match (formats::any_proposal([subject], checkout)?, request.version) {
        (Some(proposal), NewVersion::Bump(_)) => Err(not_the_first(subject, &proposal)),
        (proposal, _) => Ok(proposal.as_ref().map(formats::warning)),
    }
}

/// The tag: in the first format that was asked for, else in that of the last release.
fn tag(subject: &Subject, base: Option<&BaseRelease>, version: &str) -> String {
    let fits = |tag: &str| subject.patterns.iter().find(|pattern| pattern.version_of(tag).is_some());
    let last = base.filter(|_| !subject.is_format_given()).and_then(|base| fits(&base.tag));
    let pattern = last.or(subject.patterns.first());
    pattern.map_or_else(|| version.to_owned(), |pattern| pattern.tag_of(version))
}
