//! `imgver locate`: the commit behind an image's tag, verified by working its version out anew.

use serde::Serialize;

use super::answer::{Answer, json};
use super::args::{LocateArgs, NextArg, Output, VersioningArgs};
use super::gather::{self, Facts, Question};
use super::image::taskfile_image;
use super::subject::{self, All, Subject};
use super::{Place, Reply};
use crate::build::Commit;
use crate::display::on_one_line;
use crate::domain::{ImageRepository, ImageVersion, Reference, Version};
use crate::error::{Context as _, Error, Kind, Result};
use crate::history::git::CommitId;
use crate::workspace::taskfile::ImageRepo;
use crate::world::World;

/// What is behind a tag.
#[derive(Debug, Serialize)]
struct Located {
    /// What was asked.
    image_tag: String,
    /// The commit's full hash.
    commit: String,
    author: String,
    email: String,
    /// When it was committed (RFC 3339, UTC).
    date: String,
    subject: String,
    /// Whether the image has uncommitted changes besides.
    dirty: bool,
    /// The services that have this version at the commit.
    services: Vec<Standing>,
    warnings: Vec<String>,
}

/// Where the commit stands for a service.
#[derive(Debug, Serialize)]
struct Standing {
    /// The service's path; null at repository level.
    service: Option<String>,
    base: String,
    /// The base release's tag; null where there is none.
    base_tag: Option<String>,
    distance: u64,
}

/// A question about one version.
struct Search<'a> {
    version: ImageVersion<'a>,
    subjects: Vec<Subject>,
    first_parent: bool,
    place: &'a Place,
}

pub(super) fn locate(args: &LocateArgs, place: &Place, world: &World<'_>) -> Result<Reply> {
    let (repository, tag) = Reference::split(&args.image_tag);
    let repository: Option<ImageRepository> = repository
        .map(str::parse)
        .transpose()
        .context(Kind::Input, || format!("{} names no image", args.image_tag))?;
    let tag = tag.ok_or_else(|| {
        Error::new(Kind::Input, format!("{} names no tag", args.image_tag))
            .hint("a digest tells no version: name the image with its tag, e.g. team/api:1.0.9-0047-188f7a2")
    })?;
    let version = ImageVersion::parse(tag).ok_or_else(|| not_ours(tag))?;
    let subjects = subjects(args, repository.as_ref(), place, world)?;
    let search = Search { version, subjects, first_parent: args.first_parent, place };
    let (commit, standings) = match version.position {
        Some((_, digits)) => search.by_commit(digits)?,
        None => search.by_release()?,
    };
    let details = place.repository.details(commit)?;
    let mut warnings = Vec::new();
    if version.dirty {
        warnings.push(
            "the image was built with uncommitted changes: the commit is not all that is in it".to_owned(),
        );
    }
    let located = Located {
        image_tag: args.image_tag.clone(),
        commit: commit.to_string(),
        author: details.author,
        email: details.email,
        date: Commit::new(commit.to_string(), details.time).created(),
        subject: details.subject,
        dirty: version.dirty,
        services: standings,
        warnings,
    };
    let stdout = match args.output.output {
        Output::Json => json(&located)?,
        Output::Text => text(&located),
    };
    Ok(Reply { stdout: stdout.into_bytes(), warnings: located.warnings, ..Reply::default() })
}

fn not_ours(tag: &str) -> Error {
    Error::new(Kind::Input, format!("'{tag}' is no version that tells a commit: X.Y.Z or X.Y.Z-DISTANCE-COMMIT does"))
        .hint("an image that imgver has built has its commit in the label org.opencontainers.image.revision: docker buildx imagetools inspect, or docker inspect")
}

