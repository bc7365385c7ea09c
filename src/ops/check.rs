//! `imgver check`: problems in the repository's imgver setup.

use std::collections::{BTreeSet, HashMap, HashSet};

use std::path::PathBuf;

use super::facts;
use super::formats;
use super::subject::{self, RequestedFormat, Subject};
use super::{Checkout, Outcome};
use crate::check::{
    self, CheckedService, CheckedTaskfile, Finding, Flows, HistoryState, Inversion, MalformedTag, Setup,
    Source, TagFacts, TagFormats,
};
use crate::ci::github::{self, WORKFLOWS};
use crate::domain::{TagPattern, TagSpellings};
use crate::error::{Context as _, Kind, Result};
use crate::files;
use crate::filters::{DEFAULT_FILE, Quantifier};
use crate::history::Standing;
use crate::history::git::{BrokenTag, Repository};
use crate::workspace::includes::{dotenv_sets, layout, seen_from};
use crate::workspace::taskfile::{self, directory_of};
use crate::workspace::{Services, Workspace};

/// Settings that override those found in the repository's workflows.
#[derive(Debug, Clone)]
pub struct Request {
    /// The filter file, as seen from the current directory; none means the one that workflows use, or the default.
    pub filters: Option<PathBuf>,
    /// How to combine the rules of a filter; none means as in workflows.
    pub quantifier: Option<Quantifier>,
    /// The format of release tags; none means the one in workflows.
    pub tag_format: Option<RequestedFormat>,
}

/// The findings, and how much was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Sorted by place and rule.
    pub findings: Vec<Finding>,
    /// How many services there are.
    pub services: usize,
    /// The filter file, if there is one.
    pub filters: Option<String>,
    /// How many workflows call imgver.
    pub workflows: usize,
    /// How many release tags there are.
    pub releases: usize,
}

/// Checks workflows, Taskfiles, filters, tags and history.
///
/// # Errors
/// There is no work tree, or a file that the request names cannot be read. Any other file that cannot be read is a finding.
pub fn check(request: &Request, checkout: &Checkout) -> Result<Outcome<Answer>> {
    let Services { services: found, malformed, unnameable } = subject::services(checkout)?;
    let workspace = subject::workspace(checkout)?;
    let tracked = checkout.repository.tracked_files(|_| true)?;
    let (flows, taskfiles, dotenv) = flows(&workspace, &tracked);
    let formats = match &request.tag_format {
        Some(requested) => TagFormats::given(requested.formats.clone()),
        None => TagFormats::of(&flows),
    };
    let format = formats.common.clone().unwrap_or_default();
    let subjects = subject::with_formats(&found, &format);
    let checked = |service| CheckedService::new(service, &format);
    let services: Vec<CheckedService<'_>> = found.iter().map(checked).collect();
    let filters = filters(request, &flows, &workspace, checkout)?;
    let history = HistoryReader::read(
        &checkout.repository,
        &subjects,
        format.of_repository().next().is_none(),
        formats.is_set(),
    );
    let setup = Setup {
        services: &services,
        unreadable: &malformed,
        unnameable: &unnameable,
        taskfiles: &taskfiles,
        dotenv: &dotenv,
        filters: filters.as_ref(),
        formats: &formats,
        quantifier: quantifier(request, &flows),
        flows: &flows,
        files: &tracked,
        releases: &history.releases,
        tags: &history.tags,
    };
    let answer = Answer {
        findings: check::findings(&setup),
        services: services.len(),
        workflows: flows.count(),
        releases: history.count(),
        filters: filters.map(|source| source.file),
    };
    Ok(Outcome::of(answer, Vec::new()))
}

/// What workflows do, the Taskfiles, and the tracked files with IMAGE_REPO that they name as `dotenv`.
fn flows(workspace: &Workspace<'_>, tracked: &[String]) -> (Flows, Vec<CheckedTaskfile>, Vec<String>) {
    let [workflows, actions] = [is_workflow, is_action].map(|select| sources(workspace, tracked, select));
    let flows = Flows::read(&workflows, &actions);
    let (taskfiles, dotenv) = taskfiles(workspace, tracked, flows.taskfiles());
    (flows.with_tasks(&taskfiles, tracked), taskfiles, dotenv)
}

/// Whether GitHub treats `file` as a workflow.
fn is_workflow(file: &str) -> bool {
    file.rsplit_once('/').is_some_and(|(directory, name)| directory == WORKFLOWS && github::is_workflow(name))
}

/// Whether `file` has the name of an action's metadata file.
fn is_action(file: &str) -> bool {
    matches!(file.rsplit('/').next(), Some("action.yaml" | "action.yml"))
}

/// The tracked files that `select` matches, without deleted ones.
fn sources(workspace: &Workspace<'_>, tracked: &[String], select: fn(&str) -> bool) -> Vec<Source> {
    let selected = tracked.iter().filter(|file| select(file));
    selected.filter_map(|file| source(workspace, file)).collect()
}

/// A file of the repository; none if there is none.
fn source(workspace: &Workspace<'_>, file: &str) -> Option<Source> {
    as_source(file, workspace.read_file(file))
}

