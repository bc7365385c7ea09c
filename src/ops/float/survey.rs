//! What is to be done about floating tags, by what a remote and registries say at one time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{FloatingService, Floats, THIS_CLONE};
use crate::display::shell_word;
use crate::domain::{
    Digest, Floating, ImageRepository, ImageTag, Reference, ReleaseLines, TagPattern, Version,
};
use crate::registry::{Registries, RegistryError};

/// A floating tag that does not name the image of its release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The tag.
    pub reference: Reference,
    /// The release that it belongs to.
    pub release: Version,
    /// That release's image.
    pub digest: Digest,
}

/// What is to be done, by what remote and registries say at one time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    /// The tags to set.
    pub moves: Vec<Move>,
    /// How many tags are right as they are.
    pub right: usize,
    /// Warnings about releases and tags that nothing can be done about.
    pub warnings: Vec<String>,
    /// By repository, what it does not answer. Nothing is known of its tags. It never reads as an image that is not there.
    pub failures: Vec<(ImageRepository, RegistryError)>,
}

/// What remote and registries say now: `tags` are all tags of the remote.
///
/// Of each line of releases, the highest is asked about first, then more and more below it.
pub fn survey(floats: &Floats, tags: &BTreeSet<String>, registries: &Registries) -> Survey {
    let mut asked: Vec<Asked<'_>> =
        floats.services.iter().flat_map(|service| Asked::all(service, &floats.kinds, tags)).collect();
    let floating_tags = |(at, asked): (usize, &Asked<'_>)| -> Vec<(usize, Reference)> {
        asked.lines.tags().map(|tag| (at, asked.reference(tag.clone()))).collect()
    };
    // These are asked about together with the first releases.
    let mut floating: Vec<(usize, Reference)> = asked.iter().enumerate().flat_map(floating_tags).collect();
    let (mut present, mut width) = (BTreeMap::new(), 1);
    loop {
        let answering = asked.iter().enumerate().filter(|(_, asked)| asked.failure.is_none());
        let open = answering.flat_map(|(at, asked)| {
            let open = asked.lines.open(width).into_iter();
            open.map(move |release| (at, release, asked.reference(release.into())))
        });
        let open: Vec<(usize, Version, Reference)> = open.collect();
        if open.is_empty() && floating.is_empty() {
            return Survey::of(floats, tags, &asked, &present);
        }
        let releases = open.iter().map(|(_, _, reference)| reference);
        let floating_references = floating.iter().map(|(_, reference)| reference);
        let references: Vec<Reference> = releases.chain(floating_references).cloned().collect();
        let mut answers = registries.digests(&references).into_iter();
        for ((at, release, _), answer) in open.iter().zip(answers.by_ref()) {
            let Some(asked) = asked.get_mut(*at) else { continue };
            match answer {
                Ok(image) => asked.lines.note(*release, image),
                Err(error) => asked.fail(error),
            }
        }
        for ((at, reference), answer) in floating.drain(..).zip(answers) {
            match answer {
                Ok(digest) => present.extend(digest.map(|digest| (reference, digest))),
                Err(error) => asked.get_mut(at).into_iter().for_each(|asked| asked.fail(error.clone())),
            }
        }
        width *= 2;
    }
}

/// The releases of one service in one repository.
struct Asked<'f> {
    service: &'f FloatingService,
    repository: &'f ImageRepository,
    lines: ReleaseLines,
    /// The first question that its registry did not answer.
    failure: Option<RegistryError>,
}

impl<'f> Asked<'f> {
    fn all(
        service: &'f FloatingService,
        kinds: &[Floating],
        tags: &BTreeSet<String>,
    ) -> impl Iterator<Item = Asked<'f>> {
        let lines = ReleaseLines::new(kinds, releases(&service.patterns, tags));
        let of = move |repository| Asked { service, repository, lines: lines.clone(), failure: None };
        service.repositories.iter().map(of)
    }

    fn reference(&self, tag: ImageTag) -> Reference {
        Reference { repository: self.repository.clone(), tag }
    }

    fn fail(&mut self, error: RegistryError) {
        self.failure.get_or_insert(error);
    }
}

/// The releases among `tags`.
fn releases(patterns: &[TagPattern], tags: &BTreeSet<String>) -> impl Iterator<Item = Version> {
    tags.iter().filter_map(|tag| patterns.iter().find_map(|pattern| pattern.version_of(tag)))
}

impl Survey {
    /// What is to be done where `present` are the floating tags that there are.
    fn of(
        floats: &Floats,
        tags: &BTreeSet<String>,
        asked: &[Asked<'_>],
        present: &BTreeMap<Reference, Digest>,
    ) -> Self {
        let behind = floats.services.iter().filter_map(|service| behind(service, &floats.remote, tags));
        let mut survey = Survey { warnings: behind.collect(), ..Survey::default() };
        for asked in asked {
            match &asked.failure {
                Some(error) => survey.failures.push((asked.repository.clone(), error.clone())),
                None => survey.add(asked, present),
            }
        }
        survey
    }

    /// What is to be done in a repository that has answered.
    fn add(&mut self, asked: &Asked<'_>, present: &BTreeMap<Reference, Digest>) {
        for (tag, target) in asked.lines.targets() {
            let reference = asked.reference(tag.clone());
            let is_there = present.get(&reference);
            match target {
                Some((release, digest)) if is_there != Some(digest) => {
                    self.moves.push(Move { reference, release, digest: digest.clone() });
                }
                Some(_) => self.right += 1,
                None => self.warnings.extend(is_there.map(|digest| {
                    format!("{reference} stays at {digest}: no release that it could move to has an image")
                })),
            }
        }
        let mut targets = asked.lines.targets().map(|(_, target)| target).peekable();
        if targets.peek().is_some() && targets.all(|target| target.is_none()) {
            let Asked { service, repository, .. } = asked;
            self.warnings.push(format!(
                "{}: none of its releases has an image in {repository}, so no tag moves there",
                service.service
            ));
        }
    }

    /// Why there is nothing to set.
    pub fn nothing(&self) -> String {
        match self.right {
            0 => "nothing to set: no release with an image has floating tags".to_owned(),
            1 => "nothing to set: the one floating tag names the image of its release".to_owned(),
            right => format!("nothing to set: all {right} floating tags name the images of their releases"),
        }
    }
}

/// The warning where this clone has a higher release than the `remote`, which has `tags`: tags move as if it did not exist.
fn behind(service: &FloatingService, remote: &str, tags: &BTreeSet<String>) -> Option<String> {
    let (here, tag) = service.highest_here.as_ref().filter(|_| remote != THIS_CLONE)?;
    let there = releases(&service.patterns, tags).max();
    if there.is_some_and(|there| there >= *here) {
        return None;
    }
    let (name, push) = (&service.service, shell_word(tag));
    let there = there.map_or("no release of it".to_owned(), |there| format!("{there} at most"));
    Some(format!(
        "{name}: this clone has the release tag {tag}, and the remote {remote}, whose tags count, has {there} (git push {remote} {push}, or choose another remote: git config remote.pushDefault NAME)"
    ))
}

/// `REPOSITORY:1.2 -> 1.2.4 (sha256:…)`
impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} ({})", self.reference, self.release, self.digest)
    }
}
