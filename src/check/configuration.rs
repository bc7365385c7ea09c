//! The configuration as a file: whether it can be used.

use std::collections::BTreeMap;

use super::{At, Finding, Rule, START, Setup};
use crate::config::{Config, FILE, ServiceEntry};
use crate::display::count;
use crate::workspace::{Conflict, Service, is_other_spelling};
use crate::yaml::Place;

/// The configuration of a repository, and what is wrong with it as a whole.
#[derive(Debug)]
pub struct CheckedConfig<'s> {
    /// What it says; all defaults if there is none, or if it cannot be used.
    pub config: &'s Config,
    /// Whether there is one.
    pub is_there: bool,
    /// Why it cannot be used.
    pub fault: Option<ConfigFault>,
    /// What it says twice, or differently from a Taskfile.
    pub conflicts: Vec<Conflict>,
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// The file, from the root of the repository.
    pub file: String,
    /// Where in it.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub fix: String,
}

impl CheckedConfig<'_> {
    /// The entry that `service` is by, if it is by one.
    pub(super) fn entry(&self, service: &Service) -> Option<&ServiceEntry> {
        let place = service.origin.entry?;
        self.config.services.iter().find(|entry| entry.place == place)
    }
}

pub(super) fn check(setup: &Setup<'_>, findings: &mut Vec<Finding>) {
    let CheckedConfig { is_there, fault, conflicts, .. } = setup.config;
    let rule = Rule::ConfigFile;
    if let Some(ConfigFault { file, place, message, fix }) = fault {
        findings.push(
            Finding::error(rule, At::file(file, *place), message.as_str())
                .why("every command that needs it fails; what follows from it was not checked")
                .fix(fix.as_str()),
        );
    }
    if !is_there && fault.is_none() && setup.files.iter().any(|file| file == FILE) {
        findings.push(
            Finding::warning(rule, At::file(FILE, START), "the configuration is deleted in the work tree")
                .why("its services are none any more, and everything is as by default")
                .fix(format!("git checkout -- {FILE} restores it; git rm removes it for good")),
        );
    }
    let mut by_place: BTreeMap<Place, Vec<&Conflict>> = BTreeMap::new();
    for conflict in conflicts {
        by_place.entry(conflict.place).or_default().push(conflict);
    }
    for (place, conflicts) in by_place {
        let Some((Conflict { message, repair, .. }, others)) = conflicts.split_first() else { continue };
        // Two wildcards can meet in any number of directories.
        let more = match others.len() {
            0 => String::new(),
            more => format!("; the same for {}", count(more, "other service")),
        };
        findings.push(
            Finding::error(rule, At::file(FILE, place), format!("{message}{more}"))
                .why("every command that needs the services fails")
                .fix(repair.as_str()),
        );
    }
    let is_named = |file: &&String| fault.as_ref().is_some_and(|fault| fault.file == **file);
    for file in setup.files.iter().filter(|file| is_other_spelling(file, FILE) && !is_named(file)) {
        findings.push(
            Finding::warning(
                rule,
                At::file(file, START),
                format!("imgver does not read this file, but {FILE}"),
            )
            .why("whoever edits it changes nothing")
            .fix(format!("merge the two into {FILE}, and remove this one; if there is no other, rename it")),
        );
    }
}
