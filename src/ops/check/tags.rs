//! What `imgver check` reads about tags and history.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::super::formats;
use super::super::release_tags;
use super::super::subject::Subject;
use crate::check::{HistoryState, Inversion, MalformedTag, TagFacts, UnreadTags};
use crate::domain::{TagFormat, TagFormats as Formats, TagPattern, TagSpellings, Version};
use crate::error::Result;
use crate::history::Standing;
use crate::history::git::{BrokenTag, Repository};

/// What is asked about tags.
#[derive(Default)]
pub(super) struct TagQuestions {
    /// Whether the request, the configuration or a workflow sets a tag format.
    pub(super) is_format_given: bool,
    /// The formats of the configuration, if they count.
    pub(super) configured: Option<Formats>,
    /// Whether only first-parent history counts.
    pub(super) first_parent: bool,
}

/// Facts about tags and history.
#[derive(Default)]
pub(super) struct HistoryReader {
    asked: TagQuestions,
    /// Release tags, each with the position of its service.
    pub(super) releases: Vec<(usize, String)>,
    /// What is wrong with tags.
    pub(super) tags: TagFacts,
}

impl HistoryReader {
    /// What there is to say about the tags of `subjects`. What cannot be read is one of the facts.
    pub(super) fn read(repository: &Repository, subjects: &[Subject], asked: TagQuestions) -> Self {
        let mut history = HistoryReader { asked, ..HistoryReader::unread(repository) };
        for read in [HistoryReader::read_malformed, HistoryReader::read_releases, HistoryReader::read_unread]
        {
            if let Err(error) = read(&mut history, repository, subjects) {
                history.tags.state.unreadable.push(error.to_string());
            }
        }
        history
    }

    /// What is known without any tag.
    pub(super) fn unread(repository: &Repository) -> Self {
        let state = HistoryState { is_shallow: repository.is_shallow(), ..HistoryState::default() };
        HistoryReader { tags: TagFacts { state, ..TagFacts::default() }, ..HistoryReader::default() }
    }

    /// How many release tags there are: one that releases several services is one.
    pub(super) fn count(&self) -> usize {
        self.releases.iter().map(|(_, tag)| tag).collect::<HashSet<_>>().len()
    }

    fn read_malformed(&mut self, repository: &Repository, subjects: &[Subject]) -> Result<()> {
        let mut patterns: HashMap<&str, Vec<(&str, &TagPattern)>> = HashMap::new();
        for subject in subjects {
            for pattern in &subject.patterns {
                patterns.entry(pattern.prefix()).or_default().push((subject.key(), pattern));
            }
        }
        let found = repository.tags("", |tag, found| found.extend(MalformedTag::find(tag, &patterns)))?;
        let names = formats::tag_names(repository)?;
        let spellings = TagSpellings::new(subjects.iter().map(Subject::key));
        let survey = spellings.survey(names.iter().map(String::as_str));
        let other_format = |tag: &str| spellings.of(tag).map(|spelling| spelling.format);
        // One that was made good is no fault any more.
        let is_open =
            |tag: &MalformedTag| tag.intended_tag().is_none_or(|intended| !names.contains(&intended));
        let malformed = found
            .iter()
            .map(|(tag, malformed, _)| MalformedTag { other_format: other_format(tag), ..malformed.clone() });
        self.tags.malformed = malformed.filter(is_open).collect();
        if !self.asked.is_format_given {
            let proposals = (0..subjects.len()).filter_map(|service| survey.proposal(Some(service)));
            self.tags.other_formats = proposals.collect();
            self.tags.other_formats.sort_unstable();
            self.tags.other_formats.dedup_by(|a, b| a.format == b.format);
        }
        Ok(())
    }

