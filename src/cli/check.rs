//! `imgver check`: what is wrong with the repository's set-up.

use std::collections::HashMap;

use clap::ValueEnum as _;

use super::answer::json;
use super::args::{CheckArgs, CheckOutput, QuantifierArg};
use super::subject::{self, Malformed, Subject};
use super::{Place, Reply, gather};
use crate::check::{
    self, Broken, Flows, Image, Inversion, MalformedTag, Setup, Severity, Source, TagState, Tags,
};
use crate::ci::{self, WORKFLOWS};
use crate::domain::{TagFormat, TagPattern};
use crate::error::{Context as _, Error, Kind, Result};
use crate::files;
use crate::filters::{DEFAULT_FILE, Quantifier};
use crate::history::Standing;
use crate::history::git::Repository;
use crate::workspace::taskfile::{self, ImageRepo};
use crate::workspace::{Service, Workspace};
use crate::world::World;
use crate::yaml::YamlError;

pub(super) fn check(args: &CheckArgs, place: &Place, world: &World<'_>) -> Result<Reply> {
    let (found, malformed) = subject::services(place)?;
    let Some(workspace) = Workspace::of(&place.repository) else { return Ok(Reply::default()) };
    let tracked = place.repository.tracked_files(|_| true)?;
    let flows =
        Flows::read(&sources(&workspace, &tracked, is_workflow), &sources(&workspace, &tracked, is_action));
    let format = tag_format(args, &flows, world)?;
    let subject = |service: &Service| Subject {
        service: Some(service.clone()),
        patterns: vec![format.pattern(&service.path)],
    };
    let subjects: Vec<Subject> = found.iter().map(subject).collect();
    let services: Vec<_> = found.iter().map(|it| service(it, &workspace, format.pattern(&it.path))).collect();
    let broken: Vec<_> = malformed.into_iter().map(|malformed| broken(malformed, &workspace)).collect();
    let filters = filters(args, &flows, place, world)?;
    let history = History::read(&place.repository, &subjects, format.names_service());
    let setup = Setup {
        services: &services,
        broken: &broken,
        filters: filters.as_ref(),
        quantifier: quantifier(args, &flows),
        flows: &flows,
        files: &tracked,
        releases: &history.releases,
        tags: &history.tags,
    };
    let findings = check::findings(&setup);
    let stdout = match args.output {
        CheckOutput::Text => check::text(&findings),
        CheckOutput::Json => json(&check::json(&findings))?,
        CheckOutput::Github => check::github(&findings),
    };
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = findings.len() - errors;
    let mut reply = Reply { stdout: stdout.into_bytes(), ..Reply::default() };
    match (errors, warnings) {
        (0, 0) => reply.explanation.push(all_is_well(&setup)),
        (0, _) => reply.explanation.push(number(warnings, "warning")),
        (_, 0) => reply.failure = Some(Error::new(Kind::Input, number(errors, "error"))),
        _ => {
            let both = format!("{} and {}", number(errors, "error"), number(warnings, "warning"));
            reply.failure = Some(Error::new(Kind::Input, both));
        }
    }
    Ok(reply)
}

