//! What is wrong with a repository's set-up: findings, each with a place, a reason and a repair.
//!
//! Everything here is a pure function of what the repository holds, given as plain data. Nothing stops at the first
//! finding, and a file that cannot be read is a finding itself.

mod dispatch;
mod filters;
mod flows;
mod paths;
mod render;
mod services;
mod tag_filters;
mod tags;
mod workflows;

use std::fmt;

use crate::filters::{FilterFile, Quantifier};
use crate::yaml::YamlError;
use crate::yaml::tree::Place;

pub use flows::Flows;
pub use render::{github, json, text};
pub use services::{Broken, Image, Service};
pub use tags::{Inversion, MalformedTag, TagState, Tags};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something goes wrong, or is going wrong already.
    Error,
    /// Something is probably not what was meant.
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
    /// A file, by its path from the root of the repository, and where in it, if that is known.
    File(String, Option<Place>),
    /// A tag, without `refs/tags/`.
    Tag(String),
}

impl At {
    fn file(file: impl Into<String>, place: impl Into<Option<Place>>) -> Self {
        At::File(file.into(), place.into())
    }

    /// Where `error` says that `file` is wrong.
    fn error(file: impl Into<String>, error: &YamlError) -> Self {
        At::file(file, error.location)
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The rule that is broken, which docs/check.md explains.
    pub rule: &'static str,
    /// What it is about.
    pub at: At,
    /// What is wrong.
    pub message: String,
    /// What comes of it.
    pub why: String,
    /// What to do about it.
    pub fix: String,
}

impl Finding {
    fn new(severity: Severity, rule: &'static str, at: At, message: impl Into<String>) -> Self {
        Finding { severity, rule, at, message: message.into(), why: String::new(), fix: String::new() }
    }

    fn error(rule: &'static str, at: At, message: impl Into<String>) -> Self {
        Finding::new(Severity::Error, rule, at, message)
    }

    fn warning(rule: &'static str, at: At, message: impl Into<String>) -> Self {
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
}

impl Source {
    /// The text, or a finding that there is none.
    fn read(&self, rule: &'static str, findings: &mut Vec<Finding>) -> Option<&str> {
        match &self.text {
            Ok(text) => Some(text),
            Err(why) => {
                let at = At::file(&self.file, None);
                let finding = Finding::error(rule, at, format!("the file cannot be read: {why}"));
                findings.push(
                    finding
                        .why("nothing in it could be checked")
                        .fix("make it an ordinary text file in UTF-8 that you may read"),
                );
                None
            }
        }
    }
}

/// All that is known of a repository.
#[derive(Debug)]
pub struct Setup<'s> {
    /// Its services, sorted by path.
    pub services: &'s [Service],
    /// Directories whose Taskfile cannot be read, and could make them services.
    pub broken: &'s [Broken],
    /// The filter file, if there is one.
    pub filters: Option<&'s Source>,
    /// How the rules of a filter are combined.
    pub quantifier: Quantifier,
    /// What workflows do.
    pub flows: &'s Flows,
    /// All files that git tracks.
    pub files: &'s [String],
    /// Release tags, each with the position of its service.
    pub releases: &'s [(usize, String)],
    /// What is wrong with tags and history.
    pub tags: &'s Tags,
}

impl Setup<'_> {
    /// The paths of all services, and of what may be one, sorted.
    fn names(&self) -> Vec<&str> {
        let services = self.services.iter().map(|service| &*service.path);
        let mut names: Vec<&str> = services.chain(self.broken.iter().map(|broken| &*broken.path)).collect();
        names.sort_unstable();
        names
    }
}

/// Everything that is wrong, sorted by place and rule.
pub fn findings(setup: &Setup<'_>) -> Vec<Finding> {
    let mut findings = setup.flows.findings().to_vec();
    let filters = setup.filters.and_then(|source| filters::Filters::read(source, &mut findings));
    let names = setup.names();
    // Filters that cannot be read may say anything, so nothing follows from them.
    if filters.is_some() || setup.filters.is_none() {
        let none = FilterFile::default();
        let file = filters.as_ref().map_or(&none, |filters| &filters.file);
        let (watches, problems) = file.assign(&names);
        if let Some(filters) = &filters {
            filters::names(filters, &problems, setup, &watches, &mut findings);
            filters::patterns(filters, setup, &watches, &mut findings);
        }
        paths::check(setup, &watches, &mut findings);
    }
    filters::elsewhere(setup, &mut findings);
    services::check(setup, &mut findings);
    dispatch::check(setup, &names, &mut findings);
    workflows::check(setup.flows, &mut findings);
    tag_filters::check(setup, &mut findings);
    tags::check(setup.tags, &mut findings);
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| (finding.at.clone(), finding.rule, finding.severity);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    findings.dedup();
    findings
}

/// `one thing`, or `N things`.
fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}
