//! What is wrong with a repository's set-up: findings, each with a place, a reason and a fix.
//!
//! Everything here is a pure function of what the repository contains, given as plain data. Nothing stops at the first
//! finding: a file that cannot be read is a finding itself.

mod checkouts;
mod concurrency;
mod configuration;
mod configured_services;
mod dispatch;
mod dockerfiles;
mod events;
mod filters;
mod flows;
mod image_steps;
mod installation;
mod missing;
mod paths;
mod plans;
mod prereleases;
mod render;
mod rule;
mod services;
mod settings;
mod tag_filters;
mod tag_formats;
mod tags;
mod task_runs;
mod taskfiles;
mod unwatched;
mod workflows;

use std::collections::HashSet;
use std::fmt;

use crate::config;
use crate::domain::PathSet;
use crate::filters::{FilterFile, Quantifier, Watch, Watcher, Watches};
use crate::history::git::TrackedPath;
use crate::inputs::Inputs;
use crate::workspace::{MalformedTaskfile, Service, UnnameableService};
use crate::yaml::YamlError;
use crate::yaml::tree::Place;

pub use configuration::{CheckedConfig, ConfigFault};
pub use flows::Flows;
pub use render::{github, json, text};
pub use rule::Rule;
pub use services::CheckedService;
pub use tag_formats::TagFormats;
pub use tags::{HistoryState, Inversion, MalformedTag, TagFacts, UnreadTags};
pub use taskfiles::CheckedTaskfile;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something fails, or goes wrong without a word.
    Error,
    /// Something is probably not as intended.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// The repository as a whole.
    Repository,
    /// A file, by its path from the root of the repository, and the place in it if there is one.
    File(String, Option<Place>),
    /// A tag, without `refs/tags/`.
    Tag(String),
}

/// The start of a file.
const START: Place = Place { line: 1, column: 1 };

impl At {
    fn file(file: impl Into<String>, place: impl Into<Option<Place>>) -> Self {
        At::File(file.into(), place.into())
    }

    /// The place of `error` in `file`.
    fn error(file: impl Into<String>, error: &YamlError) -> Self {
        At::file(file, error.location)
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The rule that it violates.
    pub rule: Rule,
    /// Where it is.
    pub at: At,
    /// What is wrong.
    pub message: String,
    /// Why that matters: the consequence.
    pub why: String,
    /// How to fix it.
    pub fix: String,
}

impl Finding {
    fn new(severity: Severity, rule: Rule, at: At, message: impl Into<String>) -> Self {
        Finding { severity, rule, at, message: message.into(), why: String::new(), fix: String::new() }
    }

    fn error(rule: Rule, at: At, message: impl Into<String>) -> Self {
        Finding::new(Severity::Error, rule, at, message)
    }

    fn warning(rule: Rule, at: At, message: impl Into<String>) -> Self {
        Finding::new(Severity::Warning, rule, at, message)
    }

    fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }
}

/// A file of the repository.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its path from the root of the repository.
    pub file: String,
    /// Its text, or why it cannot be read.
    pub text: Result<String, String>,
    /// Where the configuration names it, although it is not there.
    pub named_at: Option<Place>,
}

impl Source {
    /// The text; without one, a finding that says so.
    fn read(&self, rule: Rule, findings: &mut Vec<Finding>) -> Option<&str> {
        match &self.text {
            Ok(text) => Some(text),
            Err(why) => {
                findings.push(match self.named_at {
                    Some(place) => {
                        Finding::error(rule, At::file(config::FILE, place), format!("{}: {why}", self.file))
                            .why("imgver plan and imgver changed fail, so nothing is built")
                            .fix("correct `filters`, or remove it if there are no filters")
                    }
                    None => Finding::error(
                        rule,
                        At::file(&self.file, None),
                        format!("cannot read the file: {why}"),
                    )
                    .why("its content could not be checked")
                    .fix("make it a regular text file in UTF-8 that you have permission to read"),
                });
                None
            }
        }
    }
}

/// All that is known about a repository.
#[derive(Debug)]
pub struct Setup<'s> {
    /// What the repository says about itself.
    pub config: &'s CheckedConfig<'s>,
    /// Its services, sorted by path.
    pub services: &'s [CheckedService<'s>],
    /// Taskfiles that cannot be read and may define more services.
    pub unreadable: &'s [MalformedTaskfile],
    /// Directories that would be services if their paths could name one.
    pub unnameable: &'s [UnnameableService],
    /// Tracked Taskfiles, and those that they include.
    pub taskfiles: &'s [CheckedTaskfile],
    /// Tracked files that Taskfiles name as `dotenv` and that set the image repository.
    pub dotenv: &'s [String],
    /// The filter file, if there is one.
    pub filters: Option<&'s Source>,
    /// The tag formats of workflows.
    pub formats: &'s TagFormats,
    /// How the rules of a filter are combined.
    pub quantifier: Quantifier,
    /// What workflows do.
    pub flows: &'s Flows,
    /// All files that git tracks.
    pub files: &'s [String],
    /// The same with symbolic links and submodules.
    pub paths: &'s [TrackedPath],
    /// What the image of each of `services` is made of; none where it cannot be read.
    pub inputs: &'s [Option<Inputs>],
    /// Release tags, each with the index of its service in `services`.
    pub releases: &'s [(usize, String)],
    /// What is wrong with tags and history.
    pub tags: &'s TagFacts,
}

