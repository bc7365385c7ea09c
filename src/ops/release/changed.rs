//! Which services changed since their release.

use super::super::Checkout;
use super::super::formats;
use super::affected::Affected;
use super::next_version::NextVersion;
use super::prereleases::PreReleaseTags;
use super::standing::{Standing, Survey};
use super::wanted::Asked;
use super::{NewVersion, Request};
use crate::config::Scope;
use crate::display::shell_word;
use crate::error::{Error, Kind, Result};

/// The services that changed.
pub(super) struct Changed {
    /// Their positions among all of them.
    pub(super) positions: Vec<usize>,
    /// The warning about those that were never released.
    pub(super) warning: Option<String>,
    /// If there are none, the error that says so.
    pub(super) nothing: Option<Error>,
}

/// What a service is to `release --changed`.
enum Verdict {
    /// It has changed since its release, or this very command has begun to release it.
    Released,
    /// It is as it was.
    Unchanged,
    /// It was never released, so that nothing says from which version to count.
    Unreleased,
}

/// Finds them.
///
/// # Errors
/// Commits or filters that cannot be read.
pub(super) fn find(
    asked: &Asked,
    survey: &Survey,
    prereleases: Option<&PreReleaseTags>,
    request: &Request,
    affected: &mut Affected<'_>,
    checkout: &Checkout,
) -> Result<Changed> {
    let (mut positions, mut unreleased) = (Vec::new(), Vec::new());
    for (at, (subject, standing)) in asked.subjects.iter().zip(&survey.standings).enumerate() {
        let mut service = Service { at, path: subject.key(), standing, survey, affected, checkout };
        match service.verdict(prereleases, request.version)? {
            Verdict::Released => positions.push(at),
            Verdict::Unchanged => {}
            Verdict::Unreleased => unreleased.push(subject.key()),
        }
    }
    let nothing = match positions.is_empty() {
        true => Some(nothing_changed(&unreleased, asked, checkout)?),
        false => None,
    };
    // One tag for all releases these, too.
    let warning = (!unreleased.is_empty() && !asked.is_shared).then(|| never_released(&unreleased));
    Ok(Changed { positions, warning, nothing })
}

/// A service, and what is known of it.
struct Service<'s, 'c> {
    at: usize,
    path: &'s str,
    standing: &'s Standing,
    survey: &'s Survey,
    affected: &'s mut Affected<'c>,
    checkout: &'s Checkout,
}

impl Service<'_, '_> {
    fn verdict(&mut self, prereleases: Option<&PreReleaseTags>, version: NewVersion) -> Result<Verdict> {
        let standing = self.standing;
        if !standing.own.is_empty() {
            let is_made = || Ok(NextVersion::choose(version, standing)?.is_made);
            let is_ours = prereleases.is_none() && standing.before.is_some() && is_made()?;
            return Ok(if is_ours { Verdict::Released } else { Verdict::Unchanged });
        }
        let Some(base) = &standing.base else { return Ok(Verdict::Unreleased) };
        let (scope, tip) = (self.survey.scope, self.survey.commit);
        let mut has_changed = match scope {
            Scope::Service => standing.distance > 0,
            Scope::Repository => {
                let since = base.commit(&self.checkout.repository)?;
                self.affected.since(since, tip)?.contains(self.path)
            }
        };
        if let Some(prereleases) = prereleases.filter(|_| has_changed) {
            let version = NextVersion::choose(version, standing)?.version;
            if prereleases.own(self.at, version).is_none()
                && let Some((.., commit)) = prereleases.newest_behind(self.at, version, self.checkout)?
            {
                has_changed = self.affected.since(commit, tip)?.contains(self.path);
            }
        }
        Ok(if has_changed { Verdict::Released } else { Verdict::Unchanged })
    }
}

fn never_released(services: &[&str]) -> String {
    let (first, names) = (shell_word(services.first().unwrap_or(&"")), services.join(", "));
    format!(
        "left out, because never released: {names} (imgver release {first} --set X.Y.Z makes a first release)"
    )
}

fn nothing_changed(unreleased: &[&str], asked: &Asked, checkout: &Checkout) -> Result<Error> {
    if unreleased.len() == asked.subjects.len() {
        let error = Error::new(Kind::VersionRule, "no service was ever released, so none has changed since")
            .hint("imgver release SERVICE --set X.Y.Z makes a first release");
        return Ok(formats::hinted(error, formats::any_proposal(&asked.subjects, checkout)?.as_ref()));
    }
    let error = Error::new(Kind::VersionRule, "nothing to release: no service has changed since its release");
    let error = match unreleased.is_empty() {
        true => error,
        false => error.hint(never_released(unreleased)),
    };
    Ok(error.hint("name the services to release them anyway"))
}
