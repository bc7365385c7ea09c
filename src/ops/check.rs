//! `imgver check`: problems in the repository's imgver setup.

mod tags;

use std::collections::HashSet;
use std::path::PathBuf;

use self::tags::{HistoryReader, TagQuestions};
use super::checkout::{ConfigFault, OTHER_SPELLING, rename_config};
use super::requested_tags::RequestedFormat;
use super::subject;
use super::{Checkout, Outcome};
use crate::check::{
    self, CheckedConfig, CheckedService, CheckedTaskfile, Finding, Flows, Setup, Source, TagFormats,
};
use crate::ci::github::{is_action_file, is_workflow_file};
use crate::config::{self, Config};
use crate::error::{Context as _, Kind, Result};
use crate::files;
use crate::filters::{DEFAULT_FILE, Quantifier};
use crate::inputs::{Inputs, Reader, Snapshot as _, WorkTree};
use crate::workspace::includes::{dotenv_sets, layout, seen_from};
use crate::workspace::taskfile::{self, directory_of};
use crate::workspace::{Service, Services, Workspace};
use crate::yaml::Place;

/// The start of a file.
const START: Place = Place { line: 1, column: 1 };

/// Settings that override those found in the repository's workflows and its configuration.
#[derive(Debug, Clone)]
pub struct Request {
    /// The filter file, as seen from the current directory; none means the one that workflows use, else that of the
    /// configuration, else the default.
    pub filters: Option<PathBuf>,
    /// How to combine the rules of a filter; none means as in workflows, else in the configuration.
    pub quantifier: Option<Quantifier>,
    /// The formats of release tags; none means those of the configuration, else of workflows.
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

/// Checks the configuration, workflows, Taskfiles, filters, tags and history.
///
/// # Errors
/// There is no work tree, or a file that the request names cannot be read. Any other file that cannot be read is a finding.
pub fn check(request: &Request, checkout: &Checkout) -> Result<Outcome<Answer>> {
    let (config, fault) = checkout.config_or_fault();
    let workspace = checkout.workspace_with(config);
    let workspace = workspace.ok_or_else(|| subject::no_work_tree("cannot find any service"))?;
    let (Services { services: found, malformed, unnameable }, conflicts) =
        workspace.services_in_conflict()?;
    let fault = fault.map(|fault| config_fault(fault, &checkout.prefix));
    let is_there = fault.is_none() && checkout.has_config()?;
    let config = CheckedConfig { config, is_there, fault, conflicts };
    let tracked = checkout.repository.tracked_files(|_| true)?;
    let (flows, taskfiles, dotenv) = flows(&workspace, &tracked);
    let formats = match &request.tag_format {
        Some(requested) => TagFormats::given(requested.formats.clone()),
        None => TagFormats::of(&flows, config.config.formats()),
    };
    let format = formats.common.clone().unwrap_or_default();
    let snapshot = WorkTree::of(&checkout.repository);
    let inputs = inputs(&found, snapshot.as_ref());
    let subjects = subject::with_formats(&found, &format);
    let checked = |service| CheckedService::new(service, &format);
    let services: Vec<CheckedService<'_>> = found.iter().map(checked).collect();
    let filters = filters(request, &flows, &workspace, checkout, config.config)?;
    let asked = TagQuestions {
        is_format_given: formats.is_set(),
        configured: config.config.formats().filter(|_| request.tag_format.is_none()),
        first_parent: config.config.first_parent.unwrap_or_default(),
    };
    let history = match config.fault {
        None => HistoryReader::read(&checkout.repository, &subjects, asked),
        // Which tags are releases is not known.
        Some(_) => HistoryReader::unread(&checkout.repository),
    };
    let setup = Setup {
        config: &config,
        services: &services,
        unreadable: &malformed,
        unnameable: &unnameable,
        taskfiles: &taskfiles,
        dotenv: &dotenv,
        filters: filters.as_ref(),
        formats: &formats,
        quantifier: quantifier(request, &flows, config.config),
        flows: &flows,
        files: &tracked,
        paths: snapshot.as_ref().map_or(Ok(&[][..]), |snapshot| snapshot.paths())?,
        inputs: &inputs,
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

/// What the image of each of `services` is made of; none where files cannot be read.
fn inputs(services: &[Service], snapshot: Option<&WorkTree<'_>>) -> Vec<Option<Inputs>> {
    let Some(snapshot) = snapshot else { return services.iter().map(|_| None).collect() };
    let reader = Reader::new(services, snapshot);
    services.iter().map(|service| reader.inputs(&service.path).ok().flatten()).collect()
}

/// Why a configuration cannot be used, for a finding. `prefix` is the current directory.
fn config_fault(fault: ConfigFault, prefix: &str) -> check::ConfigFault {
    let of_file = |place, message: String, fix: &str| check::ConfigFault {
        file: config::FILE.to_owned(),
        place,
        message: format!("cannot use the configuration: {message}"),
        fix: fix.to_owned(),
    };
    match fault {
        ConfigFault::Malformed(error) => of_file(
            error.location,
            error.to_string(),
            config::syntax_hint(&error)
                .unwrap_or("correct it there; imgver list says whether it can be used"),
        ),
        ConfigFault::Unreadable(error) => of_file(
            None,
            error.to_string(),
            "make it a regular text file in UTF-8 that you have permission to read",
        ),
        ConfigFault::Misspelled => check::ConfigFault {
            file: OTHER_SPELLING.to_owned(),
            place: Some(START),
            message: format!("imgver does not read this file: the configuration is called {}", config::FILE),
            fix: rename_config(prefix),
        },
    }
}

/// What workflows do, the Taskfiles, and the tracked files with IMAGE_REPO that they name as `dotenv`.
fn flows(workspace: &Workspace<'_>, tracked: &[String]) -> (Flows, Vec<CheckedTaskfile>, Vec<String>) {
    let [workflows, actions] =
        [is_workflow_file, is_action_file].map(|select| sources(workspace, tracked, select));
    let flows = Flows::read(&workflows, &actions);
    let (taskfiles, dotenv) = taskfiles(workspace, tracked, flows.taskfiles());
    (flows.with_tasks(&taskfiles, tracked), taskfiles, dotenv)
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
    Some(Source { file: file.to_owned(), text: files::text(read)?, named_at: None })
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

/// The requested quantifier, else the one in workflows, else the one of the configuration.
fn quantifier(request: &Request, flows: &Flows, config: &Config) -> Quantifier {
    let used = || in_workflows(flows, "--quantifier").and_then(Quantifier::named);
    request.quantifier.or_else(used).or(config.quantifier).unwrap_or_default()
}

/// The requested filter file, else the one in workflows, else the one of the configuration, else the default one if it exists.
fn filters(
    request: &Request,
    flows: &Flows,
    workspace: &Workspace<'_>,
    checkout: &Checkout,
    config: &Config,
) -> Result<Option<Source>> {
    let Some(root) = checkout.repository.workdir() else { return Ok(None) };
    let Some(file) = &request.filters else {
        let used = in_workflows(flows, "--filters").map(|file| (file.trim_start_matches("./"), None));
        let configured = || config.filters.as_ref().map(|file| (&*file.value, Some(file.place)));
        let named = used.or_else(configured);
        let file = named.map_or(DEFAULT_FILE, |(file, _)| file);
        let source = as_source(file, workspace.read_meant_file(file));
        let missing = |(file, named_at): (&str, Option<Place>)| {
            let text = Err("there is no such file".to_owned());
            Source { file: file.to_owned(), text, named_at }
        };
        return Ok(source.or_else(|| named.map(missing)));
    };
    let path = checkout.directory.join(file);
    let unreadable = || format!("cannot read the filter file {}", file.display());
    let whole = path.canonicalize().context(Kind::Input, unreadable)?;
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let name = whole.strip_prefix(&root).unwrap_or(&whole).to_string_lossy();
    Ok(as_source(&name, files::read(&path, files::YAML_MAX).map(Some)))
}