/// What was `read` of `file`; none if there is none.
fn as_source<E: ToString>(file: &str, read: std::result::Result<Option<Vec<u8>>, E>) -> Option<Source> {
    let text = match read {
        Ok(None) => return None,
        Ok(Some(bytes)) => String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    Some(Source { file: file.to_owned(), text })
}

/// The tracked Taskfiles, the `named` ones among them, and those that they include; and the tracked files with IMAGE_REPO that
/// they name as `dotenv`.
fn taskfiles(
    workspace: &Workspace<'_>,
    tracked: &[String],
    named: Vec<String>,
) -> (Vec<CheckedTaskfile>, Vec<String>) {
    let is_taskfile = |file: &&String| taskfile::is_named_so(file);
    let known: HashSet<&str> = tracked.iter().map(|file| &**file).collect();
    let mut waiting = named;
    waiting.extend(tracked.iter().filter(is_taskfile).cloned());
    let (mut seen, mut taskfiles, mut dotenv) = (HashSet::new(), Vec::new(), Vec::new());
    while let Some(file) = waiting.pop() {
        if !known.contains(&*file) || !seen.insert(file.clone()) {
            continue;
        }
        // What cannot be read is reported where it matters.
        let Some(Source { text: Ok(text), .. }) = source(workspace, &file) else { continue };
        let (directory, layout) = (directory_of(&file), layout(&text));
        let included = layout.includes.iter();
        waiting.extend(included.filter_map(|include| seen_from(directory, include.taskfile.as_deref()?)));
        let listed = layout.environment.dotenv.iter();
        dotenv.extend(listed.filter_map(|(path, _)| seen_from(directory, path)));
        taskfiles.push(CheckedTaskfile::new(file, layout, text));
    }
    let sets_image = |file: &String| {
        known.contains(&**file)
            && self::source(workspace, file).is_some_and(|it| it.text.is_ok_and(|text| dotenv_sets(&text)))
    };
    dotenv.retain(sets_image);
    taskfiles.sort_by(|a, b| a.file.cmp(&b.file));
    (taskfiles, dotenv)
}

/// The value of an option in workflows, unless it contains a variable.
fn in_workflows<'f>(flows: &'f Flows, option: &str) -> Option<&'f str> {
    flows.option(option).filter(|value| !value.contains('$'))
}

fn quantifier(request: &Request, flows: &Flows) -> Quantifier {
    let used = || in_workflows(flows, "--quantifier").and_then(Quantifier::named);
    request.quantifier.or_else(used).unwrap_or_default()
}

/// The requested filter file, else the one in workflows, else the default one if it exists.
fn filters(
    request: &Request,
    flows: &Flows,
    workspace: &Workspace<'_>,
    checkout: &Checkout,
) -> Result<Option<Source>> {
    let Some(root) = checkout.repository.workdir() else { return Ok(None) };
    let Some(file) = &request.filters else {
        let named = in_workflows(flows, "--filters").map(|file| file.trim_start_matches("./"));
        let file = named.unwrap_or(DEFAULT_FILE);
        let source = as_source(file, workspace.read_meant_file(file));
        let missing =
            |file: &str| Source { file: file.to_owned(), text: Err("there is no such file".to_owned()) };
        return Ok(source.or_else(|| named.map(missing)));
    };
    let path = checkout.directory.join(file);
    let unreadable = || format!("cannot read the filter file {}", file.display());
    let whole = path.canonicalize().context(Kind::Input, unreadable)?;
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let name = whole.strip_prefix(&root).unwrap_or(&whole).to_string_lossy();
    Ok(as_source(&name, files::read(&path, files::YAML_MAX).map(Some)))
}

/// Facts about tags and history.
#[derive(Default)]
struct HistoryReader {
    /// Whether the request or a workflow sets a tag format.
    is_format_given: bool,
    releases: Vec<(usize, String)>,
    tags: TagFacts,
}

impl HistoryReader {
    fn read(
        repository: &Repository,
        subjects: &[Subject],
        names_services: bool,
        is_format_given: bool,
    ) -> Self {
        let mut history = HistoryReader { is_format_given, ..HistoryReader::default() };
        history.tags.names_services = names_services;
        history.tags.state = HistoryState { is_shallow: repository.is_shallow(), ..HistoryState::default() };
        for read in [HistoryReader::read_malformed, HistoryReader::read_releases] {
            if let Err(error) = read(&mut history, repository, subjects) {
                history.tags.state.unreadable.push(error.to_string());
            }
        }
        history
    }

    /// How many release tags there are: one that releases several services is one.
    fn count(&self) -> usize {
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
        if !self.is_format_given {
            let proposals = (0..subjects.len()).filter_map(|service| survey.proposal(Some(service)));
            self.tags.other_formats = proposals.collect();
            self.tags.other_formats.sort_unstable();
            self.tags.other_formats.dedup_by(|a, b| a.format == b.format);
        }
        Ok(())
    }

    fn read_releases(&mut self, repository: &Repository, subjects: &[Subject]) -> Result<()> {
        let mut tags = facts::release_tags(repository, subjects)?;
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
            Ok(head) => repository.standings(head, subjects.len(), &tags, facts::release, false)?,
            Err(_) => Vec::new(),
        };
        let name = |service: usize| subjects.get(service).map_or("", Subject::key).to_owned();
        let unknown = standings.iter().enumerate().filter(|(_, standing)| **standing == Standing::Shallow);
        self.tags.state.unknown = unknown.map(|(service, _)| name(service)).collect();
        let precedence = repository.precedence(subjects.len(), &tags, facts::release)?;
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