/// The services that may have made the image.
fn subjects(
    args: &LocateArgs,
    repository: Option<&ImageRepository>,
    place: &Place,
    world: &World<'_>,
) -> Result<Vec<Subject>> {
    if args.service.is_some() {
        return Ok(vec![subject::one(args.service.as_deref(), None, &args.tags, place, world)?]);
    }
    let Some(repository) = repository else {
        return subject::here_or_any(&args.tags, place, world);
    };
    let All { subjects, .. } = subject::all(&args.tags, place, world)?;
    let images: Vec<&str> = subjects.iter().filter_map(image_text).collect();
    let unknown = || {
        let near = crate::domain::nearest(repository.as_str(), images.iter().copied());
        let error =
            Error::new(Kind::Input, format!("no service of this repository makes the image {repository}"));
        let error =
            if near.is_empty() { error } else { error.hint(format!("did you mean {}?", near.join(" or "))) };
        error.hint(
            "imgver list shows every service's image; --service SERVICE asks for one whatever its image is",
        )
    };
    let is_made_by = |subject: &Subject| {
        let image = subject.service.as_ref().map(taskfile_image);
        image.and_then(Result::ok).is_some_and(|image| image.in_full() == repository.in_full())
    };
    let is_computed = |subject: &Subject| {
        subject.service.as_ref().is_some_and(|service| matches!(service.image, ImageRepo::Computed { .. }))
    };
    let error = unknown();
    let (makers, others): (Vec<Subject>, Vec<Subject>) = subjects.into_iter().partition(is_made_by);
    // Only Task knows the image of some services, and it may be this one.
    let candidates =
        if makers.is_empty() { others.into_iter().filter(is_computed).collect() } else { makers };
    if candidates.is_empty() { Err(error) } else { Ok(candidates) }
}

/// The image repository of a service, where it is written down.
fn image_text(subject: &Subject) -> Option<&str> {
    match &subject.service.as_ref()?.image {
        ImageRepo::Plain { text, .. } => Some(text),
        ImageRepo::Computed { .. } => None,
    }
}

type Found = (CommitId, Vec<Standing>);