    /// Compares the tags that are no releases with the formats of the configuration.
    fn read_unread(&mut self, repository: &Repository, subjects: &[Subject]) -> Result<()> {
        let Some(formats) = &self.asked.configured else { return Ok(()) };
        let names = formats::tag_names(repository)?;
        let read: HashSet<&str> = self.releases.iter().map(|(_, tag)| &**tag).collect();
        let others = names.iter().map(String::as_str).filter(|tag| !read.contains(tag));
        let spellings = TagSpellings::new(subjects.iter().map(Subject::key));
        let survey = spellings.survey(others);
        let is_unused = |format: &TagFormat| {
            let patterns: Vec<TagPattern> =
                subjects.iter().map(|subject| format.pattern(subject.key())).collect();
            let fits = |(service, tag): &(usize, String)| {
                patterns.get(*service).is_some_and(|pattern| pattern.version_of(tag).is_some())
            };
            // Services that are gone leave tags behind.
            !self.releases.iter().any(fits) && !format.fits_any(names.iter().map(String::as_str))
        };
        let unused = formats.iter().enumerate().filter(|(_, format)| is_unused(format));
        let unused: Vec<usize> = unused.map(|(position, _)| position).collect();
        let mut highest: HashMap<usize, Version> = HashMap::new();
        for (service, tag) in &self.releases {
            let patterns = subjects.get(*service).map(|subject| &*subject.patterns).unwrap_or_default();
            let Some(version) = patterns.iter().find_map(|pattern| pattern.version_of(tag)) else { continue };
            let known = highest.entry(*service).or_insert(version);
            *known = version.max(*known);
        }
        let unread = UnreadTags::of(survey.by_service(), &highest, unused, formats.iter().count());
        // One finding is enough.
        let is_reported = |tag: &MalformedTag| {
            tag.other_format
                .as_ref()
                .is_some_and(|format| unread.formats.iter().any(|of| of.format == *format))
        };
        self.tags.malformed.retain(|tag| !is_reported(tag));
        self.tags.unread = unread;
        Ok(())
    }

    fn read_releases(&mut self, repository: &Repository, subjects: &[Subject]) -> Result<()> {
        let mut tags = release_tags::release_tags(repository, subjects)?;
        let broken = repository.broken_tags(&tags, |_, _| true)?;
        tags.ignore(broken);
        let broken: BTreeSet<&BrokenTag> = tags.broken().map(|(tag, _)| tag).collect();
        let parts = |tag: &BrokenTag| (tag.name.clone(), tag.why.clone(), tag.removal.clone());
        self.tags.broken = broken.into_iter().map(parts).collect();
        let releases = tags.iter().map(|(tag, (service, _), _)| (*service, tag.to_owned()));
        self.releases = releases.collect();
        self.releases.sort_unstable();
        let no_commits = repository.tags_of_no_commit(&tags)?;
        self.tags.not_commits = no_commits.into_iter().map(|(tag, _, kind)| (tag.to_owned(), kind)).collect();
        // Without a commit, nothing has a version yet.
        let standings = match repository.head() {
            Ok(head) => repository.standings(
                head,
                subjects.len(),
                &tags,
                release_tags::release,
                self.asked.first_parent,
            )?,
            Err(_) => Vec::new(),
        };
        let name = |service: usize| subjects.get(service).map_or("", Subject::key).to_owned();
        let unknown = standings.iter().enumerate().filter(|(_, standing)| **standing == Standing::Shallow);
        self.tags.state.unknown = unknown.map(|(service, _)| name(service)).collect();
        let precedence = repository.precedence(subjects.len(), &tags, release_tags::release)?;
        let is_base = |service: usize, tag: &str| matches!(standings.get(service), Some(Standing::On { release, .. }) if release.tag == tag);
        let inversions = precedence.inversions.iter().map(|(release, above)| Inversion {
            service: name(release.service),
            tag: release.tag.to_owned(),
            above: above.tag.to_owned(),
            is_base: is_base(release.service, release.tag),
        });
        self.tags.inversions = inversions.collect();
        let tags_of = |several: &Vec<crate::history::Release<'_>>| -> Vec<String> {
            several.iter().map(|release| release.tag.to_owned()).collect()
        };
        self.tags.together = precedence.together.iter().map(tags_of).collect();
        Ok(())
    }
}