fn number(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

fn all_is_well(setup: &Setup<'_>) -> String {
    let filters = setup.filters.map(|source| format!("the filters in {}", source.file));
    let parts = [
        Some(number(setup.services.len(), "service")),
        filters,
        Some(number(setup.flows.count(), "workflow")),
        Some(number(setup.releases.len(), "release tag")),
    ];
    format!("nothing is wrong: looked at {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// Whether GitHub takes `file` for a workflow.
fn is_workflow(file: &str) -> bool {
    file.rsplit_once('/').is_some_and(|(directory, name)| directory == WORKFLOWS && ci::is_workflow(name))
}

/// Whether `file` is called as GitHub calls the file of an action.
fn is_action(file: &str) -> bool {
    matches!(file.rsplit('/').next(), Some("action.yaml" | "action.yml"))
}

/// The tracked files for which `select` holds, unless they were deleted.
fn sources(workspace: &Workspace<'_>, tracked: &[String], select: fn(&str) -> bool) -> Vec<Source> {
    let selected = tracked.iter().filter(|file| select(file));
    selected.filter_map(|file| source(workspace, file)).collect()
}

/// A file of the repository; none if there is none.
fn source(workspace: &Workspace<'_>, file: &str) -> Option<Source> {
    let text = match workspace.read_file(file) {
        Ok(None) => return None,
        Ok(Some(bytes)) => String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    Some(Source { file: file.to_owned(), text })
}

fn service(service: &Service, workspace: &Workspace<'_>, pattern: TagPattern) -> check::Service {
    let file = &service.taskfile;
    let taskfile = source(workspace, file);
    let absent = || Source { file: file.clone(), text: Err("it is gone".to_owned()) };
    check::Service {
        path: service.path.clone(),
        taskfile: taskfile.unwrap_or_else(absent),
        image: match &service.image {
            ImageRepo::Plain { text, .. } => Image::Named(text.clone()),
            ImageRepo::Computed { kind, .. } => Image::Computed(kind),
        },
        pattern,
    }
}

/// Where exactly a Taskfile is malformed.
fn broken(Malformed { path, error }: Malformed, workspace: &Workspace<'_>) -> Broken {
    let files = taskfile::NAMES.iter().map(|name| format!("{path}/{name}"));
    let unknown = |message: String| YamlError::new(message, None);
    let mut taskfiles = files.filter_map(|file| source(workspace, &file));
    let (file, error) = match taskfiles.next() {
        Some(Source { file, text: Ok(text) }) => {
            let error = taskfile::image_repo(&text).err().unwrap_or_else(|| unknown(error.to_string()));
            (file, error)
        }
        Some(Source { file, text: Err(why) }) => (file, unknown(why)),
        None => (path.clone(), unknown(error.to_string())),
    };
    Broken { path, file, error }
}

/// What workflows say with an option, if it is no variable.
fn said<'f>(flows: &'f Flows, option: &str) -> Option<&'f str> {
    flows.option(option).filter(|value| !value.contains('$'))
}

/// The tag format of the command line, else of the environment, else what workflows say.
fn tag_format(args: &CheckArgs, flows: &Flows, world: &World<'_>) -> Result<TagFormat> {
    if let Some(format) = subject::tag_format(&args.tags, world)? {
        return Ok(format);
    }
    let said = said(flows, "--tag-format").or_else(|| flows.variable("IMGVER_TAG_FORMAT"));
    Ok(said.and_then(|format| format.parse().ok()).unwrap_or_default())
}

fn quantifier(args: &CheckArgs, flows: &Flows) -> Quantifier {
    let said = || said(flows, "--quantifier").and_then(|text| QuantifierArg::from_str(text, false).ok());
    args.quantifier.or_else(said).unwrap_or_default().into()
}

/// The filter file that `args` or else the workflows name, or the usual one if it is there.
fn filters(args: &CheckArgs, flows: &Flows, place: &Place, world: &World<'_>) -> Result<Option<Source>> {
    let Some(root) = place.repository.workdir() else { return Ok(None) };
    let from_root = |name: &str| (name.to_owned(), root.join(name));
    let (name, path) = match (&args.filters, said(flows, "--filters")) {
        (Some(file), _) => {
            let path = world.directory.join(file);
            let whole = path
                .canonicalize()
                .context(Kind::Input, || format!("the filter file {} cannot be read", file.display()))?;
            let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
            let name = whole.strip_prefix(&root).unwrap_or(&whole);
            (name.to_string_lossy().into_owned(), path)
        }
        (None, Some(said)) => from_root(said.trim_start_matches("./")),
        (None, None) => from_root(DEFAULT_FILE),
    };
    let text = match files::read(&path, files::YAML_MAX) {
        Err(error) if files::is_absent(&error) && name == DEFAULT_FILE => return Ok(None),
        Err(error) => Err(error.to_string()),
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()),
    };
    Ok(Some(Source { file: name, text }))
}

/// What tags and history say.
#[derive(Default)]
struct History {
    releases: Vec<(usize, String)>,
    tags: Tags,
}

impl History {
    fn read(repository: &Repository, subjects: &[Subject], names_services: bool) -> Self {
        let mut history = History::default();
        history.tags.names_services = names_services;
        history.tags.state = TagState { is_shallow: repository.is_shallow(), ..TagState::default() };
        for read in [History::read_malformed, History::read_releases] {
            if let Err(error) = read(&mut history, repository, subjects) {
                history.tags.state.unreadable.push(error.to_string());
            }
        }
        history
    }

    fn read_malformed(&mut self, repository: &Repository, subjects: &[Subject]) -> Result<()> {
        let mut patterns: HashMap<&str, Vec<(&str, &TagPattern)>> = HashMap::new();
        for subject in subjects {
            for pattern in &subject.patterns {
                patterns.entry(pattern.prefix()).or_default().push((subject.directory(), pattern));
            }
        }
        let found = repository.tags("", |tag, found| found.extend(MalformedTag::find(tag, &patterns)))?;
        self.tags.malformed = found.iter().map(|(_, malformed, _)| malformed.clone()).collect();
        Ok(())
    }

    fn read_releases(&mut self, repository: &Repository, subjects: &[Subject]) -> Result<()> {
        let tags = gather::release_tags(repository, subjects)?;
        let releases = tags.iter().map(|(tag, (service, _), _)| (*service, tag.to_owned()));
        self.releases = releases.collect();
        self.releases.sort_unstable();
        let no_commits = repository.tags_of_no_commit(&tags)?;
        self.tags.no_commits = no_commits.into_iter().map(|(tag, _, kind)| (tag.to_owned(), kind)).collect();
        // Without a commit, nothing has a version yet.
        let standings = match repository.head() {
            Ok(head) => repository.standings(head, subjects.len(), &tags, gather::release, false)?,
            Err(_) => Vec::new(),
        };
        let name = |service: usize| subjects.get(service).map_or("", Subject::directory).to_owned();
        let unknown = standings.iter().enumerate().filter(|(_, standing)| **standing == Standing::Shallow);
        self.tags.state.unknown = unknown.map(|(service, _)| name(service)).collect();
        let precedence = repository.precedence(subjects.len(), &tags, gather::release)?;
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