impl Setup<'_> {
    /// The service at `path`.
    fn service(&self, path: &str) -> Option<&Service> {
        let position = self.services.binary_search_by(|checked| checked.path().cmp(path)).ok()?;
        self.services.get(position).map(|checked| checked.service)
    }

    /// The paths of all services, and of what may be one, sorted.
    fn names(&self) -> Vec<&str> {
        let services = self.services.iter().map(CheckedService::path);
        let mut names: Vec<&str> = services.chain(self.unreadable.iter().map(|it| &*it.path)).collect();
        names.sort_unstable();
        names
    }
}

/// Everything that is wrong, sorted by place and rule.
pub fn findings(setup: &Setup<'_>) -> Vec<Finding> {
    let mut findings = setup.flows.findings().to_vec();
    let filters = setup.filters.and_then(|source| filters::Filters::read(source, &mut findings));
    configuration::check(setup, &mut findings);
    services::check(setup, &mut findings);
    taskfiles::check(setup, &mut findings);
    workflows::check(setup.flows, &mut findings);
    checkouts::check(setup.flows, setup.config.config, &mut findings);
    installation::check(setup, &mut findings);
    concurrency::check(setup.flows, setup.config.config, &mut findings);
    // Nothing follows from a configuration that cannot be read: it may define any service, and any tag format.
    if setup.config.fault.is_none() {
        watches(filters.as_ref(), setup, &mut findings);
        filters::elsewhere(setup, &mut findings);
        dispatch::check(setup, &setup.names(), &mut findings);
        dockerfiles::check(setup, &mut findings);
        events::check(setup, &mut findings);
        tag_filters::check(setup, &mut findings);
        prereleases::check(setup, &mut findings);
        settings::check(setup, &mut findings);
        image_steps::check(setup, &mut findings);
        missing::check(setup, &mut findings);
    }
    tags::check(setup.tags, setup.config, &mut findings);
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| (finding.at.clone(), finding.rule, finding.severity);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    findings.dedup();
    findings
}

/// What is wrong with what services watch, and with the entries of the configuration.
fn watches(filters: Option<&filters::Filters<'_>>, setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    // Nothing follows from a filter file that cannot be read: it may contain anything.
    if filters.is_none() && setup.filters.is_some() {
        configured_services::check(setup, None, findings);
        return;
    }
    let none = FilterFile::default();
    let file = filters.map_or(&none, |filters| &filters.file);
    // A filter may name what a Taskfile that cannot be read defines.
    let sets = setup.services.iter().zip(setup.inputs);
    let watchers = sets.map(|(checked, inputs)| {
        let inputs = inputs.as_ref().filter(|_| checked.service.watches_inputs);
        checked.service.watcher(inputs.map(|inputs| inputs as &dyn PathSet))
    });
    let mut watchers: Vec<Watcher<'_>> =
        watchers.chain(setup.unreadable.iter().map(|it| Watcher::new(&it.path))).collect();
    watchers.sort_by_key(|watcher| watcher.service);
    let (watches, problems) = file.assign(&watchers);
    if let Some(filters) = filters {
        filters::names(filters, &problems, setup, &watches, findings);
        filters::patterns(filters, setup, &watches, findings);
        filters::watched_twice(filters, setup, &watches, findings);
    }
    paths::check(setup, &watches, findings);
    unwatched::check(setup, filters.map(|filters| filters.name), &watches, findings);
    configured_services::check(setup, Some(&filtered(&watches)), findings);
}

/// The services that a filter names.
fn filtered<'a>(watches: &Watches<'a>) -> HashSet<&'a str> {
    let has_filter = watches.iter().filter(|(_, watch)| matches!(watch, Watch::Filter { .. }));
    has_filter.map(|(service, _)| service).collect()
}

/// A few of `names` in words: `a`, `a and b`, or `a, b and 3 more`.
fn several(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first, second] => format!("{first} and {second}"),
        [first, second, more @ ..] => format!("{first}, {second} and {} more", more.len()),
    }
}
