//! `imgver locate`: the commit behind an image's tag, verified by computing its version again.

use serde::Serialize;

mod described;
mod makers;
mod mismatch;
mod notes;
mod prerelease;

use self::makers::subjects;
use super::facts::{self, Facts, HistoryRequest, Rev};
use super::formats;
use super::release_tags;
use super::requested_tags::RequestedFormat;
use super::subject::{self, Subject};
use super::{Checkout, Outcome};
use crate::config::Scope;
use crate::domain::{
    Bump, ImageRepository, ImageVersion, PreRelease, PreReleases, Reference, Version, VersionMaker,
};
use crate::error::{Context as _, Error, Kind, Result};
use crate::history::git::{self, CommitId};
use crate::images::SourceCommit;

/// The image to locate.
#[derive(Debug, Clone)]
pub struct Request {
    /// An image with its tag, or the tag alone.
    pub image_tag: String,
    /// A path or a unique short name; none means the service with this image, or any.
    pub service: Option<String>,
    /// Whether the version was made by first-parent history.
    pub first_parent: bool,
    /// The format of release tags; none means the default.
    pub tag_format: Option<RequestedFormat>,
}

/// The commit behind an image tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The image tag as requested.
    pub image_tag: String,
    /// The commit's full hash.
    pub commit: String,
    /// Who wrote it.
    pub author: String,
    /// Their address.
    pub email: String,
    /// When it was committed (RFC 3339, UTC).
    pub date: String,
    /// The subject of its message.
    pub subject: String,
    /// Whether the image also contains uncommitted changes.
    pub dirty: bool,
    /// The services that have this version at the commit.
    pub services: Vec<LocatedService>,
    /// The warnings that are also printed to standard error.
    pub warnings: Vec<String>,
}

/// The base release and distance of the commit for a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LocatedService {
    /// The service's path; null at repository level.
    pub service: Option<String>,
    /// The base release; `0.0.0` if there is none.
    pub base: String,
    /// The base release's tag; null if there is none.
    pub base_tag: Option<String>,
    /// Commits since the base release.
    pub distance: u64,
    /// What the distance counts: commits of the repository, or those that touch the service.
    pub scope: Scope,
}

impl LocatedService {
    fn new(subject: &Subject, facts: &Facts) -> Self {
        LocatedService {
            service: subject.path().map(ToOwned::to_owned),
            base: facts.base_version().to_string(),
            base_tag: facts.base_tag().map(ToOwned::to_owned),
            distance: facts.distance,
            scope: facts.scope,
        }
    }

    /// Its name in messages.
    fn name(&self) -> &str {
        self.service.as_deref().unwrap_or("this repository")
    }
}

/// The version that is asked about.
struct Asked<'r> {
    version: ImageVersion<'r>,
    /// Those that it may be of.
    subjects: Vec<Subject>,
    /// What the answer takes it for, if that is not what it says.
    note: Option<String>,
}

/// A question about one version.
struct Search<'a> {
    version: ImageVersion<'a>,
    subjects: Vec<Subject>,
    first_parent: bool,
    checkout: &'a Checkout,
}

/// Finds the commit.
///
/// # Errors
/// No commit, or none that has this version.
pub fn locate(request: &Request, checkout: &Checkout) -> Result<Outcome<Answer>> {
    if let Some((commit, services)) = prerelease::find(request, checkout)? {
        return answer(request, commit, false, services, Vec::new(), checkout);
    }
    let Asked { version, subjects, note } = asked(request, checkout)?;
    let search = Search { version, subjects, first_parent: request.first_parent, checkout };
    let (commit, services) = match version.position {
        Some(position) => search.by_commit(position.commit)?,
        None => search.by_release()?,
    };
    let warnings = note.into_iter().chain(search.notes(commit, &services)?).collect();
    answer(request, commit, version.dirty, services, warnings, checkout)
}

/// The answer that it is `commit`.
fn answer(
    request: &Request,
    commit: CommitId,
    dirty: bool,
    services: Vec<LocatedService>,
    warnings: Vec<String>,
    checkout: &Checkout,
) -> Result<Outcome<Answer>> {
    let details = checkout.repository.details(commit)?;
    let answer = Answer {
        image_tag: request.image_tag.clone(),
        commit: commit.to_string(),
        author: details.author,
        email: details.email,
        date: SourceCommit::new(commit.to_string(), details.time).created(),
        subject: details.subject,
        dirty,
        services,
        warnings: warnings.clone(),
    };
    Ok(Outcome::of(answer, warnings))
}