impl Search<'_> {
    /// The one commit whose hash begins with `digits` and whose version is the one that is sought.
    fn by_commit(&self, digits: &str) -> Result<Found> {
        let repository = &self.place.repository;
        let commits = repository.commits_beginning(digits)?;
        if commits.is_empty() {
            let error = Error::new(Kind::Repository, format!("no commit of this clone begins with {digits}"));
            let error = if repository.is_shallow() {
                error.hint("this clone is shallow: git fetch --unshallow --tags brings the rest")
            } else {
                error.hint("git fetch --all --tags brings what is on a remote; a branch that was deleted may have had it")
            };
            return Err(error.hint("it may be a commit of another repository"));
        }
        let mut found = Vec::new();
        for commit in &commits {
            let standings = self.standings(*commit, self.first_parent)?;
            if !standings.is_empty() {
                found.push((*commit, standings));
            }
        }
        match (found.len(), commits.as_slice()) {
            (1, _) => found.pop().ok_or_else(|| Error::new(Kind::Unexpected, "what was found is lost")),
            (0, [only]) => Err(self.does_not_follow(*only)?),
            (0, several) => Err(Error::new(
                Kind::Input,
                format!(
                    "{digits} is ambiguous, and {} follows from none: {}",
                    self.version.text,
                    listed(several)
                ),
            )
            .hint("git show tells them apart")),
            (..) => {
                let several: Vec<CommitId> = found.iter().map(|(commit, _)| *commit).collect();
                Err(Error::new(
                    Kind::Input,
                    format!("{digits} is ambiguous: {} follows from {}", self.version.text, listed(&several)),
                )
                .hint("the image's label org.opencontainers.image.revision has the whole hash"))
            }
        }
    }

    /// The one commit that carries the release that is sought.
    fn by_release(&self) -> Result<Found> {
        let version = self.version.base;
        let mut commits: Vec<CommitId> = Vec::new();
        let mut tags = Vec::new();
        for subject in &self.subjects {
            for (tag, commit) in gather::tags_of(self.place, subject, version)? {
                tags.push(tag);
                commits.extend(commit);
            }
        }
        commits.sort_unstable();
        commits.dedup();
        match commits.as_slice() {
            [only] => {
                let standings = self.standings(*only, self.first_parent)?;
                if standings.is_empty() { Err(self.does_not_follow(*only)?) } else { Ok((*only, standings)) }
            }
            [] => {
                let error = match self.subjects.as_slice() {
                    [only] => format!("this clone has no release {version} of {}", only.name()),
                    _ => format!("this clone has no release {version} of any service"),
                };
                Err(Error::new(Kind::Repository, error)
                    .hint("git fetch --tags brings tags that this clone lacks")
                    .hint("imgver list shows every service's release"))
            }
            _ => {
                Err(Error::new(Kind::Input, format!("{version} is ambiguous: {} are it", tags.join(" and ")))
                    .hint("name the image with its repository, or the service: --service SERVICE"))
            }
        }
    }

    /// Where `commit` stands for those subjects whose version there is the one that is sought.
    fn standings(&self, commit: CommitId, first_parent: bool) -> Result<Vec<Standing>> {
        let facts = self.facts(commit, first_parent, None)?;
        let mut standings = Vec::new();
        for (subject, facts) in self.subjects.iter().zip(&facts) {
            if self.is_version_of(subject, facts)? {
                standings.push(Standing {
                    service: subject.service.as_ref().map(|service| service.path.clone()),
                    base: facts
                        .base
                        .as_ref()
                        .map_or(Version::ZERO.to_string(), |base| base.version.to_string()),
                    base_tag: facts.base.as_ref().map(|base| base.tag.clone()),
                    distance: facts.distance,
                });
            }
        }
        Ok(standings)
    }

    fn facts(&self, commit: CommitId, first_parent: bool, only: Option<Version>) -> Result<Vec<Facts>> {
        let rev = commit.to_string();
        let question = Question { rev: Some(&rev), first_parent, dirty: false, only };
        gather::facts(self.place, &self.subjects, &question)
    }

    /// Whether the version that is sought follows from `facts`, in any of its forms.
    fn is_version_of(&self, subject: &Subject, facts: &Facts) -> Result<bool> {
        let Some((_, digits)) = self.version.position else {
            let is_released = facts.base.as_ref().filter(|_| facts.distance == 0);
            return Ok(is_released.is_some_and(|base| base.version == self.version.base));
        };
        for next in [None, Some(NextArg::Patch), Some(NextArg::Minor)] {
            if self.extended(subject, facts, digits, next)? == self.version.text {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn extended(
        &self,
        subject: &Subject,
        facts: &Facts,
        digits: &str,
        next: Option<NextArg>,
    ) -> Result<String> {
        // No hash is longer than 64 digits.
        let abbrev = digits.len() as u8;
        let args = VersioningArgs { first_parent: self.first_parent, abbrev, next };
        Ok(Answer::new(subject, facts, &args)?.extended)
    }

    /// What to say where the clone has the commit, and the version is not its.
    fn does_not_follow(&self, commit: CommitId) -> Result<Error> {
        let digits = self.version.position.map_or("", |(_, digits)| digits);
        let abbrev = digits.len().max(7);
        let shown = commit.abbreviated(abbrev);
        let facts = self.facts(commit, self.first_parent, None)?;
        let mut versions = Vec::new();
        for (subject, facts) in self.subjects.iter().zip(&facts) {
            let version = self.extended(subject, facts, &shown, None)?;
            versions.push(format!("{version} for {}", subject.name()));
        }
        let text = self.version.text;
        let mut error = Error::new(
            Kind::VersionRule,
            format!(
                "{shown} is a commit of this clone, but {text} does not follow from it: its version is {}",
                some(&versions)
            ),
        );
        if !self.standings(commit, !self.first_parent)?.is_empty() {
            let flag = if self.first_parent { "without --first-parent" } else { "with --first-parent" };
            error = error.hint(format!("it follows {flag}"));
        }
        error = match self.before_later_tags(commit, &facts)? {
            Some(later) => error.hint(format!("it followed until {later} was tagged")),
            None => error.hint(
                "tags may have been set, moved or deleted since, or not been fetched: git fetch --tags",
            ),
        };
        Ok(error.hint("the commit itself: git show ".to_owned() + &shown))
    }

    /// The release tag without which the version would follow from `commit`, if that is so.
    fn before_later_tags(&self, commit: CommitId, now: &[Facts]) -> Result<Option<String>> {
        let then = self.facts(commit, self.first_parent, Some(self.version.base))?;
        for ((subject, then), now) in self.subjects.iter().zip(&then).zip(now) {
            if then.base.is_some() && self.is_version_of(subject, then)? {
                return Ok(now.base.as_ref().map(|base| base.tag.clone()));
            }
        }
        Ok(None)
    }
}

fn listed(commits: &[CommitId]) -> String {
    commits.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The first few of many.
fn some(texts: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = texts.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match texts.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}, and so on for {more} more"),
    }
}

fn text(located: &Located) -> String {
    let Located { commit, author, email, date, subject, .. } = located;
    let mut lines = vec![
        ("commit", commit.clone()),
        ("author", format!("{author} <{email}>")),
        ("date", date.clone()),
        ("subject", subject.clone()),
    ];
    for standing in &located.services {
        let service = standing.service.as_deref().unwrap_or("the repository as a whole");
        lines.push(("service", service.to_owned()));
        lines.push((
            "release",
            standing.base_tag.clone().unwrap_or_else(|| "none: counted from 0.0.0".to_owned()),
        ));
        lines.push(("distance", standing.distance.to_string()));
    }
    lines.iter().map(|(name, value)| format!("{name:<9} {}\n", on_one_line(value))).collect()
}