fn asked<'r>(request: &'r Request, checkout: &Checkout) -> Result<Asked<'r>> {
    let image_tag = &request.image_tag;
    if let Some(tag) = described::whole_tag(image_tag) {
        return described::asked(tag, request, subjects(request, None, checkout)?, checkout);
    }
    let (repository, tag) = Reference::split(image_tag);
    let repository: Option<ImageRepository> = repository
        .map(str::parse)
        .transpose()
        .context(Kind::Input, || format!("{image_tag} is not a valid image reference"))?;
    let tag = tag.ok_or_else(|| {
        Error::new(Kind::Input, format!("{image_tag} has no tag")).hint(
            "a digest does not contain a version: give the image with its tag, e.g. team/api:1.0.9-0047-188f7a2",
        )
    })?;
    let Some(version) = ImageVersion::parse(tag) else {
        return Err(not_a_version(tag, &checkout.config()?.prereleases()));
    };
    Ok(Asked { version, subjects: subjects(request, repository.as_ref(), checkout)?, note: None })
}

fn not_a_version(tag: &str, known: &PreReleases) -> Error {
    let error = Error::new(
        Kind::Input,
        format!("'{tag}' is not a version that identifies a commit, such as X.Y.Z or X.Y.Z-DISTANCE-COMMIT"),
    );
    let unnamed = PreRelease::parse(tag);
    let setting = unnamed.map(|unnamed| {
        format!("{} in imgver.yaml makes such pre-releases versions", known.setting_with(&unnamed.identifier))
    });
    setting
        .into_iter()
        .fold(error, Error::hint)
    .hint("images that imgver built have the commit in their label org.opencontainers.image.revision: see docker inspect or docker buildx imagetools inspect")
}

type Found = (CommitId, Vec<LocatedService>);

impl Search<'_> {
    /// The one commit whose hash begins with `digits` and that has the sought version.
    fn by_commit(&self, digits: &str) -> Result<Found> {
        let commits = self.checkout.repository.commits_beginning(digits)?;
        let mut found = Vec::new();
        for commit in &commits {
            let mut services = self.services(*commit, self.first_parent)?;
            if services.is_empty() && self.version.maker != VersionMaker::Imgver {
                services = self.tied(*commit)?;
            }
            if !services.is_empty() {
                found.push((*commit, services));
            }
        }
        let text = self.version.text;
        match (commits.as_slice(), found.as_mut_slice()) {
            ([], _) => Err(self.no_commit(digits)),
            (_, [(commit, services)]) => Ok((*commit, std::mem::take(services))),
            (_, []) if self.checkout.is_bare() => Err(self.unknown_services()),
            ([only], _) => Err(self.mismatch(*only)?),
            (several, []) => Err(Error::new(
                Kind::Input,
                format!(
                    "{digits} is ambiguous, and none of these commits has the version {text}: {}",
                    listed(several)
                ),
            )
            .hint("compare them with git show")),
            (_, found) => {
                let several: Vec<CommitId> = found.iter().map(|(commit, _)| *commit).collect();
                let several = listed(&several);
                Err(Error::new(
                    Kind::Input,
                    format!("{digits} is ambiguous: these commits all have the version {text}: {several}"),
                )
                .hint("the image's label org.opencontainers.image.revision has the whole hash"))
            }
        }
    }

    /// The error in a bare repository, which only has versions of its own.
    fn unknown_services(&self) -> Error {
        let text = self.version.text;
        subject::no_work_tree(&format!(
            "{text} is no version of this repository as a whole, and it is unknown which services there are"
        ))
    }

    fn no_commit(&self, digits: &str) -> Error {
        let error = Error::new(Kind::Repository, format!("no commit in this clone begins with {digits}"));
        let error = if self.checkout.repository.is_shallow() {
            error.hint("this clone is shallow: git fetch --unshallow --tags gets the rest")
        } else {
            error.hint("git fetch --all --tags gets everything that the remotes have; the commit may have been on a branch that was deleted")
        };
        error.hint("it may be a commit in another repository")
    }

    /// The one commit that carries the sought release.
    fn by_release(&self) -> Result<Found> {
        let version = self.version.base;
        let mut commits: Vec<CommitId> = Vec::new();
        let mut tags = Vec::new();
        for subject in &self.subjects {
            for (tag, commit) in release_tags::tags_of(self.checkout, subject, version)? {
                tags.push(tag);
                commits.extend(commit);
            }
        }
        commits.sort_unstable();
        commits.dedup();
        match commits.as_slice() {
            [_] if may_lack_releases(&self.subjects, self.checkout) => Err(Error::new(
                Kind::Repository,
                format!(
                    "this clone is too shallow to tell which release {version} is meant: it may lack others"
                ),
            )
            .hint(git::UNSHALLOW)
            .hint(how_to_choose("or ", self.checkout))),
            [only] => {
                let services = self.services(*only, self.first_parent)?;
                if services.is_empty() { Err(self.mismatch(*only)?) } else { Ok((*only, services)) }
            }
            [] if self.checkout.is_bare() => Err(self.unknown_services()),
            [] => {
                let of = match self.subjects.as_slice() {
                    [only] => only.name(),
                    _ => "any service",
                };
                let error =
                    Error::new(Kind::Repository, format!("this clone has no release {version} of {of}"))
                        .hint("git fetch --tags gets missing tags")
                        .hint("imgver list shows every service's release");
                let proposal = formats::any_proposal(&self.subjects, self.checkout)?;
                Err(formats::hinted(error, proposal.as_ref()))
            }
            _ => {
                let tags = tags.join(" and ");
                Err(Error::new(Kind::Input, format!("{version} is ambiguous: it matches {tags}"))
                    .hint(how_to_choose("", self.checkout)))
            }
        }
    }

    /// The subjects that have the sought version at `commit`: as the configuration counts, or else as it does not, since a team
    /// may have changed its mind.
    fn services(&self, commit: CommitId, first_parent: bool) -> Result<Vec<LocatedService>> {
        let mut failure = None;
        for (at, scope) in self.scopes()?.into_iter().enumerate() {
            match self.services_by(scope, commit, first_parent) {
                Ok(found) if found.is_empty() => {}
                Err(error) if at == 0 => failure = Some(error),
                // Nobody may have made versions like that here.
                Err(_) => {}
                found => return found,
            }
        }
        failure.map_or(Ok(Vec::new()), Err)
    }

    fn services_by(&self, scope: Scope, commit: CommitId, first_parent: bool) -> Result<Vec<LocatedService>> {
        let facts = self.facts(scope, commit, first_parent, |_| true)?;
        let of_version = self.subjects.iter().zip(&facts).filter(|(_, facts)| self.is_version_of(facts));
        Ok(of_version.map(|(subject, facts)| LocatedService::new(subject, facts)).collect())
    }

    /// What the distance of the sought version may count, likely first.
    fn scopes(&self) -> Result<Vec<Scope>> {
        let configured = facts::scope(None, self.checkout)?;
        let has_services = self.subjects.iter().any(|subject| subject.service.is_some());
        let is_possible = |scope: &Scope| match scope {
            Scope::Repository => true,
            // git describe counts all commits.
            Scope::Service => has_services && self.version.maker != VersionMaker::GitDescribe,
        };
        let other = match configured {
            Scope::Repository => Scope::Service,
            Scope::Service => Scope::Repository,
        };
        Ok([configured, other].into_iter().filter(is_possible).collect())
    }

    /// The facts of all subjects as `scope` counts.
    fn facts(
        &self,
        scope: Scope,
        commit: CommitId,
        first_parent: bool,
        counts: impl Fn(Version) -> bool,
    ) -> Result<Vec<Facts>> {
        facts_of(&self.subjects, scope, commit, first_parent, counts, self.checkout)
    }

    /// Whether the sought version follows from `facts`, in any of its forms.
    fn is_version_of(&self, facts: &Facts) -> bool {
        let is_named = match self.version.position {
            None => facts.is_release,
            // By service, a commit that touches nothing has the version of one before it.
            Some(_) => facts.named == facts.commit,
        };
        if !is_named {
            return false;
        }
        let base = facts.base_version();
        let planned = [Bump::Patch, Bump::Minor].into_iter().filter_map(|bump| base.bumped(bump));
        let planned = planned.filter(|_| self.version.may_be_planned());
        [base].into_iter().chain(planned).any(|base| self.version.counts(base, facts.distance))
    }
}

/// The facts of all `subjects` as `scope` counts; the repository as a whole, which comes last, has all commits.
fn facts_of(
    subjects: &[Subject],
    scope: Scope,
    commit: CommitId,
    first_parent: bool,
    counts: impl Fn(Version) -> bool,
    checkout: &Checkout,
) -> Result<Vec<Facts>> {
    let is_service = |subject: &Subject| subject.service.is_some();
    let (services, whole) = subjects.split_at(subjects.partition_point(is_service));
    let mut facts = Vec::with_capacity(subjects.len());
    for (subjects, scope) in [(services, scope), (whole, Scope::Repository)] {
        let history = HistoryRequest {
            rev: Rev::Commit(commit),
            first_parent,
            scope: Some(scope),
            last_change: false,
            dirty: false,
        };
        if !subjects.is_empty() {
            facts.extend(facts::counting(&counts, checkout, subjects, &history)?);
        }
    }
    Ok(facts)
}

/// How to say which of several releases is meant; in a bare repository, they differ in the `v` before them.
fn how_to_choose(or: &str, checkout: &Checkout) -> String {
    match checkout.is_bare() {
        false => format!("{or}give the image with its repository, or the service: --service SERVICE"),
        true => format!("{or}give the format of its tag: --tag-format 'v{{version}}' or '{{version}}'"),
    }
}

/// Whether there may be a release of the same version that this clone lacks: a shallow clone has no tags of commits that it
/// lacks. One subject with one spelling of its tags has one release of a version.
fn may_lack_releases(subjects: &[Subject], checkout: &Checkout) -> bool {
    let spellings = subjects.iter().flat_map(|subject| &subject.patterns);
    spellings.count() > 1 && checkout.repository.is_shallow()
}

fn listed(commits: &[CommitId]) -> String {
    commits.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The first few of many.
fn first_few(texts: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = texts.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match texts.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}
